"""What a search goes on without: a server that keeps a leg of the index costs quality, and no answer."""

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from course_index.errors import PartUnavailable
from course_index.store.generation import Generation
from course_index.store.held import HeldPassages
from course_index.store.legs import LexicalSearch, VectorSearch, Word
from course_index.store.vectors import VectorIndex

log = logging.getLogger(__name__)
# A server that is down is said so often.
_SAID_AGAIN_SECONDS = 60.0


@dataclass(slots=True)
class Standing:
    """Whether a leg answered when it was last asked."""

    leg: str
    answers: bool = True
    said_at: float = -_SAID_AGAIN_SECONDS

    def well(self) -> None:
        """It answered."""
        if not self.answers:
            log.info("the %s answer again", self.leg)
        self.answers = True

    def ill(self, error: PartUnavailable) -> None:
        """It did not."""
        if time.monotonic() - self.said_at >= _SAID_AGAIN_SECONDS:
            log.warning("searching without the %s: %s", self.leg, error)
            self.said_at = time.monotonic()
        self.answers = False


@dataclass(frozen=True, slots=True)
class Legs:
    """The legs of one generation, for a learner's search."""

    passages: HeldPassages
    courses: HeldPassages
    passage_vectors: VectorSearch
    course_vectors: VectorSearch
    passage_terms: LexicalSearch
    course_terms: LexicalSearch
    vectors: Standing
    terms: Standing

    @property
    def languages(self) -> frozenset[str]:
        """Those of the texts that are searched."""
        return self.passages.languages | self.courses.languages

    @property
    def whole(self) -> bool:
        """Whether nothing had to be gone without when it was last asked for."""
        return self.vectors.answers and self.terms.answers


def enduring(generation: Generation) -> Legs:
    """The legs of a generation, neither of which a search ends with. What a server has is searched there."""
    vectors, terms = Standing("vectors"), Standing("terms")
    limit = {} if isinstance(generation.vectors, VectorIndex) else {"most_numbers": 0}
    passages = HeldPassages(generation.passage_tokens, generation.passage_vectors, **limit)
    courses = HeldPassages(generation.course_tokens, generation.course_vectors, **limit)
    return Legs(
        passages,
        courses,
        EnduringVectors(passages, vectors),
        EnduringVectors(courses, vectors),
        EnduringTerms(generation.passage_terms, terms),
        EnduringTerms(generation.course_terms, terms),
        vectors,
        terms,
    )


class EnduringVectors:
    """Finds nothing while the vectors do not answer. For reading alone: a build must not take that for an answer."""

    def __init__(self, leg: VectorSearch, standing: Standing) -> None:
        self._leg = leg
        self._standing = standing

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """The ids of the `k` nearest with their cosines, best first."""
        try:
            found = self._leg.search(vector, k)
        except PartUnavailable as error:
            self._standing.ill(error)
            return []
        self._standing.well()
        return found


class EnduringTerms:
    """Finds no term anywhere while the lexical leg does not answer. For reading alone."""

    def __init__(self, leg: LexicalSearch, standing: Standing) -> None:
        self._leg = leg
        self._standing = standing

    def search(self, query_terms: Sequence[str], k: int, added: Sequence[str] = ()) -> list[tuple[str, float]]:
        """The best `k` ids with their share of the best possible BM25, best first."""
        try:
            found = self._leg.search(query_terms, k, added)
        except PartUnavailable as error:
            self._standing.ill(error)
            return []
        self._standing.well()
        return found

    def search_ways(self, words: Sequence[Word], k: int) -> list[tuple[str, float]]:
        """The best `k` ids for words that may be put in several ways, best first."""
        try:
            return self._leg.search_ways(words, k)
        except PartUnavailable as error:
            self._standing.ill(error)
            return []

    def coverage(self, wanted: Sequence[str], ids: Collection[str]) -> dict[str, float]:
        """How much of what is wanted each text has."""
        try:
            return self._leg.coverage(wanted, ids)
        except PartUnavailable as error:
            self._standing.ill(error)
            return {}

    def rarity(self, wanted: Sequence[str]) -> dict[str, float]:
        """How much each term tells; equally much while that is not known."""
        try:
            return self._leg.rarity(wanted)
        except PartUnavailable as error:
            self._standing.ill(error)
            return dict.fromkeys(wanted, 1.0)

    def holding(self, wanted: Collection[str], k: int) -> list[str]:
        """Up to `k` ids of texts that hold every one of these terms."""
        try:
            return self._leg.holding(wanted, k)
        except PartUnavailable as error:
            self._standing.ill(error)
            return []
