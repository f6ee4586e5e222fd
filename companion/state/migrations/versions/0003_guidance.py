"""What advice rests on: profiles, what was learned and is due again, credits, pathways, needs that no course met."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "profiles",
        sa.Column("owner", sa.String(64), primary_key=True),
        sa.Column("told", sa.JSON, nullable=False),
        sa.Column("rejected", sa.JSON, nullable=False),
        sa.Column("personalised", sa.Boolean, nullable=False),
        sa.Column("changed_at", _WHEN, nullable=False),
    )
    op.create_table(
        "learning_events",
        sa.Column("owner", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("at", _WHEN, nullable=False),
        sa.Column("verb", sa.String(16), nullable=False),
        sa.Column("course_id", sa.String(120), nullable=False),
        sa.Column("lesson_id", sa.String(200)),
        sa.Column("skill", sa.String(120)),
        sa.Column("score", sa.Float),
        sa.Column("success", sa.Boolean),
    )
    op.create_index("ix_learning_events_at", "learning_events", ["at"])
    op.create_index("ix_learning_events_course", "learning_events", ["course_id"])
    op.create_table(
        "reviews",
        sa.Column("owner", sa.String(64), primary_key=True),
        sa.Column("item", sa.String(200), primary_key=True),
        sa.Column("course_id", sa.String(120), nullable=False),
        sa.Column("skill", sa.String(120)),
        sa.Column("card", sa.JSON, nullable=False),
        sa.Column("due_at", _WHEN, nullable=False),
    )
    op.create_index("ix_reviews_due", "reviews", ["owner", "due_at"])
    op.create_table(
        "credit_entries",
        sa.Column("owner", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("credits", sa.String(16), nullable=False),
        sa.Column("earned_on", sa.String(10), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("course_id", sa.String(120)),
        sa.Column("certificate", sa.String(120)),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("level", sa.Integer),
    )
    op.create_table(
        "pathways",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("made_at", _WHEN, nullable=False),
        sa.Column("wish", sa.JSON, nullable=False),
        sa.Column("steps", sa.JSON, nullable=False),
    )
    op.create_index("ix_pathways_owner", "pathways", ["owner"])
    op.create_table(
        "unmet_needs",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("at", _WHEN, nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("audience", sa.String(40)),
        sa.Column("place", sa.String(80)),
        sa.Column("turn_id", sa.String(36)),
    )
    op.create_index("ix_unmet_needs_at", "unmet_needs", ["at"])
    op.create_index("ix_unmet_needs_owner", "unmet_needs", ["owner"])


def downgrade() -> None:
    for table in ("unmet_needs", "pathways", "credit_entries", "reviews", "learning_events", "profiles"):
        op.drop_table(table)
