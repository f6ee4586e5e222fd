"""What typing ahead offers, and the terms that spelling help knows."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "suggestions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("course_id", sa.String),
        sa.Column("weight", sa.Integer, nullable=False),
    )
    op.create_table(
        "suggestion_keys",
        sa.Column("rank", sa.Integer, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("suggestion_id", sa.Integer, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "terms",
        sa.Column("text", sa.String, primary_key=True),
        sa.Column("sound", sa.String, nullable=False),
        sa.Column("weight", sa.Integer, nullable=False),
    )
    op.create_index("ix_terms_sound", "terms", ["sound"])


def downgrade() -> None:
    for table in ("terms", "suggestion_keys", "suggestions"):
        op.drop_table(table)
