"""What every command shows: bars for long work, and a sentence for what its user can mend."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from course_index.settings import explain


class OnProgress(Protocol):
    """Called with the stage, how much of it is done, how much there is, and a word on it, as what it has cost."""

    def __call__(self, stage: str, done: int, total: int, note: str = "", /) -> None: ...


@contextmanager
def explained(command: str, console: Console, *mendable: type[Exception], exit_code: int = 2) -> Iterator[None]:
    """End with `exit_code` and one sentence, without a trace, on `mendable` errors and on settings that are wrong."""
    told: tuple[type[Exception], ...] = (ValidationError, *mendable)
    try:
        yield
    except told as error:
        said = explain(error) if isinstance(error, ValidationError) else str(error)
        console.print(f"[red]{command}:[/] {escape(said)}", highlight=False, soft_wrap=True)
        sys.exit(exit_code)


@contextmanager
def progress_bars(console: Console) -> Iterator[OnProgress]:
    """A bar for each stage that is reported."""
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    note = TextColumn("{task.fields[note]}")
    with Progress(*columns, TimeRemainingColumn(), note, console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, total: int, note: str = "") -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, note="")
            bars.update(tasks[stage], completed=done, total=total, note=note)

        yield show
