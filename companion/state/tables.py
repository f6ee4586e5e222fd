"""The tables of the companion's state. Alembic's migrations lead here from every earlier shape."""

from sqlalchemy import JSON, Boolean, Column, DateTime, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("touched_at", DateTime(timezone=True), nullable=False),
    Column("summary", Text, nullable=False),
    Column("summarised", Integer, nullable=False),  # so many turns are in the summary
    Column("pending", JSON),
    Index("ix_conversations_touched", "touched_at"),
)

turns = Table(
    "turns",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("conversation_id", String(64), ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("message", Text, nullable=False),  # masked
    Column("question", Text, nullable=False),
    Column("wish", String(16), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("reply", Text, nullable=False),
    Column("passages", JSON, nullable=False),
    Column("ai", Boolean, nullable=False),
    Column("usage", JSON, nullable=False),
    Index("ix_turns_conversation", "conversation_id", "number"),
)

# What the model has used up, a row a day (UTC), so that all workers share one budget.
spending = Table(
    "spending",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("cost", Float, nullable=False),
)
