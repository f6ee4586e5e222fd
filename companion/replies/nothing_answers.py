"""An honest no: nothing answers, what comes closest, and the courses that may help."""

import asyncio
from collections.abc import AsyncGenerator

from companion.events import CoursesFound, Done, Event, SourcesFound, TextAdded
from companion.finding.find_heard import closest_heard
from companion.finding.found import Found
from companion.heard import Heard
from companion.ledger import Ledger
from companion.portions import quoted
from companion.replies.advising import Advising
from companion.replies.fraud_care import FraudCare
from companion.sources import sources_of
from companion.understanding.parts import asks_anything, tells_of_a_need
from companion.understanding.wish import wants_to_learn
from companion.words import leading_into

_COURSES_SHOWN = 5


class NothingAnswers:
    """Says that nothing answers."""

    def __init__(self, advising: Advising, care: FraudCare) -> None:
        self._advising = advising
        self._care = care

    async def events(
        self, found: Found, heard: Heard, ledger: Ledger, *, shown: bool = False
    ) -> AsyncGenerator[Event, None]:
        """With the closest passage as what it is, and related courses; `shown` when sources are out."""
        if not shown:
            found = await asyncio.to_thread(closest_heard, found, heard)
        if heard.urgent and not (found.near or shown):
            ledger.unmet = "no_answer"
            yield TextAdded(heard.say.nothing_answers)  # whom to call is all that is to be said besides
            yield Done("catalogue", None)
            return
        suited = []
        if not shown and _speaks_for_courses(found, heard):
            suited = [event async for event in self._for_a_need(found, heard, ledger)]
        for event in suited:
            yield event
        if not suited:
            async for event in self._closest(found, heard, ledger, shown=shown):
                yield event

    async def _for_a_need(self, found: Found, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """The nearest courses, below the closest passage where one in the learner's language is near and not only
        courses are wanted; nothing where no course is near at all.
        """
        closest = found.near and not found.in_another_language and not wants_to_learn(heard.question)
        suited = [event async for event in self._advising.may_suit(heard, ledger, "\n\n" if closest else "")]
        if not suited:
            return
        if closest:
            yield SourcesFound(sources_of(found))
            yield _closest_told(found, heard, ledger)
        for event in suited:
            yield event
        for care in self._care.below(found.quotes[:1] if closest else (), heard):
            yield care
        yield Done("catalogue", None)

    async def _closest(self, found: Found, heard: Heard, ledger: Ledger, *, shown: bool) -> AsyncGenerator[Event, None]:
        # What is in another language is nothing to who only tells of something.
        near = found.near and (asks_anything(heard.question) or not found.in_another_language)
        say, near = heard.say, near or (shown and bool(found.quotes))
        cards = await self._advising.beside(heard, _COURSES_SHOWN)
        if near and not cards:
            cards = await self._advising.of_passages(found.hits[:1], heard, _COURSES_SHOWN)
        ledger.unmet = "low_confidence" if near else "no_answer"
        if near and not shown:
            yield SourcesFound(sources_of(found))
        if cards:
            yield CoursesFound(cards)
        if near:
            yield _closest_told(found, heard, ledger)
        else:
            yield TextAdded(say.nothing_answers if cards else f"{say.nothing_answers}{say.nothing_at_all}")
        for care in self._care.below(found.quotes[:1] if near else (), heard):
            yield care
        if cards:
            yield TextAdded(f"\n\n{say.may_help}" if near else say.may_help)
        yield Done("catalogue", None)


def tells(heard: Heard) -> bool:
    """Whether a message that stands alone tells of a need."""
    return not heard.depends and tells_of_a_need(heard.question)


def _speaks_for_courses(found: Found, heard: Heard) -> bool:
    # What lies near is no answer for who only tells, and courses are none for who asks of what is near.
    reasons = (tells(heard), not found.near, not asks_anything(heard.question))
    return sum(reasons) > 1 and not heard.scope.course_id


def _closest_told(found: Found, heard: Heard, ledger: Ledger) -> TextAdded:
    ledger.cited.add(1)
    lead = leading_into(heard.say.closest, found.quotes[0].hit.passage.language, heard.say)
    return TextAdded(f"{heard.say.nothing_answers}{lead}\n\n{quoted(found.quotes[0].text, 1)}")
