"""What a run came to: its report, its table, its figures."""

import json
import sys
from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from eval.commands.terminal import console
from eval.gate import drops
from eval.report import rows_of, write_report
from eval.run import FAILED_ALLOWED, Result, Run, metrics_of
from eval.suites import SUITES


def end(result: Result, kept: Run, name: str, stages: dict[str, dict[str, float]], gate: bool) -> None:
    """Write the report and print the figures. Raises typer.Exit where the gate or a void suite says so."""
    figures = _figures(result, stages)
    if result.unfinished:
        warn_unfinished(result)
    else:
        kept.ended(figures)
    written = write_report(result, stages, _earlier(kept.folder, figures))
    _show(result)
    console.print(f"report: {written}", soft_wrap=True, highlight=False)
    fallen = drops(result) if gate and not result.void else []
    flat = figures | figures["suites"][name] if name != "all" else figures
    sys.stdout.write(
        json.dumps({"suite": name, **flat, **({"gate": not fallen and not result.void} if gate else {})}) + "\n"
    )
    for drop in fallen:
        console.print(f"[red]dropped:[/] {drop}", soft_wrap=True, highlight=False)
    for suite in result.void:
        console.print(
            f"[red]void:[/] more than {FAILED_ALLOWED:.0%} of {suite} failed; its figures stand for nothing. Mend what "
            f"failed, then give the same command with --run {result.folder.name}: it asks again what failed",
            soft_wrap=True,
            highlight=False,
        )
    if fallen or result.void:
        raise typer.Exit(1)


def warn_unfinished(result: Result) -> None:
    """Say that a run was broken off, if it was."""
    if result.unfinished:
        console.print(f"[yellow]unfinished:[/] {result.unfinished}", soft_wrap=True, highlight=False)


def _figures(result: Result, stages: dict[str, dict[str, float]]) -> dict[str, Any]:
    suites = {
        suite: {
            "cases": len(result.cases[suite]),
            "not_asked": len(result.not_asked[suite]),
            "failed": len(result.failed[suite]),
            "left": result.left[suite],
            **figures,
        }
        for suite, figures in result.figures.items()
    }
    about = result.manifest["about"]
    return {
        "run": str(result.folder),
        "subject": about["subject"],
        "model": about.get("model"),
        "commit": result.manifest["commit"],
        "tokens": result.spent.tokens,
        "cost": round(result.spent.cost, 6),
        "suites": suites,
        "void": result.void,
        **({"stages": stages} if stages else {}),
    }


def _earlier(folder: Path, now: dict[str, Any]) -> list[dict[str, Any]]:
    """The figures of the runs of the same subject beside this one, oldest first: what the report draws over time."""
    found = []
    for path in sorted(folder.parent.glob("*/figures.json")):
        try:
            manifest = json.loads((path.parent / "run.json").read_text("utf-8"))
            figures = json.loads(path.read_text("utf-8"))
            same = all(figures[name] == now[name] for name in ("subject", "model"))
            if same and not manifest["limit"]:
                found.append({"started": manifest["started"], "name": path.parent.name, **figures})
        except (OSError, ValueError, KeyError):
            continue  # a folder of something else
    return sorted(found, key=lambda one: str(one["started"]))


def _show(result: Result) -> None:
    for suite, figures in result.figures.items():
        table = Table(title=f"{SUITES[suite].title} {suite}: {len(result.scores[suite])} asked", title_justify="left")
        for heading in ("figure", "mean", "95%", "noise", "cases"):
            table.add_column(heading, justify="left" if heading == "figure" else "right", no_wrap=True)
        for row in rows_of(result, suite):
            table.add_row(
                f"{row.metric.name} {'↑' if row.metric.better == 'higher' else '↓'}",
                f"{row.value:.3f}",
                f"{row.low:.3f}–{row.high:.3f}" if row.low is not None else "",
                f"{row.noise:.3f}" if row.noise is not None else "",
                str(row.cases),
            )
        judged = any(name.startswith("judge_") for name in figures)
        if not judged and any(name.startswith("judge_") for name in metrics_of(suite)):
            table.caption = "no judge: nobody graded what only a reader can; see --judge-url"
        console.print(table)
        if not_asked := result.not_asked[suite]:
            console.print(f"not asked: {len(not_asked)}, for example {next(iter(not_asked.items()))}", highlight=False)
        if failed := result.failed[suite]:
            (case, _), why = next(iter(failed.items()))
            console.print(
                f"failed, in no figure: {len(failed)}, for example {case}: {why}", highlight=False, markup=False
            )
