"""The fixed sentences the companion says itself (words.toml), in the learner's language and script."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

import opencc

from companion.patterns import for_normalised
from course_index.analyze import normalise
from course_index.course import Course, Price
from course_index.language import EN, ZH, language_of

Locale = Literal["zh-Hans", "zh-Hant", "en"]
_Phrases = TypeVar("_Phrases")


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence a situation; `{}` slots are filled by the turn."""

    language: str
    quoted: str
    sections: str
    continued: str
    rest_quoted: str
    nothing_answers: str
    may_help: str
    nothing_at_all: str
    courses_found: str
    courses_beside: str
    no_course_found: str
    reason_passage: str
    greeting: str
    abilities: str
    about: str
    operated_by: str
    operator_unknown: str
    hotline: str
    thanks: str
    ask_on: str
    feedback: str
    goodbye: str
    rest: str
    empty: str
    ai_notice: str
    more: str
    next_step: str
    no_more: str
    more_of_what: str
    pick_which: str
    no_plainer: str
    another_of_what: str
    another_here: str
    nothing_told: str
    fraud_care: str
    closest: str
    original: str
    not_in_lesson: str
    taken_for: str
    not_in_course: str
    no_pathways: str
    official: str
    course_speaks: str
    only_an_aid: str
    while_waiting: str
    while_waiting_lesson: str
    lesson_goes_on: str
    despair_again: str
    despair_heard: str
    despair_kept: str
    record_is_bare: str
    record_says: str
    speaks: str
    course_lessons: str
    complaint: str
    own_data: str
    practise_what: str
    practise_nothing: str
    practise_intro: str
    practise_how: str
    practise_why: str
    practise_judge: str
    practise_write: str
    practise_language: str
    practise_no_levels: str
    practise_score: str
    hint_attempt: str
    hint_what: str
    plan_what: str
    plan_which: str
    plan_nothing_near: str
    plan_no_lessons: str
    plan_hours: str
    plan_how_long: str
    plan_how_often: str
    plan_from: str
    plan_in_time: str
    plan_for_a_start: str
    plan_changed: str
    plan_needed: str
    plan_intro: str
    plan_same: str
    plan_again: str
    plan_whole: str
    plan_part: str
    plan_unknown: str
    plan_together: str
    plan_later: str
    plan_late: str
    plan_past: str
    plan_week: str
    plan_weeks: str
    plan_week_hours: str
    plan_weeks_hours: str
    plan_review: str
    plan_days: str
    plan_day_between: str
    plan_day_names: str  # from Monday on, with blanks between
    reset: str
    reason_record: str
    fact_level: str
    fact_credits: str
    fact_hours: str
    fact_offering: str
    fact_no_date: str
    fact_price: str
    fact_free: str
    fact_updated: str
    before: str
    learner: str
    aid: str

    def facts(self, course: Course) -> str:
        """What the record of a course states, with its date; empty for no level, credits, price and sessions."""
        stated = [
            self.fact_level.format(course.level) if course.level is not None else "",
            self.fact_credits.format(f"{course.credits:g}") if course.credits is not None else "",
            self._price(course.price) if course.price else "",
        ]
        stated += [
            self.fact_offering.format(place, offering.start.isoformat() if offering.start else self.fact_no_date)
            for offering in course.offerings
            if (place := "".join(filter(None, (offering.city, offering.district, offering.town))))
        ]
        if not any(stated):
            return ""
        stated.append(self.fact_hours.format(f"{course.hours:g}") if course.hours is not None else "")
        stated.append(self.fact_updated.format(course.updated_at.isoformat()) if course.updated_at else "")
        return (
            "、".join(fact for fact in stated if fact)
            if self.language != "English"
            else ", ".join(filter(None, stated))
        )

    def _price(self, price: Price) -> str:
        if not price.amount:
            return self.fact_free
        currency = "元" if price.currency == "CNY" and self.language != "English" else price.currency
        return self.fact_price.format(f"{price.amount:g}", currency)


# What a model says when it finds no answer in the passages.
_NO_ANSWER = for_normalised(
    r"(?:段落|原文|资料|课程内容|文中|文本|上述内容|提供的内容|课程)(?:里|中|内)?(?:并)?(?:没有|未|无)(?:[^，。]{0,12})(?:答案|提到|提及|说明|相关|回答|涉及|包含|找到|提供)"
    r"|没有(?:找到|提供)?(?:相关的?)?(?:答案|信息|内容)|无法(?:回答|确定|从[^，。]{0,10}得)"
    r"|\b(?:no answer|does not (?:say|answer|mention|provide|contain)|do not (?:say|answer|mention|provide|contain)"
    r"|not (?:mentioned|stated|provided) in|cannot (?:answer|be answered))\b"
)


def says_no_answer(sentence: str) -> bool:
    """Whether a model says that it has found no answer."""
    return bool(_NO_ANSWER.search(normalise(sentence)))


_ONE_OF_MANY = re.compile(
    r"(?<![\d.,])1 (?P<thing>hours|credits|weeks|questions|courses|learners|minutes|entries)\b(?P<verb> (?:are|state|rate))?"  # noqa: E501
)
# OpenCC knows 每周 and 周一, and leaves a 周 behind a figure.
_COUNTED_WEEKS = re.compile(r"(?<=[\d}] )周")
# What is answered to a choice, and said everywhere.
_IN_ANY_LANGUAGE = re.compile(r"(?:\b(?:[A-Ha-h]|[A-H]{2,6}|[Oo][Kk])\b|[\W\d_])+")


@cache
def words(locale: Locale) -> Words:
    """The sentences for a locale."""
    return phrases(Words, Path(__file__).with_name("words.toml"), locale)


def phrases(kind: type[_Phrases], file: Path, locale: Locale) -> _Phrases:
    """The phrases of a TOML file, each in Chinese (zh) and English (en), as the fields of a dataclass in a locale.

    Raises TypeError where the file lacks a phrase or has one too many.
    """
    told = tomllib.loads(file.read_text("utf-8"))
    return kind(**{name: _phrase(locale, **wordings) for name, wordings in told.items()})


def _phrase(locale: Locale, *, zh: str, en: str) -> str:
    return _Counting(en) if locale == "en" else in_locale(locale, zh, en)


class _Counting(str):
    """An English phrase that, filled, says 1 hour and not 1 hours."""

    __slots__ = ()

    def format(self, *args: object, **kwargs: object) -> str:
        """The phrase filled."""
        return _ONE_OF_MANY.sub(_as_one, super().format(*args, **kwargs))


def _as_one(found: re.Match[str]) -> str:
    thing = "entry" if found["thing"] == "entries" else found["thing"].removesuffix("s")
    verb = found["verb"] or ""
    return f"1 {thing}{' is' if verb == ' are' else f'{verb}s' if verb else ''}"


def in_locale(locale: Locale, chinese: str, english: str) -> str:
    """One of two wordings, or the Chinese one in traditional script."""
    if locale == "en":
        return english
    return _COUNTED_WEEKS.sub("週", to_traditional(chinese)) if locale == "zh-Hant" else chinese


def leading_into(lead: str, language: str, say: Words) -> str:
    """What leads into a quote, with a word on its language where that is not the learner's: its words stay as they are,
    and who cannot read them is to know that they can be translated.
    """
    theirs = EN if say.language == "English" else ZH
    return lead if language == theirs else f"{lead.rstrip(':：')}{say.original}{lead[-1]}"


def locale_of(message: str, preferred: str | None) -> Locale:
    """The language and script of the message; where it does not tell (二胡, 123, 唔該晒), the preferred one."""
    message = message.encode("utf-8", "replace").decode("utf-8")
    letters = any(character.isalpha() for character in message) and not _IN_ANY_LANGUAGE.fullmatch(message)
    if letters and language_of(message) == EN:
        return "en"
    if letters:
        traditional = _changed(message, _to_simplified().convert(message))
        simplified = _changed(message, to_traditional(message))
        # Both, where a character such as 游 is written in either script, or 晒 in Cantonese alone.
        if traditional != simplified or (traditional and _nearest(preferred) == "en"):
            return "zh-Hant" if traditional > simplified else "zh-Hans"
    return _nearest(preferred)


def _changed(text: str, converted: str) -> int:
    """How many characters a conversion of script changed, which tells how many were not of that script."""
    return sum(before != after for before, after in zip(text, converted, strict=False))


def _nearest(preferred: str | None) -> Locale:
    tag = (preferred or "").lower()
    if tag.startswith("en"):
        return "en"
    return "zh-Hant" if tag.startswith(("zh-hant", "zh-hk", "zh-tw", "zh-mo", "yue")) else "zh-Hans"


def to_traditional(text: str) -> str:
    """Simplified Chinese in traditional script, Hong Kong's forms."""
    return str(_to_hong_kong().convert(text))


@cache
def _to_hong_kong() -> opencc.OpenCC:
    return opencc.OpenCC("s2hk")


@cache
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
