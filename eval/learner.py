"""A learner who answers a quiz rightly or wrongly on purpose, from the passages that the quiz cites."""

import re
from collections.abc import Iterable

from eval.text import plain, sentences, shared_pairs

_QUESTION = re.compile(r"(?:^|\n)\s*\d{1,2}[.、]\s*(.+(?:\n(?!\s*\d{1,2}[.、]).+)*)")
_JUDGED = re.compile(r"(?:判断对错|判斷對錯|true or false)\s*[:：]\s*(.+)", re.IGNORECASE | re.DOTALL)
_OPTION = re.compile(r"([A-D])[.、]\s*([^\s　][^　\n]*)")
_BLANK = "____"
# No lesson has this as an answer.
NONSENSE = "大概是四千七百一十一吨铁锈"


def answer(quiz: str, passages: Iterable[str], *, rightly: bool) -> str:
    """What a learner replies to the last question of a quiz; where none can be told, the nearest sentence."""
    asked = _QUESTION.findall(quiz)
    question = (asked[-1] if asked else quiz).strip()
    known = " ".join(passages)
    if judged := _JUDGED.search(question):
        holds = plain(judged[1]) in plain(known)
        chinese = "true" not in question.lower()
        yes, no = ("对", "错") if chinese else ("true", "false")
        return yes if holds == rightly else no
    if not rightly:
        return NONSENSE
    if _BLANK in question:
        stem, *options = question.split("\n", 1)
        before, after = (re.split(r"[:：]", stem, maxsplit=1)[-1]).split(_BLANK, 1)
        for letter, option in _OPTION.findall(options[0] if options else ""):
            if plain(before + option + after) in plain(known):
                return str(letter)
        if missing := re.search(f"{_loose(before[-12:])}(.{{1,20}}?){_loose(after[:12])}", known):
            return missing[1].strip("* ")
    return max(sentences(known), key=lambda sentence: shared_pairs(question, sentence), default=NONSENSE)


def _loose(text: str) -> str:
    """A pattern for text that may have marks of emphasis and white space anywhere in it."""
    return r"[\s*_]*".join(re.escape(character) for character in text if not character.isspace() and character != "*")
