"""Does anything here answer this? Read off the sentence that comes closest, or the passage that fits best."""

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.query import Query
from retrieval.search import Hit

# From this cosine of a sentence on, the passages are taken to answer: the best sentence tells better than the best
# passage (AUROC .81 against .76 on 250 questions over three libraries; docs/decisions/0003-confidence.md).
CLOSE_SENTENCE = 0.38
# Where a passage fits so well, no sentence needs to: the words of the question stand in the titles above it. Taking
# either cost not one more false answer on those questions.
FITTING_PASSAGE = 0.45


@dataclass(frozen=True, slots=True)
class Confidence:
    """How close the best sentence comes, and how well the best passage fits; both are 0 when nothing was found."""

    closeness: float = 0.0
    fit: float = 0.0

    @property
    def answers(self) -> bool:
        """Whether the passages are taken to answer."""
        return self.closeness >= CLOSE_SENTENCE or self.fit >= FITTING_PASSAGE


def confidence(query: Query, hits: Sequence[Hit], closeness: float) -> Confidence:
    """How sure it is that `hits` answer, whose best sentence has the cosine `closeness`; none at all without terms."""
    if not hits or not query.terms:
        return Confidence()
    return Confidence(closeness, hits[0].ranked.fit)
