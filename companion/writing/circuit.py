"""A circuit breaker: after repeated failures a part is left alone for a while, then tried once."""

import time
from collections.abc import Callable
from typing import Literal

State = Literal["closed", "open", "half_open"]


class Circuit:
    """Closed while all is well; open (not tried) for `pause_seconds` after `failures` in a row; then one trial."""

    def __init__(self, failures: int, pause_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = failures
        self._pause = pause_seconds
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._trying = False
        self.last_failure: str | None = None

    @property
    def state(self) -> State:
        """As the operator sees it."""
        if self._opened_at is None:
            return "closed"
        return "half_open" if self._clock() - self._opened_at >= self._pause else "open"

    def permits(self) -> bool:
        """Whether to try now; in the half-open state only the first asker may."""
        if self.state == "closed":
            return True
        if self.state == "half_open" and not self._trying:
            self._trying = True
            return True
        return False

    def succeeded(self) -> None:
        """All is well again."""
        self._failures, self._opened_at, self._trying, self.last_failure = 0, None, False, None

    def failed(self, why: str) -> None:
        """One more failure; enough of them, or a failed trial, open the circuit."""
        self._failures += 1
        self.last_failure = why
        if self._failures >= self._limit or self._trying:
            self._opened_at = self._clock()
        self._trying = False

    def abandoned(self) -> None:
        """The try ended without telling anything, as when a learner goes away."""
        self._trying = False
