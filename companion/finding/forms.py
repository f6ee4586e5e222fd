"""Answers in the form that a question asks for: steps, a definition, cases, a difference, a remedy, ways."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from companion.finding.found import WORTH_A_LOOK, Found
from companion.finding.who_acts import of_who_acts
from companion.quoting.cases import asks_for_cases, cases
from companion.quoting.deeds import deed_first
from companion.quoting.definitions import definition, thing_asked
from companion.quoting.differences import difference, differing
from companion.quoting.extract import Quote
from companion.quoting.members import enumerates, members, members_first, sections_asked, which_asked
from companion.quoting.remedies import asks_who_answers_for_it, prevention_first, remedy, remedy_first, what_happened
from companion.quoting.topics import topic_first
from companion.quoting.ways import ways_first
from companion.understanding.parts import asks_anything
from course_index.analyze import normalise
from retrieval.of_place import of_another_place
from retrieval.query import Query
from retrieval.search import Hit

# The passages nearest to a query, within reach.
Nearest = Callable[[Query], Sequence[Hit]]


def in_form(found: Found, nearest: Nearest) -> Found:
    """`found`, led by what has the form that the question asks for, where one of those `nearest` to it has it."""
    found = _defined(found, nearest)
    if not found.answers:
        return found
    asked = found.query.mandarin
    happened = what_happened(asked) or asks_who_answers_for_it(asked)
    if happened and (found.confidence.on_subject or WORTH_A_LOOK) < WORTH_A_LOOK:
        # 适合工作压力大的人食用 bears on 压力大怎么办, and is about porridge.
        return found.judged(answers=False)
    if not asks_anything(asked):
        called = remedy(found.query, nearest(found.query))
        return found.led_by([called]) if called else found
    found = of_who_acts(found, partial(nearest, found.query))
    if not found.answers:
        return found
    near = partial(nearest, found.query)
    forms: tuple[Callable[[Sequence[Quote]], Sequence[Quote]], ...] = (
        lambda quotes: remedy_first(found.query, quotes, near),
        lambda quotes: prevention_first(found.search, found.query, quotes, near),
        lambda quotes: deed_first(found.search, found.query, quotes, near),
        lambda quotes: ways_first(found.search, found.query, quotes, near),
    )
    led = next((led for form in forms if (led := form(found.quotes)) != found.quotes), found.quotes)
    if led == found.quotes and not differing(asked):
        listed = _members(found, nearest)
        if listed is not found:
            return listed
        led = topic_first(found.search, found.query, led, near)
    return found if led == found.quotes else found.led_by(led)


def _members(found: Found, nearest: Nearest) -> Found:
    """`found`, led by the list of what is asked for, or with the sections that are what is asked for."""
    asked, quotes = which_asked(found.query.mandarin), found.quotes
    # What is in another language gives way to what is not, where that answers too.
    if asked is None or quotes[0].hit.passage.language != found.query.language or enumerates(quotes[0], asked):
        return found
    near = nearest(found.query)
    if (led := members_first(asked, quotes, near)) != quotes:
        return found.led_by(led)
    sections = sections_asked(asked, quotes, near, found.lesson_of)
    under = [quote for quote in quotes if sections and quote.hit.lesson.id == sections.hit.lesson.id]
    return replace(found.led_by(under), sections=sections) if under else found


def _defined(found: Found, nearest: Nearest) -> Found:
    """`found`, answered by what says what the thing asked for is, in which cases something is so, or in what two things
    differ, where one of those `nearest` does.
    """
    quotes = [quote for quote in _in_form_asked(found, nearest) if not of_another_place(found.query.text, quote.hit)]
    if not quotes:
        return found
    return found.surely(quotes)


def _of_a_whole(thing: str, near: Sequence[Hit]) -> Quote | None:
    """What a part is (回溯算法的剪枝), where lessons on the whole say it of the part alone."""
    whole, _, part = thing.rpartition("的")
    on_it = [hit for hit in near if whole in normalise(f"{hit.course.title} {hit.passage.titles(hit.lesson.title)}")]
    return definition(part, on_it) if len(whole) > 1 and len(part) > 1 else None


def _in_form_asked(found: Found, nearest: Nearest) -> Sequence[Quote]:
    question = found.query.text
    if two := differing(question):
        return difference(*two, nearest(found.query), lambda thing: nearest(found.search.query(thing)))
    thing = thing_asked(question)
    if thing or asks_for_cases(question):
        near = nearest(found.query)
        quote = (definition(thing, near) or _of_a_whole(thing, near)) if thing else cases(question, near)
        return (quote,) if quote else ()
    which = None if found.answers else which_asked(found.query.mandarin)
    return members(which, nearest(found.query)) if which else ()
