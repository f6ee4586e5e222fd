"""Which course a message asks of, and what its record states: level, credits, price, sessions, lessons."""

from collections.abc import Iterator, Sequence

from companion.catalogue import card_of
from companion.conversation import PastTurn, PathwayWanted, Shown
from companion.events import CoursesFound, Done, Event, TextAdded
from companion.guidance.need import audience_in, need_of
from companion.guidance.places import place_in
from companion.guidance.subject import names_only_conditions
from companion.heard import Heard
from companion.patterns import for_normalised
from companion.replies.advising import Advising
from companion.replies.stated_facts import comparison, of_each, of_record, stated, with_what
from companion.sentences import citing_nothing
from companion.understanding.facts import set_beside, wants_more_than_all, wants_the_most
from companion.understanding.of_a_course import asks_more_of_it, asks_of_it, points_at_a_course, title_in
from companion.words import Words
from course_index.analyze import normalise
from course_index.card import card_text
from course_index.course import Course
from retrieval.live import LiveIndex

# 老人照护这门课能算几个学分: a course by its subject.
_POINTED_AT = for_normalised(
    r"(?:[上学读听修](?:完|了|咗))?([^，。,.？?]{2,12}?)(?:这|那|呢|嗰)(?:一?[门个])?(?:课|班)"
    r"|(?:[上学读听]完|完成|报了)(?:你们?的?|[这那]个?)?([^，。,.？?]{2,12}?)(?:课|班)"
    r"|\bthe ([a-z][a-z -]{2,30}?) (?:course|class)\b"
)
_FINISHED = for_normalised(
    r"[上学读修](?:完|了|咗)(?:你们?的?|[这那]个?)?([^，。,.？?]{2,12}?)(?:的|嘅|之?后|以后)*(?:可以|能|会|有|得|拿|攒|，)"
)
# 做菜的那个几点上课, 数学的呢: one of those shown, by what it is on.
_OF_THOSE_SHOWN = for_normalised(
    r"^(?:那么?|咁|请问|[\s，])*(?P<what>[^，。,.？?！!的嘅]{1,8}?)(?:(?:的|嘅)?(?:那|嗰|这|呢)一?[个门节](?:课程?|班)?|(?:的|嘅)(?:课程?)?(?=呢[\s?？]*$))"
)
# More are seen on the course's own page.
_LESSONS_TOLD = 20
# What is shorter may be meant of the thing itself.
_PART_OF_A_TITLE = 4
# More are not read beside each other.
_COMPARED = 5
# Wishes of turns that were about something, which may have been a course.
_ONLY_COURSES_HAVE = frozenset({
    "price", "when", "where", "teacher", "certificate", "credits", "seats", "delivery", "language", "prerequisites",
})  # fmt: skip
_OF_COURSES = ("courses", "pathway", "plan")
_ABOUT_SOMETHING = ("question", "courses", "pathway", "plan", "credits")


class CourseRecords:
    """Tells what records state of the course that a message is about. Blocks: the index is asked."""

    def __init__(self, index: LiveIndex, advising: Advising) -> None:
        self._index = index
        self._advising = advising

    def pointed_out(self, message: str, pending: Shown) -> str:
        """The message with the title of the one of the courses shown that it calls by its subject, in place of that."""
        found = _OF_THOSE_SHOWN.match(normalise(message))
        if not found or len(normalise(message)) != len(message) or names_only_conditions(found["what"]):
            return message
        what = self._advising.adviser.recommend(need_of(found["what"]), None, _COMPARED, only_certain=True)
        shown = {*pending.titles, *pending.earlier}
        called = self._advising.adviser.called(one.course.id for one in what.courses if what.certain)
        titles = [title for title in called if title in shown]
        return f"《{titles[0]}》{message[found.end() :]}" if len(titles) == 1 else message

    def names_a_provider(self, heard: Heard) -> bool:
        """Whether all that a message says is whose courses are wanted, or not."""
        return self._advising.names_a_provider(heard)

    def of_the_one_meant(self, heard: Heard) -> list[Event]:
        """A turn of what is stated of the course where the learner is, or that the question names; nothing without."""
        if heard.facts and asks_of_it(heard.message):
            return self.of_the_one_talked_of(heard)
        return _record_of(self._meant(heard), heard.say)

    def of_the_one_talked_of(self, heard: Heard) -> list[Event]:
        """The same of the course that was talked of; first what was asked of it. Of several that were shown, what was
        asked of each.
        """
        shown = self._shown(heard) if heard.facts else []
        if len(shown) < 2 or title_in(heard.message):
            return self._asked_of(self._talked_of(heard) or next(iter(shown), None), heard)
        told = of_each(shown, heard.facts, heard.locale, place_in(heard.message))
        return _beside_each_other([course for course in shown if course.title in told] or shown, told, heard)

    def compared(self, heard: Heard) -> list[Event]:
        """What the records of the courses that are named, or were just shown, state beside each other; with which it
        is to be compared for fewer than two, and nothing where no courses were talked of but lessons.
        """
        named = [course for _, course in self.named_or_on(heard.message)]
        known = {course.id: course for course in (named if len(named) > 1 else [*named, *self._courses_before(heard)])}
        courses = list(known.values())[:_COMPARED]
        if len(courses) > 1:
            most = wants_more_than_all(heard.message)
            return _beside_each_other(courses, comparison(courses, heard.facts, heard.locale, most=most), heard)
        last = _last_about_something(heard)
        if not named and ((last and _is_of_lessons(last)) or wants_the_most(heard.message)):
            return []  # 最便宜的课 wants what there is
        return [TextAdded(with_what(next(iter(courses), None), heard.locale)), Done("catalogue", None)]

    def asked_of(self, heard: Heard) -> list[Event]:
        """What was asked of the one course that a message names; nothing where it names none or asks for more."""
        named = self.named_in(heard.message)
        return self._asked_of(named[0][1], heard) if len(named) == 1 and heard.facts else []

    def _asked_of(self, course: Course | None, heard: Heard) -> list[Event]:
        """What was asked of a course, and its record, which is told once in a talk."""
        if course is None or not heard.facts:
            return _record_of(course, heard.say)
        where, whom = place_in(heard.message), audience_in(heard.message)
        asked = stated(course, heard.facts, heard.locale, self._advising.adviser.course, where, whom)
        states = _states(course, heard.say)
        if asked and states and any(states in turn.reply for turn in heard.conversation.turns):
            between = " " if heard.locale == "en" else ""
            said = f"{asked}{between}{of_record(course, heard.locale)}"
            return [CoursesFound((card_of(course, heard.say.reason_record),)), TextAdded(said), Done("catalogue", None)]
        return _record_of(course, heard.say, asked)

    def introduction(self, title: str, say: Words) -> list[Event]:
        """What the course of a title, normalised, states, and its lessons; nothing where there is none."""
        course = self._titled(title) or self._called_so(title)
        return self._introduced(course, say) if course else []

    def introduction_of_the_one_talked_of(self, heard: Heard) -> list[Event]:
        """The same of the course that is talked of."""
        shown = self._shown(heard)
        course = self._talked_of(heard) or (shown[0] if len(shown) == 1 else None)
        return self._introduced(course, heard.say) if course else []

    def _introduced(self, course: Course, say: Words) -> list[Event]:
        lessons = self._index.search.records.lessons(course.id)
        stated = _states(course, say)
        named = "\n".join(f"{number}. {citing_nothing(one.title)}" for number, one in enumerate(lessons, 1))
        listed = f"{say.course_lessons.format(len(lessons))}\n\n{named}" if 0 < len(lessons) <= _LESSONS_TOLD else ""
        bare = say.record_is_bare.format(title=citing_nothing(course.title), provider=course.provider)
        told = filter(None, (citing_nothing(course.summary or ""), stated, listed))
        text = "\n\n".join(told) or bare
        return [CoursesFound((card_of(course, say.reason_record),)), TextAdded(text), Done("catalogue", None)]

    def _called_so(self, part: str) -> Course | None:
        """The one course whose title has this in it: 岭南近代史讲了什么 asks of 岭南近代史里的普通人."""
        titled = self._advising.adviser.recommender().shelf.titled if len(part) >= _PART_OF_A_TITLE else {}
        called = [course for title, course in titled.items() if part in title]
        return called[0] if len(called) == 1 else None

    def named_or_shown(self, heard: Heard) -> Course | None:
        """The course that a message names, else the one that is talked of."""
        named = self.named_in(heard.message)
        return named[0][1] if named else self._talked_of(heard)

    def to_be_finished(self, heard: Heard) -> Course | None:
        """The course that a message says one finishes, by its subject too: 上完养老护理员能拿多少学分."""
        return self.named_or_shown(heard) or self._meant(heard) or self._finished(heard)

    def _finished(self, heard: Heard) -> Course | None:
        said = _FINISHED.search(normalise(heard.question))
        found = self._advising.about(said[1], heard, 1) if said else None
        return found.courses[0].course if found and found.certain and found.courses else None

    def named_in(self, message: str) -> list[tuple[str, Course]]:
        """The courses that a message names, each with the words, normalised, that name it."""
        return self._advising.adviser.recommender().shelf.named_in(normalise(message))

    def named_or_on(self, message: str) -> list[tuple[str, Course]]:
        """The courses that a message names; where that is one at most and it sets things beside each other
        (粤剧和家庭急救这两门课), the courses whose records name these.
        """
        named = self.named_in(message)
        if len(named) > 1:
            return named
        found: dict[str, tuple[str, Course]] = {}
        things = set_beside(message)
        for thing in things:
            about = self._advising.adviser.recommend(need_of(thing), None, 1, only_certain=True)
            course = about.courses[0].course if about.certain and about.courses else None
            if course and normalise(thing) in normalise(card_text(course)):
                found.setdefault(course.id, (normalise(thing), course))
        return list(found.values()) if found and len(found) == len(things) else named

    def _courses_before(self, heard: Heard) -> Iterator[Course]:
        """The courses just shown; where that is one, those of the turns before it too."""
        yield from self._shown(heard)
        for turn in reversed(heard.conversation.turns):
            if turn.wish in _OF_COURSES and not asks_of_it(turn.message):
                about = self._advising.about(turn.question, heard, 1)
                if about.certain and about.about_something:
                    yield from (one.course for one in about.courses)

    def _shown(self, heard: Heard) -> list[Course]:
        """The courses that were shown last, as what was asked for or the steps of a way, and not beside an answer."""
        pending, last = heard.conversation.pending, _last_about_something(heard)
        if not last or _is_of_lessons(last, heard.facts):
            return []
        if isinstance(pending, PathwayWanted) and not pending.aside:
            way = self._advising.adviser.plain_way(pending.goal, heard.audience)
            return [step.course for step in way.pathway.steps]
        if not isinstance(pending, Shown):
            return []
        return [course for title in pending.titles if (course := self._titled(normalise(title)))]

    def _titled(self, title: str) -> Course | None:
        return self._advising.adviser.recommender().shelf.titled.get(title)

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
        said, or the price asked for.
        """
        records = self._index.search.records
        for message in (heard.message, *(turn.message for turn in reversed(heard.conversation.turns))):
            if (title := title_in(message)) and (course := self._titled(title)):
                return course
            if not asks_of_it(message):
                break
        last = _last_about_something(heard)
        if heard.scope.course_id:
            # 要多久 below a lesson is of what that tells, and not how many hours the course has.
            goes_on = last is not None and last.told and not points_at_a_course(heard.message)
            of_the_lesson = goes_on and heard.facts == ("hours",)
            return None if of_the_lesson else records.courses([heard.scope.course_id]).get(heard.scope.course_id)
        if last is None:
            return None
        if not _is_of_lessons(last):
            shown = self._advising.about(last.question, heard, 1)
            known = shown.certain and shown.about_something and shown.courses
            # 有没有线上的 found none: what teaches it otherwise was told.
            return shown.courses[0].course if known else next(iter(shown.barred), None)
        since = heard.conversation.turns[heard.conversation.turns.index(last) + 1 :]
        # No lesson costs anything: 要多少钱 below one is of its course.
        of_its_price = heard.facts == ("price",)
        if not of_its_price and not any(map(points_at_a_course, (*(turn.message for turn in since), heard.message))):
            return None
        told = records.passages(last.passages[:1]).values()
        return next(iter(records.courses([passage.course_id for passage in told]).values()), None)


def asks_more_of_what_was_shown(heard: Heard) -> bool:
    """Whether a message wants to be told more of courses that were shown, and not of what a lesson says beside them."""
    last = _last_about_something(heard)
    shown = isinstance(heard.conversation.pending, Shown) and last is not None and not _is_of_lessons(last)
    return shown and asks_more_of_it(heard.message)


def _last_about_something(heard: Heard) -> PastTurn | None:
    """The last turn that was about something, and did not ask what the record of a course states."""
    asked = (turn for turn in reversed(heard.conversation.turns) if not asks_of_it(turn.message))
    return next((turn for turn in asked if turn.wish in _ABOUT_SOMETHING), None)


def _is_of_lessons(turn: PastTurn, facts: Sequence[str] = ()) -> bool:
    """Whether lessons were told of, and courses at most beside them; where no lesson answered, and `facts` are asked
    for that courses alone have (多少钱), it is of the courses.
    """
    if turn.told:
        return bool(turn.passages)
    return bool(turn.passages) and turn.wish not in _OF_COURSES and not (facts and _ONLY_COURSES_HAVE.issuperset(facts))


def _beside_each_other(courses: Sequence[Course], told: str, heard: Heard) -> list[Event]:
    cards = tuple(card_of(course, heard.say.reason_record) for course in courses)
    return [CoursesFound(cards), TextAdded(told), Done("catalogue", None)]


def _record_of(course: Course | None, say: Words, asked: str = "") -> list[Event]:
    states = _states(course, say) if course else ""
    if not course or not (states or asked):
        return []
    recorded = f"{states}{'' if states.endswith('。') else ' '}{say.official}" if states else ""
    return [
        CoursesFound((card_of(course, say.reason_record),)),
        TextAdded("\n\n".join(filter(None, (asked, recorded)))),
        Done("catalogue", None),
    ]


def _states(course: Course, say: Words) -> str:
    """The sentence on the whole record; empty where that states nothing."""
    facts = say.facts(course)
    return say.record_says.format(title=course.title, facts=facts) if facts else ""
