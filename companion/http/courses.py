"""GET /v1/courses, its /suggest and /{id}, /v1/passages/{id}, /v1/starters: the catalogue, and what stands in it."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from typing_extensions import TypedDict

from companion.browsing import (
    CoursePage,
    Suggestions,
    WholeCourse,
    WholePassage,
    course_page,
    suggestions,
    whole_course,
    whole_passage,
)
from companion.guidance.places import city_key
from companion.http.gate import caller_of
from companion.http.problems import AsciiJSONResponse, may_be
from companion.starting import Starting
from companion.turn import Companion
from companion.tutors import Tutors
from companion.words import locale_of
from course_index.record import Level
from course_index.sources.schema_org import json_ld
from course_index.store.records import CourseFilter
from retrieval.catalogue import CourseOrder
from retrieval.search import Search

_JSON_LD = "application/ld+json"
_AS_JSON_LD: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The course; as schema.org/Course with `Accept: application/ld+json`.",
        "content": {_JSON_LD: {"schema": {"type": "object", "description": "schema.org/Course"}}},
    }
}
_Word = Annotated[str | None, Query(max_length=200)]


class Starters(TypedDict):
    """Questions to begin with, which the library answers."""

    questions: list[str]


def courses_router(tutors: Tutors, starting: Mapping[Companion, Starting]) -> APIRouter:
    """The catalogue's doors, over the library of who asks."""
    router = APIRouter(prefix="/v1", tags=["courses"])

    async def searched(request: Request) -> Search:
        return (await tutors.of(caller_of(request).learner)).index.search

    @router.get("/courses", response_model=CoursePage)
    async def courses(
        request: Request,
        q: str | None = None,
        level: Level | None = None,
        audience: _Word = None,
        city: _Word = None,
        delivery: _Word = None,
        provider: _Word = None,
        language: _Word = None,
        initiative: _Word = None,
        sort: CourseOrder = "relevance",
        page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    ) -> Response:
        """A page of the courses that fit, with facets. Without `q`, all that the filters leave."""
        named = city and city_key(city)  # Guangzhou is 广州
        wanted = CourseFilter(level, audience, named, delivery, provider, language, initiative)
        return AsciiJSONResponse(await run_in_threadpool(course_page, await searched(request), q, wanted, sort, page))

    @router.get("/courses/suggest", response_model=Suggestions)
    async def suggested(request: Request, q: str = "", limit: Annotated[int, Query(ge=1, le=20)] = 8) -> Response:
        """What may be meant by the first letters, also in pinyin and initials."""
        return AsciiJSONResponse(await run_in_threadpool(suggestions, await searched(request), q, limit))

    @router.get("/courses/{course_id}", response_model=WholeCourse, responses=_AS_JSON_LD | may_be(404))
    async def course(course_id: str, request: Request) -> Response:
        """All that the catalogue knows of a course; as schema.org/Course with `Accept: application/ld+json`."""
        found = await run_in_threadpool(whole_course, await searched(request), course_id)
        if found is None:
            raise HTTPException(404, "There is no course with this id.")
        record, whole = found
        if _JSON_LD in request.headers.get("accept", ""):
            return AsciiJSONResponse(json_ld(record), media_type=_JSON_LD)
        return AsciiJSONResponse(whole)

    @router.get("/starters", response_model=Starters)
    async def starters(
        request: Request,
        locale: Annotated[str, Query(max_length=20)] = "",
        audience: _Word = None,
        course_id: _Word = None,
        lesson_id: Annotated[str | None, Query(max_length=400)] = None,
    ) -> Response:
        """Questions to begin with, which the library answers."""
        wanted = (locale_of("", locale), audience or "", course_id or "", lesson_id or "")
        begun = starting[await tutors.of(caller_of(request).learner)]
        return AsciiJSONResponse({"questions": await run_in_threadpool(begun.questions, *wanted)})

    @router.get("/passages/{passage_id}", response_model=WholePassage, responses=may_be(404))
    async def passage(passage_id: str, request: Request) -> Response:
        """The passage behind a citation. Its text is course content."""
        found = await run_in_threadpool(whole_passage, await searched(request), passage_id)
        if found is None:
            raise HTTPException(404, "There is no passage with this id; its lesson may have been changed since.")
        return AsciiJSONResponse(found)

    return router
