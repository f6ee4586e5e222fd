"""A cross-encoder of sentence-transformers in this process: the optional extra `sentence-transformers`."""

import threading
from collections.abc import Sequence

from course_index import sentence_transformers_model
from course_index.embedders.clean import clean
from retrieval.rerank.reranker import RerankerUnavailable


class CrossEncoderReranker:
    """A model by folder or hub name, with one score a pair. Safe for several threads."""

    def __init__(self, model: str) -> None:
        self._model = sentence_transformers_model.load("CrossEncoder", model, "COMPANION_RERANKER_MODEL", num_labels=1)
        self._one_at_a_time = threading.Lock()  # each call takes every core

    def scores(self, query: str, passages: Sequence[str]) -> list[float]:
        """One score a passage. Raises RerankerUnavailable."""
        if not passages:
            return []
        pairs = [(clean(query), clean(passage)) for passage in passages]
        try:
            with self._one_at_a_time:
                return [float(score) for score in self._model.predict(pairs, show_progress_bar=False)]
        except (RuntimeError, ValueError) as error:  # as torch says that memory is short
            raise RerankerUnavailable(f"the cross-encoder failed: {error}") from error
