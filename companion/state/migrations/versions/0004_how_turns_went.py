"""How a turn went: whether its claims stood, how long it took, and where on the portal it was asked."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_COLUMNS = (("grounded", sa.Boolean), ("seconds", sa.Float), ("course_id", sa.String(200)))


def upgrade() -> None:
    with op.batch_alter_table("turns") as turns:
        for name, kind in _COLUMNS:
            turns.add_column(sa.Column(name, kind))


def downgrade() -> None:
    op.drop_index("ix_turns_asked", "turns", if_exists=True)
    with op.batch_alter_table("turns") as turns:
        for name, _ in _COLUMNS:
            turns.drop_column(name)
