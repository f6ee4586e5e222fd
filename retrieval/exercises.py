"""Which passages set a task: they pose what the lesson answers elsewhere, and often state it wrongly on purpose."""

import re
from collections.abc import Sequence
from dataclasses import replace

from course_index.chunk import headed
from course_index.stretches import Stretch, stretches
from retrieval.hit import Hit

_EXERCISE = re.compile(
    r"练习|[练试做]一[练试做]|习题|思考题|想一想|\bexercises?\b|\bpractice\b|\btry (?:it|this)\b|\byour turn\b",
    re.IGNORECASE,
)
_EXERCISES = re.compile(
    r"[第\d一二三四五六七八九十.、章节课单元\s]*(?:课后|本章|章末|单元|小|思考|综合)*(?:练习|习题|测验)题?[\s\d一二三四五六七八九十]*|exercises?|practice",
    re.IGNORECASE,
)
# An exercise comes behind what scores at least so much of it: of 750 questions 63 had one first, 41 of them wrongly.
_COUNTS_FOR = 0.85


def lessons_first(hits: Sequence[Hit]) -> list[Hit]:
    """The hits in their order, exercises with a part of their scores and behind what scores more than that: what
    teaches goes before what asks for it. The order of the others may be a reranker's, and stays.
    """
    ordered: list[Hit] = []
    waiting: list[Hit] = []
    for hit in hits:
        if is_exercise(hit):
            waiting.append(_counted_less(hit))
            continue
        while waiting and waiting[0].score >= hit.score:
            ordered.append(waiting.pop(0))
        ordered.append(hit)
    return [*ordered, *waiting]


def is_exercise(hit: Hit) -> bool:
    """Whether all of a passage sets tasks: what it says may be what somebody did wrong."""
    named = _is_of_exercises(hit) or any(map(_EXERCISE.search, hit.passage.heading_path))
    return named and all(in_exercise(hit, stretches(hit.passage.text)))


def in_exercise(hit: Hit, units: Sequence[Stretch]) -> list[bool]:
    """Of each unit whether it stands in an exercise, which a lesson's last section that was joined may be."""
    if _is_of_exercises(hit):
        return [True] * len(units)
    return [bool(_EXERCISE.search(heading)) for heading in headings_above(hit, units)]


def begins_an_exercise(text: str) -> bool:
    """Whether a text says of itself that it sets a task (小练习：阿玲……)."""
    return bool(_EXERCISE.match(text.lstrip("小 ")))


def headings_above(hit: Hit, units: Sequence[Stretch]) -> list[str]:
    """The heading that each unit of a passage stands under."""
    return headed(hit.passage.heading_path, [unit.text for unit in units])


def _counted_less(hit: Hit) -> Hit:
    return replace(hit, ranked=replace(hit.ranked, score=min(hit.score, _COUNTS_FOR * hit.score)))


def _is_of_exercises(hit: Hit) -> bool:
    # A lesson may be all exercises; 康复练习 is none.
    return bool(_EXERCISES.fullmatch(hit.lesson.title.strip()))
