"""Who wrote by WeChat: which learner that is, their conversation, what waits for them, what may still be sent."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Engine, case, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from companion.state.database import is_sqlite, transaction
from companion.state.learners import hand_over
from companion.state.tables import wechat_inbox, wechat_people

Why = Literal["", "long", "unsent"]
# Who is sent nothing for days has no use for all of it.
_PARKED_MOST = 12
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Quota:
    """So many messages may be sent after one of the learner's, and after they opened the conversation."""

    after_message: int = 5
    message_hours: float = 48
    after_enter: int = 2
    enter_seconds: float = 60


@dataclass(frozen=True, slots=True)
class Part:
    """One message to send. `ai` tells that a model wrote it."""

    text: str
    ai: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """One who writes by WeChat. `owner` is the learner, `person` the pseudonym of the openid."""

    person: str
    owner: str
    conversation_id: str
    turn_id: str | None = None
    parked: tuple[Part, ...] = ()
    parked_why: Why = ""


class WechatPeople:
    """People by the pseudonym of their openid."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, person: str) -> Person | None:
        """What is known of somebody; None of who never wrote, or was erased."""
        query = select(wechat_people).where(wechat_people.c.person == person)
        row = transaction(self._engine, lambda connection: connection.execute(query).first())
        if row is None:
            return None
        parked = parts_of(row.parked)
        return Person(row.person, row.owner, row.conversation_id, row.turn_id, parked, row.parked_why)

    def link(self, person: str, owner: str) -> None:
        """This person is that learner from now on; what was kept of them under their own name goes along."""
        transaction(self._engine, lambda connection: _link(connection, person, owner))

    def of(self, person: str, owner: str) -> Person:
        """Somebody whose learner is known from the first word."""
        self.link(person, owner)
        return self.get(person) or Person(person, owner, str(uuid.uuid4()))

    def begin_anew(self, person: str) -> None:
        """The next message begins another conversation; what waited for them is not wanted any more."""
        fresh: dict[str, Any] = {"conversation_id": str(uuid.uuid4()), "turn_id": None, "parked": [], "parked_why": ""}
        self._change(person, fresh)

    def asked(self, person: str, turn_id: str) -> None:
        """Their last turn is this one."""
        self._change(person, {"turn_id": turn_id})

    def used_up(self, person: str) -> None:
        """WeChat says that no message may be sent any more, whatever we counted."""
        self._change(person, {"message_left": 0, "enter_left": 0})

    def give_back(self, person: str) -> None:
        """A message that was counted was not sent."""
        now = datetime.now(UTC)
        holds = wechat_people.c.message_until > now
        more = {
            "message_left": case((holds, wechat_people.c.message_left + 1), else_=wechat_people.c.message_left),
            "enter_left": case((holds, wechat_people.c.enter_left), else_=wechat_people.c.enter_left + 1),
        }
        self._change(person, more)

    def may_greet(self, person: str, hours: float) -> bool:
        """Whether a greeting is due, which it is then not for so many hours."""
        now = datetime.now(UTC)
        long_ago = or_(wechat_people.c.greeted_at.is_(None), wechat_people.c.greeted_at <= now - timedelta(hours=hours))
        greeted = update(wechat_people).where(wechat_people.c.person == person, long_ago).values(greeted_at=now)
        return bool(transaction(self._engine, lambda connection: connection.execute(greeted)).rowcount)

    def sweep(self, days: int) -> int:
        """Erase who did not write for so many days; how many."""
        old = delete(wechat_people).where(wechat_people.c.touched_at < datetime.now(UTC) - timedelta(days=days))
        return transaction(self._engine, lambda connection: connection.execute(old)).rowcount

    def _change(self, person: str, values: dict[str, Any]) -> None:
        changed = update(wechat_people).where(wechat_people.c.person == person).values(values)
        transaction(self._engine, lambda connection: connection.execute(changed))


def parts_of(stored: Sequence[Sequence[Any]]) -> tuple[Part, ...]:
    """Parts as they are kept in JSON."""
    return tuple(Part(text, ai) for text, ai in stored)


def as_stored(parts: Sequence[Part]) -> list[list[Any]]:
    """The same the other way."""
    return [[part.text, part.ai] for part in parts]


def owners_of(connection: Connection, people: Collection[str]) -> dict[str, str]:
    """Which learner each of these people is; who is not known yet is a learner of their own."""
    query = select(wechat_people.c.person, wechat_people.c.owner).where(wechat_people.c.person.in_(people))
    return {person: person for person in people} | {row.person: row.owner for row in connection.execute(query)}


def seen(connection: Connection, wrote: Collection[str], entered: Collection[str], quota: Quota, now: datetime) -> None:
    """These wrote, and those opened the conversation: they may be sent messages anew."""
    after_message = {
        "message_left": quota.after_message,
        "message_until": now + timedelta(hours=quota.message_hours),
    }
    after_enter = {"enter_left": quota.after_enter, "enter_until": now + timedelta(seconds=quota.enter_seconds)}
    _upsert(connection, wrote, after_message, now)
    _upsert(connection, entered, after_enter, now)


def take_quota(connection: Connection, person: str, now: datetime) -> bool:
    """Count one message to them; False when none may be sent."""
    # The window that closes sooner is used first.
    for left, until in (("enter_left", "enter_until"), ("message_left", "message_until")):
        columns = wechat_people.c
        has = (columns.person == person) & (columns[left] > 0) & (columns[until] > now)
        if connection.execute(update(wechat_people).where(has).values({left: columns[left] - 1})).rowcount:
            return True
    return False


def park(connection: Connection, person: str, parts: Sequence[Part], why: Why) -> None:
    """Keep what could not be sent, behind what waits already, for their next message."""
    kept = connection.scalar(select(wechat_people.c.parked).where(wechat_people.c.person == person)) or []
    values = {"parked": [*kept, *as_stored(parts)][-_PARKED_MOST:], "parked_why": why}
    connection.execute(update(wechat_people).where(wechat_people.c.person == person).values(values))


def _upsert(connection: Connection, people: Collection[str], values: dict[str, Any], now: datetime) -> None:
    if not people:
        return
    fresh: dict[str, Any] = {
        "turn_id": None, "touched_at": now, "greeted_at": None, "message_left": 0, "message_until": _LONG_AGO,
        "enter_left": 0, "enter_until": _LONG_AGO, "parked": [], "parked_why": "",
    }  # fmt: skip
    # In one order in all processes, so that none waits for another that waits for it.
    rows = [
        {**fresh, **values, "person": person, "owner": person, "conversation_id": str(uuid.uuid4())}
        for person in sorted(people)
    ]
    dialect = sqlite if is_sqlite(connection.engine) else postgresql
    insert = dialect.insert(wechat_people)
    changed = {name: insert.excluded[name] for name in (*values, "touched_at")}
    connection.execute(insert.on_conflict_do_update(index_elements=["person"], set_=changed), rows)


def _link(connection: Connection, person: str, owner: str) -> None:
    _upsert(connection, [person], {}, datetime.now(UTC))
    before = connection.scalar(select(wechat_people.c.owner).where(wechat_people.c.person == person))
    if before == owner:
        return
    # A phone that is lent changes hands: only what nobody had claimed yet goes along.
    kept: dict[str, Any] = {"owner": owner}
    if before == person:
        hand_over(connection, person, owner)
    else:
        kept |= {"conversation_id": str(uuid.uuid4()), "turn_id": None, "parked": [], "parked_why": ""}
    connection.execute(update(wechat_people).where(wechat_people.c.person == person).values(kept))
    open_ = (wechat_inbox.c.person == person) & wechat_inbox.c.done.is_(False)
    connection.execute(update(wechat_inbox).where(open_).values(owner=owner))
