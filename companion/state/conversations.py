"""Conversations in the database."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Engine, Row, delete, func, select

from companion.conversation import REMEMBERED, Conversation, PastTurn, Pending
from companion.state.tables import conversations, turns

_PENDING: TypeAdapter[Pending] = TypeAdapter(Pending)


class StoredConversations:
    """Conversations of the last `days`; older ones are erased when a new one begins."""

    def __init__(self, engine: Engine, days: int) -> None:
        self._engine = engine
        self._days = days

    def load(self, id_: str) -> Conversation:
        """What is remembered of it; an unknown id is a conversation without turns."""
        with self._engine.connect() as connection:
            kept = connection.execute(select(conversations).where(conversations.c.id == id_)).first()
            if kept is None:
                return Conversation(id_)
            latest = (
                select(turns).where(turns.c.conversation_id == id_).order_by(turns.c.number.desc()).limit(REMEMBERED)
            )
            rows = connection.execute(latest).all()
        return Conversation(
            id_,
            tuple(_turn(row) for row in reversed(rows)),
            rows[0].number if rows else 0,
            kept.summary,
            kept.summarised,
            None if kept.pending is None else _PENDING.validate_python(kept.pending),
        )

    def add(self, id_: str, turn: PastTurn, pending: Pending | None) -> None:
        """Append a turn and replace what is pending."""
        values = {"touched_at": turn.asked_at, "pending": pending and _PENDING.dump_python(pending, mode="json")}
        with self._engine.begin() as connection:
            changed = connection.execute(conversations.update().where(conversations.c.id == id_).values(values))
            if not changed.rowcount:
                oldest = datetime.now(UTC) - timedelta(days=self._days)
                connection.execute(delete(conversations).where(conversations.c.touched_at < oldest))
                connection.execute(conversations.insert().values(id=id_, summary="", summarised=0, **values))
            last = connection.scalar(select(func.max(turns.c.number)).where(turns.c.conversation_id == id_))
            row: dict[str, Any] = asdict(turn) | {"passages": list(turn.passages), "usage": dict(turn.usage)}
            connection.execute(turns.insert().values(conversation_id=id_, number=(last or 0) + 1, **row))

    def summarise(self, id_: str, summary: str, summarised: int) -> None:
        """Replace the summary, which covers the first `summarised` turns."""
        with self._engine.begin() as connection:
            connection.execute(
                conversations.update().where(conversations.c.id == id_).values(summary=summary, summarised=summarised)
            )

    def whole(self, id_: str) -> list[PastTurn]:
        """All turns, oldest first."""
        query = select(turns).where(turns.c.conversation_id == id_).order_by(turns.c.number)
        with self._engine.connect() as connection:
            return [_turn(row) for row in connection.execute(query)]

    def forget(self, id_: str) -> bool:
        """Erase it, from the write-ahead log too; whether there was anything."""
        with self._engine.begin() as connection:
            gone = connection.execute(delete(conversations).where(conversations.c.id == id_)).rowcount > 0
        with self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone


def _turn(row: Row[Any]) -> PastTurn:
    return PastTurn(
        id=row.id,
        asked_at=row.asked_at.replace(tzinfo=UTC),
        message=row.message,
        question=row.question,
        wish=row.wish,
        mode=row.mode,
        reply=row.reply,
        passages=tuple(row.passages),
        ai=row.ai,
        usage=tuple(row.usage.items()),
    )
