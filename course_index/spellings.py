"""The terms that a misspelt query may have meant: words of titles, headings, subjects and skills."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from course_index.analyze import normalise
from course_index.sounds import syllables

SHORTEST, LONGEST = 2, 8
# Part of a title is taken for a word when two titles have it, up to this length.
_LONGEST_PART = 4
_SHORTEST_LATIN = 4
# Text beyond this in one title is no name.
_LONGEST_TEXT = 200
# What somebody named a subject or a skill is surely a word: such a term weighs this, and every other one less.
NAME_WEIGHT = 10

_HAN_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_LATIN_WORD = re.compile(r"[a-z]+")
_JOINTS = re.compile("[的与和及或在了吗呢从到是]")


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the library, simplified and in lower case. `sound` is pinyin with spaces, or empty for Latin words."""

    text: str
    sound: str
    weight: int


def spelling_terms(titles: Iterable[str], names: Iterable[str]) -> set[Term]:
    """The words of `titles`, and the `names` of subjects and skills as they are."""
    weights: Counter[str] = Counter()
    parts: Counter[str] = Counter()
    for title in titles:
        text = normalise(title[:_LONGEST_TEXT])
        weights.update(set(_latin(text)))
        pieces = {piece for run in _HAN_RUN.findall(text) for piece in _JOINTS.split(run)}
        weights.update(piece for piece in pieces if SHORTEST <= len(piece) <= LONGEST)
        parts.update({part for piece in pieces for part in _parts(piece)})
    for part, count in _words(parts).items():
        weights[part] = max(weights[part], count)
    weights = Counter({text: min(count, NAME_WEIGHT - 1) for text, count in weights.items()})
    for name in names:
        text = normalise(name[:_LONGEST_TEXT])
        runs = (run for run in _HAN_RUN.findall(text) if SHORTEST <= len(run) <= LONGEST)
        weights.update(dict.fromkeys((*_latin(text), *runs), NAME_WEIGHT))
    return {Term(text, "" if text.isascii() else " ".join(syllables(text)), count) for text, count in weights.items()}


def _latin(text: str) -> list[str]:
    return [word for word in _LATIN_WORD.findall(text) if len(word) >= _SHORTEST_LATIN]


def _parts(piece: str) -> Iterable[str]:
    # One longer than what is kept, so that `_words` can tell the longest kept parts from halves of words.
    for length in range(SHORTEST, _LONGEST_PART + 2):
        for start in range(len(piece) - length + 1):
            yield piece[start : start + length]


def _words(parts: Counter[str]) -> dict[str, int]:
    """Parts of several titles that do not stand in one longer part every time: 基本功, and not 本功."""
    repeated = {part: count for part, count in parts.items() if count > 1}
    halves = {half for part, count in repeated.items() for half in (part[1:], part[:-1]) if repeated.get(half) == count}
    return {part: count for part, count in repeated.items() if part not in halves and len(part) <= _LONGEST_PART}
