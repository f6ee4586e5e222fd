"""/v1/learners/me/credits, and the operators' doors by which credits come in; all of it is arithmetic over records."""

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from companion.guidance.adviser import Adviser
from companion.guidance.credits import Entry, Standing, Target, balance, standing, would_add
from companion.guidance.telling import balance_told, would_add_told
from companion.http.gate import caller_of, learner_of
from companion.http.problems import AsciiJSONResponse, Problem, may_be
from companion.replies.advising import Advising
from companion.state.state import State
from companion.words import locale_of
from course_index.record import Level


class CreditEntry(BaseModel):
    """Credits that were awarded."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=r"^[\w.:-]{1,64}$")
    credits: str = Field(pattern=r"^\d{1,5}(\.\d{1,4})?$")
    earned_on: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")
    source: str = Field(min_length=1, max_length=200)
    title: str = Field(min_length=1, max_length=200)
    course_id: str | None = Field(default=None, max_length=120)
    certificate: str | None = Field(default=None, max_length=120)
    kind: str = Field(default="course", pattern=r"^[\w-]{1,40}$")
    level: Level | None = None


class TargetStanding(TypedDict):
    """How far a target is, now and `then`, with the courses that were asked about; credits as decimal strings."""

    rule: Target
    counted: str
    missing: str
    missing_at: dict[str, str]
    over_limits: str
    reached: bool
    missing_then: str
    reached_then: bool


class CreditsTold(TypedDict):
    """The ledger, what targets lack by the rules loaded, and what courses would add."""

    entries: list[Entry]
    total: str
    expired: list[Entry]
    rules_loaded: bool
    targets: list[TargetStanding]
    would_add: list[Entry]
    no_credits_stated: list[str]
    text: str


def credits_router(advising: Advising, state: State) -> APIRouter:
    """The credit bank as far as it is ours: the ledger, and what rules make of it."""
    router = APIRouter(prefix="/v1", tags=["learners"])
    adviser = advising.adviser

    @router.get("/learners/me/credits", response_model=CreditsTold, responses=may_be(404))
    async def own_credits(
        request: Request,
        course_id: Annotated[list[str] | None, Query(max_length=50)] = None,
        target: Annotated[str | None, Query(max_length=120)] = None,
        locale: Annotated[str | None, Query(max_length=20)] = None,
    ) -> Response:
        """The ledger, what targets lack by the rules loaded, and what the courses given would add."""
        learner = learner_of(request)
        if target and adviser.rules.target(target, adviser.today()) is None:
            return Problem(404, "No rule in force has this id; GET /v1/credit-rules tells them.")
        return AsciiJSONResponse(
            await run_in_threadpool(_credits, learner, course_id or [], target, locale, adviser, state)
        )

    @router.put("/operators/learners/{learner}/credits", status_code=204)
    async def award(
        learner: str, entries: Annotated[list[CreditEntry], Field(max_length=500)], request: Request
    ) -> Response:
        """Put entries into a learner's ledger; one with an id that is there replaces it."""
        try:
            put = [Entry(**{**one.model_dump(), "credits": Decimal(one.credits)}) for one in entries]
            for one in put:
                date.fromisoformat(one.earned_on)
        except ValueError:
            return Problem(422, "earned_on must be a day, as 2026-11-24")
        await run_in_threadpool(state.book.credits.put, learner[:64], put)
        await run_in_threadpool(state.audit.record, caller_of(request).learner, "awarded", f"{len(put)} entries")
        return Response(status_code=204)

    @router.delete("/operators/learners/{learner}/credits/{entry_id}", status_code=204, responses=may_be(404))
    async def take_back(learner: str, entry_id: str, request: Request) -> Response:
        """Take an entry of a learner's ledger back."""
        if not await run_in_threadpool(state.book.credits.remove, learner[:64], entry_id[:64]):
            return Problem(404, "The learner has no such entry.")
        await run_in_threadpool(state.audit.record, caller_of(request).learner, "took_back", entry_id[:64])
        return Response(status_code=204)

    return router


def _credits(
    learner: str, course_ids: list[str], target: str | None, locale: str | None, adviser: Adviser, state: State
) -> dict[str, Any]:
    day, rules = adviser.today(), adviser.rules
    entries = state.book.entries(learner)
    held = balance(entries, rules, day)
    targets = [one for one in rules.targets(day) if target in (None, one.id)]
    courses = [course for id_ in course_ids if (course := adviser.course(id_)) is not None]
    added, silent = would_add(courses, entries, day)
    spoken = locale_of("", locale)
    now = [standing(one, held.counted) for one in targets]
    then = [standing(one, (*held.counted, *added)) for one in targets]
    text = balance_told(held, True, rules, now, spoken)
    if courses:
        text += would_add_told(added, [course.title for course in silent], spoken)
    return {
        "entries": [_entry(one) for one in entries],
        "total": str(held.total),
        "expired": [_entry(one) for one in held.expired],
        "rules_loaded": rules.are_loaded,
        "targets": [_standing(one, after) for one, after in zip(now, then, strict=True)],
        "would_add": [_entry(one) for one in added],
        "no_credits_stated": [course.id for course in silent],
        "text": text,
    }


def _entry(one: Entry) -> dict[str, Any]:
    return asdict(one) | {"credits": str(one.credits)}


def _standing(now: Standing, then: Standing) -> dict[str, Any]:
    rule = now.target.model_dump(mode="json")
    return {
        "rule": rule,
        "counted": str(now.counted),
        "missing": str(now.missing),
        "missing_at": {str(level): str(missing) for level, missing in now.missing_at},
        "over_limits": str(now.over_limits),
        "reached": now.reached,
        "missing_then": str(then.missing),
        "reached_then": then.reached,
    }
