"""/v1/learners/me: what is kept of a learner, told, corrected, exported, erased."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from companion.answer_cache import AnswerCache
from companion.guidance.profile import Belief, Profile, Standing
from companion.http.gate import caller_of, learner_of, signed_in_learner
from companion.http.problems import AsciiJSONResponse, may_be
from companion.identity import Kind as CallerKind
from companion.state.audit import Deed, audited
from companion.state.learners import AgeBand
from companion.state.state import State
from companion.turn import Companion
from companion.turns import Turns
from course_index.record import Level


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProfileChange(_Body):
    """What a learner tells for advice; null takes a field back, what is left out stays."""

    goals: Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=10)] | None = None
    audience: str | None = Field(default=None, max_length=40)
    occupation: str | None = Field(default=None, max_length=80)
    level: Level | None = None
    standing: Standing | None = None
    hours_a_week: float | None = Field(default=None, gt=0, le=112)
    city: str | None = Field(default=None, max_length=40)
    district: str | None = Field(default=None, max_length=40)
    language: str | None = Field(default=None, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    free_only: bool = False
    step_free: bool = False
    completed: Annotated[list[Annotated[str, Field(max_length=120)]], Field(max_length=500)] | None = None


class LearnerChange(_Body):
    """What a learner tells of themselves; null takes it back."""

    consent_version: str | None = Field(default=None, max_length=40)
    age_band: AgeBand | None = None
    guardian_consent: bool = False
    # Whether advice may use what is known of the learner; what is known stays, and stays the learner's.
    personalised: bool = True
    profile: ProfileChange = Field(default_factory=ProfileChange)
    # Beliefs that are wrong, by their ids; they are not formed again.
    rejected: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=200)] = []


class LearnerTold(TypedDict):
    """What a learner has told, and what was inferred of it, with the events that this rests on."""

    id: str
    kind: CallerKind
    consent_version: str | None
    consented_at: datetime | None
    age_band: AgeBand | None
    guardian_consent: bool
    profile: Profile
    personalised: bool
    beliefs: list[Belief]
    rejected: list[str]


class Receipt(TypedDict):
    """What was erased: how many rows of each table."""

    receipt: str
    erased: dict[str, int]


class LearnerExport(BaseModel):
    """Everything that is kept of a learner, each table with its rows; and the label of what a model wrote."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, list[dict[str, Any]]]

    learner: list[dict[str, Any]]
    conversations: list[dict[str, Any]]
    turns: list[dict[str, Any]]
    AIGC: dict[str, str] | None = None


def learners_router(
    state: State, turns: Turns, companion: Companion, kept_answers: Sequence[AnswerCache], aigc_producer: str
) -> APIRouter:
    """The learner's own doors. There is no door to another's."""
    router = APIRouter(prefix="/v1", tags=["learners"])

    @router.get("/learners/me", response_model=LearnerTold, responses=may_be(404))
    async def me(request: Request) -> Response:
        """What the learner has told, and what was inferred of it."""
        told = await run_in_threadpool(_whole, learner_of(request), state, companion)
        return AsciiJSONResponse({**told, "kind": caller_of(request).kind})

    @router.patch("/learners/me", response_model=LearnerTold, responses=may_be(404))
    async def change(told: LearnerChange, request: Request) -> Response:
        """Keep what the learner tells; fields that are left out stay."""
        learner = signed_in_learner(request)
        await run_in_threadpool(_keep, learner, told.model_dump(exclude_unset=True), state)
        whole = await run_in_threadpool(_whole, learner, state, companion)
        return AsciiJSONResponse({**whole, "kind": caller_of(request).kind})

    @router.get("/learners/me/export", response_model=LearnerExport, responses=may_be(404))
    async def export(request: Request) -> Response:
        """Everything that is kept of the learner, as a JSON file; what a model wrote is labelled in it."""
        learner = learner_of(request)  # what nobody in particular said may be anybody's
        await run_in_threadpool(state.conversations.write_down)
        whole = await run_in_threadpool(state.learners.export, learner)
        await run_in_threadpool(state.audit.record, audited(learner), "exported")
        return AsciiJSONResponse(
            whole | _label(whole, aigc_producer),
            headers={
                "Content-Disposition": 'attachment; filename="learning-companion.json"',
                "Cache-Control": "no-store",
            },
        )

    @router.delete("/learners/me", response_model=Receipt, responses=may_be(404))
    async def erase(request: Request) -> Response:
        """Erase everything that is kept of the learner, for good; the receipt says how much there was."""
        learner = learner_of(request)
        await turns.stop_all_of(learner)
        await companion.remembering.settle_of(learner)
        for answers in kept_answers:
            answers.clear()
        await run_in_threadpool(state.conversations.let_go_of, learner)
        erased = await run_in_threadpool(state.learners.erase, learner)
        receipt = str(uuid.uuid4())
        # The record must not lead back to who was erased.
        await run_in_threadpool(state.audit.record, "a learner", "erased", receipt)
        return AsciiJSONResponse({"receipt": receipt, "erased": erased})

    return router


_FOR_ADVICE = ("profile", "personalised", "rejected")


def _keep(learner: str, values: dict[str, Any], state: State) -> None:
    """Keep what was told; a consent given or withdrawn is on record."""
    advice = {name: values.pop(name) for name in _FOR_ADVICE if name in values}
    if advice:
        state.book.profiles.change(
            learner, advice.get("profile"), advice.get("rejected", ()), advice.get("personalised")
        )
    state.learners.change(learner, values)
    if "consent_version" in values:
        deed: Deed = "consented" if values["consent_version"] else "withdrew"
        state.audit.record(audited(learner), deed, values["consent_version"] or "")


def _whole(learner: str, state: State, companion: Companion) -> dict[str, Any]:
    kept = state.book.kept(learner)
    beliefs = companion.advising.adviser.beliefs(state.book.events(learner), kept.rejected)
    return {
        **asdict(state.learners.get(learner)),
        "profile": asdict(kept.profile),
        "personalised": kept.personalised,
        "beliefs": [asdict(belief) for belief in beliefs],
        "rejected": kept.rejected,
    }


def _label(whole: dict[str, Any], producer: str) -> dict[str, Any]:
    """The label of a file that holds text of a model's (GB 45438-2025, Annex E); all its values are strings."""
    written = [turn["id"] for turn in whole["turns"] if turn["ai"]]
    if not written:
        return {}
    return {
        "AIGC": {
            "Label": "1",
            "ContentProducer": producer,
            "ProduceID": written[-1],
            "ReservedCode1": "",
            "ContentPropagator": producer,
            "PropagateID": written[-1],
            "ReservedCode2": "",
        }
    }
