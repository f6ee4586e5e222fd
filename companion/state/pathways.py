"""What learners are on the way to: the wish, from which the way is planned anew, and the steps as last told."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, Row, delete, insert, select, update

from companion.state.database import transaction
from companion.state.tables import pathways


@dataclass(frozen=True, slots=True)
class KeptPathway:
    """A wish, as it came, and the ids of the courses to take as they were last told."""

    id: str
    owner: str
    made_at: datetime
    wish: dict[str, Any]
    steps: tuple[str, ...]


class Pathways:
    """Those of all learners; each reads their own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, owner: str, wish: dict[str, Any], steps: tuple[str, ...]) -> str:
        """Keep one; its id."""
        id_ = str(uuid.uuid4())
        row = insert(pathways).values(id=id_, owner=owner, made_at=datetime.now(UTC), wish=wish, steps=list(steps))
        transaction(self._engine, lambda connection: connection.execute(row))
        return id_

    def get(self, owner: str, id_: str) -> KeptPathway | None:
        """One of a learner's own."""
        query = select(pathways).where(pathways.c.id == id_, pathways.c.owner == owner)
        row = transaction(self._engine, lambda connection: connection.execute(query).first())
        return None if row is None else _kept(row)

    def of(self, owner: str) -> list[KeptPathway]:
        """A learner's own, the newest first."""
        query = select(pathways).where(pathways.c.owner == owner).order_by(pathways.c.made_at.desc()).limit(100)
        rows = transaction(self._engine, lambda connection: connection.execute(query).all())
        return [_kept(row) for row in rows]

    def told(self, owner: str, id_: str, steps: tuple[str, ...]) -> None:
        """The steps that were told this time."""
        own = (pathways.c.id == id_) & (pathways.c.owner == owner)
        transaction(
            self._engine, lambda connection: connection.execute(update(pathways).where(own).values(steps=list(steps)))
        )

    def forget(self, owner: str, id_: str) -> bool:
        """Give one up; whether there was one."""
        own = delete(pathways).where(pathways.c.id == id_, pathways.c.owner == owner)
        return bool(transaction(self._engine, lambda connection: connection.execute(own)).rowcount)


def _kept(row: Row[Any]) -> KeptPathway:
    return KeptPathway(row.id, row.owner, row.made_at, dict(row.wish), tuple(row.steps))
