"""What the catalogue shows to every door: a page of courses, a course, a passage, as plain values."""

from datetime import date
from typing import Any, NotRequired

from typing_extensions import TypedDict

from companion.catalogue import PublicRecord, public_record
from companion.whole_text import whole_text
from course_index.course import Course, Lesson, LocatorKind
from course_index.store.records import CourseFilter
from course_index.suggestions import Suggestion, SuggestionKind
from retrieval.catalogue import CourseOrder
from retrieval.search import Search
from retrieval.suggest import suggest, written

_PAGE_SIZE = 20


class ListedCourse(PublicRecord):
    """A course in the catalogue."""

    course_id: str
    title: str
    sample: bool


class FoundCourse(ListedCourse):
    """A course that a search found; `score` orders them, and is 0 where nothing was searched for."""

    score: float


class CoursePage(TypedDict):
    """A page of courses. `facets` counts by filter and value what choosing another value would show."""

    courses: list[FoundCourse]
    total: int
    page: int
    pages: int
    facets: dict[str, dict[str, int]]
    did_you_mean: str | None


class Offered(TypedDict):
    """A text that may be meant; `course_id` where it is one course's alone."""

    text: str
    kind: SuggestionKind
    course_id: NotRequired[str]


class Suggestions(TypedDict):
    """What may be meant by the first letters, the likeliest first."""

    suggestions: list[Offered]


class LessonOfCourse(TypedDict):
    """A lesson in the list of its course's."""

    lesson_id: str
    title: str
    updated_at: date | None


class WholeCourse(ListedCourse):
    """All that the catalogue knows of a course, and its lessons in order."""

    subjects: list[str]
    skills: list[str]
    occupations: list[str]
    prerequisites: list[str]
    valid_until: date | None
    licence: str | None
    lessons: list[LessonOfCourse]


class WholePassage(TypedDict):
    """The passage behind a citation, and where it stands."""

    passage_id: str
    text: str
    heading_path: list[str]
    locator_kind: LocatorKind
    locator: str
    language: str
    course_id: str
    course_title: str
    lesson_id: str
    lesson_title: str
    as_of: date | None
    url: str | None
    anchor: str | None
    sample: bool


def course_page(
    search: Search, q: str | None, wanted: CourseFilter, sort: CourseOrder = "relevance", page: int = 1
) -> dict[str, Any]:
    """A page of the courses that fit, with how many there are and what choosing another filter would show."""
    asked = q if q and q.strip() else None
    in_characters = written(search.records, asked) if asked and not search.spelling.has(asked) else None
    words = in_characters or asked
    found = search.catalogue(search.query(words) if words else None, wanted, page, _PAGE_SIZE, sort)
    correction = search.spelling.correct(asked) if asked and not in_characters else None
    return {
        "courses": [{**_listed(hit.course), "score": round(hit.score, 4)} for hit in found.hits],
        "total": found.total,
        "page": page,
        "pages": -(-found.total // _PAGE_SIZE),
        "facets": found.facets,
        "did_you_mean": in_characters or (correction and correction.text),
    }


def suggestions(search: Search, typed: str, limit: int) -> dict[str, Any]:
    """What may be meant by the first letters."""
    return {"suggestions": [_offered(suggestion) for suggestion in suggest(search.records, typed, limit)]}


def _offered(suggestion: Suggestion) -> dict[str, str]:
    offered = {"text": suggestion.text, "kind": suggestion.kind}
    return offered | ({"course_id": suggestion.course_id} if suggestion.course_id else {})


def whole_course(search: Search, course_id: str) -> tuple[Course, dict[str, Any]] | None:
    """A course's record, and all that the catalogue knows of it; None when there is none."""
    record = search.records.courses([course_id]).get(course_id)
    if record is None:
        return None
    lessons = [
        {
            "lesson_id": lesson.id,
            "title": lesson.title,
            "updated_at": lesson.updated_at and lesson.updated_at.isoformat(),
        }
        for lesson in search.records.lessons(course_id)
    ]
    return record, {
        **_listed(record),
        "subjects": record.subjects,
        "skills": record.skills,
        "occupations": record.occupations,
        "prerequisites": record.prerequisites,
        "valid_until": record.valid_until and record.valid_until.isoformat(),
        "licence": record.licence,
        "lessons": lessons,
    }


def _listed(course: Course) -> dict[str, Any]:
    return {"course_id": course.id, "title": course.title, "sample": course.sample, **public_record(course)}


def whole_passage(search: Search, passage_id: str) -> dict[str, Any] | None:
    """The source behind a citation; None when there is none."""
    passage = search.records.passages([passage_id]).get(passage_id)
    if passage is None:
        return None
    lesson = search.records.lessons_by_id([passage.lesson_id])[passage.lesson_id]
    course = search.records.courses([passage.course_id])[passage.course_id]
    return {
        "passage_id": passage.id,
        "text": passage.text,
        "heading_path": passage.heading_path,
        "locator_kind": passage.locator_kind,
        "locator": passage.locator,
        "language": passage.language,
        "course_id": course.id,
        "course_title": course.title,
        "lesson_id": lesson.id,
        "lesson_title": lesson.title,
        "as_of": lesson.updated_at and lesson.updated_at.isoformat(),
        "url": passage.url or course.url,
        "anchor": passage.anchor,
        "sample": course.sample,
    }


def whole_lesson(search: Search, lesson_id: str) -> dict[str, Any] | None:
    """A lesson to be read, its text as Markdown, and the lessons around it; None when there is none."""
    lesson = search.records.lessons_by_id([lesson_id]).get(lesson_id)
    if lesson is None:
        return None
    course = search.records.courses([lesson.course_id])[lesson.course_id]
    ids = search.records.passages_within(lesson.course_id, lesson_id)
    found = search.records.passages(ids)
    lessons = search.records.lessons(lesson.course_id)
    at = next(place for place, one in enumerate(lessons) if one.id == lesson_id)
    return {
        "lesson_id": lesson_id,
        "title": lesson.title,
        "as_of": lesson.updated_at and lesson.updated_at.isoformat(),
        "course_id": course.id,
        "course_title": course.title,
        "language": course.language,
        "sample": course.sample,
        "text": whole_text(lesson.title, (found[id_] for id_ in ids)),
        "before": _outline(lessons[at - 1]) if at else None,
        "after": _outline(lessons[at + 1]) if at + 1 < len(lessons) else None,
    }


def _outline(lesson: Lesson) -> dict[str, str]:
    return {"lesson_id": lesson.id, "title": lesson.title}
