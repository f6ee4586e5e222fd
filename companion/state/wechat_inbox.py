"""What WeChat delivered: each message once, answered by one process, taken up by another where that one died."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row, and_, delete, exists, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from companion.state.database import is_sqlite, transaction
from companion.state.tables import wechat_inbox, wechat_people, workers
from companion.state.wechat_people import (
    Part,
    Quota,
    Why,
    as_stored,
    owners_of,
    park,
    parts_of,
    seen,
    take_quota,
)

Kind = Literal["text", "unread", "entered", "end", "person"]
Outcome = Literal["new", "again", "replayed"]
Step = Literal["go", "used_up", "lost"]
# What was delivered is known again for longer than its timestamp can be taken for fresh.
_KNOWN = timedelta(hours=3)
# After that no answer may be sent.
_ANSWERABLE = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as it came: digests of its id and of its nonce, pseudonym and sealed openid of its sender."""

    key: str
    nonce: str
    person: str
    address: str
    kind: Kind
    words: str
    came_at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that this process answers. `answer` are the messages to send, of which `sent` were begun."""

    number: int
    key: str
    owner: str
    person: str
    address: str
    kind: Kind
    words: str
    came_at: datetime
    tries: int
    turn_id: str | None
    answer: tuple[Part, ...]
    answered: bool
    sent: int


class WechatInbox:
    """The messages of the last hours. `worker` is the name of this process in `workers`."""

    def __init__(self, engine: Engine, worker: str) -> None:
        self._engine = engine
        self._worker = worker

    def add(self, arrivals: Sequence[Arrival], quota: Quota) -> list[Outcome]:
        """Keep what came, in one transaction; what came before is not kept again, and a used nonce not at all."""
        return transaction(self._engine, lambda connection: _add(connection, arrivals, quota))

    def claim(self, most: int) -> list[Letter]:
        """The oldest messages that nobody answers, the first of each person: they are this process's now."""
        return transaction(self._engine, lambda connection: _claim(connection, self._worker, most))

    def read(self, letter: Letter) -> Letter | None:
        """The message as it stands; None when it is another's by now, or erased."""
        query = select(wechat_inbox).where(self._own(letter))
        row = transaction(self._engine, lambda connection: connection.execute(query).first())
        return None if row is None else _letter(row)

    def beat(self) -> None:
        """This process lives."""
        transaction(self._engine, self._beat)

    def beats(self) -> dict[str, int]:
        """The other processes that have messages to answer, each with how far it counted."""
        query = (
            select(wechat_inbox.c.worker, workers.c.beat)
            .join(workers, workers.c.id == wechat_inbox.c.worker, isouter=True)
            .where(wechat_inbox.c.done.is_(False), wechat_inbox.c.worker.is_not(None))
            .where(wechat_inbox.c.worker != self._worker)
            .distinct()
        )
        rows = transaction(self._engine, lambda connection: connection.execute(query).all())
        return {row.worker: row.beat or 0 for row in rows}

    def take_from(self, worker: str) -> int:
        """That process is gone: its messages are anybody's; how many."""
        its = and_(wechat_inbox.c.worker == worker, wechat_inbox.c.done.is_(False))
        freed = update(wechat_inbox).where(its).values(worker=None)
        return transaction(self._engine, lambda connection: connection.execute(freed)).rowcount

    def leave(self) -> int:
        """This process ends: what it has not answered is anybody's; how many."""
        return self.take_from(self._worker)

    def began(self, letter: Letter, turn_id: str) -> bool:
        """The turn that answers it; False when the message is another's by now, or erased, as below."""
        return self._change(letter, {"turn_id": turn_id})

    def say(self, letter: Letter, parts: Sequence[Part], *, answered: bool, unparks: bool = False) -> bool:
        """These messages are to be sent, all in all; `unparks` says that what was parked is among them."""
        values = {"answer": as_stored(parts), "answered": answered}
        return transaction(self._engine, lambda connection: self._say(connection, letter, values, unparks))

    def step(self, letter: Letter, number: int) -> Step:
        """Begin to send message `number` of the answer: it is counted, and never begun again."""
        return transaction(self._engine, lambda connection: self._step(connection, letter, number))

    def step_back(self, letter: Letter, number: int, parts: Sequence[Part]) -> bool:
        """Message `number` was not sent; `parts` are the messages from now on."""
        return self._change(letter, {"sent": number, "answer": as_stored(parts)})

    def put_back(self, letter: Letter, seconds: float) -> bool:
        """Somebody shall try again after so long."""
        when = datetime.now(UTC) + timedelta(seconds=seconds)
        return self._change(letter, {"worker": None, "not_before": when})

    def finish(self, letter: Letter, left: Sequence[Part] = (), why: Why = "") -> bool:
        """It is answered; what is left over is parked, and of the rest only stays that it was here."""
        return transaction(self._engine, lambda connection: self._finish(connection, letter, left, why))

    def turns_of(self, person: str) -> list[str]:
        """The turns that answer this person now."""
        open_ = and_(wechat_inbox.c.person == person, wechat_inbox.c.done.is_(False))
        query = select(wechat_inbox.c.turn_id).where(open_, wechat_inbox.c.turn_id.is_not(None))
        return [turn for turn in transaction(self._engine, lambda c: list(c.scalars(query))) if turn]

    def drop_others(self, letter: Letter) -> None:
        """Who wants no more gets none: what the same person sent before this is not answered any more."""
        before = and_(
            wechat_inbox.c.person == letter.person,
            wechat_inbox.c.number < letter.number,
            wechat_inbox.c.done.is_(False),
        )
        dropped = update(wechat_inbox).where(before).values(_EMPTIED)
        transaction(self._engine, lambda connection: connection.execute(dropped))

    def waiting(self) -> int:
        """How many are not answered yet."""
        query = select(wechat_inbox.c.number).where(wechat_inbox.c.done.is_(False))
        return len(transaction(self._engine, lambda connection: connection.execute(query).all()))

    def sweep(self) -> int:
        """Erase what is older than its time; how many messages."""
        now = datetime.now(UTC)
        known = and_(wechat_inbox.c.done.is_(True), wechat_inbox.c.came_at < now - _KNOWN)
        too_late = wechat_inbox.c.came_at < now - _ANSWERABLE
        old = delete(wechat_inbox).where(or_(known, too_late))
        return transaction(self._engine, lambda connection: connection.execute(old)).rowcount

    def _beat(self, connection: Connection) -> None:
        beat = update(workers).where(workers.c.id == self._worker).values(beat=workers.c.beat + 1)
        if not connection.execute(beat).rowcount:
            connection.execute(insert(workers).values(id=self._worker, beat=1))

    def _own(self, letter: Letter) -> Any:
        # A process that was taken for dead and is not finds its messages gone, and sends nothing.
        return and_(
            wechat_inbox.c.number == letter.number,
            wechat_inbox.c.worker == self._worker,
            wechat_inbox.c.done.is_(False),
        )

    def _change(self, letter: Letter, values: dict[str, Any]) -> bool:
        changed = update(wechat_inbox).where(self._own(letter)).values(values)
        return bool(transaction(self._engine, lambda connection: connection.execute(changed)).rowcount)

    def _say(self, connection: Connection, letter: Letter, values: dict[str, Any], unparks: bool) -> bool:
        if not connection.execute(update(wechat_inbox).where(self._own(letter)).values(values)).rowcount:
            return False
        if unparks:
            taken = update(wechat_people).where(wechat_people.c.person == letter.person)
            connection.execute(taken.values(parked=[], parked_why=""))
        return True

    def _step(self, connection: Connection, letter: Letter, number: int) -> Step:
        begun = update(wechat_inbox).where(self._own(letter), wechat_inbox.c.sent == number).values(sent=number + 1)
        if not connection.execute(begun).rowcount:
            return "lost"
        if take_quota(connection, letter.person, datetime.now(UTC)):
            return "go"
        connection.execute(update(wechat_inbox).where(self._own(letter)).values(sent=number))
        return "used_up"

    def _finish(self, connection: Connection, letter: Letter, left: Sequence[Part], why: Why) -> bool:
        if not connection.execute(update(wechat_inbox).where(self._own(letter)).values(_EMPTIED)).rowcount:
            return False
        if left:
            park(connection, letter.person, left, why)
        return True


_EMPTIED = {"done": True, "words": "", "address": "", "answer": [], "worker": None}


def _add(connection: Connection, arrivals: Sequence[Arrival], quota: Quota) -> list[Outcome]:
    owners = owners_of(connection, {arrival.person for arrival in arrivals})
    rows = [
        {
            "key": arrival.key,
            "nonce": arrival.nonce,
            "owner": owners[arrival.person],
            "person": arrival.person,
            "address": arrival.address,
            "came_at": arrival.came_at,
            "kind": arrival.kind,
            "words": arrival.words,
            "tries": 0,
            "not_before": arrival.came_at,
            "answer": [],
            "answered": False,
            "sent": 0,
            # Who is handed over to a person was answered in the same breath.
            "done": arrival.kind == "person",
        }
        for arrival in arrivals
    ]
    dialect = sqlite if is_sqlite(connection.engine) else postgresql
    # The rows are no part of the statement, which is so compiled once for any number of them.
    fresh = dialect.insert(wechat_inbox).on_conflict_do_nothing().returning(wechat_inbox.c.key)
    new = set(connection.scalars(fresh, rows))
    known = select(wechat_inbox.c.key).where(wechat_inbox.c.key.in_({arrival.key for arrival in arrivals} - new))
    again = set(connection.scalars(known)) if len(new) < len(arrivals) else set()
    outcomes: list[Outcome] = []
    first: list[Arrival] = []
    for arrival in arrivals:
        if arrival.key in new:
            new.remove(arrival.key)
            again.add(arrival.key)  # the same message twice in one heap
            outcomes.append("new")
            first.append(arrival)
        else:
            outcomes.append("again" if arrival.key in again else "replayed")
    entered = {arrival.person for arrival in first if arrival.kind == "entered"}
    wrote = {arrival.person for arrival in first if arrival.kind != "entered"}
    seen(connection, wrote, entered, quota, datetime.now(UTC))
    return outcomes


def _claim(connection: Connection, worker: str, most: int) -> list[Letter]:
    now = datetime.now(UTC)
    before = wechat_inbox.alias("before")
    is_second = exists(
        select(before.c.number).where(
            before.c.person == wechat_inbox.c.person,
            before.c.number < wechat_inbox.c.number,
            before.c.done.is_(False),
        )
    )
    due = (
        select(wechat_inbox.c.number)
        .where(wechat_inbox.c.done.is_(False), wechat_inbox.c.worker.is_(None), wechat_inbox.c.not_before <= now)
        # Who wants no more does not wait for the answers they do not want.
        .where(or_(~is_second, wechat_inbox.c.kind == "end"))
        .order_by(wechat_inbox.c.number)
        .limit(most)
    )
    # Two processes may read the same rows: the second to write finds them taken.
    claimed = (
        update(wechat_inbox)
        .where(wechat_inbox.c.number.in_(list(connection.scalars(due))), wechat_inbox.c.worker.is_(None))
        .values(worker=worker, tries=wechat_inbox.c.tries + 1)
        .returning(*wechat_inbox.c)
    )
    return sorted((_letter(row) for row in connection.execute(claimed)), key=lambda letter: letter.number)


def _letter(row: Row[Any]) -> Letter:
    return Letter(
        row.number,
        row.key,
        row.owner,
        row.person,
        row.address,
        row.kind,
        row.words,
        row.came_at,
        row.tries,
        row.turn_id,
        parts_of(row.answer),
        row.answered,
        row.sent,
    )
