"""Courses that are to be cheaper, shorter, easier or harder than those shown (有没有更便宜的, an easier one)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from companion.guidance.need import Need
from companion.patterns import for_normalised
from course_index.analyze import normalise
from course_index.course import Course

# 平 is in 水平 and 平时, 短 in 短视频.
_CHEAPER = for_normalised(r"便宜|实惠|贵|(?:更|再|比较)平|平(?:一?点|一?些|啲)|\b(?:cheaper|(?:less|too) expensive)\b")
_SHORTER = for_normalised(r"短(?!视频|信|剧|片)|太长|长了|\b(?:shorter|too long)\b")
_EASIER = for_normalised(r"简单|容易|浅|(?:太|有点|有啲)(?:难|深)|\b(?:easier|simpler|too (?:hard|difficult))\b")
_HARDER = for_normalised(r"难|深|高级|进阶|提高|\b(?:harder|more (?:advanced|difficult|challenging))\b")
# What is less by so little is less: records state yuan and hours.
_A_LITTLE = 0.01
_HIGHEST_LEVEL = 7


def compared_with(shown: Sequence[Course], need: Need, message: str) -> Need:
    """The need, bounded to what is less, or harder, in all that a message compares than each course that was shown.

    Nothing is less where none of them states it, as nothing costs less than what is free; nothing is harder either.
    """
    said = normalise(message)
    if _CHEAPER.search(said):
        need = replace(need, max_price=_below(course.price.amount for course in shown if course.price))
    if _SHORTER.search(said):
        need = replace(need, max_hours=_below(course.hours for course in shown if course.hours is not None))
    levels = [course.level for course in shown if course.level is not None]
    if _EASIER.search(said):
        need = replace(need, level=None, max_level=min(levels, default=0) - 1)
    elif _HARDER.search(said):
        need = replace(need, level=None, min_level=max(levels, default=_HIGHEST_LEVEL) + 1)
    return need


def _below(amounts: Iterable[float]) -> float:
    return min(amounts, default=0.0) - _A_LITTLE
