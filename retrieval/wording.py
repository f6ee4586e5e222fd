"""Other words for what a learner typed: Mandarin for Cantonese, and what courses call what people call otherwise.

The dictionaries are our own, in course_index/dictionaries; an operator's file with the same columns adds to them.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from course_index.errors import IndexProblem

_FOLDER = "dictionaries"


@dataclass(frozen=True, slots=True)
class Wording:
    """Two dictionaries with keys in simplified script, and what finds their keys in a text, the longest first."""

    mandarin_of: Mapping[str, str]
    formal_of: Mapping[str, str]
    cantonese: re.Pattern[str]
    everyday: re.Pattern[str]

    def in_mandarin(self, simplified: str) -> str:
        """The text with Cantonese wording replaced; what only looks like it stays (the 点解 of 重点解决)."""
        return self.cantonese.sub(lambda found: self.mandarin_of[found[0]], simplified)

    def added(self, simplified: str) -> str:
        """What courses would say for what the text says; empty when nothing is known."""
        return " ".join(dict.fromkeys(self.formal_of[key] for key in self.everyday.findall(simplified)))


@cache
def shipped_wording() -> Wording:
    """The dictionaries that ship; 1,859 entries."""
    return read_wording([])


def read_wording(folders: Iterable[Path]) -> Wording:
    """The dictionaries that ship with those of `folders` on top. Raises IndexProblem, naming file and line."""
    shipped = Path(str(files("course_index"))) / _FOLDER
    cantonese: dict[str, str] = {}
    formal: dict[str, str] = {}
    for folder in (shipped, *folders):
        cantonese.update(_rows(folder / "cantonese.tsv"))
        formal.update(_rows(folder / "synonyms.tsv"))
    return Wording(cantonese, formal, _any_of(cantonese), _any_of(formal))


def _rows(path: Path) -> list[tuple[str, str]]:
    if not path.exists():
        return []
    rows = []
    for number, line in enumerate(path.read_text("utf-8-sig").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        columns = line.split("\t")
        if len(columns) != 2 or not all(column.strip() for column in columns):
            raise IndexProblem(f"{path}, line {number}: two columns parted by a tab are wanted")
        rows.append((columns[0].strip(), columns[1].strip()))
    return rows


def _any_of(keys: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(keys, key=lambda key: (-len(key), key))
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
