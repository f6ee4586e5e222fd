"""Late interaction: every content token of the question looks for its nearest token in a stretch of a passage.

One vector a passage says what it is about; this says whether one sentence of it takes up each part of the question
(ColBERT's MaxSim over e5's own tokens: Khattab and Zaharia 2020, arXiv:2004.12832, here by stretch).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from course_index.store.tokens import PassageVectors
from retrieval.query import Query

_STEPS = np.float32(127)


def stretch_scores(query: Query, passages: Sequence[PassageVectors]) -> list[NDArray[np.float32]]:
    """Of each passage how near its stretches take up the question: weighted means of cosines, each (stretches,).

    -1 for a stretch without tokens. All passages in one multiplication: one each would take five times as long.
    """
    if query.tokens is None or not passages:
        return [np.full(len(passage.ends), -1, np.float32) for passage in passages]
    lengths = _lengths(passages)
    scores = np.full(len(lengths), -1, np.float32)
    filled = lengths > 0
    if filled.any():
        tokens = np.concatenate([passage.tokens for passage in passages if len(passage.ends)]).astype(np.float32)
        # The many rows first: the other way round it takes half as long again.
        cosines = tokens @ (query.tokens / _STEPS).T
        starts = (np.cumsum(lengths) - lengths)[filled]
        scores[filled] = np.maximum.reduceat(cosines, starts, axis=0) @ query.weights
    return np.split(scores, np.cumsum([len(passage.ends) for passage in passages])[:-1])


def _lengths(passages: Sequence[PassageVectors]) -> NDArray[np.int32]:
    """How many tokens each stretch has, of all passages in a row."""
    ends = np.concatenate([passage.ends for passage in passages])
    before = np.concatenate(([0], ends[:-1]))
    counts = np.array([len(passage.ends) for passage in passages])
    before[(np.cumsum(counts) - counts)[counts > 0]] = 0  # the first stretch of a passage begins at 0
    return ends - before
