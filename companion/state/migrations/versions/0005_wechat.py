"""Customer-service messages of WeChat: what came, who wrote, and the access token."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "wechat_inbox",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("came_at", _WHEN, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("worker", sa.String(36)),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("not_before", _WHEN, nullable=False),
        sa.Column("turn_id", sa.String(36)),
        sa.Column("answer", sa.JSON, nullable=False),
        sa.Column("answered", sa.Boolean, nullable=False),
        sa.Column("sent", sa.Integer, nullable=False),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.UniqueConstraint("key", name="uq_wechat_inbox_key"),
        sa.UniqueConstraint("nonce", name="uq_wechat_inbox_nonce"),
    )
    op.create_index("ix_wechat_inbox_open", "wechat_inbox", ["done", "number"])
    op.create_index("ix_wechat_inbox_person", "wechat_inbox", ["person", "done", "number"])
    op.create_index("ix_wechat_inbox_owner", "wechat_inbox", ["owner"])
    op.create_table(
        "wechat_people",
        sa.Column("person", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("conversation_id", sa.String(64), nullable=False),
        sa.Column("turn_id", sa.String(36)),
        sa.Column("touched_at", _WHEN, nullable=False),
        sa.Column("greeted_at", _WHEN),
        sa.Column("message_left", sa.Integer, nullable=False),
        sa.Column("message_until", _WHEN, nullable=False),
        sa.Column("enter_left", sa.Integer, nullable=False),
        sa.Column("enter_until", _WHEN, nullable=False),
        sa.Column("parked", sa.JSON, nullable=False),
        sa.Column("parked_why", sa.String(16), nullable=False),
    )
    op.create_index("ix_wechat_people_owner", "wechat_people", ["owner"])
    op.create_index("ix_wechat_people_touched", "wechat_people", ["touched_at"])
    op.create_table(
        "wechat_token",
        sa.Column("app_id", sa.String(40), primary_key=True),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("expires_at", _WHEN, nullable=False),
        sa.Column("asked_until", _WHEN, nullable=False),
    )


def downgrade() -> None:
    for table in ("wechat_token", "wechat_people", "wechat_inbox"):
        op.drop_table(table)
