"""Generations of the index: each build writes a new folder and then points CURRENT at it.

A service reads the generation it opened until it opens a newer one, so a build that is killed at any moment, even by
SIGKILL, leaves what serves untouched. (One process cannot see another's writes in embedded Chroma in any case.)

    index/CURRENT            the name of the generation that serves
    index/generations/7/     records.db, vectors/, tokens/, lexical/, kept.json, lease (held by whoever reads it)
    index/draft/             the generation being built; a leftover of a killed build is thrown away
    index/journal.db         vectors computed for the draft; a restarted build takes them from here
    index/build.lock         held by the one process that writes

With a Chroma server the vectors are there instead, with COMPANION_LEXICAL=postgresql the terms are in PostgreSQL: under
the generation's place, which kept.json names. What is on servers is made before CURRENT changes, and dropped with the
folder. With a shelf the folder itself goes to PostgreSQL, and each host takes it from there into its own data folder.
"""

import json
import os
import secrets
import shutil
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from filelock import FileLock, Timeout

from course_index.errors import IndexDamaged, IndexLocked, IndexMismatch, IndexMissing, PartUnavailable
from course_index.store.disk import REBUILD
from course_index.store.generation import KEPT, Generation, Kept, kept, open_generation
from course_index.store.lease import Lease, is_read
from course_index.store.records import newest_shape
from course_index.store.servers import NO_SERVERS, Servers
from course_index.store.shelf import Shelf
from course_index.store.vectors import VectorIndex, copy_vectors

_BUILDS_KEPT = 50
# How often a reader that finds its generation replaced looks for the newer one.
_TRIES = 5


class IndexHome:
    """The folder that holds the generations."""

    def __init__(self, data_dir: Path, servers: Servers = NO_SERVERS) -> None:
        self._servers = servers
        self._root = data_dir / "index"
        self._generations = self._root / "generations"
        self._draft = self._root / "draft"
        self._pointer = self._root / "CURRENT"
        self._builds = self._root / "builds.jsonl"

    @property
    def journal(self) -> Path:
        """Where vectors of an unfinished build are kept."""
        return self._root / "journal.db"

    def current(self) -> str | None:
        """The name of the generation that serves, or None before the first build."""
        try:
            return self._pointer.read_text("ascii").strip() or None
        except FileNotFoundError:
            return None

    def is_lost(self) -> bool:
        """Whether no records of the generation that serves can be kept: gone, not to be read, or of a newer version."""
        name = self.current()
        if name is None:
            return False
        try:
            with closing(sqlite3.connect(f"file:{quote(str(self._records_of(name)))}?mode=ro", uri=True)) as records:
                (shape,) = records.execute("SELECT version_num FROM alembic_version").fetchone()
                is_whole = records.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
                return not is_whole or str(shape) > newest_shape()
        except sqlite3.Error:
            return True

    def _records_of(self, name: str) -> Path:
        return self._generations / name / "records.db"

    def note_build(self, report: dict[str, Any]) -> None:
        """Keep what a build did, beside when it ended; the latest are kept."""
        told = {"ended_at": datetime.now(UTC).isoformat(timespec="seconds"), **report}
        lines = [json.dumps(one, ensure_ascii=False) for one in [*self.builds(), told][-_BUILDS_KEPT:]]
        unfinished = self._builds.with_suffix(".new")
        unfinished.write_text("\n".join(lines) + "\n", "utf-8", "replace")
        unfinished.replace(self._builds)

    def builds(self) -> list[dict[str, Any]]:
        """What the latest builds did, the oldest first. A list that cannot be read is begun anew."""
        try:
            return [json.loads(line) for line in self._builds.read_text("utf-8").splitlines()]
        except (OSError, ValueError):
            return []

    def follow(self, reading: Collection[str] = ()) -> None:
        """Take the newest generation from the shelf, if hosts share one, and say there which are being read here.

        Raises PartUnavailable; what is here goes on serving then.
        """
        shelf = self._servers.shelf
        if shelf is None:
            return
        for name in reading:
            shelf.beat(name)
        newest = shelf.newest()
        if newest is None or self._is_here(*newest):
            return
        self._root.mkdir(parents=True, exist_ok=True)
        with FileLock(self._root / "fetch.lock"):  # workers of one host fetch once
            if not self._is_here(*newest):
                self._fetch(shelf, *newest)

    def _is_here(self, name: str, place: str) -> bool:
        return self.current() == name and kept(self._generations / name).place == place

    def _fetch(self, shelf: Shelf, name: str, place: str) -> None:
        shelf.beat(name)
        arriving, current = self._root / "arriving", self.current()
        shutil.rmtree(arriving, ignore_errors=True)
        arriving.mkdir(parents=True)
        shelf.fetch(name, arriving, self._generations / current if current else None)
        if kept(arriving).place != place:
            raise PartUnavailable(f"generation {name} was thrown away while it was fetched; the next one is coming")
        self._serve(arriving, name)

    def leave(self, name: str) -> None:
        """Say on the shelf that a generation is no longer read here; without word it is believed after a while."""
        if self._servers.shelf:
            with suppress(PartUnavailable):
                self._servers.shelf.leave(name)

    def close(self) -> None:
        """Give back connections to servers; what is asked of them later connects again."""
        self._servers.close()

    def open_current(self) -> Generation:
        """Open the generation that serves. Raises IndexMissing when there is none."""
        for _ in range(_TRIES):
            name = self.current()
            if name is None:
                raise IndexMissing(f"nothing is indexed in {self._root}; run: companion-index build PATH...")
            with suppress(FileNotFoundError):  # replaced and thrown away between the two lines
                lease = Lease(self._generations / name)
                if name == self.current():
                    self._refuse_elsewhere(self._generations / name, lease)
                    return open_generation(self._generations / name, self._servers, lease)
                lease.release()
        if name and not (self._generations / name).is_dir():
            raise IndexDamaged(f"generation {name} of the index in {self._root} is missing; {REBUILD}")
        raise IndexMissing(f"the index in {self._root} changes faster than it can be opened; try again")

    def _refuse_elsewhere(self, folder: Path, lease: Lease) -> None:
        """Raise IndexMismatch when a part is kept elsewhere than is set now."""
        where = kept(folder)
        for part, setting, served, is_set in (
            ("vectors", "COMPANION_CHROMA_URL", where.vectors, self._servers.chroma is not None),
            ("terms", "COMPANION_LEXICAL=postgresql", where.terms, self._servers.terms is not None),
        ):
            if served != is_set:
                lease.release()
                raise IndexMismatch(
                    f"the index has its {part} on a server, and {setting} is not set; set it, or run: "
                    "companion-index build --rebuild PATH..."
                    if served
                    else f"the index has its {part} in its folder, and {setting} is set; run: "
                    "companion-index build PATH..., which moves them, or leave it unset"
                )

    def drop_unread(self) -> None:
        """Throw away the generations before the current one that nobody reads, with all that was deleted since."""
        name = self.current()
        if name is None:
            return
        for folder in self._generations.iterdir():
            with suppress(FileNotFoundError):
                if folder.name.isdigit() and int(folder.name) < int(name) and not is_read(folder):
                    self._throw_away(folder)
        self._drop_from_shelf()

    def _throw_away(self, folder: Path) -> None:
        """What servers have of it goes first: a folder that is left is tried again, one that is gone never.

        Where hosts share a shelf, that has the say on what servers have.
        """
        with suppress(PartUnavailable):
            if not self._servers.shelf:
                self._servers.drop(kept(folder).place)
            shutil.rmtree(folder, ignore_errors=True)

    def _drop_from_shelf(self) -> None:
        shelf = self._servers.shelf
        if shelf is None:
            return
        with suppress(PartUnavailable):
            for name, place in shelf.unread():
                self._servers.drop(place)
                shelf.forget(name)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the index for writing. Raises IndexLocked while another process does."""
        self._root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._root / "build.lock")
        owner = self._root / "build.pid"
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            pid = owner.read_text("ascii") if owner.exists() else "?"
            raise IndexLocked(
                f"another build (process {pid}) is writing to {self._root}; wait for it or stop it, then try again"
            ) from error
        try:
            owner.write_text(str(os.getpid()), "ascii")
            with self._servers.shelf.writing() if self._servers.shelf else nullcontext():
                self.follow()
                yield
        finally:
            owner.unlink(missing_ok=True)
            lock.release()

    @contextmanager
    def draft(self, *, keep_search: bool = True, keep_records: bool = True) -> Iterator[Generation]:
        """A writable copy of the generation that serves; it serves from then on if the block ends without an error.

        With `keep_search` False only the records are copied, and everything searched by is made anew; without
        `keep_records` nothing is kept. Raises IndexDamaged when there is nothing to copy where there should be.
        """
        shutil.rmtree(self._draft, ignore_errors=True)
        name = self.current() if keep_records else None
        number = self._next_number()
        former = self._generations / name if name else None
        if former and not self._records_of(former.name).exists():
            raise IndexDamaged(f"generation {name} of the index in {self._root} is missing; {REBUILD}")
        where = Kept(f"{self._own_name()}_{number}", bool(self._servers.chroma), bool(self._servers.terms))
        self._copy(former, where, keep_search=keep_search)
        where.save(self._draft)
        self._servers.make(where.place)
        generation = open_generation(self._draft, self._servers)
        try:
            if former and keep_search:
                self._copy_served(former, generation)
            generation.records.migrate()
            yield generation
            generation.passage_terms.seal()
            generation.course_terms.seal()
        except BaseException:
            generation.close()
            with suppress(PartUnavailable):
                self._servers.drop(where.place)
            shutil.rmtree(self._draft, ignore_errors=True)
            raise
        generation.close()
        generation.vectors.seal()
        self._publish(number)

    def _next_number(self) -> str:
        """One more than any generation has; CURRENT may name one that is not there."""
        there = self._generations.iterdir() if self._generations.exists() else ()
        names = [self.current() or "", *(folder.name for folder in there)]
        return str(1 + max((int(name) for name in names if name.isdigit()), default=0))

    def _copy(self, former: Path | None, where: Kept, *, keep_search: bool) -> None:
        """The files of the generation before, as far as they stay files."""
        if former is None:
            self._draft.mkdir(parents=True)
            return
        left = ["lease", KEPT]
        if not keep_search:
            left += ["vectors", "tokens", "lexical", "centring.npz"]
        left += ["vectors"] * where.vectors + ["lexical"] * where.terms
        shutil.copytree(former, self._draft, ignore=shutil.ignore_patterns(*left))

    def _copy_served(self, former: Path, draft: Generation) -> None:
        """What servers have, or will have, of the generation before. Terms that are elsewhere are written anew."""
        before = kept(former)
        if before.vectors and not self._servers.chroma:
            raise IndexMismatch(
                "the index has its vectors on a Chroma server, and COMPANION_CHROMA_URL is not set; set it, or run: "
                "companion-index build --rebuild PATH..."
            )
        if chroma := self._servers.chroma:
            source = chroma.index(before.place) if before.vectors else VectorIndex(former / "vectors")
            copy_vectors(source.collection("passages"), draft.passage_vectors)
            copy_vectors(source.collection("courses"), draft.course_vectors)
            source.close()
        if self._servers.terms and before.terms:
            self._servers.terms.copy(before.place, kept(draft.folder).place)

    def _own_name(self) -> str:
        """What the places of this index on servers begin with: several may use one server."""
        if self._servers.shelf:
            return self._servers.shelf.name()
        file = self._root / "name"
        if not file.exists():
            self._root.mkdir(parents=True, exist_ok=True)
            file.write_text(f"i{secrets.token_hex(6)}", "ascii")  # a name in PostgreSQL begins with a letter
        return file.read_text("ascii")

    def _publish(self, name: str) -> None:
        if self._servers.shelf:
            self._servers.shelf.put(name, kept(self._draft).place, self._draft)
        self._serve(self._draft, name)
        self.drop_unread()

    def _serve(self, folder: Path, name: str) -> None:
        """Put a whole generation in its place, and then point at it."""
        self._generations.mkdir(exist_ok=True)
        shutil.rmtree(self._generations / name, ignore_errors=True)  # published but never pointed at
        folder.rename(self._generations / name)
        pointer = self._pointer.with_suffix(".new")
        with pointer.open("w", encoding="ascii") as file:
            file.write(name)
            file.flush()
            os.fsync(file.fileno())
        pointer.replace(self._pointer)
