"""The typed events of a turn; every door and the evaluation consume these."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Mode = Literal["generated", "extracted", "catalogue", "declined"]
FallbackReason = Literal[
    "llm_unreachable", "llm_slow", "llm_failed", "llm_cut", "llm_uncited", "llm_paused", "llm_budget"
]


@dataclass(frozen=True, slots=True)
class Source:
    """A passage behind the answer. `n` is what [n] in the text points at; `as_of` is an ISO date.

    `url` opens it as near as its platform can, and `anchor` is the place in a machine's word: page, seconds, block.
    """

    n: int
    passage_id: str
    course_id: str
    course_title: str
    lesson_title: str
    locator: str
    url: str | None
    quote: str
    as_of: str | None
    sample: bool
    anchor: str | None = None
    # The day after which the course does not vouch for it any more, where that is past.
    expired: str | None = None


@dataclass(frozen=True, slots=True)
class PathStep:
    """Which step of a pathway a course is: `number` of `of`; ISO dates where hours a week are known."""

    number: int
    of: int
    status: Literal["open", "done", "again"]
    begins: str | None
    ends: str | None


@dataclass(frozen=True, slots=True)
class CourseCard:
    """A course from the catalogue, with the reason why it is shown. `record` holds what the catalogue knows."""

    course_id: str
    title: str
    reason: str
    sample: bool
    record: dict[str, Any]
    step: PathStep | None = None


@dataclass(frozen=True, slots=True)
class QuizItem:
    """A question of a quiz that waits for its answer, for a page that draws it; the text asks it too."""

    number: int
    kind: Literal["fill_in", "true_false", "choice", "open"]
    prompt: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fallback:
    """Why the answer was not written by the LLM that is set."""

    reason: FallbackReason


@dataclass(frozen=True, slots=True)
class Aigc:
    """The label of text that a model wrote (GB 45438-2025): 1 means that it is AI-written."""

    label: str
    producer: str
    produce_id: str
    notice: str


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """The first event of every turn."""

    turn_id: str
    conversation_id: str


@dataclass(frozen=True, slots=True)
class SourcesFound:
    """Comes before the text it supports."""

    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class CoursesFound:
    """Courses that fit."""

    courses: tuple[CourseCard, ...]


@dataclass(frozen=True, slots=True)
class TextAdded:
    """The next stretch of the answer, in light Markdown. `ai` tells, while it streams, that a model wrote it."""

    text: str
    ai: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """The last event of a turn that went well.

    `grounded` is True when every released sentence stands in a source, and None where nothing is claimed.
    `confidence` is the probability that the passages found answer, where passages were looked for.
    `checked` and `released` count the sentences the LLM wrote and those that passed; `support` is their share. `usage`
    counts tokens and what they cost. `more` tells that the answer goes on when the learner asks for more, `quiz` which
    questions the next message may answer. `call` are the numbers that who writes of an emergency or of despair is told
    to call, the first of them first: a page puts them before all else.
    """

    mode: Mode
    grounded: bool | None
    cited: tuple[int, ...] = ()
    fallback: Fallback | None = None
    aigc: Aigc | None = None
    checked: int = 0
    released: int = 0
    support: float | None = None
    confidence: float | None = None
    more: bool = False
    quiz: tuple[QuizItem, ...] = ()
    call: tuple[str, ...] = ()
    usage: dict[str, float] = field(default_factory=dict)
    timing_ms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """The last event of a turn that could not be answered: an RFC 9457 problem."""

    title: str
    detail: str
    status: int


Event = TurnStarted | SourcesFound | CoursesFound | TextAdded | Done | Failed

_NAMES: dict[type[Event], str] = {
    TurnStarted: "turn",
    SourcesFound: "sources",
    CoursesFound: "courses",
    TextAdded: "text",
    Done: "done",
    Failed: "error",
}


def name_of(event: Event) -> str:
    """The event's name on the wire."""
    return _NAMES[type(event)]


def payload(event: Event) -> dict[str, Any]:
    """The event's fields as they go over the wire; a course card is flat."""
    if isinstance(event, CoursesFound):
        return {"courses": [_flat(card) for card in event.courses]}
    return asdict(event)


def whole_answer(events: Iterable[Event]) -> dict[str, Any]:
    """All events of a finished turn as the one JSON object of `/v1/chat`."""
    return joined((name_of(event), payload(event)) for event in events)


def joined(events: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """The same of (name, payload), as they went over the wire."""
    answer: dict[str, Any] = {"text": "", "sources": [], "courses": []}
    for name, data in events:
        if name == "text":
            answer["text"] += data["text"]
        else:
            answer.update(data)
    return answer


def _flat(card: CourseCard) -> dict[str, Any]:
    return {
        **card.record,
        "course_id": card.course_id,
        "title": card.title,
        "reason": card.reason,
        "sample": card.sample,
        **({"step": asdict(card.step)} if card.step else {}),
    }
