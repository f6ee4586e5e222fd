"""Planning: a course spread over the weeks that a learner has, in dates and hours that code has computed."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path, PurePosixPath

from rapidfuzz import fuzz, process

from companion.catalogue import card_of
from companion.checking.check import checked_sentences
from companion.conversation import PlanWanted, Shown
from companion.events import CoursesFound, Done, Event, SourcesFound, TextAdded
from companion.guidance.recommend import Recommended
from companion.heard import Heard
from companion.ledger import Ledger
from companion.patterns import Patterns
from companion.practice.plan import PlanWish, StudyPlan, Week, hours_in_time, number, study_plan, wanted
from companion.practice.study_days import without_days
from companion.replies.advising import SHOWN, Advising
from companion.replies.leading import time_said, times_kept
from companion.sources import passages_for
from companion.understanding.wish import plan_subject, wish_by_rules
from companion.words import Words
from companion.writing.language_model import ModelUnavailable
from companion.writing.material import Material, material_of_passages
from companion.writing.writer import Writer
from course_index.analyze import normalise
from course_index.course import Course, Lesson
from prompts import for_audience, render
from retrieval.live import LiveIndex

_SAYS = Patterns(Path(__file__).with_name("planning.toml"))
# Passages that tell which part is named, and what share of them has to stand in one folder of lessons.
_PART_READ, _OF_ONE_FOLDER = 8, 0.5
# More lines than that are not read on a phone: the rest is said in one.
_LINES_TOLD = 12
_LESSONS_READ = 3
_CLAUSES = re.compile("[，,。;；！!]+")
# What 少一点 and 快一点 make of the hours of a plan, the fewest there are, and those for who leaves them to us.
_FEWER, _MORE, _FEWEST_HOURS, _HOURS_TO_BEGIN_WITH = 2 / 3, 1.5, 0.5, 3.0
# A longer message says something else.
_A_WORD_ON_HOURS = 24
# How much of a message a title has to have (rapidfuzz's partial ratio) to be named by it: 按醒狮基本功来排.
_NAMED = 80
_NUMBERS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "first": 0, "second": 1, "third": 2}


class Planning:
    """Study plans, from the catalogue's records and the learner's hours."""

    def __init__(self, index: LiveIndex, writer: Writer, advising: Advising) -> None:
        self._index = index
        self._writer = writer
        self._advising = advising
        self._today = advising.adviser.today

    def completes(self, heard: Heard) -> bool:
        """Whether a message says what a plan still waited for, or asks about the plan that there is."""
        text = normalise(heard.message)
        asked = wanted(heard.message, self._today())
        pending = _pending(heard)
        if pending and pending.aside and heard.wish != "plan":
            return False  # hours are of what was talked of since
        return bool(
            asked.says_something
            or _SAYS["behind"].search(text)
            or _SAYS["week"].search(text)
            or _SAYS["soon"].search(text)
            or _SAYS["whole"].search(text)
            or _SAYS["only"].search(text)
            or _changes_hours(text, pending)
            or self._chosen(heard.message, pending)
            or (pending and _SAYS["another"].search(text) and self._on_another(heard, pending))
        )

    def _on_another(self, heard: Heard, pending: PlanWanted) -> bool:
        """Whether what a message names is clearly another course than the one that was planned: 改成学急救."""
        subject = _subject(_SAYS["another"].sub(" ", normalise(heard.message)))
        found = self._advising.about(subject, heard, 1) if subject else None
        return bool(found and found.certain and found.courses and found.courses[0].course.id != pending.course_id)

    async def events(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """The plan, or the question after what it needs."""
        say = heard.say
        pending = _pending(heard)
        course, lessons, nearest = await asyncio.to_thread(self._course, heard, pending)
        if course is None:
            async for event in self._none(nearest, heard, ledger):
                yield event
            return
        if pending and pending.course_id and pending.course_id != course.id:
            # The day was for another course; the hours are the learner's.
            pending = replace(pending, until=None, start=None)
        asked = self._wish(heard, pending)
        part, planned = await asyncio.to_thread(self._part, heard, pending, course, lessons)
        asked, chosen = self._hours_chosen(asked, heard, pending, course, len(planned) / len(lessons))
        if asked.hours_a_week is None:
            ledger.pending = _kept(heard.message, course.id, asked, part=part)
            yield CoursesFound((card_of(course, say.reason_record),))
            yield TextAdded(_hours_wanted(asked, say))
            yield Done("catalogue", None)
            return
        behind = bool(_SAYS["behind"].search(normalise(heard.message)))
        moved = wanted(heard.message, self._today()).start
        start = moved or (self._today() if behind else asked.start or self._today())
        past = asked.until if asked.until and asked.until < start else None
        asked = replace(asked, start=start, until=None if past else asked.until)
        assert asked.hours_a_week
        plan = study_plan(course, planned, asked.hours_a_week, start, asked.until, len(planned) / len(lessons))
        ledger.pending = _kept(heard.message, course.id, asked, part=part)
        yield CoursesFound((card_of(course, say.reason_record),))
        if (week := _week_asked(heard.message, plan, self._today())) and week <= len(plan.weeks):
            yield TextAdded(_rows(plan, say, week))
            yield Done("catalogue", None)
            return
        as_before = pending is not None and pending.part == part
        opening = _opening(heard.message, pending, course, say, self._today()) if pending and as_before else ""
        of_it = say.plan_part.format(lessons=len(planned), all=len(lessons)) if part else ""
        gone_by = say.plan_past.format(until=past) if past else ""
        yield TextAdded((chosen or opening) + gone_by + _told(plan, say, asked, of_it))
        advice = False
        if self._writer.has_model and not opening:  # what it says of the lessons was said with the first plan
            async with aclosing(self._advice(planned, heard, ledger)) as events:
                async for event in events:
                    advice = advice or isinstance(event, TextAdded)
                    yield event
        label = self._writer.label(ledger.turn_id, say) if advice else None
        yield Done("generated" if advice else "catalogue", True if advice else None, aigc=label)

    def _hours_chosen(
        self, asked: PlanWish, heard: Heard, pending: PlanWanted | None, course: Course, share: float
    ) -> tuple[PlanWish, str]:
        """The hours a week where they follow from what was said, and what is said of that: fewer or more than before,
        as many as it takes to be done by a day, or some to begin with for who leaves them to us.
        """
        text, say = normalise(heard.message), heard.say
        before = pending.hours_a_week if pending and pending.course_id == course.id else None
        if before and not wanted(heard.message, self._today()).says_something and not _SAYS["behind"].search(text):
            factor = _FEWER if _SAYS["less"].search(text) else _MORE if _SAYS["faster"].search(text) else 1.0
            hours = max(_FEWEST_HOURS, round(2 * before * factor) / 2)
            changed = replace(asked, hours_a_week=hours, a_day=None)
            return (
                (asked, "")
                if hours == before
                else (changed, say.plan_changed.format(hours=f"{hours:g}", before=f"{before:g}"))
            )
        if asked.hours_a_week is None and asked.until:
            needed = hours_in_time(course, asked.start or self._today(), asked.until, share)
            if needed:
                told = say.plan_in_time.format(until=asked.until, hours=f"{needed:g}")
                return replace(asked, hours_a_week=needed), f"{told}\n\n"
        if asked.hours_a_week is None and pending and _SAYS["any"].search(text):
            told = say.plan_for_a_start.format(hours=f"{_HOURS_TO_BEGIN_WITH:g}")
            return replace(asked, hours_a_week=_HOURS_TO_BEGIN_WITH), f"{told}\n\n"
        return asked, ""

    async def _none(self, nearest: Recommended | None, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """That nothing can be planned: the course has no lessons here, or none is clearly on what was named."""
        say, near = heard.say, bool(nearest and nearest.courses)
        if nearest and near:
            yield CoursesFound(await asyncio.to_thread(self._advising.cards, nearest, heard))
        if heard.scope.course_id or (nearest and nearest.certain):
            yield TextAdded(say.plan_no_lessons)
        elif nearest and nearest.about_something:
            ledger.unmet = "no_course"
            if near:
                asked = self._wish(heard, _pending(heard))
                offered = tuple(one.course.id for one in nearest.courses)
                ledger.pending = _kept(heard.message, None, asked, offered=offered)
            yield TextAdded(say.plan_which if near else say.plan_nothing_near)
        else:
            yield TextAdded(say.plan_what)
        yield Done("catalogue", None)

    async def _advice(self, lessons: list[Lesson], heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """What the model says of how to go about the lessons, as far as they bear it out."""
        material = await asyncio.to_thread(self._first_passages, lessons, heard)
        prompt = render(
            "plan",
            passages=passages_for(material.found, material.contexts),
            audience=for_audience(heard.audience),
            language=heard.say.language,
        )
        deltas = self._writer.write(prompt, ledger.count)
        begun = False
        try:
            async with aclosing(checked_sentences(deltas, material.grounds, material.judge)) as sentences:
                async for sentence in sentences:
                    ledger.note(sentence)
                    if not sentence.supported:
                        continue
                    if not begun:
                        begun = True
                        yield SourcesFound(material.sources)
                        yield TextAdded("\n")  # no part of the last week's line
                    yield TextAdded(sentence.text, ai=True)
        except ModelUnavailable:
            return

    def _first_passages(self, lessons: list[Lesson], heard: Heard) -> Material:
        search = self._index.search
        ids = [search.records.passages_within(one.course_id, one.id)[:1] for one in lessons[:_LESSONS_READ]]
        return material_of_passages(search, heard.question, search.placed([id_ for first in ids for id_ in first]))

    def _course(
        self, heard: Heard, pending: PlanWanted | None
    ) -> tuple[Course | None, list[Lesson], Recommended | None]:
        """The course that is meant with its lessons, without which nothing can be planned; else the nearest ones."""
        meant, nearest = self._meant(heard, pending)
        records = self._index.search.records
        for course_id in meant:
            if lessons := records.lessons(course_id):
                return records.courses([course_id]).get(course_id), lessons, None
        return None, [], nearest

    def _meant(self, heard: Heard, pending: PlanWanted | None) -> tuple[list[str], Recommended | None]:
        """The ids of what may be meant, the likeliest first: the course at hand, what is clearly on the subject named,
        what a plan was begun for, or what the conversation was about; and what comes near a subject that was named.
        """
        if heard.scope.course_id:
            return [heard.scope.course_id], None
        if chosen := self._chosen(heard.message, pending):
            return [chosen], None
        subject = _subject(_SAYS["another"].sub(" ", normalise(heard.message)) if pending else heard.message)
        found = self._advising.about(subject, heard, SHOWN) if subject else None
        if found and not found.about_something:
            found = None
        if found and found.certain:
            return [one.course.id for one in found.courses], found
        if pending and pending.course_id:
            return [pending.course_id], found
        if found:
            return [], found
        return self._talked_of(heard), None

    def _talked_of(self, heard: Heard) -> list[str]:
        """The one course that was shown, else that of the lessons that were told of."""
        if isinstance(shown := heard.conversation.pending, Shown) and len(shown.titles) == 1:
            course = self._advising.adviser.recommender().shelf.titled.get(normalise(shown.titles[0]))
            return [course.id] if course else []
        seen = next((turn.passages for turn in reversed(heard.conversation.turns) if turn.passages), ())
        return list(self._index.search.records.courses_of_passages(list(seen[:1])).values())

    def _part(
        self, heard: Heard, pending: PlanWanted | None, course: Course, lessons: list[Lesson]
    ) -> tuple[str | None, list[Lesson]]:
        """What was said of the part that the plan is for, now or before, and its lessons; None and all of them for the
        whole course, or where no part is found.
        """
        text = normalise(heard.message)
        before = pending.part if pending and pending.course_id == course.id else None
        named = _subject(heard.message) if _SAYS["part_of_it"].search(text) else before
        said = None if _SAYS["whole"].search(text) else named
        part = self._lessons_on(said, course, lessons) if said else []
        return (said, part) if part else (None, lessons)

    def _lessons_on(self, subject: str, course: Course, lessons: list[Lesson]) -> list[Lesson]:
        """The lessons of the folder (a chapter) that is mostly on it, else those with it in their titles."""
        search = self._index.search
        folders = {lesson.id: PurePosixPath(lesson.source).parent for lesson in lessons}
        if len(set(folders.values())) > 1:
            within = search.records.passages_within(course.id)
            hits = search.choice_among(search.query(subject), _PART_READ, within)
            ((folder, hit_by), *_) = Counter(folders[hit.lesson.id] for hit in hits).most_common() or ((None, 0),)
            if folder and hit_by >= _OF_ONE_FOLDER * len(hits):
                return [lesson for lesson in lessons if folders[lesson.id] == folder]
        return [lesson for lesson in lessons if normalise(subject) in normalise(lesson.title)]

    def _chosen(self, message: str, pending: PlanWanted | None) -> str | None:
        """The id of the one among the courses offered that a message names, by its title or its place."""
        if not pending or not pending.offered:
            return None
        if nth := _SAYS["nth"].fullmatch(normalise(message).strip(" 。.!！")):
            said = nth[1] or nth[2]
            place = int(said) - 1 if said.isdigit() else _NUMBERS[said]
            return pending.offered[place] if place < len(pending.offered) else None
        courses = self._index.search.records.courses(pending.offered)
        titles = {id_: courses[id_].title for id_ in pending.offered if id_ in courses}
        said = _subject(message)  # empty for a single letter, which any title has
        best = process.extractOne(said, titles, scorer=fuzz.partial_ratio, processor=normalise, score_cutoff=_NAMED)
        return str(best[2]) if said and best else None

    def _wish(self, heard: Heard, pending: PlanWanted | None) -> PlanWish:
        asked = wanted(heard.message, self._today())
        if _SAYS["behind"].search(normalise(heard.message)) and not asked.hours_a_week:
            asked = replace(asked, days=frozenset(), off=frozenset())  # 星期天没学 is gone by
        return asked.after(time_said(pending))


def _changes_hours(text: str, pending: PlanWanted | None) -> bool:
    """Whether a message leaves the hours to us where they are wanted, or wants fewer or more than a plan has."""
    if pending is None or pending.course_id is None:
        return False
    asks = (_SAYS["any"], _SAYS["free_time"]) if pending.hours_a_week is None else (_SAYS["less"], _SAYS["faster"])
    return len(text) <= _A_WORD_ON_HOURS and any(one.search(text) for one in asks)


def _hours_wanted(asked: PlanWish, say: Words) -> str:
    """The question after the hours, beside what is known of the time already."""
    if asked.days and not asked.a_day:
        return say.plan_how_long.format(days=_names_of(asked.days, say))
    if asked.a_day:
        return say.plan_how_often.format(minutes=round(60 * asked.a_day))
    return (say.plan_from.format(start=asked.start) if asked.start else "") + say.plan_hours


def _names_of(days: Iterable[int], say: Words) -> str:
    names = say.plan_day_names.split()
    return say.plan_day_between.join(names[day] for day in sorted(days))


def _kept(
    request: str, course_id: str | None, asked: PlanWish, offered: tuple[str, ...] = (), part: str | None = None
) -> PlanWanted:
    return PlanWanted(request, course_id, offered=offered, part=part, **times_kept(asked))


def _subject(message: str) -> str:
    """What a plan is to be for, without what is said of the time and what only ends something: 不考了，帮我排个计划."""
    clauses = [clause for clause in _CLAUSES.split(normalise(message)) if wish_by_rules(clause) != "end"]
    return plan_subject(_SAYS["day"].sub(" ", without_days("，".join(clauses))))


def _pending(heard: Heard) -> PlanWanted | None:
    return heard.conversation.pending if isinstance(heard.conversation.pending, PlanWanted) else None


def _opening(message: str, pending: PlanWanted, course: Course, say: Words, today: date) -> str:
    """What is said of a plan that was there before: what of the message changed it, or that nothing did."""
    if pending.hours_a_week is None or pending.course_id != course.id:
        return ""
    if _SAYS["behind"].search(normalise(message)):
        return f"{say.plan_again}\n\n"
    if wanted(message, today).says_something:
        return ""
    return f"{say.plan_same.format(hours=f'{pending.hours_a_week:g}')}\n\n"


def _week_asked(message: str, plan: StudyPlan, today: date) -> int | None:
    text = normalise(message)
    if found := _SAYS["week"].search(text):
        return round(number(found[1] or found[2]))
    if not (soon := _SAYS["soon"].search(text)) or wanted(message, today).says_something:
        return None
    day = today + timedelta(weeks=soon.lastgroup == "next")
    return max(1, (day - plan.weeks[0].start).days // 7 + 1)


def _told(plan: StudyPlan, say: Words, asked: PlanWish, of_it: str) -> str:
    weeks = len(plan.weeks)
    whole = "" if plan.hours is None else say.plan_whole.format(f"{round(plan.hours, 2):g}")
    lines = [
        say.plan_intro.format(title=plan.course.title, whole=whole, hours=f"{plan.hours_a_week:g}", weeks=weeks),
        of_it,
        _days_told(asked, say),
        "" if plan.hours else say.plan_together if asked.until else say.plan_unknown,
        _late(plan, say, asked),
    ]
    unsaid = _alike(plan)[_LINES_TOLD:]
    later = say.plan_later.format(weeks=weeks, example=unsaid[0][0].number) if unsaid else ""
    return "".join(line for line in lines if line) + "\n\n" + _rows(plan, say) + "\n" + later


def _late(plan: StudyPlan, say: Words, asked: PlanWish) -> str:
    """That a plan goes past the day asked for, and how many hours a week would be in time."""
    if not plan.late_by or not asked.until:
        return ""
    share = plan.hours / plan.course.hours if plan.hours and plan.course.hours else 1.0
    needed = hours_in_time(plan.course, plan.weeks[0].start, asked.until, share)
    told = say.plan_late.format(until=asked.until, weeks=plan.late_by)
    return told + (say.plan_needed.format(hours=f"{needed:g}") if needed else "")


def _days_told(asked: PlanWish, say: Words) -> str:
    """The days of the week that were named, and how long each is."""
    if not asked.days or not asked.hours_a_week:
        return ""
    return say.plan_days.format(
        days=_names_of(asked.days, say), minutes=round(asked.hours_a_week / len(asked.days) * 60)
    )


def _rows(plan: StudyPlan, say: Words, only: int | None = None) -> str:
    """A line for weeks that are alike: a list is read on any screen, a table is not. Of the week `only`, or of all."""
    told = _alike(plan)[:_LINES_TOLD] if only is None else [[one for one in plan.weeks if one.number == only]]
    return "\n".join(_line(weeks, say) for weeks in told)


def _alike(plan: StudyPlan) -> list[list[Week]]:
    """The weeks, those together that follow one another with the same lessons and hours."""
    return [list(weeks) for _, weeks in groupby(plan.weeks, lambda one: (one.lessons, one.hours, one.review))]


def _line(weeks: list[Week], say: Words) -> str:
    first, last = weeks[0], weeks[-1]
    alone = first is last
    hours = say.plan_week_hours if alone else say.plan_weeks_hours
    end = f"{last.end:%m-%d}" if first.start.year == last.end.year else f"{last.end:%Y-%m-%d}"
    told = (say.plan_week if alone else say.plan_weeks).format(
        week=first.number,
        first=first.number,
        last=last.number,
        dates=f"{first.start:%Y-%m-%d} – {end}",
        hours="" if first.hours is None else hours.format(f"{first.hours:g}"),
        what=say.plan_review if first.review else "；".join(first.lessons),
    )
    return f"- {told}"
