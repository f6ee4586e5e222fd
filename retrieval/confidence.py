"""Does anything here answer this? Read off the sentence that comes closest to the question."""

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.query import Query
from retrieval.search import Hit

# From these cosines of a sentence on, the passages are taken to answer. The best sentence tells better than the best
# passage (AUROC .81 against .76 on 250 questions over three libraries; docs/decisions/0003-confidence.md), and
# shared words tell worse than either: 遗产 stands in inheritance and in heritage.
SAME_LANGUAGE_THRESHOLD = 0.38
OTHER_LANGUAGE_THRESHOLD = 0.34


@dataclass(frozen=True, slots=True)
class Confidence:
    """How close the best sentence comes, and how close it must come to be taken to answer."""

    closeness: float
    threshold: float

    @property
    def answers(self) -> bool:
        """Whether the passages are taken to answer."""
        return self.closeness >= self.threshold


def confidence(query: Query, hits: Sequence[Hit], closeness: float) -> Confidence:
    """How sure it is that `hits` answer, whose best sentence has the cosine `closeness`; none at all without terms."""
    if not hits or not query.terms:
        return Confidence(0.0, SAME_LANGUAGE_THRESHOLD)
    same = hits[0].passage.language == query.language
    return Confidence(closeness, SAME_LANGUAGE_THRESHOLD if same else OTHER_LANGUAGE_THRESHOLD)
