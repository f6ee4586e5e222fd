"""The way to a goal, from records alone: what to learn, in which order, by when, and what is not taught here."""

import asyncio
import re
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import date
from typing import TypeGuard

from companion.catalogue import card_of
from companion.conversation import PathwayWanted, Pending, PlanWanted, TimesKept
from companion.events import CourseCard, CoursesFound, Done, Event, PathStep, TextAdded
from companion.guidance.adviser import Way
from companion.guidance.goals import aim_of, names_diploma
from companion.guidance.need import need_of
from companion.guidance.pathway import Step, Terms
from companion.guidance.profile import Known
from companion.guidance.sayings import sayings
from companion.guidance.skills import Gap
from companion.guidance.subject import is_a_wish_for_a_trade, named_in
from companion.guidance.telling import gap_told, way_told, work_told
from companion.heard import Heard
from companion.ledger import Ledger
from companion.practice.plan import PlanWish, wanted
from companion.practice.study_days import without_days
from companion.replies.advising import Advising
from companion.understanding.wish import Wish, wants_to_learn
from course_index.analyze import normalise

# A way is wanted, and not only to know something about ways.
_WANTS_TO_GET_THERE = re.compile(
    r"(?:我|咱|俺|本人)?(?:想|要|打算|希望|准备)|怎么(?:才能|走|学|一步步)|点样先|路径|路线|一步(?:一|步)|从哪(?:里|儿)?(?:开始|学起)|规划"
    r"|\b(?:want|i'd like|hope to|how (?:do|can|could|should) i|path|route|steps? to|become|where do i start)\b"
)
_ENDS = re.compile(r"学完|读完|上完|\bfinish")


def time_said(pending: PlanWanted | PathwayWanted | None) -> PlanWish:
    """What was said before of the time there is."""
    if pending is None:
        return PlanWish(None, None)
    until, start = (date.fromisoformat(day) if day else None for day in (pending.until, pending.start))
    return PlanWish(pending.hours_a_week, until, frozenset(pending.days), frozenset(), pending.a_day, start)


def times_kept(asked: PlanWish) -> TimesKept:
    """The same as it is kept."""
    until, start = (day.isoformat() if day else None for day in (asked.until, asked.start))
    return {
        "hours_a_week": asked.hours_a_week,
        "until": until,
        "start": start,
        "days": tuple(sorted(asked.days)),
        "a_day": asked.a_day,
    }


class Leading:
    """Leads somebody to a trade, a diploma, a level or credits."""

    def __init__(self, advising: Advising) -> None:
        self._advising = advising
        self._adviser = advising.adviser

    def goes_on(self, pending: Pending | None, message: str, wish: Wish) -> TypeGuard[PathwayWanted]:
        """Whether it says what the way that was told waits for; behind other talk only where that is wanted."""
        if not isinstance(pending, PathwayWanted) or (pending.aside and wish not in ("plan", "pathway")):
            return False
        return self.completes(message)

    def completes(self, message: str) -> bool:
        """Whether a message says what a way still waited for: the hours, the days of the week, when it begins or ends;
        and not what is to be learned or where it is to lead.
        """
        asked = wanted(message, self._adviser.today())
        return asked.says_something and not _names_a_goal(message)

    async def way(self, heard: Heard, ledger: Ledger, goal: str | None = None) -> AsyncGenerator[Event, None]:
        """The steps to a goal with hours, dates and what they count for; and what is not taught here."""
        pending = heard.conversation.pending if isinstance(heard.conversation.pending, PathwayWanted) else None
        words = goal or (pending.goal if pending else heard.question)
        asked = wanted(heard.message, self._adviser.today()).after(time_said(pending))
        need = need_of(words, heard.audience)
        known = await self._advising.known_of(heard, ledger)
        terms = Terms(asked.hours_a_week, asked.start or self._adviser.today(), asked.until, days=asked.days)
        way = await asyncio.to_thread(self._adviser.way, aim_of(words), need, terms, known)
        match = way.destination.occupation
        if way.pathway.goal.missing or way.pathway.hindrances:
            ledger.unmet = "no_course"
        if way.pathway.steps and way.pathway.goal.missing:
            ledger.unmet_words = " ".join(way.pathway.goal.missing)  # and not the trade, of which the rest is taught
        steps = self._adviser.called(step.course.id for step in way.pathway.steps)
        ledger.pending = PathwayWanted(words, titles=steps, **times_kept(asked))
        if way.pathway.steps:
            yield CoursesFound(self._steps_as_cards(way, heard))
        gap = await asyncio.to_thread(self._gap, way, known) if match else None
        # What is missing of a trade is told, and said to be counted, with what it takes.
        text = way_told(way, heard.locale, official=self._adviser.rules.are_loaded, counted=not (gap and gap.missing))
        if match:
            about = gap_told(match, gap, heard.locale) if gap else work_told(match, heard.locale)
            text = f"{about}\n\n{text}"
        yield TextAdded(text)
        if near := self._nearest_of(way, heard):
            yield TextAdded(f"\n\n{near}")
        yield Done("catalogue", None)

    async def leads_somewhere(self, heard: Heard, *, by_words: bool = False) -> bool:
        """Whether a message wants to get somewhere where courses lead: a trade, a diploma, a level, credits; with
        `by_words` also what merely sounds like a course.
        """
        a_child = need_of(heard.question).young and not is_a_wish_for_a_trade(heard.question)
        if a_child or not _WANTS_TO_GET_THERE.search(normalise(heard.question)):
            return False  # 我十岁，想做实验 wants no trade
        way = await asyncio.to_thread(self._adviser.plain_way, heard.question, heard.audience)
        if way.destination.by_words and not by_words:
            return False
        return bool(way.pathway.steps or (way.destination.occupation and way.pathway.goal.missing))

    def _steps_as_cards(self, way: Way, heard: Heard) -> tuple[CourseCard, ...]:
        say = sayings(heard.locale)
        cards = []
        for number, step in enumerate(way.pathway.steps, 1):
            parts = [
                say.path_nth.format(number),
                say.path_done if step.done else say.path_again if step.again else "",
                "、".join(step.meets) if heard.locale != "en" else ", ".join(step.meets),
                say.path_dates.format(step.begins, step.ends) if step.begins and step.ends else "",
            ]
            where = PathStep(
                number,
                len(way.pathway.steps),
                "done" if step.done else "again" if step.again else "open",
                step.begins.isoformat() if step.begins else None,
                step.ends.isoformat() if step.ends else None,
            )
            cards.append(replace(card_of(step.course, say.between.join(filter(None, parts))), step=where))
        return tuple(cards)

    def _gap(self, way: Way, known: Known | None) -> Gap | None:
        match = way.destination.occupation
        assert match
        if not match.occupation.skills:
            return None
        return self._adviser.recommender().skills.gap(match.occupation, known.finished if known else frozenset())

    def _nearest_of(self, way: Way, heard: Heard) -> str:
        """The nearest class in person on the way, where the learner said where they are."""
        need = need_of(heard.question, heard.audience)
        where = need.place or need.around
        if not where:
            return ""
        held = [
            replace(step, session=step.session or step.elsewhere)
            for step in way.pathway.steps
            if (step.session or step.elsewhere) and not step.done
        ]
        nearest = min(held, key=_km, default=None)
        if nearest is None or nearest.session is None:
            return sayings(heard.locale).none_near.format(where.named)
        say, offering = sayings(heard.locale), nearest.session.offering
        place = "".join(filter(None, (offering.city, offering.district, offering.town, offering.address)))
        day = offering.start.isoformat() if offering.start else say.no_date
        km = nearest.session.km
        far = say.near_km.format(round(km)) if km is not None and km >= 1 else ""
        return say.nearest.format(nearest.course.title, place, day, far)


def _km(step: Step) -> float:
    return step.session.km if step.session is not None and step.session.km is not None else 1e6


def _names_a_goal(message: str) -> bool:
    aim = aim_of(message)
    named = named_in(without_days(normalise(message)))
    learns = wants_to_learn(message) and bool(named) and not _ENDS.search(named)  # 想九月学完 says by when
    leads = is_a_wish_for_a_trade(message) or names_diploma(message) or aim.level is not None or aim.credits is not None
    return learns or leads
