"""GET /v1/courses, its /suggest and /{id}, /v1/passages/{id}: the catalogue, and the source behind a citation."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from companion.catalogue import public_record
from companion.http.problems import AsciiJSONResponse
from companion.turn import Companion
from course_index.course import Course
from course_index.sources.schema_org import json_ld
from course_index.store.records import CourseFilter
from course_index.suggestions import Suggestion
from retrieval.catalogue import CourseOrder
from retrieval.search import Search
from retrieval.suggest import suggest

_JSON_LD = "application/ld+json"
_PAGE_SIZE = 20
_Word = Annotated[str | None, Query(max_length=200)]


def courses_router(companion: Companion) -> APIRouter:
    """The catalogue's doors over one companion's index."""
    router = APIRouter(prefix="/v1", tags=["courses"])

    @router.get("/courses")
    async def courses(
        q: str | None = None,
        level: Annotated[int | None, Query(ge=1, le=7)] = None,
        audience: _Word = None,
        city: _Word = None,
        delivery: _Word = None,
        provider: _Word = None,
        language: _Word = None,
        initiative: _Word = None,
        sort: CourseOrder = "relevance",
        page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    ) -> Response:
        wanted = CourseFilter(level, audience, city, delivery, provider, language, initiative)
        return AsciiJSONResponse(await run_in_threadpool(_page, companion.index.search, q, wanted, sort, page))

    @router.get("/courses/suggest")
    async def suggested(q: str = "", limit: Annotated[int, Query(ge=1, le=20)] = 8) -> Response:
        return AsciiJSONResponse(await run_in_threadpool(_suggested, companion.index.search, q, limit))

    @router.get("/courses/{course_id}")
    async def course(course_id: str, request: Request) -> Response:
        found = await run_in_threadpool(_course, companion.index.search, course_id)
        if found is None:
            raise HTTPException(404, "There is no course with this id.")
        record, whole = found
        if _JSON_LD in request.headers.get("accept", ""):
            return AsciiJSONResponse(json_ld(record), media_type=_JSON_LD)
        return AsciiJSONResponse(whole)

    @router.get("/passages/{passage_id}")
    async def passage(passage_id: str) -> Response:
        found = await run_in_threadpool(_passage, companion.index.search, passage_id)
        if found is None:
            raise HTTPException(404, "There is no passage with this id; its lesson may have been changed since.")
        return AsciiJSONResponse(found)

    return router


def _page(search: Search, q: str | None, wanted: CourseFilter, sort: CourseOrder, page: int) -> dict[str, Any]:
    asked = q if q and q.strip() else None
    found = search.catalogue(search.query(asked) if asked else None, wanted, page, _PAGE_SIZE, sort)
    correction = search.spelling.correct(asked) if asked else None
    return {
        "courses": [{**_listed(hit.course), "score": round(hit.score, 4)} for hit in found.hits],
        "total": found.total,
        "page": page,
        "pages": -(-found.total // _PAGE_SIZE),
        "facets": found.facets,
        "did_you_mean": correction and correction.text,
    }


def _suggested(search: Search, typed: str, limit: int) -> dict[str, Any]:
    return {"suggestions": [_offered(suggestion) for suggestion in suggest(search.records, typed, limit)]}


def _offered(suggestion: Suggestion) -> dict[str, str]:
    offered = {"text": suggestion.text, "kind": suggestion.kind}
    return offered | ({"course_id": suggestion.course_id} if suggestion.course_id else {})


def _course(search: Search, course_id: str) -> tuple[Course, dict[str, Any]] | None:
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


def _passage(search: Search, passage_id: str) -> dict[str, Any] | None:
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
        "url": course.url,
        "sample": course.sample,
    }
