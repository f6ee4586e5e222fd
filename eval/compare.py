"""Two runs side by side: is the difference more than chance, and which cases flipped?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from scipy.stats import bootstrap

from eval.run import Result, metrics_of
from eval.score import Metric, Score, by_case, by_figure, means

_RESAMPLES = 2_000
_SEED = 20261123
# A case flips when its figure moves by half of the whole scale or more.
FLIP = 0.5


@dataclass(frozen=True, slots=True)
class Flip:
    """A case whose figure went from one side to the other."""

    suite: str
    case: str
    metric: str
    before: float
    after: float
    better: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of two runs over the cases that both have, with the 95% interval of the difference."""

    suite: str
    metric: Metric
    cases: int
    before: float
    after: float
    low: float
    high: float
    flips: tuple[Flip, ...]

    @property
    def change(self) -> float:
        """After less before."""
        return self.after - self.before

    @property
    def verdict(self) -> str:
        """better, worse or, when the interval holds 0, same."""
        if self.low <= 0 <= self.high:
            return "same"
        return "better" if (self.change > 0) == (self.metric.better == "higher") else "worse"


def compare(before: Result, after: Result) -> list[Difference]:
    """Every figure that both runs have, suite by suite, in the order of the suites' metrics."""
    found = []
    for suite in before.scores:
        if suite not in after.scores:
            continue
        first, second = by_case(before.scores[suite]), by_case(after.scores[suite])
        for metric in metrics_of(suite).values():
            pairs = paired(first, second, metric.name)
            if pairs:
                found.append(_difference(suite, metric, pairs))
    return found


def paired(
    first: Mapping[str, Mapping[str, float]], second: Mapping[str, Mapping[str, float]], metric: str
) -> dict[str, tuple[float, float]]:
    """The values of a figure in both runs, by the cases that have it in both."""
    return {
        case: (first[case][metric], second[case][metric])
        for case in first
        if case in second and metric in first[case] and metric in second[case]
    }


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95% interval of a mean, by the percentile bootstrap; a point where all values are the same."""
    if len(set(values)) <= 1:
        mean = fmean(values) if values else 0.0
        return mean, mean
    dice = np.random.default_rng(_SEED)
    found = bootstrap((np.asarray(values),), np.mean, n_resamples=_RESAMPLES, method="percentile", rng=dice)
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def interval_over_cases(cases: Sequence[Sequence[float]]) -> tuple[float, float]:
    """As `interval`, of the mean of all values; a case is drawn with all that its repetitions came to."""
    values = [value for case in cases for value in case]
    if len(set(values)) <= 1 or len(cases) <= 1:
        mean = fmean(values) if values else 0.0
        return mean, mean
    sums, counts = np.array([sum(case) for case in cases]), np.array([len(case) for case in cases])
    found = bootstrap(
        (sums, counts),
        lambda drawn, of, axis: drawn.sum(axis) / of.sum(axis),
        n_resamples=_RESAMPLES,
        method="percentile",
        paired=True,
        rng=np.random.default_rng(_SEED),
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def noise(scores: Sequence[Score]) -> dict[str, float]:
    """How far a figure's mean strays between repetitions: the standard deviation. Empty with one repetition."""
    repetitions = sorted({score.repetition for score in scores})
    if len(repetitions) < 2:
        return {}
    rounds = [means([score for score in scores if score.repetition == number]) for number in repetitions]
    values = {name: [one[name] for one in rounds if name in one] for name in by_figure(scores)}
    return {name: float(np.std(of, ddof=1)) for name, of in values.items() if len(of) > 1}


def flips(suite: str, metric: Metric, pairs: Mapping[str, tuple[float, float]]) -> tuple[Flip, ...]:
    """The cases that moved by FLIP or more, those that got worse first."""
    moved = (
        Flip(suite, case, metric.name, a, b, (b > a) == (metric.better == "higher"))
        for case, (a, b) in pairs.items()
        if metric.unit == "share" and abs(b - a) >= FLIP
    )
    return tuple(sorted(moved, key=lambda flip: flip.better))


def _difference(suite: str, metric: Metric, pairs: Mapping[str, tuple[float, float]]) -> Difference:
    low, high = interval([b - a for a, b in pairs.values()])
    return Difference(
        suite,
        metric,
        len(pairs),
        fmean(a for a, _ in pairs.values()),
        fmean(b for _, b in pairs.values()),
        low,
        high,
        flips(suite, metric, pairs),
    )
