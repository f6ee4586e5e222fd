"""Courses, lessons, passages and what is known of the generation."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "courses",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("provider", sa.Text),
        sa.Column("language", sa.String),
        sa.Column("initiative", sa.String),
        sa.Column("level", sa.Integer),
        sa.Column("delivery", sa.String),
        sa.Column("sample", sa.Boolean, nullable=False),
        sa.Column("record", sa.JSON, nullable=False),
    )
    op.create_index("ix_courses_source", "courses", ["source"])
    op.create_table(
        "course_facets",
        sa.Column("course_id", sa.String, sa.ForeignKey("courses.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("facet", sa.String, primary_key=True),
        sa.Column("value", sa.String, primary_key=True),
    )
    op.create_index("ix_course_facets_value", "course_facets", ["facet", "value"])
    op.create_table(
        "lessons",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("course_id", sa.String, sa.ForeignKey("courses.id", ondelete="CASCADE"), nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("content_hash", sa.String, nullable=False),
        sa.Column("updated_at", sa.Date),
    )
    op.create_index("ix_lessons_course", "lessons", ["course_id", "ordinal"])
    op.create_table(
        "passages",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("lesson_id", sa.String, sa.ForeignKey("lessons.id", ondelete="CASCADE"), nullable=False),
        sa.Column("course_id", sa.String, sa.ForeignKey("courses.id", ondelete="CASCADE"), nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("heading_path", sa.JSON, nullable=False),
        sa.Column("locator_kind", sa.String, nullable=False),
        sa.Column("locator", sa.Text, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("tokens", sa.Integer, nullable=False),
    )
    op.create_index("ix_passages_lesson", "passages", ["lesson_id", "ordinal"])
    op.create_table(
        "meta",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


def downgrade() -> None:
    for table in ("meta", "passages", "lessons", "course_facets", "courses"):
        op.drop_table(table)
