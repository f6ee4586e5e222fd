"""What the companion declines, and where it points to instead: rules that people edit, in bounds.toml."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from companion.words import Locale, to_traditional
from course_index.analyze import normalise

BUILT_IN = Path(__file__).with_name("bounds.toml")

# Whatever stands between two Han characters without being a letter, a digit or the end of a clause.
_GAPS = re.compile(r"(?<=[\u3400-\u9fff])[\s*_\-.·|/~\u200b-\u200f\u2060\ufeff]+(?=[\u3400-\u9fff])")


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of message that is not answered."""

    name: str
    patterns: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    sides: frozenset[str]
    reply: dict[Locale, str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Which rule holds, and what the learner is told."""

    rule: str
    reply: str


class Bounds:
    """Rules read from a TOML file. Raises ValueError, naming the rule, when one cannot be read."""

    def __init__(self, path: Path, crisis_hotline: str) -> None:
        with path.open("rb") as file:
            entries = tomllib.load(file)["rule"]
        self._rules = tuple(_rule(entry, crisis_hotline) for entry in entries)

    def check(self, text: str, locale: Locale, side: str = "input") -> Refusal | None:
        """The refusal that a text gets, or None when it is within bounds."""
        plain = normalise(text)
        squeezed = _GAPS.sub("", plain)  # 炸 弹 and 炸*弹 are 炸弹
        for rule in self._rules:
            if side not in rule.sides:
                continue
            hit = any(pattern.search(plain) or pattern.search(squeezed) for pattern in rule.patterns)
            if hit and not any(pattern.search(plain) for pattern in rule.unless):
                return Refusal(rule.name, rule.reply[locale])
        return None


def _rule(entry: dict[str, Any], hotline: str) -> Rule:
    try:
        chinese, english = (entry[language].replace("{hotline}", hotline) for language in ("zh", "en"))
        return Rule(
            name=entry["name"],
            patterns=tuple(re.compile(pattern) for pattern in entry["patterns"]),
            unless=tuple(re.compile(pattern) for pattern in entry["unless"]),
            sides=frozenset(entry.get("sides", ["input"])),
            reply={"zh-Hans": chinese, "zh-Hant": to_traditional(chinese), "en": english},
        )
    except (KeyError, re.error) as error:
        raise ValueError(f"bounds rule {entry.get('name', '?')} cannot be read: {error}") from error
