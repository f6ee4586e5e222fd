"""Generations in PostgreSQL, whence every host takes the files of the newest: hosts share no disk.

The files of a generation (records, tokens, means; what is on servers is not among them) never change once it is
published. They stand here in pieces named by their content, so that two generations share what they have in common and
a host fetches only what it lacks. The row of `published` is written last, in one transaction with nothing else.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from course_index.errors import IndexLocked, PartUnavailable

_SCHEMA = "companion_index"
_PIECE_BYTES = 1_048_576
# Any number will do; all that open this database must take the same.
_BUILD_LOCK, _TABLES_LOCK = 7_214_041, 7_214_042
_BEAT_SECONDS = 30.0
# A host that has not been heard of for so long does not read: its turns were over long ago.
_UNREAD_AFTER_SECONDS = 900
_TABLES = (
    f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}",
    f"CREATE TABLE IF NOT EXISTS {_SCHEMA}.owner (one boolean PRIMARY KEY CHECK (one), name text NOT NULL)",
    f"CREATE TABLE IF NOT EXISTS {_SCHEMA}.pieces (digest bytea PRIMARY KEY, body bytea NOT NULL)",
    f"CREATE TABLE IF NOT EXISTS {_SCHEMA}.files (generation integer, path text, ordinal integer, "
    "digest bytea NOT NULL, PRIMARY KEY (generation, path, ordinal))",
    f"CREATE TABLE IF NOT EXISTS {_SCHEMA}.published (generation integer PRIMARY KEY, place text NOT NULL)",
    f"CREATE TABLE IF NOT EXISTS {_SCHEMA}.readers (reader text, generation integer, seen timestamptz NOT NULL, "
    "PRIMARY KEY (reader, generation))",
)
T = TypeVar("T")


class Shelf:
    """The published generations of one database. Raises PartUnavailable while that does not answer."""

    def __init__(self, url: str, unread_after_seconds: float = _UNREAD_AFTER_SECONDS) -> None:
        self._engine = create_engine(
            make_url(url), pool_pre_ping=True, pool_size=2, max_overflow=4, connect_args={"connect_timeout": 3}
        )
        self._unread_after = unread_after_seconds
        self._reader = secrets.token_hex(8)
        self._beaten: dict[str, float] = {}
        self._has_tables = False

    def name(self) -> str:
        """What the places of this index on servers begin with, the same for every host."""

        def work(connection: Connection) -> str:
            connection.execute(
                text(f"INSERT INTO {_SCHEMA}.owner VALUES (true, :name) ON CONFLICT DO NOTHING"),  # nosec B608
                {"name": f"i{secrets.token_hex(6)}"},
            )
            return str(connection.scalar(text(f"SELECT name FROM {_SCHEMA}.owner")))  # nosec B608

        return self._do(work)

    def newest(self) -> tuple[str, str] | None:
        """The name and the place of the newest generation; None before the first."""
        newest = text(f"SELECT generation, place FROM {_SCHEMA}.published ORDER BY 1 DESC LIMIT 1")  # nosec B608
        row = self._do(lambda connection: connection.execute(newest).first())
        return (str(row.generation), row.place) if row else None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the index for writing, of all hosts. Raises IndexLocked while another does."""
        self._do(lambda _: None)
        with self._engine.connect() as connection:
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _BUILD_LOCK}):
                raise IndexLocked("another host is building the index; wait for it, then try again")
            connection.commit()
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _BUILD_LOCK})

    def put(self, number: str, place: str, folder: Path) -> None:
        """Publish the files of a folder as a generation: all of them, and then the word that it is there."""
        generation = int(number)
        self._do(lambda connection: _forget(connection, generation))  # what a killed build left
        for file in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "lease"):
            with file.open("rb") as opened:
                ordinal = 0
                while piece := opened.read(_PIECE_BYTES):
                    self._put_piece(generation, file.relative_to(folder).as_posix(), ordinal, piece)
                    ordinal += 1
        publish = text(f"INSERT INTO {_SCHEMA}.published VALUES (:generation, :place)")  # nosec B608
        self._do(lambda connection: connection.execute(publish, {"generation": generation, "place": place}))

    def _put_piece(self, generation: int, path: str, ordinal: int, body: bytes) -> None:
        digest = hashlib.sha256(body).digest()
        known = text(f"SELECT 1 FROM {_SCHEMA}.pieces WHERE digest = :digest")  # nosec B608
        piece = text(f"INSERT INTO {_SCHEMA}.pieces VALUES (:digest, :body) ON CONFLICT DO NOTHING")  # nosec B608
        file = text(f"INSERT INTO {_SCHEMA}.files VALUES (:generation, :path, :ordinal, :digest)")  # nosec B608

        def work(connection: Connection) -> None:
            if connection.scalar(known, {"digest": digest}) is None:
                connection.execute(piece, {"digest": digest, "body": body})
            values = {"generation": generation, "path": path, "ordinal": ordinal, "digest": digest}
            connection.execute(file, values)

        self._do(work)

    def fetch(self, number: str, into: Path, at_hand: Path | None) -> None:
        """Write the files of a generation; pieces that the generation `at_hand` has are not fetched again."""
        listed = text(
            f"SELECT path, digest FROM {_SCHEMA}.files WHERE generation = :generation ORDER BY path, ordinal"  # nosec B608
        )
        rows = self._do(lambda connection: connection.execute(listed, {"generation": int(number)}).all())
        known = _pieces_of(at_hand) if at_hand else {}
        for path, digest in rows:
            file = into / path
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("ab") as opened:
                opened.write(_read_piece(*known[digest]) if digest in known else self._piece(digest))

    def _piece(self, digest: bytes) -> bytes:
        statement = text(f"SELECT body FROM {_SCHEMA}.pieces WHERE digest = :digest")  # nosec B608
        body = self._do(lambda connection: connection.scalar(statement, {"digest": digest}))
        if body is None or hashlib.sha256(body).digest() != digest:
            raise PartUnavailable("a piece of the index in PostgreSQL is gone or damaged; build the index again")
        return bytes(body)

    def beat(self, number: str) -> None:
        """Say that a generation is being read here; once in half a minute is enough."""
        if time.monotonic() - self._beaten.get(number, -_BEAT_SECONDS) < _BEAT_SECONDS:
            return
        seen = text(
            f"INSERT INTO {_SCHEMA}.readers VALUES (:reader, :generation, now()) "  # nosec B608
            "ON CONFLICT (reader, generation) DO UPDATE SET seen = now()"
        )
        self._do(lambda connection: connection.execute(seen, {"reader": self._reader, "generation": int(number)}))
        self._beaten[number] = time.monotonic()

    def leave(self, number: str) -> None:
        """Say that a generation is no longer read here."""
        self._beaten.pop(number, None)
        gone = text(f"DELETE FROM {_SCHEMA}.readers WHERE reader = :reader AND generation = :generation")  # nosec B608
        self._do(lambda connection: connection.execute(gone, {"reader": self._reader, "generation": int(number)}))

    def unread(self) -> list[tuple[str, str]]:
        """Names and places of the generations before the newest that no host reads. (The database's clock alone.)"""
        statement = text(
            f"SELECT generation, place FROM {_SCHEMA}.published p "  # nosec B608
            f"WHERE generation < (SELECT max(generation) FROM {_SCHEMA}.published) AND NOT EXISTS ("
            f"SELECT 1 FROM {_SCHEMA}.readers r WHERE r.generation = p.generation "
            "AND seen > now() - make_interval(secs => :after))"
        )
        rows = self._do(lambda connection: connection.execute(statement, {"after": self._unread_after}).all())
        return [(str(row.generation), row.place) for row in rows]

    def forget(self, number: str) -> None:
        """Take a generation from the shelf, with the pieces that no other has."""
        self._do(lambda connection: _forget(connection, int(number)))

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    def _do(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._engine.begin() as connection:
                if not self._has_tables:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _TABLES_LOCK})
                    for statement in _TABLES:
                        connection.execute(text(statement))
                done = work(connection)
            self._has_tables = True
            return done
        except DBAPIError as error:
            said = type(error.orig).__name__
            raise PartUnavailable(f"PostgreSQL does not answer ({said}); see COMPANION_DATABASE_URL") from error


def _forget(connection: Connection, generation: int) -> None:
    for table in ("published", "files", "readers"):
        connection.execute(
            text(f"DELETE FROM {_SCHEMA}.{table} WHERE generation = :generation"),  # nosec B608
            {"generation": generation},
        )
    connection.execute(
        text(
            f"DELETE FROM {_SCHEMA}.pieces p WHERE NOT EXISTS "  # nosec B608
            f"(SELECT 1 FROM {_SCHEMA}.files f WHERE f.digest = p.digest)"
        )
    )


def _pieces_of(folder: Path) -> dict[bytes, tuple[Path, int]]:
    """Where the pieces of a folder's files are."""
    found = {}
    for file in (path for path in folder.rglob("*") if path.is_file()):
        with file.open("rb") as opened:
            start = 0
            while piece := opened.read(_PIECE_BYTES):
                found[hashlib.sha256(piece).digest()] = (file, start)
                start += _PIECE_BYTES
    return found


def _read_piece(file: Path, start: int) -> bytes:
    with file.open("rb") as opened:
        opened.seek(start)
        return opened.read(_PIECE_BYTES)
