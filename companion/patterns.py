"""Patterns that people write, sought in text that was normalised."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from pathlib import Path

from course_index.analyze import simplified

# As `normalise` leaves these marks; those that are operators of a pattern, for themselves.
_MARKS = str.maketrans({"，": ",", "；": ";", "：": ":", "！": "!", "？": r"\?", "（": r"\(", "）": r"\)"})
_HAN = re.compile(r"[\u3400-\u9fff]")
_READ_ONCE: list[Callable[[], object]] = []


def read_at_start(read: Callable[[], object]) -> None:
    """Have something that is read and compiled once read by `read_all`, and not in a learner's first turn."""
    _READ_ONCE.append(read)


def read_all() -> None:
    """Read and compile what modules keep as data: half a second, the first time."""
    for read in _READ_ONCE:
        read()


# More than those that ship: `re` itself keeps 512, fewer than that, and would compile all of them for each companion.
@lru_cache(maxsize=2_048)
def for_normalised(pattern: str) -> re.Pattern[str]:
    """A pattern whose marks and characters are those that normalising leaves: [^，。] ends at the comma of such text,
    and 嗰 finds what OpenCC makes of it.
    """
    return re.compile(_HAN.sub(lambda found: _simplified_character(found[0]), pattern.translate(_MARKS)))


@cache
def _simplified_character(character: str) -> str:
    return simplified(character)


def pattern(entry: Mapping[str, Sequence[str]], **named: str) -> re.Pattern[str]:
    """One of an entry's `anywhere`, or of its `words` as a whole word of a Latin script; {name} is what is `named`.

    For patterns that are kept as data, in a TOML file beside the code that uses them.
    """
    words = [rf"\b(?:{'|'.join(entry['words'])})\b"] if "words" in entry else []
    joined = "|".join([*entry.get("anywhere", ()), *words])
    for name, value in named.items():
        joined = joined.replace(f"{{{name}}}", value)
    return for_normalised(joined)


class Patterns(Mapping[str, re.Pattern[str]]):
    """The patterns of a TOML file, or of one of its tables, by their names; the file is read when one is first needed.

    A pattern is made of the table's [part]s, each of which may be made of those before it, and of what is `named`.
    """

    def __init__(self, file: Path, table: str | None = None, **named: str) -> None:
        self._file = file
        self._table = table
        self._named = named
        read_at_start(lambda: self._read)

    @cached_property
    def _read(self) -> dict[str, re.Pattern[str]]:
        told = tomllib.loads(self._file.read_text("utf-8"))
        entries = told[self._table] if self._table else told
        parts = dict(reversed(entries.pop("part", {}).items()))  # the last first: it is made of those before it
        return {name: pattern(entry, **parts, **self._named) for name, entry in entries.items()}

    def __getitem__(self, name: str) -> re.Pattern[str]:
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)
