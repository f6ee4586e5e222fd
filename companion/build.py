"""The one place where the parts of the tutor are chosen."""

from companion.bounds import BUILT_IN, Bounds
from companion.circuit import Circuit
from companion.language_model import LanguageModel
from companion.settings import CompanionSettings
from companion.turn import Companion
from course_index.embedders.embedder import Embedder
from course_index.parts import index_home, make_embedder
from retrieval.live import LiveIndex
from retrieval.parts import make_reranker, make_wording
from retrieval.rerank.gate import Gate


def build(settings: CompanionSettings, embedder: Embedder | None = None) -> Companion:
    """A companion over the index in the data folder, with the LLM that is set, if one is."""
    reranker = make_reranker(settings)
    return Companion(
        index=LiveIndex(
            index_home(settings),
            embedder or make_embedder(settings),
            Gate(reranker) if reranker else None,
            make_wording(settings),
        ),
        bounds=Bounds(BUILT_IN, settings.crisis_hotline),
        model=_model(settings),
        circuit=Circuit(settings.llm_failures_before_pause, settings.llm_pause_seconds),
        passages_per_answer=settings.passages_per_answer,
        aigc_producer=settings.aigc_producer,
    )


def _model(settings: CompanionSettings) -> LanguageModel | None:
    if not settings.llm_base_url:
        return None
    from companion.llm import (
        OpenAICompatible,
    )  # LangChain and the OpenAI client: 50 MB that a service without needs not

    return OpenAICompatible(settings)
