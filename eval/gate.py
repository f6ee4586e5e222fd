"""What a build must not fall below: the figures of the last accepted run less its noise."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.compare import Flip, flips
from eval.errors import DataProblem
from eval.run import Result, metrics_of
from eval.score import by_case

ACCEPTED = Path(__file__).parent / "accepted.json"
# Figures are kept with four decimals.
_ROUNDING = 0.0001
# Another processor rounds the vectors otherwise and may flip a case; so many are let pass.
_CASES_ALLOWED = 2
# What figures of a whole run, such as fairness between groups, are let stray: there a case more or less weighs more.
_OF_THE_WHOLE_ALLOWED = 0.1
# Runs of one build that stray further are not of one build, or one of them was broken: as noise it would let all pass.
_NOISE_ALLOWED = 0.1


@dataclass(frozen=True, slots=True)
class Drop:
    """A figure on the wrong side of its floor, and the cases that flipped with it."""

    suite: str
    metric: str
    accepted: float
    floor: float
    now: float
    flipped: tuple[Flip, ...]

    def __str__(self) -> str:
        cases = ", ".join(flip.case for flip in self.flipped if not flip.better) or "no single one"
        return (
            f"{self.suite} {self.metric}: {self.now:.4f}, accepted {self.accepted:.4f}, floor {self.floor:.4f}; "
            f"cases that flipped: {cases}"
        )


def accept(runs: Sequence[Result], path: Path = ACCEPTED) -> None:
    """Keep the first run's figures as accepted, with a figure for each case, so that a drop can name its cases. Suites
    that it did not ask stay as they were accepted before.

    The noise of a figure is how far the other runs stray from it: runs of the same build that should be the same, as
    on another machine or with the other engine of the same weights. Raises DataProblem for a run that is not whole,
    and for one that strays too far to be of the same build or is of other cases.
    """
    _refuse_unsound(runs)
    first = runs[0]
    before = _accepted(path) if path.exists() else {"cases": {}, "suites": {}}
    kept: dict[str, Any] = {
        "commit": first.manifest["commit"],
        "cases": before["cases"] | first.manifest["cases"],
        "suites": before["suites"] | {suite: _suite_accepted(suite, runs) for suite in first.scores},
    }
    lines = json.dumps(kept, ensure_ascii=False, sort_keys=True)
    path.write_text(_a_case_a_line(lines) + "\n", "utf-8")


def _refuse_unsound(runs: Sequence[Result]) -> None:
    """Raises DataProblem for a run that is not whole, and for one of other cases than the first."""
    for run in runs:
        if run.unfinished:
            raise DataProblem(f"{run.unfinished}; take it up with --run {run.folder.name}, then accept it")
        if run.void:
            raise DataProblem(f"{run.folder}: too much of {', '.join(run.void)} failed; its figures stand for nothing")
    first = runs[0]
    for run in runs[1:]:
        shared = run.manifest["cases"].keys() & first.manifest["cases"].keys()
        if others := sorted(suite for suite in shared if _asked(run, suite) != _asked(first, suite)):
            raise DataProblem(f"{run.folder} is of other cases of {', '.join(others)} than {first.folder}")


def _suite_accepted(suite: str, runs: Sequence[Result]) -> dict[str, Any]:
    """The first run's shares in a suite, each with its noise, and those of each case."""
    first = runs[0]
    of_cases = by_case(first.scores[suite])
    figures = {
        name: {
            "value": first.figures[suite][name],
            "noise": _noise(runs, suite, name, sum(name in values for values in of_cases.values())),
        }
        for name, metric in metrics_of(suite).items()
        if metric.unit == "share" and name in first.figures[suite]
    }
    cases = {
        case: {name: round(value, 4) for name, value in values.items() if name in figures}
        for case, values in of_cases.items()
    }
    return {"figures": figures, "cases": cases}


def _noise(runs: Sequence[Result], suite: str, name: str, cases: int) -> float:
    """How far the other runs stray from the first in a figure over so many cases. Raises DataProblem for too far."""
    first, *others = runs
    noise = 0.0
    for run in others:
        if not _has(run, suite, name):
            continue
        by = abs(run.figures[suite][name] - first.figures[suite][name])
        if by > _noise_allowed(cases) + _ROUNDING:
            raise DataProblem(
                f"{run.folder} strays from {first.folder} by {by:.2f} in {suite} {name}, which is no noise: runs "
                "that tell it are of the same build and content; look at both with companion-eval compare"
            )
        noise = max(noise, by)
    return round(noise, 4)


def drops(now: Result, path: Path = ACCEPTED) -> list[Drop]:
    """The figures that fell below their floors. Raises DataProblem when the run is of other cases."""
    accepted = _accepted(path)
    fallen = []
    for suite, figures in now.figures.items():
        if suite not in accepted["suites"]:
            raise DataProblem(f"{path} has no figures of {suite}; accept a run that has: companion-eval accept RUN")
        if accepted["cases"][suite] != now.manifest["cases"][suite]:
            raise DataProblem(
                f"the cases of {suite} were changed since the accepted run; look at the report, "
                "then: companion-eval accept RUN"
            )
        fallen += _drops(suite, accepted["suites"][suite], figures, by_case(now.scores[suite]))
    return fallen


def _accepted(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise DataProblem(f"{path} holds no accepted run; make one with: companion-eval accept RUN") from error


def _drops(
    suite: str, accepted: Mapping[str, Any], figures: Mapping[str, float], now: Mapping[str, Mapping[str, float]]
) -> list[Drop]:
    fallen = []
    for name, kept in accepted["figures"].items():
        metric = metrics_of(suite)[name]
        sign = 1 if metric.better == "higher" else -1
        cases = sum(name in values for values in accepted["cases"].values())
        noise = min(kept["noise"], _noise_allowed(cases))  # the file may have been written by hand
        floor = kept["value"] - sign * (max(noise, _allowed(cases)) + _ROUNDING)
        value = figures.get(name)
        if value is not None and sign * (value - floor) >= 0:
            continue
        pairs = {
            case: (values[name], now[case][name])
            for case, values in accepted["cases"].items()
            if name in values and name in now.get(case, {})
        }
        fallen.append(
            Drop(
                suite, name, kept["value"], floor, float("nan") if value is None else value, flips(suite, metric, pairs)
            )
        )
    return fallen


def _allowed(cases: int) -> float:
    """How far a figure over so many cases may fall without any noise."""
    return _CASES_ALLOWED / cases if cases else _OF_THE_WHOLE_ALLOWED


def _noise_allowed(cases: int) -> float:
    return max(_NOISE_ALLOWED, _allowed(cases))


def _asked(run: Result, suite: str) -> Any:
    return run.manifest["cases"][suite]


def _has(run: Result, suite: str, name: str) -> bool:
    return name in run.figures.get(suite, {})


def _a_case_a_line(text: str) -> str:
    """JSON that shows in a diff which case changed."""
    return text.replace('}, "', '},\n"')
