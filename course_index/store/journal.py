"""Vectors already computed for a build that may be killed: the next one takes them from here."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class VectorJournal:
    """A float32 vector by key, in one SQLite file that is thrown away once the build is published."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._connection = sqlite3.connect(path)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL)")

    def get(self, keys: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors of those `keys` that are known."""
        found = {}
        for key in keys:
            row = self._connection.execute("SELECT vector FROM vectors WHERE key = ?", (key,)).fetchone()
            if row:
                found[key] = np.frombuffer(row[0], np.float32)
        return found

    def put(self, keys: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep `vectors`, one row a key; durable when this returns."""
        rows = [(key, vector.astype(np.float32).tobytes()) for key, vector in zip(keys, vectors, strict=True)]
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def close(self) -> None:
        """Close the file and keep it."""
        self._connection.close()

    def discard(self) -> None:
        """Close the file and delete it: the vectors are in the index now."""
        self.close()
        for path in (self._path, *(self._path.with_name(self._path.name + suffix) for suffix in ("-wal", "-shm"))):
            path.unlink(missing_ok=True)
