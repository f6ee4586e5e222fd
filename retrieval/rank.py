"""Dense and lexical ranking in one shape (query, k -> scored ids), and their fusion."""

from collections.abc import Callable
from dataclasses import dataclass

from course_index.store.lexical import LexicalIndex
from course_index.store.vectors import VectorCollection
from retrieval.query import Query

# How many each leg brings to the fusion.
CANDIDATES = 60
# What a full lexical match adds to the cosine of a centred vector, measured over 13 sets (RETRIEVAL.md).
LEXICAL_WEIGHT = 0.5
# Terms shared with a passage in another language are numbers and Latin names: they say little of the subject.
OTHER_LANGUAGE_WEIGHT = 0.15
# What it says of an answer being there: less than of the order of passages, since a word that two subjects share (the
# 遗产 of inheritance and of heritage) matches in full too.
LEXICAL_FIT = 0.25
OTHER_LANGUAGE_FIT = 0.05


@dataclass(frozen=True, slots=True)
class Scored:
    """An id with the score of one leg: a cosine, or a share of the best possible BM25."""

    id: str
    score: float


Rank = Callable[[Query, int], list[Scored]]


@dataclass(frozen=True, slots=True)
class Fused:
    """An id with both scores. `score` orders; `fit` says how likely it is to answer at all.

    Both are absolute: they mean the same for every query of a language pair.
    """

    id: str
    score: float
    fit: float
    cosine: float
    lexical: float


def dense(collection: VectorCollection) -> Rank:
    """Rank by the cosine of centred vectors."""

    def rank(query: Query, k: int) -> list[Scored]:
        return [Scored(id_, cosine) for id_, cosine in collection.search(query.vector, k)]

    return rank


def lexical(index: LexicalIndex) -> Rank:
    """Rank by BM25."""

    def rank(query: Query, k: int) -> list[Scored]:
        return [Scored(id_, share) for id_, share in index.search(query.terms, k)]

    return rank


def fuse(
    query: Query, by_cosine: dict[str, float], by_terms: dict[str, float], languages: dict[str, str]
) -> list[Fused]:
    """The candidates of both legs, best first. Every candidate has a cosine; one that no term found has lexical 0.

    Sums of absolute scores, not of ranks: fusing ranks takes BM25's accidental hits to be as sure as its real ones.
    """
    fused = []
    for id_, cosine in by_cosine.items():
        share = by_terms.get(id_, 0.0)
        same = languages[id_] == query.language
        weight, fit = (LEXICAL_WEIGHT, LEXICAL_FIT) if same else (OTHER_LANGUAGE_WEIGHT, OTHER_LANGUAGE_FIT)
        fused.append(Fused(id_, cosine + weight * share, cosine + fit * share, cosine, share))
    return sorted(fused, key=lambda candidate: (-candidate.score, candidate.id))
