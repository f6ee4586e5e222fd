"""A sentence laid over a passage, and how probable closeness alone makes it that the passage supports the sentence.

By late interaction: each token of the sentence looks for its nearest in the one or two stretches of the passage that
together take up most of it. What these leave uncovered is what nobody said.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from companion.checking.clauses import clauses
from companion.checking.grounds import Ground
from companion.checking.provisos import lead_in, share
from course_index.analyze import normalise, terms
from course_index.store.legs import Word
from retrieval.glossary import share_said
from retrieval.query import FUNCTION_CHARACTERS, Query, query_terms

_HAN = re.compile(r"[\u4e00-\u9fff]")
# A number in another writing (100 for 一百) is the same number, which is compared elsewhere.
_NUMERAL = re.compile(r"[\d一二两三四五六七八九十百千万]")
_MANY_CLAUSES = 3
# Fewer words of the dictionary are not halved.
_TWO_HALVES = 4
# The log odds that the grounds support a sentence in their language: of `Overlay.two`, `weakest`, `shared`, `spelt`
# and an intercept, chosen on claims-dev so that as few wrong ones pass as did without `spelt`.
_SAME_LANGUAGE = (6.0, 2.0, 2.0, 4.0, -8.4)
# In another: of `two`, `poorest`, `translated`, the logarithm of how many of its words the dictionary has, and an
# intercept. Fitted on 4,000 sentences of passages that `eval/training/pairs` has in both languages, against those of
# their neighbours, halves of two and empty phrases on the subject, so that ENOUGH lets 3 of 100 sentences of a
# neighbour pass (docs/decisions/0005-honest-turn.md).
_OTHER_LANGUAGE = (12.8, 2.8, 6.2, 0.3, -7.2)
ENOUGH = 0.73
_FEW_WORDS = 3
# One thing that the passage does not speak of at all (流鼻血 in a sentence that is else on burns) is not outweighed
# by the rest: three tokens in a row this far from everything there, unless nearly all the words are the passage's own.
# Between languages this would hold of four right sentences in five.
_SAID_SOMEWHERE = 0.42
_TO_THE_LETTER = 0.85


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """A sentence to be judged; `new_words` are those that the question has not, each as what it may be called in the
    other language, and `asked` are the terms of the question.
    """

    text: str
    normalised: str
    query: Query
    language: str
    new_words: tuple[Word, ...]
    asked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Overlay:
    """A sentence laid over a passage: the stretches that take it up, and how well.

    `text` is that of the best two stretches, of three under a sentence of so many clauses, `best` of the best of them,
    and `led` are they, the best one first, each behind what leads in the list that it is an item of. `two` is the mean
    nearness of the sentence's tokens to these together, `weakest` that of the fifth that is taken up worst, `poorest`
    that of the three in a row that the passage takes up worst, `shared` is the share of its terms that those stretches
    have, `spelt` that of the letters of its clauses that one stretch each or the titles have, `translated` the share of
    its words that those stretches say in another language, of the half of the sentence that they say less of.
    """

    text: str
    best: str = ""
    led: tuple[str, ...] = ()
    two: float = 0.0
    weakest: float = 0.0
    poorest: float = 0.0
    shared: float = 0.0
    spelt: float = 0.0
    translated: float = 0.0


def overlay(claim: Claim, grounds: Sequence[Ground]) -> Overlay:
    """Lay the sentence over the passages."""
    tokens = claim.query.tokens
    cut = [stretch for ground in grounds for stretch in ground.stretches]
    titles = " ".join(title for ground in grounds for title in ground.titles)
    # What is asked about, and what the lesson is called after, no sentence of it has to repeat.
    wanted = _wanted(claim)
    wanted = wanted - (claim.asked & set(terms(normalise(titles)))) or wanted
    spelt = _spelt(claim, grounds)
    vectors = [part for ground in grounds for part in ground.tokens]
    filled = [number for number, part in enumerate(vectors) if len(part)]
    if tokens is None or not filled:
        present = [share(wanted, set(terms(one))) for ground in grounds for one in ground.said]
        if not cut:
            return Overlay("", spelt=spelt)
        at = int(np.argmax(present))
        return Overlay(cut[at], cut[at], (lead_in(cut, at) + cut[at],), shared=present[at], spelt=spelt)
    nearest = np.stack([(tokens @ vectors[number].T).max(axis=1) for number in filled])  # (stretches, tokens)
    chosen = [int(nearest.mean(axis=1).argmax())]
    together = nearest[chosen[0]]
    for _ in range(2 if len(_clauses(claim)) >= _MANY_CLAUSES else 1):
        chosen.append(int(np.maximum(nearest, together).mean(axis=1).argmax()))
        together = np.maximum(together, nearest[chosen[-1]])
    anyhow = nearest.max(axis=0)  # with all of the passage
    in_a_row = np.convolve(anyhow, np.full(3, 1 / 3), "valid") if len(anyhow) > 3 else anyhow
    fifth = max(1, round(len(together) / 5))
    numbers = [filled[one] for one in dict.fromkeys(chosen)]
    text = "\n".join(cut[number] for number in sorted(numbers))
    return Overlay(
        text,
        cut[numbers[0]],
        tuple(lead_in(cut, number) + cut[number] for number in numbers),
        float(together.mean()),
        float(np.sort(together)[:fifth].mean()),
        float(in_a_row.min()),
        share(wanted, set(terms(normalise(text)))),
        spelt,
        _translated(claim, text),
    )


def _spelt(claim: Claim, grounds: Sequence[Ground]) -> float:
    """What share of the letters of its clauses is the titles' or that of the stretch that has most of a clause."""
    titles = _letters(normalise(" ".join(title for ground in grounds for title in ground.titles)))
    stretches = [titles | _letters(one) for ground in grounds for one in ground.said]
    spelt = [letters for letters in map(_letters, _clauses(claim)) if letters]
    if not spelt or not stretches:
        return 0.0
    return sum(max(len(one & two) for two in stretches) for one in spelt) / sum(map(len, spelt))


def _letters(text: str) -> set[str]:
    """The Han characters of a text that say something, or its words where it has none; numbers are compared apart."""
    found = set(_HAN.findall(text)) or set(terms(text))
    return {one for one in found if not _NUMERAL.search(one) and one not in FUNCTION_CHARACTERS}


def _clauses(claim: Claim) -> list[str]:
    return clauses(normalise(claim.query.mandarin) or claim.normalised)


def _translated(claim: Claim, text: str) -> float:
    """Of either half: a model joins what one passage says to what its neighbour does."""
    words = claim.new_words
    middle = (len(words) + 1) // 2
    halves = (words[:middle], words[middle:]) if len(words) >= _TWO_HALVES else (words,)
    return min(share_said(half, text) for half in halves)


def probability(claim: Claim, grounds: Sequence[Ground], found: Overlay) -> float:
    """How probable it is that the grounds support the sentence, by closeness alone."""
    if is_in_its_language(claim, grounds):
        if not speaks_of_all(found):
            return 0.0
        weights, values = _SAME_LANGUAGE, (found.two, found.weakest, found.shared, found.spelt, 1.0)
    else:
        # Of one or two words that are not the question's, half are said by much that is on its subject.
        if len(claim.new_words) < _FEW_WORDS and found.translated < 1:
            return 0.0
        known = math.log1p(len(claim.new_words))
        weights, values = _OTHER_LANGUAGE, (found.two, found.poorest, found.translated, known, 1.0)
    odds = sum(weight * value for weight, value in zip(weights, values, strict=True))
    return 1 / (1 + math.exp(-odds))


def speaks_of_all(found: Overlay) -> bool:
    """Whether nothing of the sentence is far from everything in the grounds."""
    return found.poorest >= _SAID_SOMEWHERE or found.shared >= _TO_THE_LETTER


def is_in_its_language(claim: Claim, grounds: Sequence[Ground]) -> bool:
    """Whether one of the grounds is in the sentence's language."""
    return any(ground.language == claim.language for ground in grounds)


def _wanted(claim: Claim) -> set[str]:
    found = query_terms(claim.query.mandarin) if claim.query.mandarin else claim.query.terms
    whole = {term for term in found if len(term) > 1} or set(found)
    return {term for term in whole if not _NUMERAL.search(term)} or whole
