"""Other words for what a learner typed: Mandarin for Cantonese, what courses call it, what the other language calls it.

The dictionaries are our own, in course_index/dictionaries; an operator's file with the same columns adds to them.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from course_index.errors import IndexProblem
from course_index.store.legs import Word
from retrieval.glossary import Glossary

_FOLDER = "dictionaries"
# Before words that are about the same matter and do not mean the same.
_ONLY_ADDED = "+"
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
# The words of an English subject that say what it is.
_WORD = re.compile(
    r"\b(?!(?:a|an|the|of|to|in|on|at|for|and|or|by|with|from|my|his|her|their|how|use|using|about|basic|basics|introduction|beginners?)\b)[a-z][a-z'-]*"
)


@dataclass(frozen=True, slots=True)
class Wording:
    """The dictionaries, with Chinese in simplified script, and what finds their keys in a text, the longest first."""

    mandarin_of: Mapping[str, str]
    formal_of: Mapping[str, str]
    in_place_of: Mapping[str, str]
    cantonese: re.Pattern[str]
    everyday: re.Pattern[str]
    replaced: re.Pattern[str]
    english_of: Mapping[str, str]
    chinese_of: Mapping[str, str]
    chinese: re.Pattern[str]
    english: re.Pattern[str]
    glossary: Glossary | None = None

    def in_mandarin(self, simplified: str) -> str:
        """The text with Cantonese wording replaced; what only looks like it stays (the 点解 of 重点解决)."""
        return self.cantonese.sub(lambda found: self.mandarin_of[found[0]], simplified)

    def added(self, simplified: str) -> str:
        """What courses would say for what the text says, the words within longer ones too (驾照 in 驾照丢了);
        empty when nothing is known.
        """
        keys = self.everyday.findall(simplified)
        keys += [within for key in keys for part in (key[:-1], key[1:]) for within in self.everyday.findall(part)]
        return " ".join(dict.fromkeys(self.formal_of[key] for key in keys))

    def in_course_words(self, simplified: str) -> str:
        """The text with its everyday words replaced by those of courses that mean the same; empty when it has none."""
        told = self.replaced.sub(lambda found: self.in_place_of.get(found[0].lower(), found[0]), simplified)
        return told if told != simplified else ""

    def in_other_words(self, parts: Iterable[str], language: str) -> tuple[Word, ...]:
        """The words of a question in `language`, each as whatever it may be called in the other; none without the
        glossary.
        """
        return self.glossary.words(parts, language) if self.glossary else ()

    def translated(self, subject: str) -> str:
        """A subject, normalised, in the other language; empty where less than half of it is known.

        The Latin names in a Chinese one stay.
        """
        if _HAN.search(subject):
            told = self.chinese.sub(lambda found: f" {self.english_of[found[0]]} ", subject)
            known, left = len(_HAN.findall(subject)) - len(_HAN.findall(told)), len(_HAN.findall(told))
            return " ".join(_HAN.sub(" ", told).split()) if known >= max(left, 1) else ""
        names = self.english.findall(subject)
        words, named = len(_WORD.findall(subject)), len(_WORD.findall(" ".join(names)))
        return " ".join(self.chinese_of[name] for name in names) if named >= words / 2 else ""


@cache
def shipped_wording() -> Wording:
    """The dictionaries that ship."""
    return read_wording([])


def read_wording(folders: Iterable[Path]) -> Wording:
    """The dictionaries that ship with those of `folders` on top. Raises IndexProblem, naming file and line."""
    shipped = Path(str(files("course_index"))) / _FOLDER
    cantonese: dict[str, str] = {}
    formal: dict[str, str] = {}
    english: dict[str, str] = {}
    chinese: dict[str, str] = {}
    for folder in (shipped, *folders):
        cantonese.update(_rows(folder / "cantonese.tsv"))
        formal.update(_rows(folder / "synonyms.tsv"))
        for name, names in _rows(folder / "english.tsv"):
            english[name] = names.split("|")[0]
            chinese.update((one, name) for one in names.split("|") if one not in chinese)
    in_place = {key.lower(): said.split()[0] for key, said in formal.items() if not said.startswith(_ONLY_ADDED)}
    formal = {key: said.removeprefix(_ONLY_ADDED).strip() for key, said in formal.items()}
    return Wording(
        cantonese,
        formal,
        in_place,
        _any_of(cantonese),
        _any_of(formal),
        _any_of(in_place, re.IGNORECASE),
        english,
        chinese,
        _any_of(english),
        re.compile(rf"\b(?:{_any_of(chinese).pattern})\b"),
    )


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


def _any_of(keys: Iterable[str], flags: int = 0) -> re.Pattern[str]:
    """What finds the longest key at a place. Keys of one first letter stand together: a third of the time for 6,900."""
    rests: dict[str, list[str]] = {}
    for key in sorted(keys, key=lambda key: (-len(key), key)):
        rests.setdefault(key[0], []).append(re.escape(key[1:]))
    found = (f"{re.escape(first)}(?:{'|'.join(those)})" for first, those in rests.items())
    return re.compile("|".join(found) or r"(?!)", flags)
