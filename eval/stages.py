"""Retrieval over a data set that others made: indexed as it is and asked, stage by stage if wanted."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from course_index.build import index_entries
from course_index.centring import Centring, no_centring
from course_index.embedders.embedder import Embedder, Encoded, Role, TokenEmbedder
from course_index.store.generations import IndexHome
from eval.collections.collection import Collection
from eval.metrics import ranking_figures
from retrieval.e5_cross_encoder import E5CrossEncoder
from retrieval.parts import make_cross_encoder
from retrieval.query import Query
from retrieval.rank import Ranked, Scored, dense, lexical
from retrieval.search import Search
from retrieval.settings import RetrievalSettings
from retrieval.wording import Wording

# As deep as the deepest figure looks.
DEPTH = 20
# Called with the stage, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]
# A question to the ids it finds, best first.
Stage = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class StageReport:
    """How well and how fast a stage found. Times are milliseconds a question, from typed text to ranking."""

    stage: str
    figures: Mapping[str, float]
    query_p50_ms: float
    query_p95_ms: float
    run: Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class IndexingReport:
    """What indexing the corpus took."""

    passages: int
    seconds: float

    @property
    def passages_per_second(self) -> float:
        """Embedding and writing together."""
        return self.passages / self.seconds if self.seconds else 0.0


def evaluate(
    collection: Collection,
    embedder: Embedder,
    stages: Sequence[str],
    progress: Progress,
    wording: Wording | None = None,
    cross_encoder: E5CrossEncoder | None = None,
) -> tuple[IndexingReport, list[StageReport]]:
    """Index the corpus in a folder that is thrown away, then ask every question of every stage named in STAGES.

    Raises ValueError for the stage TOGETHER without the cross-encoder.
    """
    if TOGETHER in stages and cross_encoder is None:
        raise ValueError(f"the stage {TOGETHER} needs the cross-encoder")
    remembering = _Remembering(embedder)
    with tempfile.TemporaryDirectory() as folder:
        home = IndexHome(Path(folder) / "index")
        indexing = _index(collection, home, remembering, None, progress)
        with _opened(home, embedder, wording, cross_encoder) as search:
            reports = {name: _ask(collection, name, _stage(name, search), progress) for name in stages if name != "e5"}
        if "e5" in stages:
            plain = IndexHome(Path(folder) / "plain")
            _index(collection, plain, _Known(remembering), no_centring(embedder.dimension), progress)
            with _opened(plain, embedder, wording) as search:
                reports["e5"] = _ask(collection, "e5", _stage("e5", search), progress)
    return indexing, [reports[name] for name in stages]


def _index(
    collection: Collection, home: IndexHome, embedder: Embedder, centring: Centring | None, progress: Progress
) -> IndexingReport:
    started = time.perf_counter()
    entries = ((entry.id, entry.title, entry.text) for entry in collection.corpus)
    index_entries(entries, home, embedder, centring=centring, progress=progress)
    return IndexingReport(len(collection.corpus), time.perf_counter() - started)


@contextmanager
def _opened(
    home: IndexHome, embedder: Embedder, wording: Wording | None, cross_encoder: E5CrossEncoder | None = None
) -> Iterator[Search]:
    generation = home.open_current()
    try:
        yield Search(generation, embedder, wording=wording, cross_encoder=cross_encoder)
    finally:
        generation.close()


def _ask(collection: Collection, name: str, stage: Stage, progress: Progress) -> StageReport:
    run, times = {}, []
    for id_, found, seconds in _answers(collection, stage):
        run[id_] = found
        times.append(seconds)
        progress(f"asking ({name})", len(run), len(collection.queries))
    scores = {id_: {entry: float(-rank) for rank, entry in enumerate(found)} for id_, found in run.items()}
    p50, p95 = np.percentile(np.array(times) * 1_000, [50, 95])
    return StageReport(name, ranking_figures(scores, collection.relevant), float(p50), float(p95), run)


def _answers(collection: Collection, stage: Stage) -> Iterator[tuple[str, list[str], float]]:
    stage("热身 warm up")  # the first question opens files
    for id_, text in collection.queries.items():
        started = time.perf_counter()
        found = stage(text)
        yield id_, found, time.perf_counter() - started


# -- the stages --------------------------------------------------------------------------------------------------------


def _stage(name: str, search: Search) -> Stage:
    rank = STAGES[name]
    return lambda text: [one.id for one in rank(search.query(text), search)]


def _lexical(query: Query, search: Search) -> list[Scored]:
    return lexical(query, DEPTH, search.generation.passage_terms)


def _dense(query: Query, search: Search) -> list[Scored]:
    return dense(query, DEPTH, search.generation.passage_vectors)


def _fused(query: Query, search: Search) -> list[Ranked]:
    return search.ranked(replace(query, asked=None, other_words=()), DEPTH)


def _interacting(query: Query, search: Search) -> list[Ranked]:
    return search.ranked(replace(query, other_words=()), DEPTH)


def _in_both_languages(query: Query, search: Search) -> list[Ranked]:
    return search.ranked(query, DEPTH)


def _answering(query: Query, search: Search) -> list[Ranked]:
    return search.answering(query, DEPTH)


def _together(query: Query, search: Search) -> list[Ranked]:
    return search.read(query, DEPTH)


SERVED = "answering"
TOGETHER = "cross-encoder"
# In the order in which each adds to the one before. TOGETHER serves where COMPANION_CROSS_ENCODER is set.
STAGES: Mapping[str, Callable[[Query, Search], Sequence[Scored | Ranked]]] = {
    "bm25": _lexical,
    "e5": _dense,  # over vectors that were not centred
    "centred": _dense,
    "fused": _fused,
    "interaction": _interacting,
    "dictionary": _in_both_languages,
    SERVED: _answering,
    TOGETHER: _together,
}


def served_by(settings: RetrievalSettings) -> str:
    """The stage that serves with these settings."""
    return TOGETHER if settings.cross_encoder != "none" else SERVED


def reading_together(settings: RetrievalSettings, progress: Progress) -> E5CrossEncoder | None:
    """The cross-encoder, whether or not it serves."""
    return make_cross_encoder(settings.model_copy(update={"cross_encoder": "e5"}), progress)


class _Remembering:
    """Keeps the vectors of passages, so that they need not be computed for a second index."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self.known: dict[str, NDArray[np.float32]] = {}

    @property
    def fingerprint(self) -> str:
        return self.embedder.fingerprint

    @property
    def dimension(self) -> int:
        return self.embedder.dimension

    def embed(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        vectors = self.embedder.embed(texts, role)
        self.known.update(zip(texts, vectors, strict=True))
        return vectors

    def encode(self, texts: Sequence[Sequence[str]], role: Role, languages: Sequence[str]) -> list[Encoded]:
        assert isinstance(self.embedder, TokenEmbedder)
        encoded = self.embedder.encode(texts, role, languages)
        self.known.update({"".join(parts): one.vector for parts, one in zip(texts, encoded, strict=True)})
        return encoded


class _Known:
    """An embedder without tokens that has computed everything before."""

    def __init__(self, remembering: _Remembering) -> None:
        self._remembering = remembering
        self.fingerprint = remembering.fingerprint
        self.dimension = remembering.dimension

    def embed(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        missing = [text for text in texts if text not in self._remembering.known]
        if missing:  # the texts of the course card
            self._remembering.known.update(zip(missing, self._remembering.embedder.embed(missing, role), strict=True))
        return np.stack([self._remembering.known[text] for text in texts])
