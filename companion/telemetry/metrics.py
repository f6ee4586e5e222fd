"""Figures of operation for Prometheus."""

import os
from collections.abc import Callable
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60)


class Metrics:
    """The figures of this process; of all workers together where PROMETHEUS_MULTIPROC_DIR names their folder."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.turns = Counter(
            "companion_turns", "Turns by how they ended", ["mode", "fallback", "kind"], registry=registry
        )
        self.failures = Counter(
            "companion_turn_failures", "Turns that ended in an error", ["status"], registry=registry
        )
        for status in ("500", "503", "504"):
            self.failures.labels(status)  # at nought: a figure that begins at one has not grown for Prometheus
        self.first_event = Histogram(
            "companion_first_event_seconds",
            "Until the first source, course or word",
            buckets=_SECONDS,
            registry=registry,
        )
        self.whole = Histogram("companion_turn_seconds", "A whole turn", ["mode"], buckets=_SECONDS, registry=registry)
        self.tokens = Counter("companion_llm_tokens", "Tokens of the model", ["kind"], registry=registry)
        self.unsupported = Counter(
            "companion_sentences_dropped", "Sentences of the model that no source bears out", registry=registry
        )
        self.requests = Counter(
            "companion_http_requests", "Requests by route", ["method", "route", "status"], registry=registry
        )
        self.under_way = Gauge(
            "companion_turns_under_way", "Turns being answered", multiprocess_mode="livesum", registry=registry
        )
        # "live": what a worker that is gone said last does not hold.
        self.index_age = Gauge(
            "companion_index_age_seconds",
            "Since the index was built",
            multiprocess_mode="livemostrecent",
            registry=registry,
        )
        self.index_size = Gauge(
            "companion_index_size",
            "What the index holds",
            ["kind"],
            multiprocess_mode="livemostrecent",
            registry=registry,
        )
        self.llm_state = Gauge(
            "companion_llm_paused", "1 while the model is left alone", multiprocess_mode="livemax", registry=registry
        )
        self.alarm = Gauge(
            "companion_alarm", "1 while it rings", ["reason"], multiprocess_mode="livemax", registry=registry
        )

    def text(self, refresh: Callable[[], None]) -> bytes:
        """In Prometheus' text format; `refresh` sets what is looked up and not counted."""
        refresh()
        registry = self._registry
        if MULTIPROCESS in os.environ:
            _forget_dead_workers(Path(os.environ[MULTIPROCESS]))
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def _forget_dead_workers(folder: Path) -> None:
    """A worker that was killed says no more that it is answering turns, or that an alarm rings."""
    for pid in {int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_live*.db")}:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
        except PermissionError:  # it lives, and is somebody else's
            continue


def share_figures(folder: Path) -> None:
    """Have all workers that start from now on count into one folder, which is emptied."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink()
    os.environ[MULTIPROCESS] = str(folder.resolve())
