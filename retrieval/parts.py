"""Where the parts of retrieval are chosen."""

from retrieval.rerank.reranker import Reranker
from retrieval.rerank.time_limit import TimeLimited
from retrieval.settings import RetrievalSettings


def make_reranker(settings: RetrievalSettings) -> Reranker | None:
    """The endpoint that is set, else the model that is set, each with its time limit; else none."""
    reranker = _reranker(settings)
    return TimeLimited(reranker, settings.reranker_seconds) if reranker else None


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
