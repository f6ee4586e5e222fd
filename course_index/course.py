"""The values that travel: Course, Offering, Lesson, Passage."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Initiative = Literal["ideology", "academic", "skills", "culture", "key_groups", "network"]
Delivery = Literal["online", "offline", "blended"]
LocatorKind = Literal["article", "heading", "lesson", "page", "slide", "time", "block"]
QuestionKind = Literal["fill_in", "true_false", "choice", "open"]
# Of a course, of credits, of who learns.
LEVELS = range(1, 8)


@dataclass(frozen=True, slots=True)
class Price:
    """What a course costs, in `currency` (ISO 4217)."""

    amount: float
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class Offering:
    """A dated session of a course, online or at a place; `latitude` and `longitude` in degrees, WGS 84."""

    id: str
    city: str | None = None
    district: str | None = None
    town: str | None = None
    address: str | None = None
    start: date | None = None
    end: date | None = None
    seats: int | None = None
    step_free: bool | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """A catalogue record. What the provider did not say is None or empty, and is never guessed."""

    id: str
    title: str
    provider: str | None
    summary: str | None = None
    language: str | None = None
    subjects: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    occupations: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    initiative: Initiative | None = None
    level: int | None = None
    hours: float | None = None
    credits: float | None = None
    price: Price | None = None
    delivery: Delivery | None = None
    offerings: tuple[Offering, ...] = ()
    prerequisites: tuple[str, ...] = ()
    url: str | None = None
    updated_at: date | None = None
    valid_until: date | None = None
    licence: str | None = None
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk of a lesson that a citation can point at. `tokens` are cl100k tokens of `text`.

    `anchor` is the machine's word for the place (a page or slide from 1, whole seconds of a recording, a platform's
    block id) and `url` opens it there; both are None where the source does not say.
    """

    id: str
    course_id: str
    lesson_id: str
    ordinal: int
    text: str
    heading_path: tuple[str, ...]
    locator_kind: LocatorKind
    locator: str
    language: str
    tokens: int
    anchor: str | None = None
    url: str | None = None

    def titles(self, lesson_title: str) -> str:
        """What stands above it, in one line: the title of its lesson, which it does not know, and its headings."""
        return " ".join(title for title in (lesson_title, *self.heading_path) if title)


@dataclass(frozen=True, slots=True)
class PracticeQuestion:
    """A question of a provider's bank. `answers` are all that count as right; of a choice they are options too."""

    id: str
    kind: QuestionKind
    prompt: str
    answers: tuple[str, ...]
    options: tuple[str, ...] = ()
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One part of a course, in reading order, cut into passages."""

    id: str
    course_id: str
    ordinal: int
    title: str
    source: str
    content_hash: str
    updated_at: date | None = None
    passages: tuple[Passage, ...] = field(default=(), repr=False)
    questions: tuple[PracticeQuestion, ...] = field(default=(), repr=False)
