"""A reranker that is waited for no longer than a set time."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from retrieval.rerank.reranker import Reranker, RerankerUnavailable

# Calls under way at once; one that was given up keeps its thread until it ends.
_THREADS = 8


class TimeLimited:
    """Gives a call up after `seconds`, however slowly its answer drips in: a socket's time limit starts anew a byte."""

    def __init__(self, reranker: Reranker, seconds: float) -> None:
        self._reranker = reranker
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="rerank")

    def scores(self, query: str, passages: Sequence[str]) -> list[float]:
        """One score a passage. Raises RerankerUnavailable."""
        call = self._pool.submit(self._reranker.scores, query, passages)
        try:
            return call.result(self._seconds)
        except TimeoutError as error:
            call.cancel()  # one that still waits for a thread need not begin
            raise RerankerUnavailable(
                f"The reranker took more than {self._seconds:g} s; COMPANION_RERANKER_SECONDS sets how long is waited."
            ) from error
