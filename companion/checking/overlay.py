"""A sentence laid over a passage, and how probable closeness alone makes it that the passage supports the sentence.

By late interaction: each token of the sentence looks for its nearest in the one or two stretches of the passage that
together take up most of it. What these leave uncovered is what nobody said.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from companion.checking.grounds import Ground
from companion.checking.provisos import lead_in, share
from course_index.analyze import normalise, terms
from course_index.store.legs import Word
from retrieval.glossary import share_said
from retrieval.query import Query, query_terms

# Fewer words of the dictionary are not halved.
_TWO_HALVES = 4
# The log odds that the grounds support a sentence in their language: of `Overlay.two`, `weakest`, `shared`, `anywhere`
# and an intercept, fitted on claims-dev.
_SAME_LANGUAGE = (6.0, 4.0, 3.0, 2.0, -8.0)
# In another: of `two`, `poorest`, `translated`, the logarithm of how many of its words the dictionary has, and an
# intercept. Fitted on 4,000 sentences of passages that `eval/training/pairs` has in both languages, against those of
# their neighbours, halves of two and empty phrases on the subject, so that ENOUGH lets 3 of 100 sentences of a
# neighbour pass (docs/decisions/0005-honest-turn.md).
_OTHER_LANGUAGE = (12.8, 2.8, 6.2, 0.3, -7.2)
ENOUGH = 0.73
# One thing that the passage does not speak of at all (流鼻血 in a sentence that is else on burns) is not outweighed
# by the rest: three tokens in a row this far from everything there, unless nearly all the words are the passage's own.
# Between languages this would hold of four right sentences in five.
_SAID_SOMEWHERE = 0.42
_TO_THE_LETTER = 0.85


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """A sentence to be judged; `new_words` are those that the question has not, each as what it may be called in the
    other language.
    """

    text: str
    normalised: str
    query: Query
    language: str
    new_words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Overlay:
    """A sentence laid over a passage: the stretches that take it up, and how well.

    `text` is that of the best two stretches, `best` of the best of them, `lead` what leads in the list that this is an
    item of, and `second` the other one, led in as well. `two` is the mean nearness of the sentence's tokens to the best
    two together, `weakest` that of the fifth that is taken up worst, `poorest` that of the three in a row that the
    passage takes up worst, `shared` is the share of its terms that those stretches have, `anywhere` that the whole
    passage has, `translated` the share of its words that those stretches say in another language, of the half of the
    sentence that they say less of.
    """

    text: str
    best: str = ""
    lead: str = ""
    second: str = ""
    two: float = 0.0
    weakest: float = 0.0
    poorest: float = 0.0
    shared: float = 0.0
    anywhere: float = 0.0
    translated: float = 0.0


def overlay(claim: Claim, grounds: Sequence[Ground]) -> Overlay:
    """Lay the sentence over the passages."""
    tokens = claim.query.tokens
    cut = [stretch for ground in grounds for stretch in ground.stretches]
    wanted = _wanted(claim)
    anywhere = share(wanted, frozenset().union(*(ground.terms for ground in grounds)))
    vectors = [part for ground in grounds for part in ground.tokens]
    filled = [number for number, part in enumerate(vectors) if len(part)]
    if tokens is None or not filled:
        present = [share(wanted, set(terms(one))) for ground in grounds for one in ground.said]
        if not cut:
            return Overlay("", anywhere=anywhere)
        at = int(np.argmax(present))
        return Overlay(cut[at], cut[at], lead_in(cut, at), shared=present[at], anywhere=anywhere)
    nearest = np.stack([(tokens @ vectors[number].T).max(axis=1) for number in filled])  # (stretches, tokens)
    first = int(nearest.mean(axis=1).argmax())
    together = np.maximum(nearest, nearest[first])
    second = int(together.mean(axis=1).argmax())
    both = together[second]
    anyhow = nearest.max(axis=0)  # with all of the passage
    in_a_row = np.convolve(anyhow, np.full(3, 1 / 3), "valid") if len(anyhow) > 3 else anyhow
    fifth = max(1, round(len(both) / 5))
    kept = sorted({filled[first], filled[second]})
    text = "\n".join(cut[number] for number in kept)
    return Overlay(
        text,
        cut[filled[first]],
        lead_in(cut, filled[first]),
        lead_in(cut, filled[second]) + cut[filled[second]],
        float(both.mean()),
        float(np.sort(both)[:fifth].mean()),
        float(in_a_row.min()),
        share(wanted, set(terms(normalise(text)))),
        anywhere,
        _translated(claim, text),
    )


def _translated(claim: Claim, text: str) -> float:
    """Of either half: a model joins what one passage says to what its neighbour does."""
    words = claim.new_words
    middle = (len(words) + 1) // 2
    halves = (words[:middle], words[middle:]) if len(words) >= _TWO_HALVES else (words,)
    return min(share_said(half, text) for half in halves)


def probability(claim: Claim, grounds: Sequence[Ground], found: Overlay) -> float:
    """How probable it is that the grounds support the sentence, by closeness alone."""
    if is_in_its_language(claim, grounds):
        if found.poorest < _SAID_SOMEWHERE and found.shared < _TO_THE_LETTER:
            return 0.0
        weights, values = _SAME_LANGUAGE, (found.two, found.weakest, found.shared, found.anywhere, 1.0)
    else:
        known = math.log1p(len(claim.new_words))
        weights, values = _OTHER_LANGUAGE, (found.two, found.poorest, found.translated, known, 1.0)
    odds = sum(weight * value for weight, value in zip(weights, values, strict=True))
    return 1 / (1 + math.exp(-odds))


def is_in_its_language(claim: Claim, grounds: Sequence[Ground]) -> bool:
    """Whether one of the grounds is in the sentence's language."""
    return any(ground.language == claim.language for ground in grounds)


def _wanted(claim: Claim) -> set[str]:
    found = query_terms(claim.query.mandarin) if claim.query.mandarin else claim.query.terms
    return {term for term in found if len(term) > 1} or set(found)
