"""From a request to the inbox: many messages in one transaction, and no request waits for a slow store."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from companion.identity import pseudonym
from companion.safety.mask import masked
from companion.state.database import StateUnavailable
from companion.state.wechat_inbox import Arrival, Kind, Outcome, WechatInbox
from companion.state.wechat_people import Quota
from wechat.messages import Entered, OtherEvent, Text
from wechat.sayings import UNSUPPORTED, steer_of
from wechat.seal import Seal, digest
from wechat.verifying import Received

log = logging.getLogger(__name__)

# WeChat waits for five seconds, and a learner sees an error after three times that; we never come near.
ACKNOWLEDGED_SECONDS = 0.6
_AT_ONCE = 200
# Who is written down later than this says that the machine is busy: then answers wait, and acknowledgements do not.
_PRESSED_SECONDS = 0.15
_PRESSED_FOR_SECONDS = 0.5
_WAITING_MOST = 50_000
_AGAIN_SECONDS = 0.5
_FLUSH_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Names:
    """How people are called here: by pseudonyms of their openids, made with the session secret."""

    app_id: str
    secret: str
    seal: Seal

    def person(self, openid: str) -> str:
        """The pseudonym of an openid."""
        return pseudonym(self.secret, f"wechat|{self.app_id}|{openid}")

    def arrival(self, received: Received, kind: Kind, came_at: datetime) -> Arrival:
        """A message as it is kept: without openid, its personal numbers masked."""
        message = received.message
        return Arrival(
            key=digest(self.app_id, message.key),
            nonce=digest(self.app_id, received.timestamp, received.nonce),
            person=self.person(message.sender),
            address=self.seal.close(message.sender),
            kind=_kind(message.content) if isinstance(message, Text) and kind == "text" else kind,
            words=masked(message.content).text if isinstance(message, Text) else "",
            came_at=came_at,
        )


class Full(Exception):
    """More messages wait for the store than this process takes on."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    received: Received
    kind: Kind
    came_at: datetime
    outcome: "asyncio.Future[Outcome]"


class Arriving:
    """Keeps messages in a thread of its own; `run` goes on until it is cancelled."""

    def __init__(self, inbox: WechatInbox, names: Names, quota: Quota) -> None:
        self._inbox = inbox
        self._names = names
        self._quota = quota
        self._wake: Callable[[], None] = lambda: None
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(_WAITING_MOST)
        self._thread = ThreadPoolExecutor(1, "wechat-arriving")
        self._pressed_until = 0.0

    def wakes(self, wake: Callable[[], None]) -> None:
        """Call this whenever there is something new."""
        self._wake = wake

    @property
    def is_pressed(self) -> bool:
        """Whether messages come faster than they are easily kept."""
        return time.monotonic() < self._pressed_until

    async def keep(self, received: Received, kind: Kind) -> Outcome | None:
        """What came of a message; None when the store is slow: then it is in this process's memory. Raises Full."""
        waiting = _Waiting(received, kind, datetime.now(UTC), asyncio.get_running_loop().create_future())
        try:
            self._queue.put_nowait(waiting)
        except asyncio.QueueFull as error:
            raise Full from error
        done, _ = await asyncio.wait([waiting.outcome], timeout=ACKNOWLEDGED_SECONDS)
        return waiting.outcome.result() if done else None

    async def run(self) -> None:
        """Write down what comes, as much at once as there is."""
        while True:
            heap = [await self._queue.get()]
            while len(heap) < _AT_ONCE and not self._queue.empty():
                heap.append(self._queue.get_nowait())
            await self._kept(heap)
            for _ in heap:
                self._queue.task_done()

    async def close(self) -> None:
        """Wait a little until all is written down."""
        try:
            async with asyncio.timeout(_FLUSH_SECONDS):
                await self._queue.join()
        except TimeoutError:
            log.error("%s messages could not be kept and are lost", self._queue.qsize())
        self._thread.shutdown(wait=False)

    async def _kept(self, heap: Sequence[_Waiting]) -> None:
        loop, said = asyncio.get_running_loop(), False
        while True:
            try:
                outcomes = await loop.run_in_executor(self._thread, self._add, heap)
                break
            except StateUnavailable:
                if not said:
                    log.warning("the store does not take what WeChat delivers; it waits in memory")
                said = True
                await asyncio.sleep(_AGAIN_SECONDS)
            except Exception:
                log.exception("messages could not be kept")
                outcomes = await self._one_by_one(heap)
                break
        if (datetime.now(UTC) - heap[0].came_at).total_seconds() > _PRESSED_SECONDS:
            self._pressed_until = time.monotonic() + _PRESSED_FOR_SECONDS
        for waiting, outcome in zip(heap, outcomes, strict=True):
            if outcome == "replayed":
                log.warning("refused: the nonce was used before, with another message")
            if not waiting.outcome.done():
                waiting.outcome.set_result(outcome)
        if "new" in outcomes:
            self._wake()

    async def _one_by_one(self, heap: Sequence[_Waiting]) -> list[Outcome]:
        """One message that cannot be kept must not take the others with it."""
        loop, outcomes = asyncio.get_running_loop(), list[Outcome]()
        for waiting in heap:
            try:
                outcomes += await loop.run_in_executor(self._thread, self._add, [waiting])
            except Exception as error:
                log.error("a message could not be kept: %s", type(error).__name__)
                outcomes.append("again")
        return outcomes

    def _add(self, heap: Sequence[_Waiting]) -> list[Outcome]:
        arrivals = [self._names.arrival(one.received, one.kind, one.came_at) for one in heap]
        return self._inbox.add(arrivals, self._quota)


def kind_of(received: Received) -> Kind | None:
    """As what a message is kept; None for what asks for nothing."""
    match received.message:
        case OtherEvent():
            return None
        case Entered():
            return "entered"
        case Text():
            return "text"
    return "unread"


def _kind(words: str) -> Kind:
    if words.strip() == UNSUPPORTED:
        return "unread"
    return "end" if steer_of(words) == "end" else "text"
