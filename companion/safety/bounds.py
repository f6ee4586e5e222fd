"""What the companion declines, and where it points to instead: rules that people edit, in bounds.toml."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from companion.patterns import for_normalised
from companion.safety.untrusted import without_invisible
from companion.words import Locale, to_traditional
from course_index.analyze import normalise
from retrieval.wording import shipped_wording

BUILT_IN = Path(__file__).with_name("bounds.toml")

Side = Literal["input", "output"]

_KEYS = {"name", "patterns", "unless", "never", "always", "sides", "zh", "en"}
_HAN = r"[\u3400-\u4dbf\u4e00-\u9fff]"
# What stands between the characters of a word only to hide it; sentence marks are no such thing: 。，？ part thoughts.
_HIDING = r"[\s*\-_.·•|/\\~^+=#&@'\"`…]{1,3}"
_SPACED_HAN = re.compile(rf"(?<={_HAN}){_HIDING}(?={_HAN})")
_EVERY_CHARACTER_APART = re.compile(rf"{_HAN}(?:[^\w]{{1,3}}{_HAN}(?!\w)){{3,}}")
_SPELT_OUT = re.compile(rf"(?<![a-z0-9])[a-z]({_HIDING})[a-z](?![a-z0-9])(?:\1[a-z](?![a-z0-9]))+")
_WORD = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of message that is not answered."""

    name: str
    patterns: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    never: tuple[re.Pattern[str], ...]
    always: tuple[re.Pattern[str], ...]
    sides: frozenset[str]
    reply: dict[Locale, str]

    def holds(self, forms: Iterable[str]) -> bool:
        """Whether the rule declines a text, given in each of its spellings."""
        if any(pattern.search(form) for form in forms for pattern in self.always):
            return True
        hit = any(pattern.search(form) for form in forms for pattern in self.patterns)
        return hit and not any(pattern.search(form) for form in forms for pattern in (*self.unless, *self.never))


@dataclass(frozen=True, slots=True)
class Refusal:
    """Which rule holds, and what the learner is told."""

    rule: str
    reply: str


class Bounds:
    """Rules read from a TOML file. Raises ValueError, naming the rule, when one cannot be read."""

    def __init__(self, path: Path, hotline: str) -> None:
        with path.open("rb") as file:
            table = tomllib.load(file)
        words, entries = table.get("words", {}), table.get("rule")
        if not isinstance(words, dict) or not isinstance(entries, list):
            raise ValueError("a file of bounds has [[rule]] entries, and may have [words]")
        self._rules = tuple(_rule(entry, words, hotline) for entry in entries)

    def check(self, message: str, locale: Locale, side: Side = "input") -> Refusal | None:
        """The refusal that a text gets, or None when it is within bounds."""
        forms = spellings(message)
        for rule in self._rules:
            if side in rule.sides and rule.holds(forms):
                return Refusal(rule.name, rule.reply[locale])
        return None

    def excuses(self, name: str, message: str) -> bool:
        """Whether a text that resembles what the rule of this name declines is surely something else."""
        forms = spellings(message)
        return any(
            never.search(form) for rule in self._rules if rule.name == name for never in rule.never for form in forms
        )

    def refusal(self, name: str, locale: Locale) -> Refusal | None:
        """What the rule of this name tells, for who recognised its kind in another way; None when there is none."""
        return next((Refusal(name, rule.reply[locale]) for rule in self._rules if rule.name == name), None)


def spellings(message: str) -> tuple[str, ...]:
    """The forms that patterns are sought in: normalised, without what hides a word (炸*弹, b o m b), in Mandarin."""
    plain = normalise(without_invisible(message))
    joined = _SPACED_HAN.sub("", plain)
    for apart in (_EVERY_CHARACTER_APART, _SPELT_OUT):
        joined = apart.sub(lambda found: re.sub(r"[\W_]+", "", found[0]), joined)
    return tuple(dict.fromkeys((plain, joined, shipped_wording().in_mandarin(joined))))


def _rule(entry: dict[str, Any], words: Mapping[str, str], hotline: str) -> Rule:
    try:
        if unknown := entry.keys() - _KEYS:
            raise ValueError(f"unknown key {', '.join(sorted(unknown))}")
        sides = frozenset(entry.get("sides", ["input"]))
        if not sides <= set(get_args(Side)):
            raise ValueError(f"sides are {' and '.join(get_args(Side))}")
        chinese, english = (entry[language].replace("{hotline}", hotline) for language in ("zh", "en"))
        return Rule(
            name=entry["name"],
            patterns=_compiled(entry["patterns"], words),
            unless=_compiled(entry.get("unless", []), words),
            never=_compiled(entry.get("never", []), words),
            always=_compiled(entry.get("always", []), words),
            sides=sides,
            reply={"zh-Hans": chinese, "zh-Hant": to_traditional(chinese), "en": english},
        )
    except (AttributeError, KeyError, TypeError, ValueError, re.error) as error:
        name = entry.get("name", "?") if isinstance(entry, dict) else "?"
        raise ValueError(f"bounds rule {name} cannot be read: {error}") from error


def _compiled(patterns: object, words: Mapping[str, str]) -> tuple[re.Pattern[str], ...]:
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) and pattern for pattern in patterns):
        raise ValueError("patterns, unless, never and always are lists of texts that are not empty")
    return tuple(for_normalised(_WORD.sub(lambda word: f"(?:{words[word[1]]})", pattern)) for pattern in patterns)
