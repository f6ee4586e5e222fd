"""What runs behind the turns of a service: the newest index, advice, figures, what waits for the database, erasing."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from companion.state.database import flush_again
from companion.state.state import State
from companion.turn import Companion
from companion.turns import Turns
from companion.tutors import Tutors
from course_index.errors import IndexProblem

_LOOK_FOR_NEWER_INDEX_SECONDS = 1.0
_KEEP_HOUSE_SECONDS = 3_600.0
_KEEP_FIGURES_SECONDS = 5.0
_WRITE_DOWN_SECONDS = 1.0
log = logging.getLogger("companion")


@asynccontextmanager
async def running_behind(
    tutors: Tutors, state: State, turns: Turns, refresh: Callable[[], None]
) -> AsyncIterator[None]:
    """Do all of it until the service ends; `refresh` looks figures up."""
    tasks = [
        asyncio.create_task(work)
        for work in (
            _follow_index(tutors.everybody),
            *([_follow_index(tutors.minors, " of the courses for minors")] if tutors.minors else []),
            *map(_warm_advice, tutors.all),
            _keep_house(state),
            _write_down(state, turns),
            _keep_figures(refresh),
        )
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _follow_index(companion: Companion, whose: str = "") -> None:
    """Swap in each newer generation; what cannot be opened is said once, and the open one goes on serving."""
    said = None
    while True:
        try:
            if await asyncio.to_thread(companion.index.refresh):
                log.info("serving index generation %s%s", companion.index.generation, whose)
            said = None
        except IndexProblem as error:
            if str(error) != said:
                log.warning("%s%s", error, whose)
            said = str(error)
        await asyncio.sleep(_LOOK_FOR_NEWER_INDEX_SECONDS)


async def _warm_advice(companion: Companion) -> None:
    """Embed occupations and skills before the first learner asks; without an index the first one will."""
    try:
        await asyncio.to_thread(companion.advising.adviser.recommender)
    except IndexProblem:
        log.info("advice is set up once there is an index")
    except Exception:
        log.exception("advice could not be set up; it is tried again when somebody asks")


async def _keep_house(state: State) -> None:
    """Erase what is older than its time, now and then."""
    while True:
        try:
            await asyncio.to_thread(state.sweep)
        except Exception:
            log.exception("what is older than its time could not be erased; trying again later")
        await asyncio.sleep(_KEEP_HOUSE_SECONDS)


async def write_down(state: State, turns: Turns) -> int:
    """Write down the turns that wait for the database; how many wait still.

    Conversations come first: who erases a learner from another process waits for the ends of their turns in the log.
    """
    await asyncio.to_thread(flush_again, state.engine)
    waiting = await asyncio.to_thread(state.conversations.write_down)
    if not waiting:
        await turns.write_down()
    return waiting


async def _write_down(state: State, turns: Turns) -> None:
    while True:
        try:
            await write_down(state, turns)
        except Exception:
            log.exception("what waits for the database could not be written down; trying again")
        await asyncio.sleep(_WRITE_DOWN_SECONDS)


async def _keep_figures(refresh: Callable[[], None]) -> None:
    """Say how this worker stands, whichever of them is asked for figures."""
    while True:
        try:
            await asyncio.to_thread(refresh)
        except Exception:
            log.exception("figures could not be looked up; trying again")
        await asyncio.sleep(_KEEP_FIGURES_SECONDS)
