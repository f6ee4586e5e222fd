"""What speaks for a course, fact by fact, and how much each weighs beside its fitting the words."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np

from companion.guidance.following import Following
from companion.guidance.need import Need, languages_fit
from companion.guidance.occupations import Match
from companion.guidance.places import same_city
from companion.guidance.profile import Known, Standing
from companion.guidance.shelf import NEAR_KM, Shelf
from companion.guidance.skills import SkillMap
from course_index.analyze import normalise, terms
from course_index.card import card_text
from course_index.course import Course
from retrieval.catalogue import CourseHit
from retrieval.query import Query

Fact = Literal[
    "lesson", "terms", "card", "occupation", "occupation_named", "audience", "standing", "place", "cheap",
    "initiative", "followed", "rated", "interest", "fresh", "level", "language", "again", "nearest",
]  # fmt: skip

# What each fact adds to a course that fits the words by about .3 to 1.2. Chosen on half of the wishes of eval/cases;
# docs/decisions/0007-guidance.md says what each earns.
_INITIATIVE = 0.15
_AUDIENCE, _OTHER_AUDIENCE = 0.06, -0.04
_STANDING = 0.14
# Where all that there is has one level, the lowest, and somebody is new.
_ONLY_LEVEL = 0.01
_SAME_LANGUAGE, _OTHER_LANGUAGE = 0.06, -0.16
_NEAR, _FAR = 0.10, -0.10
_FOLLOWED = 0.30
_RATED = 0.20
_FRESH = 0.03
_INTEREST = 0.06
_OCCUPATION = 0.35
_NAMED_OCCUPATION = 0.25
_PREREQUISITES_MISSING = -0.06
# For who asks for a cheap one: from what is free to the dearest of those that fit.
_CHEAP = 0.3
# Half the weight of a fact is gone after so many days.
_STALE_DAYS = 365.0
# A rating counts as if so many had given .7 before.
_PRIOR_RATERS, _PRIOR_RATING = 20, 0.7
# What conditions add, or where one is, says nothing of how near a course is to what is to be learned.
_OF_CONDITIONS = ("cheap", "place")
# 长者的手机 names no 的手.
_OF = re.compile(r"的(?!士).|(?<!目).的")


@dataclass(frozen=True, slots=True)
class Why:
    """A fact that ranked a course, how much it weighed, and what it says, for the sentence made of it."""

    fact: Fact
    weight: float
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What courses are weighed by: what is needed, by whom, on which day, and what is known of trades and of others.

    `query` is None where no words say what it is to be about. `skilled` are the rows of the courses that teach skills
    of the `trade`, with those skills. `after` is what others took next, as `Following.after`.
    """

    need: Need
    learner: Known
    day: date
    query: Query | None
    trade: Match | None
    skilled: Mapping[int, tuple[str, ...]]
    following: Following
    after: Mapping[str, tuple[float, int]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A course by its row on the shelf, how it was found by words, and what speaks for it."""

    row: int
    hit: CourseHit | None = None
    why: list[Why] = field(default_factory=list)

    @property
    def score(self) -> float:
        """How well it fits."""
        return sum(one.weight for one in self.why)

    @property
    def nearness(self) -> float:
        """How near it is to what is to be learned, whatever the conditions."""
        return sum(one.weight for one in self.why if one.fact not in _OF_CONDITIONS)


class Scales:
    """Over the courses of one shelf."""

    def __init__(self, shelf: Shelf, skills: SkillMap) -> None:
        self._shelf = shelf
        self._skills = skills

    def weighed(self, candidates: Sequence[Candidate], asked: Asked) -> Sequence[Candidate]:
        """The candidates with the facts that speak for or against each."""
        for one in candidates:
            one.why.extend(self._facts(one, asked))
        if asked.need.standing:
            self._weigh_titles(candidates, asked.need.standing)
            self._weigh_levels(candidates, asked.need.standing)
        if asked.need.cheap:
            self._weigh_price(candidates)
        return candidates

    # -- a course by itself --------------------------------------------------------------------------------------------

    def _facts(self, candidate: Candidate, asked: Asked) -> Iterator[Why]:
        course = self._shelf.courses[candidate.row]
        if candidate.hit and asked.query:
            yield _by_words(candidate.hit, asked.query)
        yield from self._of_the_trade(candidate.row, course, asked)
        yield from _for_whom(course, asked.need)
        yield from self._of_the_place(course, asked)
        yield from self._of_others(course, asked)
        yield from _of_the_record(course, asked)

    def _of_the_trade(self, row: int, course: Course, asked: Asked) -> Iterator[Why]:
        if not asked.trade:
            return
        occupation = asked.trade.occupation
        if course.id in self._skills.named(occupation):
            yield Why("occupation_named", _NAMED_OCCUPATION, (occupation.title,))
        elif row in asked.skilled:
            taught = asked.skilled[row]
            share = len(taught) / max(1, len(occupation.skills) or 3)
            yield Why("occupation", _OCCUPATION * min(1.0, share), (occupation.title, *taught[:3]))

    def _of_the_place(self, course: Course, asked: Asked) -> Iterator[Why]:
        where = asked.need.place or asked.need.around
        if not where or not course.offerings:
            return
        nearest = next(iter(self._shelf.sessions(course, asked.need, asked.day)), None)
        near = nearest and (
            same_city(where.city, nearest.offering.city) or (nearest.km is not None and nearest.km <= NEAR_KM)
        )
        if near:
            yield Why("place", _NEAR)
        elif course.delivery == "offline":
            yield Why("place", _FAR)

    def _of_others(self, course: Course, asked: Asked) -> Iterator[Why]:
        if course.id in asked.after:
            share, count = asked.after[course.id]
            yield Why("followed", _FOLLOWED * share, (self._came_before(course, asked), str(count)))
        if course.id in asked.following.ratings:
            count, mean = asked.following.ratings[course.id]
            steady = (count * mean + _PRIOR_RATERS * _PRIOR_RATING) / (count + _PRIOR_RATERS)
            yield Why("rated", _RATED * (steady - _PRIOR_RATING), (str(count), f"{1 + 4 * mean:.1f}"))

    def _came_before(self, course: Course, asked: Asked) -> str:
        """The title of the finished course after which most took this one."""
        counts = {id_: asked.following.next_of.get(id_, {}).get(course.id, 0) for id_ in asked.learner.finished}
        best = max(counts, key=lambda id_: counts[id_], default="")
        row = self._shelf.row_of.get(best)
        return best if row is None else self._shelf.courses[row].title

    # -- a course beside the others ------------------------------------------------------------------------------------

    def _weigh_titles(self, candidates: Sequence[Candidate], standing: Standing) -> None:
        """Where a record states no level, its title may: 零基础, 入门, （下）."""
        for one in candidates:
            if not np.isnan(self._shelf.levels[one.row]) or not (title := self._shelf.stages[one.row]):
                continue
            fits = (title < 0) == (standing == "new")
            named = "title_low" if title < 0 else "title_high"
            one.why.append(Why("standing", _STANDING if fits else -_STANDING, (named, "")))

    def _weigh_levels(self, candidates: Sequence[Candidate], standing: Standing) -> None:
        """Who is new gets the lower levels of what there is on this, who knows more the higher."""
        levels = {one.row: float(self._shelf.levels[one.row]) for one in candidates}
        stated = [one for one in candidates if not np.isnan(levels[one.row])]
        steps = sorted({levels[one.row] for one in stated})
        wish = {"new": 0.0, "some": 0.5, "advanced": 1.0}[standing]
        for one in stated:
            level = levels[one.row]
            if len(steps) > 1:
                fit = 1 - 2 * abs(steps.index(level) / (len(steps) - 1) - wish)
                one.why.append(Why("standing", _STANDING * fit, (standing, f"{level:g}")))
            elif standing == "new" and level <= 1:
                one.why.append(Why("standing", _ONLY_LEVEL, ("new", f"{level:g}")))

    def _weigh_price(self, candidates: Sequence[Candidate]) -> None:
        """The cheaper the better; of what no record states nothing is said."""
        prices = {one.row: price.amount for one in candidates if (price := self._shelf.courses[one.row].price)}
        dearest = max(prices.values(), default=0.0)
        for one in candidates:
            if one.row in prices:
                saved = 1 - prices[one.row] / dearest if dearest else 1.0
                one.why.append(Why("cheap", _CHEAP * (0.1 + 0.9 * saved), (f"{prices[one.row]:g}",)))


def _by_words(hit: CourseHit, query: Query) -> Why:
    if hit.passage_id:
        return Why("lesson", hit.score, (hit.passage_id,))
    if shared := _shared(hit.course, query):
        return Why("terms", hit.score, tuple(shared))
    return Why("card", hit.score)


def _shared(course: Course, query: Query) -> list[str]:
    """The record's own words that the learner used."""
    on_card = set(terms(normalise(card_text(course))))
    kept: list[str] = []
    for term in query.terms:
        # 垃圾分类 is 垃圾 and 分类; the pair between them says nothing.
        bridges = len(term) == 2 and kept and term[0] == kept[-1][-1] and not term.isascii()
        if len(term) > 1 and term in on_card and not bridges and not _OF.fullmatch(term):
            kept.append(term)
    return kept[:3]


def _for_whom(course: Course, need: Need) -> Iterator[Why]:
    if need.initiative and need.initiative == course.initiative:
        yield Why("initiative", _INITIATIVE, (str(need.initiative),))
    if need.audience and course.audience:
        yield Why("audience", _for_audience(course, need.audience), (need.audience,))
    if need.locale_language and course.language:
        same = languages_fit(course.language, need.locale_language)
        yield Why("language", _SAME_LANGUAGE if same else _OTHER_LANGUAGE, (course.language,))


def _for_audience(course: Course, audience: str) -> float:
    """What it adds that a course is for an audience; twice for what was made for them and nobody else."""
    if audience in course.audience:
        return _AUDIENCE * (2 if len(course.audience) == 1 else 1)
    return 0.0 if "everyone" in course.audience else _OTHER_AUDIENCE


def _of_the_record(course: Course, asked: Asked) -> Iterator[Why]:
    learner = asked.learner
    if course.updated_at:
        age = max(0, (asked.day - course.updated_at).days)
        yield Why("fresh", _FRESH * 0.5 ** (age / _STALE_DAYS), (course.updated_at.isoformat(),))
    interests = [belief.value for belief in learner.beliefs if belief.kind == "interest"]
    if shared := [subject for subject in interests if subject in course.subjects]:
        yield Why("interest", _INTEREST, (shared[0],))
    if not set(course.prerequisites) <= learner.finished:
        yield Why("level", _PREREQUISITES_MISSING)
    if course.id in learner.seen:
        yield Why("again", 0.0)
