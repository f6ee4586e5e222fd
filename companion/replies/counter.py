"""What is said over the counter: the reply to what is for an office or of the machine, with the course it is of."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import date

from companion.catalogue import card_of
from companion.events import CoursesFound, Done, Event, Mode, TextAdded
from companion.heard import Heard
from companion.replies.course_records import CourseRecords
from companion.replies.courtesy import Courtesy
from companion.understanding.wholly import Kind


class Counter:
    """Says what is for whom, and never more of it than is known."""

    def __init__(self, records: CourseRecords, courtesy: Courtesy, today: Callable[[], date]) -> None:
        self._records = records
        self._courtesy = courtesy
        self._today = today

    async def events(self, desk: Kind, heard: Heard, mode: Mode = "catalogue") -> AsyncGenerator[Event, None]:
        """The reply, with the course that is meant where an office is to see to it."""
        course = await asyncio.to_thread(self._records.named_or_shown, heard) if desk.entry.get("office") else None
        if course:
            yield CoursesFound((card_of(course, heard.say.reason_record),))
        yield TextAdded(self._courtesy.at_the_desk(desk, course, heard.say, heard.locale, self._today()))
        yield Done(mode, None)
