"""What a message wants: by the rules of wishes.toml, and where they are silent or unsure by what it resembles."""

import re
from pathlib import Path
from typing import Protocol, cast

from companion.guidance.subject import cannot_use, wants_a_trade
from companion.patterns import Patterns
from companion.recogniser import WISHES, Recogniser
from companion.understanding.parts import asks_anything
from companion.understanding.wish import Wish, wish_by_rules
from course_index.analyze import normalise

# Chosen by cross-validation so that of a hundred questions three at most are taken for something else: how much more a
# message has to resemble a wish than a question, and how much it has to resemble it at all.
_MARGIN = -0.2
_RESEMBLES = 0.25
# A rule that holds by a word alone (系统提示内存不足怎么办) is passed over for what is plainly a question.
_PLAINLY, _HARDLY = 0.7, 0.15
# Rules that hold only for all that a message says.
_HOLD_FOR_ALL = ("nothing", "smalltalk", "end", "again")
_OF_YOU = re.compile(r"\b(?:you|your|yours|u|ur|we|it going|up|new)\b")
_FEELING = Patterns(Path(__file__).with_name("feeling.toml"))


class Wishes(Protocol):
    """Tells what a message wants."""

    async def of(self, message: str) -> Wish:
        """The wish; a question on content where nothing says otherwise."""
        ...


class RuleWishes:
    """The rules alone."""

    async def of(self, message: str) -> Wish:
        """What a rule says, else a question."""
        return wish_by_rules(message) or "question"


class LearnedWishes:
    """The rules, and what was learned where none holds, or one holds for what is plainly a question."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser

    async def of(self, message: str) -> Wish:
        """What a rule says, or what the message surely resembles, or a question."""
        by_rules = wish_by_rules(message)
        if by_rules in _HOLD_FOR_ALL:
            return by_rules
        wish = wanted(by_rules, await self._recogniser.soon(message, WISHES))
        if wish == "feedback" and by_rules is None and (cannot_use(message) or _tells_of_a_thing(message)):
            return "question"  # I don't know how to use wechat, 我撳咗视频冇反应: and not what stands here
        if wish == "smalltalk" and by_rules is None and (_asks_of_something(message) or _asks_of_oneself(message)):
            return "question"  # how often?, 我今年35岁来得及吗
        if by_rules is None and wish == "plan" and _only_feels(message):
            return "question"
        if by_rules is None and wish == "practice" and not _FEELING["practises"].search(normalise(message)):
            return "question"  # 我十岁，想做实验
        # Hours a week make dates of a way too: a trade takes more than a plan of one course, or a list of them.
        return "pathway" if wish in ("plan", "courses") and by_rules is None and wants_a_trade(message) else wish


def wanted(by_rules: Wish | None, scores: dict[str, float]) -> Wish:
    """The wish of a message, by what a rule says and by its scores of WISHES."""
    if by_rules is None:
        return surely_wanted(scores) or "question"
    if by_rules in _HOLD_FOR_ALL:
        return by_rules
    is_a_question = scores["question"] >= _PLAINLY and scores.get(by_rules, 0.0) <= _HARDLY
    return "question" if is_a_question else by_rules


def _tells_of_a_thing(message: str) -> bool:
    """Whether a message tells that something fails, and nothing of this aid."""
    said = normalise(message)
    return bool(_FEELING["fails"].search(said)) and not _FEELING["here"].search(said)


def _asks_of_oneself(message: str) -> bool:
    """Whether a Chinese message asks, of who sends it and of nobody else."""
    said = normalise(message)
    return asks_anything(message) and bool(_FEELING["of_me"].search(said)) and not _FEELING["of_you"].search(said)


def _asks_of_something(message: str) -> bool:
    """Whether an English message asks, and of nobody who is talking."""
    said = normalise(message)
    return said.isascii() and asks_anything(message) and not _OF_YOU.search(said)


def _only_feels(message: str) -> bool:
    """Whether a message tells how its author feels, and nothing of a plan: 下周要考试了，好紧张."""
    said = normalise(message)
    return bool(_FEELING["feels"].search(said)) and not _FEELING["plans"].search(said)


def surely_wanted(scores: dict[str, float]) -> Wish | None:
    """The wish other than a question that scores of WISHES speak for, if they are sure."""
    others = {wish: score for wish, score in scores.items() if wish != "question"}
    likeliest = max(others, key=others.__getitem__)
    sure = others[likeliest] >= _RESEMBLES and others[likeliest] - scores["question"] >= _MARGIN
    return cast("Wish", likeliest) if sure else None
