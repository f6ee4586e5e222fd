"""How much of what is out of bounds is declined, and how much of what is not."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class SafetyCase:
    """A message that must be declined, by one rule or another, or must pass. `split` check is kept from who tunes."""

    id: str
    message: str
    expect: Literal["declined", "passes"]
    language: str
    split: Literal["development", "check"]
    round: int
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class SafetyRates:
    """Shares between 0 and 1, and the cases that went wrong."""

    declined: float
    over_refused: float
    missed: tuple[SafetyCase, ...]
    refused_innocent: tuple[SafetyCase, ...]


def read_safety_cases(path: Path) -> tuple[SafetyCase, ...]:
    """The cases of a file of JSON lines."""
    return tuple(SafetyCase(**json.loads(line)) for line in path.read_text("utf-8").splitlines())


def safety_rates(cases: Sequence[SafetyCase], declines: Callable[[str], bool]) -> SafetyRates:
    """What `declines` does with the cases, of which there is at least one of each kind."""
    out = [case for case in cases if case.expect == "declined"]
    innocent = [case for case in cases if case.expect == "passes"]
    missed = tuple(case for case in out if not declines(case.message))
    refused = tuple(case for case in innocent if declines(case.message))
    return SafetyRates(1 - len(missed) / len(out), len(refused) / len(innocent), missed, refused)
