"""What learners thought of answers: thumbs, with the reason."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Select, delete, insert, select

from companion.state.database import transaction
from companion.state.tables import conversations, feedback, turns

Rating = Literal["up", "down"]
Reason = Literal["wrong", "incomplete", "not_my_question", "outdated", "unclear", "unsafe", "no_course"]
_TURNS_BEFORE = 4


@dataclass(frozen=True, slots=True)
class Disliked:
    """A turn with a thumb down: a candidate for the evaluation set."""

    turn_id: str
    given_at: datetime
    reasons: tuple[str, ...]
    comment: str
    message: str
    question: str
    mode: str
    reply: str
    passages: tuple[str, ...]
    owner: str = ""


class Feedback:
    """One opinion a turn; a second replaces the first."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def give(self, owner: str, turn_id: str, rating: Rating, reasons: tuple[Reason, ...], comment: str) -> bool:
        """Keep an opinion, its comment masked by now; False when the owner has no such turn."""
        values = {"rating": rating, "reasons": list(reasons), "comment": comment, "given_at": datetime.now(UTC)}
        return transaction(self._engine, lambda connection: _give(connection, owner, turn_id, values))

    def said_before(self, turn_id: str) -> list[tuple[str, str]]:
        """(message, reply) of the last turns of the same conversation before this one, the oldest first; masked."""
        query = _before(turn_id).limit(_TURNS_BEFORE)
        rows = transaction(self._engine, lambda connection: connection.execute(query).all())
        return [(row.message, row.reply) for row in reversed(rows)]

    def disliked(self, days: int, limit: int = 1_000) -> list[Disliked]:
        """Turns with a thumb down in the last `days`, the newest first."""
        since = datetime.now(UTC) - timedelta(days=days)
        query = (
            select(feedback, turns.c.message, turns.c.question, turns.c.mode, turns.c.reply, turns.c.passages)
            .join(turns, turns.c.id == feedback.c.turn_id)
            .where(feedback.c.rating == "down", feedback.c.given_at >= since)
            .order_by(feedback.c.given_at.desc())
            .limit(limit)
        )
        rows = transaction(self._engine, lambda connection: connection.execute(query).all())
        return [
            Disliked(
                row.turn_id,
                row.given_at,
                tuple(row.reasons),
                row.comment,
                row.message,
                row.question,
                row.mode,
                row.reply,
                tuple(row.passages),
                row.owner,
            )
            for row in rows
        ]


def _before(turn_id: str) -> Select[Any]:
    of = select(turns.c.conversation_id).where(turns.c.id == turn_id).scalar_subquery()
    asked = select(turns.c.number).where(turns.c.id == turn_id).scalar_subquery()
    return (
        select(turns.c.message, turns.c.reply)
        .where(turns.c.conversation_id == of, turns.c.number < asked)
        .order_by(turns.c.number.desc())
    )


def _give(connection: Connection, owner: str, turn_id: str, values: dict[str, Any]) -> bool:
    of = (
        select(turns.c.conversation_id)
        .join(conversations, conversations.c.id == turns.c.conversation_id)
        .where(turns.c.id == turn_id, conversations.c.owner == owner)
    )
    conversation_id = connection.scalar(of)
    if conversation_id is None:
        return False
    connection.execute(delete(feedback).where(feedback.c.turn_id == turn_id))
    connection.execute(insert(feedback).values(turn_id=turn_id, owner=owner, conversation_id=conversation_id, **values))
    return True
