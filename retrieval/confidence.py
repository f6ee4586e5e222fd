"""Does anything here answer this? A calibrated probability, read off the stretch that comes closest."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.query import Query
from retrieval.search import Hit

# Slope and intercept of the log odds over the score of the best stretch, for a passage in the question's language and
# for one in another. Fitted on the even questions of ten sets (answer there; passage, article or whole subject not
# there), checked on the odd ones: docs/decisions/0004-late-interaction.md has the curve.
SAME_LANGUAGE = (8.98, -5.27)
OTHER_LANGUAGE = (14.62, -6.81)
# From here on the passages are taken to answer: on those odd questions it keeps 95 in 100 where the question uses the
# words of its subject, and lets 7 in 100 from another subject through.
ENOUGH = 0.36
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
    slope, intercept = SAME_LANGUAGE if hit.passage.language == query.language else OTHER_LANGUAGE
    return 1 / (1 + math.exp(-(slope * hit.ranked.closest + intercept)))
