"""Remembering: what a conversation was about is kept when a turn ends, and old turns are summed up behind its back."""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from companion.conversation import (
    Conversation,
    Conversations,
    KeptCard,
    PastTurn,
    PathwayWanted,
    PlanWanted,
    Quiz,
    Shown,
)
from companion.events import Mode
from companion.heard import Heard
from companion.ledger import Ledger
from companion.understanding.of_a_course import asks_of_it
from companion.words import words
from companion.writing.history import KEPT, history, plain_summary, to_summarise
from companion.writing.language_model import ModelUnavailable
from companion.writing.usage import Usage
from companion.writing.writer import Writer
from prompts import render

log = logging.getLogger(__name__)
_SUMMARY_TOKENS = 200
_SUMMARY_ROOM = 2_000
_SUMMARY_SECONDS = 60.0
_TO_WRITE_DOWN_SECONDS = 2.0
# Turns on something else after which a quiz or a plan is no more gone on with.
_ASIDE = 2


class Remembering:
    """Conversations, kept; and summaries, written while no learner waits."""

    def __init__(self, conversations: Conversations, writer: Writer) -> None:
        self.conversations = conversations
        self._writer = writer
        self._tasks: dict[asyncio.Task[None], str] = {}  # and whose conversation it is about

    async def recall(self, conversation_id: str, learner: str) -> Conversation:
        """What is remembered of a learner's conversation. A store that fails costs the memory, not the answer."""
        try:
            kept = await asyncio.to_thread(self.conversations.load, conversation_id)
        except Exception:
            log.exception("the conversation could not be read; this turn goes without what was said before")
            return Conversation(conversation_id, owner=learner)
        return kept if kept.turns and kept.owner == learner else Conversation(conversation_id, owner=learner)

    async def is_of(self, conversation_id: str, learner: str) -> bool:
        """Whether a learner may go on with a conversation: it is theirs, or there is none of this id yet."""
        try:
            owner = await asyncio.to_thread(self.conversations.owner, conversation_id)
        except Exception:
            log.exception("it could not be read whose the conversation is; nothing of it is read in this turn either")
            return True
        return owner in (None, learner)

    async def remember(
        self,
        heard: Heard,
        ledger: Ledger,
        mode: Mode,
        grounded: bool | None = None,
        called: tuple[str, ...] = (),
    ) -> None:
        """Keep a turn; `called` is what the courses that were shown are called."""
        turn = PastTurn(
            id=ledger.turn_id,
            asked_at=datetime.now(UTC),
            message=heard.message,
            question=heard.question,
            wish=heard.wish,
            mode=mode,
            reply=ledger.text,
            passages=ledger.passages,
            ai=ledger.ai,
            usage=tuple(ledger.used().items()),
            grounded=grounded,
            seconds=round(ledger.seconds(), 3),
            course_id=heard.scope.course_id,
            courses=tuple(KeptCard(card.course_id, card.reason, card.step) for card in ledger.shown),
        )
        # Below an answer a number may mean one of its steps.
        shown = Shown(called, _shown_earlier(heard, called)) if called and mode == "catalogue" else None
        waiting = _still_open(heard)
        beside = heard.wish == "question" or asks_of_it(heard.message)  # the courses are beside what was asked
        pending = ledger.pending or (waiting or shown if beside else shown or waiting)
        try:
            await asyncio.to_thread(self.conversations.add, heard.conversation, turn, pending)
        except Exception:
            log.exception("the turn could not be kept; the next one will not know of it")
            return
        if to_summarise(heard.conversation):
            self.behind(self._summarise(heard.conversation), heard.conversation.owner)

    def later(self, heard: Heard, ledger: Ledger, mode: Mode) -> None:
        """Keep a turn that the learner left, from where one cannot wait."""
        self._start(self.remember(heard, ledger, mode), heard.conversation.owner)

    def behind(self, work: Coroutine[Any, Any, None], owner: str) -> None:
        """Do some work while no learner waits; a failure is logged, and costs nobody the turn."""
        self._start(_without_harm(work), owner)

    async def settle_of(self, learner: str) -> None:
        """Wait until all is written down that is about a learner; a summary of theirs is given up."""
        own = [task for task, owner in self._tasks.items() if owner == learner]
        if own:
            await asyncio.wait(own, timeout=_TO_WRITE_DOWN_SECONDS)
        for task in own:
            task.cancel()
        await asyncio.gather(*own, return_exceptions=True)

    async def settle(self) -> None:
        """Wait until all is written down."""
        while self._tasks:
            await asyncio.gather(*self._tasks)
        await self._writer.settle()

    async def _summarise(self, conversation: Conversation) -> None:
        turns = to_summarise(conversation)
        prompt = render("summary", history=history(conversation, words("zh-Hans"), _SUMMARY_ROOM))
        summary = ""
        if self._writer.has_model:
            try:
                summary = await self._writer.whole(prompt, _uncounted, _SUMMARY_TOKENS, _SUMMARY_SECONDS)
            except ModelUnavailable as error:
                log.info("no summary by the model: %s", error)
        summary = summary or plain_summary(conversation.summary, turns)
        covered = conversation.count - KEPT
        await asyncio.to_thread(self.conversations.summarise, conversation.id, summary, covered)

    def _start(self, work: Coroutine[Any, Any, None], owner: str) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = owner
        task.add_done_callback(self._tasks.pop)


def _shown_earlier(heard: Heard, called: tuple[str, ...]) -> tuple[str, ...]:
    """The courses that others were wanted than, or among which one was asked of: 数学的呢 still means one of them."""
    pending = heard.conversation.pending
    if heard.other_than or not isinstance(pending, Shown) or not set(called) <= {*pending.titles, *pending.earlier}:
        return heard.other_than
    return tuple(title for title in (*pending.titles, *pending.earlier) if title not in called)


def _still_open(heard: Heard) -> Quiz | PlanWanted | PathwayWanted | None:
    """The quiz, plan or way that was on, after a question in between: it still stands on the screen."""
    pending = heard.conversation.pending
    if heard.answers_quiz or heard.wish in ("practice", "plan", "pathway", "end"):
        return None
    if not isinstance(pending, Quiz | PlanWanted | PathwayWanted) or pending.aside >= _ASIDE:
        return None
    if isinstance(pending, Quiz) and pending.is_over:
        return None
    # 学费呢 is of the way, or of the course that is planned.
    of_it = asks_of_it(heard.message) and not isinstance(pending, Quiz)
    return replace(pending, aside=pending.aside + (not of_it))


async def _without_harm(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        log.exception("what a turn left to be noted could not be")


def _uncounted(_: Usage) -> None:
    """The turn is over: the day's account has these tokens, no turn has."""
