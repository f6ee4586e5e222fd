"""The credits that learners have, as those who award them told it."""

from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select

from companion.guidance.credits import Entry
from companion.state.database import transaction
from companion.state.tables import credit_entries


class CreditLedger:
    """Entries by learner. Only operators add any."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, owner: str) -> tuple[Entry, ...]:
        """A learner's own, the oldest first."""
        query = (
            select(credit_entries)
            .where(credit_entries.c.owner == owner)
            .order_by(credit_entries.c.earned_on, credit_entries.c.id)
        )
        rows = transaction(self._engine, lambda connection: connection.execute(query).mappings().all())
        return tuple(
            Entry(
                **{name: value for name, value in row.items() if name not in ("owner", "credits")},
                credits=Decimal(row["credits"]),
            )
            for row in rows
        )

    def put(self, owner: str, entries: list[Entry]) -> None:
        """Add entries; one with an id that is there replaces it."""
        transaction(self._engine, lambda connection: _put(connection, owner, entries))

    def remove(self, owner: str, id_: str) -> bool:
        """Take an entry back; whether there was one."""
        gone = delete(credit_entries).where(credit_entries.c.owner == owner, credit_entries.c.id == id_)
        return bool(transaction(self._engine, lambda connection: connection.execute(gone)).rowcount)


def _put(connection: Connection, owner: str, entries: list[Entry]) -> None:
    by_id = {entry.id: entry for entry in entries}  # the last of those that came with one id
    connection.execute(delete(credit_entries).where(credit_entries.c.owner == owner, credit_entries.c.id.in_(by_id)))
    if by_id:
        connection.execute(insert(credit_entries), [_row(owner, entry) for entry in by_id.values()])


def _row(owner: str, entry: Entry) -> dict[str, Any]:
    return {
        "owner": owner,
        "id": entry.id,
        "credits": str(entry.credits),
        "earned_on": entry.earned_on,
        "source": entry.source,
        "title": entry.title,
        "course_id": entry.course_id,
        "certificate": entry.certificate,
        "kind": entry.kind,
        "level": entry.level,
    }
