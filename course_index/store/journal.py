"""Vectors already computed for a build that may be killed: the next one takes them from here."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Journalled:
    """A text as the embedder gives it, not centred yet, and its tokens as PassageVectors has them."""

    vector: NDArray[np.float32]
    tokens: NDArray[np.int8]
    ends: NDArray[np.int32]


class VectorJournal:
    """What was encoded of a text, by key, in one SQLite file that is thrown away once the build is published."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._connection = sqlite3.connect(path)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS encoded (key TEXT PRIMARY KEY, vector BLOB NOT NULL, "
            "token_dimension INTEGER NOT NULL, tokens BLOB NOT NULL, ends BLOB NOT NULL)"
        )

    def get(self, keys: Sequence[str]) -> dict[str, Journalled]:
        """What is known of `keys`."""
        found = {}
        for key in keys:
            row = self._connection.execute("SELECT * FROM encoded WHERE key = ?", (key,)).fetchone()
            if row:
                _, vector, dimension, tokens, ends = row
                found[key] = Journalled(
                    np.frombuffer(vector, np.float32),
                    np.frombuffer(tokens, np.int8).reshape(-1, dimension),
                    np.frombuffer(ends, np.int32),
                )
        return found

    def put(self, rows: Sequence[tuple[str, Journalled]]) -> None:
        """Keep rows by key; durable when this returns."""
        with self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO encoded VALUES (?, ?, ?, ?, ?)",
                [
                    (
                        key,
                        row.vector.astype(np.float32).tobytes(),
                        row.tokens.shape[1],
                        row.tokens.tobytes(),
                        row.ends.astype(np.int32).tobytes(),
                    )
                    for key, row in rows
                ],
            )

    def close(self) -> None:
        """Close the file and keep it."""
        self._connection.close()

    def discard(self) -> None:
        """Close the file and delete it: the vectors are in the index now."""
        self.close()
        for path in (self._path, *(self._path.with_name(self._path.name + suffix) for suffix in ("-wal", "-shm"))):
            path.unlink(missing_ok=True)
