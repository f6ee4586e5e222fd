"""Hints without a model: where to look, then the sentence with its result left out, then the sentence."""

import re
from dataclasses import dataclass

from companion.quantities import quantities
from companion.words import Locale, to_traditional
from course_index.analyze import normalise, terms
from course_index.course import Passage
from course_index.stretches import stretches
from retrieval.query import query_terms

# The quote itself comes from this step on.
LAST_STEP = 3
_BLANK = "____"
# How many words of the answer that the question lacks a hint may hold before it gives the answer away.
_GIVEN_AWAY = 0.5

_ASKS_A_NUMBER = re.compile(r"多少|几多|多久|几耐|几(?!何)|多长|\bhow (?:many|much|long|often|old)\b|\bwhen\b")
_NUMBER = re.compile(
    r"\d+(?:[.,]\d+)*|[一二两三四五六七八九十百千万半]{1,6}(?=个|小时|分钟|[日天年月周岁次米度元倍克斤种步%])"
    r"|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|fifteen|twenty|thirty|sixty)\b",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^第[一二三四五六七八九十百\d]+条\s*")

_SAID: dict[str, dict[int | str, str]] = {
    "zh-Hans": {
        1: "先不看答案。到《{lesson}》的“{place}”里找找看，留意{words}。\n\n想一想：{guide}",
        2: "再近一步，课程里这句话缺了关键的地方，你能补上吗？\n\n> {blanked}",
        3: "答案就在这句话里：\n\n> {quote}",
        "words": "讲“{}”的地方",
        "no_words": "和问题最接近的那一句",
        "guide": "那里讲到的条件和你的问题是同一种情况吗？",
        "guide_number": "那里有没有写明具体的数？",
        "guide_why": "那里说了什么原因？",
        "guide_how": "那里先做什么，再做什么？",
    },
    "en": {
        1: "Not the answer yet. Look in “{lesson}”, under “{place}”, for {words}.\n\nThink: {guide}",
        2: "One step closer: this sentence of the course lacks its key part. Can you fill it in?\n\n> {blanked}",
        3: "The answer is in this sentence:\n\n> {quote}",
        "words": "what it says about “{}”",
        "no_words": "the sentence closest to your question",
        "guide": "is the case described there the same as yours?",
        "guide_number": "does it state a number?",
        "guide_why": "what reason does it give?",
        "guide_how": "what comes first there, and what next?",
    },
}


@dataclass(frozen=True, slots=True)
class Hint:
    """What is said at a step; `quotes` tells that the passage is quoted, so that it wants a citation."""

    step: int
    text: str
    quotes: bool


def hint(question: str, passage: Passage, lesson_title: str, quote: str, step: int, locale: Locale) -> Hint:
    """The hint of a step, from 1; the answer is told from LAST_STEP on."""
    said = _SAID["en"] if locale == "en" else _SAID["zh-Hans"]
    step = min(max(step, 1), LAST_STEP)
    if step == 2:
        blanked = _blanked(question, quote)
        if blanked is None:  # nothing is left when the result is out: then the place is all that can be told
            step = 1
    frame = str(said[step])
    values = {
        "lesson": lesson_title,
        "place": passage.locator,
        "quote": "\n> ".join(quote.splitlines()),
        "blanked": (_blanked(question, quote) or "") if step == 2 else "",
        "words": _words(question, passage, said),
        "guide": _guide(question, said),
    }
    if locale == "zh-Hant":
        frame = to_traditional(frame)
        values |= {name: to_traditional(values[name]) for name in ("words", "guide")}
    return Hint(step, frame.format(**values), quotes=step > 1)


def reveals(text: str, quote: str, question: str) -> bool:
    """Whether a text gives away the result: a number of the quote that the question lacks, or most of its words."""
    asked = set(terms(normalise(question)))
    told = normalise(text)
    numbers = _numbers(quote) - _numbers(question)
    if numbers and _ASKS_A_NUMBER.search(normalise(question)):
        return bool(numbers & _numbers(text))
    if numbers & _numbers(text):
        return True
    result = {term for term in terms(normalise(quote)) if len(term) > 1} - asked
    said = set(terms(told))
    return bool(result) and len(result & said) / len(result) > _GIVEN_AWAY


def _blanked(question: str, quote: str) -> str | None:
    """The answering sentence with what the question does not say left out; None when too little would remain."""
    sentences = [one.text.strip() for one in stretches(quote) if one.text.strip()]
    if not sentences:
        return None
    asked = set(query_terms(question))
    best = max(sentences, key=lambda one: len(asked & set(terms(normalise(one)))))
    numbers = {one.value for one in quantities(best)}
    if numbers:
        blanked = re.sub(
            r"\d+(?:[.,]\d+)*|[一二两三四五六七八九十百千万半]{1,6}(?=个|小时|分钟|[日天年月周岁次米度元倍克斤种步条%])",
            _BLANK,
            best,
        )
        if not reveals(blanked, best, question) and blanked != best:
            return blanked
    parts = re.split(r"(?<=[，,；;、])", best)
    kept = [
        part
        if asked & {t for t in terms(normalise(part)) if len(t) > 1}
        else _BLANK + part[len(part.rstrip("，,；;、。.！!")) :]
        for part in parts
    ]
    blanked = "".join(kept)
    if _BLANK not in blanked and len(parts) > 1:
        blanked = "".join([*parts[:-1], _BLANK])
    if (
        not blanked.replace(_BLANK, "").strip("，,；;、。.！! ")
        or _BLANK not in blanked
        or reveals(blanked, best, question)
    ):
        return None
    return blanked


def _numbers(text: str) -> set[float]:
    return {one.value for one in quantities(_ARTICLE.sub("", text))}


def _words(question: str, passage: Passage, said: dict[int | str, str]) -> str:
    present = set(terms(normalise(passage.text)))
    shared = [term for term in query_terms(question) if len(term) > 1 and term in present][:2]
    return said["words"].format("”“".join(shared)) if shared else said["no_words"]


def _guide(question: str, said: dict[int | str, str]) -> str:
    asked = normalise(question)
    if _ASKS_A_NUMBER.search(asked):
        return said["guide_number"]
    if re.search(r"为什么|为何|点解|\bwhy\b", asked):
        return said["guide_why"]
    if re.search(r"怎么|怎样|如何|点样|\bhow\b", asked):
        return said["guide_how"]
    return said["guide"]
