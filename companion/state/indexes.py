"""The indexes that the tables shall have and a database lacks: PostgreSQL makes them while turns are written."""

import logging
import time

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from companion.state.tables import metadata

log = logging.getLogger(__name__)

# Any number will do; all that open this database must take the same.
_INDEX_LOCK = 7_214_032
# It waits for every transaction that began before it, as a backup, and nobody waits behind it.
_SECONDS_FOR_OTHERS = 180
# One that was killed half way is there, unfinished: it is written to and never read.
_ON_POSTGRESQL = (
    "SELECT relname, indisvalid FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid "
    "WHERE pg_table_is_visible(pg_class.oid)"
)
_ON_SQLITE = "SELECT name, 1 FROM sqlite_master WHERE type = 'index'"


def make_missing(connection: Connection) -> None:
    """Make each index of tables.py that is not there, in the transaction at hand; in PostgreSQL in none."""
    operations = Operations(MigrationContext.configure(connection))
    there = {name: bool(whole) for name, whole in connection.execute(text(_of(connection)))}
    for table in metadata.sorted_tables:
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            name = str(index.name)
            if there.get(name):
                continue
            began = time.monotonic()
            if name in there:
                operations.drop_index(name, postgresql_concurrently=True)
            columns = [column.name for column in index.columns]
            operations.create_index(name, table.name, columns, unique=index.unique, postgresql_concurrently=True)
            log.info("made the index %s in %.1f s", name, time.monotonic() - began)


def make_missing_meanwhile(connection: Connection) -> None:
    """The same beside who writes to PostgreSQL, in autocommit, on a connection that is used for nothing else.

    A service answers without them, if more slowly: what cannot be made is made at the next start.
    """
    # Who waited for the lock would be waited for: a statement that waits is a transaction that began before.
    if not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _INDEX_LOCK}):
        return
    connection.exec_driver_sql(f"SET lock_timeout = '{_SECONDS_FOR_OTHERS}s'")
    try:
        make_missing(connection)
    except DBAPIError as error:
        told = getattr(error.orig, "sqlstate", None) or type(error.orig).__name__
        log.warning("an index could not be made (%s); the next start tries again", told)


def _of(connection: Connection) -> str:
    return _ON_SQLITE if connection.dialect.name == "sqlite" else _ON_POSTGRESQL
