"""Rings when learners are no longer answered: a service can be up for days and of no use to anybody."""

import logging
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
    written: bool


class Alarm:
    """Over the questions of the last `minutes`, as soon as there are `at_least` of them."""

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
        self._questions: deque[_Question] = deque(maxlen=10_000)
        self._ringing: set[Reason] = set()

    def count(self, mode: str) -> None:
        """A question ended in this mode; one that had to be declined says nothing of how well we answer."""
        if mode == "declined":
            return
        answered = mode in ("generated", "extracted")
        self._questions.append(_Question(self._clock(), answered, mode == "generated"))
        self.ringing()

    def ringing(self) -> list[Reason]:
        """What rings now; what begins and ends to ring is logged once."""
        oldest = self._clock() - self._window
        while self._questions and self._questions[0].at < oldest:
            self._questions.popleft()
        now = self._reasons()
        for reason in now - self._ringing:
            log.error("ALARM %s: %s", reason, _WHAT_TO_DO[reason])
        for reason in self._ringing - now:
            log.warning("alarm %s is over", reason)
        self._ringing = now
        return sorted(now)

    def _reasons(self) -> set[Reason]:
        asked = len(self._questions)
        if asked < self._at_least:
            return set()
        reasons: set[Reason] = set()
        answered = sum(question.answered for question in self._questions)
        if answered < self._ratio * asked:
            reasons.add("few_answers")
        if self._has_model and answered >= self._at_least and not any(one.written for one in self._questions):
            reasons.add("model_silent")
        return reasons
