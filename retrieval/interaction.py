"""Late interaction: every content token of the question looks for its nearest token in a stretch of a passage.

One vector a passage says what it is about; this says whether one sentence of it takes up each part of the question
(ColBERT's MaxSim over e5's own tokens: Khattab and Zaharia 2020, arXiv:2004.12832, here by stretch).
"""

import numpy as np
from numpy.typing import NDArray

from course_index.store.tokens import PassageVectors
from retrieval.query import Query

_STEPS = np.float32(127)


def stretch_scores(query: Query, passage: PassageVectors) -> NDArray[np.float32]:
    """How near each stretch takes up the question: weighted means of cosines, shape (stretches,); -1 without tokens."""
    filled = np.diff(passage.ends, prepend=0) > 0
    scores = np.full(len(passage.ends), -1, np.float32)
    if query.tokens is None or not filled.any():
        return scores
    cosines = query.tokens @ (passage.tokens.astype(np.float32) / _STEPS).T
    starts = np.concatenate(([0], passage.ends[:-1]))[filled]
    scores[filled] = query.weights @ np.maximum.reduceat(cosines, starts, axis=1)
    return scores
