"""All that outlives a turn, over one database."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, select

from companion.identity import VISITOR
from companion.state.audit import Audit
from companion.state.book import StoredBook
from companion.state.complaints import Complaints
from companion.state.conversations import StoredConversations, forget_conversations
from companion.state.database import flush, open_database, transaction
from companion.state.enduring import EnduringConversations
from companion.state.feedback import Feedback
from companion.state.learners import Learners
from companion.state.pathways import Pathways
from companion.state.quality import Quality
from companion.state.reviews import Reviews
from companion.state.spending import StoredSpending
from companion.state.tables import conversations, learning_events, pathways, reviews
from companion.state.turn_log import TurnLog
from companion.state.wechat_inbox import WechatInbox
from companion.state.wechat_people import WechatPeople
from companion.state.wechat_token import WechatTokens


@dataclass(frozen=True, slots=True)
class State:
    """The parts, each with its own words."""

    engine: Engine
    conversations: EnduringConversations
    spending: StoredSpending
    turn_log: TurnLog
    learners: Learners
    feedback: Feedback
    complaints: Complaints
    audit: Audit
    book: StoredBook
    reviews: Reviews
    pathways: Pathways
    quality: Quality
    wechat_inbox: WechatInbox
    wechat_people: WechatPeople
    wechat_tokens: WechatTokens
    sweep: Callable[[], int]

    def close(self) -> None:
        """Let the connections go."""
        self.engine.dispose()


def open_state(
    where: Path | str,
    conversation_days: int,
    turn_minutes: int = 60,
    complaint_days: int = 15,
    demand_days: int = 92,
    complaint_kept_days: int = 1_095,
) -> State:
    """The state in a SQLite file or a PostgreSQL database, brought to its newest shape."""
    engine = open_database(where)
    turn_log, book = TurnLog(engine, turn_minutes), StoredBook(engine)
    complaints = Complaints(engine, complaint_days)
    inbox, people = WechatInbox(engine, str(uuid.uuid4())), WechatPeople(engine)
    return State(
        engine,
        EnduringConversations(StoredConversations(engine)),
        StoredSpending(engine),
        turn_log,
        Learners(engine),
        Feedback(engine),
        complaints,
        Audit(engine),
        book,
        Reviews(engine),
        Pathways(engine),
        Quality(engine),
        inbox,
        people,
        WechatTokens(engine),
        lambda: (
            inbox.sweep()
            + people.sweep(conversation_days)
            + complaints.forget_before(complaint_kept_days)
            + _sweep(engine, turn_log, book, conversation_days, demand_days)
        ),
    )


def _sweep(engine: Engine, turn_log: TurnLog, book: StoredBook, days: int, demand_days: int) -> int:
    """Erase what is older than its time; how many conversations, logged turns, unmet needs and rows of visitors."""
    oldest = datetime.now(UTC) - timedelta(days=days)
    gone = turn_log.sweep() + book.forget_before(demand_days)
    old = select(conversations.c.id).where(conversations.c.touched_at < oldest)
    ids = transaction(engine, lambda connection: list(connection.scalars(old)))
    gone += transaction(engine, lambda connection: forget_conversations(connection, ids)) if ids else 0
    gone += transaction(engine, lambda connection: _forget_visitors(connection, oldest))
    flush(engine)
    return gone


def _forget_visitors(connection: Connection, oldest: datetime) -> int:
    """A visitor who has no conversation any more does not come back: nobody else would erase what they practised."""
    gone = 0
    for table, when in (
        (learning_events, learning_events.c.at),
        (reviews, reviews.c.due_at),
        (pathways, pathways.c.made_at),
    ):
        visitors = table.c.owner.startswith(VISITOR) & table.c.owner.not_in(select(conversations.c.owner))
        gone += connection.execute(delete(table).where(visitors, when < oldest)).rowcount
    return gone
