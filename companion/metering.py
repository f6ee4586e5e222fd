"""Turns within the day's tokens of each learner: beyond them answers are quoted, never refused."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from companion.events import Done, Event
from companion.limits import Limits
from companion.turn import Ask, Companion


class Metered:
    """A companion, and the same one for who has used up the day's tokens."""

    def __init__(self, companion: Companion, without_budget: Companion, limits: Limits) -> None:
        self._companion = companion
        self._without_budget = without_budget
        self._limits = limits

    async def reply(self, ask: Ask) -> AsyncGenerator[Event, None]:
        """The events of one turn; its tokens are counted when it ends."""
        companion = self._companion if await self._limits.has_tokens(ask.learner) else self._without_budget
        async with aclosing(companion.reply(ask)) as events:
            async for event in events:
                if isinstance(event, Done):
                    tokens = event.usage.get("prompt_tokens", 0) + event.usage.get("completion_tokens", 0)
                    await self._limits.spend(ask.learner, int(tokens))
                yield event
