"""Does anything here answer this? Read off the best passage's fused score, which is absolute within a language pair."""

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.query import Query
from retrieval.search import Hit

# Fused scores at and above which the best passage is taken to answer. Fitted by bench/confidence.py.
SAME_LANGUAGE_THRESHOLD = 0.44
OTHER_LANGUAGE_THRESHOLD = 0.36


@dataclass(frozen=True, slots=True)
class Confidence:
    """The best passage's score, and the score that it takes to answer."""

    score: float
    threshold: float

    @property
    def answers(self) -> bool:
        """Whether the best passage is taken to answer."""
        return self.score >= self.threshold


def confidence(query: Query, hits: Sequence[Hit]) -> Confidence:
    """How sure it is that the best of `hits` answers; no hits, no terms: not at all."""
    if not hits or not query.terms:
        return Confidence(0.0, SAME_LANGUAGE_THRESHOLD)
    same = hits[0].passage.language == query.language
    return Confidence(hits[0].score, SAME_LANGUAGE_THRESHOLD if same else OTHER_LANGUAGE_THRESHOLD)
