"""The tables of the companion's state. Alembic's migrations lead here from every earlier shape.

What is a learner's has an `owner`, and what goes with a conversation or a turn refers to it, ON DELETE CASCADE: so a
version that does not know of a table exports and erases all the same what a later one keeps there.

A migration makes no index on a table that stands: turns would wait for it, six seconds at a million of them. It is
written here, and `indexes.py` makes it after the migrations; the downgrade drops it, if it is there.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData()


class UtcDateTime(TypeDecorator[datetime]):
    """A time with its zone: SQLite forgets the zone, PostgreSQL tells it in the session's own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """As UTC."""
        return value and value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """As UTC."""
        if value is None:
            return None
        aware: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC)


def _storable(value: str | None) -> str | None:
    """As every database takes it: PostgreSQL has no place for the character NUL, nor UTF-8 for half a surrogate."""
    return value and value.replace("\x00", "").encode(errors="replace").decode()


class Words(TypeDecorator[str]):
    """Text of any length."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Storable."""
        return _storable(value)


class Name(TypeDecorator[str]):
    """Text of a limited length: an id, a mode."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Storable."""
        return _storable(value)


conversations = Table(
    "conversations",
    metadata,
    Column("id", Name(64), primary_key=True),
    Column("owner", Name(64), nullable=False),  # a learner's pseudonym; empty where nobody has to say who they are
    Column("touched_at", UtcDateTime, nullable=False),
    Column("summary", Words, nullable=False),
    Column("summarised", Integer, nullable=False),  # so many turns are in the summary
    Column("pending", JSON),
    Index("ix_conversations_touched", "touched_at"),
    Index("ix_conversations_owner", "owner", "touched_at"),
)

turns = Table(
    "turns",
    metadata,
    Column("id", Name(36), primary_key=True),
    Column("conversation_id", Name(64), ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("message", Words, nullable=False),  # masked
    Column("question", Words, nullable=False),
    Column("wish", Name(16), nullable=False),
    Column("mode", Name(16), nullable=False),
    Column("reply", Words, nullable=False),
    Column("passages", JSON, nullable=False),
    Column("ai", Boolean, nullable=False),
    Column("usage", JSON, nullable=False),
    Column("grounded", Boolean),
    Column("seconds", Float),
    Column("course_id", Name(200)),  # where on the portal it was asked
    Column("courses", JSON),  # those on cards, each with its reason; null where a version before this one wrote
    Index("ix_turns_conversation", "conversation_id", "number"),
    Index("ix_turns_asked", "asked_at"),
)

# What went over the wire, for who lost the connection: kept for minutes.
turn_log = Table(
    "turn_log",
    metadata,
    Column("turn_id", Name(36), primary_key=True),
    Column("owner", Name(64), nullable=False),
    Column("conversation_id", Name(64), nullable=False),
    Column("key", Name(128)),  # Idempotency-Key
    Column("request", Name(64), nullable=False),  # a digest of what was asked
    Column("begun_at", UtcDateTime, nullable=False),
    Column("worker", Name(36), nullable=False),  # the process that answers
    Column("events", JSON, nullable=False),
    Column("ended", Boolean, nullable=False),
    Column("cancelled", Boolean, nullable=False),
    UniqueConstraint("owner", "key", name="uq_turn_log_key"),
    Index("ix_turn_log_begun", "begun_at"),
    Index("ix_turn_log_conversation", "conversation_id"),
)

# Processes that answer, each counting up while it lives: no clocks are compared between machines.
workers = Table(
    "workers",
    metadata,
    Column("id", Name(36), primary_key=True),
    Column("beat", Integer, nullable=False),
)

learners = Table(
    "learners",
    metadata,
    Column("id", Name(64), primary_key=True),  # a pseudonym
    Column("created_at", UtcDateTime, nullable=False),
    Column("consent_version", Name(40)),
    Column("consented_at", UtcDateTime),
    Column("age_band", Name(16)),  # under_14, 14_to_17, adult; unknown is none of these
    Column("guardian_consent", Boolean, nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    Column("turn_id", Name(36), primary_key=True),
    Column("owner", Name(64), nullable=False),
    Column("conversation_id", Name(64), nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    Column("rating", Name(8), nullable=False),  # up or down
    Column("reasons", JSON, nullable=False),
    Column("comment", Words, nullable=False),  # masked
    Index("ix_feedback_owner", "owner"),
    Index("ix_feedback_given", "given_at"),
    Index("ix_feedback_conversation", "conversation_id"),
)

complaints = Table(
    "complaints",
    metadata,
    Column("ticket", Name(36), primary_key=True),
    Column("owner", Name(64), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("kind", Name(16), nullable=False),  # complaint, report, appeal
    Column("turn_id", Name(36)),
    Column("words", Words, nullable=False),  # masked
    Column("answer", Words),
    Column("answered_at", UtcDateTime),
    Index("ix_complaints_owner", "owner"),
    Index("ix_complaints_open", "answered_at", "due_at"),
)

# Who did what, append-only: each row's seal covers the row and the seal before it.
audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Name(32), nullable=False),  # ISO 8601, UTC, as it was sealed
    Column("who", Name(64), nullable=False),
    Column("deed", Name(40), nullable=False),
    Column("what", Name(200), nullable=False),
    Column("seal", Name(64), nullable=False),
    Index("ix_audit_at", "at"),
)

# What a learner has told of themselves for advice, and which of our beliefs they took back.
profiles = Table(
    "profiles",
    metadata,
    Column("owner", Name(64), primary_key=True),
    Column("told", JSON, nullable=False),
    Column("rejected", JSON, nullable=False),
    Column("personalised", Boolean, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

# xAPI statements, as far as we use them: no actor, no words.
learning_events = Table(
    "learning_events",
    metadata,
    Column("owner", Name(64), primary_key=True),
    Column("id", Name(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("verb", Name(16), nullable=False),
    Column("course_id", Name(120), nullable=False),
    Column("lesson_id", Name(200)),
    Column("skill", Name(120)),
    Column("score", Float),  # 0 to 1
    Column("success", Boolean),
    Index("ix_learning_events_at", "at"),
    Index("ix_learning_events_course", "course_id"),
)

# When what was practised is due again (FSRS), a row a question.
reviews = Table(
    "reviews",
    metadata,
    Column("owner", Name(64), primary_key=True),
    Column("item", Name(200), primary_key=True),
    Column("course_id", Name(120), nullable=False),
    Column("skill", Name(120)),
    Column("card", JSON, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Index("ix_reviews_due", "owner", "due_at"),
)

# Credits as those who award them told them: never computed, never a model's.
credit_entries = Table(
    "credit_entries",
    metadata,
    Column("owner", Name(64), primary_key=True),
    Column("id", Name(64), primary_key=True),
    Column("credits", Name(16), nullable=False),  # a decimal number
    Column("earned_on", Name(10), nullable=False),
    Column("source", Name(200), nullable=False),
    Column("title", Name(200), nullable=False),
    Column("course_id", Name(120)),
    Column("certificate", Name(120)),
    Column("kind", Name(40), nullable=False),
    Column("level", Integer),
)

# What a learner is on the way to: the wish, from which the way is planned anew, and the steps as last told.
pathways = Table(
    "pathways",
    metadata,
    Column("id", Name(36), primary_key=True),
    Column("owner", Name(64), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("wish", JSON, nullable=False),
    Column("steps", JSON, nullable=False),
    Index("ix_pathways_owner", "owner"),
)

# Needs that no course met. `who` tells learners apart for counting; no report names fewer than five.
unmet_needs = Table(
    "unmet_needs",
    metadata,
    Column("id", Name(36), primary_key=True),
    Column("owner", Name(64), nullable=False),
    Column("who", Name(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("reason", Name(16), nullable=False),
    Column("words", Words, nullable=False),  # masked
    Column("language", Name(8), nullable=False),
    Column("audience", Name(40)),
    Column("place", Name(80)),
    Column("turn_id", Name(36)),
    Index("ix_unmet_needs_at", "at"),
    Index("ix_unmet_needs_owner", "owner"),
)

# What the model has used up, a row a day (UTC), so that all workers share one budget.
spending = Table(
    "spending",
    metadata,
    Column("day", Name(10), primary_key=True),
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("cost", Float, nullable=False),
)

# What WeChat delivered. A row stays for hours, so that what is delivered again is known; its words go when it is done.
wechat_inbox = Table(
    "wechat_inbox",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("key", Name(64), nullable=False),  # a digest of the message's id
    Column("nonce", Name(64), nullable=False),  # a digest of the request's timestamp and nonce
    Column("owner", Name(64), nullable=False),
    Column("person", Name(64), nullable=False),  # a pseudonym of the openid
    Column("address", Words, nullable=False),  # the openid, sealed, for sending an answer there
    Column("came_at", UtcDateTime, nullable=False),
    Column("kind", Name(16), nullable=False),
    Column("words", Words, nullable=False),  # masked
    Column("worker", Name(36)),  # the process that answers
    Column("tries", Integer, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("turn_id", Name(36)),
    Column("answer", JSON, nullable=False),  # the messages to send, as far as they are known
    Column("answered", Boolean, nullable=False),  # whether all of them are
    Column("sent", Integer, nullable=False),  # so many of them were begun to be sent
    Column("done", Boolean, nullable=False),
    UniqueConstraint("key", name="uq_wechat_inbox_key"),
    UniqueConstraint("nonce", name="uq_wechat_inbox_nonce"),
    Index("ix_wechat_inbox_open", "done", "number"),
    Index("ix_wechat_inbox_person", "person", "done", "number"),
    Index("ix_wechat_inbox_owner", "owner"),
)

# Who wrote by WeChat: which learner that is, the conversation, and how many messages may still be sent.
wechat_people = Table(
    "wechat_people",
    metadata,
    Column("person", Name(64), primary_key=True),
    Column("owner", Name(64), nullable=False),
    Column("conversation_id", Name(64), nullable=False),
    Column("turn_id", Name(36)),  # the last one, for a thumb
    Column("touched_at", UtcDateTime, nullable=False),
    Column("greeted_at", UtcDateTime),
    Column("message_left", Integer, nullable=False),
    Column("message_until", UtcDateTime, nullable=False),
    Column("enter_left", Integer, nullable=False),
    Column("enter_until", UtcDateTime, nullable=False),
    Column("parked", JSON, nullable=False),  # messages that could not be sent
    Column("parked_why", Name(16), nullable=False),
    Index("ix_wechat_people_owner", "owner"),
    Index("ix_wechat_people_touched", "touched_at"),
)

# WeChat's access token, sealed, so that many workers ask for one once.
wechat_token = Table(
    "wechat_token",
    metadata,
    Column("app_id", Name(40), primary_key=True),
    Column("sealed", Words, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("asked_until", UtcDateTime, nullable=False),  # till then one worker is asking for the next
)


def tables_there(connection: Connection) -> dict[str, Table]:
    """The tables as the database has them, those and the columns of a later version among them; by name, parents
    before children.
    """
    there = MetaData()
    there.reflect(connection)
    for table in there.tables.values():
        for column in metadata.tables[table.name].columns if table.name in metadata.tables else ():
            if column.name in table.columns:
                table.columns[column.name].type = column.type
    return {table.name: table for table in there.sorted_tables}
