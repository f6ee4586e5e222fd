"""A case's score, and what each figure means."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Literal


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure between 0 and 1 unless its unit says otherwise, and which way is better. The words are the report's."""

    name: str
    title: str
    meaning: str
    better: Literal["higher", "lower"] = "higher"
    unit: Literal["share", "ms", "characters"] = "share"


@dataclass(frozen=True, slots=True)
class Score:
    """What a case came to. A figure that does not apply to it is not there; `failures` say in words what was wrong."""

    case: str
    repetition: int
    figures: Mapping[str, float]
    failures: tuple[str, ...] = ()


@dataclass(slots=True)
class Tally:
    """Gathers the figures and failures of one case."""

    figures: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def share(self, name: str, value: float | None) -> None:
        """A figure, where it applies."""
        if value is not None:
            self.figures[name] = float(value)

    def must(self, name: str, holds: bool, otherwise: str) -> None:
        """A figure of 1 when it holds, else 0 and a failure."""
        self.figures[name] = float(holds)
        if not holds:
            self.failures.append(otherwise)

    def must_not(self, name: str, happens: bool, then: str) -> None:
        """A figure of 0 unless it happens, then 1 and a failure."""
        self.figures[name] = float(happens)
        if happens:
            self.failures.append(then)

    def score(self, case: str, repetition: int) -> Score:
        """The score."""
        return Score(case, repetition, self.figures, tuple(self.failures))


def passed(scores: Sequence[Score]) -> float:
    """The share of cases in which nothing was wrong."""
    return fmean(not score.failures for score in scores) if scores else 0.0


def means(scores: Iterable[Score]) -> dict[str, float]:
    """The mean of each figure over the cases that it applies to."""
    values = by_figure(scores)
    return {name: fmean(of) for name, of in values.items()}


def by_figure(scores: Iterable[Score]) -> dict[str, list[float]]:
    """Each figure's values."""
    values: dict[str, list[float]] = {}
    for score in scores:
        for name, value in score.figures.items():
            values.setdefault(name, []).append(value)
    return values


def values_by_case(scores: Iterable[Score]) -> dict[str, list[list[float]]]:
    """Each figure's values, those of a case together: what a case says again is no further case."""
    values: dict[str, dict[str, list[float]]] = {}
    for score in scores:
        for name, value in score.figures.items():
            values.setdefault(name, {}).setdefault(score.case, []).append(value)
    return {name: list(of.values()) for name, of in values.items()}


def by_case(scores: Sequence[Score]) -> dict[str, dict[str, float]]:
    """For each case its figures, the mean over repetitions."""
    cases: dict[str, list[Score]] = {}
    for score in scores:
        cases.setdefault(score.case, []).append(score)
    return {case: means(of) for case, of in cases.items()}
