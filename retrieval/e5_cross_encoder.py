"""A cross-encoder out of e5's own weights: it reads a question and a passage together, and says whether this answers
that.

Its lower layers read each text by itself, its upper ones both (Cao et al. 2020, arXiv:2005.00697), with weights that
`python -m eval.train_cross_encoder` learns from `eval/training/pairs`. Nearness of tokens does not tell who does what
to whom, or which of two things a figure is of; docs/decisions/0014-cross-encoder.md has what this tells.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from scipy.special import erf

from course_index.analyze import simplified
from course_index.embedders.clean import clean
from course_index.embedders.e5_convert import write_int8_pair_graph
from course_index.embedders.e5_tokenizer import UnigramTokenizer
from course_index.embedders.e5_weights import Floats, Shape, Weights, digest, read_weights, weights_digest, weights_file
from course_index.embedders.onnx_graph import converted
from course_index.errors import IndexProblem

# How many layers read each text by itself.
APART = 6
# Pieces that are read of a question, of a passage, and of the titles above it. It was trained on no longer ones.
QUESTION_PIECES, PASSAGE_PIECES, TITLE_PIECES = 60, 110, 24
# Raise this when the converter writes another graph for the same weights.
_GRAPH_VERSION = 1
_LEARNED = "e5_cross_encoder.npz"
_OF_A_LAYER = re.compile(r"l\d+\.")
_UNSEEN = np.float32(-1e9)
# How far the eight-bit graph may be off what was trained, in log odds on the mean.
_PARITY = 0.4
PARITY_PAIRS = (
    ("晚上几点以后不能去那里读书", "阅览室早上九点开门，晚上八点半清场。周一闭馆，遇到节假日另行通知。"),
    ("晚上几点以后不能去那里读书", "阅览室在二楼，凭读者证进出。水杯要盖好，零食不能带进去。"),
    ("边个可以攞呢笔补贴", "在本镇连续种植两年以上、面积不少于三亩的农户，可以申请这项补贴。"),
    ("how much glue do I mix in", "把一份固化剂倒进十份树脂里，朝一个方向慢慢搅两分钟。"),
    ("电池能不能带上飞机", "A spare battery goes into hand luggage with its contacts taped; it may not be checked in."),
)

Pair = tuple[Sequence[int], Sequence[int]]


class Disagreement(IndexProblem):
    """The converted network does not say what was trained."""


@dataclass(frozen=True, slots=True)
class Section:
    """A passage to be read: the titles above it, its stretches, and which of these comes closest to the question."""

    titles: str
    stretches: tuple[str, ...]
    closest: int = 0


class E5CrossEncoder:
    """Converts the weights into `folder` on first use (seconds), then reads. Safe for several threads."""

    def __init__(self, folder: Path, threads: int = 1, progress: Callable[[str, int, int], None] | None = None) -> None:
        learned, weights = Path(str(files("retrieval") / _LEARNED)), read_weights(weights_file())
        self._pieces = Pieces(weights)
        tensors = read_learned(learned)
        # What changes the layers is in the graph.
        self._head = {name: tensor for name, tensor in tensors.items() if not _OF_A_LAYER.match(name)}
        told = progress or (lambda *_: None)
        self._session = converted(
            folder / f"e5-small-pair-int8-v{_GRAPH_VERSION}-{weights_digest()}-{digest(learned)}.onnx",
            threads,
            lambda partial: _write(Merged(weights, tensors), partial, told),
            self._check_parity,
        )

    def log_odds(self, question: str, sections: Sequence[Section]) -> list[float]:
        """That a section answers the question, of each. All sections together."""
        asked = self._pieces.question(question)
        return self._read([(asked, self._pieces.section(section)) for section in sections])

    def _read(self, pairs: Sequence[Pair]) -> list[float]:
        if not pairs:
            return []
        given, kind = self._pieces.laid_out(pairs)
        apart = np.where(kind @ kind.transpose(0, 2, 1) > 0, 0, _UNSEEN).astype(np.float32)[:, None]
        together = np.where(kind.sum(axis=2) > 0, 0, _UNSEEN).astype(np.float32)[:, None, None]
        (outputs,) = self._session.run(None, {"vectors": given, "kind": kind, "apart": apart, "together": together})
        return [
            judged(row[: len(asked)], row[len(asked) : len(asked) + len(passage)], self._head)
            for row, (asked, passage) in zip(outputs, pairs, strict=True)
        ]

    def _check_parity(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        found = [self.log_odds(asked, [Section("", (passage,))])[0] for asked, passage in PARITY_PAIRS]
        off = float(np.abs(np.array(found) - self._head["parity"]).mean())
        if off > _PARITY:
            raise Disagreement(
                f"The converted cross-encoder disagrees with what was trained ({off:.2f} log odds off, at most "
                f"{_PARITY} is right). Set COMPANION_CROSS_ENCODER=none to do without it, and report this."
            )


class Pieces:
    """Texts as the network takes them."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._tokenizer = UnigramTokenizer(weights.vocabulary)
        self._positions = weights.position_vectors()

    def question(self, text: str) -> list[int]:
        """The ids of a question in Mandarin wording and simplified script."""
        return self._framed(self._tokenizer.ids(f"query: {clean(text)}")[:QUESTION_PIECES])

    def section(self, section: Section) -> list[int]:
        """The ids of a passage under its titles; of one that is too long what stands around its closest stretch."""
        titles = f"{section.titles}\n" if section.titles else ""
        parts = ["passage: ", *(clean(simplified(part)) for part in (titles, *section.stretches))]
        ids, part_of = self._tokenizer.cut_parts(parts)
        if len(ids) <= PASSAGE_PIECES:
            return self._framed(ids)
        of = np.array(part_of)
        above = np.flatnonzero(of < _FIRST)[:TITLE_PIECES]
        around = _around(of, section.closest + _FIRST, PASSAGE_PIECES - len(above))
        return self._framed([ids[n] for n in (*above, *around)])

    def laid_out(self, pairs: Sequence[Pair]) -> tuple[Floats, Floats]:
        """The vectors of the pieces of each pair, (pairs, pieces, hidden), one text behind the other, each counted from
        its own beginning; and of which of the two each piece is, (pairs, pieces, 2).
        """
        longest = max(len(asked) + len(passage) for asked, passage in pairs)
        vectors = np.zeros((len(pairs), longest, self._weights.shape.hidden), np.float32)
        kind = np.zeros((len(pairs), longest, 2), np.float32)
        for row, (asked, passage) in enumerate(pairs):
            both = len(asked) + len(passage)
            places = np.concatenate((self._positions[: len(asked)], self._positions[: len(passage)]))
            vectors[row, :both] = self._weights.word_vectors(np.array([*asked, *passage])) + places
            kind[row, : len(asked), 0] = 1
            kind[row, len(asked) : both, 1] = 1
        return vectors, kind

    def _framed(self, ids: Sequence[int]) -> list[int]:
        return [self._weights.vocabulary.begin, *ids, self._weights.vocabulary.end]


# Before the stretches stand the prefix and the titles.
_FIRST = 2


def _around(part_of: NDArray[np.int64], closest: int, most: int) -> NDArray[np.int64]:
    """Places of at most so many pieces: of the closest part, and of its neighbours as far as they fit in whole."""
    parts = [np.flatnonzero(part_of == part) for part in range(int(part_of.max()) + 1)]
    first = last = min(closest, len(parts) - 1)
    room = most - len(parts[first])
    while True:
        after = last + 1 < len(parts) and len(parts[last + 1]) <= room
        if after:
            last += 1
            room -= len(parts[last])
        before = first > _FIRST and len(parts[first - 1]) <= room
        if before:
            first -= 1
            room -= len(parts[first])
        if not (after or before):
            return np.concatenate(parts[first : last + 1])[:most]


@dataclass(frozen=True, slots=True)
class Merged:
    """e5's tensors with what was learned on top."""

    weights: Weights
    learned: Mapping[str, Floats]

    @property
    def shape(self) -> Shape:
        """e5's."""
        return self.weights.shape

    def vector(self, name: str) -> Floats:
        """Learned, or as it was."""
        return self.learned[name] if name in self.learned else self.weights.vector(name)

    def matrix(self, name: str) -> Floats:
        """As it was, and what was learned to be added, which is of low rank."""
        matrix = self.weights.matrix(name)
        if f"{name}.up" in self.learned:
            matrix = matrix + self.learned[f"{name}.up"] @ self.learned[f"{name}.down"]
        return matrix


def judged(asked: Floats, passage: Floats, learned: Mapping[str, Floats]) -> float:
    """The log odds, read off the outputs of the tokens of either text, (tokens, hidden)."""
    near = (_unit(asked) @ _unit(passage).T).max(axis=1)
    means = [_unit(one.mean(axis=0)) for one in (asked, passage)]
    plain = np.array([near.mean(), near.min(), means[0] @ means[1]], np.float32)
    # Of the size of an output of the network.
    one, other = (mean * np.float32(np.sqrt(len(mean)) / 2) for mean in means)
    row = np.concatenate((asked[0], one, other, one * other, np.abs(one - other), plain[:2]))
    hidden = learned["hid.weight"] @ row + learned["hid.bias"]
    hidden = hidden * 0.5 * (1 + erf(hidden / np.sqrt(2)))
    odds = learned["out.weight"] @ hidden + learned["out.bias"] + learned["plain.weight"] @ (plain * 10)
    return float((odds + learned["plain.bias"])[0])


def read_learned(path: Path) -> dict[str, Floats]:
    """What was learned, by the names of e5's tensors and of the parts on top."""
    with np.load(path) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


def _unit(vectors: Floats) -> Floats:
    norms: Any = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / norms, np.float32)


def _write(merged: Merged, partial: Path, told: Callable[[str, int, int], None]) -> None:
    kinds = merged.learned["kind"]
    write_int8_pair_graph(merged, APART, kinds, partial, lambda done, total: told("converting", done, total))
