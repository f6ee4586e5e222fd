"""Courses, lessons and passages in SQLite, through SQLAlchemy."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import TypeAdapter
from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    create_engine,
    delete,
    event,
    false,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from course_index.course import Course, Lesson, Passage, PracticeQuestion
from course_index.errors import IndexMismatch
from course_index.store.connections import Connections
from course_index.store.disk import REBUILD
from course_index.store.phrases import Phrases
from course_index.store.tables import course_facets, courses, lessons, meta, passages, practice_questions

_MIGRATIONS = Path(__file__).parent / "migrations"
_COURSE = TypeAdapter(Course)
_QUESTION = TypeAdapter(PracticeQuestion)
# SQLite takes at most 32,766 bound values in a statement.
_BATCH = 1_000
SINGLE_FACETS = ("level", "delivery", "provider", "language", "initiative")
MULTIPLE_FACETS = ("audience", "city")
# What learners ask about just now; a course takes some kB.
_COURSES_REMEMBERED = 500
T = TypeVar("T")

# What every search asks goes to SQLite as it stands: between two questions the processor has forgotten
# SQLAlchemy's code, and reading that again takes twice as long as the rows.
_PLACED = (
    select(*(passages.c[field.name] for field in fields(Passage)))
    .add_columns(lessons.c.ordinal, lessons.c.title, lessons.c.source, lessons.c.content_hash, lessons.c.updated_at)
    .add_columns(courses.c.record)
    .join(lessons, lessons.c.id == passages.c.lesson_id)
    .join(courses, courses.c.id == passages.c.course_id)
)
_PLACED_OF = f"{_PLACED.compile(dialect=sqlite_dialect())} WHERE passages.id IN"
_COURSES_OF = "SELECT id, record FROM courses WHERE id IN"
_COURSE_OF_PASSAGES = "SELECT id, course_id FROM passages WHERE id IN"
_HEADING_PATH = [field.name for field in fields(Passage)].index("heading_path")


@dataclass(frozen=True, slots=True)
class CourseFilter:
    """What a course must be. None asks for nothing; a language matches its variants (`zh` finds `zh-Hans`)."""

    level: int | None = None
    audience: str | None = None
    city: str | None = None
    delivery: str | None = None
    provider: str | None = None
    language: str | None = None
    initiative: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is indexed. Tokens are cl100k."""

    courses: int
    lessons: int
    passages: int
    tokens: int


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """What a course is filtered, counted and sorted by; `facets` has all values of each, none for what is unknown."""

    id: str
    title: str
    hours: float | None
    updated_at: str | None
    facets: dict[str, tuple[str, ...]]


def newest_shape() -> str:
    """The last migration of this version; their names are in order."""
    return str(ScriptDirectory(str(_MIGRATIONS)).get_current_head())


class Records:
    """The records of one generation. Reading is safe from many threads; one writer at a time."""

    def __init__(self, path: Path, *, finished: bool = False) -> None:
        """With `finished` nothing is written to it any more."""
        self._engine = create_engine(f"sqlite:///{path}", hide_parameters=True)
        self._connections = Connections(path, finished=finished)
        event.listen(self._engine, "connect", _enforce_foreign_keys)
        self.phrases = Phrases(self._engine, self._connections)

    def close(self) -> None:
        """Give back the connections."""
        self._connections.close()
        self._engine.dispose()

    def migrate(self) -> None:
        """Bring the tables to the newest shape; a new file gets all of them. Raises IndexMismatch."""
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        with self._engine.begin() as connection:
            current = MigrationContext.configure(connection).get_current_revision() or ""
            if current > newest_shape():
                raise IndexMismatch(
                    f"the index was built by a newer version (its records are at {current}): build with that one, or, "
                    f"where it does not come back, {REBUILD}"
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    # -- writing -----------------------------------------------------------------------------------------------------

    def put_course(self, course: Course, source: str) -> None:
        """Insert or replace a course's record; its lessons stay."""
        row = {
            "id": course.id,
            "source": source,
            "record": _COURSE.dump_python(course, mode="json"),
            **{name: getattr(course, name) for name in ("title", "provider", "language", "initiative", "level")},
            "delivery": course.delivery,
            "sample": course.sample,
        }
        with self._engine.begin() as connection:
            statement = sqlite_insert(courses).values(row)
            connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=row))
            connection.execute(delete(course_facets).where(course_facets.c.course_id == course.id))
            if facets := _facet_rows(course):
                connection.execute(course_facets.insert(), facets)

    def put_lessons(self, changed: Sequence[Lesson]) -> None:
        """Insert or replace lessons with their passages."""
        with self._engine.begin() as connection:
            for batch in _batched([lesson.id for lesson in changed], _BATCH):
                connection.execute(delete(lessons).where(lessons.c.id.in_(batch)))
            if changed:
                connection.execute(lessons.insert(), [_lesson_row(lesson) for lesson in changed])
            rows = [asdict(passage) for lesson in changed for passage in lesson.passages]
            if rows:
                connection.execute(passages.insert(), rows)
            if asked := [row for lesson in changed for row in _question_rows(lesson)]:
                connection.execute(practice_questions.insert(), asked)

    def set_lesson_ordinals(self, ordinals: dict[str, int]) -> None:
        """Put unchanged lessons at their new places in the course."""
        if not ordinals:
            return
        statement = lessons.update().where(lessons.c.id == bindparam("lesson")).values(ordinal=bindparam("place"))
        rows = [{"lesson": lesson_id, "place": ordinal} for lesson_id, ordinal in ordinals.items()]
        with self._engine.begin() as connection:
            connection.execute(statement, rows)

    def remove_lessons(self, ids: Iterable[str]) -> None:
        """Forget lessons and their passages."""
        with self._engine.begin() as connection:
            for batch in _batched(ids, _BATCH):
                connection.execute(delete(lessons).where(lessons.c.id.in_(batch)))

    def remove_courses(self, ids: Iterable[str]) -> None:
        """Forget courses with all that belongs to them."""
        with self._engine.begin() as connection:
            for batch in _batched(ids, _BATCH):
                connection.execute(delete(courses).where(courses.c.id.in_(batch)))

    def move_source(self, old: str, new: str) -> None:
        """Note of all that came from `old`, or from below it, that it comes from `new`."""
        with self._engine.begin() as connection:
            for table in (courses, lessons):
                begins = func.substr(table.c.source, 1, len(old) + 1).in_((old, f"{old}/", f"{old}!"))
                connection.execute(
                    update(table).where(begins).values(source=new + func.substr(table.c.source, len(old) + 1))
                )

    def set_meta(self, values: dict[str, str]) -> None:
        """Note facts of the generation, such as its embedder."""
        with self._engine.begin() as connection:
            for key, value in values.items():
                statement = sqlite_insert(meta).values(key=key, value=value)
                connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))

    # -- reading -----------------------------------------------------------------------------------------------------

    def meta(self) -> dict[str, str]:
        """All facts noted of the generation."""
        with self._engine.connect() as connection:
            return {row.key: row.value for row in connection.execute(select(meta))}

    def counts(self) -> Counts:
        """How much is indexed."""
        with self._engine.connect() as connection:
            return Counts(
                courses=_count(connection, courses.c.id),
                lessons=_count(connection, lessons.c.id),
                passages=_count(connection, passages.c.id),
                tokens=connection.scalar(select(func.coalesce(func.sum(passages.c.tokens), 0))) or 0,
            )

    def sources(self) -> dict[str, str]:
        """The source of every course, by course id."""
        with self._engine.connect() as connection:
            return {row.id: row.source for row in connection.execute(select(courses.c.id, courses.c.source))}

    def lesson_hashes(self, course_id: str) -> dict[str, str]:
        """The content hash of every lesson of a course, by lesson id."""
        query = select(lessons.c.id, lessons.c.content_hash).where(lessons.c.course_id == course_id)
        with self._engine.connect() as connection:
            return {row.id: row.content_hash for row in connection.execute(query)}

    def courses(self, ids: Sequence[str]) -> dict[str, Course]:
        """Those of `ids` that exist."""
        return {id_: _course(record) for id_, record in self._connections.of(ids, _COURSES_OF)}

    def course_ids(self) -> list[str]:
        """The ids of all courses, by title."""
        with self._engine.connect() as connection:
            return list(connection.scalars(select(courses.c.id).order_by(courses.c.title)))

    def catalogue_rows(self) -> list[CatalogueRow]:
        """What courses are filtered, counted and sorted by."""
        several: dict[tuple[str, str], list[str]] = {}
        singles = (courses.c.record["hours"].as_float(), courses.c.record["updated_at"].as_string())
        query = select(courses.c.id, courses.c.title, *singles, *(courses.c[name] for name in SINGLE_FACETS))
        with self._engine.connect() as connection:
            for course_id, facet, value in connection.execute(select(course_facets)):
                several.setdefault((course_id, facet), []).append(value)
            return [
                CatalogueRow(
                    id_,
                    title,
                    hours,
                    updated_at,
                    {
                        name: () if value is None else (str(value),)
                        for name, value in zip(SINGLE_FACETS, values, strict=True)
                    }
                    | {name: tuple(several.get((id_, name), ())) for name in MULTIPLE_FACETS},
                )
                for id_, title, hours, updated_at, *values in connection.execute(query)
            ]

    def courses_of_passages(self, ids: Sequence[str] | None = None) -> dict[str, str]:
        """The course id of each passage, or of each in `ids`."""
        if ids is not None:
            return dict(self._connections.of(ids, _COURSE_OF_PASSAGES))
        with self._engine.connect() as connection:
            rows = connection.execute(select(passages.c.id, passages.c.course_id))
            return {row.id: row.course_id for row in rows}

    def passages_of_courses(self, ids: Sequence[str], limit: int) -> list[str]:
        """The ids of at most `limit` passages of the courses `ids`, of which there are at most a batch."""
        within = select(lessons.c.id).where(
            lessons.c.course_id.in_(ids)
        )  # by their index; passages have none of courses
        query = select(passages.c.id).where(passages.c.lesson_id.in_(within)).limit(limit)
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def passages_within(self, course_id: str, lesson_id: str | None = None) -> list[str]:
        """The ids of the passages of a course, or of one lesson of it, in order."""
        query = (
            select(passages.c.id)
            .join(lessons, lessons.c.id == passages.c.lesson_id)
            .where(passages.c.course_id == course_id)
            .order_by(lessons.c.ordinal, passages.c.ordinal)
        )
        if lesson_id is not None:
            query = query.where(passages.c.lesson_id == lesson_id)
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def all_lessons(self) -> list[Lesson]:
        """Every lesson, without its passages."""
        with self._engine.connect() as connection:
            return [Lesson(**row._mapping) for row in connection.execute(select(lessons))]

    def headings(self) -> set[str]:
        """Every heading that a passage stands under."""
        with self._engine.connect() as connection:
            paths = connection.scalars(select(passages.c.heading_path).distinct())
            return {heading for path in paths for heading in path}

    def lessons(self, course_id: str) -> list[Lesson]:
        """A course's lessons in order, without their passages."""
        query = select(lessons).where(lessons.c.course_id == course_id).order_by(lessons.c.ordinal)
        with self._engine.connect() as connection:
            return [Lesson(**row._mapping) for row in connection.execute(query)]

    def practice_questions(self, lesson_ids: Sequence[str]) -> list[tuple[str, PracticeQuestion]]:
        """The questions of the providers' banks that belong to `lesson_ids`, in order, each with its lesson's id."""
        query = select(practice_questions).where(practice_questions.c.lesson_id.in_(list(lesson_ids)))
        ordered = query.order_by(practice_questions.c.lesson_id, practice_questions.c.ordinal)
        with self._engine.connect() as connection:
            return [(row.lesson_id, _QUESTION.validate_python(row.question)) for row in connection.execute(ordered)]

    def placed(self, ids: Sequence[str]) -> dict[str, tuple[Passage, Lesson, Course]]:
        """Those of the passages `ids` that exist, each with the lesson and the course it stands in."""
        return {row[0]: _placed(*row) for row in self._connections.of(ids, _PLACED_OF)}

    def lessons_by_id(self, ids: Sequence[str]) -> dict[str, Lesson]:
        """Those of the lessons `ids` that exist, without their passages."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(lessons).where(lessons.c.id.in_(list(ids))))
            return {row.id: Lesson(**row._mapping) for row in rows}

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """Those of `ids` that exist."""
        with self._engine.connect() as connection:
            rows = (
                row
                for batch in _batched(ids, _BATCH)
                for row in connection.execute(select(passages).where(passages.c.id.in_(batch)))
            )
            return {row.id: _passage(row) for row in rows}

    def neighbours(self, around: Sequence[Passage], reach: int) -> list[Passage]:
        """The passages at most `reach` places from one of `around` in its lesson, those themselves among them."""
        near = (
            (passages.c.lesson_id == one.lesson_id)
            & passages.c.ordinal.between(one.ordinal - reach, one.ordinal + reach)
            for one in around
        )
        with self._engine.connect() as connection:
            return [_passage(row) for row in connection.execute(select(passages).where(or_(false(), *near)))]

    def passage_ids(self) -> set[str]:
        """The ids of all passages."""
        with self._engine.connect() as connection:
            return set(connection.scalars(select(passages.c.id)))

    def passage_ids_by_length(self, without: set[str]) -> list[str]:
        """The ids of all passages but those, the shortest first: texts of one length make batches without padding."""
        query = select(passages.c.id).order_by(func.length(passages.c.text), passages.c.id)
        with self._engine.connect() as connection:
            return [id_ for id_ in connection.scalars(query) if id_ not in without]

    def lesson_of_passages(self, ids: Sequence[str]) -> dict[str, str]:
        """The lesson title of each passage in `ids`."""
        query = select(passages.c.id, lessons.c.title).join(lessons, lessons.c.id == passages.c.lesson_id)
        with self._engine.connect() as connection:
            return {
                row.id: row.title
                for batch in _batched(ids, _BATCH)
                for row in connection.execute(query.where(passages.c.id.in_(batch)))
            }


def _enforce_foreign_keys(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    # What is deleted is overwritten: a copy of the file holds nothing of it.
    connection.execute("PRAGMA secure_delete = ON")


def _facet_rows(course: Course) -> list[dict[str, str]]:
    values = {"audience": course.audience, "city": tuple(o.city for o in course.offerings if o.city)}
    return [
        {"course_id": course.id, "facet": facet, "value": value}
        for facet, all_values in values.items()
        for value in sorted(set(all_values))
    ]


def _passage(row: Row[Any]) -> Passage:
    values = {column.name: getattr(row, column.name) for column in passages.columns}
    return Passage(**{**values, "heading_path": tuple(row.heading_path)})


def _placed(*row: Any) -> tuple[Passage, Lesson, Course]:
    *of_passage, ordinal, title, source, content_hash, updated_at, record = row
    of_passage[_HEADING_PATH] = tuple(json.loads(of_passage[_HEADING_PATH]))
    passage = Passage(*of_passage)
    updated = date.fromisoformat(updated_at) if updated_at else None
    lesson = Lesson(passage.lesson_id, passage.course_id, ordinal, title, source, content_hash, updated)
    return passage, lesson, _course(record)


@lru_cache(maxsize=_COURSES_REMEMBERED)
def _course(record: str) -> Course:
    """A course from its record, which a search reads again and again."""
    return _COURSE.validate_json(record)


def _count(connection: Connection, column: Any) -> int:
    return connection.scalar(select(func.count(column))) or 0


def _lesson_row(lesson: Lesson) -> dict[str, Any]:
    return {column.name: getattr(lesson, column.name) for column in lessons.columns}


def _question_rows(lesson: Lesson) -> list[dict[str, Any]]:
    questions = {question.id: question for question in lesson.questions}
    return [
        {"lesson_id": lesson.id, "id": id_, "ordinal": ordinal, "question": asdict(question)}
        for ordinal, (id_, question) in enumerate(questions.items())
    ]


def _batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
