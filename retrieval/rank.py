"""Dense and lexical ranking in one shape, (query, k, index) -> scored ids, and their fusion."""

from dataclasses import dataclass

from course_index.store.lexical import LexicalIndex
from course_index.store.vectors import Near, VectorCollection
from retrieval.query import Query

# How many each leg brings to the fusion.
CANDIDATES = 30
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


def dense(query: Query, k: int, vectors: VectorCollection) -> list[Near]:
    """The nearest by the cosine of centred vectors."""
    return vectors.search(query.vector, k)


def lexical(query: Query, k: int, index: LexicalIndex) -> list[Scored]:
    """The best by BM25."""
    return [Scored(id_, share) for id_, share in index.search(query.terms, k)]


def fused(query: Query, vectors: VectorCollection, index: LexicalIndex) -> list[Fused]:
    """What either leg finds, best first; every candidate has a cosine, and one that no term found has lexical 0.

    Sums of absolute scores, not of ranks: fusing ranks takes BM25's accidental hits to be as sure as its real ones.
    """
    near = dense(query, CANDIDATES, vectors)
    shares = {hit.id: hit.score for hit in lexical(query, CANDIDATES, index)}
    seen = {candidate.id for candidate in near}
    near += vectors.compare(query.vector, [id_ for id_ in shares if id_ not in seen])
    return sorted((_fuse(query, one, shares.get(one.id, 0.0)) for one in near), key=lambda f: (-f.score, f.id))


def _fuse(query: Query, near: Near, share: float) -> Fused:
    same = near.language == query.language
    weight, fit = (LEXICAL_WEIGHT, LEXICAL_FIT) if same else (OTHER_LANGUAGE_WEIGHT, OTHER_LANGUAGE_FIT)
    return Fused(near.id, near.cosine + weight * share, near.cosine + fit * share, near.cosine, share)
