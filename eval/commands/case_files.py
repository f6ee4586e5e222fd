"""Commands over files of cases: candidates, lint."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from course_index.terminal import explained
from eval.candidates import disliked, write_drafts
from eval.commands.asked import libraries_of
from eval.commands.terminal import console
from eval.errors import EvaluationProblem
from eval.library import is_of_another_test
from eval.lint import balance_of, faults_of, read_cases


def candidates(
    base_url: Annotated[str, typer.Option(help="The deployment.")],
    to: Annotated[Path, typer.Option(help="Where to write them, JSON lines.", metavar="FILE")],
    token: Annotated[str | None, typer.Option(envvar="OPERATOR_TOKEN", help="An operator's token.")] = None,
    days: Annotated[int, typer.Option(min=1, max=366)] = 30,
) -> None:
    """A teacher names the passage and the facts, or that nothing answers; `lint` says what is missing."""
    with explained("companion-eval", console, EvaluationProblem, exit_code=1):
        turns = disliked(base_url, token, days)
    write_drafts(turns, to)
    sys.stdout.write(json.dumps({"candidates": len(turns), "file": str(to)}) + "\n")


def lint(
    files: list[Path],
    library: Annotated[list[Path] | None, typer.Option(help="The courses they are about.", metavar="DIR")] = None,
) -> None:
    """Exit code 1 when something is wrong."""
    faults: list[str] = []
    others = [path for path in files if is_of_another_test(path)]
    if others:
        names = ", ".join(path.name for path in others)
        console.print(f"of no suite, and looked over by tests of their own: {names}", soft_wrap=True, highlight=False)
    cases = [case for path in files if path not in others for case in read_cases(path, faults)]
    faults += faults_of(cases, library or libraries_of(None))
    for fault in faults:
        console.print(fault, soft_wrap=True, highlight=False, markup=False)
    sys.stdout.write(
        json.dumps({"cases": len(cases), "faults": len(faults), **balance_of(cases)}, ensure_ascii=False) + "\n"
    )
    if faults:
        raise typer.Exit(1)
