"""Every turn is counted, timed, traced and logged here, by how it ended."""

import logging
from typing import TYPE_CHECKING

from companion.events import Done
from companion.telemetry.alarm import Alarm
from companion.telemetry.logs import request_id
from companion.telemetry.metrics import Metrics
from companion.turns import LEFT, Ended

if TYPE_CHECKING:
    from companion.telemetry.traces import Tracing

log = logging.getLogger("companion.turn")


class Observed:
    """The turns that were watched."""

    def __init__(self, metrics: Metrics, alarm: Alarm, tracing: "Tracing | None" = None) -> None:
        self._metrics = metrics
        self._alarm = alarm
        self._tracing = tracing

    def note(self, ended: Ended) -> None:
        """Who watches must not break what is watched: a failure here, as on a full disk, costs no learner the turn."""
        told = {"request": request_id.get(), "turn": ended.turn_id, "seconds": round(ended.seconds, 3)}
        end = ended.end
        try:
            if isinstance(end, Done):
                self._count(end, ended)
                fallback = end.fallback.reason if end.fallback else ""
                log.info("turn", extra=told | {"mode": end.mode, "fallback": fallback, "timing_ms": end.timing_ms})
            elif end.status == LEFT:
                self._metrics.failures.labels("left").inc()
                log.info("turn without an answer", extra=told | {"why": "left"})
            else:
                self._metrics.failures.labels(str(end.status)).inc()
                self._alarm.count("failed")
                log.warning("turn without an answer", extra=told | {"why": str(end.status)})
            if self._tracing and (isinstance(end, Done) or end.status != LEFT):
                self._tracing.turn(ended.turn_id, end, ended.seconds)
        except Exception as error:
            log.error("a turn could not be counted: %s", type(error).__name__, extra=told)

    def _count(self, done: Done, ended: Ended) -> None:
        fallback = done.fallback.reason if done.fallback else ""
        self._metrics.turns.labels(done.mode, fallback, _kind(done)).inc()
        self._metrics.whole.labels(done.mode).observe(ended.seconds)
        if ended.first is not None:
            self._metrics.first_event.observe(ended.first)
        for kind in ("prompt_tokens", "completion_tokens"):
            self._metrics.tokens.labels(kind).inc(done.usage.get(kind, 0))
        self._metrics.unsupported.inc(done.checked - done.released)
        if _kind(done) == "question":
            self._alarm.count(done.mode)


def _kind(done: Done) -> str:
    """Whether passages were looked for, which is what an answer needs; a greeting or a plan needs none."""
    return "question" if done.confidence is not None else "other"
