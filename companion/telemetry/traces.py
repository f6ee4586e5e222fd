"""A turn as OpenTelemetry spans, without a word of the learner's. Imported only where an endpoint is set."""

import time
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from companion.events import Done, Failed

# The marks of a turn's account in the order of its steps, each with the name of the step that it ends.
_STEPS = (("understood", "understand"), ("found", "find"), ("first_text", "write first sentence"), ("total", "finish"))


class Tracing:
    """Spans, sent in the background; what cannot be sent is dropped and never holds a turn up."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._provider = TracerProvider(resource=Resource.create({"service.name": "learning-companion"}))
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("companion")

    def turn(self, turn_id: str, event: Done | Failed, seconds: float) -> None:
        """One turn that has just ended, with its steps as child spans."""
        from opentelemetry import trace

        if isinstance(event, Failed):
            self._failed(turn_id, event, seconds)
            return
        done = event
        end = time.time_ns()
        begin = end - int(seconds * 1e9)
        attributes: dict[str, Any] = {
            "companion.turn_id": turn_id,
            "companion.mode": done.mode,
            "companion.fallback": done.fallback.reason if done.fallback else "",
            "companion.sentences_checked": done.checked,
            "companion.sentences_released": done.released,
            **{f"gen_ai.usage.{name}": value for name, value in done.usage.items()},
        }
        whole = self._tracer.start_span("turn", start_time=begin, attributes=attributes)
        inside = trace.set_span_in_context(whole)
        before = begin
        for mark, step in _STEPS:
            if mark in done.timing_ms:
                after = begin + int(done.timing_ms[mark] * 1e6)
                self._tracer.start_span(step, context=inside, start_time=before).end(end_time=max(before, after))
                before = max(before, after)
        whole.end(end_time=end)

    def _failed(self, turn_id: str, failed: Failed, seconds: float) -> None:
        from opentelemetry.trace import Status, StatusCode

        end = time.time_ns()
        attributes: dict[str, Any] = {"companion.turn_id": turn_id, "companion.status": failed.status}
        span = self._tracer.start_span("turn", start_time=end - int(seconds * 1e9), attributes=attributes)
        span.set_status(Status(StatusCode.ERROR))
        span.end(end_time=end)

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


def tracing_to(endpoint: str) -> Tracing:
    """Over OTLP/HTTP to a collector, as http://127.0.0.1:4318."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return Tracing(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=5))
