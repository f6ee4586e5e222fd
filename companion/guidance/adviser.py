"""Advice over whatever generation of the catalogue serves: one recommender a generation, made when first asked."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import zip_longest
from pathlib import Path

from companion.guidance.credits import Rules
from companion.guidance.following import NOBODY, Following
from companion.guidance.goals import DIPLOMA_WORDS, Aim, Destination, aim_of, destination, names_diploma
from companion.guidance.need import Need, need_of, with_profile
from companion.guidance.occupations import Embed, Occupation, Occupations
from companion.guidance.pathway import Pathway, Terms
from companion.guidance.planner import Planner
from companion.guidance.profile import Belief, Known, LearningEvent, Profile, beliefs_of, failed_courses
from companion.guidance.recommend import Recommended, Recommender
from companion.guidance.shelf import Session, Shelf
from companion.guidance.skills import SkillMap
from companion.guidance.subject import at_school, named_in, several_in, subject_of, wishes_in, without_deed
from companion.guidance.weeks import first_of
from companion.understanding.wish import course_subject, wants_to_learn
from course_index.analyze import normalise
from course_index.course import Course
from retrieval.live import LiveIndex
from retrieval.search import Search

log = logging.getLogger(__name__)
# What others went on to take changes slowly, and is counted over all of them.
_COUNTED_AGAIN_SECONDS = 600.0


# More occupations than this are embedded while advice goes on without them: a learner waits for a second, not a minute.
_EMBEDDED_AT_ONCE = 100


def _of_each(found: Mapping[str, Recommended], k: int) -> Recommended | None:
    """The best courses on each of several things in turn, with the things that none is on; None where none is on any,
    and where it is one thing.
    """
    on_it = [one for one in found.values() if one.on_it and one.certain]
    if len(found) < 2 or not on_it:
        return None
    in_turn = (one for row in zip_longest(*(side.courses for side in on_it)) for one in row if one)
    courses = tuple({one.course.id: one for one in in_turn}.values())[:k]
    missing = tuple(thing for thing, one in found.items() if not (one.on_it and one.certain))
    return replace(on_it[0], courses=courses, on_it=sum(one.on_it for one in on_it), missing=missing)


def _ids(found: Recommended) -> list[str]:
    return [one.course.id for one in found.courses] if found.certain else []


@dataclass(frozen=True, slots=True)
class Way:
    """A pathway, what its goal was taken for, and other ways to the same."""

    destination: Destination
    pathway: Pathway
    alternatives: tuple[Pathway, ...] = ()


class Adviser:
    """What courses suit, in which order, and what they count for. Safe to call from many threads."""

    def __init__(
        self,
        index: LiveIndex,
        occupations: list[Occupation],
        rules: Rules,
        kept: Path | None = None,
        count_following: Callable[[], Following] | None = None,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._index = index
        self._records = occupations
        self.rules = rules
        self._kept = kept
        self._count_following = count_following
        self.today = today
        self._lock = threading.Lock()
        self._recommender: tuple[str, Recommender] | None = None
        self._occupations: Occupations | None = None
        self._embedding = False
        self._following: Following = NOBODY
        self._count_due = 0.0

    @property
    def occupations(self) -> Occupations:
        """The occupations that are loaded."""
        return self.recommender().occupations

    def recommender(self) -> Recommender:
        """The recommender over the generation that serves. Raises IndexProblem.

        After a build one caller sets up the recommender over it, and all others have the one before until then: that
        generation is still open.
        """
        search = self._index.search
        name = search.generation.name
        if self._recommender and self._recommender[0] == name:
            return self._recommender[1]
        if self._lock.acquire(blocking=self._recommender is None):
            try:
                if self._recommender is None or self._recommender[0] != name:
                    self._recommender = (name, self._set_up(search))
            finally:
                self._lock.release()
        assert self._recommender
        return self._recommender[1]

    def recommend(
        self,
        need: Need,
        known: Known | None = None,
        k: int = 5,
        subject: str | None = None,
        *,
        only_certain: bool = False,
    ) -> Recommended:
        """The best courses for a need; `known` is what may be used of the learner. Raises IndexProblem.

        With `only_certain` none where no course is clearly on it, at a third of the cost.
        """
        recommender = self.recommender()
        if wanted := recommender.shelf.providers.wanted(need.text):
            need = replace(need, text=wanted.rest, providers=wanted.providers, not_of=wanted.not_of)
        whole = with_profile(need, known.profile) if known else need
        if need.for_another:
            known = None  # what somebody has finished or likes says nothing of their mother

        def of(words: str, named: str = "", need: Need = whole) -> Recommended:
            following = self.following() if known else NOBODY
            return recommender.recommend(need, known, k, self.today(), following, words, named, only_certain)

        if subject is not None:
            return of(subject)
        bare, named = subject_of(need.text), named_in(need.text)
        words = course_subject(bare) if bare else ""
        if names_diploma(need.text):
            words = f"{words} {DIPLOMA_WORDS}"
        if not words.strip() and known and known.profile.goals:
            words = known.profile.goals[0]  # what they said they are after, when they ask for just some course
        if several := _of_each(self._each_wish(need.text, whole, of), k):
            return several
        found = of(words, named)
        if several := self._of_things_named(found, named, need.text, of, k):
            return several
        if found.on_it or not found.about_something:
            return found
        if (thing := without_deed(named)) and (by_thing := of(thing)).on_it:
            return by_thing
        return self._mended(named, words, of) or found

    def _of_things_named(
        self, found: Recommended, named: str, message: str, of: Callable[[str, str], Recommended], k: int
    ) -> Recommended | None:
        """What there is on each of the things that are named beside each other, where that says more than what was
        `found` for all of it; None where it does not.
        """
        if any(named and normalise(named) in normalise(one.course.title) for one in found.courses):
            return None  # 营养与健康 is the name of a course
        parts = {one: self._at_school(one, message, of) for one in several_in(named)}
        several = _of_each(parts, k)
        if several is None or not several.missing:
            return several
        # 家里快递老是丢，烦死了 names no two things, and what is on both is on more than each.
        only_of_each = {*_ids(found)} <= {id_ for one in parts.values() for id_ in _ids(one)}
        return several if only_of_each and wants_to_learn(message) else None

    def _at_school(self, thing: str, message: str, of: Callable[[str, str], Recommended]) -> Recommended:
        """What there is on a thing, on it for the school that the message speaks of where there is any."""
        there = at_school(thing, message)
        found = of(there, there)
        return found if found.on_it or there == thing else of(thing, thing)

    def _each_wish(
        self, message: str, whole: Need, of: Callable[[str, str, Need], Recommended]
    ) -> dict[str, Recommended]:
        """What there is for each wish of a message that has several, by what it names; each for whom it is."""
        found: dict[str, Recommended] = {}
        for clause in wishes_in(message):
            own = need_of(clause)
            need = replace(whole, audience=own.audience, young=own.young, for_another=own.for_another)
            for thing in several_in(named_in(clause)) or [named_in(clause)]:
                one = of(thing, thing, need)
                bare = without_deed(thing)
                found[thing] = one if one.on_it or not bare else of(bare, bare, need)
        return found

    def _mended(self, named: str, words: str, of: Callable[[str], Recommended]) -> Recommended | None:
        """What teaches that which was named, once its slips are mended; None where nothing does."""
        spelling = self.recommender().search.spelling
        for typed in dict.fromkeys((named, words)):
            mended = spelling.correct(typed) if typed.strip() else None
            if mended and (found := of(mended.text)).on_it:
                return replace(found, meant=mended.text)
        return None

    def way(self, aim: Aim, need: Need, terms: Terms, known: Known | None = None, others: bool = True) -> Way:
        """The way to a goal. Raises IndexProblem."""
        recommender, learner = self.recommender(), known or Known()
        need = replace(with_profile(need, learner.profile), level=None)  # a level named is where it goes
        started = replace(
            terms,
            start=first_of(terms.days, max(terms.start, self.today())),
            hours_a_week=terms.hours_a_week or learner.profile.hours_a_week,
            in_person=terms.in_person or need.in_person,
        )
        there = destination(aim, replace(need, text=aim.text), learner, recommender, self.today())
        planner = self._planner(need, learner, recommender)
        best = planner.plan(there.goal, started)
        ways = planner.alternatives(there.goal, started, best) if others and best.steps else []
        return Way(there, best, tuple(ways))

    def plain_way(self, goal: str, audience: str | None) -> Way:
        """The way to a goal in somebody's words, as it is for anybody and without others. Raises IndexProblem."""
        return self.way(aim_of(goal), need_of(goal, audience), Terms(start=self.today()), others=False)

    def known(self, profile: Profile, events: tuple[LearningEvent, ...], rejected: tuple[str, ...] = ()) -> Known:
        """What may be used of a learner, with what follows from their events. Raises IndexProblem."""
        return Known(
            profile,
            events,
            self.beliefs(events, rejected),
            frozenset(failed_courses(events)),
        )

    def beliefs(self, events: tuple[LearningEvent, ...], rejected: tuple[str, ...] = ()) -> tuple[Belief, ...]:
        """What events speak for. Raises IndexProblem."""
        shelf = self.recommender().shelf
        courses = {
            event.course_id: shelf.courses[shelf.row_of[event.course_id]]
            for event in events
            if event.course_id in shelf.row_of
        }
        return beliefs_of(events, courses, rejected)

    def course(self, id_: str) -> Course | None:
        """A course of the catalogue. Raises IndexProblem."""
        shelf = self.recommender().shelf
        return shelf.courses[shelf.row_of[id_]] if id_ in shelf.row_of else None

    def called(self, ids: Iterable[str]) -> tuple[str, ...]:
        """What courses are called, so that it means them and no others of their titles. Raises IndexProblem."""
        name_of = self.recommender().shelf.name_of
        return tuple(name_of[id_] for id_ in ids if id_ in name_of)

    def following(self) -> Following:
        """What learners went on to take, as last counted: while it is counted anew, nobody waits for it."""
        if self._count_following and time.monotonic() >= self._count_due:
            self._count_due = time.monotonic() + _COUNTED_AGAIN_SECONDS
            threading.Thread(target=self.count_following, name="count-following", daemon=True).start()
        return self._following

    def count_following(self) -> None:
        """Count it now; what cannot be counted is left as it was."""
        assert self._count_following
        try:
            self._following = self._count_following()
        except Exception:
            log.exception("what learners went on to take could not be counted; advice goes on with what was known")

    def _planner(self, need: Need, learner: Known, recommender: Recommender) -> Planner:
        shelf, day = recommender.shelf, self.today()
        # Of a need only what is a condition of every step: the rest belongs to the goal.
        conditions = replace(need, place=None, near=False, delivery=frozenset(), max_hours=None, level=None)
        permitted = shelf.permitted(conditions, frozenset(), day)
        may = [course for course, fits in zip(shelf.courses, permitted.tolist(), strict=True) if fits]
        sessions: dict[str, list[Session]] = {
            course.id: found for course in may if course.offerings and (found := shelf.sessions(course, need, day))
        }
        everything = {course.id: course for course in shelf.courses}
        return Planner(may, everything, sessions, learner.finished, failed_courses(learner.events))

    def _set_up(self, search: Search) -> Recommender:
        courses = list(search.records.courses(search.records.course_ids()).values())
        embed: Embed = search.embed_plainly
        if self._occupations is None and len(self._records) <= _EMBEDDED_AT_ONCE:
            self._occupations = self._embedded(search)
        elif self._occupations is None and not self._embedding:
            self._embedding = True
            threading.Thread(target=self._embed_behind, args=(search,), name="occupations", daemon=True).start()
        known = self._occupations or Occupations([], embed)
        return Recommender(search, known, SkillMap(courses, embed), Shelf(courses))

    def _embedded(self, search: Search) -> Occupations:
        return Occupations(self._records, search.embed_plainly, self._kept, search.embedder_fingerprint)

    def _embed_behind(self, search: Search) -> None:
        """1,600 take a minute, once: until then advice goes without them."""
        try:
            found = self._embedded(search)
        except Exception:
            log.exception("the occupations could not be embedded; advice goes on without them")
            return
        with self._lock:
            self._occupations = found
            if self._recommender:
                name, recommender = self._recommender
                self._recommender = (
                    name,
                    Recommender(recommender.search, found, recommender.skills, recommender.shelf),
                )
