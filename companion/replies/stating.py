"""What records state of courses, ways and credits; else what lessons say of it; else that an office knows."""

import asyncio
import re
from collections.abc import AsyncGenerator
from functools import partial

from companion.event_streams import said, told_or
from companion.events import Event, SourcesFound, TextAdded
from companion.guidance.sayings import sayings
from companion.heard import Heard
from companion.ledger import Ledger
from companion.portions import quoted
from companion.quoting.extract import sets_a_task
from companion.replies.advising import Advising
from companion.replies.answering import Answering
from companion.replies.course_records import CourseRecords, asks_more_of_what_was_shown
from companion.replies.crediting import Crediting
from companion.replies.leading import Leading
from companion.sources import sources_of
from companion.understanding.of_a_course import (
    asks_for_a_certificate,
    asks_for_its_lessons,
    asks_of_it,
    course_introduced,
)
from companion.understanding.wish import wants_to_learn
from companion.words import leading_into
from course_index.analyze import normalise

_YES_OR_NO = re.compile(
    r"是不是|系咪|能不能|可不可以|可唔可以|能否|吗[\s。！!?？]*$|\b(?:is it|are there|can i|do i (?:need|have))\b"
)


class Stating:
    """Tells what is on record."""

    def __init__(
        self,
        answering: Answering,
        advising: Advising,
        leading: Leading,
        crediting: Crediting,
        records: CourseRecords,
    ) -> None:
        self._answering = answering
        self._advising = advising
        self._leading = leading
        self._crediting = crediting
        self._records = records

    def on_record(self, heard: Heard, otherwise: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
        """What records state of courses, where that is asked for; else the other."""
        records, steps = self._records, otherwise
        if asks_for_its_lessons(heard.message) or asks_more_of_what_was_shown(
            heard
        ):  # 从哪一课开始学, after a course was shown
            steps = told_or(partial(records.introduction_of_the_one_talked_of, heard), steps)
        elif asks_of_it(heard.message) and not heard.other_than:  # 要不要钱
            steps = told_or(partial(self._of_the_one_talked_of, heard), steps)
        elif title := course_introduced(heard.message):
            steps = told_or(partial(records.introduction, title, heard.say), steps)
        if "compare" in heard.facts:
            return told_or(partial(records.compared, heard), steps)
        return told_or(partial(records.asked_of, heard), steps) if heard.facts and heard.named else steps

    def _of_the_one_talked_of(self, heard: Heard) -> list[Event]:
        told = self._records.of_the_one_talked_of(heard)
        if told and "certificate" not in heard.facts and asks_for_a_certificate(heard.message):
            told.insert(1, TextAdded(f"{sayings(heard.locale).no_certificates}\n\n"))
        return told

    async def pathway(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """The way to a goal, where one is wanted and courses lead there; else what courses teach of such ways; else
        courses on it, and the office that knows.
        """
        found = await self._answering.find(heard, ledger)
        ledger.mark("found")
        # 是不是要先有高中毕业证 asks for a fact, which the lessons have or have not.
        asks_a_fact = found.answers and bool(_YES_OR_NO.search(normalise(heard.question)))
        if not asks_a_fact and await self._leading.leads_somewhere(heard, by_words=True):
            async for event in self._leading.way(heard, ledger):
                yield event
            return
        opening = f"{heard.say.no_pathways}\n\n"
        steps = (
            self._answering.answered(found, heard, ledger)
            if found.answers
            else self._advising.courses(heard, ledger, opening)
        )
        async for event in steps:
            yield event

    async def records(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """What the learner's account holds, what the record of the course in question says of level, credits and the
        like, or what the courses teach of such things; all else is for the office.
        """
        say = heard.say
        if self._crediting.asks_for_own_credits(heard):
            async for event in self._credits(heard):
                yield event
            return
        learns, conditions = wants_to_learn(heard.question), self._advising.names_conditions(heard)
        # What a course must be is no question on what a record states.
        told = [] if conditions else await asyncio.to_thread(self._records.of_the_one_meant, heard)
        if told:
            for event in told:
                yield event
            return
        # 想学心理学，免费的 says what a course is to be, and asks for nothing that a lesson says.
        found = None if conditions else await self._answering.find(heard, ledger)
        if found and found.answers:
            async for event in self._answering.answered(found, heard, ledger):
                yield event
            return
        wanted = self._advising.courses(heard, ledger) if learns or conditions else None
        if not wanted:
            ledger.unmet = "refused"
        async for event in wanted or said(say.official):
            yield event

    async def _credits(self, heard: Heard) -> AsyncGenerator[Event, None]:
        talked_of = await asyncio.to_thread(self._records.to_be_finished, heard)
        async for event in self._crediting.credits(heard, talked_of):
            yield event

    async def official(self, reply: str, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """What only an office can state: the learner's own credits, what the record of the course in question says,
        else that the office knows. What a lesson says of it may be of another year or another place: it is shown as no
        more than that.
        """
        if self._crediting.asks_for_own_credits(heard):
            async for event in self._credits(heard):
                yield event
            return
        told = await asyncio.to_thread(self._records.of_the_one_meant, heard)
        for event in told:
            yield event
        if told:
            return
        ledger.unmet = "refused"
        found = await self._answering.find(heard, ledger)
        if found.answers and not sets_a_task(found.quotes[0]):
            yield SourcesFound(sources_of(found))
            ledger.cited.add(1)
            lead = leading_into(heard.say.course_speaks, found.quotes[0].hit.passage.language, heard.say)
            reply += f"\n\n{lead}\n\n{quoted(found.quotes[0].text, 1)}"
        async for event in said(reply, "declined"):
            yield event
