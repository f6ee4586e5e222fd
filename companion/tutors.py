"""Which tutor answers whom: minors from the courses that the operator chose for them, where there are such."""

import asyncio
from dataclasses import replace
from typing import Literal

from companion.heard import Ask
from companion.state.database import StateUnavailable
from companion.state.learners import AgeBand, Learners
from companion.turn import Companion

# How minors are spoken to who say nothing else.
_AUDIENCE = {"under_14": "child", "14_to_17": "youth"}


class Tutors:
    """The tutor of everybody, and that of minors, who see no course, passage or advice of any other library.

    Who has told no age is taken for `age_unknown`; while the state cannot say, everybody is taken for a minor.
    """

    def __init__(
        self,
        everybody: Companion,
        minors: Companion | None,
        learners: Learners,
        age_unknown: Literal["adult", "minor"] = "adult",
    ) -> None:
        self.everybody = everybody
        self.minors = minors
        self._learners = learners
        self._unknown: AgeBand = "adult" if age_unknown == "adult" else "14_to_17"

    @property
    def all(self) -> tuple[Companion, ...]:
        """Each of them once."""
        return (self.everybody, self.minors) if self.minors else (self.everybody,)

    async def of(self, learner: str) -> Companion:
        """The tutor of a learner, by the pseudonym; it is empty where nobody has to say who they are."""
        return self._of(await self._age(learner))

    async def for_turn(self, ask: Ask) -> tuple[Companion, Ask]:
        """The tutor of who asks, and the turn with its audience."""
        age = await self._age(ask.learner)
        tutor = self._of(age)
        if tutor is self.minors and ask.audience is None:
            ask = replace(ask, audience=_AUDIENCE[age])
        return tutor, ask

    def _of(self, age: AgeBand) -> Companion:
        return self.minors if self.minors and age in _AUDIENCE else self.everybody

    async def _age(self, learner: str) -> AgeBand:
        if self.minors is None or not learner:
            return self._unknown
        try:
            known = await asyncio.to_thread(self._learners.get, learner)
        except StateUnavailable:
            return "14_to_17"
        return known.age_band or self._unknown
