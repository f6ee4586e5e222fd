"""Every turn is counted, timed, traced and logged here, by its events alone."""

import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from companion.events import CoursesFound, Done, Event, Failed, SourcesFound, TextAdded, TurnStarted
from companion.heard import Ask
from companion.telemetry.alarm import Alarm
from companion.telemetry.logs import request_id
from companion.telemetry.metrics import Metrics
from companion.turns import Reply

if TYPE_CHECKING:
    from companion.telemetry.traces import Tracing

log = logging.getLogger("companion.turn")
_CRASHED = Failed("Something went wrong on our side", "", 500)


class Observed:
    """A tutor that is watched."""

    def __init__(self, reply: Reply, metrics: Metrics, alarm: Alarm, tracing: "Tracing | None" = None) -> None:
        self._reply = reply
        self._metrics = metrics
        self._alarm = alarm
        self._tracing = tracing

    async def reply(self, ask: Ask) -> AsyncGenerator[Event, None]:
        """The events of one turn, as they are."""
        began, turn_id, first = time.perf_counter(), "", None
        end: Done | Failed | None = None
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
                            end = event
                    yield event
        except Exception:  # who leaves closes this generator, which is none
            end = end or _CRASHED
            raise
        finally:
            self._note(end, turn_id, first, time.perf_counter() - began)

    def _note(self, end: Done | Failed | None, turn_id: str, first: float | None, seconds: float) -> None:
        """Who watches must not break what is watched: a failure here, as on a full disk, costs no learner the turn."""
        told = {"request": request_id.get(), "turn": turn_id, "seconds": round(seconds, 3)}
        try:
            self._metrics.under_way.dec()
            if self._tracing and end:
                self._tracing.turn(turn_id, end, seconds)
            if isinstance(end, Done):
                self._count(end, first, seconds)
                fallback = end.fallback.reason if end.fallback else ""
                log.info("turn", extra=told | {"mode": end.mode, "fallback": fallback, "timing_ms": end.timing_ms})
            else:
                why = str(end.status) if end else "left"
                self._metrics.failures.labels(why).inc()
                log.log(logging.WARNING if end else logging.INFO, "turn without an answer", extra=told | {"why": why})
        except Exception as error:
            log.error("a turn could not be counted: %s", type(error).__name__, extra=told)

    def _count(self, done: Done, first: float | None, seconds: float) -> None:
        fallback = done.fallback.reason if done.fallback else ""
        self._metrics.turns.labels(done.mode, fallback, _kind(done)).inc()
        self._metrics.whole.labels(done.mode).observe(seconds)
        if first is not None:
            self._metrics.first_event.observe(first)
        for kind in ("prompt_tokens", "completion_tokens"):
            self._metrics.tokens.labels(kind).inc(done.usage.get(kind, 0))
        self._metrics.unsupported.inc(done.checked - done.released)
        if _kind(done) == "question":
            self._alarm.count(done.mode)


def _kind(done: Done) -> str:
    """Whether passages were looked for, which is what an answer needs; a greeting or a plan needs none."""
    return "question" if done.confidence is not None else "other"
