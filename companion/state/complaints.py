"""Complaints, reports and appeals: each gets a ticket, a date by which it is answered, and an answer."""

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Engine, Row, delete, func, insert, select, update

from companion.state.database import transaction
from companion.state.tables import complaints, conversations, turns

# What a page shows of a ticket, to be read out on the telephone.
_CODE = re.compile(r"[0-9a-f]{8}")

Kind = Literal["complaint", "report", "appeal"]


@dataclass(frozen=True, slots=True)
class Complaint:
    """One of them, with its answer once there is one."""

    ticket: str
    kind: str
    made_at: datetime
    due_at: datetime
    turn_id: str | None
    words: str
    answer: str | None = None
    answered_at: datetime | None = None


class Complaints:
    """All of them; each is due `days` after it was made."""

    def __init__(self, engine: Engine, days: int) -> None:
        self._engine = engine
        self._days = timedelta(days=days)

    def make(self, owner: str, kind: Kind, words: str, turn_id: str | None) -> Complaint:
        """Keep a complaint, masked by now."""
        now = datetime.now(UTC)
        made = Complaint(str(uuid.uuid4()), kind, now, now + self._days, turn_id, words)
        row = insert(complaints).values(
            ticket=made.ticket, owner=owner, made_at=now, due_at=made.due_at, kind=kind, turn_id=turn_id, words=words
        )
        transaction(self._engine, lambda connection: connection.execute(row))
        return made

    def of(self, owner: str) -> list[Complaint]:
        """A learner's own, the newest first."""
        return self._read(select(complaints).where(complaints.c.owner == owner).order_by(complaints.c.made_at.desc()))

    def open(self, limit: int = 200) -> list[Complaint]:
        """Those that wait for an answer, the one that is due first before the others."""
        waiting = select(complaints).where(complaints.c.answered_at.is_(None))
        return self._read(waiting.order_by(complaints.c.due_at).limit(limit))

    def about(self, since: datetime) -> list[tuple[str, tuple[str, ...]]]:
        """(learner, passages of the turn complained of) of complaints and reports about a turn, since a time.

        A turn is its learner's alone: what somebody else says of it counts nothing.
        """
        query = (
            select(complaints.c.owner, turns.c.passages)
            .join(turns, turns.c.id == complaints.c.turn_id)
            .join(conversations, conversations.c.id == turns.c.conversation_id)
            .where(
                conversations.c.owner == complaints.c.owner,
                complaints.c.made_at >= since,
                complaints.c.kind.in_(("complaint", "report")),
            )
        )
        rows = transaction(self._engine, lambda connection: connection.execute(query).all())
        return [(row.owner, tuple(row.passages)) for row in rows]

    def answer(self, ticket: str, words: str) -> str | None:
        """Answer one, by its ticket or the code of it that learners read out; its ticket, None when none such waits."""
        meant = self._waiting(ticket)
        if meant is None:
            return None
        answered = (
            update(complaints)
            .where(complaints.c.ticket == meant, complaints.c.answered_at.is_(None))
            .values(answer=words, answered_at=datetime.now(UTC))
        )
        return meant if transaction(self._engine, lambda connection: connection.execute(answered)).rowcount else None

    def _waiting(self, ticket: str) -> str | None:
        """The ticket that is meant: whole, or its first eight characters as `3F2A 9C1B`, if they are one's alone."""
        code = re.sub(r"\s", "", ticket).lower()
        if not _CODE.fullmatch(code):
            return ticket
        query = select(complaints.c.ticket).where(
            complaints.c.ticket.startswith(code, autoescape=True), complaints.c.answered_at.is_(None)
        )
        found = transaction(self._engine, lambda connection: connection.execute(query).scalars().all())
        return found[0] if len(found) == 1 else None

    def forget_before(self, days: int) -> int:
        """Erase those answered longer ago; who never was answered is kept as long from the day it was due."""
        settled = func.coalesce(complaints.c.answered_at, complaints.c.due_at)
        old = delete(complaints).where(settled < datetime.now(UTC) - timedelta(days=days))
        return transaction(self._engine, lambda connection: connection.execute(old)).rowcount

    def _read(self, query: Any) -> list[Complaint]:
        return [
            _complaint(row) for row in transaction(self._engine, lambda connection: connection.execute(query).all())
        ]


def _complaint(row: Row[Any]) -> Complaint:
    return Complaint(row.ticket, row.kind, row.made_at, row.due_at, row.turn_id, row.words, row.answer, row.answered_at)
