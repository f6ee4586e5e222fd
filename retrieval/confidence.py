"""Does anything here answer this? A calibrated probability, read off the stretch that comes closest."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from course_index.analyze import normalise, terms
from retrieval.asked import states_what_is_asked
from retrieval.of_another import of_another
from retrieval.of_thing import is_of_the_thing
from retrieval.query import Query
from retrieval.search import Hit

# How near the passages come, in log odds. With one in the question's language: slopes over the score of the best
# stretch, the cosine, the share of the question's characters (of a language without them, words) that the passage and
# its titles have, rare ones counting most, how far the question and a heading above the passage say the same, the lead
# of the best passage over the next (an answer stands out, neighbours on its subject are level), and the logarithm of
# the number of content tokens (one word finds its like by chance, ten do not); and an intercept. Chosen on everyday
# questions to whole libraries, part of which they answer, and so that nothing is lost where questions are near the text
# (docs/decisions/0005-honest-turn.md).
SAME_LANGUAGE = (8.0, 6.4, 2.4, 4.5, 4.0, 3.2, -14.9)
# In another language: slopes over the score of the best stretch, the cosine, what its words share there as a dictionary
# has them, the lead and the logarithm of the number of content tokens, and an intercept
# (docs/decisions/0016-dictionary.md).
OTHER_LANGUAGE = (3.1, 1.9, 2.8, 5.6, 0.62, -4.7)
# Near is not yet an answer: the log odds of one are so much of that, so much of what was learned of answers, so much of
# what was learned of the other passages on the mean (where one answers, its neighbours mostly bear on it too), and an
# intercept; in the question's language and in another (docs/decisions/0013-answerability.md).
ANSWERED = (0.3, 0.6, 0.4, 0.65)
ANSWERED_IN_OTHER = (0.8, 0.5, 0.0, 0.75)
# The others within these bounds: that they are on quite other subjects says nothing against the one that answers.
OTHERS = (-1.5, 6.0)
# A question that says little more than a heading asks for what stands under it, however that is put: what was learned
# of answers then says nothing against it. How far the two have to say the same, in the question's language and in
# another.
HEADING_NAMED = 0.6
HEADING_NAMED_IN_OTHER = 0.5
# How many of the passages may be the answer: the one that is cited first, and the one that might be in its place. And
# how many are looked at for that.
MAY_ANSWER = 2
LOOKED_AT = 4
# In a library of a few lessons everything stands out: beyond this a lead says no more.
LEAD_ENOUGH = 0.4
# From here on the passages are taken to answer. Below, the closest is shown as what it is, so that a refusal costs a
# learner little; a wrong answer costs more.
ENOUGH = 0.61
# Without late interaction: the cosine of the best sentence, and the fit of the best passage (decision 0003).
CLOSE_SENTENCE = 0.38
FITTING_PASSAGE = 0.45


@dataclass(frozen=True, slots=True)
class Confidence:
    """Whether the passages are taken to answer, how probably they do, and how probably they are on the subject at all.

    The probabilities are None where they were never calibrated.
    """

    answers: bool = False
    probability: float | None = 0.0
    on_subject: float | None = 0.0


def confidence(query: Query, hits: Sequence[Hit], closeness: float, bearing: Sequence[float]) -> Confidence:
    """How sure it is that `hits` answer. Never sure without terms.

    `closeness` is that of their best sentence, `bearing` how the first LOOKED_AT bear on what is asked (answerability).
    """
    if not hits or not query.terms:
        return Confidence()
    if query.asked is None:
        return Confidence(closeness >= CLOSE_SENTENCE or hits[0].ranked.fit >= FITTING_PASSAGE, None, None)
    lead = hits[0].score - hits[1].score if len(hits) > 1 else hits[0].score
    ahead = min(lead, LEAD_ENOUGH)
    # The second has no lead. Within one language the weights were chosen with that of the first counted for both.
    leads = (ahead, ahead if _same(query, hits[0]) else 0.0)
    nearness = [_nearness(query, hit, of_it) for hit, of_it in zip(hits, leads, strict=False)]
    # The passage that is cited first: that a later one has more of the words says little.
    looked_at = zip(hits, nearness, bearing, strict=False)
    probability = _probability(
        max(
            _answered(query, hit, near, bears, _others(bearing, place))
            for place, (hit, near, bears) in enumerate(looked_at)
        )
    )
    answers = probability >= ENOUGH and states_what_is_asked(query.text, hits[:MAY_ANSWER])
    answers = answers and not of_another(query, hits[0])
    return Confidence(answers, probability, _probability(max(nearness)))


def _answered(query: Query, hit: Hit, near: float, bears: float, others: float) -> float:
    """The log odds that the passage answers."""
    nearness, learned, besides, intercept = ANSWERED if _same(query, hit) else ANSWERED_IN_OTHER
    named = HEADING_NAMED if _same(query, hit) else HEADING_NAMED_IN_OTHER
    if bears < 0 and (_named_by_heading(query, hit) >= named or is_of_the_thing(query, hit)):
        bears = 0.0
    return nearness * near + learned * bears + besides * others + intercept


def _others(bearing: Sequence[float], place: int) -> float:
    """How the passages but the one at a place bear on what is asked, on the mean."""
    least, most = OTHERS
    others = [min(max(one, -most), most) for at, one in enumerate(bearing) if at != place]
    return max(least, sum(others) / len(others)) if others else least


def _nearness(query: Query, hit: Hit, lead: float) -> float:
    """The log odds that the passage is on what the question is about."""
    if _same(query, hit):
        near, same, covered, headed, ahead, length, intercept = SAME_LANGUAGE
        log_odds = near * hit.ranked.closest + same * hit.ranked.cosine + intercept
        log_odds += covered * hit.ranked.covered + headed * _named_by_heading(query, hit) + ahead * lead
    else:
        near, other, said, ahead, length, intercept = OTHER_LANGUAGE
        log_odds = near * hit.ranked.closest + other * hit.ranked.cosine + intercept
        log_odds += said * hit.ranked.lexical + ahead * lead
    return log_odds + length * math.log1p(len(query.weights))


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def _same(query: Query, hit: Hit) -> bool:
    return hit.passage.language == query.language


def _named_by_heading(query: Query, hit: Hit) -> float:
    """How far the question and one of the headings above the passage say the same: the share of each that the other
    has, multiplied.

    That a heading is in the question says little by itself: it may be the subject, of which something else is asked.
    """
    headings = hit.passage.heading_path or (hit.lesson.title,)
    both_say = _both_say if _same(query, hit) else _both_say_in_other_words
    return max(both_say(query, terms(normalise(heading))) for heading in headings)


def _both_say(query: Query, heading: Sequence[str]) -> float:
    words = [term for term in heading if len(term) > 1]
    if not words or not query.letters:
        return 0.0
    said = sum(word in query.terms for word in words) / len(words)
    return said * sum(letter in heading for letter in query.letters) / len(query.letters)


def _both_say_in_other_words(query: Query, heading: Sequence[str]) -> float:
    """The same of a heading in another language, by what a dictionary calls the words of the question: how to help who
    is choking, and 噎住.
    """
    words = [term for term in heading if len(term) > 1]
    said = [way for word in query.other_words for way in word if set(way) <= set(heading)]
    if not words or not said:
        return 0.0
    covered = {term for way in said for term in way}
    share = sum(word in covered for word in words) / len(words)
    return share * sum(any(way in said for way in word) for word in query.other_words) / len(query.other_words)
