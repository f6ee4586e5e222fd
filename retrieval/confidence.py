"""Does anything here answer this? A calibrated probability, read off the stretch that comes closest."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from course_index.analyze import normalise, terms
from retrieval.asked import states_what_is_asked
from retrieval.query import Query
from retrieval.search import Hit

# The log odds with a passage in the question's language: slopes over the score of the best stretch, the cosine, the
# share of the question's characters (of a language without them, words) that the passage and its titles have, rare
# ones counting most, how far the question and a heading above the passage say the same, the lead of the best passage
# over the next (an answer stands out, neighbours on its subject are level), the logarithm of the number of content
# tokens (one word finds its like by chance, ten do not), and what was learned of answers (answerability); and an
# intercept. Chosen on everyday questions to whole libraries, part of which they answer, and so that nothing is lost
# where questions are near the text (docs/decisions/0005-honest-turn.md, 0013-answerability.md).
SAME_LANGUAGE = (1.67, 1.34, 0.5, 0.94, 0.84, 0.67, 0.75, -2.83)
# How many of the passages are looked at: the one that is cited first, and the one that might be in its place.
LOOKED_AT = 2
# In a library of a few lessons everything stands out: beyond this a lead says no more.
LEAD_ENOUGH = 0.4
# In another language words say nothing: slopes over the best stretch, the logarithm of the number of content tokens and
# what was learned of answers, and an intercept; as in decision 0004, but stricter.
OTHER_LANGUAGE = (2.38, 0.14, 0.75, -1.2)
# From here on the passages are taken to answer. Below, the closest is shown as what it is, so that a refusal costs a
# learner little; a wrong answer costs more.
ENOUGH = 0.65
# Without late interaction: the cosine of the best sentence, and the fit of the best passage (decision 0003).
CLOSE_SENTENCE = 0.38
FITTING_PASSAGE = 0.45


@dataclass(frozen=True, slots=True)
class Confidence:
    """Whether the passages are taken to answer, and how probably they do; None where that was never calibrated."""

    answers: bool = False
    probability: float | None = 0.0


def confidence(query: Query, hits: Sequence[Hit], closeness: float, bearing: Sequence[float]) -> Confidence:
    """How sure it is that `hits` answer. Never sure without terms.

    `closeness` is that of their best sentence, `bearing` how the first LOOKED_AT bear on what is asked (answerability).
    """
    if not hits or not query.terms:
        return Confidence()
    if query.tokens is None:
        return Confidence(closeness >= CLOSE_SENTENCE or hits[0].ranked.fit >= FITTING_PASSAGE, None)
    lead = hits[0].score - hits[1].score if len(hits) > 1 else hits[0].score
    lead = min(lead, LEAD_ENOUGH)
    # The passage that is cited first: that a later one has more of the words says little.
    probability = max(_probability(query, hit, lead, bears) for hit, bears in zip(hits, bearing, strict=False))
    return Confidence(probability >= ENOUGH and states_what_is_asked(query.text, hits[:2]), probability)


def _probability(query: Query, hit: Hit, lead: float, bears: float) -> float:
    if hit.passage.language == query.language:
        near, same, covered, headed, ahead, length, learned, intercept = SAME_LANGUAGE
        log_odds = near * hit.ranked.closest + same * hit.ranked.cosine + intercept
        log_odds += covered * hit.ranked.covered + headed * _named_by_heading(query, hit) + ahead * lead
    else:
        near, length, learned, intercept = OTHER_LANGUAGE
        log_odds = near * hit.ranked.closest + intercept
    log_odds += length * math.log1p(len(query.weights)) + learned * bears
    return 1 / (1 + math.exp(-log_odds))


def _named_by_heading(query: Query, hit: Hit) -> float:
    """How far the question and one of the headings above the passage say the same: the share of each that the other
    has, multiplied.

    That a heading is in the question says little by itself: it may be the subject, of which something else is asked.
    """
    headings = hit.passage.heading_path or (hit.lesson.title,)
    return max(_both_say(query, terms(normalise(heading))) for heading in headings)


def _both_say(query: Query, heading: Sequence[str]) -> float:
    words = [term for term in heading if len(term) > 1]
    if not words or not query.letters:
        return 0.0
    said = sum(word in query.terms for word in words) / len(words)
    return said * sum(letter in heading for letter in query.letters) / len(query.letters)
