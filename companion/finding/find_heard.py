"""Finding what answers a message: where the learner is, everywhere, and in the lesson that was talked of."""

from companion.finding.find import find_meant
from companion.finding.found import Found
from companion.finding.in_thread import (
    closest_in_thread,
    find_in_thread,
    find_measure,
    in_the_course_of,
    led_by_own_language,
    led_by_what_is_new,
    states_it,
    strays,
)
from companion.finding.reading_on import courses_talked_of, lesson_talked_of
from companion.heard import Heard
from companion.quoting.measures import measure_asked, names_nothing
from companion.quoting.remedies import remedy
from companion.understanding.follow_up import depends, in_thread
from companion.understanding.parts import asks_anything
from retrieval.rank import CANDIDATES
from retrieval.search import Search


def find_heard(search: Search, heard: Heard, passages: int) -> Found:
    """The passages on a message's question; what those before told of where it leans on them."""
    turns = heard.conversation.turns
    before = turns[-1].passages if turns else ()
    found = find_meant(search, heard.question, passages, heard.scope, before if heard.depends else ())
    if turns and not heard.depends and depends(heard.question):
        found = find_in_thread(search, found, passages, lesson_talked_of(search, turns))
    if kind := measure_asked(heard.message):
        found = _with_measure(search, found, heard, kind)
    if heard.depends and found.answers:
        if strays(found, heard.message, courses_talked_of(search, turns)):
            found = found.judged(answers=False, on_subject=0.0)
        found = led_by_own_language(found, lesson_talked_of(search, turns)) if found.answers else found
        found = led_by_what_is_new(found, heard.message, before)
    return in_the_course_of(before, found)


def closest_heard(found: Found, heard: Heard) -> Found:
    """What nothing answers, or is near to, with what is to be done about what is told to have happened, or the passage
    that is near behind what was said before, if any is.
    """
    if found.near and not asks_anything(heard.question):
        called = remedy(found.query, found.search.passages(found.query, CANDIDATES))
        return found.led_by([called]) if called else found
    thread = in_thread(heard.question, heard.conversation.subjects)
    if not thread or found.near or heard.depends:
        return found
    return closest_in_thread(found.search, found.query, thread) or found


def _with_measure(search: Search, found: Found, heard: Heard, kind: str) -> Found:
    """What states the measure that a message asks for, where the lesson talked of does; of 要多久, which names nothing,
    nothing else.
    """
    turns = heard.conversation.turns
    if turns and turns[-1].told:
        thread = lesson_talked_of(search, turns)
        found = find_measure(search, found, heard.message, thread, turns[-1].reply)
        first = next(iter(found.quotes), None)
        elsewhere = first is not None and not states_it(first, kind, thread)
    else:
        elsewhere = not any(turn.told for turn in turns) and not heard.scope.course_id
    # 要多久 after what nothing answered, or a lesson that does not say, is near whatever takes time.
    return found.judged(answers=False, on_subject=0.0) if elsewhere and names_nothing(heard.message) else found
