"""What is remembered of a conversation: its latest turns, a summary of those before, and what is still pending."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol, TypedDict

from companion.events import PathStep, Source
from companion.practice.questions import QuizQuestion
from companion.safety.mask import masked, without_masks

# So many turns are remembered word by word; those before them in the summary.
REMEMBERED = 6
_HAVE_A_SUBJECT = ("question", "hint", "practice", "plan", "courses", "credits", "pathway")


@dataclass(frozen=True, slots=True)
class Rest:
    """The portions of an answer that the learner has not asked for yet. `ai` tells whether a model wrote them."""

    portions: tuple[str, ...]
    sources: tuple[Source, ...]
    ai: bool
    kind: Literal["rest"] = "rest"


@dataclass(frozen=True, slots=True)
class Quiz:
    """Questions for the learner, which the next message may answer, with the sources they are from.

    `together`, all were put at once; else one after the other, and `position` is the one that waits for its answer,
    past the last one when all are graded, of which one may still ask why. `aside` counts the turns on something else
    since it was put.
    """

    questions: tuple[QuizQuestion, ...]
    sources: tuple[Source, ...]
    together: bool = False
    position: int = 0
    right: int = 0
    aside: int = 0
    kind: Literal["quiz"] = "quiz"

    @property
    def is_over(self) -> bool:
        """Whether all questions have been graded."""
        return self.position >= len(self.questions)


@dataclass(frozen=True, slots=True)
class Hinted:
    """How many hints the question has had; each more says more."""

    question: str
    step: int
    kind: Literal["hinted"] = "hinted"


@dataclass(frozen=True, slots=True)
class PlanWanted:
    """A plan that was made, or that waits for the hours a week, or (without `course_id`) for one of the courses
    `offered` to be named. Dates are ISO. `part` is what was said of the only part of the course that it is for; `days`
    are those of the week on which one learns (Monday is 0), none where none is named, and `a_day` the hours on each.
    `aside` is as in Quiz.
    """

    request: str
    course_id: str | None
    hours_a_week: float | None
    until: str | None
    start: str | None
    offered: tuple[str, ...] = ()
    part: str | None = None
    days: tuple[int, ...] = ()
    a_day: float | None = None
    aside: int = 0
    kind: Literal["plan"] = "plan"


class TimesKept(TypedDict):
    """What was said of the time there is; the days of the week are numbers, Monday is 0, dates are in ISO form."""

    hours_a_week: float | None
    until: str | None
    start: str | None
    days: tuple[int, ...]
    a_day: float | None


@dataclass(frozen=True, slots=True)
class PathwayWanted:
    """A way to a goal that was told; it waits for the hours a week, or for others. Days are as in PlanWanted, `aside`
    as in Quiz, `titles` those of its steps as in Shown.
    """

    goal: str
    hours_a_week: float | None = None
    until: str | None = None
    start: str | None = None
    days: tuple[int, ...] = ()
    a_day: float | None = None
    titles: tuple[str, ...] = ()
    aside: int = 0
    kind: Literal["pathway"] = "pathway"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the courses that were shown are called, in their order: the next message may pick one by its number, or want
    others than these and those `earlier`.
    """

    titles: tuple[str, ...]
    earlier: tuple[str, ...] = ()
    kind: Literal["shown"] = "shown"


Pending = Rest | Quiz | Hinted | PlanWanted | PathwayWanted | Shown


@dataclass(frozen=True, slots=True)
class KeptCard:
    """A course that a turn showed on a card: what its record says is read anew."""

    course_id: str
    reason: str
    step: PathStep | None = None


@dataclass(frozen=True, slots=True)
class PastTurn:
    """A turn that has ended. `message` is masked; `question` is the message made to stand alone.

    `grounded` is as in `Done`; `course_id` is the course on whose page it was asked, `courses` those on cards.
    """

    id: str
    asked_at: datetime
    message: str
    question: str
    wish: str
    mode: str
    reply: str
    passages: tuple[str, ...] = ()
    ai: bool = False
    usage: tuple[tuple[str, float], ...] = ()
    grounded: bool | None = None
    seconds: float | None = None
    course_id: str | None = None
    courses: tuple[KeptCard, ...] = ()

    @property
    def told(self) -> bool:
        """Whether a lesson was told of, quoted or in a model's words."""
        return self.mode in ("extracted", "generated")


@dataclass(frozen=True, slots=True)
class Conversation:
    """The newest turn last. `summarised` turns are in `summary`, whether or not they are in `turns` too.

    `owner` is the pseudonym of the learner; empty where nobody has to say who they are.
    """

    id: str
    turns: tuple[PastTurn, ...] = ()
    count: int = 0
    summary: str = ""
    summarised: int = 0
    pending: Pending | None = None
    owner: str = ""

    @property
    def pending_quiz(self) -> bool:
        """Whether a quiz is on, or has just ended."""
        return isinstance(self.pending, Quiz)

    @property
    def last_told(self) -> PastTurn | None:
        """The last turn that told something and did not only say it again."""
        return next((turn for turn in reversed(self.turns) if turn.wish != "again" and turn.reply), None)

    @property
    def subjects(self) -> tuple[str, ...]:
        """The messages that were about something; thanks and complaints were not. Hours a week are on the goal, and
        answers in a quiz on what was asked.
        """
        told = (turn for turn in self.turns if sum(map(str.isalpha, turn.message)) > 1)  # 2 and B are choices
        about = (turn for turn in told if turn.wish in _HAVE_A_SUBJECT)
        said = (turn.question if turn.wish in ("pathway", "practice") else turn.message for turn in about)
        return tuple(dict.fromkeys(map(without_masks, said)))


def brought_along(id_: str, said: Sequence[tuple[str, str]]) -> Conversation:
    """The conversation that a caller tells, (message, reply) the oldest first. It is the caller's word, not ours."""
    now = datetime.now(UTC)
    turns = tuple(
        PastTurn(f"{id_}-{number}", now, masked(message).text, masked(message).text, "question", "extracted", reply)
        for number, (message, reply) in enumerate(said)
    )
    return Conversation(id_, turns[-REMEMBERED:], len(turns))


@dataclass(frozen=True, slots=True)
class Outline:
    """A conversation as a list of them shows it."""

    id: str
    touched_at: datetime
    first_message: str


class Conversations(Protocol):
    """Where conversations are kept. All calls may block for some milliseconds: one thread hop each."""

    def load(self, id_: str) -> Conversation:
        """What is remembered of it; an unknown id is a conversation without turns."""
        ...

    def add(self, conversation: Conversation, turn: PastTurn, pending: Pending | None) -> None:
        """Append a turn and replace what is pending."""
        ...

    def summarise(self, id_: str, summary: str, summarised: int) -> None:
        """Replace the summary, which covers the first `summarised` turns."""
        ...

    def whole(self, id_: str) -> list[PastTurn]:
        """All turns, oldest first."""
        ...

    def owner(self, id_: str) -> str | None:
        """Whose it is; None when there is no such conversation."""
        ...

    def of(self, owner: str, limit: int) -> list[Outline]:
        """The latest conversations of a learner, the newest first."""
        ...

    def forget(self, id_: str) -> bool:
        """Erase it; whether there was anything."""
        ...
