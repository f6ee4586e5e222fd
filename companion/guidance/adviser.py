"""Advice over whatever generation of the catalogue serves: one desk a generation, made when first asked."""

import logging
import threading
import time
from collections.abc import Callable
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
from companion.guidance.subject import named_in, several_in, subject_of, without_deed
from companion.guidance.weeks import first_of
from companion.understanding.wish import course_subject
from course_index.course import Course
from retrieval.live import LiveIndex
from retrieval.search import Search

log = logging.getLogger(__name__)
# What others went on to take changes slowly, and is counted over all of them.
_COUNTED_AGAIN_SECONDS = 600.0


# More occupations than this are embedded while advice goes on without them: a learner waits for a second, not a minute.
_EMBEDDED_AT_ONCE = 100


def _of_each(found: list[Recommended], k: int) -> Recommended | None:
    """The best courses on each of several things in turn; None where there are none on one of them."""
    if len(found) < 2 or not all(one.on_it and one.certain for one in found):
        return None
    in_turn = (one for row in zip_longest(*(side.courses for side in found)) for one in row if one)
    courses = tuple({one.course.id: one for one in in_turn}.values())[:k]
    return replace(found[0], courses=courses, on_it=sum(one.on_it for one in found))


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
        self._desk: tuple[str, Recommender] | None = None
        self._occupations: Occupations | None = None
        self._embedding = False
        self._following: Following = NOBODY
        self._count_due = 0.0

    @property
    def occupations(self) -> Occupations:
        """The occupations that are loaded."""
        return self.desk().occupations

    def desk(self) -> Recommender:
        """The recommender over the generation that serves. Raises IndexProblem.

        After a build one caller sets up the desk over it, and all others have the one before until then: that
        generation is still open.
        """
        search = self._index.search
        name = search.generation.name
        if self._desk and self._desk[0] == name:
            return self._desk[1]
        if self._lock.acquire(blocking=self._desk is None):
            try:
                if self._desk is None or self._desk[0] != name:
                    self._desk = (name, self._set_up(search))
            finally:
                self._lock.release()
        assert self._desk
        return self._desk[1]

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
        desk = self.desk()
        whole = with_profile(need, known.profile) if known else need
        if need.for_another:
            known = None  # what somebody has finished or likes says nothing of their mother

        def of(words: str, named: str = "") -> Recommended:
            following = self.following() if known else NOBODY
            return desk.recommend(whole, known, k, self.today(), following, words, named, only_certain)

        if subject is not None:
            return of(subject)
        bare, named = subject_of(need.text), named_in(need.text)
        words = course_subject(bare) if bare else ""
        if names_diploma(need.text):
            words = f"{words} {DIPLOMA_WORDS}"
        if not words.strip() and known and known.profile.goals:
            words = known.profile.goals[0]  # what they said they are after, when they ask for just some course
        found = of(words, named)
        if several := _of_each([of(one, one) for one in several_in(named)], k):
            return several
        if found.on_it or not found.about_something:
            return found
        if (thing := without_deed(named)) and (by_thing := of(thing)).on_it:
            return by_thing
        return self._mended(named, words, of) or found

    def _mended(self, named: str, words: str, of: Callable[[str], Recommended]) -> Recommended | None:
        """What teaches that which was named, once its slips are mended; None where nothing does."""
        spelling = self.desk().search.spelling
        for typed in dict.fromkeys((named, words)):
            mended = spelling.correct(typed) if typed.strip() else None
            if mended and (found := of(mended.text)).on_it:
                return replace(found, meant=mended.text)
        return None

    def way(self, aim: Aim, need: Need, terms: Terms, known: Known | None = None, others: bool = True) -> Way:
        """The way to a goal. Raises IndexProblem."""
        desk, learner = self.desk(), known or Known()
        need = replace(with_profile(need, learner.profile), level=None)  # a level named is where it goes
        started = replace(
            terms,
            start=first_of(terms.days, max(terms.start, self.today())),
            hours_a_week=terms.hours_a_week or learner.profile.hours_a_week,
            in_person=terms.in_person or need.in_person,
        )
        there = destination(aim, replace(need, text=aim.text), learner, desk, self.today())
        planner = self._planner(need, learner, desk)
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
        shelf = self.desk().shelf
        courses = {
            event.course_id: shelf.courses[shelf.row_of[event.course_id]]
            for event in events
            if event.course_id in shelf.row_of
        }
        return beliefs_of(events, courses, rejected)

    def course(self, id_: str) -> Course | None:
        """A course of the catalogue. Raises IndexProblem."""
        shelf = self.desk().shelf
        return shelf.courses[shelf.row_of[id_]] if id_ in shelf.row_of else None

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

    def _planner(self, need: Need, learner: Known, desk: Recommender) -> Planner:
        shelf, day = desk.shelf, self.today()
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
            if self._desk:
                name, desk = self._desk
                self._desk = (name, Recommender(desk.search, found, desk.skills, desk.shelf))
