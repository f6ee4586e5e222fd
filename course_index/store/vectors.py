"""The vector index: Chroma, embedded. This file is the only place that knows it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import chromadb
import numpy as np
from chromadb.api.client import Client
from chromadb.config import Settings
from numpy.typing import NDArray

# Chroma refuses batches above 5,461 rows; smaller ones keep its write lock short.
_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Near:
    """An id with the cosine of its vector to the query's, and the language of its text."""

    id: str
    cosine: float
    language: str


class VectorIndex:
    """Cosine search over two collections of unit vectors, `passages` and `courses`, in one folder.

    Writes of another process are invisible to an open VectorIndex: a generation is written by one process, then read.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        settings = Settings(anonymized_telemetry=False)
        # PersistentClient says ClientAPI, which does not know `close`; what it makes is a Client.
        self._client = cast("Client", chromadb.PersistentClient(str(folder), settings))

    def collection(self, name: str) -> "VectorCollection":
        """The named collection, made when missing."""
        # embedding_function=None: Chroma's default would fetch a model. Its default distance is l2.
        made = self._client.get_or_create_collection(
            name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )
        return VectorCollection(made)

    def close(self) -> None:
        """Give back files and memory."""
        self._client.close()


class VectorCollection:
    """Ids with unit vectors and the language of their text."""

    def __init__(self, collection: chromadb.Collection) -> None:
        self._collection = collection

    def upsert(self, ids: Sequence[str], vectors: NDArray[np.float32], languages: Sequence[str]) -> None:
        """Store `vectors`, shape (len(ids), dimension). (`add` would silently ignore ids that exist.)"""
        for rows in _slices(len(ids)):
            self._collection.upsert(
                ids=list(ids[rows]),
                embeddings=vectors[rows],
                metadatas=[{"language": language} for language in languages[rows]],
            )

    def delete(self, ids: Sequence[str]) -> None:
        """Forget `ids`."""
        for rows in _slices(len(ids)):
            self._collection.delete(ids=list(ids[rows]))

    def search(self, vector: NDArray[np.float32], k: int) -> list[Near]:
        """The `k` nearest, best first."""
        answer = self._collection.query(
            query_embeddings=vector[None, :], n_results=k, include=["distances", "metadatas"]
        )
        distances, facts = answer["distances"], answer["metadatas"]
        assert distances is not None
        assert facts is not None
        return [
            Near(id_, 1.0 - distance, str(fact["language"]))
            for id_, distance, fact in zip(answer["ids"][0], distances[0], facts[0], strict=True)
        ]

    def compare(self, vector: NDArray[np.float32], ids: Sequence[str]) -> list[Near]:
        """How near those of `ids` are that are stored, in any order."""
        if not ids:
            return []
        answer = self._collection.get(ids=list(ids), include=["embeddings", "metadatas"])
        stored, facts = cast("NDArray[np.float32]", answer["embeddings"]), answer["metadatas"]
        assert facts is not None
        return [
            Near(id_, float(row @ vector), str(fact["language"]))
            for id_, row, fact in zip(answer["ids"], stored, facts, strict=True)
        ]

    def everything(self) -> tuple[list[str], NDArray[np.float32], list[str]]:
        """All ids, their vectors, shape (ids, dimension), and the languages of their texts."""
        answer = self._collection.get(include=["embeddings", "metadatas"])
        stored, facts = cast("NDArray[np.float32]", answer["embeddings"]), answer["metadatas"]
        assert facts is not None
        return list(answer["ids"]), np.asarray(stored, np.float32), [str(fact["language"]) for fact in facts]

    def ids(self) -> set[str]:
        """The ids of all vectors."""
        return set(self._collection.get(include=[])["ids"])


def _slices(length: int) -> Iterator[slice]:
    return (slice(start, start + _BATCH) for start in range(0, length, _BATCH))
