"""The suite `load`: how long turns take, and whether they hold, when many learners ask at once."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from companion.heard import Ask
from eval.subjects.subject import Subject, heard

LEVELS = (1, 2, 4, 8, 16)


@dataclass(frozen=True, slots=True)
class Level:
    """What so many learners at once got. Times are milliseconds from sending to the first words, and to the end.

    `why` is what a turn failed of; None where none did. Times are those of turns that came to their end: what is
    turned away at once would look quick. They are None where no turn did.
    """

    at_once: int
    turns: int
    errors: float
    why: str | None
    first_p50_ms: float | None
    first_p95_ms: float | None
    total_p50_ms: float | None
    total_p95_ms: float | None
    turns_per_second: float


async def load(
    subject: Subject, messages: Sequence[str], turns: int, progress: Callable[[str, int, int], None]
) -> list[Level]:
    """1, 2, 4, 8 and 16 learners ask `turns` questions between them, each the next when the last is answered."""
    await heard(subject, Ask(messages[0]))  # the first question opens files
    levels = []
    for number, at_once in enumerate(LEVELS):
        levels.append(await _level(subject, messages, turns, at_once))
        progress("load", number + 1, len(LEVELS))
    return levels


async def _level(subject: Subject, messages: Sequence[str], turns: int, at_once: int) -> Level:
    waiting = iter([messages[number % len(messages)] for number in range(turns)])
    replies = []

    async def learner() -> None:
        for message in waiting:
            replies.append(await heard(subject, Ask(message)))  # noqa: PERF401

    started = time.perf_counter()
    await asyncio.gather(*(learner() for _ in range(at_once)))
    seconds = time.perf_counter() - started
    ended = [reply for reply in replies if reply.done]
    first50, first95 = _percentiles([reply.first_text_ms for reply in ended if reply.first_text_ms is not None])
    total50, total95 = _percentiles([reply.total_ms for reply in ended])
    why = next((reply.failed for reply in replies if reply.failed), None)
    errors = 1 - len(ended) / len(replies)
    return Level(at_once, turns, errors, why, first50, first95, total50, total95, len(ended) / seconds)


def _percentiles(values: Sequence[float]) -> tuple[float | None, float | None]:
    """The 50th and the 95th."""
    if not values:
        return None, None
    p50, p95 = np.percentile(values, [50, 95])
    return float(p50), float(p95)
