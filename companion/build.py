"""The one place where the parts of the tutor are chosen."""

from companion.bounds import BUILT_IN, Bounds
from companion.circuit import Circuit
from companion.llm import OpenAICompatible
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
        model=OpenAICompatible(settings) if settings.llm_base_url else None,
        circuit=Circuit(settings.llm_failures_before_pause, settings.llm_pause_seconds),
        passages_per_answer=settings.passages_per_answer,
        aigc_producer=settings.aigc_producer,
    )
