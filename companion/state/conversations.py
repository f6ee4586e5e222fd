"""Conversations in the database."""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from sqlalchemy import Connection, Engine, Insert, Row, bindparam, delete, exists, func, select, update

from companion.conversation import REMEMBERED, Conversation, KeptCard, Outline, PastTurn, Pending
from companion.events import PathStep
from companion.state.database import flush, in_turn, transaction
from companion.state.tables import conversations, feedback, turn_log, turns, unmet_needs, wechat_people

log = logging.getLogger(__name__)

# What cannot be dumped is logged, without what it says.
_PENDING: TypeAdapter[Pending] = TypeAdapter(Pending, config=ConfigDict(hide_input_in_errors=True))


class StoredConversations:
    """Conversations in either kind of database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def load(self, id_: str) -> Conversation:
        """What is remembered of it; an unknown id is a conversation without turns."""
        return transaction(self._engine, lambda connection: _load(connection, id_))

    def add(self, conversation: Conversation, turn: PastTurn, pending: Pending | None) -> None:
        """Append a turn and replace what is pending."""
        in_turn(self._engine, lambda connection: _add(connection, conversation, turn, pending))

    def summarise(self, id_: str, summary: str, summarised: int) -> None:
        """Replace the summary, which covers the first `summarised` turns."""
        changed = conversations.update().where(conversations.c.id == id_).values(summary=summary, summarised=summarised)
        transaction(self._engine, lambda connection: connection.execute(changed))

    def whole(self, id_: str) -> list[PastTurn]:
        """All turns, oldest first."""
        query = select(turns).where(turns.c.conversation_id == id_).order_by(turns.c.number)
        return [_turn(row) for row in transaction(self._engine, lambda connection: connection.execute(query).all())]

    def owner(self, id_: str) -> str | None:
        """Whose it is; None when there is no such conversation."""
        query = select(conversations.c.owner).where(conversations.c.id == id_)
        return transaction(self._engine, lambda connection: connection.scalar(query))

    def of(self, owner: str, limit: int) -> list[Outline]:
        """The latest conversations of a learner, the newest first, each with its first message."""
        query = (
            select(conversations.c.id, conversations.c.touched_at, turns.c.message)
            .join(turns, (turns.c.conversation_id == conversations.c.id) & (turns.c.number == 1))
            .where(conversations.c.owner == owner)
            .order_by(conversations.c.touched_at.desc())
            .limit(limit)
        )
        rows = transaction(self._engine, lambda connection: connection.execute(query).all())
        return [Outline(row.id, row.touched_at, row.message) for row in rows]

    def forget(self, id_: str) -> bool:
        """Erase it with all that hangs on it, from the files too; whether there was anything.

        A need that was counted goes too, since it is in the learner's words; it stays where conversations grow old.
        """

        def forgotten(connection: Connection) -> int:
            own = select(turns.c.id).where(turns.c.conversation_id == id_)
            connection.execute(delete(unmet_needs).where(unmet_needs.c.turn_id.in_(own)))
            return forget_conversations(connection, [id_])

        gone = transaction(self._engine, forgotten)
        flush(self._engine)
        return gone > 0


def forget_conversations(connection: Connection, ids: Sequence[str]) -> int:
    """Erase conversations with their turns, what was logged of them and thought of them, and what of them waits to be
    sent by WeChat; how many.
    """
    for table in (turn_log, feedback):
        connection.execute(delete(table).where(table.c.conversation_id.in_(ids)))
    waiting: dict[str, Any] = {"turn_id": None, "parked": [], "parked_why": ""}
    connection.execute(update(wechat_people).where(wechat_people.c.conversation_id.in_(ids)).values(waiting))
    return connection.execute(delete(conversations).where(conversations.c.id.in_(ids))).rowcount


def _append() -> Insert:
    """A turn with the number after the last; one that is there already is not there again, since a connection that
    broke in the commit has us do this twice.
    """
    told = {column.name: bindparam(column.name, type_=column.type) for column in turns.c if column.name != "number"}
    last = select(func.coalesce(func.max(turns.c.number), 0)).where(turns.c.conversation_id == told["conversation_id"])
    is_new = ~exists(select(turns.c.id).where(turns.c.id == told["id"]))
    whole = select(*(value.label(name) for name, value in told.items()), last.scalar_subquery() + 1)
    return turns.insert().from_select([*told, "number"], whole.where(is_new))


# What every turn runs is put together once: that takes SQLAlchemy longer than SQLite to run it.
_OWNER = select(conversations.c.owner).where(conversations.c.id == bindparam("conversation"))
_BEGIN = conversations.insert()
_GO_ON = conversations.update().where(conversations.c.id == bindparam("conversation"))
_APPEND = _append()


def _add(connection: Connection, of: Conversation, turn: PastTurn, pending: Pending | None) -> None:
    values: dict[str, Any] = {
        "touched_at": turn.asked_at,
        "pending": pending and _PENDING.dump_python(pending, mode="json"),
    }
    owner = connection.scalar(_OWNER, {"conversation": of.id})
    if owner is None:
        fresh = {"id": of.id, "owner": of.owner, "summary": "", "summarised": 0}
        connection.execute(_BEGIN, fresh | values)
    elif owner == of.owner:
        # The row is locked from here on: the numbers of turns that come at once follow each other.
        connection.execute(_GO_ON, values | {"conversation": of.id})
    else:
        raise PermissionError("the conversation is another learner's")
    kept = {"passages": list(turn.passages), "usage": dict(turn.usage), "courses": list(map(asdict, turn.courses))}
    row: dict[str, Any] = asdict(turn) | kept
    connection.execute(_APPEND, row | {"conversation_id": of.id})


def _load(connection: Connection, id_: str) -> Conversation:
    kept = connection.execute(select(conversations).where(conversations.c.id == id_)).first()
    if kept is None:
        return Conversation(id_)
    latest = select(turns).where(turns.c.conversation_id == id_).order_by(turns.c.number.desc()).limit(REMEMBERED)
    rows = connection.execute(latest).all()
    return Conversation(
        id_,
        tuple(_turn(row) for row in reversed(rows)),
        rows[0].number if rows else 0,
        kept.summary,
        kept.summarised,
        _pending(kept.pending),
        kept.owner,
    )


def _pending(kept: Any) -> Pending | None:
    """What waits. Of what a later version has learned to wait for this one knows nothing; the turns it can read."""
    try:
        return None if kept is None else _PENDING.validate_python(kept)
    except ValidationError:
        log.warning("what is pending in a conversation is in no shape of this version, and is left out")
        return None


def _turn(row: Row[Any]) -> PastTurn:
    return PastTurn(
        id=row.id,
        asked_at=row.asked_at,
        message=row.message,
        question=row.question,
        wish=row.wish,
        mode=row.mode,
        reply=row.reply,
        passages=tuple(row.passages),
        ai=row.ai,
        usage=tuple(row.usage.items()),
        grounded=row.grounded,
        seconds=row.seconds,
        course_id=row.course_id,
        courses=tuple(_card(kept) for kept in row.courses or ()),
    )


def _card(kept: dict[str, Any]) -> KeptCard:
    step = kept.get("step")
    return KeptCard(kept["course_id"], kept["reason"], PathStep(**step) if step else None)
