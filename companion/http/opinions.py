"""/v1/feedback and /v1/complaints: what learners say of the service."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from companion.http.gate import caller_of
from companion.http.problems import AsciiJSONResponse, Problem, may_be
from companion.safety.mask import masked
from companion.state.audit import audited
from companion.state.complaints import Complaint, Kind
from companion.state.feedback import Rating, Reason
from companion.state.state import State


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Opinion(_Body):
    """A thumb, with reasons."""

    turn_id: str = Field(max_length=36)
    rating: Rating
    reasons: Annotated[list[Reason], Field(max_length=7)] = []
    comment: str = Field(default="", max_length=1_000)


class Grievance(_Body):
    """A complaint about the service, a report of harmful content, or an appeal against a refusal."""

    kind: Kind
    words: str = Field(min_length=1, max_length=4_000)
    turn_id: str | None = Field(default=None, max_length=36)


class ComplaintsTold(TypedDict):
    """Complaints, with their answers where there are any."""

    complaints: list[Complaint]


def opinions_router(state: State) -> APIRouter:
    """Thumbs and complaints of a learner's own."""
    router = APIRouter(prefix="/v1", tags=["learners"])

    @router.post("/feedback", status_code=204, responses=may_be(404))
    async def feedback(opinion: Opinion, request: Request) -> Response:
        """Keep a thumb on a turn of the learner's own; a second replaces the first."""
        await run_in_threadpool(state.conversations.write_down)
        given = await run_in_threadpool(
            state.feedback.give,
            caller_of(request).learner,
            opinion.turn_id,
            opinion.rating,
            tuple(opinion.reasons),
            masked(opinion.comment).text,
        )
        return Response(status_code=204) if given else Problem(404, "You have no such turn; it may have been erased.")

    @router.post("/complaints", status_code=201, response_model=Complaint)
    async def complain(grievance: Grievance, request: Request) -> Response:
        """Complain, report or appeal; the ticket, and the date by which there will be an answer."""
        owner = caller_of(request).learner
        words = masked(grievance.words).text
        made = await run_in_threadpool(state.complaints.make, owner, grievance.kind, words, grievance.turn_id)
        await run_in_threadpool(state.audit.record, audited(owner), "complained", f"{made.kind} {made.ticket}")
        return AsciiJSONResponse(asdict(made), 201)

    @router.get("/complaints", response_model=ComplaintsTold)
    async def complaints(request: Request) -> Response:
        """The learner's own complaints, with what was answered."""
        caller = caller_of(request)
        own = await run_in_threadpool(state.complaints.of, caller.learner) if caller.learner else []
        return AsciiJSONResponse({"complaints": [asdict(one) for one in own]})

    return router
