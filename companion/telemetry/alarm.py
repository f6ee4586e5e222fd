"""Rings when learners are no longer answered: a service can be up for days and of no use to anybody."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

log = logging.getLogger(__name__)

Reason = Literal["few_answers", "model_silent"]
_WHAT_TO_DO = {
    "few_answers": "few questions are answered from the courses; docs/operations.md, alarm few_answers",
    "model_silent": "a model is set and wrote none of the last answers; docs/operations.md, alarm model_silent",
}


@dataclass(frozen=True, slots=True)
class _Question:
    at: float
    answered: bool


class Alarm:
    """few_answers: over the questions of the last `minutes`, as soon as there are `at_least` of them.

    model_silent: over the last `at_least` answers, however long ago: a service with few learners has a model too.
    """

    def __init__(
        self,
        has_model: bool,
        minutes: int = 60,
        answered_ratio: float = 0.3,
        at_least: int = 20,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._has_model = has_model
        self._window = minutes * 60
        self._ratio = answered_ratio
        self._at_least = at_least
        self._clock = clock
        self._questions: deque[_Question] = deque()
        self._answered = 0
        self._quoted_since_written = 0
        self._ringing: set[Reason] = set()
        # Turns count on the event loop; /metrics asks from a thread.
        self._lock = threading.Lock()

    def count(self, mode: str) -> None:
        """A turn on a question ended in this mode, or failed, whatever it was on; one that had to be declined says
        nothing of how well we answer.
        """
        if mode == "declined":
            return
        answered = mode in ("generated", "extracted")
        with self._lock:
            self._questions.append(_Question(self._clock(), answered))
            self._answered += answered
            self._quoted_since_written = 0 if mode == "generated" else self._quoted_since_written + answered
        self.ringing()

    def ringing(self) -> list[Reason]:
        """What rings now; what begins and ends to ring is logged once."""
        with self._lock:
            self._forget_old()
            before, self._ringing = self._ringing, self._reasons()
            now = self._ringing
        for reason in now - before:
            log.error("ALARM %s: %s", reason, _WHAT_TO_DO[reason])
        for reason in before - now:
            log.warning("alarm %s is over", reason)
        return sorted(now)

    def _forget_old(self) -> None:
        oldest = self._clock() - self._window
        while self._questions and self._questions[0].at < oldest:
            self._answered -= self._questions.popleft().answered

    def _reasons(self) -> set[Reason]:
        asked = len(self._questions)
        reasons: set[Reason] = set()
        if asked >= self._at_least and self._answered < self._ratio * asked:
            reasons.add("few_answers")
        if self._has_model and self._quoted_since_written >= self._at_least:
            reasons.add("model_silent")
        return reasons
