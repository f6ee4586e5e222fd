"""What went over the wire of each turn, for minutes: any worker can so go on where a connection broke."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from companion.state.database import transaction
from companion.state.tables import turn_log

# A process that has not said for so long that it is alive is dead, and so are its turns.
DEAD_AFTER = timedelta(seconds=20)

WireEvent = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class LoggedTurn:
    """A turn as far as it was written down: its events as (name, payload), the first is number 1."""

    turn_id: str
    owner: str
    conversation_id: str
    request: str
    events: tuple[WireEvent, ...] = ()
    ended: bool = False
    cancelled: bool = False
    beat_at: datetime | None = None

    @property
    def is_dead(self) -> bool:
        """Whether the process that answered is gone without an end."""
        return not self.ended and self.beat_at is not None and datetime.now(UTC) - self.beat_at > DEAD_AFTER


class TurnLog:
    """The turns of the last `minutes`."""

    def __init__(self, engine: Engine, minutes: int) -> None:
        self._engine = engine
        self._kept = timedelta(minutes=minutes)

    def claim(self, turn: LoggedTurn, key: str) -> LoggedTurn | None:
        """Take an Idempotency-Key for a turn; None when it was free, else the turn that has it.

        A turn whose process died gives its key up: what was asked is then answered anew.
        """
        return transaction(self._engine, lambda connection: self._claim(connection, turn, key))

    def write(self, turn: LoggedTurn) -> bool:
        """Write down how far it is; whether somebody asked for it to be cancelled."""
        return transaction(self._engine, lambda connection: _write(connection, turn))

    def read(self, turn_id: str) -> LoggedTurn | None:
        """The turn as far as it was written down."""
        query = select(turn_log).where(turn_log.c.turn_id == turn_id)
        row = transaction(self._engine, lambda connection: connection.execute(query).first())
        return None if row is None else _turn(row)

    def cancel(self, turn_id: str) -> None:
        """Ask the process that answers to stop."""
        asked = update(turn_log).where(turn_log.c.turn_id == turn_id).values(cancelled=True)
        transaction(self._engine, lambda connection: connection.execute(asked))

    def cancel_all_of(self, owner: str) -> None:
        """Ask the processes that answer this learner to stop."""
        asked = update(turn_log).where(turn_log.c.owner == owner, turn_log.c.ended.is_(False)).values(cancelled=True)
        transaction(self._engine, lambda connection: connection.execute(asked))

    def has_open_of(self, owner: str) -> bool:
        """Whether a process that lives answers this learner."""
        alive = datetime.now(UTC) - DEAD_AFTER
        query = select(turn_log.c.turn_id).where(
            turn_log.c.owner == owner, turn_log.c.ended.is_(False), turn_log.c.beat_at > alive
        )
        return transaction(self._engine, lambda connection: connection.execute(query).first()) is not None

    def sweep(self) -> int:
        """Erase what is older than the minutes; how many turns."""
        old = delete(turn_log).where(turn_log.c.begun_at < datetime.now(UTC) - self._kept)
        return transaction(self._engine, lambda connection: connection.execute(old)).rowcount

    def _claim(self, connection: Connection, turn: LoggedTurn, key: str) -> LoggedTurn | None:
        # When two come at once, the later insert fails, and its transaction is done again: then the key is taken.
        connection.execute(delete(turn_log).where(turn_log.c.begun_at < datetime.now(UTC) - self._kept))
        before = self._with_key(connection, turn.owner, key)
        if before and not before.is_dead:
            return None if before.turn_id == turn.turn_id else before
        if before:
            connection.execute(delete(turn_log).where(turn_log.c.turn_id == before.turn_id))
        connection.execute(insert(turn_log).values(key=key, begun_at=datetime.now(UTC), **_columns(turn)))
        return None

    def _with_key(self, connection: Connection, owner: str, key: str) -> LoggedTurn | None:
        row = connection.execute(select(turn_log).where(turn_log.c.owner == owner, turn_log.c.key == key)).first()
        return None if row is None else _turn(row)


def _write(connection: Connection, turn: LoggedTurn) -> bool:
    values = _columns(turn)
    del values["cancelled"]
    known = connection.execute(select(turn_log.c.cancelled).where(turn_log.c.turn_id == turn.turn_id)).first()
    if known is None:
        connection.execute(insert(turn_log).values(begun_at=datetime.now(UTC), cancelled=False, **values))
        return False
    connection.execute(update(turn_log).where(turn_log.c.turn_id == turn.turn_id).values(values))
    return bool(known.cancelled)


def _columns(turn: LoggedTurn) -> dict[str, Any]:
    return {
        "turn_id": turn.turn_id,
        "owner": turn.owner,
        "conversation_id": turn.conversation_id,
        "request": turn.request,
        "beat_at": datetime.now(UTC),
        "events": [list(event) for event in turn.events],
        "ended": turn.ended,
        "cancelled": turn.cancelled,
    }


def _turn(row: Row[Any]) -> LoggedTurn:
    return LoggedTurn(
        row.turn_id,
        row.owner,
        row.conversation_id,
        row.request,
        tuple((name, payload) for name, payload in row.events),
        row.ended,
        row.cancelled,
        row.beat_at,
    )
