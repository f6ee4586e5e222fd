"""SQLite without SQLAlchemy, for what every search reads."""

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

_BATCH = 500


class Connections:
    """One connection a thread: SQLite lets one thread at a time use a connection. Opened when it is first needed.

    A file that is `finished` is not written any more by anyone: SQLite then looks for no locks and no journals.
    """

    def __init__(self, path: Path, *, finished: bool = False) -> None:
        self._address = f"file:{quote(str(path))}" + ("?immutable=1" if finished else "")
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._opening = threading.Lock()

    def own(self) -> sqlite3.Connection:
        """This thread's."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._address, uri=True, check_same_thread=False)
            # What is deleted is overwritten: a copy of the file holds nothing of it.
            connection.execute("PRAGMA secure_delete = ON")
            self._local.connection = connection
            with self._opening:
                self._opened.append(connection)
        return connection

    def of(self, ids: Sequence[str], statement: str) -> list[Any]:
        """The rows of a statement that ends where the ids are to follow, after an IN."""
        found = []
        for start in range(0, len(ids), _BATCH):
            batch = ids[start : start + _BATCH]
            marks = ",".join("?" * len(batch))  # question marks alone: no value becomes part of the statement
            found += self.own().execute(f"{statement} ({marks})", batch).fetchall()
        return found

    def close(self) -> None:
        """Give back those of all threads."""
        with self._opening:
            for connection in self._opened:
                connection.close()
            self._opened.clear()
            self._local = threading.local()
