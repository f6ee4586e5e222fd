"""What the search needs of a reranker."""

from collections.abc import Sequence
from typing import Protocol


class RerankerUnavailable(Exception):
    """No scores came, or not in time; the order without them stands."""


class Reranker(Protocol):
    """Reads a query together with each passage. Safe to call from several threads."""

    def scores(self, query: str, passages: Sequence[str]) -> list[float]:
        """One score a passage, in the order given; higher is better. Raises RerankerUnavailable."""
        ...
