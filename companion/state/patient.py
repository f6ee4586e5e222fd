"""A connection to PostgreSQL that is given up when its server falls silent: a thread would else wait for ever."""

import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg

T = TypeVar("T")


class PatientConnection(psycopg.Connection[Any]):
    """As psycopg's own, which waits for an answer without end; `silent_seconds` of None does too."""

    silent_seconds: float | None = None

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **options: Any) -> T:
        """Wait for what the server answers. Raises OperationalError."""
        if self.silent_seconds is None:
            return super().wait(gen, *args, **options)
        return super().wait(self._heard(gen, self.silent_seconds), *args, **options)

    def _heard(self, gen: Generator[Any, Any, T], seconds: float) -> Generator[Any, Any, T]:
        heard_at = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted  # 0 several times a second, while nothing comes
                if ready:
                    heard_at = time.monotonic()
                elif time.monotonic() - heard_at > seconds:
                    self.pgconn.finish()  # closed, so that the pool replaces it
                    raise psycopg.OperationalError(f"the server was silent for {seconds:g} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            answer: T = end.value
            return answer
