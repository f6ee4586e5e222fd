"""Courses as cards, each with a reason made of the facts that ranked it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from companion.events import CourseCard
from companion.words import Words
from course_index.analyze import normalise, terms
from course_index.card import card_text
from course_index.course import Course
from retrieval.catalogue import CourseHit
from retrieval.query import Query
from retrieval.search import Hit, Search

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


def course_cards(search: Search, query: Query, say: Words, k: int) -> list[CourseCard]:
    """The courses that fit best, as cards."""
    hits = search.courses(query, k)
    passages = search.records.passages([hit.passage_id for hit in hits if hit.passage_id])
    lessons = search.records.lessons_by_id([passage.lesson_id for passage in passages.values()])
    titles = {id_: lessons[passage.lesson_id].title for id_, passage in passages.items()}
    return [_card(hit, query, titles, say) for hit in hits]


def cards_of_passages(hits: Sequence[Hit], say: Words, k: int) -> list[CourseCard]:
    """The courses that passages stand in, the best passage's first."""
    best = {hit.course.id: hit for hit in reversed(hits)}
    in_order = dict.fromkeys(hit.course.id for hit in hits)
    return [card_of(best[id_].course, say.reason_passage.format(lesson=best[id_].lesson.title)) for id_ in in_order][:k]


def _card(hit: CourseHit, query: Query, lesson_titles: dict[str, str], say: Words) -> CourseCard:
    if hit.passage_id:
        reason = say.reason_passage.format(lesson=lesson_titles[hit.passage_id])
    elif shared := _shared(hit.course, query):
        reason = say.reason_terms.format(terms="、".join(shared))
    else:
        reason = say.reason_card
    return card_of(hit.course, reason)


def card_of(course: Course, reason: str) -> CourseCard:
    """A course as a card."""
    return CourseCard(course.id, course.title, reason, course.sample, public_record(course))


def _shared(course: Course, query: Query) -> list[str]:
    """The record's own subject and skill words that the learner used."""
    on_card = set(terms(normalise(card_text(course))))
    return [term for term in query.terms if len(term) > 1 and term in on_card][:3]


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
