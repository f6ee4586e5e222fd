"""The command `load`: how long turns take when many learners ask at once."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from companion.settings import CompanionSettings
from course_index.errors import IndexProblem
from course_index.parts import make_embedder
from course_index.terminal import explained, progress_bars
from eval.commands.asked import Who, libraries_of, plan_of
from eval.commands.options import (
    BaseUrl,
    Data,
    Report,
    Token,
)
from eval.commands.terminal import console
from eval.errors import EvaluationProblem
from eval.library import evaluation_index
from eval.run import FAILED_ALLOWED, sample
from eval.suites.load import Level, load


def load_command(
    base_url: BaseUrl = None,
    token: Token = None,
    data: Data = None,
    limit: Annotated[int, typer.Option(min=1, help="Turns a level.")] = 60,
    report: Report = None,
) -> None:
    """Ask questions of the suite `answers`, from more and more learners at once."""
    with (
        explained("companion-eval", console, EvaluationProblem, IndexProblem, exit_code=1),
        progress_bars(console) as progress,
    ):
        settings = CompanionSettings()
        cases = plan_of(["answers"], data, None, 0, 1).cases["answers"]
        messages = [case.question for case in sample(cases, limit, 0)]  # type: ignore[attr-defined]

        async def measured() -> tuple[dict[str, Any], list[Level]]:
            who, embedder, serving = Who(base_url, None, "", False, token), None, settings
            if who.needs_index:
                embedder = make_embedder(settings, progress)
                serving = evaluation_index(settings, libraries_of(data), embedder, progress)
            subject = who.subject(serving, embedder)
            try:
                return subject.about(), await load(subject, messages, limit, progress)
            finally:
                await subject.close()

        about, levels = asyncio.run(measured())
    console.print(_load_table(levels))
    void = [level for level in levels if level.errors > FAILED_ALLOWED]
    figures = {
        "suite": "load",
        "subject": about["subject"],
        "levels": [_of_level(level) for level in levels],
        "void": [level.at_once for level in void],
    }
    if report:
        report.mkdir(parents=True, exist_ok=True)
        (report / f"load-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json").write_text(json.dumps(figures, indent=1), "utf-8")
    sys.stdout.write(json.dumps(figures) + "\n")
    for level in void:
        console.print(
            f"void: with {level.at_once} at once {level.errors:.0%} failed, for example {level.why}; more than "
            f"{FAILED_ALLOWED:.0%} is no load that it holds",
            soft_wrap=True,
            highlight=False,
            markup=False,
        )
    if void:
        raise typer.Exit(1)


def _load_table(levels: Sequence[Level]) -> Table:
    table = Table(title="milliseconds")
    for heading in ("at once", "turns", "errors", "first p50", "first p95", "whole p50", "whole p95", "turns/s"):
        table.add_column(heading, justify="right")
    for level in levels:
        shown = (level.first_p50_ms, level.first_p95_ms, level.total_p50_ms, level.total_p95_ms)
        table.add_row(
            str(level.at_once), str(level.turns), f"{level.errors:.1%}",
            *("–" if ms is None else f"{ms:.0f}" for ms in shown), f"{level.turns_per_second:.1f}",
        )  # fmt: skip
    return table


def _of_level(level: Level) -> dict[str, Any]:
    """A level as JSON, where what is unknown is null."""
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(level).items()}
