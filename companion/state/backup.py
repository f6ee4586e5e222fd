"""The whole state as one file of JSON lines, from either kind of database into either."""

import gzip
import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO, cast

from sqlalchemy import Connection, DateTime, Engine, MetaData, Table, func, insert, select, text

from companion.state.database import is_sqlite, migrate

_FORMAT = "learning-companion-state"
_ROWS_AT_ONCE = 500
_BOOKKEEPING = "alembic_version"


class BackupProblem(Exception):
    """The backup cannot be taken or restored; the message says why and what to do."""


def back_up(engine: Engine, file: Path) -> dict[str, int]:
    """Write everything, as it is at one moment, while the service goes on; how many rows of each table."""
    unfinished = file.with_name(f"{file.name}.part")
    unfinished.unlink(missing_ok=True)
    try:
        with (
            open(unfinished, "wb", opener=_for_its_owner) as packed,
            gzip.open(packed, "wt", encoding="ascii") as lines,
        ):
            counts = _back_up(engine, lines)
    except BaseException:
        unfinished.unlink(missing_ok=True)  # it holds what learners said
        raise
    os.replace(unfinished, file)
    return counts


def _back_up(engine: Engine, lines: TextIO) -> dict[str, int]:
    # SQLite reads as of one moment anyway.
    as_of_one_moment = {} if is_sqlite(engine) else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**as_of_one_moment) as connection:
        tables = _tables(connection)
        if not tables:
            raise BackupProblem("the database is empty; is COMPANION_DATABASE_URL or COMPANION_DATA_DIR right?")
        _write(lines, {"format": _FORMAT, "revision": _revision(connection)})
        counts = dict.fromkeys((table.name for table in tables), 0)
        for table in tables:
            with connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(select(table)) as rows:
                for row in rows.mappings():
                    _write(lines, {"table": table.name, "row": {name: _plain(value) for name, value in row.items()}})
                    counts[table.name] += 1
        _write(lines, {"rows": counts})
    return counts


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def restore(engine: Engine, file: Path) -> dict[str, int]:
    """Read a backup into an empty database, and bring it to the newest shape; how many rows of each table.

    All or nothing. Raises BackupProblem.
    """
    records = _records(file)
    head = next(records, {})
    if head.get("format") != _FORMAT:
        raise BackupProblem(f"{file} is no backup of the companion's state; name what companion-state backup wrote")
    _refuse_unless_empty(engine)
    migrate(engine, "base")
    migrate(engine, str(head["revision"]))
    try:
        with engine.begin() as connection:
            counts = _fill(connection, records, file)
    finally:
        migrate(engine)
    return counts


def _fill(connection: Connection, records: Iterator[dict[str, Any]], file: Path) -> dict[str, int]:
    tables = {table.name: table for table in _tables(connection)}
    counts = dict.fromkeys(tables, 0)
    for record in records:
        if "rows" in record:
            if record["rows"] != counts:
                raise BackupProblem(f"{file} says that it has other rows than it has; take another backup")
            _count_on(connection, tables.values())
            return counts
        table = tables[record["table"]]
        connection.execute(insert(table).values(_typed(table, record["row"])))
        counts[table.name] += 1
    raise BackupProblem(f"{file} breaks off; nothing was restored, take another backup")


def _count_on(connection: Connection, tables: Iterable[Table]) -> None:
    """PostgreSQL numbers new rows by counters of its own, which rows that bring a number along do not move."""
    if is_sqlite(connection.engine):
        return
    for table in tables:
        for column in table.columns:
            counter = connection.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
            if counter and (last := connection.scalar(select(func.max(column)))):
                connection.execute(select(func.setval(counter, last)))


def _refuse_unless_empty(engine: Engine) -> None:
    with engine.connect() as connection:
        for table in _tables(connection):
            if connection.scalar(select(func.count()).select_from(table)):
                raise BackupProblem(f"the database has rows in {table.name}; restore into an empty one")


def _tables(connection: Connection) -> list[Table]:
    """The tables as they are there, parents before children."""
    there = MetaData()
    there.reflect(connection)
    return [table for table in there.sorted_tables if table.name != _BOOKKEEPING]


def _revision(connection: Connection) -> str:
    return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    times = {column.name for column in table.columns if isinstance(column.type, DateTime)}
    return {name: datetime.fromisoformat(value) if value and name in times else value for name, value in row.items()}


def _write(lines: TextIO, record: dict[str, Any]) -> None:
    lines.write(json.dumps(record, ensure_ascii=True) + "\n")


def _records(file: Path) -> Iterator[dict[str, Any]]:
    try:
        with gzip.open(file, "rt", encoding="ascii") as lines:
            for line in lines:
                yield cast("dict[str, Any]", json.loads(line))
    except (OSError, EOFError, ValueError) as error:
        raise BackupProblem(f"{file} cannot be read ({error}); nothing was restored") from error
