"""What late interaction reads of a passage: its vector and the vectors of its tokens, in one SQLite file.

A row is read only for the few passages that a search has found already, by id; a page cache serves it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from course_index.store.connections import Connections

_STEPS = 127
_ALL = "SELECT * FROM passages WHERE id IN"
_VECTORS = "SELECT id, language, vector FROM passages WHERE id IN"
_TOKENS = "SELECT id, token_dimension, tokens, ends FROM passages WHERE id IN"


@dataclass(frozen=True, slots=True)
class PassageVectors:
    """A passage as one unit vector, (dimension,), and as unit vectors of its tokens, (tokens, token dimension).

    `ends` has for each stretch the number of tokens up to its end; without late interaction there are no tokens.
    """

    language: str
    vector: NDArray[np.float32]
    tokens: NDArray[np.int8]
    ends: NDArray[np.int32]


def in_bytes(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """Unit vectors in 8 bits: a quarter of the bytes, and the cosines stay within a hundredth."""
    return np.rint(vectors * _STEPS).astype(np.int8)


@dataclass(frozen=True, slots=True, eq=False)
class VectorRows:
    """Passages by their vectors, shape (passages, dimension)."""

    ids: list[str]
    languages: list[str]
    vectors: NDArray[np.float32]

    def cosines(self, vector: NDArray[np.float32]) -> list[float]:
        """How near each is to a unit vector."""
        return cast("list[float]", (self.vectors @ vector).tolist()) if self.ids else []


@dataclass(frozen=True, slots=True, eq=False)
class TokenRows:
    """Passages by their tokens, all in a row, (tokens, token dimension), and by their stretches, (stretches,).

    `counts` has the number of stretches of each, `ends` the number of tokens of its passage up to each stretch's end.
    (As an object each, thirty passages take longer to make than to read.)
    """

    ids: list[str]
    tokens: NDArray[np.int8]
    ends: NDArray[np.int32]
    counts: NDArray[np.intp]

    def of(self, ids: Collection[str]) -> dict[str, tuple[NDArray[np.int8], NDArray[np.int32]]]:
        """The tokens and the ends of those of `ids` that are here."""
        found, first, token = {}, 0, 0
        for id_, count in zip(self.ids, self.counts.tolist(), strict=True):
            ends = self.ends[first : first + count]
            after = token + (int(ends[-1]) if count else 0)
            if id_ in ids:
                found[id_] = self.tokens[token:after], ends
            first, token = first + count, after
        return found


class StoredPassages(Protocol):
    """What a search reads of the passages that it has found."""

    def vectors(self, ids: Sequence[str]) -> VectorRows:
        """The vectors of those of `ids` that are stored."""

    def tokens(self, ids: Sequence[str]) -> TokenRows:
        """The tokens of those of `ids` that are stored."""


class TokenStore:
    """PassageVectors by passage id. Reading is safe from many threads; one writer at a time."""

    def __init__(self, path: Path, *, finished: bool = False) -> None:
        """With `finished` nothing is written to it any more."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connections = Connections(path, finished=finished and path.exists())
        with self._connections.own() as connection, connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS passages (id TEXT PRIMARY KEY, language TEXT NOT NULL, "
                "vector BLOB NOT NULL, token_dimension INTEGER NOT NULL, tokens BLOB NOT NULL, ends BLOB NOT NULL)"
            )

    def put(self, rows: Iterable[tuple[str, PassageVectors]]) -> None:
        """Insert or replace rows by id."""
        with self._connections.own() as connection, connection:
            connection.executemany(
                "INSERT OR REPLACE INTO passages VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (
                        id_,
                        row.language,
                        row.vector.astype(np.float16).tobytes(),
                        row.tokens.shape[1],
                        row.tokens.tobytes(),
                        row.ends.astype(np.int32).tobytes(),
                    )
                    for id_, row in rows
                ),
            )

    def delete(self, ids: Sequence[str]) -> None:
        """Forget `ids`."""
        with self._connections.own() as connection, connection:
            connection.executemany("DELETE FROM passages WHERE id = ?", ((id_,) for id_ in ids))

    def get(self, ids: Sequence[str]) -> dict[str, PassageVectors]:
        """Those of `ids` that are stored, each by itself."""
        return {
            id_: PassageVectors(
                language,
                np.frombuffer(vector, np.float16).astype(np.float32),
                np.frombuffer(tokens, np.int8).reshape(-1, dimension),
                np.frombuffer(ends, np.int32),
            )
            for id_, language, vector, dimension, tokens, ends in self._connections.of(ids, _ALL)
        }

    def vectors(self, ids: Sequence[str]) -> VectorRows:
        """The vectors of those of `ids` that are stored: a tenth of the reading."""
        found = self._connections.of(ids, _VECTORS)
        halves = np.frombuffer(b"".join([row[2] for row in found]), np.float16)
        vectors = halves.reshape(len(found), -1).astype(np.float32) if found else np.zeros((0, 0), np.float32)
        return VectorRows([row[0] for row in found], [row[1] for row in found], vectors)

    def tokens(self, ids: Sequence[str]) -> TokenRows:
        """The tokens of those of `ids` that are stored."""
        found = self._connections.of(ids, _TOKENS)
        dimension = max((row[1] for row in found), default=0) or 1
        return TokenRows(
            [row[0] for row in found],
            np.frombuffer(b"".join([row[2] for row in found]), np.int8).reshape(-1, dimension),
            np.frombuffer(b"".join([row[3] for row in found]), np.int32),
            np.array([len(row[3]) // 4 for row in found], np.intp),
        )

    def everything(self) -> tuple[list[str], NDArray[np.float16], list[str]]:
        """All ids, their vectors as they are kept, shape (ids, dimension), and their languages; in no order."""
        vectors = np.empty((len(self), self.dimension), np.float16)
        ids, languages = [], []
        with self._connections.own() as connection:
            stored = connection.execute("SELECT id, language, vector FROM passages NOT INDEXED")
            for row, (id_, language, vector) in enumerate(stored):
                vectors[row] = np.frombuffer(vector, np.float16)
                ids.append(id_)
                languages.append(language)
        return ids, vectors, languages

    @property
    def dimension(self) -> int:
        """How long a vector is; 0 while there is none."""
        first = self._one("SELECT length(vector) FROM passages LIMIT 1")
        return int(first[0]) // 2 if first else 0

    def __len__(self) -> int:
        (count,) = self._one("SELECT COUNT(*) FROM passages")
        return int(count)

    def ids(self) -> set[str]:
        """The ids of all rows."""
        with self._connections.own() as connection:
            return {id_ for (id_,) in connection.execute("SELECT id FROM passages")}

    def _one(self, statement: str) -> Any:
        with self._connections.own() as connection:
            return connection.execute(statement).fetchone()

    def close(self) -> None:
        """Give back the connections of all threads."""
        self._connections.close()
