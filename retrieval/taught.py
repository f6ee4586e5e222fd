"""Which of the courses that come near teach what was named, and which are only about something like it.

Fitted on wishes of which half have a course, by halves (docs/decisions/0007-guidance.md); a passage may only mention a
thing, so that its course has to be about something like it as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from retrieval.query import Query
from retrieval.rank import Ranked

# How near a card comes: its cosine and, at this weight, its closest stretch.
_CLOSEST = 0.53
# How near it has to come to a few words; less near where it says most of them, or where more was told.
_TAUGHT, _IN_ITS_WORDS, _MOST = 0.73, 0.65, 0.55
# More where it has the letters and not the words: 化妆品 and 营养与卫生 come near to 化妆 and 养生 by those alone.
_IN_ITS_LETTERS = 0.8
# Another language's card shares no words, and its cosines are lower.
_IN_ANOTHER_LANGUAGE = 0.66
# A passage that teaches it, and how near the card of its course has to come.
_PASSAGES = ((0.9, 0.35), (0.85, 0.45), (0.8, 0.5))
# The one that stands alone may be farther: of a need told in so many characters or words, or in another language.
_AT_LENGTH = 6
_LEADER, _LEAD = 0.5, 0.2


@dataclass(frozen=True, slots=True)
class Said:
    """Which share of the query's words each course's card, and its best passage, says as words, and not letter by
    letter: 营养与卫生 does not say 养生.
    """

    by_card: Mapping[str, float]
    by_passage: Mapping[str, float]


def taught(
    query: Query,
    cards: Mapping[str, Ranked],
    passages: Mapping[str, Ranked],
    said: Said,
    floor: float,
) -> set[str]:
    """The ids of the courses that teach what the query names, by their cards or their best passages, both by course.

    `floor` is what counts with an embedder that gives no tokens, and so tells no more.
    """
    if all(one.closest == -1 for one in cards.values()):
        return {id_ for found in (cards, passages) for id_, one in found.items() if one.fit >= floor}
    near = {id_: one.cosine + _CLOSEST * one.closest for id_, one in cards.items()}
    foreign = {id_ for id_, one in cards.items() if one.language != query.language}
    at_length = sum(len(term) == 1 or term.isascii() for term in query.terms) >= _AT_LENGTH

    def needed(id_: str) -> float:
        if id_ in foreign:
            return _IN_ANOTHER_LANGUAGE
        if at_length:
            return _IN_ITS_WORDS
        in_its_letters, in_its_words = cards[id_].covered >= _MOST, said.by_card.get(id_, 0.0) >= _MOST
        return _TAUGHT if not in_its_letters else _IN_ITS_WORDS if in_its_words else _IN_ITS_LETTERS

    found = {id_ for id_, nearness in near.items() if nearness >= needed(id_)}
    for id_, one in passages.items():
        # Of a short name a passage in its language has a word at least: 唱念做打 is no lesson in 唱歌.
        if not at_length and one.language == query.language and not said.by_passage.get(id_):
            continue
        depth = one.fit + _CLOSEST * one.closest
        if any(depth >= passage and near.get(id_, -1.0) >= card for passage, card in _PASSAGES):
            found.add(id_)
    alone = _standing_alone(near)
    return found | {id_ for id_ in alone if at_length or id_ in foreign}


def _standing_alone(near: Mapping[str, float]) -> set[str]:
    """The nearest card where no other comes near by so much."""
    best = sorted(near, key=lambda id_: -near[id_])[:2]
    if not best or near[best[0]] < _LEADER or (len(best) > 1 and near[best[0]] - near[best[1]] < _LEAD):
        return set()
    return {best[0]}
