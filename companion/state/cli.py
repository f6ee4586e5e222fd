"""companion-state: the operator's commands over what is kept."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from companion.guidance.occupations import (
    OccupationsUnreadable,
    import_classification,
    write_occupations,
)
from companion.settings import CompanionSettings, where_state_is
from companion.state.audit import Audit
from companion.state.backup import BackupProblem, back_up, restore
from companion.state.database import (
    NoSuchShape,
    StateUnavailable,
    connect,
    is_sqlite,
    migrate,
    open_database,
    shape,
    wipe,
)
from companion.state.learners import Learners
from companion.state.turn_log import TurnLog
from course_index.settings import explain

_TO_STOP_SECONDS = 3.0

commands = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)


@commands.command("migrate")
def migrate_command(
    to: Annotated[str, typer.Option(help="A revision, head or base; down as well as up.")] = "head",
) -> None:
    """Bring the tables to a shape. The service does it itself at its start, upwards.

    Down, what later migrations keep is gone: stop every service that is newer before, and take a backup.
    """
    with _database(connect) as engine:
        migrate(engine, to)
        typer.echo(f"the tables are at {shape(engine) or to}")


@commands.command("backup")
def backup_command(file: Annotated[Path, typer.Argument(help="Where to write it, as state.jsonl.gz.")]) -> None:
    """Write everything to one file, while the service runs; the tables stay as they are."""
    with _database(connect) as engine:
        typer.echo(f"{file}: {_counted(back_up(engine, file))}")


@commands.command("restore")
def restore_command(file: Annotated[Path, typer.Argument(help="What `backup` wrote.")]) -> None:
    """Read a backup into an empty database of either kind."""
    with _database() as engine:
        typer.echo(f"restored {_counted(restore(engine, file))}")


@commands.command("sweep")
def sweep_command() -> None:
    """Erase what is older than its time. The service does it every hour."""
    from companion.build import make_state  # which loads all that answers, and no other command needs

    state = make_state(CompanionSettings())
    typer.echo(f"erased {state.sweep()}")
    state.close()


@commands.command("wipe")
def wipe_command() -> None:
    """Take erased rows out of the database's files. On PostgreSQL each table is locked meanwhile: run it at night."""
    with _database() as engine:
        wipe(engine)
        typer.echo("the files hold no erased rows any more")


@commands.command("erase")
def erase_command(
    learner: Annotated[str, typer.Argument(help="The pseudonym, as GET /v1/learners/me tells it.")],
) -> None:
    """Erase a learner who asks by letter; what a learner does alone is DELETE /v1/learners/me."""
    with _database() as engine:
        _stop_turns_of(learner, TurnLog(engine, CompanionSettings().turn_minutes))
        erased = Learners(engine).erase(learner)
        Audit(engine).record("operator", "erased", "by companion-state")
        if is_sqlite(engine):  # PostgreSQL's tables are locked meanwhile: at night
            wipe(engine)
        typer.echo(f"erased {_counted(erased)}")


@commands.command("import-occupations")
def import_occupations_command(
    table: Annotated[
        Path, typer.Argument(help="A table with columns code, name, and definition, tasks, alias, level.")
    ],
    file: Annotated[Path, typer.Argument(help="Where to write it, for COMPANION_OCCUPATIONS.")],
    source: Annotated[str, typer.Option(help="What the table is, as learners are told.")],
    as_of: Annotated[str, typer.Option(help="Of when it is: a year, month or day.")],
) -> None:
    """Make a file of occupations from a table of the national classification."""
    try:
        count = write_occupations(import_classification(table, source, as_of), file)
    except (OccupationsUnreadable, OSError) as error:
        typer.echo(f"companion-state: {error}", err=True)
        sys.exit(1)
    typer.echo(f"{file}: {count} occupations; set COMPANION_OCCUPATIONS to it")


@commands.command("audit")
def audit_command(
    seal: Annotated[
        str, typer.Option(help="One that this command told before: the row that has it must be there.")
    ] = "",
) -> None:
    """Prove that no row of the audit was changed or taken out before the last; exit code 1 when one was.

    The seal of the last row is told: kept elsewhere and given back later, it proves that nothing was cut off the end.
    """
    with _database() as engine:
        audit = Audit(engine)
        broken, last = audit.first_broken(), audit.last()
        if broken is not None:
            typer.echo(f"companion-state: row {broken} of the audit is not as it was written", err=True)
            sys.exit(1)
        if seal and not audit.has(seal):
            typer.echo("companion-state: the row with this seal is not there any more", err=True)
            sys.exit(1)
        typer.echo(f"the audit is whole; row {last.number} has the seal {last.seal}" if last else "the audit is empty")


@contextmanager
def _database(opened: Callable[[Path | str], Engine] = open_database) -> Iterator[Engine]:
    """The database of the settings; what goes wrong is said in a sentence."""
    try:
        engine = opened(where_state_is(CompanionSettings()))
    except ValidationError as error:
        typer.echo(f"companion-state: {explain(error)}", err=True)
        sys.exit(2)
    except StateUnavailable as error:
        typer.echo(f"companion-state: {error}", err=True)
        sys.exit(1)
    try:
        yield engine
    except (BackupProblem, NoSuchShape, StateUnavailable, OSError) as error:
        typer.echo(f"companion-state: {error}", err=True)
        sys.exit(1)
    except OperationalError as error:
        typer.echo(f"companion-state: the database does not answer: {error.orig}", err=True)
        sys.exit(1)
    finally:
        engine.dispose()


def _stop_turns_of(learner: str, log: TurnLog) -> None:
    """Have a service that answers this learner stop, and write down what it still has: else it would come after."""
    deadline = time.monotonic() + _TO_STOP_SECONDS
    while time.monotonic() < deadline:
        log.cancel_all_of(learner)  # a turn that just began is in the log half a second later
        time.sleep(0.2)


def _counted(rows: dict[str, int]) -> str:
    return ", ".join(f"{number} {table}" for table, number in sorted(rows.items())) or "nothing"


def main() -> None:
    """The console script."""
    commands()
