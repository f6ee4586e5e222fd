"""The suite `load`: how long turns take, and whether they hold, when many learners ask at once."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from companion.turn import Ask
from eval.subjects.subject import Subject, heard

LEVELS = (1, 2, 4, 8, 16)


@dataclass(frozen=True, slots=True)
class Level:
    """What so many learners at once got. Times are milliseconds from sending to the first words, and to the end."""

    at_once: int
    turns: int
    errors: float
    first_p50_ms: float
    first_p95_ms: float
    total_p50_ms: float
    total_p95_ms: float
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
    firsts = [reply.first_text_ms for reply in replies if reply.first_text_ms is not None] or [float("nan")]
    first50, first95 = np.percentile(firsts, [50, 95])
    total50, total95 = np.percentile([reply.total_ms for reply in replies], [50, 95])
    failed = sum(reply.done is None for reply in replies) / len(replies)
    return Level(
        at_once, turns, failed, float(first50), float(first95), float(total50), float(total95), turns / seconds
    )
