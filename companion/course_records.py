"""Which course a message asks of, and what its record states: level, credits, price, sessions, lessons."""

from collections.abc import Callable

from companion.advising import Advising
from companion.catalogue import card_of
from companion.conversation import Shown
from companion.events import CoursesFound, Done, Event, TextAdded
from companion.heard import Heard
from companion.patterns import for_normalised
from companion.sentences import citing_nothing
from companion.stated_facts import comparison, stated
from companion.understanding.of_a_course import asks_of_it, points_at_a_course, title_in
from companion.words import Words
from course_index.analyze import normalise
from course_index.course import Course
from retrieval.live import LiveIndex

# 老人照护这门课能算几个学分: a course by its subject.
_POINTED_AT = for_normalised(
    r"([^，。,.？?]{2,12}?)(?:这|那|呢|嗰)(?:一?[门个])?(?:课|班)"
    r"|(?:[上学读听]完|完成|报了)(?:你们?的?|[这那]个?)?([^，。,.？?]{2,12}?)(?:课|班)"
    r"|\bthe ([a-z][a-z -]{2,30}?) (?:course|class)\b"
)
# More are seen on the course's own page.
_LESSONS_TOLD = 20
# More are not read beside each other.
_COMPARED = 3
# Wishes of turns that were about something, which may have been a course.
_ABOUT_SOMETHING = ("question", "courses", "pathway", "plan", "credits")


class CourseRecords:
    """Tells what records state of the course that a message is about. Blocks: the index is asked."""

    def __init__(self, index: LiveIndex, advising: Advising) -> None:
        self._index = index
        self._advising = advising

    def of_the_one_meant(self, heard: Heard) -> list[Event]:
        """A turn of what is stated of the course where the learner is, or that the question names; nothing without."""
        return _record_of(self._meant(heard), heard.say)

    def of_the_one_talked_of(self, heard: Heard) -> list[Event]:
        """The same of the course that was talked of; first what was asked of it."""
        return _record_of(self._talked_of(heard), heard.say, self._stated(heard))

    def compared(self, heard: Heard) -> list[Event]:
        """What the records of the courses that are named, or were just shown, state beside each other; nothing for
        fewer than two.
        """
        named = [course for _, course in self.named_in(heard.message)]
        pending = heard.conversation.pending
        if not named and isinstance(pending, Shown):
            titles = (self._titled(normalise(title)) for title in pending.titles)
            named = [course for course in titles if course]
        if len(named) < 2:
            return []
        courses = named[:_COMPARED]
        return [
            CoursesFound(tuple(card_of(course, heard.say.reason_record) for course in courses)),
            TextAdded(comparison(courses, heard.facts, heard.locale)),
            Done("catalogue", None),
        ]

    def asked_of(self, heard: Heard) -> list[Event]:
        """What was asked of the one course that a message names; nothing where it names none or asks for more."""
        named = self.named_in(heard.message)
        return _record_of(named[0][1], heard.say, self._stated(heard)) if len(named) == 1 and heard.facts else []

    def _stated(self, heard: Heard) -> Callable[[Course], str]:
        courses = self._advising.adviser.course
        return lambda course: stated(course, heard.facts, heard.locale, courses)

    def introduction(self, title: str, say: Words) -> list[Event]:
        """What the course of a title, normalised, states, and its lessons; nothing where there is none."""
        course = self._titled(title)
        if course is None:
            return []
        lessons = self._index.search.records.lessons(course.id)
        facts = say.facts(course)
        stated = say.record_says.format(title=course.title, facts=facts) if facts else ""
        named = "\n".join(f"{number}. {citing_nothing(one.title)}" for number, one in enumerate(lessons, 1))
        listed = f"{say.course_lessons.format(len(lessons))}\n\n{named}" if 0 < len(lessons) <= _LESSONS_TOLD else ""
        text = "\n\n".join(filter(None, (stated, listed))) or say.courses_found  # the card says the rest
        return [CoursesFound((card_of(course, say.reason_record),)), TextAdded(text), Done("catalogue", None)]

    def named_or_shown(self, heard: Heard) -> Course | None:
        """The course that a message names, else the one that is talked of."""
        named = self.named_in(heard.message)
        return named[0][1] if named else self._talked_of(heard)

    def named_in(self, message: str) -> list[tuple[str, Course]]:
        """The courses that a message names, each with the words, normalised, that name it."""
        return self._advising.adviser.desk().shelf.named_in(normalise(message))

    def _titled(self, title: str) -> Course | None:
        return self._advising.adviser.desk().shelf.titled.get(title)

    def _meant(self, heard: Heard) -> Course | None:
        """The course where the learner is, else the one that the question names, by its title or as 骑行那门课."""
        search = self._index.search
        if heard.scope.course_id:
            return search.records.courses([heard.scope.course_id]).get(heard.scope.course_id)
        asked = normalise(heard.question)
        if asks_of_it(heard.message):
            return self._talked_of(heard)
        hits = search.courses(search.query(heard.question), 3)
        titled = next((hit.course for hit in hits if normalise(hit.course.title) in asked), None)
        pointed = _POINTED_AT.search(asked)
        if titled or not pointed:
            return titled
        found = self._advising.about(next(filter(None, pointed.groups())), heard, 1)
        return found.courses[0].course if found.certain and found.courses else None

    def _talked_of(self, heard: Heard) -> Course | None:
        """The course that is named; where the learner is, or that was shown last; that of an answer, where 这课 is
        said.
        """
        records = self._index.search.records
        for message in (heard.message, *(turn.message for turn in reversed(heard.conversation.turns))):
            if (title := title_in(message)) and (course := self._titled(title)):
                return course
            if not asks_of_it(message):
                break
        if heard.scope.course_id:
            return records.courses([heard.scope.course_id]).get(heard.scope.course_id)
        asked = (turn for turn in reversed(heard.conversation.turns) if not asks_of_it(turn.message))
        last = next((turn for turn in asked if turn.wish in _ABOUT_SOMETHING), None)
        if last is None:
            return None
        if last.wish in ("courses", "pathway", "plan") or not last.passages:
            shown = self._advising.about(last.question, heard, 1)
            known = shown.certain and shown.about_something and shown.courses
            return shown.courses[0].course if known else None
        since = heard.conversation.turns[heard.conversation.turns.index(last) + 1 :]
        if not any(map(points_at_a_course, (*(turn.message for turn in since), heard.message))):
            return None
        told = records.passages(last.passages[:1]).values()
        return next(iter(records.courses([passage.course_id for passage in told]).values()), None)


def _record_of(course: Course | None, say: Words, asked: Callable[[Course], str] | None = None) -> list[Event]:
    facts = say.facts(course) if course else ""
    first = asked(course) if course and asked else ""
    if not course or not (facts or first):
        return []
    recorded = f"{say.record_says.format(title=course.title, facts=facts)}{say.official}" if facts else ""
    return [
        CoursesFound((card_of(course, say.reason_record),)),
        TextAdded("\n\n".join(filter(None, (first, recorded)))),
        Done("catalogue", None),
    ]
