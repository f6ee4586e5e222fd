"""GET /metrics: the figures of operation, for operators and their Prometheus."""

from collections.abc import Callable
from datetime import UTC, datetime

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from companion.telemetry.alarm import Alarm
from companion.telemetry.metrics import Metrics
from companion.turn import Companion
from companion.turns import Turns
from course_index.errors import IndexProblem

_REASONS = ("few_answers", "model_silent")


def looked_up(metrics: Metrics, companion: Companion, alarm: Alarm, turns: Turns) -> Callable[[], None]:
    """Sets the figures that are looked up and not counted, of this process.

    To be called now and then, too: a scrape reaches one worker, and the others have alarms of their own.
    """

    def refresh() -> None:
        ringing = alarm.ringing()
        for reason in _REASONS:
            metrics.alarm.labels(reason).set(reason in ringing)
        metrics.under_way.set(turns.under_way)
        metrics.llm_state.set(companion.writer.has_model and companion.writer.circuit.state == "open")
        try:
            search = companion.index.search
        except IndexProblem:
            return
        counts = search.records.counts()
        metrics.index_size.labels("courses").set(counts.courses)
        metrics.index_size.labels("passages").set(counts.passages)
        built = datetime.fromtimestamp(search.generation.folder.stat().st_mtime, UTC)
        metrics.index_age.set((datetime.now(UTC) - built).total_seconds())

    return refresh


def metrics_router(metrics: Metrics, refresh: Callable[[], None]) -> APIRouter:
    """The door."""
    router = APIRouter(tags=["health"])

    @router.get(
        "/metrics",
        response_class=PlainTextResponse,
        responses={200: {"description": "The figures in Prometheus' text format."}},
    )
    async def figures() -> Response:
        """The figures of operation."""
        return Response(await run_in_threadpool(metrics.text, refresh), media_type=CONTENT_TYPE_LATEST)

    return router
