"""Commands over runs that were kept: compare, report, accept, failures."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from course_index.terminal import explained
from eval.case import Case
from eval.commands.results import end, warn_unfinished
from eval.commands.terminal import console
from eval.compare import compare
from eval.errors import DataProblem, EvaluationProblem
from eval.gate import ACCEPTED, accept
from eval.metrics import rounded
from eval.run import Run, scored
from eval.suites import SUITES


def compare_runs(before: Path, after: Path) -> None:
    """Paired bootstrap over the cases that both runs have."""
    with explained("companion-eval", console, EvaluationProblem, exit_code=1):
        results = scored(Run(before)), scored(Run(after))
        differences = compare(*results)
        if not differences:
            raise DataProblem("these runs have no case in common; compare runs of the same suite and cases")
    title = f"{before.name} → {after.name}; 95% intervals of the difference, paired bootstrap"
    table = Table(title=title, box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("suite", "figure", "cases", "before", "after", "change", "95%", "verdict", "flipped"):
        table.add_column(heading, no_wrap=True)
    for one in differences:
        worse = sum(not flip.better for flip in one.flips)
        table.add_row(
            one.suite, one.metric.name, str(one.cases), f"{one.before:.3f}", f"{one.after:.3f}", f"{one.change:+.3f}",
            f"{one.low:+.3f} … {one.high:+.3f}", one.verdict, f"+{len(one.flips) - worse} −{worse}",
        )  # fmt: skip
    console.print(table)
    for result in results:
        warn_unfinished(result)
    for one in differences:
        for flip in one.flips:
            way = "better" if flip.better else "worse"
            console.print(
                f"{flip.suite} {flip.metric} {way}: {flip.case} {flip.before:.2f} → {flip.after:.2f}", highlight=False
            )
    told = [_told(one) for one in differences]
    unfinished = [str(result.folder) for result in results if result.unfinished]
    sys.stdout.write(json.dumps({"differences": told, "unfinished": unfinished}) + "\n")


def _told(one: Any) -> dict[str, Any]:
    figures = rounded({"before": one.before, "after": one.after, "low": one.low, "high": one.high})
    flipped = {"better": [f.case for f in one.flips if f.better], "worse": [f.case for f in one.flips if not f.better]}
    return {
        "suite": one.suite,
        "metric": one.metric.name,
        "cases": one.cases,
        "verdict": one.verdict,
        **figures,
        **flipped,
    }


def report(run: Path) -> None:
    """A recorded run as a subject: nobody is asked."""
    with explained("companion-eval", console, EvaluationProblem, exit_code=1):
        kept = Run(run)
        end(scored(kept), kept, "all", {}, gate=False)


def accept_runs(
    runs: list[Path],
    to: Annotated[Path, typer.Option(help="The file that --gate reads.", metavar="FILE")] = ACCEPTED,
) -> None:
    """The first run's figures become the accepted ones."""
    with explained("companion-eval", console, EvaluationProblem, exit_code=1):
        accept([scored(Run(run)) for run in runs], to)
    sys.stdout.write(json.dumps({"accepted": str(runs[0]), "file": str(to)}) + "\n")


def failures(
    run: Path,
    suite: Annotated[str, typer.Argument(help=", ".join(SUITES))],
    to: Annotated[Path, typer.Option(help="Where to write them, JSON lines.", metavar="FILE")],
) -> None:
    """Each with what was wrong as its note; ids are kept, so that a fix can be seen as a flip."""
    with explained("companion-eval", console, EvaluationProblem, exit_code=1):
        result = scored(Run(run))
        if suite not in result.scores:
            raise DataProblem(f"{run} has no suite {suite!r}; it has {', '.join(result.scores)}")
    wrong = {score.case: score.failures for score in result.scores[suite] if score.failures}
    with to.open("w", encoding="utf-8") as file:
        for id_, failures in wrong.items():
            case: Case = result.cases[suite][id_]
            row = case.model_dump(mode="json", exclude_defaults=True) | {"note": "; ".join(failures)}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    sys.stdout.write(json.dumps({"failed": len(wrong), "file": str(to)}) + "\n")
