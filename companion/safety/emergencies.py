"""What needs help at once is told whom to call before anything else: rules, and likeness to messages people sorted."""

import re
from dataclasses import dataclass
from pathlib import Path

from companion.patterns import for_normalised
from companion.recogniser import EMERGENCIES, Recogniser
from companion.safety.bounds import Bounds
from companion.words import Locale
from course_index.analyze import normalise

EMERGENCIES_FILE = Path(__file__).with_name("emergencies.toml")
NO_EMERGENCY = "none"

# How much a message has to resemble emergencies of all kinds together to be told whom to call below its answer, and to
# be told it first, and no more than where the courses teach of it. docs/safety.md has what both cost.
RESEMBLES, PLAINLY = 0.36, 0.6

# 怕有人突然晕倒，想先学会处理 is of what may come, or was. Narrower than wants_to_learn: 要不要报警 is no such wish.
_WANTS_TO_LEARN = for_normalised(
    r"想(?:先|要|再)?学|学会|学学|学点|有(?:没有|冇|无|什么|啥)[^，。]{0,8}(?:课|班)|培训|\b(?:learn|course|training)\b"
)
# 我妈以前摔过 tells of what is over, unless it says how things are now: 去年中风过，今天又嘴歪. What somebody had
# before (之前有高血压), or did before something (睡觉之前吃了一瓶安眠药), says nothing of now.
_STRUCK = r"(?:摔|跌|晕|噎|烫|烧|中风|骨折|触电)"
_IS_OVER = for_normalised(
    r"(?s)^(?!.*(?:现在|而家|刚|正在|还在|突然|忽然|一下子|又|今[天日早晚]|这次|呢次|起不来|起唔到身|叫不醒|叫唔醒))"
    rf".*(?:(?:(?<![饭觉床班课])[以之]前|去年|前年|上次|曾经)[^，。]{{0,6}}{_STRUCK}|{_STRUCK}(?:倒|伤|亲)?过)"
)

# 120, 12356 and 020-12345678; a notice has no other figures.
_NUMBER = re.compile(r"(?<![\d-])\d[\d-]{1,13}\d(?![\d-])")


@dataclass(frozen=True, slots=True)
class Emergency:
    """Whom to call; `plainly` where the message leaves no doubt that it is one."""

    kind: str
    notice: str
    plainly: bool


class Emergencies:
    """Tells an emergency that somebody writes of from questions about such things. Safe for several threads."""

    def __init__(self, anti_fraud_hotline: str, recogniser: Recogniser | None) -> None:
        self._rules = Bounds(EMERGENCIES_FILE, anti_fraud_hotline)
        self._recogniser = recogniser

    async def check(self, message: str, locale: Locale) -> Emergency | None:
        """Which kind it is, and what is told; None for a message of no emergency."""
        if _WANTS_TO_LEARN.search(normalise(message)):
            return None
        told = self._rules.check(message, locale)
        if told:
            return Emergency(told.rule, told.reply, plainly=True)
        if self._recogniser is None or _IS_OVER.search(normalise(message)):
            return None
        scores = await self._recogniser.soon(message, EMERGENCIES)
        kind = emergency_of(scores)
        told = self._rules.refusal(kind, locale) if kind else None
        return Emergency(told.rule, told.reply, _likeness(scores) >= PLAINLY) if told else None


def numbers_to_call(notice: str) -> tuple[str, ...]:
    """The telephone numbers that a notice names, in its order."""
    return tuple(dict.fromkeys(_NUMBER.findall(notice)))


def emergency_of(scores: dict[str, float]) -> str | None:
    """The kind that scores of EMERGENCIES speak for, if it is one."""
    if _likeness(scores) < RESEMBLES:
        return None
    return max((kind for kind in scores if kind != NO_EMERGENCY), key=scores.__getitem__)


def _likeness(scores: dict[str, float]) -> float:
    """To emergencies of any kind: the kinds share words, and what is told of one helps in another."""
    return sum(max(score, 0.0) for kind, score in scores.items() if kind != NO_EMERGENCY)
