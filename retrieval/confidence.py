"""Does anything here answer this? A calibrated probability, read off the stretch that comes closest."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.query import Query
from retrieval.search import Hit

# The log odds: a slope over the score of the best stretch, one over the logarithm of the number of content tokens (one
# word finds its like by chance, ten do not), and an intercept; for a passage in the question's language and in another.
# Fitted on the even questions of thirteen sets (answer there; passage, article or whole subject not there), checked on
# the odd ones (docs/decisions/0004-late-interaction.md).
SAME_LANGUAGE = (7.18, 0.90, -6.29)
OTHER_LANGUAGE = (11.4, 0.69, -7.02)
# From here on the passages are taken to answer: on the odd questions of DRCD and CMRC it keeps 98 in 100, and lets
# through 4 to 10 in 100 of those put to a library on another subject.
ENOUGH = 0.38
# Without late interaction: the cosine of the best sentence, and the fit of the best passage (decision 0003).
CLOSE_SENTENCE = 0.38
FITTING_PASSAGE = 0.45


@dataclass(frozen=True, slots=True)
class Confidence:
    """Whether the passages are taken to answer, and how probably they do; None where that was never calibrated."""

    answers: bool = False
    probability: float | None = 0.0


def confidence(query: Query, hits: Sequence[Hit], closeness: float) -> Confidence:
    """How sure it is that `hits` answer; `closeness` is that of their best sentence. Never sure without terms."""
    if not hits or not query.terms:
        return Confidence()
    if query.tokens is None:
        return Confidence(closeness >= CLOSE_SENTENCE or hits[0].ranked.fit >= FITTING_PASSAGE, None)
    probability = max(_probability(query, hit) for hit in hits)
    return Confidence(probability >= ENOUGH, probability)


def _probability(query: Query, hit: Hit) -> float:
    near, length, intercept = SAME_LANGUAGE if hit.passage.language == query.language else OTHER_LANGUAGE
    log_odds = near * hit.ranked.closest + length * math.log1p(len(query.weights)) + intercept
    return 1 / (1 + math.exp(-log_odds))
