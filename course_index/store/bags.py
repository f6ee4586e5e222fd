"""Texts as PostgreSQL keeps them for BM25: the numbers of their terms, and how often each is said."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_index.analyze import normalise, terms
from course_index.store.lexical import LONGEST_TERM

# A term of a text: the lower half of its number, and how often it is said.
_SAID = np.dtype([("term", "<u4"), ("count", "<u2")])
_HALF, _QUARTER = 0xFFFF_FFFF, 0xFFFF


@dataclass(frozen=True, slots=True)
class Bags:
    """Texts as the numbers of their terms, one after another."""

    ids: list[str]
    lengths: NDArray[np.float64]
    text_of: NDArray[np.intp]
    said: NDArray[np.void]


def number_of(term: str) -> int:
    """A term as PostgreSQL keeps it: two of a million terms are one with a chance of one in thirty million."""
    return int.from_bytes(blake2b(term.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)


def row_of(id_: str, written: str) -> dict[str, Any]:
    """A text as a row of its collection's table."""
    counted = Counter(number_of(term) for term in terms(normalise(written)) if len(term) <= LONGEST_TERM)
    said = np.empty(len(counted), _SAID)
    said["term"] = np.fromiter((number & _HALF for number in counted), np.uint32)
    said["count"] = np.minimum(np.fromiter(counted.values(), np.int64), np.iinfo(np.uint16).max)
    return {"id": id_, "length": counted.total(), "terms": list(counted), "said": said.tobytes()}


def bags_of(rows: Sequence[Any]) -> Bags:
    """Rows of (id, length, said) as one bag each."""
    return Bags(
        [row[0] for row in rows],
        np.asarray([row[1] for row in rows], np.float64),
        np.repeat(np.arange(len(rows)), [len(row[2]) // _SAID.itemsize for row in rows]),
        np.frombuffer(b"".join(row[2] for row in rows), _SAID),
    )


def matches(bags: Bags, weights: dict[int, float]) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Where texts say one of the terms: which text, how often, and the term's weight."""
    weight_of = {number & _HALF: weight for number, weight in weights.items()}
    asked = np.sort(np.fromiter(weight_of, np.uint32))
    worth = np.asarray([weight_of[number] for number in asked.tolist()])
    # Nearly all terms of a text are none of these: a look at half of each number spares the search for most.
    likely = np.zeros(_QUARTER + 1, np.bool_)
    likely[asked & _QUARTER] = True
    maybe = np.flatnonzero(likely[bags.said["term"] & _QUARTER])
    said = bags.said[maybe]
    where = np.minimum(np.searchsorted(asked, said["term"]), len(asked) - 1)
    found = asked[where] == said["term"]
    return bags.text_of[maybe[found]], said["count"][found].astype(np.float64), worth[where[found]]
