"""Late interaction: every content token of the question looks for its nearest token in a stretch of a passage.

One vector a passage says what it is about; this says whether one sentence of it takes up each part of the question
(ColBERT's MaxSim over e5's own tokens: Khattab and Zaharia 2020, arXiv:2004.12832, here by stretch).
"""

import numpy as np
from numpy.typing import NDArray

from course_index.store.tokens import TokenRows
from retrieval.query import Query

STEPS = np.float32(127)
# So many tokens are made floats at once: what stays near the processor is not written to memory and read again.
_AT_ONCE = 512


def stretch_scores(query: Query, passages: TokenRows) -> list[NDArray[np.float32]]:
    """Of each passage how near its stretches take up the question: weighted means of cosines, each (stretches,).

    -1 for a stretch without tokens. All passages together: one each would take five times as long.
    """
    scores = np.full(len(passages.ends), -1, np.float32)
    afters = np.cumsum(passages.counts)
    if query.tokens is not None and len(passages.tokens):
        lengths = _lengths(passages, afters)
        filled = lengths > 0
        nearest = np.maximum.reduceat(_cosines(passages, query.tokens), (np.cumsum(lengths) - lengths)[filled], axis=0)
        scores[filled] = nearest @ query.weights
    starts = (afters - passages.counts).tolist()
    return [scores[start:after] for start, after in zip(starts, afters.tolist(), strict=True)]


def _cosines(passages: TokenRows, asked: NDArray[np.float32]) -> NDArray[np.float32]:
    """Every token of the passages with every one of the question, (tokens, tokens of the question)."""
    columns = np.ascontiguousarray((asked / STEPS).T)
    found = np.empty((len(passages.tokens), len(asked)), np.float32)
    for start in range(0, len(found), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        np.matmul(passages.tokens[some].astype(np.float32), columns, out=found[some])
    return found


def _lengths(passages: TokenRows, afters: NDArray[np.intp]) -> NDArray[np.int32]:
    """How many tokens each stretch has, of all passages in a row."""
    before = np.concatenate((passages.ends[:1] * 0, passages.ends[:-1]))
    before[(afters - passages.counts)[passages.counts > 0]] = 0  # the first stretch of a passage begins at 0
    return passages.ends - before
