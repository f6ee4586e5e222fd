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


def fused(query: Query, k: int, vectors: VectorCollection, index: LexicalIndex) -> list[Fused]:
    """The best `k` of what either leg finds, best first; one that no term found has lexical 0.

    Sums of absolute scores, not of ranks: fusing ranks takes BM25's accidental hits to be as sure as its real ones.
    """
    near = dense(query, CANDIDATES, vectors)
    shares = {hit.id: hit.score for hit in lexical(query, CANDIDATES, index)}
    found = [_fuse(query, one, shares.get(one.id, 0.0)) for one in near]
    hopeful = _hopeful(shares, found, k)
    found += [_fuse(query, one, shares[one.id]) for one in vectors.compare(query.vector, hopeful)]
    return sorted(found, key=lambda one: (-one.score, one.id))[:k]


def _hopeful(shares: dict[str, float], found: list[Fused], k: int) -> list[str]:
    """Those that only terms found and that may be among the best `k`: looking up a vector costs more than a search.

    None of them is nearer than the farthest that the dense leg brought, so that bounds what it can score.
    """
    near_ids = {one.id for one in found}
    if len(found) < max(k, CANDIDATES):
        return [id_ for id_ in shares if id_ not in near_ids]
    farthest = min(one.cosine for one in found)
    to_beat = sorted((one.score for one in found), reverse=True)[k - 1]
    return [id_ for id_, share in shares.items() if id_ not in near_ids and farthest + LEXICAL_WEIGHT * share > to_beat]


def _fuse(query: Query, near: Near, share: float) -> Fused:
    same = near.language == query.language
    weight, fit = (LEXICAL_WEIGHT, LEXICAL_FIT) if same else (OTHER_LANGUAGE_WEIGHT, OTHER_LANGUAGE_FIT)
    return Fused(near.id, near.cosine + weight * share, near.cosine + fit * share, near.cosine, share)
