"""Where a passage opens in its own platform, and the questions of a provider's bank."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("passages") as passages:
        passages.add_column(sa.Column("anchor", sa.Text))
        passages.add_column(sa.Column("url", sa.Text))
    op.create_table(
        "practice_questions",
        sa.Column("lesson_id", sa.String, sa.ForeignKey("lessons.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("question", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("practice_questions")
    with op.batch_alter_table("passages") as passages:
        passages.drop_column("url")
        passages.drop_column("anchor")
