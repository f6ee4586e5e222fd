"""Whose a conversation is; turns that can be taken up again; learners, feedback, complaints, the audit."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_WHEN = sa.DateTime(timezone=True)
_SQLITE_GUARD = (
    "CREATE TRIGGER audit_no_{0} BEFORE {0} ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
)
_POSTGRES_GUARD = """
CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$
"""


def upgrade() -> None:
    # Not in a batch: that would make the table anew and drop the old one, and with it, by the cascade, every turn.
    op.add_column("conversations", sa.Column("owner", sa.String(64), nullable=False, server_default=""))
    op.create_index("ix_conversations_owner", "conversations", ["owner", "touched_at"])
    op.create_table(
        "turn_log",
        sa.Column("turn_id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("conversation_id", sa.String(64), nullable=False),
        sa.Column("key", sa.String(128)),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("begun_at", _WHEN, nullable=False),
        sa.Column("worker", sa.String(36), nullable=False),
        sa.Column("events", sa.JSON, nullable=False),
        sa.Column("ended", sa.Boolean, nullable=False),
        sa.Column("cancelled", sa.Boolean, nullable=False),
        sa.UniqueConstraint("owner", "key", name="uq_turn_log_key"),
    )
    op.create_index("ix_turn_log_begun", "turn_log", ["begun_at"])
    op.create_index("ix_turn_log_conversation", "turn_log", ["conversation_id"])
    op.create_table(
        "workers",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("beat", sa.Integer, nullable=False),
    )
    op.create_table(
        "learners",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("created_at", _WHEN, nullable=False),
        sa.Column("consent_version", sa.String(40)),
        sa.Column("consented_at", _WHEN),
        sa.Column("age_band", sa.String(16)),
        sa.Column("guardian_consent", sa.Boolean, nullable=False),
    )
    op.create_table(
        "feedback",
        sa.Column("turn_id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("conversation_id", sa.String(64), nullable=False),
        sa.Column("given_at", _WHEN, nullable=False),
        sa.Column("rating", sa.String(8), nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
    )
    op.create_index("ix_feedback_owner", "feedback", ["owner"])
    op.create_index("ix_feedback_given", "feedback", ["given_at"])
    op.create_index("ix_feedback_conversation", "feedback", ["conversation_id"])
    op.create_table(
        "complaints",
        sa.Column("ticket", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("made_at", _WHEN, nullable=False),
        sa.Column("due_at", _WHEN, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("turn_id", sa.String(36)),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("answered_at", _WHEN),
    )
    op.create_index("ix_complaints_owner", "complaints", ["owner"])
    op.create_index("ix_complaints_open", "complaints", ["answered_at", "due_at"])
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("deed", sa.String(40), nullable=False),
        sa.Column("what", sa.String(200), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    _guard_the_audit()


def downgrade() -> None:
    for table in ("audit", "complaints", "feedback", "learners", "workers", "turn_log"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuses")
    op.drop_index("ix_conversations_owner", "conversations")
    op.drop_column("conversations", "owner")


def _guard_the_audit() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("UPDATE", "DELETE"):
            op.execute(_SQLITE_GUARD.format(deed))
        return
    op.execute(_POSTGRES_GUARD)
    op.execute(
        "CREATE TRIGGER audit_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()"
    )
