"""SQLite without SQLAlchemy, for what every search reads."""

import sqlite3
import threading
from pathlib import Path


class Connections:
    """One connection a thread: SQLite lets one thread at a time use a connection. Opened when it is first needed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._opening = threading.Lock()

    def own(self) -> sqlite3.Connection:
        """This thread's."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, check_same_thread=False)
            # What is deleted is overwritten: a copy of the file holds nothing of it.
            connection.execute("PRAGMA secure_delete = ON")
            self._local.connection = connection
            with self._opening:
                self._opened.append(connection)
        return connection

    def close(self) -> None:
        """Give back those of all threads."""
        with self._opening:
            for connection in self._opened:
                connection.close()
            self._opened.clear()
            self._local = threading.local()
