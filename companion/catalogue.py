"""Courses as cards, each with a reason made of the facts that ranked it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from typing_extensions import TypedDict

from companion.events import CourseCard
from companion.words import Words
from course_index.course import Course, Delivery, Initiative, Offering, Price
from retrieval.search import Hit

_ON_THE_CARD = (
    "summary",
    "provider",
    "language",
    "level",
    "hours",
    "credits",
    "delivery",
    "audience",
    "initiative",
    "url",
)


class PublicRecord(TypedDict):
    """What the catalogue tells of a course wherever it is shown; what its record does not state is null or empty."""

    summary: str | None
    provider: str | None
    language: str | None
    level: int | None
    hours: float | None
    credits: float | None
    delivery: Delivery | None
    audience: list[str]
    initiative: Initiative | None
    url: str | None
    price: Price | None
    offerings: list[Offering]
    updated_at: date | None


def cards_of_passages(hits: Sequence[Hit], say: Words, k: int) -> list[CourseCard]:
    """The courses that passages stand in, the best passage's first."""
    best = {hit.course.id: hit for hit in reversed(hits)}
    in_order = dict.fromkeys(hit.course.id for hit in hits)
    return [card_of(best[id_].course, say.reason_passage.format(lesson=best[id_].lesson.title)) for id_ in in_order][:k]


def card_of(course: Course, reason: str) -> CourseCard:
    """A course as a card."""
    return CourseCard(course.id, course.title, reason, course.sample, public_record(course))


def public_record(course: Course) -> dict[str, Any]:
    """What a card shows of the record; what is unknown stays None."""
    return {
        **{name: getattr(course, name) for name in _ON_THE_CARD},
        "price": asdict(course.price) if course.price else None,
        "offerings": [
            {key: value.isoformat() if isinstance(value, date) else value for key, value in asdict(offering).items()}
            for offering in course.offerings
        ],
        "updated_at": course.updated_at.isoformat() if course.updated_at else None,
    }
