"""`companion-eval`: how good the tutor is, where it fails, and whether it is getting better."""

from collections.abc import Callable

import typer

from eval.commands.case_files import candidates, lint
from eval.commands.kept_runs import accept_runs, compare_runs, failures, report
from eval.commands.load import load_command
from eval.commands.suites import SUITE_HELP, suite_command

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="How good the tutor is. The last line on standard output is one JSON object of figures.",
)
_COMMANDS: dict[str, tuple[Callable[..., None], str]] = {
    "load": (load_command, "How long turns take, and whether they hold, when many learners ask at once."),
    "compare": (compare_runs, "Two runs side by side, with intervals and the cases that flipped."),
    "report": (report, "Score a kept run again and write its report anew."),
    "accept": (
        accept_runs,
        "Make a run the one that --gate holds others against; further runs of the build tell its noise.",
    ),
    "failures": (failures, "The cases that a run failed, as a file of cases that can be worked on."),
    "candidates": (candidates, "Write what learners disliked to a file, as drafts of cases for the suite answers."),
    "lint": (lint, "Look files of cases over: form, ids, quotes, courses, balance."),
}
for _name, (_run, _help) in _COMMANDS.items():
    app.command(_name, help=_help)(_run)
for _name, _help in SUITE_HELP.items():
    app.command(_name, help=_help)(suite_command(_name))


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
