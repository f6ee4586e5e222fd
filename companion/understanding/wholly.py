"""Messages that say one thing and nothing else, by word lists: 帮我报名 is of enrolment, 报名之前做什么 is not."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from companion.patterns import for_normalised
from course_index.analyze import normalise

# Longer messages tell something, which is for whatever answers.
_LONGEST = 80
_NO_LETTER = re.compile(r"[\W_]+")
_A_WORD = re.compile(r"[\u3400-\u9fff]{1,4}|[a-z]+")
_TITLE = re.compile(r"《[^》\n]{2,200}》")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind as a file has it: what says it, and what may stand beside that. `entry` is all that the file has of it."""

    name: str
    says: re.Pattern[str]
    about: re.Pattern[str] | None
    never: re.Pattern[str] | None
    beside: re.Pattern[str]
    entry: Mapping[str, Any]

    def is_said(self, said: str) -> bool:
        """Whether a message, normalised, says this, whatever else."""
        needed, kept_out = self.about, self.never
        return bool(self.says.search(said)) and not (
            (needed and not needed.search(said)) or (kept_out and kept_out.search(said))
        )

    def holds(self, said: str) -> bool:
        """Whether a message, normalised, says this and nothing else."""
        if not self.is_said(said):
            return False
        without = self.says.sub(" ", said)
        bare = not self.entry.get("alone", True) and not says_something(without) and _A_WORD.fullmatch(said)
        return not bare and not says_something(self.beside.sub(" ", without))


def without_titles(message: str, titles: Sequence[str]) -> str:
    """A message, normalised, without what is in 《》 and the `titles`, which are normalised; empty where it is long."""
    said = _TITLE.sub(" ", normalise(message).strip())
    if len(said) > _LONGEST:
        return ""
    for title in titles:
        said = said.replace(title, " ")
    return said.strip(" 。.!！?？,，~～")


def says_something(said: str) -> bool:
    """Whether there is a letter in it."""
    return bool(_NO_LETTER.sub("", said))


@cache
def kinds_in(path: Path) -> tuple[Kind, ...]:
    """The kinds of a file, in its order."""
    told = tomllib.loads(path.read_text("utf-8"))
    return tuple(_kind(name, entry, told["beside"]) for name, entry in told["kind"].items())


@cache
def slots_in(path: Path) -> Mapping[str, str]:
    """What fills the slots of a file's replies."""
    return dict(tomllib.loads(path.read_text("utf-8"))["slot"])


def _kind(name: str, entry: Mapping[str, Any], beside: Mapping[str, list[str]]) -> Kind:
    def of(field: str) -> re.Pattern[str] | None:
        if f"{field}_han" not in entry:
            return None
        return _either(entry[f"{field}_han"], entry[f"{field}_latin"])

    says = of("says")
    assert says, name
    around = _either([*entry["han"], *beside["han"]], [*entry["latin"], *beside["latin"]])
    return Kind(name, says, of("about"), of("never"), around, entry)


def _either(han: Sequence[str], latin: Sequence[str]) -> re.Pattern[str]:
    """Any of these; of Han the longest first, so that 系统 is not taken for 系."""
    longest = "|".join(sorted(dict.fromkeys(han), key=len, reverse=True))
    words = "|".join(sorted(dict.fromkeys(latin), key=len, reverse=True))
    return for_normalised(rf"{longest}|(?<![a-z'])(?:{words})(?![a-z'])")
