"""Advice in a turn: courses with their reasons, the way to a goal, credits; all from records, none from a model."""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import date
from functools import reduce

from companion.catalogue import card_of
from companion.conversation import PathwayWanted, PlanWanted, TimesKept
from companion.events import CourseCard, CoursesFound, Done, Event, PathStep, TextAdded
from companion.guidance.adviser import Adviser, Way
from companion.guidance.book import Book, Unmet, UnmetReason
from companion.guidance.credits import Clause, Target, balance, standing, would_add
from companion.guidance.goals import aim_of
from companion.guidance.need import Need, carried_on, need_of, says_only_where
from companion.guidance.pathway import Step, Terms
from companion.guidance.places import place_in
from companion.guidance.profile import Known
from companion.guidance.recommend import Recommended
from companion.guidance.sayings import sayings
from companion.guidance.shelf import NEAR_KM
from companion.guidance.skills import Gap
from companion.guidance.subject import cannot_use, named_in, names_only_conditions, titles_named
from companion.guidance.telling import (
    balance_told,
    barred_told,
    courses_told,
    gap_told,
    nearest_told,
    reason,
    rule_told,
    way_told,
    work_told,
    would_add_told,
)
from companion.heard import Heard
from companion.ledger import Ledger
from companion.patterns import for_normalised
from companion.practice.plan import PlanWish, wanted
from companion.practice.study_days import without_days
from companion.understanding.follow_up import carried_parts
from companion.understanding.parts import asks_anything
from companion.understanding.wish import wants_to_learn
from course_index.analyze import normalise
from course_index.course import Course, Delivery
from retrieval.search import Search

log = logging.getLogger(__name__)

SHOWN = 5
_MAY_SUIT = 3
# Where there is no class in a city, one may travel so far to another.
_REACH_KM = 100.0
_FROM_HOME: frozenset[Delivery] = frozenset({"online"})
_CREDITS_AS_SUCH = re.compile(r"学分(?!布)|\bcredits?\b(?!.{0,6}card)")
# What a learner asks of their own account, and not of credits as such.
_MY_CREDITS = for_normalised(
    r"我(?:现在|目前|一共|总共|已经|都)?(?:的|有|攒|拿|修|存)?(?:了)?[^，。？?]{0,6}(?:几|多少|几多)(?:个)?学分|我的学分|学分(?:账户|帐户|账号|余额|银行里)|(?:还|仲)(?:差|缺|要|爭|争)[^，。？?]{0,6}学分"
    r"|\b(?:how many credits (?:do i|have i)|my credits|credit (?:account|balance)|credits (?:am i|are) (?:missing|short))\b"  # noqa: E501
)
# What becomes of credits elsewhere is the office's to say.
_ELSEWHERE = re.compile(r"[转换认抵折]|过期|承认|\b(?:transfer|convert|recogni[sz]|exchange|expire|valid|count)")
_WOULD_ADD = for_normalised(
    r"(?:学完|上完|修完|读完)[^，。？?]{0,30}(?:几|多少|几多)(?:个)?学分|\bcredits? (?:would|will) .{0,20}(?:add|give)\b"  # noqa: E501
)
_ASKS_FOR_FACTS = re.compile(
    r"多少|几多|几钱|吗|(?<![怎什那这要])么|呢|嘛"
    r"|(?:怎么|哪里?|边度|几时|什么时候)(?:可以|能|先)?(?:报|开|截)|[?？]|是不是|要不要|收不收"
    r"|\b(?:how much|is it|are they|do i)\b"
)
# 有没有带学分的急救课: 有没有学分 asks of the one that was shown.
_IS_THERE_ONE = for_normalised(
    r"(?:有没有|有冇|有无|有(?:什么|啥|咩|哪些))[^，。？?]{2,16}(?:课|班|培训)(?!有|能|要|算)"
    r"|[,，\s]有(?:没有|冇)?(?:吗|么|呢)?[\s?？。]*$"
    r"|\b(?:is there|are there|any)\b[^.?!]{0,40}\b(?:course|class|training)"
)
# A way is wanted, and not only to know something about ways.
_WANTS_TO_GET_THERE = re.compile(
    r"(?:我|咱|俺|本人)?(?:想|要|打算|希望|准备)|怎么(?:才能|走|学|一步步)|点样先|路径|路线|一步(?:一|步)|从哪(?:里|儿)?(?:开始|学起)|规划"
    r"|\b(?:want|i'd like|hope to|how (?:do|can|could|should) i|path|route|steps? to|become|where do i start)\b"
)


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


class Advising:
    """The part of a turn that advises."""

    def __init__(self, adviser: Adviser, book: Book) -> None:
        self.adviser = adviser
        self.book = book

    # -- courses -----------------------------------------------------------------------------------------------------

    async def courses(
        self, heard: Heard, ledger: Ledger, opening: str = "", found: Recommended | None = None
    ) -> AsyncGenerator[Event, None]:
        """Courses that the learner asked for, with the nearest class where a place was named; `found` if known."""
        found = found or await self.recommended(heard, ledger)
        say = heard.say
        if heard.other_than and not (found.courses and found.certain):
            yield TextAdded(sayings(heard.locale).no_others)
            yield Done("catalogue", None)
            return
        if found.need.in_person and found.need.place and not (found.courses and found.certain):
            async for event in self._elsewhere(found, heard, ledger):
                yield event
            return
        # Beside a course on it that only costs too much, those that come nearest to its name are of no use.
        shown = found.courses if found.certain or not found.barred else ()
        if shown:
            yield CoursesFound(await asyncio.to_thread(self.cards, found, heard))
        missing = self.titles_missing(heard)
        certain = found.certain and not missing
        unknown = "".join(sayings(heard.locale).no_such_course.format(title) for title in missing)
        none = say.no_course_found if found.about_something else sayings(heard.locale).nothing_on_conditions
        if found.meant:
            opening += f"{say.taken_for.format(meant=found.meant)}\n\n"
        text = opening + (say.courses_found if shown and certain else unknown or none)
        if shown and not certain:
            text += courses_told(found, heard.locale) + sayings(heard.locale).closest_courses
            ledger.unmet = "no_course"
        if not shown:
            # Of what somebody wants to learn nothing was said that could be taught.
            ledger.unmet = "no_course" if found.about_something else None
            text += courses_told(found, heard.locale) or say.nothing_at_all
        yield TextAdded(text)
        if found.need.times:
            yield TextAdded(f"\n\n{sayings(heard.locale).no_times}")
        if found.need.certified:
            yield TextAdded(f"\n\n{sayings(heard.locale).no_certificates}")
        if about := self._place(found, heard, ledger):
            yield TextAdded(f"\n\n{about}")
        yield Done("catalogue", None)

    async def _elsewhere(self, found: Recommended, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """Where no class on it is held there: that there is none, what can be learned at home, or the nearest class."""
        say, anywhere = sayings(heard.locale), replace(found.need, place=None, near=False)
        online = await self._recommended(replace(anywhere, delivery=_FROM_HOME, step_free=False), heard, ledger, SHOWN)
        instead = online if online.certain else await self._within_reach(anywhere, heard, ledger)
        if not instead.certain and found.courses:
            instead = found  # where nobody teaches it, what comes nearest and is held there
        if instead.courses:
            yield CoursesFound(await asyncio.to_thread(self.cards, instead, heard))
        where = found.need.place.named if found.need.place else ""
        text = say.none_near.format(where) if where and instead.certain else heard.say.no_course_found
        if not says_only_where(heard.message):
            ledger.unmet = "no_place" if instead.certain else "no_course"
            text += say.counted
        if not instead.courses:
            text += barred_told(found, heard.locale)
        elif instead.certain:
            text += say.online_instead if instead is online else nearest_told(instead, heard.locale)[0]
        else:
            text += say.closest_courses
        yield TextAdded(text)
        yield Done("catalogue", None)

    async def _within_reach(self, need: Need, heard: Heard, ledger: Ledger) -> Recommended:
        """The courses with a class to which one may travel; those that come nearest where none is on it anywhere."""
        found = await self._recommended(need, heard, ledger, SHOWN)
        if not found.certain:
            return found
        reach = NEAR_KM if need.stays else _REACH_KM
        held = [one for one in found.courses if one.session and (one.session.km or 0) <= reach]
        return replace(found, courses=tuple(held))

    async def recommended(self, heard: Heard, ledger: Ledger, k: int = SHOWN) -> Recommended:
        """What suits a message, and the learner where something may be known of them."""
        need = need_of(heard.question, heard.audience)
        if heard.depends and names_only_conditions(heard.message):
            # What was said last of a condition holds, however often it was changed: 线上的, 换成线下的, 在佛山的.
            said = carried_parts(heard.message, heard.conversation.subjects)
            first, *later = (need_of(one, heard.audience) for one in said)
            before = first if all(map(names_only_conditions, said[1:])) else need
            need = replace(reduce(carried_on, later, before), text=need.text, locale_language=need.locale_language)
        if heard.other_than:
            shelf = self.adviser.desk().shelf
            shown = frozenset(course.id for course in shelf.courses if course.title in heard.other_than)
            need = replace(need, exclude=need.exclude | shown)
        return await self._recommended(_near_where_they_said(need, heard), heard, ledger, k)

    async def _recommended(self, need: Need, heard: Heard, ledger: Ledger, k: int) -> Recommended:
        known = await self._known(heard, ledger)
        return await asyncio.to_thread(self.adviser.recommend, need, known, k)

    async def beside(self, heard: Heard, k: int) -> tuple[CourseCard, ...]:
        """Courses that are clearly on what was asked, whoever asks: shown beside an answer, or where there is none."""
        need = need_of(heard.question, heard.audience)
        found = await asyncio.to_thread(self.adviser.recommend, need, None, k, only_certain=True)
        about = bool(found.need.text) and found.certain and found.about_something
        return await asyncio.to_thread(self.cards, found, heard) if about else ()

    def as_wanted(self, heard: Heard) -> frozenset[str]:
        """The ids of the courses that are as a message says that a course must be."""
        shelf = self.adviser.desk().shelf
        fits = shelf.permitted(need_of(heard.question), frozenset(), self.adviser.today())
        return frozenset(course.id for course, meets in zip(shelf.courses, fits.tolist(), strict=True) if meets)

    def about(self, subject: str, heard: Heard, k: int) -> Recommended:
        """The courses on a subject, whoever asks."""
        return self.adviser.recommend(need_of(subject, heard.audience), None, k)

    def cards(self, found: Recommended, heard: Heard) -> tuple[CourseCard, ...]:
        """What is recommended, as cards."""
        return cards_of(found, self.adviser.desk().search, heard)

    def titles_missing(self, heard: Heard) -> list[str]:
        """Titles that a message names as courses and that no record has."""
        known = {_plain(course.title) for course in self.adviser.desk().shelf.courses}
        return [title for title in titles_named(heard.question) if _plain(title) not in known]

    def names_conditions(self, heard: Heard) -> bool:
        """Whether a message says what a course must be: cheap, near, online. Who asks for fees names none, who asks
        whether there is such a course does.
        """
        need = need_of(heard.question)
        asks_for_one = bool(_IS_THERE_ONE.search(normalise(heard.question)))
        hard = _hard_conditions(replace(need, language=None)) > 0
        rated = asks_for_one and (need.credits or need.level is not None)
        return bool(hard or rated) and (asks_for_one or not asks_for_facts(heard.question))

    def wants_one_that(self, heard: Heard) -> bool:
        """Whether a message wants a course and says what it must be, in whatever words: 想让老师当面教我用手机."""
        if not self.names_conditions(heard) or (heard.depends and not wants_to_learn(heard.message)):
            return False
        several = _hard_conditions(need_of(heard.question)) > 1 and not asks_anything(heard.question)
        return several or wants_to_learn(heard.question)

    def names_a_subject(self, heard: Heard) -> bool:
        """Whether a message is no more than what one may learn, that our dictionary has or courses are on: guitar."""
        named = named_in(heard.question)
        if not named or named != normalise(heard.question).strip(" 。.!！"):
            return False
        if self.adviser.desk().search.in_the_other_language(named):
            return True
        return self.adviser.recommend(need_of(named, heard.audience), k=1, only_certain=True).on_it > 0

    def teaches_to_use(self, heard: Heard) -> bool:
        """Whether a message says that somebody cannot handle a thing, and courses teach that."""
        return cannot_use(heard.question) and self.about(heard.question, heard, 1).on_it > 0

    def names_a_course(self, heard: Heard) -> bool:
        """Whether a message asks after a course by its title."""
        return bool(titles_named(heard.question))

    async def may_suit(self, heard: Heard, ledger: Ledger, before: str = "") -> AsyncGenerator[Event, None]:
        """For who tells of a need without asking: the nearest courses, told as no more than that; nothing for none."""
        found = await self.recommended(heard, ledger, _MAY_SUIT)
        if not found.courses or not found.about_something:
            return
        yield CoursesFound(await asyncio.to_thread(self.cards, found, heard))
        yield TextAdded(before + (heard.say.courses_beside if found.certain else sayings(heard.locale).may_suit))
        ledger.unmet = None if found.certain else "no_course"

    def _place(self, found: Recommended, heard: Heard, ledger: Ledger) -> str:
        """The nearest class, where somebody asks for one or says where they are."""
        if not (found.need.place or found.need.around or found.need.near):
            return ""
        if not found.certain and found.courses and not found.need.in_person:
            return ""  # where the nearest courses are held is of no use to who asked for another
        told, there = nearest_told(found, heard.locale)
        if found.need.in_person and not there:
            ledger.unmet = "no_place"
            told += sayings(heard.locale).counted
            online = any(one.course.delivery in _FROM_HOME for one in found.courses)
            return told + (sayings(heard.locale).online_instead if online else "")
        return told if there else ""

    # -- the way to a goal -------------------------------------------------------------------------------------------

    def completes(self, message: str) -> bool:
        """Whether a message says what a way still waited for: the hours, the days of the week, when it begins or ends;
        and not what is to be learned.
        """
        asked = wanted(message, self.adviser.today())
        return asked.says_something and not (wants_to_learn(message) and named_in(without_days(normalise(message))))

    async def way(self, heard: Heard, ledger: Ledger, goal: str | None = None) -> AsyncGenerator[Event, None]:
        """The steps to a goal with hours, dates and what they count for; and what is not taught here."""
        pending = heard.conversation.pending if isinstance(heard.conversation.pending, PathwayWanted) else None
        words = goal or (pending.goal if pending else heard.question)
        asked = wanted(heard.message, self.adviser.today()).after(time_said(pending))
        need = need_of(words, heard.audience)
        known = await self._known(heard, ledger)
        terms = Terms(asked.hours_a_week, asked.start or self.adviser.today(), asked.until, days=asked.days)
        way = await asyncio.to_thread(self.adviser.way, aim_of(words), need, terms, known)
        match = way.destination.occupation
        if way.pathway.goal.missing or way.pathway.hindrances:
            ledger.unmet = "no_course"
        if way.pathway.steps and way.pathway.goal.missing:
            ledger.unmet_words = " ".join(way.pathway.goal.missing)  # and not the trade, of which the rest is taught
        ledger.pending = PathwayWanted(words, **times_kept(asked))
        if way.pathway.steps:
            yield CoursesFound(self._steps_as_cards(way, heard))
        gap = await asyncio.to_thread(self._gap, way, known) if match else None
        # What is missing of a trade is told, and said to be counted, with what it takes.
        text = way_told(way, heard.locale, official=self.adviser.rules.are_loaded, counted=not (gap and gap.missing))
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
        if not _WANTS_TO_GET_THERE.search(normalise(heard.question)):
            return False
        need = need_of(heard.question, heard.audience)
        way = await asyncio.to_thread(
            self.adviser.way, aim_of(heard.question), need, Terms(start=self.adviser.today()), None, False
        )
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
        return self.adviser.desk().skills.gap(match.occupation, known.finished if known else frozenset())

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

    # -- credits -----------------------------------------------------------------------------------------------------

    def asks_for_own_credits(self, heard: Heard) -> bool:
        """Whether a message asks what is in the learner's account, or would be; or how credits count, if we know."""
        said = normalise(heard.question)
        own = _MY_CREDITS.search(said) and not _ELSEWHERE.search(said)
        return bool(own or _WOULD_ADD.search(said)) or self.knows_the_rule(heard.question)

    def knows_the_rule(self, message: str) -> bool:
        """Whether a message asks about credits as such, and rules on them are loaded."""
        return self.adviser.rules.are_loaded and bool(_CREDITS_AS_SUCH.search(normalise(message)))

    async def credits(self, heard: Heard) -> AsyncGenerator[Event, None]:
        """What the learner's account holds, what targets lack, and what courses named would add; arithmetic alone."""
        owner, rules, day = heard.conversation.owner, self.adviser.rules, self.adviser.today()
        entries = await asyncio.to_thread(self.book.entries, owner) if owner else ()
        held = balance(entries, rules, day)
        standings = [standing(target, held.counted) for target in rules.targets(day)]
        named = await asyncio.to_thread(self._courses_named, heard)
        added, silent = would_add(named, entries, day)
        if named:
            yield CoursesFound(tuple(card_of(course, heard.say.reason_record) for course in named))
        text = "" if named and not owner else balance_told(held, bool(owner), rules, standings, heard.locale)
        if named:
            text = f"{would_add_told(added, [course.title for course in silent], heard.locale)}\n\n{text}".strip()
        if not named:
            told = rules.in_force(day) if not owner else [one for one in rules.in_force(day) if not _is_target(one)]
            text += "".join(f"\n\n{rule_told(rule, heard.locale)}" for rule in told)
        yield TextAdded(text)
        yield Done("catalogue", None)

    def _courses_named(self, heard: Heard) -> list[Course]:
        asked = normalise(heard.question)
        return [course for course in self.adviser.desk().shelf.courses if normalise(course.title) in asked]

    # -- what is kept ------------------------------------------------------------------------------------------------

    def unmet(self, heard: Heard, reason: UnmetReason, turn_id: str, words: str | None = None) -> Unmet:
        """A need that no course met, as it is counted: masked words, no name."""
        need = need_of(heard.question, heard.audience)
        where = need.place or need.around
        return Unmet(
            owner=heard.conversation.owner,
            who=heard.conversation.owner or heard.conversation.id,
            reason=reason,
            words=(words or heard.question)[:200],
            language=heard.locale,
            audience=need.audience,
            place=where.city if where else None,
            turn_id=turn_id,
        )

    async def note(self, heard: Heard, reason: UnmetReason, turn_id: str, words: str | None = None) -> None:
        """Count a need that no course met; `words` where that is not the whole question."""
        await asyncio.to_thread(self.book.note, self.unmet(heard, reason, turn_id, words))

    async def practised(self, heard: Heard, ledger: Ledger) -> None:
        """Keep how practice went, and when it is due again."""
        await asyncio.to_thread(self.book.practised, heard.conversation.owner, ledger.turn_id, tuple(ledger.practised))

    async def _known(self, heard: Heard, ledger: Ledger) -> Known | None:
        """What may be used of who asks. A store that fails costs the personal touch, not the answer."""
        owner = heard.conversation.owner
        try:
            known = await asyncio.to_thread(self.known, owner) if owner and heard.personalised else None
        except Exception:
            log.exception("the learner's profile could not be read; the advice is what anybody gets")
            return None
        ledger.personal = ledger.personal or known is not None
        return known

    def known(self, owner: str) -> Known | None:
        """What may be used of a learner; None where nothing is known, or the learner has switched it off."""
        kept = self.book.kept(owner)
        if not kept.personalised:
            return None
        known = self.adviser.known(kept.profile, self.book.events(owner), kept.rejected)
        return None if known == Known() else known


def cards_of(found: Recommended, search: Search, heard: Heard) -> tuple[CourseCard, ...]:
    """What is recommended, as cards with their reasons; all that they say is from records."""
    passages = search.records.passages([one.passage_id for one in found.courses if one.passage_id])
    lessons = search.records.lessons_by_id([passage.lesson_id for passage in passages.values()])
    titles = {id_: lessons[passage.lesson_id].title for id_, passage in passages.items()}
    return tuple(card_of(one.course, reason(one, found.need, titles, heard.locale)) for one in found.courses)


def asks_for_facts(message: str) -> bool:
    """Whether fees and dates are asked for, and not a course."""
    return bool(_ASKS_FOR_FACTS.search(normalise(message)))


def _near_where_they_said(need: Need, heard: Heard) -> Need:
    """A class near by is one near where somebody said earlier that they are."""
    if not need.near or need.place:
        return need
    earlier = (place_in(normalise(turn.message)) for turn in reversed(heard.conversation.turns))
    where = next(filter(None, earlier), None)
    return replace(need, place=where, around=where) if where else need


def _hard_conditions(need: Need) -> int:
    """How many conditions are named that a course meets or not."""
    limits = (need.max_price, need.max_hours)
    return sum(map(bool, (need.free, need.delivery, need.step_free, need.language))) + sum(
        one is not None for one in limits
    )


def _is_target(rule: Clause) -> bool:
    return isinstance(rule, Target)


def _plain(title: str) -> str:
    return "".join(one for one in normalise(title) if one.isalnum())


def _km(step: Step) -> float:
    return step.session.km if step.session is not None and step.session.km is not None else 1e6
