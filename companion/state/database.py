"""The database of the companion's state, SQLite or PostgreSQL, opened and brought to its newest shape."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, WeakSet

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from companion.state.indexes import make_missing, make_missing_meanwhile

log = logging.getLogger(__name__)
T = TypeVar("T")

# A database that restarts is back within seconds; what is longer away is down.
_TRIES = 5
_FIRST_PAUSE_SECONDS = 0.1
_TRIED_FOR_SECONDS = 4.0
_LEFT_ALONE_SECONDS = 3.0
# One looks whether it is back, for no longer than this; the others go on without.
_LOOKED_FOR_SECONDS = 30.0
_left_alone_until: WeakKeyDictionary[Engine, float] = WeakKeyDictionary()
_writing: WeakKeyDictionary[Engine, Lock] = WeakKeyDictionary()
_DOWN = "The database does not answer; please try again shortly."
_HELD = (
    "The tables cannot be changed: a transaction holds one of them for minutes, as a backup may. Nothing was changed; "
    "pg_stat_activity tells which it is (docs/operations.md)."
)
_SECONDS_FOR_A_LOCK = 5
_SECONDS_TO_CONNECT = 5
# Longer than a lock is waited for, and than any statement takes that a turn or an hour's sweep has.
_SILENT_SECONDS = 15.0
# Writers wait too while the log is cut.
_SECONDS_TO_CUT_THE_LOG = 0.5
_SECONDS_TO_WIPE = 60
_uncut: WeakSet[Engine] = WeakSet()
MIGRATIONS = Path(__file__).parent / "migrations"
_LOCKED, _DEADLOCKED = "55P03", "40P01"
# A table or a column is missing: SQLite calls that an OperationalError too.
_OF_ANOTHER_SHAPE = ("42P01", "42703")
# Any number will do; all that open this database must take the same.
_MIGRATION_LOCK = 7_214_031
# A migration that waits for a table has every turn wait behind it: it steps back soon, and tries again.
_SECONDS_FOR_A_TABLE = 1
_PAUSE_BETWEEN_MIGRATIONS_SECONDS = 4.0
_SECONDS_TO_MIGRATE = 180.0


class StateUnavailable(Exception):
    """The database does not answer."""


class NoSuchShape(Exception):
    """No migration of this version leads from or to there; the message says which."""


def open_database(where: Path | str) -> Engine:
    """The SQLite file at a path, made when missing, or the PostgreSQL database of a URL.

    Safe to call from many threads, processes and machines at once: one of them brings the tables to their newest shape.
    Raises StateUnavailable.
    """
    engine = connect(where)
    for left in reversed(range(_TRIES)):
        try:
            migrate(engine)
            break
        except StateUnavailable:
            engine.dispose()
            raise
        except OperationalError as error:
            # Many that make a SQLite file at once: its change to a write-ahead log waits for nobody.
            if not left:
                engine.dispose()
                raise StateUnavailable(f"The database cannot be opened: {error.orig}") from error
            time.sleep(_FIRST_PAUSE_SECONDS * 2)
    return engine


def connect(where: Path | str) -> Engine:
    """As `open_database`, with the tables left as they are."""
    return _sqlite(where) if isinstance(where, Path) else _postgres(where)


def migrate(engine: Engine, to: str = "head") -> None:
    """Bring the tables to the shape `to` (a revision, `head` or `base`), up or down. All of it is done, or nothing.

    Indexes of tables that stood before are made last, in PostgreSQL while others write.
    Raises StateUnavailable when others do not let go of a table of PostgreSQL's for minutes, and NoSuchShape.
    """
    deadline = time.monotonic() + _SECONDS_TO_MIGRATE
    while True:
        try:
            if _migrate(engine, to) and not is_sqlite(engine):
                _make_missing_indexes(engine)
            return
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in (_LOCKED, _DEADLOCKED):
                raise
            if time.monotonic() > deadline:
                raise StateUnavailable(_HELD) from error
            log.warning("another transaction holds a table that is to be changed; trying again")
            time.sleep(_PAUSE_BETWEEN_MIGRATIONS_SECONDS)


def _migrate(engine: Engine, to: str) -> bool:
    """Whether the tables are in this version's newest shape now."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection, _without_end(connection):
        if not is_sqlite(engine):
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        # Two may start at once: the second waits here, and then finds nothing left to do.
        alone(connection, _MIGRATION_LOCK)
        if not is_sqlite(engine):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_SECONDS_FOR_A_TABLE}s'")
        config.attributes["connection"] = connection
        current = MigrationContext.configure(connection).get_current_revision() or ""
        # Our revisions are numbered, so their names are in order.
        newest = str(ScriptDirectory.from_config(config).get_current_head())
        if current > newest and to == "head":
            # A later version was here, and may be again: it only added, so that this one can go on meanwhile.
            log.warning("the tables are at %s, which is newer than this version; they are left as they are", current)
            return False
        if current > newest:
            raise NoSuchShape(
                f"The tables are at {current}, and only the version that brought them there takes it back."
            )
        down = to == "base" or (to != "head" and to < current)
        try:
            (command.downgrade if down else command.upgrade)(config, to)
        except CommandError as error:
            raise NoSuchShape(f"There is no migration {to}; the newest is {newest}.") from error
        is_newest = to in ("head", newest)
        if is_newest and is_sqlite(engine):
            make_missing(connection)
        return is_newest


def _make_missing_indexes(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection, _without_end(connection):
        connection.detach()  # its lock and its patience end with it
        make_missing_meanwhile(connection)


def shape(engine: Engine) -> str:
    """The last migration that the tables have; empty before the first."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def is_sqlite(engine: Engine) -> bool:
    """Whether this is the embedded database."""
    return engine.dialect.name == "sqlite"


def transaction(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Do `work` in one transaction, again when the connection broke or another was first to insert a row.

    The work may so be done twice, when the connection broke in the very commit: a second time must leave what one
    leaves. Raises StateUnavailable when it does not come back, and for some seconds then at once: else every learner
    would wait for it.
    """
    began, pause = time.monotonic(), _FIRST_PAUSE_SECONDS
    if until := _left_alone_until.get(engine):
        if began < until:
            raise StateUnavailable(_DOWN)
        _left_alone_until[engine] = began + _LOOKED_FOR_SECONDS
    for left in reversed(range(_TRIES)):
        try:
            with engine.begin() as connection:
                _left_alone_until.pop(engine, None)
                return work(connection)
        except IntegrityError:
            if not left:
                raise
        except PoolTimeout as error:
            _left_alone_until.pop(engine, None)
            raise StateUnavailable(_DOWN) from error
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) in _OF_ANOTHER_SHAPE:
                log.error("a table or column is not there; was the database taken back below this version?")
                raise StateUnavailable(_DOWN) from error
            if not (error.connection_invalidated or isinstance(error, OperationalError)):
                raise
            # A lock has been waited for already, and a full disk stays full.
            is_late = time.monotonic() - began > _TRIED_FOR_SECONDS
            if not left or is_late or is_sqlite(engine) or getattr(error.orig, "sqlstate", None) == _LOCKED:
                if not is_sqlite(engine):
                    _left_alone_until[engine] = time.monotonic() + _LEFT_ALONE_SECONDS
                raise StateUnavailable(_DOWN) from error
            log.warning("the database did not answer (%s); trying again in %.1f s", type(error.orig).__name__, pause)
            time.sleep(pause)
            pause *= 2
    raise AssertionError("unreachable")


def in_turn(engine: Engine, work: Callable[[Connection], T]) -> T:
    """As `transaction`, for what every turn writes: of this process one at a time.

    SQLite lets one write, and has the others sleep for longer and longer before they look again: with eight learners at
    once 43 of 100 samples of the service stood there.
    """
    with _writing.setdefault(engine, Lock()) if is_sqlite(engine) else nullcontext():
        return transaction(engine, work)


def alone(connection: Connection, lock: int) -> None:
    """Wait until no other transaction has this lock, before the first statement; it is let go at the end."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


def flush(engine: Engine) -> bool:
    """Take deleted rows out of the embedded database's log; PostgreSQL's are left to `wipe`.

    False while somebody reads what was before, as a backup does: `flush_again` has to do it then.
    """
    if not is_sqlite(engine):
        return True
    with engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(_SECONDS_TO_CUT_THE_LOG * 1_000)}")
        is_cut = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar() == 0
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {_SECONDS_FOR_A_LOCK * 1_000}")
    (_uncut.discard if is_cut else _uncut.add)(engine)
    return is_cut


def flush_again(engine: Engine) -> None:
    """Do what an earlier `flush` could not."""
    if engine in _uncut:
        flush(engine)


def wipe(engine: Engine) -> None:
    """Take deleted rows out of all files. PostgreSQL rewrites the tables, each locked meanwhile: for quiet hours.

    Raises StateUnavailable when somebody reads SQLite's file all the time.
    """
    if is_sqlite(engine):
        deadline = time.monotonic() + _SECONDS_TO_WIPE
        while not flush(engine):
            if time.monotonic() > deadline:
                raise StateUnavailable(
                    "Somebody reads the database all the time, so that its -wal file holds erased rows still. Is a "
                    "backup running? Run companion-state wipe after it."
                )
            time.sleep(_FIRST_PAUSE_SECONDS)
        return
    # A plain VACUUM only marks the space as free: the words would stay in the pages. Not possible in a transaction.
    with (
        engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
        _without_end(connection),
    ):
        connection.exec_driver_sql("SET lock_timeout = 0")
        for table in inspect(connection).get_table_names():  # those of a later version too
            connection.exec_driver_sql(f"VACUUM FULL {connection.dialect.identifier_preparer.quote(table)}")
        connection.exec_driver_sql("CHECKPOINT")


@contextmanager
def _without_end(connection: Connection) -> Iterator[None]:
    """Wait for the server as long as it takes."""
    if is_sqlite(connection.engine):
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.silent_seconds = None
    yield
    driver.silent_seconds = _SILENT_SECONDS


# Parameters are hidden: they are what learners said, and what goes wrong is logged.
def _sqlite(path: Path) -> Engine:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with suppress(OSError):  # SQLite says it better
            path.touch(0o600)  # it holds what learners say, and so does the log beside it, which takes this mode
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True, connect_args={"timeout": _SECONDS_FOR_A_LOCK})
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _postgres(url: str) -> Engine:
    # With psycopg, which SQLite does without.
    from companion.state.patient import PatientConnection

    # Pinged before use: a connection that a restart cut is replaced, and no learner notices.
    # A server whose network is gone is given up within seconds too, and one that hangs (patient.py).
    patience = {
        "connect_timeout": _SECONDS_TO_CONNECT,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
    }
    engine = create_engine(
        make_url(url),
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=8,
        pool_timeout=5,
        connect_args=patience,
    )
    event.listen(engine, "do_connect", lambda _, __, args, options: PatientConnection.connect(*args, **options))
    event.listen(engine, "connect", _prepare_postgres)
    return engine


def _prepare_postgres(connection: Any, _: Any) -> None:
    # `wipe` has each table to itself for minutes, and a learner waits meanwhile.
    connection.execute(f"SET lock_timeout = '{_SECONDS_FOR_A_LOCK}s'")
    connection.commit()
    connection.silent_seconds = _SILENT_SECONDS


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    # What is erased is overwritten: a deleted row would else stay in the file's free pages.
    connection.execute("PRAGMA secure_delete = ON")
