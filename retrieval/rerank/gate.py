"""When a reranker is asked, and what becomes of its answer."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from retrieval.rerank.reranker import Reranker, RerankerUnavailable

# How many of the best are read again.
DEPTH = 20
# A lead over the second, in the scores of retrieval/rank.py, that is not put in doubt: a reranker turned one right
# answer in eight into a wrong one, and most of those were clear.
CLEAR_LEAD = 0.25
# After a failure the reranker is left alone for so long, so that a dead one costs one learner its time limit, not all.
PAUSE_SECONDS = 30.0
_log = logging.getLogger(__name__)
T = TypeVar("T")


class Gate:
    """Asks a reranker only in doubt, and not again soon after it failed. Safe to call from several threads."""

    def __init__(self, reranker: Reranker, clock: Callable[[], float] = time.monotonic) -> None:
        self._reranker = reranker
        self._clock = clock
        self._asleep_until = float("-inf")

    def reordered(
        self, query: str, ranked: Sequence[T], score: Callable[[T], float], text: Callable[[T], str]
    ) -> list[T]:
        """`ranked`, best first, with the first DEPTH in the reranker's order; as it was when that is clear or fails."""
        best, rest = list(ranked[:DEPTH]), list(ranked[DEPTH:])
        clear = len(best) < 2 or score(best[0]) - score(best[1]) >= CLEAR_LEAD
        if clear or self._clock() < self._asleep_until:
            return [*best, *rest]
        try:
            scores = self._reranker.scores(query, [text(one) for one in best])
        except RerankerUnavailable as error:
            self._asleep_until = self._clock() + PAUSE_SECONDS
            _log.warning("the reranker is left alone for %.0f s: %s", PAUSE_SECONDS, error)
            return [*best, *rest]
        order = sorted(range(len(best)), key=lambda n: -scores[n])
        return [*(best[n] for n in order), *rest]
