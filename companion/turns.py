"""Turns under way: each runs by itself, so that a reader who lost the connection can come back to it."""

import asyncio
import hashlib
import json
import logging
import re
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, fields
from typing import Any

from companion.events import CoursesFound, Done, Event, Failed, SourcesFound, TextAdded, TurnStarted, name_of, payload
from companion.heard import Ask
from companion.state.database import StateUnavailable
from companion.state.turn_log import LoggedTurn, TurnLog, WireEvent

log = logging.getLogger(__name__)

# Quoted turns end within this time and are written down once; who answers longer may lose readers to another worker.
_FLUSH_SECONDS = 0.5
_POLL_SECONDS = 0.25
# A turn of another process is in the log so soon after its first event, on a busy host too.
_SOON_SECONDS = 2.5
_IS_AN_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_STOPPED_ELSEWHERE_SECONDS = 3.0
# A turn that waits for no model any more quotes within this time on a busy host too.
HURRIED_SECONDS = 5
# All turns together are written down so many times a second, however many there are.
_FLUSHES_A_SECOND = 40
# A process that answers counts up each second. One that did not for so long is dead, and so are its turns.
DEAD_AFTER_SECONDS = 10.0

_BROKEN = Failed("The answer broke off", "The machine that wrote it is gone; please ask again.", 503)
# For a tutor that ended without saying so; where it did, nothing comes after it.
_NO_END = Failed("Something went wrong on our side", "Please try again.", 500)

_BROKEN_EVENT = (name_of(_BROKEN), payload(_BROKEN))

# What a version adds to a request counts where it is set: the same request, sent again while two versions serve, would
# else be another one to the version before.
_ALWAYS_DIGESTED = frozenset(
    {
        "message", "conversation_id", "locale", "audience", "style", "course_id", "lesson_id", "learner", "said",
        "wish", "personalised",
    }
)  # fmt: skip

Reply = Callable[[Ask], AsyncGenerator[Event, None]]
_ENDS = ("done", "error")
# The status of a turn that was stopped on request, or since nobody read it.
LEFT = 409


class TooManyTurns(Exception):
    """As many turns are under way as this process takes on."""


class KeyUsedOtherwise(Exception):
    """The Idempotency-Key came before, with another request."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a turn ended, as its learner was told; in seconds how long it took, and until its first source, course or
    word. A turn that did not begin has no id.
    """

    turn_id: str
    end: Done | Failed
    seconds: float
    first: float | None = None


@dataclass(frozen=True, slots=True)
class Numbered:
    """An event on the wire. Numbers begin at 1 and leave none out."""

    number: int
    name: str
    data: dict[str, Any]


@dataclass(slots=True)
class _Running:
    """One turn under way in this process."""

    turn_id: str
    owner: str
    conversation_id: str
    request: str
    key: str | None
    began: float
    first: float | None = None
    events: list[WireEvent] = field(default_factory=list)
    grown: asyncio.Event = field(default_factory=asyncio.Event)
    readers: int = 0
    left_at: float = field(default_factory=time.monotonic)
    task: asyncio.Task[None] | None = None
    has_begun: bool = False
    cancelled: bool = False
    is_logged: bool = False

    @property
    def ended(self) -> bool:
        """Whether the last event is there."""
        return bool(self.events) and self.events[-1][0] in _ENDS

    def add(self, event: Event) -> None:
        """An event came: all readers are woken."""
        if isinstance(event, SourcesFound | TextAdded | CoursesFound) and self.first is None:
            self.first = self.lasted
        self.events.append((name_of(event), payload(event)))
        self.wake()

    @property
    def lasted(self) -> float:
        """Seconds since it began."""
        return time.perf_counter() - self.began

    def wake(self) -> None:
        """Wake all readers; those who come after wait for the next event."""
        woken, self.grown = self.grown, asyncio.Event()
        woken.set()

    def as_logged(self) -> LoggedTurn:
        """As the log keeps it."""
        return LoggedTurn(
            self.turn_id,
            self.owner,
            self.conversation_id,
            self.request,
            tuple(self.events),
            self.ended,
            self.cancelled,
            key=self.key,
        )


class Turns:
    """The turns of this process, and by the log those of the others.

    `grace_seconds` without any reader end a turn: nobody waits for it, and the model costs money. `turn_seconds` end
    any turn. `at_once` turns are taken on, the next is refused. `ended` is told of each end, in the turn's own context.
    `hurry` has turns end with what they have, as far as they can.
    """

    def __init__(
        self,
        reply: Reply,
        turn_log: TurnLog,
        grace_seconds: float = 30,
        turn_seconds: float = 180,
        at_once: int = 1_200,
        ended: Callable[[Ended], None] | None = None,
        hurry: Callable[[], None] | None = None,
    ) -> None:
        self._reply = reply
        self._hurry = hurry
        self._ended = ended
        self._log = turn_log
        self._grace = grace_seconds
        self._turn_seconds = turn_seconds
        self._at_once = at_once
        self._running: dict[str, _Running] = {}
        # Held while turns that waited are written down: what is erased does not come after.
        self._writing_down = asyncio.Lock()

    @property
    def under_way(self) -> int:
        """How many this process is answering now."""
        return sum(not turn.ended for turn in self._running.values())

    async def begin(self, ask: Ask, key: str | None = None) -> str:
        """Begin a turn, or find the one that the same request with this key began; its id.

        Raises TooManyTurns, KeyUsedOtherwise.
        """
        if self.under_way >= self._at_once:
            raise TooManyTurns
        began = time.perf_counter()
        events = self._reply(ask)
        try:
            started = await anext(events)
        except Exception:
            self._tell(Ended("", _NO_END, time.perf_counter() - began))
            raise
        assert isinstance(started, TurnStarted)
        turn = _Running(started.turn_id, ask.learner, started.conversation_id, _digest(ask), key, began)
        if before := await self._claimed_before(turn, key):
            await events.aclose()
            if before.request != turn.request:
                raise KeyUsedOtherwise
            return before.turn_id
        turn.add(started)
        self._running[turn.turn_id] = turn
        turn.task = asyncio.create_task(self._run(turn, events))
        return turn.turn_id

    async def _claimed_before(self, turn: _Running, key: str | None) -> LoggedTurn | None:
        if not key:
            return None
        if here := self._begun_here(turn.owner, key):  # which the log may not know while the database is away
            return here
        try:
            before = await asyncio.to_thread(self._log.claim, turn.as_logged(), key)
        except StateUnavailable:
            # An answer that another process may give too is better than none.
            log.warning("an Idempotency-Key could not be kept for now; only this process knows it")
            return self._begun_here(turn.owner, key)  # by who came at the same time
        turn.is_logged = before is None
        return before

    def _begun_here(self, owner: str, key: str) -> LoggedTurn | None:
        own = (one for one in self._running.values() if (one.owner, one.key) == (owner, key))
        return found.as_logged() if (found := next(own, None)) else None

    async def owner(self, turn_id: str) -> str | None:
        """Whose turn it is; None when it is not known, or not any more."""
        if turn := self._running.get(turn_id):
            return turn.owner
        # What is no id of ours was begun nowhere: whoever makes ids up occupies nothing.
        deadline = time.monotonic() + (_SOON_SECONDS if _IS_AN_ID.fullmatch(turn_id) else 0)
        while not (logged := await asyncio.to_thread(self._log.read, turn_id)) and time.monotonic() < deadline:
            await asyncio.sleep(_POLL_SECONDS)  # it may just have begun in another process
        return logged.owner if logged else None

    def follow(self, turn_id: str, after: int = 0, beat_seconds: float = 15) -> AsyncGenerator[Numbered | None, None]:
        """The events of a turn after number `after`, as they come, to its end; None each `beat_seconds` without one."""
        # Looked up now, not when the first event is asked for: a turn that ends meanwhile would have to be read back.
        if turn := self._running.get(turn_id):
            return self._of_this_process(turn, after, beat_seconds)
        return self._of_the_log(turn_id, after, beat_seconds)

    async def cancel(self, turn_id: str) -> None:
        """Stop a turn, wherever it runs: the model's connection is closed, and the end event says so."""
        if turn := self._running.get(turn_id):
            _stop(turn)
        else:
            await asyncio.to_thread(self._log.cancel, turn_id)

    async def stop_all_of(self, owner: str, conversation_id: str | None = None) -> None:
        """Stop the turns of a learner, or those of one conversation of theirs, here and in other processes; and wait
        until they have ended.
        """
        own = [
            turn
            for turn in self._running.values()
            if turn.owner == owner and conversation_id in (None, turn.conversation_id)
        ]
        for turn in own:
            _stop(turn)
        await asyncio.gather(*(turn.task for turn in own if turn.task), return_exceptions=True)
        async with self._writing_down:
            for turn in own:
                self._running.pop(turn.turn_id, None)  # one that waits for the database is not written down any more
        await asyncio.to_thread(self._log.cancel_all_of, owner, conversation_id)
        if not await asyncio.to_thread(self._log.has_open_of, owner, conversation_id):
            return
        deadline = time.monotonic() + _STOPPED_ELSEWHERE_SECONDS
        while time.monotonic() < deadline and await asyncio.to_thread(self._log.has_open_of, owner, conversation_id):
            await asyncio.sleep(_POLL_SECONDS)
        await asyncio.sleep(1.0)  # what a stopped turn still writes down of itself is there by now

    async def drain(self, seconds: float) -> None:
        """Let the turns under way end by themselves for `seconds`; then hurry them, and end those that are left."""
        late = await self._late(seconds)
        if late and self._hurry:
            self._hurry()
            late = await self._late(HURRIED_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _late(self, seconds: float) -> set[asyncio.Task[None]]:
        """The turns that are under way after so long."""
        tasks = [turn.task for turn in self._running.values() if turn.task]
        return (await asyncio.wait(tasks, timeout=seconds))[1] if tasks else set()

    def _add(self, turn: _Running, event: Event) -> None:
        """What comes after the end, as a stop that was too late, is not told."""
        if turn.ended:
            return
        turn.add(event)
        if isinstance(event, Done | Failed):
            self._tell(Ended(turn.turn_id, event, turn.lasted, turn.first))

    def _tell(self, ended: Ended) -> None:
        if self._ended:
            self._ended(ended)

    async def _run(self, turn: _Running, events: AsyncGenerator[Event, None]) -> None:
        watching = asyncio.create_task(self._watch(turn))
        turn.has_begun = True
        try:
            async with asyncio.timeout(self._turn_seconds), aclosing(events):
                if turn.cancelled:
                    raise asyncio.CancelledError
                async for event in events:
                    self._add(turn, event)
            self._add(turn, _NO_END)
        except asyncio.CancelledError:
            why = (
                "It was stopped on request." if turn.cancelled else "The service is being restarted; please ask again."
            )
            self._add(turn, Failed("Stopped", why, LEFT if turn.cancelled else 503))
        except TimeoutError:
            told = f"It was stopped after {self._turn_seconds:.0f} s."
            self._add(turn, Failed("The answer took too long", told, 504))
        except Exception:
            log.exception("turn %s failed", turn.turn_id)
            self._add(turn, _NO_END)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)  # it may be writing
            await self._close(turn)

    async def _close(self, turn: _Running) -> None:
        """Write the whole turn down; only then this process forgets it."""
        try:
            await asyncio.to_thread(self._log.write, turn.as_logged(), not turn.is_logged)
        except StateUnavailable:
            # It is told from here, and written down when the database is back.
            waiting = [one for one in self._running.values() if one.ended]
            for oldest in waiting[: -self._at_once]:
                del self._running[oldest.turn_id]
            return
        except Exception:
            # Who reads now has it all; who would come back for it will be told to ask again.
            log.exception("turn %s could not be written down", turn.turn_id)
        finally:
            turn.wake()
        self._running.pop(turn.turn_id, None)

    async def write_down(self) -> None:
        """Write down the turns that ended while the database was away."""
        async with self._writing_down:
            for turn in [one for one in self._running.values() if one.ended and one.task and one.task.done()]:
                try:
                    await asyncio.to_thread(self._log.write, turn.as_logged(), not turn.is_logged)
                except StateUnavailable:
                    return
                except Exception as error:
                    log.error("turn %s could not be written down: %s", turn.turn_id, type(error).__name__)
                self._running.pop(turn.turn_id, None)

    async def _watch(self, turn: _Running) -> None:
        """Write a long turn down as it grows, and stop it when nobody waits for it, or somebody asked for that."""
        while True:
            await asyncio.sleep(max(_FLUSH_SECONDS, len(self._running) / _FLUSHES_A_SECOND))
            try:
                cancelled = await self._write_down_so_far(turn)
            except Exception as error:
                log.warning("turn %s is not written down for now: %s", turn.turn_id, type(error).__name__)
                cancelled = False
            abandoned = not turn.readers and time.monotonic() - turn.left_at > self._grace
            if cancelled or abandoned:
                _stop(turn)
                return

    async def _write_down_so_far(self, turn: _Running) -> bool:
        """Whether the turn shall stop. Who is cancelled meanwhile waits all the same: the thread goes on, and what it
        writes must not come after the end.
        """
        writing = asyncio.ensure_future(asyncio.to_thread(self._log.write, turn.as_logged(), not turn.is_logged))
        try:
            return await asyncio.shield(writing)
        finally:
            await asyncio.wait([writing])
            turn.is_logged = turn.is_logged or writing.exception() is None

    async def _of_this_process(self, turn: _Running, after: int, beat: float) -> AsyncGenerator[Numbered | None, None]:
        turn.readers += 1
        try:
            number = after
            while True:
                grown = turn.grown
                while number < len(turn.events):  # which may grow at each yield
                    number += 1
                    yield Numbered(number, *turn.events[number - 1])
                if turn.ended:
                    return
                if not await _within(grown, beat):
                    yield None
        finally:
            turn.readers -= 1
            turn.left_at = time.monotonic()

    async def _of_the_log(self, turn_id: str, after: int, beat: float) -> AsyncGenerator[Numbered | None, None]:
        number, silent_since = after, time.monotonic()
        last_beat, lived_at = -1, time.monotonic()
        while True:
            logged = await asyncio.to_thread(self._log.read, turn_id)
            if logged is None:
                return
            for name, data in logged.events[number:]:
                number, silent_since = number + 1, time.monotonic()
                yield Numbered(number, name, data)
            if logged.ended:
                # The reader had events that the process had not written down when it died: this number was one of them.
                if number == after and number > 0 and logged.events[-1] == _BROKEN_EVENT:
                    yield Numbered(number + 1, *_BROKEN_EVENT)
                return
            if logged.beat != last_beat:
                last_beat, lived_at = logged.beat, time.monotonic()
            elif time.monotonic() - lived_at > DEAD_AFTER_SECONDS:
                await asyncio.to_thread(self._log.bury, logged, _BROKEN_EVENT)
                continue  # its end stands in the log now
            await asyncio.sleep(_POLL_SECONDS)
            if time.monotonic() - silent_since > beat:
                silent_since = time.monotonic()
                yield None


async def _within(grown: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await grown.wait()
    except TimeoutError:
        return False
    return True


def _stop(turn: _Running) -> None:
    turn.cancelled = True
    # A task that is cancelled before its first step never runs: nobody would hear of an end. It looks by itself.
    if turn.task and turn.has_begun and not turn.ended:
        turn.task.cancel()


def _digest(ask: Ask) -> str:
    # The learner's words are not kept, only whether they are the same.
    told = {
        one.name: getattr(ask, one.name)
        for one in fields(ask)
        if one.name in _ALWAYS_DIGESTED or getattr(ask, one.name) != one.default
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
