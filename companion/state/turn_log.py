"""What went over the wire of each turn, for minutes: any worker can so go on where a connection broke."""

import time
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from companion.state.database import in_turn, transaction
from companion.state.tables import turn_log, wechat_inbox, workers

_BEAT_SECONDS = 1.0
# So much longer is kept what has no end: when the clock jumps by hours, all that is under way would be old.
_WITHOUT_AN_END = timedelta(days=1)

WireEvent = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class LoggedTurn:
    """A turn as far as it was written down: its events as (name, payload), the first is number 1.

    `key` is its Idempotency-Key, as far as it is not written down yet. `beat` counts up while the process that answers
    lives and answers anybody.
    """

    turn_id: str
    owner: str
    conversation_id: str
    request: str
    events: tuple[WireEvent, ...] = ()
    ended: bool = False
    cancelled: bool = False
    beat: int = 0
    key: str | None = None


class TurnLog:
    """The turns of the last `minutes`."""

    def __init__(self, engine: Engine, minutes: int) -> None:
        self._engine = engine
        self._kept = timedelta(minutes=minutes)
        self._worker = str(uuid.uuid4())
        self._beat_due = 0.0

    def claim(self, turn: LoggedTurn, key: str) -> LoggedTurn | None:
        """Take an Idempotency-Key for a turn; None when it was free, else the turn that has it."""
        return transaction(self._engine, lambda connection: self._claim(connection, turn, key))

    def write(self, turn: LoggedTurn, is_new: bool = True) -> bool:
        """Write down how far it is; whether it shall stop, since somebody asked for that or erased it meanwhile."""
        try:
            return in_turn(self._engine, lambda connection: self._write(connection, turn, is_new))
        except IntegrityError:
            # It was there all the same, when a commit was heard of as a broken connection; or its key is another's.
            is_there = self.read(turn.turn_id) is not None
            keyless = replace(turn, key=None)
            return in_turn(self._engine, lambda connection: self._write(connection, keyless, not is_there))

    def bury(self, turn: LoggedTurn, end: WireEvent) -> None:
        """Give a turn whose process died its end; its key is free, so that who asks again is answered anew."""
        dead = update(turn_log).where(turn_log.c.turn_id == turn.turn_id, turn_log.c.ended.is_(False))
        events = [list(event) for event in (*turn.events, end)]
        ended = dead.values(ended=True, key=None, events=events)
        transaction(self._engine, lambda connection: connection.execute(ended))

    def read(self, turn_id: str) -> LoggedTurn | None:
        """The turn as far as it was written down."""
        query = _with_beat().where(turn_log.c.turn_id == turn_id)
        row = transaction(self._engine, lambda connection: connection.execute(query).first())
        return None if row is None else _turn(row)

    def cancel(self, turn_id: str) -> None:
        """Ask the process that answers to stop."""
        asked = update(turn_log).where(turn_log.c.turn_id == turn_id).values(cancelled=True)
        transaction(self._engine, lambda connection: connection.execute(asked))

    def cancel_all_of(self, owner: str, conversation_id: str | None = None) -> None:
        """Ask the processes that answer this learner, or in this conversation of theirs, to stop."""
        asked = update(turn_log).where(_open_of(owner, conversation_id)).values(cancelled=True)
        transaction(self._engine, lambda connection: connection.execute(asked))

    def has_open_of(self, owner: str, conversation_id: str | None = None) -> bool:
        """Whether a turn of this learner, or in this conversation of theirs, has no end yet."""
        query = select(turn_log.c.turn_id).where(_open_of(owner, conversation_id))
        return transaction(self._engine, lambda connection: connection.execute(query).first()) is not None

    def sweep(self) -> int:
        """Erase what is older than the minutes; how many turns."""
        old = delete(turn_log).where(self._is_old())
        answering = select(wechat_inbox.c.worker).where(wechat_inbox.c.worker.is_not(None))
        gone = delete(workers).where(workers.c.id.not_in(select(turn_log.c.worker)), workers.c.id.not_in(answering))
        swept = transaction(self._engine, lambda connection: connection.execute(old)).rowcount
        transaction(self._engine, lambda connection: connection.execute(gone))
        return swept

    def _is_old(self) -> ColumnElement[bool]:
        begun, oldest = turn_log.c.begun_at, datetime.now(UTC) - self._kept
        return or_(and_(begun < oldest, turn_log.c.ended), begun < oldest - _WITHOUT_AN_END)

    def _claim(self, connection: Connection, turn: LoggedTurn, key: str) -> LoggedTurn | None:
        # When two come at once, the later insert fails, and its transaction is done again: then the key is taken.
        connection.execute(delete(turn_log).where(self._is_old()))
        own = _with_beat().where(turn_log.c.owner == turn.owner, turn_log.c.key == key)
        if row := connection.execute(own).first():
            return None if row.turn_id == turn.turn_id else _turn(row)
        values = self._columns(turn) | {"key": key}
        connection.execute(insert(turn_log).values(begun_at=datetime.now(UTC), **values))
        return None

    def _write(self, connection: Connection, turn: LoggedTurn, is_new: bool) -> bool:
        if time.monotonic() >= self._beat_due:
            self._beat_due = time.monotonic() + _BEAT_SECONDS
            beat = update(workers).where(workers.c.id == self._worker).values(beat=workers.c.beat + 1)
            if not connection.execute(beat).rowcount:
                connection.execute(insert(workers).values(id=self._worker, beat=1))
        values = self._columns(turn)
        del values["cancelled"]
        if _has_failed(turn):
            values["key"] = None  # who tries again, as we say, is answered anew
        if is_new:
            fresh = {"key": turn.key, "cancelled": False, "begun_at": datetime.now(UTC)}
            connection.execute(insert(turn_log).values(fresh | values))
            return False
        own = turn_log.c.turn_id == turn.turn_id
        if not connection.execute(update(turn_log).where(own).values(values)).rowcount:
            return True  # it is not put back
        return bool(connection.scalar(select(turn_log.c.cancelled).where(own)))

    def _columns(self, turn: LoggedTurn) -> dict[str, Any]:
        return {
            "turn_id": turn.turn_id,
            "owner": turn.owner,
            "conversation_id": turn.conversation_id,
            "request": turn.request,
            "worker": self._worker,
            "events": [list(event) for event in turn.events],
            "ended": turn.ended,
            "cancelled": turn.cancelled,
        }


def _open_of(owner: str, conversation_id: str | None) -> ColumnElement[bool]:
    own = and_(turn_log.c.owner == owner, turn_log.c.ended.is_(False))
    return own if conversation_id is None else and_(own, turn_log.c.conversation_id == conversation_id)


def _has_failed(turn: LoggedTurn) -> bool:
    name, data = turn.events[-1] if turn.events else ("", {})
    return name == "error" and data.get("status", 500) >= HTTPStatus.INTERNAL_SERVER_ERROR


def _with_beat() -> Select[Any]:
    return select(turn_log, workers.c.beat).join(workers, workers.c.id == turn_log.c.worker, isouter=True)


def _turn(row: Row[Any]) -> LoggedTurn:
    return LoggedTurn(
        row.turn_id,
        row.owner,
        row.conversation_id,
        row.request,
        tuple((name, payload) for name, payload in row.events),
        row.ended,
        row.cancelled,
        row.beat or 0,
    )
