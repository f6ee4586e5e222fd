"""Where the parts of retrieval are chosen."""

from collections.abc import Callable
from dataclasses import replace

from course_index.errors import IndexProblem
from retrieval.e5_cross_encoder import E5CrossEncoder
from retrieval.glossary import Glossary
from retrieval.rerank.reranker import Reranker
from retrieval.rerank.time_limit import TimeLimited
from retrieval.settings import RetrievalSettings
from retrieval.wording import Wording, read_wording, shipped_wording


def make_reranker(settings: RetrievalSettings) -> Reranker | None:
    """The endpoint that is set, else the model that is set, each with its time limit; else none."""
    reranker = _reranker(settings)
    return TimeLimited(reranker, settings.reranker_seconds) if reranker else None


def make_cross_encoder(
    settings: RetrievalSettings, progress: Callable[[str, int, int], None] | None = None
) -> E5CrossEncoder | None:
    """What is set to read passages together with their question, if anything is. Its first use converts its weights."""
    if settings.cross_encoder == "none":
        return None
    # One thread: a second takes a fifth off, and a service reads for several turns at once.
    return E5CrossEncoder(settings.data_dir / "models", 1, progress)


def make_wording(settings: RetrievalSettings) -> Wording:
    """The dictionaries that ship, with the operator's on top. Raises IndexProblem when those cannot be read.

    The first use puts that of both languages in order, which takes three to five seconds.
    """
    if settings.dictionaries is None:
        wording = shipped_wording()
    elif settings.dictionaries.is_dir():
        wording = read_wording([settings.dictionaries])
    else:
        raise IndexProblem(f"COMPANION_DICTIONARIES names {settings.dictionaries}, which is no folder")
    glossary = Glossary(settings.data_dir / "models", wording.english_of, wording.chinese_of)
    return replace(wording, glossary=glossary)


def _reranker(settings: RetrievalSettings) -> Reranker | None:
    if settings.reranker_url:
        from retrieval.rerank.http import HttpReranker

        return HttpReranker(
            settings.reranker_url,
            settings.reranker_protocol,
            settings.reranker_model,
            settings.reranker_api_key,
            settings.reranker_seconds,
        )
    if settings.reranker_model:
        from retrieval.rerank.cross_encoder import CrossEncoderReranker

        return CrossEncoderReranker(settings.reranker_model)
    return None
