"""Who answers: each process takes messages from the shared inbox, and those of a process that died."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from companion.state.database import StateUnavailable
from companion.state.wechat_inbox import Letter, WechatInbox
from companion.turns import DEAD_AFTER_SECONDS, HURRIED_SECONDS

log = logging.getLogger(__name__)
T = TypeVar("T")
_LOOK_SECONDS = 1.0
# A turn costs most of its processor time at its beginning: so many begin, and then the loop shows how late it is.
_BEGIN_TOGETHER = 2
_PACE_SECONDS = 0.02
_LATE_SECONDS = 0.03
_LET_IT_CATCH_UP = 4
_BEAT_SECONDS = 1.0
# Turns that were hurried are sent; those that were ended tell so, and their messages are put back.
_TO_PUT_BACK_SECONDS = HURRIED_SECONDS + 2.0


class Consumer:
    """Answers by `answer`, so many at once, and one after the other while acknowledgements would suffer.

    `run` goes on until it is cancelled, `close` ends it in good order.
    """

    def __init__(
        self,
        inbox: WechatInbox,
        answer: Callable[[Letter], Awaitable[None]],
        at_once: int,
        is_pressed: Callable[[], bool] = lambda: False,
    ) -> None:
        self._inbox = inbox
        self._answer = answer
        self._at_once = at_once
        self._is_pressed = is_pressed
        self._awake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        # Turns fill the shared threads for seconds: who could not beat meanwhile would be taken for dead.
        self._thread = ThreadPoolExecutor(1, "wechat-consumer")
        self._seen: dict[str, tuple[int, float]] = {}
        self._closing = False

    def wake(self) -> None:
        """There may be something to answer."""
        self._awake.set()

    async def run(self) -> None:
        """Answer, and say once a second that this process lives."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._take())
            group.create_task(self._live())

    async def close(self, seconds: float) -> None:
        """Take nothing more, let what is being answered end, and leave the rest to the others."""
        self._closing = True
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds + _TO_PUT_BACK_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        try:
            if left := await self._off(self._inbox.leave):
                log.info("%s messages are left to other processes, or to the next start", left)
        except StateUnavailable:
            log.warning("what is not answered is taken up by others in some seconds")
        self._thread.shutdown(wait=False)

    async def _take(self) -> None:
        while not self._closing:
            self._awake.clear()
            free = (1 if self._is_pressed() else self._at_once) - len(self._tasks)
            try:
                letters = await self._off(partial(self._inbox.claim, min(free, _BEGIN_TOGETHER))) if free > 0 else []
            except StateUnavailable:
                letters = []
            except Exception:
                log.exception("messages could not be looked for; trying again")
                letters = []
            if self._closing:
                return  # `close` leaves them to the others
            for letter in letters:
                task = asyncio.create_task(self._answered(letter))
                self._tasks.add(task)
                task.add_done_callback(self._gone)
            await (self._pace() if letters else self._sleep())

    async def _pace(self) -> None:
        """Begin no more than this process can bear while it acknowledges what comes."""
        began = time.monotonic()
        await asyncio.sleep(_PACE_SECONDS)
        late = time.monotonic() - began - _PACE_SECONDS
        if late > _LATE_SECONDS:
            await asyncio.sleep(min(_LOOK_SECONDS, late * _LET_IT_CATCH_UP))

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._awake.wait()
        except TimeoutError:
            return

    def _gone(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.wake()  # this person's next message may be answered now

    async def _answered(self, letter: Letter) -> None:
        try:
            await self._answer(letter)
        except Exception:
            # The words are not in it: they are in no exception of ours.
            log.exception("a message of %s could not be answered", letter.person)

    async def _live(self) -> None:
        while True:
            try:
                await self._off(self._inbox.beat)
                for worker, beat in (await self._off(self._inbox.beats)).items():
                    if self._is_dead(worker, beat) and (
                        count := await self._off(partial(self._inbox.take_from, worker))
                    ):
                        log.warning("a process died; its %s messages are taken up", count)
                        self.wake()
            except StateUnavailable:
                self._seen.clear()  # nobody could beat
            except Exception:
                log.exception("it could not be said that this process lives; trying again")
            await asyncio.sleep(_BEAT_SECONDS)

    def _is_dead(self, worker: str, beat: int) -> bool:
        """Whether it did not count up for so long, by our own clock."""
        before, since = self._seen.get(worker, (None, 0.0))
        if before != beat:
            self._seen[worker] = (beat, time.monotonic())
            return False
        return time.monotonic() - since > DEAD_AFTER_SECONDS

    async def _off(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
