"""The credit bank: what a learner has, what courses would add, what a target lacks. All of it arithmetic.

Rules are an operator's data, each with its clause, source and date; with none loaded, no total is held against any.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from course_index.course import Course
from course_index.record import Level, first_problem

_Text = Annotated[str, Field(min_length=1, max_length=2_000)]
_Credits = Annotated[Decimal, Field(ge=0, le=100_000, allow_inf_nan=False)]


class RulesUnreadable(Exception):
    """A file of rules cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Credits that somebody awarded. `kind` says for what, such as course or certificate; `earned_on` is ISO."""

    id: str
    credits: Decimal
    earned_on: str
    source: str
    title: str
    course_id: str | None = None
    certificate: str | None = None
    kind: str = "course"
    level: int | None = None


class Clause(BaseModel):
    """Where a rule is from: the document, its words, and when they hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: _Text
    title: _Text
    clause: _Text
    source: _Text
    url: str | None = Field(default=None, pattern=r"^https?://")
    effective_from: date
    effective_until: date | None = None
    sample: bool = False

    def holds(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.effective_from <= day and (self.effective_until is None or day <= self.effective_until)


class Target(Clause):
    """So many credits lead to a thing; of them so many at a level or above, and so many of each kind at most."""

    rule: Literal["target"]
    credits: _Credits
    at_least: dict[Level, _Credits] = {}
    at_most: dict[str, _Credits] = {}


class Expiry(Clause):
    """Credits of a kind count for so many years."""

    rule: Literal["expiry"]
    years: Annotated[int, Field(ge=1, le=100)]
    kind: str | None = None


class Conversion(Clause):
    """A certificate counts as so many credits; it is told, and added by whoever keeps the ledger, never by us."""

    rule: Literal["conversion"]
    certificate: _Text
    credits: _Credits


Rule = Annotated[Target | Expiry | Conversion, Field(discriminator="rule")]


class RuleFile(BaseModel):
    """What an operator supplies."""

    model_config = ConfigDict(extra="forbid")

    rules: list[Rule]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "RuleFile":
        ids = [rule.id for rule in self.rules]
        if twice := sorted({id_ for id_ in ids if ids.count(id_) > 1}):
            raise ValueError(f"rules have the same id: {', '.join(twice)}")
        return self


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules that are loaded; none is no rule, not a rule that nothing counts."""

    rules: tuple[Target | Expiry | Conversion, ...] = ()

    @property
    def are_loaded(self) -> bool:
        """Whether anything can be said of targets."""
        return bool(self.rules)

    def targets(self, day: date) -> list[Target]:
        """What can be reached, by the rules in force."""
        return [rule for rule in self.rules if isinstance(rule, Target) and rule.holds(day)]

    def target(self, id_: str, day: date) -> Target | None:
        """One of them."""
        return next((rule for rule in self.targets(day) if rule.id == id_), None)

    def in_force(self, day: date) -> list[Target | Expiry | Conversion]:
        """All rules that hold on a day."""
        return [rule for rule in self.rules if rule.holds(day)]


@dataclass(frozen=True, slots=True)
class Balance:
    """What counts on a day, and what no longer does."""

    counted: tuple[Entry, ...]
    expired: tuple[Entry, ...]
    total: Decimal


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a target is: what counts towards it, and what is missing, in all and at the levels it asks for."""

    target: Target
    counted: Decimal
    over_limits: Decimal
    missing: Decimal
    missing_at: tuple[tuple[int, Decimal], ...]

    @property
    def reached(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing and not self.missing_at


def read_rules(path: Path) -> Rules:
    """The rules in a JSON file {"rules": [...]}. Raises RulesUnreadable."""
    try:
        parsed = TypeAdapter(RuleFile).validate_python(json.loads(path.read_text("utf-8"), parse_float=Decimal))
    except (OSError, ValueError) as error:
        why = first_problem(error) if isinstance(error, ValidationError) else str(error)
        raise RulesUnreadable(
            f"the credit rules in {path} cannot be used: {why}; mend them or unset COMPANION_CREDIT_RULES"
        ) from error
    return Rules(tuple(parsed.rules))


def balance(entries: Sequence[Entry], rules: Rules, day: date) -> Balance:
    """What of a ledger counts on a day. Each course counts once, by its latest entry."""
    expiries = [rule for rule in rules.in_force(day) if isinstance(rule, Expiry)]
    latest: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda entry: (entry.earned_on, entry.id)):
        if entry.earned_on <= day.isoformat():
            latest[entry.course_id or f"entry:{entry.id}"] = entry
    counted = [entry for entry in latest.values() if not _expired(entry, expiries, day)]
    gone = [entry for entry in latest.values() if _expired(entry, expiries, day)]
    return Balance(tuple(counted), tuple(gone), sum((entry.credits for entry in counted), Decimal(0)))


def standing(target: Target, counted: Iterable[Entry]) -> Standing:
    """How far a target is with these entries: no kind counts beyond its limit, and the best levels count first."""
    by_kind: dict[str, list[Entry]] = {}
    for entry in counted:
        by_kind.setdefault(entry.kind, []).append(entry)
    within: list[tuple[Decimal, int]] = []
    over = Decimal(0)
    for kind, entries in by_kind.items():
        room = target.at_most.get(kind)
        for entry in sorted(entries, key=lambda entry: -(entry.level or 0)):
            taken = entry.credits if room is None else min(entry.credits, room)
            over += entry.credits - taken
            if room is not None:
                room -= taken
            within.append((taken, entry.level or 0))
    total = sum((taken for taken, _ in within), Decimal(0))
    missing_at = []
    for level, needed in sorted(target.at_least.items()):
        had = sum((taken for taken, at in within if at >= level), Decimal(0))
        if had < needed:
            missing_at.append((level, needed - had))
    return Standing(target, total, over, max(Decimal(0), target.credits - total), tuple(missing_at))


def would_add(courses: Iterable[Course], entries: Sequence[Entry], day: date) -> tuple[list[Entry], list[Course]]:
    """What courses would add to a ledger by their records, and those whose records state no credits.

    A course that is in the ledger adds nothing.
    """
    had = {entry.course_id for entry in entries if entry.course_id}
    added, silent = [], []
    for course in courses:
        if course.id in had:
            continue
        if course.credits is None:
            silent.append(course)
            continue
        had.add(course.id)
        added.append(
            Entry(
                f"would:{course.id}", Decimal(str(course.credits)), day.isoformat(), course.provider or "", course.title, course.id,  # noqa: E501
                level=course.level,
            )
        )  # fmt: skip
    return added, silent


def _expired(entry: Entry, expiries: Iterable[Expiry], day: date) -> bool:
    earned = date.fromisoformat(entry.earned_on)
    return any(rule.kind in (None, entry.kind) and _years_after(earned, rule.years) < day for rule in expiries)


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year + years, day=28)
