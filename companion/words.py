"""The fixed sentences the companion says itself, in the learner's language and script."""

from dataclasses import dataclass, fields
from functools import cache
from typing import Literal

import opencc

from course_index.language import EN, language_of

Locale = Literal["zh-Hans", "zh-Hant", "en"]


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence a situation; `{}` slots are filled by the turn."""

    language: str
    quoted: str
    continued: str
    nothing_answers: str
    may_help: str
    nothing_at_all: str
    courses_found: str
    no_course_found: str
    reason_passage: str
    reason_terms: str
    reason_card: str
    greeting: str
    empty: str
    ai_notice: str


_ZH = Words(
    language="简体中文",
    quoted="课程里是这样写的：",
    continued="AI 没有写完，下面是课程原文：",
    nothing_answers="已收录的课程内容里，没有找到能回答这个问题的段落。",
    may_help="下面的课程与它有关，也许能帮上忙：",
    nothing_at_all="目录里也没有与它相近的课程。可以换个说法再问，或向当地社区学院、学习点咨询。",
    courses_found="目录里有这些课程与您说的相符：",
    no_course_found="目录里没有找到与您说的相符的课程。",
    reason_passage="课里有相关内容：《{lesson}》",
    reason_terms="课程介绍里提到：{terms}",
    reason_card="课程介绍与您说的相近",
    greeting="您好，我是学习助手。可以问我课程里的知识，也可以让我帮您找课程；答案都注明出处，没有的内容我会直说。",
    empty="请输入想问的问题，或想学的内容。",
    ai_notice="内容由 AI 生成",
)
_EN = Words(
    language="English",
    quoted="The course content says:",
    continued="The AI did not finish; the course content says:",
    nothing_answers="No passage in the indexed course content answers this. ",
    may_help="These courses are on related subjects and may help:",
    nothing_at_all=(
        "No course in the catalogue is close to it either. "
        "Try other words, or ask a community college or learning point near you."
    ),
    courses_found="These courses in the catalogue fit what you asked for:",
    no_course_found="No course in the catalogue fits what you asked for. ",
    reason_passage="A lesson in it is on this: “{lesson}”",
    reason_terms="Its description mentions: {terms}",
    reason_card="Its description is close to what you asked",
    greeting=(
        "Hello, I am a study aid. Ask me about what the courses teach, or let me find a course; "
        "answers name their sources, and I say so when there is none."
    ),
    empty="Please type a question, or what you would like to learn.",
    ai_notice="AI-generated content",
)


@cache
def words(locale: Locale) -> Words:
    """The sentences for a locale."""
    if locale == "en":
        return _EN
    if locale == "zh-Hans":
        return _ZH
    return Words(**{field.name: to_traditional(getattr(_ZH, field.name)) for field in fields(Words)})


def locale_of(message: str, preferred: str | None) -> Locale:
    """The language and script of the message; where it does not tell (二胡, 123), the preferred one."""
    letters = any(character.isalpha() for character in message)
    if letters and language_of(message) == EN:
        return "en"
    if letters:
        traditional = _changed(message, _to_simplified().convert(message))
        simplified = _changed(message, to_traditional(message))
        if traditional or simplified:  # both, where a character such as 游 is written in either script
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
