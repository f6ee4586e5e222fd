"""The two legs of a search, as whatever keeps them must offer them."""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

# One way to put a word: terms of which a text has to hold each. And all the ways there are.
Way = tuple[str, ...]
Word = tuple[Way, ...]


class VectorSearch(Protocol):
    """Ids by the cosine of their unit vectors. A server that does not answer raises PartUnavailable."""

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """The ids of the `k` nearest with their cosines, best first."""


class VectorLeg(VectorSearch, Protocol):
    """The same to be written, by the one build that has a generation in hand."""

    def upsert(self, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Store `vectors`, shape (len(ids), dimension)."""

    def delete(self, ids: Sequence[str]) -> None:
        """Forget `ids`."""

    def ids(self) -> set[str]:
        """The ids of all vectors."""

    def everything(self) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
        """All ids with their vectors, some at a time."""


class LexicalSearch(Protocol):
    """BM25 over the terms that `course_index.analyze` cuts. A server that does not answer raises PartUnavailable."""

    def search(self, query_terms: Sequence[str], k: int, added: Sequence[str] = ()) -> list[tuple[str, float]]:
        """The best `k` ids with BM25 as a share of the most that this query could score, 0 to 1; best first.

        `added` terms count ADDED_WEIGHT where they are found, and nothing against a text that lacks them.
        """

    def search_ways(self, words: Sequence[Word], k: int) -> list[tuple[str, float]]:
        """The best `k` ids for words each of which may be put in several ways, with their share of the most that these
        could score, 0 to 1; best first.

        BM25 with the ways of a word as one (Pirkola 1998): all are as rare as they are together, and a text has of a
        word what it has of the way that it says most. Of a way of several terms that is their mean.
        """

    def coverage(self, wanted: Sequence[str], ids: Collection[str]) -> dict[str, float]:
        """How much of what is wanted each text has, 0 to 1: the share of its terms, rare ones counting most."""

    def rarity(self, wanted: Sequence[str]) -> dict[str, float]:
        """How much each term tells: its inverse document frequency, as BM25 has it."""

    def holding(self, wanted: Collection[str], k: int) -> list[str]:
        """Up to `k` ids of texts that hold every one of these terms; none for no terms."""


class LexicalLeg(LexicalSearch, Protocol):
    """The same to be written, by the one build that has a generation in hand."""

    def change(self, upserts: Collection[tuple[str, str]], deletes: Collection[str]) -> None:
        """Replace the text of the ids in `upserts` and forget `deletes`, in one commit."""

    def clear(self) -> None:
        """Forget everything, down to the dictionary of its terms."""

    def seal(self) -> None:
        """Make what was written ready to be searched by others."""

    def ids(self) -> set[str]:
        """The ids of all documents."""
