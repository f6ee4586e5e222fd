"""The one place where the parts of the tutor are chosen."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from companion.conversation import Conversations
from companion.guidance.adviser import Adviser
from companion.guidance.book import Book, NoBook
from companion.guidance.credits import Rules, read_rules
from companion.guidance.occupations import SAMPLES, read_occupations
from companion.hearing import Hearing
from companion.identity import Identities, PortalUsers, ProviderKeys, Visitors
from companion.limits import Limits
from companion.pace import Pace, today
from companion.patterns import read_all
from companion.recogniser import Recogniser, make_recogniser
from companion.remembering import Remembering
from companion.replies.advising import Advising
from companion.replies.answering import Answering
from companion.replies.continuing import Continuing
from companion.replies.course_records import CourseRecords
from companion.replies.courtesy import Courtesy
from companion.replies.crediting import Crediting
from companion.replies.enquiries import Enquiries
from companion.replies.fraud_care import FraudCare
from companion.replies.going_on import GoingOn
from companion.replies.hinting import Hinting
from companion.replies.leading import Leading
from companion.replies.nothing_answers import NothingAnswers
from companion.replies.planning import Planning
from companion.replies.practising import Practising
from companion.replies.replies import Replies
from companion.replies.stating import Stating
from companion.safety.aftercare import Aftercare
from companion.safety.bounds import BUILT_IN, Bounds
from companion.safety.emergencies import Emergencies
from companion.safety.learned import LearnedModerator
from companion.safety.moderation import KeywordModerator, Member, Moderator, Moderators, check_rules
from companion.settings import CompanionSettings, hours_of, where_state_is
from companion.starting import SAMPLES as STARTERS
from companion.starting import Starting, read_starters
from companion.state.state import State, open_state
from companion.telemetry.alarm import Alarm
from companion.turn import Companion, Guards
from companion.understanding.learned import LearnedWishes, RuleWishes, Wishes
from companion.understanding.standing_alone import StandingAlone
from companion.writing.budget import Budget
from companion.writing.circuit import Circuit
from companion.writing.drafting import Drafting
from companion.writing.language_model import LanguageModel
from companion.writing.rewording import Rewording
from companion.writing.usage import Prices, Spending
from companion.writing.writer import Writer
from course_index.embedders.embedder import Embedder
from course_index.parts import index_home, make_embedder
from course_index.settings import IN_A_FOLDER
from retrieval.live import LiveIndex
from retrieval.parts import make_cross_encoder, make_reranker, make_wording
from retrieval.rerank.gate import Gate

if TYPE_CHECKING:
    from companion.telemetry.traces import Tracing

# The rules must have been asked; what was learned comes on top, and holds nobody up on a machine that is too busy.
_RULES_SECONDS, _LEARNED_SECONDS = 30.0, 2.0


def build(settings: CompanionSettings, embedder: Embedder | None = None, state: State | None = None) -> Companion:
    """A companion over the index in the data folder, with the LLM that is set, if one is."""
    reranker = make_reranker(settings)
    index = LiveIndex(
        index_home(settings),
        embedder or make_embedder(settings, serving=True),
        Gate(reranker) if reranker else None,
        make_wording(settings),
        make_cross_encoder(settings),
    )
    state = state or make_state(settings)
    return assemble(settings, index, _model(settings), state.conversations, state.spending, book=state.book)


def make_state(settings: CompanionSettings) -> State:
    """The state in PostgreSQL where its URL is set, else in the data folder."""
    return open_state(
        where_state_is(settings),
        settings.conversation_days,
        settings.turn_minutes,
        settings.complaint_days,
        settings.demand_days,
        settings.complaint_kept_days,
    )


def state_closed(settings: CompanionSettings, error: Exception) -> str:
    """In a line, why the state could not be opened and what to do."""
    told = " ".join(str(error).split()).rstrip(".")
    if settings.database_url:
        return f"{told}. Is PostgreSQL started, and is COMPANION_DATABASE_URL right?"
    return f"{told}. Is {settings.data_dir} a folder that may be written to? COMPANION_DATA_DIR names another"


def make_identities(settings: CompanionSettings) -> Identities:
    """Who may ask: visitors, portal users and operators, as far as they are set up; else everybody."""
    secret = settings.session_secret.get_secret_value() if settings.session_secret else None
    users = None
    if settings.oidc_issuer and settings.oidc_audience and secret:
        users = PortalUsers(
            settings.oidc_issuer,
            settings.oidc_audience,
            ProviderKeys(settings.oidc_issuer, settings.oidc_jwks_url),
            secret,
            algorithms=settings.oidc_algorithms,
            leeway_seconds=settings.oidc_leeway_seconds,
            roles_claim=settings.oidc_roles_claim,
            operator_role=settings.operator_role,
        )
    operator = settings.operator_token.get_secret_value() if settings.operator_token else None
    return Identities(Visitors(secret, settings.session_minutes) if secret else None, users, operator)


def check_files(settings: CompanionSettings) -> None:
    """Read what the operator supplies, so that a mistake in it is told in one line before anything starts.

    Raises OccupationsUnreadable, RulesUnreadable, StartersUnreadable, ModerationUnreadable.
    """
    if settings.moderation_rules:
        check_rules(settings.moderation_rules)
    if settings.occupations:
        read_occupations(settings.occupations)
    if settings.credit_rules:
        read_rules(settings.credit_rules)
    if settings.starters:
        read_starters(settings.starters)


def make_starting(settings: CompanionSettings, companion: Companion) -> Starting:
    """The questions that a page begins with. Raises StartersUnreadable."""
    return Starting(companion.index, read_starters(settings.starters or STARTERS))


def make_limits(settings: CompanionSettings) -> Limits:
    """How often one may ask."""
    return Limits(
        settings.redis_url,
        turns_a_minute=settings.turns_a_minute,
        address_turns_a_minute=settings.address_turns_a_minute,
        requests_a_minute=settings.requests_a_minute,
        address_requests_a_minute=settings.address_requests_a_minute,
        sessions_a_minute=settings.sessions_a_minute,
        tokens_a_day=settings.learner_daily_tokens,
    )


def make_pace(settings: CompanionSettings) -> Pace:
    """How long minors may learn a day, and when everybody is told to rest."""
    return Pace(
        settings.minor_under_14_minutes or None,
        settings.minor_14_to_17_minutes or None,
        hours_of(settings.minor_night) if settings.minor_night else None,
        settings.reminder_minutes or None,
    )


def make_alarm(settings: CompanionSettings) -> Alarm:
    """What rings when learners are no longer answered."""
    return Alarm(
        bool(settings.llm_base_url),
        settings.alarm_window_minutes,
        settings.alarm_answered_ratio,
        settings.alarm_at_least,
    )


def make_tracing(settings: CompanionSettings) -> "Tracing | None":
    """Where spans go; None sends nothing anywhere, and imports nothing."""
    if not settings.otlp_endpoint:
        return None
    from companion.telemetry.traces import tracing_to

    return tracing_to(settings.otlp_endpoint)


def assemble(
    settings: CompanionSettings,
    index: LiveIndex,
    model: LanguageModel | None,
    conversations: Conversations,
    spending: Spending,
    circuit: Circuit | None = None,
    book: Book | None = None,
    today: Callable[[], date] = today,
) -> Companion:
    """The tutor of these parts."""
    read_all()
    writer = Writer(
        model,
        circuit or Circuit(settings.llm_failures_before_pause, settings.llm_pause_seconds),
        spending,
        Prices(settings.llm_prompt_price, settings.llm_completion_price),
        settings.llm_daily_tokens,
        settings.aigc_producer,
    )
    book = book or NoBook()
    recogniser = make_recogniser(index.embedder)
    return _around(
        index,
        writer,
        settings,
        Guards(
            make_moderator(settings, recogniser),
            Emergencies(settings.anti_fraud_hotline, recogniser),
            Aftercare(settings.crisis_hotline),
        ),
        LearnedWishes(recogniser) if recogniser else RuleWishes(),
        Advising(make_adviser(settings, index, book, today), book),
        Remembering(conversations, writer),
    )


def make_moderator(settings: CompanionSettings, recogniser: Recogniser | None) -> Moderator:
    """The rules that ship and the operator's, then what was learned, where it was learned with this embedder."""
    bounds = Bounds(BUILT_IN, settings.crisis_hotline)
    rules = KeywordModerator(bounds, settings.crisis_hotline, settings.moderation_rules)
    members = [Member("rules", rules, _RULES_SECONDS, required=True)]
    if recogniser:
        members.append(Member("learned", LearnedModerator(recogniser, bounds), _LEARNED_SECONDS))
    return Moderators(members)


def for_minors(companion: Companion, settings: CompanionSettings) -> Companion | None:
    """The same tutor over the courses that the operator chose for minors; None where there are none.

    Their index is in a folder whatever serves the other: it is small, and shares nothing with it.
    """
    if settings.minor_data_dir is None:
        return None
    own = settings.model_copy(update={"data_dir": settings.minor_data_dir, **IN_A_FOLDER})
    index = companion.index.over(index_home(own))
    book = companion.advising.book
    return _again(companion, companion.writer, own, index, Advising(make_adviser(own, index, book), book))


def without_budget(companion: Companion, settings: CompanionSettings) -> Companion:
    """The same tutor for a learner who has used up the day's tokens: it quotes, and says that this is why."""
    return _again(companion, companion.writer.without_budget(), settings)


def without_model(companion: Companion, settings: CompanionSettings) -> Companion:
    """The same tutor for callers who have a model of their own: it quotes."""
    return _again(companion, companion.writer.without_model(), settings)


def make_adviser(
    settings: CompanionSettings, index: LiveIndex, book: Book, today: Callable[[], date] = today
) -> Adviser:
    """Advice over the operator's occupations and credit rules; without them over sample occupations and no rules.

    Raises OccupationsUnreadable and RulesUnreadable.
    """
    return Adviser(
        index,
        read_occupations(settings.occupations or SAMPLES),
        read_rules(settings.credit_rules) if settings.credit_rules else Rules(),
        settings.data_dir / "occupations",
        book.following,
        today,
    )


def _again(
    companion: Companion,
    writer: Writer,
    settings: CompanionSettings,
    index: LiveIndex | None = None,
    advising: Advising | None = None,
) -> Companion:
    return _around(
        index or companion.index,
        writer,
        settings,
        companion.guards,
        companion.hearing.wishes,
        advising or companion.advising,
        companion.remembering,
    )


def _around(
    index: LiveIndex,
    writer: Writer,
    settings: CompanionSettings,
    guards: Guards,
    wishes: Wishes,
    advising: Advising,
    remembering: Remembering,
) -> Companion:
    budget = Budget(settings.llm_context_tokens, settings.llm_max_tokens)
    # A second try begins only while the learner has waited less than half of what a whole answer may take.
    drafting = Drafting(writer, guards.moderator, budget, rewrite_seconds=settings.llm_answer_seconds / 2)
    passages = settings.passages_per_answer
    leading, crediting = Leading(advising), Crediting(advising.adviser, advising.book)
    rewording = Rewording(writer, settings.llm_first_token_seconds, passages)
    care = FraudCare(settings.anti_fraud_hotline)
    nothing = NothingAnswers(advising, care)
    answering = Answering(index, writer, rewording, drafting, advising, leading, nothing, care, passages)
    practising = Practising(index, writer, answering, passages, advising.book)
    records = CourseRecords(index, advising)
    courtesy = Courtesy(settings.operator_name, settings.service_hotline)
    continuing = Continuing(index, writer)
    hinting, planning = Hinting(index, writer, nothing, passages), Planning(index, writer, advising)
    replies = Replies(
        answering,
        Stating(answering, advising, leading, crediting, records),
        continuing,
        GoingOn(answering, continuing, leading, practising, hinting, planning),
        advising,
        crediting,
        practising,
        hinting,
        planning,
        courtesy,
        Enquiries(records, courtesy, advising.adviser.today),
    )
    standing_alone = StandingAlone(writer, settings.llm_first_token_seconds, index)
    hearing = Hearing(wishes, standing_alone, practising, leading, records)
    return Companion(index, writer, guards, hearing, replies, remembering)


def _model(settings: CompanionSettings) -> LanguageModel | None:
    if not settings.llm_base_url:
        return None
    # LangChain and the OpenAI client are 50 MB that a service without an LLM does not need.
    from companion.writing.llm import OpenAICompatible

    return OpenAICompatible(settings)
