"""怎么克服拖延: what stands under a heading that promises ways, where the question is on what that heading names."""

from collections.abc import Callable, Sequence
from pathlib import Path

from companion.patterns import Patterns
from companion.quoting.asides import asks_how, is_aside
from companion.quoting.extract import Quote, read_closely
from companion.quoting.remedies import what_happened
from companion.quoting.steps import steps_of, titled
from course_index.analyze import normalise
from course_index.chunk import BELOW, BESIDE
from course_index.stretches import stretches
from retrieval.exercises import is_exercise
from retrieval.hit import Hit
from retrieval.query import Query
from retrieval.search import Search

_SAYS = Patterns(Path(__file__).with_suffix(".toml"))
# Titles that come nearly as near as any; of them, and beside what else is quoted, those that rank so high count.
_AS_NEAR, _ENOUGH = 0.08, 0.6
# Of who asks what to do about a trouble they have to have nearly all that the present first has: 煎蛋烹饪方法 is no
# remedy for 煎蛋粘锅.
_SAYS_LESS = 0.15
# How near the titles have to come at all, in the question's language and in another.
_LEAST, _LEAST_IN_OTHER = 0.5, 0.35


def ways_first(
    search: Search, query: Query, quotes: Sequence[Quote], nearest: Callable[[], Sequence[Hit]]
) -> tuple[Quote, ...]:
    """The quotes of who asks how to go about something, led by one from under a heading that promises ways to do it;
    as they are for any other question, where they begin with steps or such ways, and where no such heading is near.
    """
    if not quotes or not asks_how(query.text) or _promises(quotes[0].hit):
        return tuple(quotes)
    if steps_of(quotes[0].text, stretches(quotes[0].text)):
        return tuple(quotes)
    near = [
        hit
        for hit in nearest()
        if hit.score >= _ENOUGH * quotes[0].hit.score and not (is_aside(hit) or is_exercise(hit))
    ]
    enough = max(map(titled, near), default=0.0) - _AS_NEAR
    ways = [hit for hit in near if titled(hit) >= max(enough, _least(query, hit)) and _promises(hit)]
    if what_happened(query.mandarin):
        ways = [hit for hit in ways if hit.ranked.covered >= quotes[0].hit.ranked.covered - _SAYS_LESS]
    read = read_closely(search, query, ways) if ways else None
    if read is None or not read.quotes:
        return tuple(quotes)
    first = read.quotes[0]
    return (first, *[quote for quote in quotes if quote.hit.passage.id != first.hit.passage.id][:1])


def _promises(hit: Hit) -> bool:
    """Whether the heading just above a passage does, or its lesson's title where there is none.

    Not those of sections that were joined: which of them is quoted is not known.
    """
    own = hit.passage.heading_path[-1].split(BELOW)[-1] if hit.passage.heading_path else hit.lesson.title
    return BESIDE not in own and bool(_SAYS["promises"].search(normalise(own)))


def _least(query: Query, hit: Hit) -> float:
    return _LEAST if hit.passage.language == query.language else _LEAST_IN_OTHER
