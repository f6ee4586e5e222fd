"""GET /healthz and /readyz: is the process alive, and which parts are ready."""

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from companion.http.problems import AsciiJSONResponse
from companion.telemetry.alarm import Alarm
from companion.turn import Companion
from course_index.errors import IndexProblem


def health_router(companion: Companion, alarm: Alarm) -> APIRouter:
    """The doors that an operator's monitoring knocks at."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz")
    async def alive() -> Response:
        return AsciiJSONResponse({"status": "ok"})

    @router.get("/readyz")
    async def ready() -> Response:
        """200 when a learner can get an answer. That needs the index; the LLM is told apart, since we do without."""
        index = await run_in_threadpool(_index, companion)
        body: dict[str, object] = {
            "status": "ok" if index["ready"] else "not ready",
            "index": index,
            "llm": _llm(companion),
        }
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
