"""The one place where the parts of the tutor are chosen."""

from companion.answering import Answering
from companion.budget import Budget
from companion.circuit import Circuit
from companion.conversation import Conversations
from companion.language_model import LanguageModel
from companion.planning import Planning
from companion.practising import Practising
from companion.remembering import Remembering
from companion.safety.bounds import BUILT_IN, Bounds
from companion.safety.moderation import KeywordModerator
from companion.settings import CompanionSettings
from companion.state.conversations import StoredConversations
from companion.state.database import open_database
from companion.state.spending import StoredSpending
from companion.turn import Companion
from companion.understanding.standing_alone import StandingAlone
from companion.usage import Prices, Spending
from companion.writer import Writer
from course_index.embedders.embedder import Embedder
from course_index.parts import index_home, make_embedder
from retrieval.live import LiveIndex
from retrieval.parts import make_reranker, make_wording
from retrieval.rerank.gate import Gate


def build(settings: CompanionSettings, embedder: Embedder | None = None) -> Companion:
    """A companion over the index in the data folder, with the LLM that is set, if one is."""
    reranker = make_reranker(settings)
    index = LiveIndex(
        index_home(settings),
        embedder or make_embedder(settings),
        Gate(reranker) if reranker else None,
        make_wording(settings),
    )
    database = open_database(settings.data_dir / "state.db")
    return assemble(
        settings,
        index,
        _model(settings),
        StoredConversations(database, settings.conversation_days),
        StoredSpending(database),
    )


def assemble(
    settings: CompanionSettings,
    index: LiveIndex,
    model: LanguageModel | None,
    conversations: Conversations,
    spending: Spending,
    circuit: Circuit | None = None,
) -> Companion:
    """The tutor of these parts."""
    writer = Writer(
        model,
        circuit or Circuit(settings.llm_failures_before_pause, settings.llm_pause_seconds),
        spending,
        Prices(settings.llm_prompt_price, settings.llm_completion_price),
        settings.llm_daily_tokens,
    )
    hotline = settings.crisis_hotline
    moderator = KeywordModerator(Bounds(BUILT_IN, hotline), hotline, settings.moderation_rules)
    answering = Answering(
        index,
        writer,
        moderator,
        Budget(settings.llm_context_tokens, settings.llm_max_tokens),
        passages=settings.passages_per_answer,
        # A second try begins only while the learner has waited less than half of what a whole answer may take.
        rewrite_seconds=settings.llm_answer_seconds / 2,
        aigc_producer=settings.aigc_producer,
        anti_fraud_hotline=settings.anti_fraud_hotline,
    )
    return Companion(
        index,
        writer,
        moderator,
        StandingAlone(writer, settings.llm_first_token_seconds),
        answering,
        Practising(index, writer, answering, settings.passages_per_answer),
        Planning(index, writer, answering),
        Remembering(conversations, writer),
    )


def _model(settings: CompanionSettings) -> LanguageModel | None:
    if not settings.llm_base_url:
        return None
    # LangChain and the OpenAI client are 50 MB that a service without an LLM does not need.
    from companion.llm import OpenAICompatible

    return OpenAICompatible(settings)
