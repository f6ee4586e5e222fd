"""Migrations only add: the version before goes on over the tables of the one after, and may start on them again."""

import re
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, event

from companion.state.database import MIGRATIONS, connect, migrate
from companion.state.tables import metadata

# Before 0002 nobody could be erased, so no version from before it is started again (docs/operations.md).
SINCE = "0002"
# What a migration may say to the database.
MAY_SAY = re.compile(
    r"\s*(CREATE TABLE |CREATE INDEX |ALTER TABLE \S+ ADD COLUMN |(UPDATE|INSERT INTO) alembic_version\b"
    r"|SELECT |PRAGMA |BEGIN|SET (LOCAL )?lock_timeout )"
)
HOLDS_WRITERS_UP = re.compile(r"\s*CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY )\S+ ON (?P<table>\w+)")
# Tables of nobody in particular, which an erasure need not reach.
OF_NOBODY = {"alembic_version", "wechat_token"}
# From before this rule: what of them goes with a conversation is seen to in conversations.py.
BEFORE_THIS_RULE = {"unmet_needs", "wechat_inbox", "wechat_people"}
REVISIONS = sorted(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())


@dataclass
class Watched:
    """A database, and all that is said to it."""

    engine: sa.Engine
    said: list[str] = field(default_factory=list)

    def tables(self) -> dict[str, sa.Table]:
        there = MetaData()
        there.reflect(self.engine)
        return dict(there.tables)


@pytest.fixture
def watched(database):
    watched = Watched(connect(database))
    event.listen(watched.engine, "before_cursor_execute", lambda *told: watched.said.append(told[2]))
    yield watched
    watched.engine.dispose()


def problems(watched, upgrade):
    """What would be wrong for the version before, in words; `upgrade` is run."""
    before = watched.tables()
    watched.said.clear()
    upgrade()
    said = [f"it says: {statement}" for statement in watched.said if not MAY_SAY.match(statement)]
    if watched.engine.dialect.name == "postgresql":
        said += [f"turns wait for: {one}" for one in watched.said if holds_up(one, before)]
    after = watched.tables()
    said += [f"{name} is gone" for name in before.keys() - after.keys()]
    for name, table in after.items():
        said += wrong_with_change(before[name], table) if name in before else wrong_with_new(table)
    return said


def holds_up(statement, before):
    """Whether it makes an index of a table that stood, while nobody can write to it."""
    found = HOLDS_WRITERS_UP.match(statement)
    return found and found["table"] in before


def wrong_with_change(before, after):
    for column in before.columns:
        now = after.columns.get(column.name)
        if now is None:
            yield f"{column} is gone"
        elif (str(now.type), now.nullable) != (str(column.type), column.nullable):
            yield f"{column} is another now"
    for column in after.columns:
        if column.name not in before.columns and not (column.nullable or column.server_default):
            yield f"{column} must be told, and the version before does not"
    if unique(after) - unique(before):
        yield f"{after} takes no longer what it took"
    if len(after.foreign_keys) > len(before.foreign_keys):
        yield f"{after} refers to what the version before does not write"


def wrong_with_new(table):
    if any(key.ondelete not in ("CASCADE", "SET NULL") for key in table.foreign_keys):
        yield f"{table} keeps the version before from erasing what it refers to"
    if "owner" not in table.columns and table.name not in OF_NOBODY:
        yield f"{table} has no owner, and is neither exported nor erased by the version before"
    hung_on = {key.column.table.name for key in table.foreign_keys}
    for column, on in (("turn_id", "turns"), ("conversation_id", "conversations")):
        if column in table.columns and on not in hung_on and table.name not in BEFORE_THIS_RULE:
            yield f"{table} stays where its {on} are erased by the version before"


def unique(table):
    indexes = {frozenset(index.columns.keys()) for index in table.indexes if index.unique}
    return indexes | {
        frozenset(rule.columns.keys()) for rule in table.constraints if isinstance(rule, sa.UniqueConstraint)
    }


@pytest.mark.parametrize("revision", [revision for revision in REVISIONS if revision > SINCE])
def test_a_migration_only_adds(watched, revision):
    migrate(watched.engine, REVISIONS[REVISIONS.index(revision) - 1])
    assert problems(watched, lambda: migrate(watched.engine, revision)) == []
    assert watched.said


def new_id():
    return sa.Column("id", sa.String(36), primary_key=True)


def owner():
    return sa.Column("owner", sa.String(64), nullable=False)


WRONG = {
    "turns.wish is gone": lambda op: op.drop_column("turns", "wish"),
    "feedback is gone": lambda op: op.drop_table("feedback"),
    "turns.mode is gone": lambda op: op.execute("ALTER TABLE turns RENAME COLUMN mode TO way"),
    "learners is gone": lambda op: op.rename_table("learners", "people"),
    "it says: UPDATE turns": lambda op: op.execute("UPDATE turns SET reply = ''"),
    "turns takes no longer": lambda op: op.create_index("ix", "turns", ["question"], unique=True),
    "notes has no owner": lambda op: op.create_table("notes", new_id()),
    "notes keeps the version before from erasing": lambda op: op.create_table(
        "notes", owner(), sa.Column("turn", sa.String(36), sa.ForeignKey("turns.id"))
    ),
    "notes stays where its turns are erased": lambda op: op.create_table(
        "notes", owner(), sa.Column("turn_id", sa.String(36))
    ),
}
WRONG_ON_POSTGRESQL = {  # SQLite refuses them by itself, or takes one writer at a time anyhow
    "turns.mood must be told": lambda op: op.add_column("turns", sa.Column("mood", sa.String(9), nullable=False)),
    "turns.mode is another": lambda op: op.alter_column("turns", "mode", type_=sa.Integer, postgresql_using="1"),
    "learners.age_band is another": lambda op: op.alter_column("learners", "age_band", nullable=False),
    "turns wait for: CREATE INDEX ix_mode ON turns": lambda op: op.create_index("ix_mode", "turns", ["mode"]),
    "feedback refers to": lambda op: op.create_foreign_key("fk", "feedback", "turns", ["turn_id"], ["id"]),
}


def doing(watched, what):
    """An upgrade by Alembic's operations."""

    def upgrade():
        with watched.engine.begin() as connection:
            what(Operations(MigrationContext.configure(connection)))

    return upgrade


@pytest.mark.parametrize("problem", WRONG)
def test_one_that_would_break_the_version_before_is_found(watched, problem):
    migrate(watched.engine)
    found = problems(watched, doing(watched, WRONG[problem]))
    assert any(one.startswith(problem) for one in found), found


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("problem", WRONG_ON_POSTGRESQL)
def test_one_that_only_postgresql_lets_through_is_found(watched, problem):
    migrate(watched.engine)
    found = problems(watched, doing(watched, WRONG_ON_POSTGRESQL[problem]))
    assert any(one.startswith(problem) for one in found), found


def test_one_that_adds_as_it_should_is_let_through(watched):
    def add(op):
        op.add_column("turns", sa.Column("mood", sa.String(9)))
        op.add_column("turns", sa.Column("tries", sa.Integer, nullable=False, server_default="0"))
        op.create_table("notes", new_id(), owner(), sa.UniqueConstraint("owner", name="uq_notes"))
        op.create_index("ix_notes_owner", "notes", ["owner"])
        turn = sa.ForeignKey("turns.id", ondelete="CASCADE")
        op.create_table("marks", sa.Column("turn_id", sa.String(36), turn, primary_key=True), owner())

    migrate(watched.engine)
    assert problems(watched, doing(watched, add)) == []


def test_migrations_and_what_is_made_after_them_lead_to_the_tables_as_they_are_written(watched):
    migrate(watched.engine)
    with watched.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


@pytest.mark.parametrize("left", ["nothing", "half of it"])
def test_an_index_that_is_missing_is_made_at_the_next_start(watched, left):
    migrate(watched.engine)
    with watched.engine.begin() as connection:
        if left == "nothing" or connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP INDEX ix_turns_asked")
        else:  # as who is killed while it is made
            told = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_turns_asked'::regclass"
            connection.exec_driver_sql(told)
    watched.said.clear()
    migrate(watched.engine)
    assert sum("ix_turns_asked" in statement for statement in made(watched)) == 1
    watched.said.clear()
    migrate(watched.engine)
    assert made(watched) == []


def made(watched):
    return [statement for statement in watched.said if statement.startswith("CREATE")]


def test_an_older_shape_gets_no_index_of_a_later_one(watched):
    migrate(watched.engine, "0003")
    assert "ix_turns_asked" not in {index.name for index in watched.tables()["turns"].indexes}
    migrate(watched.engine)
    migrate(watched.engine, "0003")
    assert "ix_turns_asked" not in {index.name for index in watched.tables()["turns"].indexes}


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_turns_are_written_while_an_index_is_made_and_two_that_start_at_once_make_it_once(watched, database, caplog):
    migrate(watched.engine)
    with watched.engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_turns_asked")
    two = [connect(database) for _ in range(2)]
    with (
        ThreadPoolExecutor(2) as starting,
        psycopg.connect(watched.engine.url.render_as_string(False).replace("+psycopg", "")) as other,
    ):
        other.execute("DELETE FROM turns")  # a transaction that takes long: whoever makes an index waits for its end
        begun = [starting.submit(migrate, engine) for engine in two]
        until(lambda: is_waiting(watched.engine))
        with watched.engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
            connection.exec_driver_sql("UPDATE turns SET reply = ''")
        assert len(wait(begun, 30, FIRST_COMPLETED).done) == 1
        other.commit()
        assert [one.result(30) for one in begun] == [None, None]
    for engine in two:
        engine.dispose()
    assert "ix_turns_asked" in {index.name for index in watched.tables()["turns"].indexes}
    assert "could not be made" not in caplog.text


def until(is_so):
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_waiting(engine):
    waiting = (
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'CREATE INDEX CONCURRENTLY%'"
    )
    with engine.connect() as connection:
        return connection.scalar(sa.text(waiting))
