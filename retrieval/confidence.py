"""Does anything here answer this? Read off the best passage's scores, which are absolute within a language pair."""

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.query import Query
from retrieval.search import Hit

# From here on the best passage is taken to answer. Set on 102 questions over two real libraries: every question on
# another subject fell below, and 3 in 58 answerable ones did (docs/decisions/0003-confidence.md).
SAME_LANGUAGE_THRESHOLD = 0.34
OTHER_LANGUAGE_THRESHOLD = 0.28


@dataclass(frozen=True, slots=True)
class Confidence:
    """How well the best passage fits, and how well it must fit to be taken to answer."""

    fit: float
    threshold: float

    @property
    def answers(self) -> bool:
        """Whether the best passage is taken to answer."""
        return self.fit >= self.threshold


def confidence(query: Query, hits: Sequence[Hit]) -> Confidence:
    """How sure it is that the best of `hits` answers; no hits, no terms: not at all."""
    if not hits or not query.terms:
        return Confidence(0.0, SAME_LANGUAGE_THRESHOLD)
    same = hits[0].passage.language == query.language
    return Confidence(hits[0].fit, SAME_LANGUAGE_THRESHOLD if same else OTHER_LANGUAGE_THRESHOLD)
