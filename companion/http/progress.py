"""/v1/events (xAPI), and what follows: progress, skills believed mastered, reviews due; each learner's own."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import Field
from typing_extensions import TypedDict

from companion.guidance.adviser import Adviser
from companion.guidance.profile import LearningEvent, failed_courses, finished_courses
from companion.guidance.progress import Mastery, Refused, course_finder, mastery, passage_of, read_statements
from companion.http.gate import learner_of, signed_in_learner
from companion.http.problems import AsciiJSONResponse, may_be
from companion.replies.advising import Advising
from companion.state.state import State


class EventsTold(TypedDict):
    """How many statements were kept, and which were not."""

    stored: int
    refused: list[Refused]


_MOST = 100
_NONE_KEPT: dict[int | str, dict[str, Any]] = {422: {"model": EventsTold}}
_Statements = Annotated[list[dict[str, Any]], Field(min_length=1, max_length=_MOST)]


class ProgressTold(TypedDict):
    """Courses by id, how probably each skill is mastered, and the latest events."""

    begun: list[str]
    finished: list[str]
    failed: list[str]
    skills: list[Mastery]
    events: list[LearningEvent]


class Due(TypedDict):
    """An item of practice that is due again; `course_id` may be unknown by now."""

    item: str
    passage_id: str
    course_id: str
    due_at: datetime


class ReviewsTold(TypedDict):
    """What is due again, the longest due first."""

    due: list[Due]


def progress_router(advising: Advising, state: State) -> APIRouter:
    """What a learner has learned and has to show for it."""
    router = APIRouter(prefix="/v1", tags=["learners"])
    adviser = advising.adviser

    @router.post("/events", response_model=EventsTold, responses=may_be(404) | _NONE_KEPT)
    async def events(sent: dict[str, Any] | _Statements, request: Request) -> Response:
        """Keep xAPI statements of the learner's own, one or up to a hundred; which were not kept, and why."""
        told = await run_in_threadpool(_keep, signed_in_learner(request), sent, adviser, state)
        return AsciiJSONResponse(told, 200 if told["stored"] or not told["refused"] else 422)

    @router.get("/learners/me/progress", response_model=ProgressTold, responses=may_be(404))
    async def progress(request: Request) -> Response:
        """Courses begun and finished, and how probably each skill is mastered, with the evidence."""
        return AsciiJSONResponse(await run_in_threadpool(_progress, learner_of(request), adviser, state))

    @router.get("/learners/me/reviews", response_model=ReviewsTold, responses=may_be(404))
    async def reviews(request: Request) -> Response:
        """What was practised and is due again."""
        due = await run_in_threadpool(state.reviews.due, learner_of(request), datetime.now(UTC))
        told = [
            {
                "item": one.item,
                "passage_id": passage_of(one.item),
                "course_id": one.course_id,
                "due_at": one.due_at.isoformat(),
            }
            for one in due
        ]
        return AsciiJSONResponse({"due": told})

    @router.post("/operators/learners/{learner}/events", response_model=EventsTold)
    async def events_of(learner: str, sent: dict[str, Any] | _Statements) -> Response:
        """Keep statements that a learning platform tells of a learner."""
        return AsciiJSONResponse(await run_in_threadpool(_keep, learner[:64], sent, adviser, state))

    return router


def _keep(learner: str, sent: dict[str, Any] | _Statements, adviser: Adviser, state: State) -> dict[str, Any]:
    finder = course_finder(adviser.recommender().shelf.courses)
    events, refused = read_statements(sent if isinstance(sent, list) else [sent], finder)
    return {"stored": state.book.learning.add(learner, events), "refused": [asdict(one) for one in refused]}


def _progress(learner: str, adviser: Adviser, state: State) -> dict[str, Any]:
    happened = state.book.events(learner)
    shelf = adviser.recommender().shelf
    courses = {course.id: course for course in shelf.courses}
    begun = {event.course_id for event in happened if event.verb in ("started", "progressed", "completed")}
    return {
        "begun": sorted(begun),
        "finished": sorted(finished_courses(happened)),
        "failed": sorted(failed_courses(happened)),
        "skills": [asdict(one) for one in mastery(happened, courses, datetime.now(UTC))],
        "events": [asdict(event) | {"at": event.at.isoformat()} for event in happened[-200:]],
    }
