"""Who did what, append-only: each row's seal covers the row and the seal before it, so a change in between shows."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Connection, Engine, insert, select

from companion.state.database import alone, transaction
from companion.state.tables import audit

_LOCK = 7_214_032

Deed = Literal[
    "consented",
    "withdrew",
    "exported",
    "erased",
    "complained",
    "answered",
    "read_complaints",
    "changed",
    "read_demand",
    "read_feedback",
    "awarded",
    "took_back",
]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row. `who` is a pseudonym that leads to no learner's data; `at` is ISO 8601, UTC."""

    number: int
    at: str
    who: str
    deed: str
    what: str
    seal: str


class Audit:
    """The record, shared by all processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, who: str, deed: Deed, what: str = "") -> None:
        """Append a row. When two come at once, the second waits for the first."""
        transaction(self._engine, lambda connection: _append(connection, who, deed, what[:200]))

    def entries(self, after: int = 0, limit: int = 100) -> list[AuditEntry]:
        """Rows in order, those after a number."""
        query = select(audit).where(audit.c.number > after).order_by(audit.c.number).limit(limit)
        return [
            AuditEntry(*row) for row in transaction(self._engine, lambda connection: connection.execute(query).all())
        ]

    def last(self) -> AuditEntry | None:
        """The newest row. Its seal, kept elsewhere, proves later that no row up to it was taken out."""
        query = select(audit).order_by(audit.c.number.desc()).limit(1)
        row = transaction(self._engine, lambda connection: connection.execute(query).first())
        return None if row is None else AuditEntry(*row)

    def has(self, seal: str) -> bool:
        """Whether the row with this seal is there."""
        query = select(audit.c.number).where(audit.c.seal == seal)
        return transaction(self._engine, lambda connection: connection.execute(query).first()) is not None

    def first_broken(self) -> int | None:
        """The number of the first row that is not as it was sealed, or that is missing before others; None when whole.

        Rows taken from the end leave a whole chain: see `last`.
        """
        seal, number = "", 0
        while rows := self.entries(number):
            for row in rows:
                number += 1
                if row.number != number or row.seal != _seal(seal, row.number, row.at, row.who, row.deed, row.what):
                    return number
                seal = row.seal
        return None


def audited(learner: str) -> str:
    """A learner in the audit: a name that does not lead back to what else is kept under the learner's pseudonym."""
    return f"a-{hashlib.sha256(f'audit|{learner}'.encode()).hexdigest()[:24]}"


def _append(connection: Connection, who: str, deed: str, what: str) -> None:
    alone(connection, _LOCK)
    last = connection.execute(select(audit.c.number, audit.c.seal).order_by(audit.c.number.desc()).limit(1)).first()
    number, before = (last.number + 1, last.seal) if last else (1, "")
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    seal = _seal(before, number, at, who, deed, what)
    connection.execute(insert(audit).values(asdict(AuditEntry(number, at, who, deed, what, seal))))


def _seal(before: str, *row: object) -> str:
    return hashlib.sha256(json.dumps([before, *row], ensure_ascii=True).encode()).hexdigest()
