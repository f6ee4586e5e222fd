"""When what a learner practised is due again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from companion.state.database import transaction
from companion.state.tables import reviews


@dataclass(frozen=True, slots=True)
class Review:
    """An item of practice with its schedule; `card` is what the scheduler (FSRS) keeps of it."""

    item: str
    course_id: str
    skill: str | None
    card: dict[str, Any]
    due_at: datetime


class Reviews:
    """Those of all learners; each reads their own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, owner: str, item: str) -> Review | None:
        """One item."""
        query = select(reviews).where(reviews.c.owner == owner, reviews.c.item == item)
        row = transaction(self._engine, lambda connection: connection.execute(query).first())
        return None if row is None else Review(row.item, row.course_id, row.skill, dict(row.card), row.due_at)

    def put(self, owner: str, review: Review) -> None:
        """Keep an item, in the place of what was kept of it."""
        transaction(self._engine, lambda connection: _put(connection, owner, review))

    def due(self, owner: str, at: datetime, limit: int = 50) -> list[Review]:
        """What is due by a time, the longest due first."""
        query = (
            select(reviews)
            .where(reviews.c.owner == owner, reviews.c.due_at <= at)
            .order_by(reviews.c.due_at, reviews.c.item)
            .limit(limit)
        )
        rows = transaction(self._engine, lambda connection: connection.execute(query).all())
        return [Review(row.item, row.course_id, row.skill, dict(row.card), row.due_at) for row in rows]


def _put(connection: Connection, owner: str, review: Review) -> None:
    own = (reviews.c.owner == owner) & (reviews.c.item == review.item)
    values = {
        "course_id": review.course_id,
        "skill": review.skill,
        "card": review.card,
        "due_at": review.due_at,
    }
    if not connection.execute(update(reviews).where(own).values(values)).rowcount:
        connection.execute(insert(reviews).values(owner=owner, item=review.item, **values))
