"""GET /healthz and /readyz: is the process alive, and which parts are ready."""

from typing import Literal, NotRequired

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from typing_extensions import TypedDict

from companion.http.problems import AsciiJSONResponse
from companion.telemetry.alarm import Alarm
from companion.turn import Companion
from companion.tutors import Tutors
from course_index.errors import IndexProblem


class Alive(TypedDict):
    """The process answers."""

    status: Literal["ok"]


class IndexStanding(TypedDict):
    """The index that serves; `detail` says why there is none, `stale` why no newer one is open."""

    ready: bool
    detail: NotRequired[str]
    generation: NotRequired[str]
    courses: NotRequired[int]
    passages: NotRequired[int]
    stale: NotRequired[str | None]
    vectors: NotRequired[str]
    terms: NotRequired[str]


class ModelStanding(TypedDict):
    """The language model; learners are answered without it too."""

    configured: bool
    state: Literal["none", "ready", "paused", "trying again"]
    last_failure: NotRequired[str | None]


class Readiness(TypedDict):
    """Which parts are ready, and which alarms ring. `minors` is the index of the courses chosen for minors."""

    status: Literal["ok", "not ready"]
    index: IndexStanding
    minors: NotRequired[IndexStanding]
    llm: ModelStanding
    alarms: list[str]


def health_router(tutors: Tutors, alarm: Alarm) -> APIRouter:
    """The doors that an operator's monitoring knocks at."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", response_model=Alive)
    async def alive() -> Response:
        """Whether the process answers."""
        return AsciiJSONResponse({"status": "ok"})

    @router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness}})
    async def ready() -> Response:
        """Whether a learner can get an answer. That needs the index; the LLM is told apart, since we do without."""
        index = await run_in_threadpool(_index, tutors.everybody)
        body: dict[str, object] = {
            "status": "ok" if index["ready"] else "not ready",
            "index": index,
            "llm": _llm(tutors.everybody),
        }
        if tutors.minors:
            body["minors"] = await run_in_threadpool(_index, tutors.minors)
        body["alarms"] = alarm.ringing()
        return AsciiJSONResponse(body, 200 if index["ready"] else 503)

    return router


def _index(companion: Companion) -> dict[str, object]:
    try:
        search = companion.index.search
        counts = search.records.counts()
    except IndexProblem as error:
        return {"ready": False, "detail": str(error)}
    return {
        "ready": True,
        "generation": search.generation.name,
        "courses": counts.courses,
        "passages": counts.passages,
        "stale": companion.index.last_problem,
        # Without one of them learners are answered all the same, from what the other finds.
        "vectors": _standing(search.legs.vectors.answers),
        "terms": _standing(search.legs.terms.answers),
    }


def _standing(answers: bool) -> str:
    return "ready" if answers else "not answering"


def _llm(companion: Companion) -> dict[str, object]:
    if not companion.writer.has_model:
        return {"configured": False, "state": "none"}
    state = {"closed": "ready", "open": "paused", "half_open": "trying again"}[companion.writer.circuit.state]
    return {"configured": True, "state": state, "last_failure": companion.writer.circuit.last_failure}
