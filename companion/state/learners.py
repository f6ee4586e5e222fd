"""What is kept of a learner, as a whole: seen, changed, exported, erased."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Table, delete, insert, select, tuple_, update

from companion.state.conversations import forget_conversations
from companion.state.database import flush, transaction
from companion.state.tables import conversations, learners, tables_there, turns

AgeBand = Literal["under_14", "14_to_17", "adult"]


@dataclass(frozen=True, slots=True)
class Learner:
    """What a learner has told of themselves. Nothing here is guessed."""

    id: str
    consent_version: str | None = None
    consented_at: datetime | None = None
    age_band: AgeBand | None = None
    guardian_consent: bool = False


class Learners:
    """Learners by their pseudonym; who has told nothing has no row."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, id_: str) -> Learner:
        """What the learner has told; nothing for who is not known."""
        query = select(learners).where(learners.c.id == id_)
        row = transaction(self._engine, lambda connection: connection.execute(query).first())
        if row is None:
            return Learner(id_)
        return Learner(id_, row.consent_version, row.consented_at, row.age_band, row.guardian_consent)

    def change(self, id_: str, told: Mapping[str, Any]) -> Learner:
        """Keep what the learner tells: any of consent_version, age_band, guardian_consent; None takes it back."""
        values = dict(told)
        if "consent_version" in values:
            values["consented_at"] = datetime.now(UTC) if values["consent_version"] else None
        if values:
            transaction(self._engine, lambda connection: _change(connection, id_, values))
        return self.get(id_)

    def asked_since(self, id_: str, since: datetime) -> list[datetime]:
        """When the learner asked, as far as the conversations are kept."""
        own = select(conversations.c.id).where(conversations.c.owner == id_)
        query = select(turns.c.asked_at).where(turns.c.conversation_id.in_(own), turns.c.asked_at >= since)
        return transaction(self._engine, lambda connection: list(connection.scalars(query)))

    def export(self, id_: str) -> dict[str, Any]:
        """Everything that is kept of the learner, by table."""
        return transaction(self._engine, lambda connection: _export(connection, id_))

    def erase(self, id_: str) -> dict[str, int]:
        """Erase everything that is kept of the learner; how many rows of each table."""
        erased = transaction(self._engine, lambda connection: _erase(connection, id_))
        flush(self._engine)
        return erased


def hand_over(connection: Connection, from_: str, to: str) -> None:
    """One who was known by two pseudonyms is one learner: what was kept under `from_` is kept under `to`.

    Where both have told the same thing, as a profile, what `to` told holds.
    """
    for table in (conversations, *_owned(tables_there(connection))):
        theirs = table.c.owner == from_
        keys = [column for column in table.primary_key.columns if column.name != "owner"]
        if "owner" in table.primary_key.columns:
            have = select(*keys).where(table.c.owner == to) if keys else None
            told = connection.execute(have).all() if have is not None else []
            if keys and told:
                connection.execute(delete(table).where(theirs, tuple_(*keys).in_([tuple(row) for row in told])))
            if not keys and connection.execute(select(table.c.owner).where(table.c.owner == to)).first():
                connection.execute(delete(table).where(theirs))
        connection.execute(update(table).where(theirs).values(owner=to))
    before = connection.scalar(select(learners.c.age_band).where(learners.c.id == from_))
    if connection.execute(select(learners.c.id).where(learners.c.id == to)).first() is None:
        connection.execute(update(learners).where(learners.c.id == from_).values(id=to))
    elif before:  # a child stays one; consent that `to` took back stays taken back
        untold = (learners.c.id == to) & learners.c.age_band.is_(None)
        connection.execute(update(learners).where(untold).values(age_band=before))
    connection.execute(delete(learners).where(learners.c.id == from_))


def _change(connection: Connection, id_: str, values: dict[str, Any]) -> None:
    if not connection.execute(update(learners).where(learners.c.id == id_).values(values)).rowcount:
        fresh = {"guardian_consent": False, "created_at": datetime.now(UTC)} | values
        connection.execute(insert(learners).values(id=id_, **fresh))


def _owned(there: Mapping[str, Table]) -> list[Table]:
    """What has an owner, apart from conversations. It is asked of the database: a version that is newer and serves
    beside this one, or did, may keep what this one does not know of.
    """
    return [table for name, table in there.items() if "owner" in table.columns and name != conversations.name]


def _export(connection: Connection, id_: str) -> dict[str, Any]:
    def rows(table: Table, where: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in connection.execute(select(table).where(where)).mappings()]

    there = tables_there(connection)
    own = select(conversations.c.id).where(conversations.c.owner == id_)
    return {
        "learner": rows(there["learners"], there["learners"].c.id == id_),
        "conversations": rows(there["conversations"], there["conversations"].c.owner == id_),
        "turns": rows(there["turns"], there["turns"].c.conversation_id.in_(own)),
    } | {table.name: rows(table, table.c.owner == id_) for table in _owned(there)}


def _erase(connection: Connection, id_: str) -> dict[str, int]:
    ids = list(connection.scalars(select(conversations.c.id).where(conversations.c.owner == id_)))
    own_turns = len(list(connection.scalars(select(turns.c.id).where(turns.c.conversation_id.in_(ids)))))
    erased = {
        table.name: connection.execute(delete(table).where(table.c.owner == id_)).rowcount
        for table in reversed(_owned(tables_there(connection)))
    }
    erased |= {"turns": own_turns, "conversations": forget_conversations(connection, ids)}
    erased["learner"] = connection.execute(delete(learners).where(learners.c.id == id_)).rowcount
    return erased
