"""The courses that a turn showed, so that who reopens a conversation sees its cards."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("turns") as turns:
        turns.add_column(sa.Column("courses", sa.JSON))


def downgrade() -> None:
    with op.batch_alter_table("turns") as turns:
        turns.drop_column("courses")
