"""Dense and lexical ranking in one shape, (query, k, index) -> scored ids, their fusion, a closer look at the best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from course_index.store.legs import LexicalSearch, VectorSearch
from course_index.store.tokens import PassageVectors, StoredPassages, TokenRows, VectorRows
from retrieval.answerability import answerability
from retrieval.interaction import stretch_scores
from retrieval.query import Query

# How many each leg brings to the fusion.
CANDIDATES = 30
# How many get the closer look: all that both legs bring rank hardly better.
CLOSELY = 30
# How deep words are looked up when only some passages count: BM25 knows the whole library only.
LEXICAL_REACH = 300
# With a passage in the question's language: what the cosine of centred vectors counts; what lexical matching adds, up
# to a share of the best possible BM25 from which more matches say no more; and what the square of the best stretch's
# score adds. All weights fitted together on 26 sets (docs/decisions/0004-late-interaction.md).
COSINE_WEIGHT = 1.2
LEXICAL_WEIGHT = 0.25
LEXICAL_ENOUGH = 0.33
STRETCH_WEIGHT = 1.5
# What the share of the question's characters (or words) adds that a passage has: it tells two passages of one lesson
# apart when the question shares no word with either, and counts no word twice.
COVERAGE_WEIGHT = 0.25
# With a passage in another language: the cosine, what its words share as a dictionary has them in that language, the
# best stretch's score and its square, and what puts it level with those in the question's language
# (docs/decisions/0016-dictionary.md).
OTHER_COSINE_WEIGHT = 2.2
TRANSLATED_WEIGHT = 1.05
OTHER_STRETCH_WEIGHTS = (0.75, 0.9)
OTHER_LEVEL = -0.3
# How many of the best are then looked at for whether they answer, and what that adds, in log odds as learned, of which
# more than so many say no more (docs/decisions/0013-answerability.md).
LOOKED_INTO = 8
BEARING_WEIGHT = 0.045
BEARING_ENOUGH = 4.0
# Without late interaction (an embedder that gives no tokens) what the cosine counts, what the share of words, and what
# puts a passage in another language level.
PLAIN = (1.0, 0.5, 0.0)
PLAIN_OTHER = (1.2, 0.5, -0.05)
# What a match says of an answer being there: less than of the order of passages, since a word that two subjects share
# (the 遗产 of inheritance and of heritage) matches in full too.
LEXICAL_FIT = 0.25
OTHER_LANGUAGE_FIT = 0.05


@dataclass(frozen=True, slots=True)
class Scored:
    """An id with the score of one leg: a cosine, or a share of the best possible BM25."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Shares:
    """What texts share with a question in words, as a share of the best possible BM25, by their ids.

    `same` is of the words as they were typed, and holds for texts in the question's language; `other` of what they are
    called in the other language, and holds for texts in that.
    """

    same: Mapping[str, float]
    other: Mapping[str, float]

    @classmethod
    def of(cls, query: Query, k: int, index: LexicalSearch) -> Self:
        """Those of the best `k` in either."""
        same = index.search(query.terms, k, query.added)
        return cls(dict(same), dict(index.search_ways(query.other_words, k)) if query.other_words else {})

    def __call__(self, id_: str, same: bool) -> float:
        """That of a text in the question's language (`same`) or not."""
        return (self.same if same else self.other).get(id_, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """An id with all its scores. `score` orders; `fit` says how likely it is to be about the question at all.

    All are absolute: they mean the same for every query of a language pair. `covered` is the share of the question's
    characters or words that the passage and its titles have, rare ones counting most. `stretches` has late
    interaction's score of each stretch, the titles first, shape (stretches,); none where the embedder gives no tokens.
    `language` is the passage's. `bears` is how it bears on what is asked, in log odds (answerability); None where that
    was not looked at.
    """

    id: str
    score: float
    fit: float
    cosine: float
    lexical: float
    covered: float
    stretches: NDArray[np.float32]
    language: str = ""
    bears: float | None = None

    @property
    def closest(self) -> float:
        """The score of the best stretch, -1 without any."""
        return float(self.stretches.max(initial=-1))


def dense(query: Query, k: int, vectors: VectorSearch) -> list[Scored]:
    """The nearest by the cosine of centred vectors."""
    return [Scored(id_, cosine) for id_, cosine in vectors.search(query.vector, k)]


def lexical(query: Query, k: int, index: LexicalSearch) -> list[Scored]:
    """The best by BM25."""
    return [Scored(id_, share) for id_, share in index.search(query.terms, k, query.added)]


def ranked(
    query: Query,
    k: int,
    vectors: VectorSearch,
    index: LexicalSearch,
    tokens: StoredPassages,
    *,
    answering: bool = False,
) -> list[Ranked]:
    """The best `k` of what either leg finds, best first, after a closer look at each.

    With `answering` those come first that answer, not those that only speak of it, as far as that was learned. Sums of
    absolute scores, not of ranks: fusing ranks takes BM25's accidental hits to be as sure as its real ones.
    """
    near = dict(vectors.search(query.vector, CANDIDATES))
    shares = Shares.of(query, CANDIDATES, index)
    ids = list(dict.fromkeys((*near, *shares.same, *shares.other)))
    return _closely(query, k, ids, shares, index, tokens, answering=answering)


def ranked_among(
    query: Query, k: int, ids: Sequence[str], index: LexicalSearch, tokens: StoredPassages
) -> list[Ranked]:
    """The best `k` of these passages, as those of one course, to answer. Its cost grows with their number, not the
    library's.
    """
    shares = Shares.of(query, LEXICAL_REACH, index)
    return _closely(query, k, ids, shares, index, tokens, answering=True)


def _closely(
    query: Query,
    k: int,
    ids: Sequence[str],
    shares: Shares,
    index: LexicalSearch,
    tokens: StoredPassages,
    *,
    answering: bool,
) -> list[Ranked]:
    known = tokens.vectors(ids)
    language_of = dict(zip(known.ids, known.languages, strict=True))
    near = {}
    for id_, cosine in zip(known.ids, known.cosines(query.vector), strict=True):
        same = language_of[id_] == query.language
        near[id_] = (same, cosine, shares(id_, same))
    stored = tokens.tokens(_hopeful(near, max(k, CLOSELY)))
    covered = index.coverage(query.letters, stored.ids)
    found = []
    for id_, stretches in zip(stored.ids, stretch_scores(query, stored), strict=True):
        closest = max(stretches.tolist(), default=-1.0)  # numpy takes three times as long for so few
        signals = *near[id_], covered.get(id_, 0.0)
        found.append((-_score(*signals, closest), id_, signals, stretches))
    nearest = sorted(found, key=lambda one: one[:2])[: max(k, LOOKED_INTO) if answering else k]
    best = [
        Ranked(id_, -below, _fit(same, cosine, share), cosine, share, coverage, stretches, language_of[id_])
        for below, id_, (same, cosine, share, coverage), stretches in nearest
    ]
    return _answering_first(query, best, known, stored)[:k] if answering and query.asked is not None else best


def _answering_first(query: Query, best: list[Ranked], known: VectorRows, stored: TokenRows) -> list[Ranked]:
    """The first LOOKED_INTO by whether they answer as well; the others after them.

    Where the best leads by more than that can turn, nothing is looked into: it costs a fifth of a search.
    """
    if len(best) > 1 and best[0].score - best[1].score > 2 * BEARING_WEIGHT * BEARING_ENOUGH:
        return best
    first = {one.id: one for one in best[:LOOKED_INTO]}
    tokens = stored.of(first)
    passages = {
        id_: PassageVectors(language, vector, *tokens[id_])
        for id_, language, vector in zip(known.ids, known.languages, known.vectors, strict=True)
        if id_ in tokens
    }
    bearing = zip(passages, answerability(query, list(passages.values())), strict=True)
    looked_into = sorted((_bearing(first[id_], bears) for id_, bears in bearing), key=lambda one: (-one.score, one.id))
    last = looked_into[-1].score if looked_into else 0.0
    return [*looked_into, *(replace(one, score=min(one.score, last)) for one in best[LOOKED_INTO:])]


def _bearing(one: Ranked, bears: float) -> Ranked:
    counted = min(max(bears, -BEARING_ENOUGH), BEARING_ENOUGH)
    return replace(one, score=one.score + BEARING_WEIGHT * counted, bears=bears)


def _hopeful(near: dict[str, tuple[bool, float, float]], k: int) -> list[str]:
    """The `k` best by what is known before the closer look, which costs most of a search."""
    best = sorted((-cosine - PLAIN[1] * min(share, LEXICAL_ENOUGH), id_) for id_, (_, cosine, share) in near.items())
    return [id_ for _, id_ in best[:k]]


def _score(same: bool, cosine: float, share: float, covered: float, closest: float) -> float:
    """What orders a passage that is in the question's language (`same`) or not."""
    if closest == -1:
        weight, lexical, level = PLAIN if same else PLAIN_OTHER
        return weight * cosine + lexical * share + level
    if same:
        score = COSINE_WEIGHT * cosine + LEXICAL_WEIGHT * min(share, LEXICAL_ENOUGH) + STRETCH_WEIGHT * _square(closest)
        return score + COVERAGE_WEIGHT * covered
    straight, squared = OTHER_STRETCH_WEIGHTS
    near = OTHER_COSINE_WEIGHT * cosine + straight * closest + squared * _square(closest)
    return near + TRANSLATED_WEIGHT * share + OTHER_LEVEL


def _fit(same: bool, cosine: float, share: float) -> float:
    return cosine + (LEXICAL_FIT if same else OTHER_LANGUAGE_FIT) * share


def _square(score: float) -> float:
    """A near miss counts much less than a hit; what points away counts nothing."""
    return max(score, 0.0) ** 2
