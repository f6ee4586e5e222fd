"""龙眼什么时候摘: what stands under a heading on what is asked, and not what mentions it under another, or nowhere."""

from collections.abc import Callable, Sequence

from companion.quoting.asides import is_aside
from companion.quoting.deeds import names_of
from companion.quoting.extract import Quote, read_closely
from companion.quoting.steps import asks_how, steps_of, titled
from course_index.analyze import normalise
from course_index.stretches import stretches
from retrieval.exercises import is_exercise
from retrieval.hit import Hit
from retrieval.query import Query
from retrieval.search import Search

# How near titles have to come to a question, how much nearer than those above what would be quoted, and how high the
# passage has to rank, of what that does.
_ON_IT, _NEARER, _NEAR_ENOUGH = 0.5, 0.15, 0.7
# It has to have nearly all that the other has of the question (漏电保护器管不到的事 is not on its 试验按钮), and
# is not to be learned to bear on something else: 看荔枝 is no answer to who asks whether they suit the sick.
_SAYS_LESS, _SPEAKS_AGAINST = 0.15, -0.5
# A shorter name is one of many words (拍照, 安全).
_A_NAME = 3


def topic_first(
    search: Search, query: Query, quotes: Sequence[Quote], nearest: Callable[[], Sequence[Hit]]
) -> tuple[Quote, ...]:
    """The quotes led by one of a passage whose titles are on what is asked, where those above the first are not."""
    if not quotes or titled(quotes[0].hit) < 0 or not _in_own_words(query, quotes[0].hit):
        return tuple(quotes)
    if asks_how(query.text) and steps_of(quotes[0].text, stretches(quotes[0].text)):
        return tuple(quotes)
    first = quotes[0].hit
    near = [hit for hit in nearest() if _is_on_it(query, hit, first)]
    bearing = zip(near, search.answerability(query, near), strict=True) if near else ()
    on_it = [hit for hit, bears in bearing if bears >= _SPEAKS_AGAINST]
    read = read_closely(search, query, on_it)
    if not read.quotes:
        return tuple(quotes)
    led = read.quotes[0]
    if _is_called_so(query, led.hit, first):
        return (led,)
    return (led, *[quote for quote in quotes if quote.hit.passage.id != led.hit.passage.id][:1])


def _is_on_it(query: Query, hit: Hit, first: Hit) -> bool:
    nearer = titled(hit) >= max(_ON_IT, titled(first) + _NEARER)
    return (
        (nearer or _is_called_so(query, hit, first))
        and hit.score >= _NEAR_ENOUGH * first.score
        and hit.ranked.covered >= first.ranked.covered - _SAYS_LESS
        and _in_own_words(query, hit)
        and not (is_aside(hit) or is_exercise(hit))
    )


def _is_called_so(query: Query, hit: Hit, first: Hit) -> bool:
    """Whether the lesson of a passage is called by what the question names, and `first` is not on that at all: litchis
    in a fridge, for 白切鸡放冰箱能放几天.
    """
    asked = normalise(query.mandarin)
    named = [name for name in names_of([normalise(hit.lesson.title)]) if len(name) >= _A_NAME and name in asked]
    said = normalise(f"{first.passage.titles(first.lesson.title)} {first.passage.text}") if named else ""
    return any(name not in said for name in named)


def _in_own_words(query: Query, hit: Hit) -> bool:
    """Whether a passage is in the question's language and of no law: titles of laws name a matter and rule many."""
    return hit.passage.language == query.language and hit.passage.locator_kind != "article"
