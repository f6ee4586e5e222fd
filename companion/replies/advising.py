"""Advice in a turn: courses with their reasons, the way to a goal, credits; all from records, none from a model."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

from companion.catalogue import card_of, cards_of_passages
from companion.conversation import PathwayWanted
from companion.events import CourseCard, CoursesFound, Done, Event, TextAdded
from companion.guidance.adviser import Adviser
from companion.guidance.book import Book, Unmet, UnmetReason
from companion.guidance.comparing import compared_with
from companion.guidance.need import UNSTATED, Need, carried_on, need_of, says_only_where
from companion.guidance.places import place_in
from companion.guidance.profile import Known
from companion.guidance.recommend import Recommendation, Recommended
from companion.guidance.sayings import sayings
from companion.guidance.shelf import NEAR_KM
from companion.guidance.subject import cannot_use, named_in, names_only_conditions, subject_of, titles_named
from companion.guidance.telling import courses_told, nearest_told, reason
from companion.heard import Heard
from companion.ledger import Ledger
from companion.patterns import Patterns
from companion.quoting.remedies import what_happened
from companion.sentences import citing_nothing
from companion.understanding.follow_up import asks_for_such, carried_parts
from companion.understanding.parts import asks_anything
from companion.understanding.wish import says_undecided, speaks_of_oneself, wants_to_learn
from companion.words import in_locale
from course_index.analyze import normalise
from course_index.course import Delivery
from retrieval.search import Hit, Search

log = logging.getLogger(__name__)

SHOWN = 5
_MAY_SUIT = 3
# Where there is no class in a city, one may travel so far to another.
_REACH_KM = 100.0
_FROM_HOME: frozenset[Delivery] = frozenset({"online"})
# How it is said that no record states what was asked for, by its name.
_NOT_STATED = {name: f"no_{name}" for name in UNSTATED} | {"certified": "no_certificates"}
_ASKS = Patterns(Path(__file__).with_name("advising.toml"))


class Advising:
    """The part of a turn that advises."""

    def __init__(self, adviser: Adviser, book: Book) -> None:
        self.adviser = adviser
        self.book = book

    async def courses(
        self, heard: Heard, ledger: Ledger, opening: str = "", found: Recommended | None = None
    ) -> AsyncGenerator[Event, None]:
        """Courses that the learner asked for, with the nearest class where a place was named; `found` if known."""
        found = found or await self.recommended(heard, ledger)
        say = heard.say
        if heard.other_than and not (found.courses and found.certain):
            ledger.pending = heard.conversation.pending  # what was shown, so that it is not shown anew
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
        if shown and not found.about_something and says_undecided(heard.question):
            text = opening + sayings(heard.locale).undecided
        elif shown and found.need.unstated and not found.about_something:
            text = opening + say.courses_beside  # that any has captions is not known
        if shown and not certain:
            text += courses_told(found, heard.locale) + sayings(heard.locale).closest_courses
            ledger.unmet = "no_course"
        if not shown:
            # The second one is the second of those that are named.
            ledger.to_pick = tuple(course.id for course in found.barred)
            # Of what somebody wants to learn nothing was said that could be taught.
            ledger.unmet = "no_course" if found.about_something else None
            text += courses_told(found, heard.locale) or say.nothing_at_all
        if found.missing:
            text += f"\n\n{self._missing(found, heard, ledger)}"
        yield TextAdded(text)
        for name in found.need.unstated:
            yield TextAdded(f"\n\n{getattr(sayings(heard.locale), _NOT_STATED[name])}")
        if about := self._place(found, heard, ledger):
            yield TextAdded(f"\n\n{about}")
        yield Done("catalogue", None)

    def _missing(self, found: Recommended, heard: Heard, ledger: Ledger) -> str:
        """That none is on some of the things that were wanted at once: those are what is counted."""
        ledger.unmet, ledger.unmet_words = "no_course", " ".join(found.missing)
        say, things = (
            sayings(heard.locale),
            citing_nothing((", " if heard.locale == "en" else "、").join(found.missing)),
        )
        return say.not_on_all.format(in_locale(heard.locale, things, things)) + say.counted

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
            text += courses_told(found, heard.locale)
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
        if on_the_way := await asyncio.to_thread(self._on_the_way, heard):
            return on_the_way
        need = need_of(heard.question, heard.audience)
        if heard.depends and names_only_conditions(heard.message):
            # What was said last of a condition holds, however often it was changed: 线上的, 换成线下的, 在佛山的.
            said = carried_parts(heard.message, heard.conversation.subjects)
            first, *later = (need_of(one, heard.audience) for one in said)
            before = first if all(map(names_only_conditions, said[1:])) else need
            need = replace(reduce(carried_on, later, before), text=need.text, locale_language=need.locale_language)
        if heard.other_than:
            shelf = self.adviser.recommender().shelf
            named = (shelf.titled.get(normalise(title)) for title in heard.other_than)
            shown = [course for course in named if course]
            need = compared_with(shown, need, heard.message)
            need = replace(need, exclude=need.exclude.union(course.id for course in shown))
        need = _near_where_they_said(need, heard)
        found = await self._recommended(need, heard, ledger, k)
        asks = names_only_conditions(heard.message) and asks_for_such(heard.message)
        if found.courses or found.barred or heard.other_than or not asks:
            return found
        # 有没有免费的 after a need that nothing teaches: whatever is so.
        return await self._recommended(replace(need, text=""), heard, ledger, k)

    def _on_the_way(self, heard: Heard) -> Recommended | None:
        """The steps of the way that was told which are as a message says that they must be; None where it says no such
        thing.
        """
        pending = heard.conversation.pending
        if not isinstance(pending, PathwayWanted) or not (heard.depends and names_only_conditions(heard.message)):
            return None
        need, shelf, today = (
            need_of(heard.message, heard.audience),
            self.adviser.recommender().shelf,
            self.adviser.today(),
        )
        courses = (shelf.titled.get(normalise(title)) for title in pending.titles)
        rows = [shelf.row_of[course.id] for course in courses if course]
        if not rows:
            return None
        fits = shelf.permitted(need, frozenset(), today)
        steps = [shelf.courses[row] for row in rows if fits[row]]
        if not steps:
            way = shelf.such(lambda course: shelf.row_of[course.id] in rows)
            barred = tuple(shelf.courses[row] for row in rows)
            return Recommended(
                need, (), 0, shelf.in_the_way(need, way, frozenset(), today), certain=False, barred=barred
            )
        told = (Recommendation(one, 1.0, (), next(iter(shelf.sessions(one, need, today)), None)) for one in steps)
        return Recommended(need, tuple(told), len(steps), {}, on_it=len(steps))

    async def _recommended(self, need: Need, heard: Heard, ledger: Ledger, k: int) -> Recommended:
        known = await self.known_of(heard, ledger)
        return await asyncio.to_thread(self.adviser.recommend, need, known, k)

    async def beside(self, heard: Heard, k: int) -> tuple[CourseCard, ...]:
        """Courses that are clearly on what was asked, whoever asks: shown beside an answer, or where there is none."""
        need = need_of(heard.question, heard.audience)
        found = await asyncio.to_thread(self.adviser.recommend, need, None, k, only_certain=True)
        about = bool(found.need.text) and found.certain and found.about_something
        return await asyncio.to_thread(self.cards, found, heard) if about else ()

    async def of_passages(self, hits: Sequence[Hit], heard: Heard, k: int) -> tuple[CourseCard, ...]:
        """The courses of passages that are as the message says that a course must be."""
        fitting = await asyncio.to_thread(self._as_wanted, heard)
        return tuple(cards_of_passages([hit for hit in hits if hit.course.id in fitting], heard.say, k))

    def _as_wanted(self, heard: Heard) -> frozenset[str]:
        """The ids of the courses that are as a message says that a course must be."""
        shelf = self.adviser.recommender().shelf
        fits = shelf.permitted(need_of(heard.question), frozenset(), self.adviser.today())
        return frozenset(course.id for course, meets in zip(shelf.courses, fits.tolist(), strict=True) if meets)

    def about(self, subject: str, heard: Heard, k: int) -> Recommended:
        """The courses on a subject, whoever asks."""
        return self.adviser.recommend(need_of(subject, heard.audience), None, k)

    def cards(self, found: Recommended, heard: Heard) -> tuple[CourseCard, ...]:
        """What is recommended, as cards."""
        return cards_of(found, self.adviser.recommender().search, heard)

    def titles_missing(self, heard: Heard) -> list[str]:
        """Titles that a message names as courses and that no record has."""
        named, shelf = titles_named(heard.question), self.adviser.recommender().shelf
        return [title for title in named if not shelf.has_title(title)]

    def names_conditions(self, heard: Heard) -> bool:
        """Whether a message says what a course must be: cheap, near, online. Who asks for fees names none, who asks
        whether there is such a course does.
        """
        need = need_of(heard.question)
        asks_for_one = bool(_ASKS["is_there_one"].search(normalise(heard.question)))
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
        if not (named := self.thing_named(heard)):
            return False
        if self.adviser.recommender().search.in_the_other_language(named):
            return True
        return bool(self.adviser.recommend(need_of(named, heard.audience), k=1).courses)

    def thing_named(self, heard: Heard) -> str:
        """What a message names that is no more than the name of a thing, of who is to teach it and of what a course
        must be: 高等数学, 北大的数据结构, 人工智能，要中文的. Empty for all that asks, tells or wishes.
        """
        wanted = self.adviser.recommender().shelf.providers.wanted(heard.question)
        said = normalise(wanted.rest if wanted else heard.question).strip(" 。.!！")
        if not said or asks_anything(said) or what_happened(said):
            return ""
        named, need = named_in(said), need_of(said)
        with_conditions = (_hard_conditions(need) or need.language or need.standing) and not speaks_of_oneself(said)
        return named if named == said or with_conditions else ""

    def names_a_provider(self, heard: Heard) -> bool:
        """Whether all that a message says is whose courses are wanted, or not: 浙大的呢, 不要北大的."""
        wanted = self.adviser.recommender().shelf.providers.wanted(heard.question)
        return wanted is not None and not subject_of(wanted.rest)

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

    async def known_of(self, heard: Heard, ledger: Ledger) -> Known | None:
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
    return bool(_ASKS["for_facts"].search(normalise(message)))


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
