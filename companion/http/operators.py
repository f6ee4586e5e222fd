"""/v1/operators: what operators do: answer complaints, read the audit, take disliked turns for the evaluation."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from companion.http.gate import caller_of
from companion.http.opinions import ComplaintsTold
from companion.http.problems import AsciiJSONResponse, Problem, may_be
from companion.safety.mask import masked
from companion.state.audit import AuditEntry
from companion.state.feedback import Disliked
from companion.state.state import State


class Answer(BaseModel):
    """What the learner is told."""

    model_config = ConfigDict(extra="forbid")

    words: str = Field(min_length=1, max_length=4_000)


class AuditTold(TypedDict):
    """Rows of the audit in order."""

    entries: list[AuditEntry]


class DislikedTold(TypedDict):
    """Turns with a thumb down."""

    turns: list[Disliked]


def operators_router(state: State) -> APIRouter:
    """Doors that the gate opens to operators alone."""
    router = APIRouter(prefix="/v1/operators", tags=["operators"])

    @router.get("/complaints", response_model=ComplaintsTold)
    async def waiting(request: Request) -> Response:
        """Complaints that wait for an answer, the one due first before the others."""
        await run_in_threadpool(state.audit.record, caller_of(request).learner, "read_complaints")
        return AsciiJSONResponse(
            {"complaints": [asdict(one) for one in await run_in_threadpool(state.complaints.open)]}
        )

    @router.post("/complaints/{ticket}/answer", status_code=204, responses=may_be(404))
    async def answer(ticket: str, said: Answer, request: Request) -> Response:
        """Answer a complaint, by its ticket or by the eight characters of it that learners are shown."""
        answered = await run_in_threadpool(state.complaints.answer, ticket, masked(said.words).text)
        if answered is None:
            return Problem(404, "No complaint with this ticket waits for an answer.")
        await run_in_threadpool(state.audit.record, caller_of(request).learner, "answered", answered)
        return Response(status_code=204)

    @router.get("/audit", response_model=AuditTold)
    async def audit(
        after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0, limit: Annotated[int, Query(ge=1, le=1_000)] = 100
    ) -> Response:
        """Rows of the audit in order. `companion-state audit` proves that none was changed."""
        rows = await run_in_threadpool(state.audit.entries, after, limit)
        return AsciiJSONResponse({"entries": [asdict(row) for row in rows]})

    @router.get("/disliked", response_model=DislikedTold)
    async def disliked(request: Request, days: Annotated[int, Query(ge=1, le=366)] = 30) -> Response:
        """Turns with a thumb down: candidates for the evaluation set (`companion-eval candidates`)."""
        await run_in_threadpool(state.audit.record, caller_of(request).learner, "read_feedback", f"{days} days")
        turns = await run_in_threadpool(state.feedback.disliked, days)
        return AsciiJSONResponse({"turns": [asdict(turn) for turn in turns]})

    return router
