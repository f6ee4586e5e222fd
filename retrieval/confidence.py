"""Does anything here answer this? A calibrated probability, read off the stretch that comes closest."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from retrieval.query import Query
from retrieval.search import Hit

# The log odds: a slope over the score of the best stretch, one over the logarithm of the number of content tokens (one
# word finds its like by chance, ten do not), one over the share of the question's words that the passage has, rare
# words counting most, and an intercept; for a passage in the question's language and in another. The first two were
# fitted on the even questions of thirteen sets (docs/decisions/0004-late-interaction.md); the words and the scale on
# everyday questions to a whole library, whose answers are mostly put in the words of their subject (decision 0005).
SAME_LANGUAGE = (13.3, 1.67, 1.8, -10.7)
OTHER_LANGUAGE = (11.4, 0.69, 0.0, -5.6)
# From here on the passages are taken to answer. Below, the closest are shown as what they are.
ENOUGH = 0.78
# Without late interaction: the cosine of the best sentence, and the fit of the best passage (decision 0003).
CLOSE_SENTENCE = 0.38
FITTING_PASSAGE = 0.45


@dataclass(frozen=True, slots=True)
class Confidence:
    """Whether the passages are taken to answer, and how probably they do; None where that was never calibrated."""

    answers: bool = False
    probability: float | None = 0.0


def confidence(
    query: Query, hits: Sequence[Hit], closeness: float, coverage: Callable[[Query, Hit], float]
) -> Confidence:
    """How sure it is that `hits` answer; `closeness` is that of their best sentence. Never sure without terms.

    `coverage` is the share of a question's words that a passage has, 0 to 1.
    """
    if not hits or not query.terms:
        return Confidence()
    if query.tokens is None:
        return Confidence(closeness >= CLOSE_SENTENCE or hits[0].ranked.fit >= FITTING_PASSAGE, None)
    probability = max(_probability(query, hit, coverage(query, hit)) for hit in hits)
    return Confidence(probability >= ENOUGH, probability)


def _probability(query: Query, hit: Hit, coverage: float) -> float:
    near, length, covered, intercept = SAME_LANGUAGE if hit.passage.language == query.language else OTHER_LANGUAGE
    log_odds = near * hit.ranked.closest + length * math.log1p(len(query.weights)) + covered * coverage + intercept
    return 1 / (1 + math.exp(-log_odds))
