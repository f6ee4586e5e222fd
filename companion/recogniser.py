"""What a message resembles among messages that people sorted: a kernel regression by eval/train_recognisers.py.

What is kept of each message it learned from is its place among the others (its vectors under both prefixes, shortened),
and how much being near it says for each label. A message far from all of them gets nothing for any label.
"""

import asyncio
import logging
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from companion.safety.bounds import spellings
from course_index.embedders.embedder import Embedder, TwoRoleEmbedder
from course_index.recent import Recent

Floats = NDArray[np.float32]

LEARNED = Path(__file__).with_name("recogniser.npz")
RULES, WISHES, EMERGENCIES = "rules", "wishes", "emergencies"

# Nearness falls to 1/e at a squared distance of two.
SPREAD = 0.5
# How many numbers the runs of words are hashed into; as many runs of different words share one.
HASHED = 2**14
_LONGEST_RUN = 3
_UNIT = re.compile(r"[a-z]+|\d+|[^\sa-z\d]")
# Of a long text its ends are read: what is wanted stands there.
_END = 300
_REMEMBERED = 32
# Of how many messages at once the runs take 4 MB.
_AT_ONCE = 64

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What the file holds.

    `means` are those of the vectors under each prefix, shape (2, dimension); `directions`, (2 * dimension, kept), are
    the ones along which messages differ most; `examples`, (messages, kept), lie along them. `near`, (messages, labels),
    and `runs`, (HASHED, labels), are the weights of `labels`; a label is (RULES, WISHES or EMERGENCIES, its name).
    """

    embedder: str
    labels: tuple[tuple[str, str], ...]
    means: Floats
    directions: Floats
    examples: Floats
    near: Floats
    runs: Floats

    def save(self, path: Path) -> None:
        """Write the file: examples in 8 bits, all else in 16, which changes no score by more than a hundredth."""
        scale = np.abs(self.examples).max() / 127
        np.savez_compressed(
            path,
            embedder=self.embedder,
            labels=np.array([":".join(label) for label in self.labels]),
            means=self.means,
            directions=self.directions.astype(np.float16),
            examples=np.round(self.examples / scale).astype(np.int8),
            scale=np.float32(scale),
            near=self.near.astype(np.float16),
            runs=self.runs.astype(np.float16),
        )


def load_learned(path: Path = LEARNED) -> Learned:
    """What was learned, as it was saved."""
    with np.load(path) as file:
        stored = {name: file[name] for name in file.files}
    labels = (str(label).split(":", 1) for label in stored["labels"])
    return Learned(
        embedder=str(stored["embedder"]),
        labels=tuple((kind, name) for kind, name in labels),
        means=stored["means"],
        directions=stored["directions"].astype(np.float32),
        examples=stored["examples"].astype(np.float32) * stored["scale"],
        near=stored["near"].astype(np.float32),
        runs=stored["runs"].astype(np.float32),
    )


@cache
def shipped_learned() -> Learned:
    """What ships: unpacking it takes 50 ms, and every companion of a process holds the same."""
    return load_learned()


class Recogniser:
    """Scores messages for each label: about 1 for what is plainly such a one, about 0 for what is not. Thread-safe."""

    def __init__(self, learned: Learned, embedder: Embedder) -> None:
        self._learned = learned
        self._embedder = embedder
        self._lengths = (learned.examples**2).sum(axis=1)
        # Rules, wishes and emergencies are asked about the same message.
        self._latest: Recent[Floats] = Recent(_REMEMBERED)

    def scores(self, text: str, kind: str) -> dict[str, float]:
        """The score of each label of this kind."""
        form = read_form(text)
        scores = self._latest.get(form.encode())
        return self._by_kind(self._scored(form) if scores is None else scores)[kind]

    async def soon(self, text: str, kind: str) -> dict[str, float]:
        """As `scores`, in a thread where they have to be computed."""
        form = read_form(text)
        scores = self._latest.get(form.encode())
        return self._by_kind(await asyncio.to_thread(self._scored, form) if scores is None else scores)[kind]

    def scores_of_many(self, texts: Sequence[str]) -> list[dict[str, dict[str, float]]]:
        """Of each text the scores of every kind; in batches, which takes a third of the time of one by one."""
        forms = [read_form(text) for text in texts]
        batches = (forms[start : start + _AT_ONCE] for start in range(0, len(forms), _AT_ONCE))
        return [self._by_kind(scores) for batch in batches for scores in self._scores(batch)]

    def _scored(self, form: str) -> Floats:
        scores: Floats = self._scores([form])[0]
        self._latest.put(form.encode(), scores)
        return scores

    def _by_kind(self, scores: Floats) -> dict[str, dict[str, float]]:
        by_kind: dict[str, dict[str, float]] = {}
        for (kind, name), score in zip(self._learned.labels, scores, strict=True):
            by_kind.setdefault(kind, {})[name] = float(score)
        return by_kind

    def _scores(self, forms: Sequence[str]) -> Floats:
        learned = self._learned
        places = place(both_vectors(self._embedder, forms), learned.means, learned.directions)
        near = nearness(places, learned.examples, self._lengths) @ learned.near
        return np.asarray(near + runs_of(forms) @ learned.runs, np.float32)


def make_recogniser(embedder: Embedder, learned: Learned | None = None) -> Recogniser | None:
    """The recogniser that ships; None, said once in the log, for an embedder whose vectors it did not learn from."""
    learned = learned or shipped_learned()
    if learned.embedder != embedder.fingerprint:
        _log.warning(
            "what is declined and what is wanted is recognised by rules alone: %s was learned with the embedder %s, "
            "and %s is set. To learn it anew, run: python -m eval.train_recognisers",
            LEARNED.name,
            learned.embedder,
            embedder.fingerprint,
        )
        return None
    return Recogniser(learned, embedder)


def read_form(text: str) -> str:
    """The spelling that a message is read in: simplified, in Mandarin, nothing hidden; of a long one both ends."""
    form = spellings(text[:_END] + " " + text[-_END:] if len(text) > 2 * _END else text)[-1]
    return " ".join(form.encode("utf-8", "replace").decode("utf-8").split())


def both_vectors(embedder: Embedder, forms: Sequence[str]) -> Floats:
    """Unit vectors under both prefixes, shape (2, messages, dimension): together they say more than either."""
    if isinstance(embedder, TwoRoleEmbedder):
        return embedder.embed_both(forms)
    return np.stack([embedder.embed(forms, "query"), embedder.embed(forms, "passage")])


def place(vectors: Floats, means: Floats, directions: Floats) -> Floats:
    """Where messages lie along the directions, shape (messages, kept)."""
    return centred(vectors, means) @ directions


def centred(vectors: Floats, means: Floats) -> Floats:
    """Both vectors of each message, without the means, side by side; the whole is a unit vector."""
    apart = vectors - means[:, None]
    apart /= np.maximum(np.linalg.norm(apart, axis=2, keepdims=True), 1e-9) * np.float32(np.sqrt(2))
    return np.concatenate(list(apart), axis=1)


def nearness(places: Floats, examples: Floats, lengths: Floats) -> Floats:
    """How near each message is to each example, shape (messages, examples): 1 for the same place.

    `lengths` are the squares of the examples' lengths, shape (examples,), which take as long as all the rest.
    """
    squares = (places**2).sum(axis=1)[:, None] + lengths - 2 * places @ examples.T
    return np.asarray(np.exp(-SPREAD * np.maximum(squares, 0)), np.float32)


def runs_of(forms: Sequence[str]) -> Floats:
    """Which runs of up to three characters or words a message has, shape (messages, HASHED), of length 1."""
    found = np.zeros((len(forms), HASHED), np.float32)
    for row, form in zip(found, forms, strict=True):
        units = _UNIT.findall(form)
        for length in range(1, _LONGEST_RUN + 1):
            for start in range(len(units) - length + 1):
                row[zlib.crc32(" ".join(units[start : start + length]).encode()) % HASHED] = 1
    return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9), np.float32)
