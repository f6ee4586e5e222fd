"""The reply to an enquiry, which is for an office or of the machine, with the course it is of."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import date

from companion.catalogue import card_of
from companion.events import CoursesFound, Done, Event, Mode, TextAdded
from companion.heard import Heard
from companion.replies.course_records import CourseRecords
from companion.replies.courtesy import Courtesy
from companion.understanding.wholly import Kind


class Enquiries:
    """Says what is for whom, and never more of it than is known."""

    def __init__(self, records: CourseRecords, courtesy: Courtesy, today: Callable[[], date]) -> None:
        self._records = records
        self._courtesy = courtesy
        self._today = today

    async def events(self, enquiry: Kind, heard: Heard, mode: Mode = "catalogue") -> AsyncGenerator[Event, None]:
        """The reply, with the course that is meant where an office is to see to it."""
        course = await asyncio.to_thread(self._records.named_or_shown, heard) if enquiry.entry.get("office") else None
        if course:
            yield CoursesFound((card_of(course, heard.say.reason_record),))
        yield TextAdded(self._courtesy.on_enquiry(enquiry, course, heard.say, heard.locale, self._today()))
        yield Done(mode, None)
