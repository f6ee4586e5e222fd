"""Whether a passage takes what a question has to do without: 烤箱 220 度 is no way to bake for 没有烤箱怎么做蛋糕."""

import re

from course_index.analyze import normalise
from course_index.stretches import stretches
from retrieval.hit import Hit
from retrieval.of_thing import HOW, IN_ENGLISH, IS_NOT_TAKEN, LACKS, WAYS
from retrieval.query import Query

_THING = r"([^\W\d_的了被我你他她它这那是有钱]{1,6}?)(?:的话|嘅话|时)?[，,\s]?"
_HOW = rf"(?:要|应该|该|又)?{HOW}(?:自己|在家)?"
_MAY = r"(?:还|都|也)?(?:可唔可以|可不可以|可以|能不能|能)(?:自己|在家)?"
_COOK = rf"(?:[{WAYS}榨磨揉煮]|打发|发面|和面)"
_MAKE = rf"(?:{_COOK}|[做整包](?![工人事生])|制作|自制)"
# 没有证可以做保姆吗 asks whether one may: the passage that wants the paper answers it.
_ASKED = (
    re.compile(rf"{LACKS}{_THING}{_HOW}{_MAKE}"),
    re.compile(rf"{IS_NOT_TAKEN}{_THING}{_MAY}{_MAKE}|{LACKS}{_THING}{_MAY}{_COOK}"),
    re.compile(rf"{HOW}{LACKS}{_THING}(?:来|去)?{_MAKE}"),
    re.compile(
        rf"\b(?:{IN_ENGLISH}) .*\bwithout (?:using )?(?:an? |any |the |my )?"
        r"([a-z][a-z ]{1,30}[a-z])"
    ),
)
# A sentence that does without it, or says what takes its place.
_DOES_WITHOUT = r"没有?|无|不用|不使用|不需|不放|不加|不必|免|替|换成|\b(?:no|without|instead|replace|substitute)\b"


def takes_what_is_missing(query: Query, hit: Hit) -> bool:
    """Whether a question asks how something is made without a thing, and a passage in its language takes that thing.

    A passage that says in a sentence how to do without it takes it nowhere.
    """
    thing = thing_missing(query.mandarin or query.text)
    if thing is None or hit.passage.language != query.language:
        return False
    titles = (hit.lesson.title, *hit.passage.heading_path)
    units = [normalise(text) for text in (*titles, *(one.text for one in stretches(hit.passage.text)))]
    naming = [unit for unit in units if thing in unit]
    return bool(naming) and not any(re.search(_DOES_WITHOUT, unit) for unit in naming)


def thing_missing(question: str) -> str | None:
    """What a question says it has to be made without; None for any other question."""
    asked = normalise(question)
    found = next((match for pattern in _ASKED if (match := pattern.search(asked))), None)
    return next(filter(None, found.groups())).strip() if found else None
