"""Turns within the day's tokens of each learner: beyond them answers are quoted, never refused."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from companion.events import Done, Event
from companion.heard import Ask
from companion.limits import Limits
from companion.turn import Companion
from companion.tutors import Tutors


class Metered:
    """The tutors, and of each the same one for who has used up the day's tokens."""

    def __init__(self, tutors: Tutors, without_budget: Mapping[Companion, Companion], limits: Limits) -> None:
        self._tutors = tutors
        self._without_budget = without_budget
        self._limits = limits

    async def reply(self, ask: Ask) -> AsyncGenerator[Event, None]:
        """The events of one turn; its tokens are counted when it ends."""
        tutor, ask = await self._tutors.for_turn(ask)
        if not await self._limits.has_tokens(ask.learner):
            tutor = self._without_budget[tutor]
        async with aclosing(tutor.reply(ask)) as events:
            async for event in events:
                if isinstance(event, Done):
                    tokens = event.usage.get("prompt_tokens", 0) + event.usage.get("completion_tokens", 0)
                    await self._limits.spend(ask.learner, int(tokens))
                yield event
