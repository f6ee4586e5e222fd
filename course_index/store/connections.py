"""SQLite without SQLAlchemy, for what every search reads."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

_BATCH = 500


class _Own:
    """A connection, and whether a statement runs on it: closed under one, SQLite brings the whole process down."""

    def __init__(self, address: str) -> None:
        self.connection = sqlite3.connect(address, uri=True, check_same_thread=False)
        # What is deleted is overwritten: a copy of the file holds nothing of it.
        self.connection.execute("PRAGMA secure_delete = ON")
        self.in_use = threading.RLock()
        self.closed = False


class Connections:
    """One connection a thread: SQLite lets one thread at a time use a connection. Opened when it is first needed.

    A file that is `finished` is not written any more by anyone: SQLite then looks for no locks and no journals.
    """

    def __init__(self, path: Path, *, finished: bool = False) -> None:
        self._address = f"file:{quote(str(path))}" + ("?immutable=1" if finished else "")
        self._local = threading.local()
        self._opened: list[_Own] = []
        self._opening = threading.Lock()

    @contextmanager
    def own(self) -> Iterator[sqlite3.Connection]:
        """This thread's, which nobody closes meanwhile."""
        own = self._mine()
        own.in_use.acquire()
        while own.closed:  # between the two lines
            own.in_use.release()
            own = self._mine()
            own.in_use.acquire()
        try:
            yield own.connection
        finally:
            own.in_use.release()

    def _mine(self) -> _Own:
        own: _Own | None = getattr(self._local, "own", None)
        if own is None:
            own = self._local.own = _Own(self._address)
            with self._opening:
                self._opened.append(own)
        return own

    def of(self, ids: Sequence[str], statement: str) -> list[Any]:
        """The rows of a statement that ends where the ids are to follow, after an IN."""
        found = []
        for start in range(0, len(ids), _BATCH):
            batch = ids[start : start + _BATCH]
            marks = ",".join("?" * len(batch))  # question marks alone: no value becomes part of the statement
            with self.own() as connection:
                found += connection.execute(f"{statement} ({marks})", batch).fetchall()
        return found

    def close(self) -> None:
        """Give back those of all threads, each when its thread has read to the end; who reads later opens anew."""
        with self._opening:
            opened, self._opened, self._local = self._opened, [], threading.local()
        for own in opened:
            with own.in_use:
                own.connection.close()
                own.closed = True
