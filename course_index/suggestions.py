"""What typing ahead may suggest, and the keys under which each suggestion is found."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Literal

from course_index.analyze import simplified
from course_index.course import Course, Lesson
from course_index.sounds import syllables

SuggestionKind = Literal["course", "lesson", "subject", "skill"]

# What is typed beyond this no longer narrows the choice.
KEY_CHARACTERS = 32
# Words that begin later in a title than this are not found by their beginning.
_WORD_STARTS = 40
_LENGTHS = 32
_RANKED_LAST = _LENGTHS - 1
# Every rank there is: the start of the text before its inside, lessons after all else, then by length.
RANKS = 4 * _LENGTHS

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_NOT_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text to offer. `course_id` is None when the text belongs to several courses, `weight` says to how many."""

    text: str
    kind: SuggestionKind
    course_id: str | None = None
    weight: int = 1


@dataclass(frozen=True, slots=True)
class _Token:
    """A Han character or another word, in the three ways to type it."""

    written: str
    sound: str
    initial: str


def suggestions(courses: Iterable[Course], lessons: Iterable[Lesson]) -> set[Suggestion]:
    """All that may be suggested over these courses and their lessons, each text once a kind."""
    named: dict[tuple[str, SuggestionKind], set[str]] = {}
    for text, kind, course_id in chain(_of_courses(courses), _of_lessons(lessons)):
        if shown := " ".join(text.split()):
            named.setdefault((shown, kind), set()).add(course_id)
    return {
        Suggestion(text, kind, _only(ids) if kind in ("course", "lesson") else None, len(ids))
        for (text, kind), ids in named.items()
    }


def folded(text: str) -> str:
    """One spelling for what reads or is typed the same: simplified, without case, accents, spaces and marks."""
    return _NOT_WORD.sub("", _plain(text))


def ranked_keys(suggestion: Suggestion) -> set[tuple[int, str]]:
    """The keys of a suggestion with the rank that each gives it; what is typed is a prefix of one of them."""
    tokens = _tokens(suggestion.text)
    length = min(sum(len(token.written) for token in tokens), _RANKED_LAST)
    base = _LENGTHS * (suggestion.kind == "lesson") + length
    keys: dict[str, int] = {}
    for start in range(min(len(tokens), _WORD_STARTS)):
        rank = base + 2 * _LENGTHS * (start > 0)
        for key in _spellings(tokens[start : start + KEY_CHARACTERS]):
            keys.setdefault(key, rank)
    return {(rank, key) for key, rank in keys.items()}


def _of_courses(courses: Iterable[Course]) -> Iterator[tuple[str, SuggestionKind, str]]:
    for course in courses:
        yield course.title, "course", course.id
        yield from zip(course.subjects, repeat("subject"), repeat(course.id))
        yield from zip(course.skills, repeat("skill"), repeat(course.id))


def _of_lessons(lessons: Iterable[Lesson]) -> Iterator[tuple[str, SuggestionKind, str]]:
    return ((lesson.title, "lesson", lesson.course_id) for lesson in lessons)


def _only(ids: set[str]) -> str | None:
    return next(iter(ids)) if len(ids) == 1 else None


def _plain(text: str) -> str:
    """Simplified, without case and accents; ü becomes v where pinyin has it, as on a keyboard."""
    decomposed = unicodedata.normalize("NFKD", simplified(text).casefold())
    typed = re.sub("(?<=[ln])u\u0308", "v", decomposed)
    return "".join(character for character in typed if not unicodedata.combining(character))


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    for run in _WORD.findall(_plain(text)):
        if re.match(f"[{_HAN}]", run):
            tokens += [_Token(han, sound, sound[0]) for han, sound in zip(run, syllables(run), strict=True)]
        else:
            tokens.append(_Token(run, run, run[0]))
    return tokens


def _spellings(tokens: list[_Token]) -> set[str]:
    """The tokens as written, in full pinyin, and by initials: those only where Han characters have some."""
    ways = ["".join(token.written for token in tokens), "".join(token.sound for token in tokens)]
    if ways[0] != ways[1]:
        ways.append("".join(token.initial for token in tokens))
    return {way[:KEY_CHARACTERS] for way in ways}
