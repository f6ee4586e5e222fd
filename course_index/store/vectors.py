"""The vector index: Chroma, embedded or as a server. This file is the only place that knows it."""

import errno
import os
import shutil
import sqlite3
import struct
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import chromadb
import httpx
import numpy as np
from chromadb.api.client import Client
from chromadb.api.collection_configuration import CreateCollectionConfiguration, CreateHNSWConfiguration
from chromadb.api.fastapi import FastAPI
from chromadb.config import Settings
from chromadb.errors import InternalError, NotFoundError
from numpy.typing import NDArray

from course_index.errors import PartUnavailable
from course_index.store.legs import VectorLeg

# Chroma refuses batches above 5,461 rows; smaller ones keep its write lock short.
_BATCH = 2_000
# A server that did not answer is left alone for so long: else every learner would wait for it.
_LEFT_ALONE_SECONDS = 3.0
# Writing a batch may take long; a search that does is as good as none.
_WRITING_SECONDS = 120.0
_KINDS = ("passages", "courses")
# How far Chroma's graph is searched. With its own 100 one question in six misses more than three of the nearest thirty
# of 15,000 passages, some nearly all; with 400 one in fifty does, for .2 ms. A collection keeps what it was made with.
_SEARCH_WIDTH = 400
# After so many rows Chroma brings its graph on disk up to date. What is behind is written when it is read, and the
# places not in use yet with whatever the process that reads had in its memory: nothing is to be behind.
_SYNC_THRESHOLD = 1
# How the header of a graph on disk begins: its format, an offset, places, places in use, bytes of a place.
_GRAPH_FORMAT = 1
_GRAPH_HEADER = struct.Struct("<i4Q")
_LENGTH_BYTES = 4
_BY_SQLITE = "error returned from database"
T = TypeVar("T")


@contextmanager
def _disk_told() -> Iterator[None]:
    """Raise sqlite3.Error, or OSError, for what Chroma lets through from its folder: it may not say what it was."""
    try:
        yield
    except InternalError as error:
        said = str(error)
        raise (sqlite3.OperationalError(said) if _BY_SQLITE in said else OSError(errno.EIO, said)) from error


class VectorIndex:
    """Cosine search over two collections of unit vectors, `passages` and `courses`, in one folder.

    Writes of another process are invisible to an open VectorIndex: a generation is written by one process, then read.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        settings = Settings(anonymized_telemetry=False)
        # PersistentClient says ClientAPI, which does not know `close`; what it makes is a Client.
        with _disk_told():
            self._client = cast("Client", chromadb.PersistentClient(str(folder), settings))
        self._folder = folder
        # Whether anything was deleted since it was opened, or it was made otherwise than it would be now.
        self._to_write_anew = False

    def collection(self, name: str) -> "VectorCollection":
        """The named collection, made when missing."""
        with _disk_told():
            made = _made(self._client, name)
        graph = made.configuration_json.get("hnsw") or {}
        self._to_write_anew |= graph.get("sync_threshold") != _SYNC_THRESHOLD
        return VectorCollection(made, self._note_deleted)

    def seal(self) -> None:
        """Close it and leave on disk nothing of what was deleted since it was opened.

        Chroma keeps that in its log, which it empties every thousand rows at the soonest, and in its graph for good:
        what remains is written into a folder of its own, two seconds for each 5,000 vectors. A graph's unused places
        hold whatever this process had in its memory before: they are blanked.
        """
        self.close()
        if self._to_write_anew:
            self._write_anew()
        for header in self._folder.glob("*/header.bin"):
            _blank_unused(header)

    def _write_anew(self) -> None:
        anew = self._folder.with_name(f"{self._folder.name}-anew")
        shutil.rmtree(anew, ignore_errors=True)
        source, target = VectorIndex(self._folder), VectorIndex(anew)
        for kind in _KINDS:
            copy_vectors(source.collection(kind), target.collection(kind))
        source.close()
        target.close()
        shutil.rmtree(self._folder)
        anew.rename(self._folder)

    def _note_deleted(self) -> None:
        self._to_write_anew = True

    def close(self) -> None:
        """Give back files and memory."""
        self._client.close()


class VectorCollection:
    """Ids with unit vectors."""

    def __init__(self, collection: chromadb.Collection, deleted: Callable[[], None] = lambda: None) -> None:
        self._collection = collection
        self._deleted = deleted

    @_disk_told()
    def upsert(self, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Store `vectors`, shape (len(ids), dimension). (`add` would silently ignore ids that exist.)"""
        for rows in _slices(len(ids)):
            self._collection.upsert(ids=list(ids[rows]), embeddings=vectors[rows])

    @_disk_told()
    def delete(self, ids: Sequence[str]) -> None:
        """Forget `ids`."""
        for rows in _slices(len(ids)):
            self._collection.delete(ids=list(ids[rows]))
            self._deleted()

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """The ids of the `k` nearest with their cosines, best first. (Asking for metadata would double the time.)"""
        answer = self._collection.query(query_embeddings=vector[None, :], n_results=k, include=["distances"])
        distances = answer["distances"]
        assert distances is not None
        return [(id_, 1.0 - distance) for id_, distance in zip(answer["ids"][0], distances[0], strict=True)]

    @_disk_told()
    def ids(self) -> set[str]:
        """The ids of all vectors."""
        return set(self._collection.get(include=[])["ids"])

    def everything(self) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
        """All ids with their vectors, a batch at a time."""
        for rows in _slices(self._collection.count()):
            yield self.page(rows.start)

    @_disk_told()
    def page(self, start: int) -> tuple[list[str], NDArray[np.float32]]:
        """A batch of ids with their vectors, from one on."""
        page = self._collection.get(include=["embeddings"], limit=_BATCH, offset=start)
        return page["ids"], np.asarray(page["embeddings"], np.float32)


class VectorServer:
    """A Chroma server. Each generation has two collections there, which its place names.

    Nothing is asked of the server before it is needed: the service starts without it. Safe to use from many threads.
    """

    def __init__(self, url: str, seconds: float) -> None:
        self._url = url
        self._seconds = seconds
        # By how long they wait: the official client knows one limit for all that it asks.
        self._clients: dict[float, Client] = {}
        self._connecting = threading.Lock()
        self._left_alone_until = 0.0

    def index(self, place: str) -> "ServedVectorIndex":
        """The vectors of the generation at `place`."""
        return ServedVectorIndex(self, place)

    def make(self, place: str) -> None:
        """Make a place for a generation's vectors, empty whatever was there. Raises PartUnavailable."""
        self.drop(place)
        for kind in _KINDS:
            self.write(partial(_made, name=_name(place, kind)))

    def drop(self, place: str) -> None:
        """Forget the vectors of the generation at `place`. Raises PartUnavailable."""
        for kind in _KINDS:
            with suppress(NotFoundError):
                self.write(partial(Client.delete_collection, name=_name(place, kind)))

    def read(self, work: Callable[[Client], T]) -> T:
        """Ask what a learner waits for. Raises PartUnavailable; NotFoundError passes through."""
        return self._do(work, self._seconds)

    def write(self, work: Callable[[Client], T]) -> T:
        """Ask what may take its time. Raises PartUnavailable; NotFoundError passes through."""
        return self._do(work, _WRITING_SECONDS)

    def close(self) -> None:
        """Give back the connections."""
        for client in self._clients.values():
            _http_client(client).close()
            client.close()
        self._clients.clear()

    def _do(self, work: Callable[[Client], T], seconds: float) -> T:
        if time.monotonic() < self._left_alone_until:
            raise PartUnavailable(f"the Chroma server at {self._where} does not answer; see COMPANION_CHROMA_URL")
        try:
            return work(self._client(seconds))
        except NotFoundError:
            raise
        except Exception as error:  # the client raises bare ones, and a ValueError where nobody listens
            self._left_alone_until = time.monotonic() + _LEFT_ALONE_SECONDS
            raise PartUnavailable(
                f"the Chroma server at {self._where} does not answer ({type(error).__name__}); see COMPANION_CHROMA_URL"
            ) from error

    @property
    def _where(self) -> str:
        return urlsplit(self._url).netloc.rpartition("@")[2]

    def _client(self, seconds: float) -> Client:
        with self._connecting:
            if seconds not in self._clients:
                self._clients[seconds] = _connected(self._url, seconds)
            return self._clients[seconds]


def _connected(url: str, seconds: float) -> Client:
    """The official client, which waits without end by itself and asks the server already when it is made."""
    httpx.get(f"{url.rstrip('/')}/api/v2/heartbeat", timeout=seconds).raise_for_status()
    parts = urlsplit(url)
    made = chromadb.HttpClient(
        parts.hostname or "",
        parts.port or (443 if parts.scheme == "https" else 80),
        ssl=parts.scheme == "https",
        settings=Settings(anonymized_telemetry=False),
    )
    client = cast("Client", made)
    _http_client(client).timeout = httpx.Timeout(seconds)
    _http_client(client._admin_client).close()  # it has looked for the database, and nobody else would close it
    return client


def _http_client(client: Any) -> httpx.Client:
    return cast("FastAPI", client._server)._session


class ServedVectorIndex:
    """The two collections of one generation on a server."""

    def __init__(self, server: VectorServer, place: str) -> None:
        self._server = server
        self._place = place

    def collection(self, name: str) -> "ServedVectorCollection":
        """The named collection, which is not looked for yet."""
        return ServedVectorCollection(self._server, _name(self._place, name))

    def seal(self) -> None:
        """Each generation has collections of its own, into which what was deleted is not copied."""

    def close(self) -> None:
        """The server's connections serve every generation."""


class ServedVectorCollection:
    """Ids with unit vectors, on a server."""

    def __init__(self, server: VectorServer, name: str) -> None:
        self._server = server
        self._name = name
        # By the client that found it, which is also the one that it asks.
        self._found: dict[Client, chromadb.Collection] = {}

    def upsert(self, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Store `vectors`, shape (len(ids), dimension)."""
        self._asked(self._server.write, lambda collection: collection.upsert(ids, vectors))

    def delete(self, ids: Sequence[str]) -> None:
        """Forget `ids`."""
        self._asked(self._server.write, lambda collection: collection.delete(ids))

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """The ids of the `k` nearest with their cosines, best first."""
        return self._asked(self._server.read, lambda collection: collection.search(vector, k))

    def ids(self) -> set[str]:
        """The ids of all vectors."""
        return self._asked(self._server.write, lambda collection: collection.ids())

    def everything(self) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
        """All ids with their vectors, a batch at a time."""
        for rows in _slices(len(self.ids())):
            yield self._asked(self._server.write, partial(VectorCollection.page, start=rows.start))

    def _asked(self, ask: Callable[[Callable[[Client], T]], T], work: Callable[[VectorCollection], T]) -> T:
        try:
            return ask(lambda client: work(VectorCollection(self._collection(client))))
        except NotFoundError as error:
            self._found.clear()
            raise PartUnavailable(
                f"the Chroma server has no collection {self._name}; run: companion-index build --rebuild PATH..."
            ) from error

    def _collection(self, client: Client) -> chromadb.Collection:
        if client not in self._found:
            self._found[client] = client.get_collection(self._name, embedding_function=None)
        return self._found[client]


def _blank_unused(header: Path) -> None:
    """Overwrite with zeros, in a closed graph's files, what lies behind the places in use."""
    form, _, _, used, place_bytes = _GRAPH_HEADER.unpack_from(header.read_bytes())
    if form != _GRAPH_FORMAT:
        warnings.warn(f"{header} has format {form}, unknown here: what lies in its unused places stays", stacklevel=2)
        return
    for name, each in (("data_level0.bin", place_bytes), ("length.bin", _LENGTH_BYTES)):
        with header.with_name(name).open("r+b") as file:
            unused = file.seek(0, os.SEEK_END) - used * each
            file.seek(used * each)
            file.write(bytes(max(unused, 0)))


def copy_vectors(source: VectorLeg, target: VectorLeg) -> None:
    """Put everything of one leg into another."""
    for ids, vectors in source.everything():
        target.upsert(ids, vectors)


def _made(client: Client, name: str) -> chromadb.Collection:
    # embedding_function=None: Chroma's default would fetch a model. Its default distance is l2.
    graph = CreateHNSWConfiguration(
        space="cosine", ef_search=_SEARCH_WIDTH, sync_threshold=_SYNC_THRESHOLD, batch_size=_SYNC_THRESHOLD
    )
    configuration = CreateCollectionConfiguration(hnsw=graph)
    return client.get_or_create_collection(name, embedding_function=None, configuration=configuration)


def _name(place: str, kind: str) -> str:
    return f"companion_{place}_{kind}"


def _slices(length: int) -> Iterator[slice]:
    return (slice(start, start + _BATCH) for start in range(0, length, _BATCH))
