"""Migrations only add: the version before goes on over the tables of the one after, and may start on them again."""

import re
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, event

from companion.state.database import MIGRATIONS, connect, migrate

# Before 0002 nobody could be erased, so no version from before it is started again (docs/operations.md).
SINCE = "0002"
# What a migration may say to the database; the last two are Alembic's own notes.
MAY_SAY = re.compile(
    r"\s*(CREATE TABLE |CREATE INDEX |ALTER TABLE \S+ ADD COLUMN |(UPDATE|INSERT INTO) alembic_version\b"
    r"|SELECT |PRAGMA |BEGIN|SET LOCAL )"
)
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
    after = watched.tables()
    said += [f"{name} is gone" for name in before.keys() - after.keys()]
    for name, table in after.items():
        said += wrong_with_change(before[name], table) if name in before else wrong_with_new(table)
    return said


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
WRONG_ON_POSTGRESQL = {  # SQLite refuses them by itself
    "turns.mood must be told": lambda op: op.add_column("turns", sa.Column("mood", sa.String(9), nullable=False)),
    "turns.mode is another": lambda op: op.alter_column("turns", "mode", type_=sa.Integer, postgresql_using="1"),
    "learners.age_band is another": lambda op: op.alter_column("learners", "age_band", nullable=False),
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
        op.create_index("ix_turns_mood", "turns", ["mood"])
        op.create_table("notes", new_id(), owner(), sa.UniqueConstraint("owner", name="uq_notes"))
        turn = sa.ForeignKey("turns.id", ondelete="CASCADE")
        op.create_table("marks", sa.Column("turn_id", sa.String(36), turn, primary_key=True), owner())

    migrate(watched.engine)
    assert problems(watched, doing(watched, add)) == []
