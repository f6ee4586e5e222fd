"""Did you mean: the nearest word of the library for a word that is not in it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import islice, product

from rapidfuzz import process
from rapidfuzz.distance import OSA

from course_index.analyze import normalise, simplified, terms
from course_index.errors import PartUnavailable
from course_index.sounds import readings
from course_index.spellings import LONGEST, NAME_WEIGHT, SHORTEST, Term
from course_index.store.legs import LexicalSearch
from course_index.store.records import Records
from course_index.tokens import count_tokens

# A longer text is not a search with a slip in it.
_MAX_CHARACTERS = 100
# Of the ways to read a window, so many are looked up.
_MAX_SOUNDS = 8
# One letter changed makes too many short words into others.
_SHORTEST_LATIN = 5
# One of so many letters may have two slips, neither in the first: photografy.
_LONG_LATIN = 9
_RUN = re.compile(r"(?P<han>[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+)|[A-Za-z\uff21-\uff3a\uff41-\uff5a]+")
# A word of so few characters sounds like another by chance: it must stand by itself to be taken for a slip.
_CHANCE = 3
# So many characters of a longer name are used for it.
_SHORTEST_SHORT, _LONGEST_SHORT = 2, 3
# No name begins so: 被狗 is not short for 被猫狗咬.
_NO_NAME = frozenset("被把给让在是不没有和与")
# What stands between the words of a search.
_JOINTS = re.compile(
    "怎么办|怎么样|怎么|怎样|如何|为什么|是什么|什么|哪里|哪些|多少|可以|需要|应该|有关|关于|课程|培训|教程|入门|基础|学习|"
    "[的了吗呢吧啊和与及或在是有要想学教]"
)


@dataclass(frozen=True, slots=True)
class Correction:
    """The text with its slips mended, and what was changed into what."""

    text: str
    changed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Change:
    start: int
    end: int
    term: Term
    differing: int = 1


class Spelling:
    """Spelling help over one generation. Safe to call from many threads.

    `indexes` say which words the library has anywhere: whatever it has is left as it is. `names` are words in Latin
    letters that may be meant besides: what subjects are called whose courses are in the other language.
    """

    def __init__(self, records: Records, indexes: Sequence[LexicalSearch], names: Iterable[str] = ()) -> None:
        self._phrases = records.phrases
        self._indexes = indexes
        self._names = frozenset(word for name in names for word in name.split() if len(word) >= _SHORTEST_LATIN)

    def correct(self, text: str) -> Correction | None:
        """The text that was probably meant, or None when nothing in it looks misspelt."""
        text = text.strip()
        if not text or len(text) > _MAX_CHARACTERS:
            return None
        changes = [change for run in _RUN.finditer(text) for change in self._changes(run, alone=run.group() == text)]
        return _mended(text, changes) if changes else None

    def written_out(self, text: str) -> Correction | None:
        """The text with names that people shorten in full, 快速排序 for 快排, or None when it seems to have none.

        Not everything that looks shortened is: 流血 is no 流鼻血. Whoever asks looks whether it helps.
        """
        text = text.strip()
        if not text or len(text) > _MAX_CHARACTERS:
            return None
        runs = (run for run in _RUN.finditer(text) if run["han"])
        changes = [change for run in runs for change in self._shortened(run.group(), run.start())]
        return _mended(text, changes) if changes else None

    def has(self, word: str) -> bool:
        """Whether some text of the library has the word as it is typed; so it is taken while that is not known."""
        return self._has(word)

    def _changes(self, run: re.Match[str], *, alone: bool) -> list[_Change]:
        if run["han"]:
            return self._homophones(run.group(), run.start(), alone=alone)
        meant = self._nearest(normalise(run.group()))
        return [_Change(*run.span(), meant)] if meant else []

    # -- Latin words -------------------------------------------------------------------------------------------------

    def _nearest(self, word: str) -> Term | None:
        """The one word with a letter changed, missing, too many or swapped, or of a long word two; the likelier one of
        several.
        """
        if len(word) < _SHORTEST_LATIN or word in self._names:
            return None
        if _is_everyday(word) or _is_everyday(word.removesuffix("s")):
            return None
        if self._phrases.known([word]) or self._has(word):
            return None
        slips = 2 if len(word) >= _LONG_LATIN else 1
        lengths = range(len(word) - slips, len(word) + slips + 1)
        words = [term for length in lengths for term in self._latin.get(length, ())]
        if slips > 1:
            words = [term for term in words if term.text[0] == word[0]]
        near = process.extract(
            word, [term.text for term in words], scorer=OSA.distance, score_cutoff=slips, limit=None, processor=None
        )
        likely = [(-far, words[number]) for _, far, number in near if not _are_forms(word, words[number].text)]
        best = max(likely, key=lambda one: (one[0], one[1].weight, one[1].text), default=None)
        return best[1] if best else None

    @cached_property
    def _latin(self) -> dict[int, list[Term]]:
        by_length: dict[int, list[Term]] = {}
        for term in (*self._phrases.latin(), *(Term(name, "", 0) for name in self._names)):
            by_length.setdefault(len(term.text), []).append(term)
        return by_length

    # -- Han characters ----------------------------------------------------------------------------------------------

    def _homophones(self, typed: str, offset: int, *, alone: bool) -> list[_Change]:
        """Changes that do not overlap: longer words first, then those that change less, then commoner words."""
        run = simplified(typed)
        if len(run) != len(typed):
            return []
        changes: list[_Change] = []
        for change in sorted(self._candidates(run, alone=alone), key=_likelihood):
            free = all(change.end <= other.start or other.end <= change.start for other in changes)
            if free and self._is_slip(run, change, alone=alone):
                changes.append(change)
        changes.sort(key=lambda change: change.start)
        return [replace(change, start=offset + change.start, end=offset + change.end) for change in changes]

    def _candidates(self, run: str, *, alone: bool) -> Iterator[_Change]:
        # 心里学 typed alone is one word, though 学 mostly joins two.
        spans = {*_windows(run), *([(0, len(run))] if alone and SHORTEST <= len(run) <= _CHANCE else ())}
        windows = [(start, end, _sounds(run[start:end])) for start, end in sorted(spans)]
        sounding: dict[str, list[Term]] = {}
        for term in self._phrases.sounding({sound for _, _, sounds in windows for sound in sounds}):
            sounding.setdefault(term.sound, []).append(term)
        for start, end, sounds in windows:
            for term in (term for sound in sounds for term in sounding.get(sound, ())):
                differing = sum(one != other for one, other in zip(run[start:end], term.text, strict=True))
                # Two words that share no more than their sound are two words.
                if 0 < differing <= len(term.text) // 2:
                    yield _Change(start, end, term, differing)

    def _shortened(self, typed: str, offset: int) -> list[_Change]:
        """Of words that the library has nowhere, the names whose words begin so."""
        run = simplified(typed)
        if len(run) != len(typed):
            return []
        changes: list[_Change] = []
        beginning = cache(self._phrases.beginning)
        for begin, finish in _pieces(run):
            for length in (_LONGEST_SHORT, _SHORTEST_SHORT):
                for start in range(begin, finish - length + 1):
                    short = run[start : start + length]
                    taken = any(
                        start < change.end - offset and change.start - offset < start + length for change in changes
                    )
                    meant = None if taken or short[0] in _NO_NAME else _full_name(short, beginning(short[0]))
                    if meant and not self._has(short):
                        changes.append(_Change(offset + start, offset + start + length, meant))
        return sorted(changes, key=lambda change: change.start)

    def _is_slip(self, run: str, change: _Change, *, alone: bool) -> bool:
        """Whether what was typed is no word of the library, and neither part of a word nor of two."""
        if self._has(run[change.start : change.end]):
            return False
        if change.end - change.start > _CHANCE:
            return True
        if alone and (change.start, change.end) == (0, len(run)):
            return True
        if change.end - change.start == SHORTEST and change.term.weight < NAME_WEIGHT:
            return False
        begin, finish = next(piece for piece in _pieces(run) if piece[0] <= change.start and change.end <= piece[1])
        beside = {part for part in (run[begin : change.start], run[change.end : finish]) if part}
        return beside <= self._phrases.known(beside)

    def _has(self, word: str) -> bool:
        """Whether some text of the library has all characters and pairs of the word: it may stand there as typed.

        While that is not known, nothing is taken for a slip.
        """
        try:
            return any(index.holding(terms(normalise(word)), 1) for index in self._indexes)
        except PartUnavailable:
            return True


def _full_name(short: str, beginning: Sequence[Term]) -> Term | None:
    """Of the names `beginning` as a short one does that which has a word of two or three characters for each of its
    own, of which the last may be one itself; None when several are as likely.
    """
    if not beginning:
        return None
    words = re.compile(".{1,2}".join(map(re.escape, short)) + ".{0,2}")
    names = [term for term in beginning if words.fullmatch(term.text)]
    names.sort(key=lambda term: (-term.weight, term.text))
    likeliest = names[:1]
    return likeliest[0] if likeliest and all(name.weight < names[0].weight for name in names[1:]) else None


def _mended(text: str, changes: list[_Change]) -> Correction:
    mended, position, changed = "", 0, []
    for change in changes:
        typed = text[change.start : change.end]
        meant = _in_script_of(typed, change.term.text)
        mended += text[position : change.start] + meant
        position = change.end
        changed.append((typed, meant))
    return Correction(mended + text[position:], tuple(changed))


def _windows(run: str) -> Iterator[tuple[int, int]]:
    """Every part of a run that may be a word; a short one does not reach over a joint."""
    for length in range(_CHANCE + 1, min(LONGEST, len(run)) + 1):
        yield from ((start, start + length) for start in range(len(run) - length + 1))
    for begin, finish in _pieces(run):
        for length in range(SHORTEST, min(_CHANCE, finish - begin) + 1):
            yield from ((start, start + length) for start in range(begin, finish - length + 1))


def _pieces(run: str) -> Iterator[tuple[int, int]]:
    begin = 0
    for joint in _JOINTS.finditer(run):
        yield begin, joint.start()
        begin = joint.end()
    yield begin, len(run)


def _sounds(window: str) -> list[str]:
    """How it may be read."""
    spoken = [readings(character) for character in window]
    return [" ".join(syllables) for syllables in islice(product(*spoken), _MAX_SOUNDS)]


def _likelihood(change: _Change) -> tuple[int, int, int, int]:
    return (-len(change.term.text), change.differing, -change.term.weight, change.start)


def _is_everyday(word: str) -> bool:
    """Whether the tokenizer has the word whole: it learned the words that are frequent on the web."""
    return count_tokens(f" {word}") == 1


def _are_forms(word: str, other: str) -> bool:
    """Whether one is the other with an ending: spreadsheet and spreadsheets."""
    shorter, longer = sorted((word, other), key=len)
    return longer[: len(shorter)] == shorter and longer[len(shorter) :] in {"s", "d", "r"}


def _in_script_of(typed: str, term: str) -> str:
    """The term in traditional script where that was typed."""
    return term if simplified(typed) == typed else simplified(term, recipe="s2t")
