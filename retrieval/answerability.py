"""Does a passage answer what is asked, or does it only speak of it? Learned from questions and passages of our own.

Every token of the question, those by which one asks too, is laid beside what it finds in the passage (decomposable
attention: Parikh et al. 2016, arXiv:1606.01933, over e5's own token vectors), once around the stretch that comes
closest and once in the whole. `python -m eval.train_answerability` learns the weights from `eval/training/pairs`;
docs/decisions/0013-answerability.md has what they tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What the tokens of a question find in a part of a passage: the cosine of the nearest, and what they attend to."""

    nearest: Floats
    aligned: Floats


def answerability(query: Query, passages: Sequence[PassageVectors]) -> list[float]:
    """Of each passage how it bears on what is asked, in log odds to be added to others.

    Nought for a passage without tokens, and for all of them where the embedder gives none.
    """
    if query.asked is None:
        return [0.0] * len(passages)
    weights = _weights()
    return [_bears(query, query.asked, one, weights) if len(one.tokens) else 0.0 for one in passages]


def _bears(query: Query, asked: Floats, passage: PassageVectors, weights: Mapping[str, Floats]) -> float:
    tokens = np.asarray(passage.tokens.astype(np.float32) / STEPS, np.float32)
    cosines = asked @ tokens.T
    stretch_of = np.repeat(np.arange(len(passage.ends)), np.diff(passage.ends, prepend=0))
    closest, best = _closest(cosines, stretch_of, query.content)
    questions, projected = asked @ weights["project"].T, np.asarray(tokens @ weights["project"].T, np.float32)
    around = np.abs(stretch_of - best) <= 1
    same = passage.language == query.language
    parts, near, low = [], [], []
    for seen in (around, np.ones_like(around)):
        found = _found(cosines, projected, seen, weights)
        compared = _compared(questions, found, query.content, same, weights)
        parts += [compared[query.content].mean(axis=0), compared.max(axis=0)]
        near.append(float(found.nearest[query.content].mean()))
        low.append(float(found.nearest[query.content].min()))
    length = float(np.log1p(query.content.sum()))
    cosine = float(passage.vector @ query.vector)
    plain = np.array([closest, cosine, *near, *low, length, same, same * closest], np.float32)
    hidden = _gelu(weights["join"] @ np.concatenate((*parts, plain)) + weights["join.bias"])
    return float(weights["out"] @ hidden + weights["out.bias"] + weights["plain"] @ plain + weights["plain.bias"])


def _closest(cosines: Floats, stretch_of: NDArray[np.int64], content: NDArray[np.bool_]) -> tuple[float, int]:
    """The score of the stretch that takes up the content best, and its number."""
    scores = {
        int(number): float(cosines[content][:, stretch_of == number].max(axis=1).mean())
        for number in np.unique(stretch_of)
    }
    best = max(scores, key=scores.__getitem__)
    return scores[best], best


def _found(cosines: Floats, projected: Floats, seen: NDArray[np.bool_], weights: Mapping[str, Floats]) -> Found:
    shown = np.where(seen, cosines, _NOTHING)
    nearest = shown.max(axis=1)
    attention = np.exp(weights["sharpness"] * (shown - nearest[:, None]))
    attention /= attention.sum(axis=1, keepdims=True)
    return Found(nearest, attention @ projected)


def _compared(
    questions: Floats, found: Found, content: NDArray[np.bool_], same: bool, weights: Mapping[str, Floats]
) -> Floats:
    """Each token of the question beside what it found, (tokens, width)."""
    columns = (found.nearest, found.nearest**2, content, np.full(len(content), same))
    beside = np.concatenate(
        (
            questions,
            found.aligned,
            questions * found.aligned,
            np.abs(questions - found.aligned),
            np.stack(columns, axis=1).astype(np.float32),
        ),
        axis=1,
    )
    return _gelu(beside @ weights["compare"].T + weights["compare.bias"])


def _gelu(x: Floats) -> Floats:
    return np.asarray(x * 0.5 * (1 + erf(x / np.sqrt(2))), np.float32)


@cache
def _weights() -> dict[str, Floats]:
    """What ships, read once."""
    with (files("retrieval") / _FILE).open("rb") as file, np.load(file) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}
