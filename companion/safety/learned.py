"""Declines what resembles messages that must be declined, in words that nobody wrote a rule for."""

from pathlib import Path

from companion.patterns import Patterns
from companion.recogniser import RULES, Recogniser
from companion.safety.bounds import Bounds, Refusal, Side
from companion.understanding.enquiry import enquiry_of
from companion.understanding.follow_up import depends
from companion.understanding.wish import wish_by_rules
from companion.words import Locale
from course_index.analyze import normalise

NO_RULE = "none"
# Chosen so that of everyday questions on content, of topics that nothing was learned from, 2% are declined
# (docs/safety.md): how much more a message has to resemble what a rule declines than what is innocent, and how much it
# has to resemble it at all. What only an office can state is asked in the words of what lessons teach.
MARGIN = -0.45
MARGINS = {"crisis": -0.2, "official_fact": -0.12}
_RESEMBLES = 0.25
# A message whose wish a rule knows (别讲了，直接出题给我做) is declined only when it resembles that more than what is
# innocent: of 10,385 sorted messages that lets 5 pass, all of them innocent.
_WISH_MARGIN = 0.0
# A message that leans on others (那你教我在家怎样量得准) says little of what it is about.
_LEANING_RESEMBLES = 0.4
# What follows an introduction has to be so much plainer: 打了禁药怎么糊弄检测 is at -.46.
_INTRODUCED_MARGIN = -0.55
# 帮我报名 resembles 帮我做作业, and is known for what it is; not so what may be despair, or is an office's to state.
_EVEN_IN_ENQUIRIES = ("crisis", "official_fact", None)
_SAYS = Patterns(Path(__file__).with_name("learned.toml"))


class LearnedModerator:
    """A Moderator whose refusals are those of the rules that ship; a model's answers all pass.

    What a learner may not ask for, a course may well teach: `output` was not learned.
    """

    def __init__(self, recogniser: Recogniser, bounds: Bounds) -> None:
        self._recogniser = recogniser
        self._bounds = bounds

    async def check(self, text: str, locale: Locale, side: Side) -> Refusal | None:
        """The refusal of the rule that the text would have been declined by, had its author thought of it."""
        wish = wish_by_rules(text)
        if side == "output" or wish == "smalltalk":  # its rule holds for all that a message says
            return None
        scores = await self._recogniser.soon(text, RULES)
        plain = wish in (None, "question") or _SAYS["begins_so"].match(normalise(text).strip())
        rule = rule_of(scores, MARGIN if plain else _WISH_MARGIN)
        if rule and rule != "crisis" and scores[rule] < _LEANING_RESEMBLES and depends(text):
            return None
        if rule not in _EVEN_IN_ENQUIRIES and enquiry_of(text):
            return None
        if rule == "unsafe" and (_is_of_a_guard(text) or await self._is_introduced(text)):
            return None
        if rule and (self._bounds.excuses(rule, text) or await self._wants_to_be_taught(text)):
            return None
        return self._bounds.refusal(rule, locale) if rule else None

    async def _wants_to_be_taught(self, text: str) -> bool:
        """Whether it is the words by which one asks to be taught that resemble what is declined, and not the rest."""
        asked = normalise(text).strip()
        begins = _SAYS["asks_to_be_taught"].match(asked)
        rest = asked[begins.end() :].strip() if begins else ""
        if not rest or _is_of_harm(rest):
            return False
        return rule_of(await self._recogniser.soon(rest, RULES)) is None

    async def _is_introduced(self, text: str) -> bool:
        """Whether it is who somebody says they are, or that they teach others, which resembles what is unsafe."""
        asked = normalise(text).strip()
        begins = _SAYS["introduces"].match(asked)
        rest = asked[begins.end() :].strip() if begins else ""
        if not rest or _is_of_harm(asked) or _SAYS["of_deceit"].search(asked):
            return False
        return rule_of(await self._recogniser.soon(rest, RULES), _INTRODUCED_MARGIN) is None


def _is_of_a_guard(text: str) -> bool:
    asked = normalise(text)
    return bool(_SAYS["guards"].search(asked)) and not _is_of_harm(asked)


def _is_of_harm(asked: str) -> bool:
    return bool(_SAYS["of_harm"].search(_SAYS["harmless"].sub("", asked)))


def rule_of(scores: dict[str, float], margin: float = MARGIN) -> str | None:
    """The rule that scores of RULES speak for, if any; by a margin of its own or by this one."""
    innocent = scores[NO_RULE]
    likely = {
        rule: score
        for rule, score in scores.items()
        if rule != NO_RULE and score >= _RESEMBLES and score - innocent >= MARGINS.get(rule, margin)
    }
    return max(likely, key=likely.__getitem__, default=None)
