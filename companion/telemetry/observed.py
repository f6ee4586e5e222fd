"""Every turn is counted, timed, traced and logged here, by its events alone."""

import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from companion.events import CoursesFound, Done, Event, Failed, SourcesFound, TextAdded, TurnStarted
from companion.telemetry.alarm import Alarm
from companion.telemetry.metrics import Metrics
from companion.turn import Ask
from companion.turns import Reply

if TYPE_CHECKING:
    from companion.telemetry.traces import Tracing

log = logging.getLogger("companion.turn")


class Observed:
    """A tutor that is watched."""

    def __init__(self, reply: Reply, metrics: Metrics, alarm: Alarm, tracing: "Tracing | None" = None) -> None:
        self._reply = reply
        self._metrics = metrics
        self._alarm = alarm
        self._tracing = tracing

    async def reply(self, ask: Ask) -> AsyncGenerator[Event, None]:
        """The events of one turn, as they are."""
        began, turn_id, first, ended = time.perf_counter(), "", None, False
        self._metrics.under_way.inc()
        try:
            async with aclosing(self._reply(ask)) as events:
                async for event in events:
                    match event:
                        case TurnStarted():
                            turn_id = event.turn_id
                        case SourcesFound() | TextAdded() | CoursesFound():
                            first = first or time.perf_counter() - began
                        case Done() | Failed():
                            ended = True
                            self._end(event, turn_id, first, time.perf_counter() - began)
                    yield event
        finally:
            self._metrics.under_way.dec()
            if not ended:
                self._metrics.failures.labels("left").inc()
                log.info("turn left", extra={"turn": turn_id, "seconds": round(time.perf_counter() - began, 3)})

    def _end(self, event: Done | Failed, turn_id: str, first: float | None, seconds: float) -> None:
        told: dict[str, object] = {"turn": turn_id, "seconds": round(seconds, 3)}
        if isinstance(event, Failed):
            self._metrics.failures.labels(str(event.status)).inc()
            log.warning("turn failed", extra=told | {"status": event.status})
            return
        fallback = event.fallback.reason if event.fallback else ""
        self._metrics.turns.labels(event.mode, fallback, _kind(event)).inc()
        self._metrics.whole.labels(event.mode).observe(seconds)
        if first is not None:
            self._metrics.first_event.observe(first)
        for kind in ("prompt_tokens", "completion_tokens"):
            self._metrics.tokens.labels(kind).inc(event.usage.get(kind, 0))
        self._metrics.unsupported.inc(event.checked - event.released)
        if _kind(event) == "question":
            self._alarm.count(event.mode)
        log.info("turn", extra=told | {"mode": event.mode, "fallback": fallback, "timing_ms": event.timing_ms})
        if self._tracing:
            self._tracing.turn(turn_id, event, seconds)


def _kind(done: Done) -> str:
    """Whether passages were looked for, which is what an answer needs; a greeting or a plan needs none."""
    return "question" if done.confidence is not None else "other"
