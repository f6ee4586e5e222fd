"""The vector index: Chroma, embedded. This file is the only place that knows it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import chromadb
import numpy as np
from chromadb.api.client import Client
from chromadb.config import Settings
from numpy.typing import NDArray

# Chroma refuses batches above 5,461 rows; smaller ones keep its write lock short.
_BATCH = 2_000


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
    """Ids with unit vectors."""

    def __init__(self, collection: chromadb.Collection) -> None:
        self._collection = collection

    def upsert(self, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Store `vectors`, shape (len(ids), dimension). (`add` would silently ignore ids that exist.)"""
        for rows in _slices(len(ids)):
            self._collection.upsert(ids=list(ids[rows]), embeddings=vectors[rows])

    def delete(self, ids: Sequence[str]) -> None:
        """Forget `ids`."""
        for rows in _slices(len(ids)):
            self._collection.delete(ids=list(ids[rows]))

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """The ids of the `k` nearest with their cosines, best first. (Asking for metadata would double the time.)"""
        answer = self._collection.query(query_embeddings=vector[None, :], n_results=k, include=["distances"])
        distances = answer["distances"]
        assert distances is not None
        return [(id_, 1.0 - distance) for id_, distance in zip(answer["ids"][0], distances[0], strict=True)]

    def ids(self) -> set[str]:
        """The ids of all vectors."""
        return set(self._collection.get(include=[])["ids"])


def _slices(length: int) -> Iterator[slice]:
    return (slice(start, start + _BATCH) for start in range(0, length, _BATCH))
