"""Does a passage answer what is asked, or does it only speak of it? Learned from questions and passages of our own.

Every token of the question, those by which one asks too, is laid beside what it finds in the passage (decomposable
attention: Parikh et al. 2016, arXiv:1606.01933, over e5's own token vectors), once around the stretch that comes
closest and once in the whole. `python -m eval.train_answerability` learns the weights from `eval/training/pairs`;
docs/decisions/0013-answerability.md has what they tell.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from course_index.store.tokens import PassageVectors
from retrieval.interaction import STEPS
from retrieval.query import Query

Floats = NDArray[np.float32]

_FILE = "answerability.npz"
# What a token finds outside of what is looked at counts as nothing.
_NOTHING = np.float32(-1e4)


def answerability(query: Query, passages: Sequence[PassageVectors]) -> list[float]:
    """Of each passage how it bears on what is asked, in log odds to be added to others.

    Nought for a passage without tokens, and for all of them where the embedder gives none. All passages together: one
    each would take twice as long.
    """
    bears = [0.0] * len(passages)
    read = [number for number, passage in enumerate(passages) if len(passage.tokens)]
    if query.asked is not None and read:
        found = _bears(query, query.asked, [passages[number] for number in read], _weights())
        for number, log_odds in zip(read, found.tolist(), strict=True):
            bears[number] = log_odds
    return bears


def _bears(query: Query, asked: Floats, passages: Sequence[PassageVectors], weights: Mapping[str, Floats]) -> Floats:
    tokens = np.asarray(np.concatenate([one.tokens for one in passages]).astype(np.float32) / STEPS, np.float32)
    cosines = asked @ tokens.T
    closest, around = _closest(cosines[query.content], passages)
    afters = np.cumsum([len(one.tokens) for one in passages])
    columns = [slice(after - len(one.tokens), after) for one, after in zip(passages, afters.tolist(), strict=True)]
    questions, projected = asked @ weights["project"].T, np.asarray(tokens @ weights["project"].T, np.float32)
    same = np.array([one.language == query.language for one in passages], np.float32)
    parts, near, low = [], [], []
    for shown in (np.where(around, cosines, _NOTHING), cosines):
        nearest, aligned = _found(shown, projected, columns, weights["sharpness"])
        compared = _compared(questions, aligned, nearest, query.content, same, weights)
        parts += [compared[:, query.content].mean(axis=1), compared.max(axis=1)]
        near.append(nearest[:, query.content].mean(axis=1))
        low.append(nearest[:, query.content].min(axis=1))
    length = np.full(len(passages), np.log1p(query.content.sum()))
    cosine = np.stack([one.vector for one in passages]) @ query.vector
    plain = np.stack([closest, cosine, *near, *low, length, same, same * closest], axis=1).astype(np.float32)
    hidden = _gelu(np.concatenate((*parts, plain), axis=1) @ weights["join"].T + weights["join.bias"])
    return hidden @ weights["out"] + weights["out.bias"] + plain @ weights["plain"] + weights["plain.bias"]


def _closest(content: Floats, passages: Sequence[PassageVectors]) -> tuple[Floats, NDArray[np.bool_]]:
    """Of each passage the score of the stretch that takes up the content best, and which tokens are around that."""
    lengths = [np.diff(one.ends, prepend=0) for one in passages]
    numbers = [np.flatnonzero(some) for some in lengths]  # a stretch may have no tokens
    filled = np.concatenate([some[some > 0] for some in lengths])
    scores = np.maximum.reduceat(content, np.cumsum(filled) - filled, axis=1).mean(axis=0)
    closest, around, first = [], [], 0
    for some, number in zip(lengths, numbers, strict=True):
        best = int(scores[first : first + len(number)].argmax())
        closest.append(scores[first + best])
        around.append(np.repeat(np.abs(number - number[best]) <= 1, some[some > 0]))
        first += len(number)
    return np.array(closest, np.float32), np.concatenate(around)


def _found(shown: Floats, projected: Floats, columns: Sequence[slice], sharpness: Floats) -> tuple[Floats, Floats]:
    """Of each passage what each token of the question finds: the cosine of the nearest, (passages, tokens), and what
    it attends to, (passages, tokens, width).
    """
    nearest = np.stack([shown[:, some].max(axis=1) for some in columns])
    aligned = []
    for some, best in zip(columns, nearest, strict=True):
        attention = np.exp(sharpness * (shown[:, some] - best[:, None]))
        aligned.append(attention @ projected[some] / attention.sum(axis=1, keepdims=True))
    return nearest, np.stack(aligned)


def _compared(
    questions: Floats,
    aligned: Floats,
    nearest: Floats,
    content: NDArray[np.bool_],
    same: Floats,
    weights: Mapping[str, Floats],
) -> Floats:
    """Each token of the question beside what it found, (passages, tokens, width)."""
    signals = np.broadcast_arrays(nearest, nearest**2, content.astype(np.float32), same[:, None])
    apart = (questions * aligned, np.abs(questions - aligned), np.stack(signals, axis=2))
    beside = np.concatenate((np.broadcast_to(questions, aligned.shape), aligned, *apart), axis=2)
    rows = beside.reshape(-1, beside.shape[2]) @ weights["compare"].T + weights["compare.bias"]
    return _gelu(rows).reshape(*aligned.shape[:2], -1)


def _gelu(x: Floats) -> Floats:
    return np.asarray(x * 0.5 * (1 + erf(x / np.sqrt(2))), np.float32)


@cache
def _weights() -> dict[str, Floats]:
    """What ships, read once."""
    with (files("retrieval") / _FILE).open("rb") as file, np.load(file) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}
