"""Whoever has learned for two hours without a pause is told so, once, and goes on as they like."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime

from companion.events import Done, Event, TextAdded
from companion.heard import Ask
from companion.pace import LOOKED_BACK, Pace
from companion.state.database import StateUnavailable
from companion.state.learners import Learners
from companion.turns import Reply
from companion.words import locale_of, words


class Reminding:
    """A tutor that minds the time. The reminder is no part of the answer: it is not remembered with it."""

    def __init__(self, reply: Reply, learners: Learners, pace: Pace) -> None:
        self._reply = reply
        self._learners = learners
        self._pace = pace

    async def reply(self, ask: Ask) -> AsyncGenerator[Event, None]:
        """The events of one turn, with the reminder at its end when it is time."""
        due = self._pace.reminds(await self._asked(ask.learner))
        async with aclosing(self._reply(ask)) as events:
            async for event in events:
                if due and isinstance(event, Done):
                    yield TextAdded(f"\n\n{words(locale_of(ask.message, ask.locale)).rest}")
                yield event

    async def _asked(self, learner: str) -> list[datetime]:
        if not learner or self._pace.reminder_minutes is None:
            return []
        try:
            return await asyncio.to_thread(self._learners.asked_since, learner, self._pace.now() - LOOKED_BACK)
        except StateUnavailable:
            return []
