"""The tables of one generation's records. Alembic's migrations lead here from every earlier shape."""

from sqlalchemy import JSON, Boolean, Column, Date, ForeignKey, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

courses = Table(
    "courses",
    metadata,
    Column("id", String, primary_key=True),
    Column("source", Text, nullable=False),  # the file or folder that it came from
    Column("title", Text, nullable=False),
    Column("provider", Text),
    Column("language", String),
    Column("initiative", String),
    Column("level", Integer),
    Column("delivery", String),
    Column("sample", Boolean, nullable=False),
    Column("record", JSON, nullable=False),  # the whole Course
    Index("ix_courses_source", "source"),
)

# What a course has several of, and is filtered by.
course_facets = Table(
    "course_facets",
    metadata,
    Column("course_id", String, ForeignKey("courses.id", ondelete="CASCADE"), primary_key=True),
    Column("facet", String, primary_key=True),
    Column("value", String, primary_key=True),
    Index("ix_course_facets_value", "facet", "value"),
)

lessons = Table(
    "lessons",
    metadata,
    Column("id", String, primary_key=True),
    Column("course_id", String, ForeignKey("courses.id", ondelete="CASCADE"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("updated_at", Date),
    Index("ix_lessons_course", "course_id", "ordinal"),
)

passages = Table(
    "passages",
    metadata,
    Column("id", String, primary_key=True),
    Column("lesson_id", String, ForeignKey("lessons.id", ondelete="CASCADE"), nullable=False),
    Column("course_id", String, ForeignKey("courses.id", ondelete="CASCADE"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("heading_path", JSON, nullable=False),
    Column("locator_kind", String, nullable=False),
    Column("locator", Text, nullable=False),
    Column("language", String, nullable=False),
    Column("tokens", Integer, nullable=False),
    Column("anchor", Text),
    Column("url", Text),
    Index("ix_passages_lesson", "lesson_id", "ordinal"),
)

# Questions of the providers' own banks. Their answers are nowhere else: not in a passage, not in what is searched.
practice_questions = Table(
    "practice_questions",
    metadata,
    Column("lesson_id", String, ForeignKey("lessons.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String, primary_key=True),
    Column("ordinal", Integer, nullable=False),
    Column("question", JSON, nullable=False),  # the whole PracticeQuestion
)

meta = Table(
    "meta",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", Text, nullable=False),
)

# What typing ahead offers. A text that several courses have stands here once, without a course.
suggestions = Table(
    "suggestions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("kind", String, nullable=False),
    Column("course_id", String),
    Column("weight", Integer, nullable=False),
)

# How each is found: by the rank that a key gives it, then by a prefix of the key.
suggestion_keys = Table(
    "suggestion_keys",
    metadata,
    Column("rank", Integer, primary_key=True),
    Column("key", String, primary_key=True),
    Column("suggestion_id", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

# The words of titles, headings, subjects and skills, for spelling help.
terms = Table(
    "terms",
    metadata,
    Column("text", String, primary_key=True),
    Column("sound", String, nullable=False),
    Column("weight", Integer, nullable=False),
    Index("ix_terms_sound", "sound"),
)
