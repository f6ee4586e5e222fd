"""Courses for a need in two stages, what may be offered and what fits best, each with the facts that ranked it."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

import numpy as np

from companion.guidance.following import NOBODY, Following
from companion.guidance.need import Need, languages_fit
from companion.guidance.occupations import Match, Occupations
from companion.guidance.places import same_city
from companion.guidance.profile import Known, Standing
from companion.guidance.shelf import NEAR_KM, Mask, Session, Shelf, may_be_for
from companion.guidance.skills import SkillMap
from companion.guidance.subject import teaches_the_language
from companion.patterns import for_normalised
from course_index.analyze import normalise, terms
from course_index.card import card_text
from course_index.course import Course
from course_index.language import language_of
from retrieval.catalogue import CourseHit
from retrieval.query import Query
from retrieval.search import Search

Fact = Literal[
    "lesson", "terms", "card", "occupation", "occupation_named", "audience", "standing", "place", "step_free", "free",
    "online", "initiative", "followed", "rated", "interest", "fresh", "level", "language", "again",
    "cheap", "nearest",
]  # fmt: skip

# What each fact adds to a course that fits the words by about .3 to 1.2. Chosen on half of the wishes of eval/cases;
# docs/decisions/0007-guidance.md says what each earns.
_INITIATIVE = 0.15
_AUDIENCE, _OTHER_AUDIENCE = 0.06, -0.04
_STANDING = 0.14
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
# A second course of the same provider, subject and initiative is worth less beside the first.
_ALIKE = 0.12
# How many courses by their words are ranked. Where hard facts leave too few of them, the whole shelf is looked through.
_DEPTH = 60
# Half the weight of a fact is gone after so many days.
_STALE_DAYS = 365.0
# How sure an occupation must be to be spoken of when its name was not said.
LIKELY_OCCUPATION = 0.55
# A course is for a trade when it teaches this much of what the trade takes.
_OF_A_TRADE = 0.5
# A rating counts as if so many had given .7 before.
_PRIOR_RATERS, _PRIOR_RATING = 20, 0.7
_DEFAULT_SHOWN = 5
# Of courses that are only the nearest fewer are shown, and none less near than this share of how near the first comes.
_NEAREST_SHOWN, _NEARLY = 3, 0.75
# What comes no nearer than this to a bare 学炒股 is on something else, an opera. Chosen on 45 wishes over the
# samples: of 30 that no course is near to, 23 get none; the nearest is still shown to the 9 that one is near to.
# Needs told at length come near to the right course at lower scores: held to this, 54 of 169 would lose it.
# In English, where cosines are lower, on 50 more, named and chosen alike: 18 of 18 get none, 6 keep what is near.
_NEAR_AT_ALL = {"zh": 0.56, "en": 0.45}
_A_NAME = for_normalised(r"[^，。,.\sa-z]{1,6}|[a-z'-]+(?: [a-z'-]+){0,2}")
_TO_LEARN = for_normalised(r"学|教|\b(?:learn|teach|study)")
# What conditions add, or where one is, says nothing of how near a course is to what is to be learned.
_OF_CONDITIONS = ("cheap", "place")
# How much nearness by one of two readings alone counts.
_NEAR_ONE = 0.75


@dataclass(frozen=True, slots=True)
class Why:
    """A fact that ranked a course, how much it weighed, and what it says, for the sentence made of it."""

    fact: Fact
    weight: float
    values: tuple[str, ...] = ()


# 长者的手机 names no 的手.
_OF = re.compile(r"的(?!士).|(?<!目).的")
# What is said for a course that only comes near, after all that may speak for it.
_NEAREST = Why("nearest", 0.001)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A course for a need. `session` is the nearest that can be joined, where one suits."""

    course: Course
    score: float
    why: tuple[Why, ...]
    session: Session | None = None
    passage_id: str | None = None


@dataclass(frozen=True, slots=True)
class Recommended:
    """The best courses; how many fit the words at all, what kept others out, and what the goal means as a job.

    Not `certain`: no course is clearly on what was asked, and these are the nearest.
    """

    need: Need
    courses: tuple[Recommendation, ...]
    fitting: int
    in_the_way: Mapping[str, int]
    occupation: Match | None = None
    certain: bool = True
    personalised: bool = False
    about_something: bool = True
    # How many courses teach what was named, whatever else must hold.
    on_it: int = 0
    # What the words were taken to mean, where they were mended.
    meant: str | None = None
    # Where nothing fits: the nearest of those that teach what was named and do not meet the conditions.
    barred: tuple[Course, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    row: int
    hit: CourseHit | None = None
    why: list[Why] = field(default_factory=list)

    @property
    def score(self) -> float:
        return sum(one.weight for one in self.why)

    @property
    def nearness(self) -> float:
        return sum(one.weight for one in self.why if one.fact not in _OF_CONDITIONS)


class Recommender:
    """Over one generation of the catalogue. Safe to call from many threads."""

    def __init__(self, search: Search, occupations: Occupations, skills: SkillMap, shelf: Shelf) -> None:
        self.search = search
        self.occupations = occupations
        self.skills = skills
        self.shelf = shelf

    def recommend(
        self,
        need: Need,
        known: Known | None = None,
        k: int = _DEFAULT_SHOWN,
        today: date | None = None,
        following: Following = NOBODY,
        subject: str | None = None,
        named: str = "",
        only_certain: bool = False,
    ) -> Recommended:
        """The `k` best courses for a need.

        `known` is what may be used of the learner; None is nobody in particular. `subject` are the words to search by,
        where they are not the whole of what was said; empty where nothing says what it is to be about. `named` are
        those of them that name what is to be learned: a course that teaches that is on it, whatever is told beside.
        With `only_certain` nothing is ranked where no course is clearly on it: then there are none.
        """
        day = today or date.today()
        learner = known or Known()
        asked = need.text if subject is None else subject
        query = self.search.query(asked) if asked.strip() else None
        found = self._found(query)
        if named and named != asked:
            found = _by_name(found, self._found(self.search.query(named)))
        if translated := self.search.in_the_other_language(named or asked):
            found = _also(found, self._found(self.search.query(translated)), language_of(translated))
        on_it = [row for row, hit in found.items() if hit.certain and self._in_the_language(row, asked)]
        if only_certain and query and not on_it and not need.occupation and not self.occupations.names_any(asked):
            return Recommended(need, (), 0, {}, certain=False)
        match = self._occupation(need, asked)
        finished = learner.finished
        permitted = self.shelf.permitted(need, finished, day)
        fitting = np.zeros(len(self.shelf), np.bool_)
        fitting[list(found)] = True
        skilled = self.skills.teaching(match.occupation, finished) if match else {}
        fitting[list(skilled)] = True
        about_nothing = query is None and not match
        if about_nothing:
            fitting[:] = True
            likes = (self._naming(need.audience), self._for_them(need.audience), self._they_read(need))
            for like in likes if need.audience else ():
                fitting = fitting & like if (fitting & like & permitted).any() else fitting
        rows = np.flatnonzero(permitted & fitting).tolist()
        if query is not None and len(rows) < k and len(self.shelf) > _DEPTH:
            found = self._among_permitted(query, permitted) | found
            rows = sorted({*rows, *(row for row in found if permitted[row])})
        after = following.after(finished)
        candidates = [_Candidate(row, found.get(row)) for row in self._worth_ranking(rows, about_nothing, need, after)]
        for candidate in candidates:
            self._weigh(candidate, need, learner, query, match, skilled, after, following, day)
        self._weigh_standing(candidates, need)
        if need.cheap:
            self._weigh_price(candidates)
        about = range(len(self.shelf)) if about_nothing else {*on_it, *skilled}
        best = self._varied(candidates, k)
        taught = frozenset(on_it) | self._for_the_trade(match, skilled, asked_for=need.occupation is not None)
        sure = [one for one in best if about_nothing or one.row in taught]
        barred = [row for row in taught if not permitted[row] and self._may_be_named(row, need, finished)]
        barred.sort(key=lambda row: (-found[row].score if row in found else 0.0, self.shelf.courses[row].id))
        least = _least_near(need.text, asked, named)
        best = sure or [
            one
            for one in best[:_NEAREST_SHOWN]
            if one.nearness >= least and (one is best[0] or one.score >= _NEARLY * best[0].score)
        ]
        return Recommended(
            need,
            tuple(self._told(one, need, day, sure=bool(sure)) for one in best),
            len(rows) if about_nothing else len(about),
            {} if sure else self.shelf.in_the_way(need, self._rows(taught or about), finished, day),
            match,
            certain=bool(sure),
            personalised=learner != Known(),
            about_something=not about_nothing,
            on_it=0 if about_nothing else len(taught),
            barred=() if sure else tuple(self.shelf.courses[row] for row in barred[:_NEAREST_SHOWN]),
        )

    def _may_be_named(self, row: int, need: Need, finished: frozenset[str]) -> bool:
        """Whether a course is neither finished nor ruled out."""
        return self.shelf.courses[row].id not in (finished | need.exclude)

    def _rows(self, rows: Iterable[int]) -> Mask:
        mask = np.zeros(len(self.shelf), np.bool_)
        mask[list(rows)] = True
        return mask

    # -- stage one: what is on the subject -----------------------------------------------------------------------------

    def _found(self, query: Query | None) -> dict[int, CourseHit]:
        if query is None:
            return {}
        hits = self.search.nearest_courses(query, _DEPTH)
        return {self.shelf.row_of[hit.course.id]: hit for hit in hits if hit.course.id in self.shelf.row_of}

    def _among_permitted(self, query: Query, permitted: Mask) -> dict[int, CourseHit]:
        """Where hard facts left hardly any of the nearest: the nearest of all that fit the words."""
        page = self.search.courses_among(
            query, [self.shelf.courses[row].id for row in np.flatnonzero(permitted)], _DEPTH
        )
        return {self.shelf.row_of[hit.course.id]: hit for hit in page if hit.course.id in self.shelf.row_of}

    def _occupation(self, need: Need, asked: str) -> Match | None:
        if need.occupation:
            (match, *_) = self.occupations.match(need.occupation, 1) or (None,)
            return match
        if not asked.strip():
            return None
        (match, *_) = self.occupations.match(asked, 1) or (None,)
        return match if match and (match.named or match.score >= LIKELY_OCCUPATION) else None

    def _in_the_language(self, row: int, asked: str) -> bool:
        """Whether a course names the language asked for, where one is: to an embedder all languages are near."""
        return teaches_the_language(asked, normalise(card_text(self.shelf.courses[row])))

    def _for_the_trade(
        self, match: Match | None, skilled: Mapping[int, tuple[str, ...]], *, asked_for: bool
    ) -> frozenset[int]:
        """The courses for a trade that was named: by their records, or by half of what it takes. 急救 makes no 月嫂."""
        if match is None or not (match.named or asked_for):
            return frozenset()
        named = self.skills.named(match.occupation)
        enough = max(1.0, _OF_A_TRADE * len(match.occupation.skills))
        return frozenset(
            row for row, skills in skilled.items() if len(skills) >= enough or self.shelf.courses[row].id in named
        )

    # Where nothing says what it is to be on: the courses that name an audience, those that may be for it, and those in
    # the learner's language. Each narrows the choice where it leaves any.

    def _naming(self, audience: str | None) -> Mask:
        return self.shelf.such(lambda course: audience is None or audience in course.audience)

    def _for_them(self, audience: str | None) -> Mask:
        return self.shelf.such(lambda course: audience is None or may_be_for(course, audience))

    def _they_read(self, need: Need) -> Mask:
        wanted = need.locale_language
        return self.shelf.such(
            lambda course: not (wanted and course.language) or languages_fit(course.language, wanted)
        )

    def _worth_ranking(
        self, rows: Sequence[int], about_nothing: bool, need: Need, after: Mapping[str, tuple[float, int]]
    ) -> Sequence[int]:
        """With no words to go by, a part of the shelf: what others took next, what is for the audience, what is new."""
        if not about_nothing or len(rows) <= _DEPTH * 2:
            return rows
        shelf = self.shelf.courses
        liked = [row for row in rows if shelf[row].id in after]
        for_them = [row for row in rows if need.audience and need.audience in shelf[row].audience]
        order = self.shelf.newest_first
        newest = order[self._rows(rows)[order]][: _DEPTH * 2].tolist()
        return list(dict.fromkeys([*liked, *for_them[:_DEPTH], *newest]))[: _DEPTH * 2]

    # -- stage two: what fits best -------------------------------------------------------------------------------------

    def _weigh(
        self,
        candidate: _Candidate,
        need: Need,
        learner: Known,
        query: Query | None,
        match: Match | None,
        skilled: Mapping[int, tuple[str, ...]],
        after: Mapping[str, tuple[float, int]],
        following: Following,
        day: date,
    ) -> None:
        course, why = self.shelf.courses[candidate.row], candidate.why
        if candidate.hit and query:
            why.append(self._by_words(candidate.hit, query))
        if match and course.id in self.skills.named(match.occupation):
            why.append(Why("occupation_named", _NAMED_OCCUPATION, (match.occupation.title,)))
        elif match and candidate.row in skilled:
            taught = skilled[candidate.row]
            share = len(taught) / max(1, len(match.occupation.skills) or 3)
            why.append(Why("occupation", _OCCUPATION * min(1.0, share), (match.occupation.title, *taught[:3])))
        if need.initiative and need.initiative == course.initiative:
            why.append(Why("initiative", _INITIATIVE, (str(need.initiative),)))
        if need.audience and course.audience:
            weight = _for_them(course, need.audience)
            why.append(Why("audience", weight, (need.audience,)))
        if need.locale_language and course.language:
            same = languages_fit(course.language, need.locale_language)
            why.append(Why("language", _SAME_LANGUAGE if same else _OTHER_LANGUAGE, (course.language,)))
        self._weigh_place(course, need, why, day)
        if course.id in after:
            share, count = after[course.id]
            before = self._came_before(course, learner, following)
            why.append(Why("followed", _FOLLOWED * share, (before, str(count))))
        if course.id in following.ratings:
            count, mean = following.ratings[course.id]
            steady = (count * mean + _PRIOR_RATERS * _PRIOR_RATING) / (count + _PRIOR_RATERS)
            why.append(Why("rated", _RATED * (steady - _PRIOR_RATING), (str(count), f"{1 + 4 * mean:.1f}")))
        if course.updated_at:
            age = max(0, (day - course.updated_at).days)
            why.append(Why("fresh", _FRESH * 0.5 ** (age / _STALE_DAYS), (course.updated_at.isoformat(),)))
        interests = [belief.value for belief in learner.beliefs if belief.kind == "interest"]
        if shared := [subject for subject in interests if subject in course.subjects]:
            why.append(Why("interest", _INTEREST, (shared[0],)))
        if not set(course.prerequisites) <= learner.finished:
            why.append(Why("level", _PREREQUISITES_MISSING))
        if course.id in learner.seen:
            why.append(Why("again", 0.0))

    def _by_words(self, hit: CourseHit, query: Query) -> Why:
        if hit.passage_id:
            return Why("lesson", hit.score, (hit.passage_id,))
        if shared := _shared(hit.course, query):
            return Why("terms", hit.score, tuple(shared))
        return Why("card", hit.score)

    def _weigh_place(self, course: Course, need: Need, why: list[Why], day: date) -> None:
        where = need.place or need.around
        if not where or not course.offerings:
            return
        nearest = next(iter(self.shelf.sessions(course, need, day)), None)
        near = nearest and (
            same_city(where.city, nearest.offering.city) or (nearest.km is not None and nearest.km <= NEAR_KM)
        )
        if near:
            why.append(Why("place", _NEAR))
        elif course.delivery == "offline":
            why.append(Why("place", _FAR))

    def _weigh_standing(self, candidates: Sequence[_Candidate], need: Need) -> None:
        """Who is new gets the lower levels of what there is on this, who knows more the higher.

        Where a record states no level, its title may: 零基础, 入门, （下）.
        """
        if not need.standing:
            return
        self._weigh_titles(candidates, need.standing)
        levels = self.shelf.levels
        known = sorted({float(levels[one.row]) for one in candidates if not np.isnan(levels[one.row])})
        if len(known) < 2:
            if need.standing == "new" and len(known) == 1 and known[0] <= 1:
                for one in candidates:
                    if not np.isnan(levels[one.row]):
                        one.why.append(Why("standing", 0.01, ("new", f"{levels[one.row]:g}")))
            return
        wish = {"new": 0.0, "some": 0.5, "advanced": 1.0}[need.standing]
        for one in candidates:
            level = float(levels[one.row])
            if not np.isnan(level):
                height = known.index(level) / (len(known) - 1)
                fit = 1 - 2 * abs(height - wish)
                one.why.append(Why("standing", _STANDING * fit, (need.standing, f"{level:g}")))

    def _weigh_price(self, candidates: Sequence[_Candidate]) -> None:
        """The cheaper the better; of what no record states nothing is said."""
        prices = {one.row: price.amount for one in candidates if (price := self.shelf.courses[one.row].price)}
        dearest = max(prices.values(), default=0.0)
        for one in candidates:
            if one.row in prices:
                saved = 1 - prices[one.row] / dearest if dearest else 1.0
                one.why.append(Why("cheap", _CHEAP * (0.1 + 0.9 * saved), (f"{prices[one.row]:g}",)))

    def _weigh_titles(self, candidates: Sequence[_Candidate], standing: Standing) -> None:
        for one in candidates:
            if not np.isnan(self.shelf.levels[one.row]) or not (title := self.shelf.stages[one.row]):
                continue
            fits = (title < 0) == (standing == "new")
            named = "title_low" if title < 0 else "title_high"
            one.why.append(Why("standing", _STANDING if fits else -_STANDING, (named, "")))

    def _varied(self, candidates: Sequence[_Candidate], k: int) -> list[_Candidate]:
        """The best, each next one weighed against those before it (maximal marginal relevance)."""
        left = sorted(candidates, key=lambda one: (-one.score, self.shelf.courses[one.row].id))[: 4 * k]
        chosen: list[_Candidate] = []
        likest = dict.fromkeys((one.row for one in left), 0.0)
        while left and len(chosen) < k:
            best = max(left, key=lambda one: one.score - _ALIKE * likest[one.row])
            chosen.append(best)
            left.remove(best)
            traits = _traits(self.shelf.courses[best.row])
            for one in left:
                likest[one.row] = max(likest[one.row], _jaccard(traits, _traits(self.shelf.courses[one.row])))
        return chosen

    def _came_before(self, course: Course, learner: Known, following: Following) -> str:
        """The title of the finished course after which most took this one."""
        counts = {id_: following.next_of.get(id_, {}).get(course.id, 0) for id_ in learner.finished}
        best = max(counts, key=lambda id_: counts[id_], default="")
        return self.shelf.courses[self.shelf.row_of[best]].title if best in self.shelf.row_of else best

    def _told(self, one: _Candidate, need: Need, day: date, *, sure: bool) -> Recommendation:
        course = self.shelf.courses[one.row]
        sessions = self.shelf.sessions(course, need, day)
        where = need.place or need.around
        session = next(iter(sessions), None) if where or need.in_person or need.begins else None
        # Of what only comes near no lesson is on it.
        told = one.why if sure else [*(why for why in one.why if why.fact not in ("lesson", "card")), _NEAREST]
        why = tuple(sorted(told, key=lambda reason: -reason.weight))
        return Recommendation(course, one.score, why, session, one.hit.passage_id if one.hit else None)


def _least_near(message: str, asked: str, named: str) -> float:
    """How near a course has to come to be shown as the nearest, where all that is said is the name of a thing to learn,
    with conditions or without: 学炒股, I want to learn sailing, free.
    """
    bare = bool(named) and _words_of(asked) == _words_of(named) and bool(_A_NAME.fullmatch(named.strip()))
    if not bare or not _TO_LEARN.search(normalise(message)):
        return -math.inf
    return _NEAR_AT_ALL["en" if named.isascii() else "zh"]


def _words_of(said: str) -> str:
    return "".join(filter(str.isalnum, said))


def _for_them(course: Course, audience: str) -> float:
    """What it adds that a course is for an audience; twice for what was made for them and nobody else."""
    if audience in course.audience:
        return _AUDIENCE * (2 if len(course.audience) == 1 else 1)
    return 0.0 if "everyone" in course.audience else _OTHER_AUDIENCE


def _by_name(found: Mapping[int, CourseHit], named: Mapping[int, CourseHit]) -> dict[int, CourseHit]:
    """What was found, those on it by what was named alone where any is; each as near as the nearer of both says.

    Of 送餐的，想学点安全的 also what is on all of it and comes as near to what was named as what is on that.
    """
    nearest = min((hit.score for hit in named.values() if hit.certain), default=None)

    def certain(row: int) -> bool:
        whole, by_name = found.get(row), named.get(row)
        if nearest is None:
            return (whole or named[row]).certain
        return by_name is not None and (
            by_name.certain or (whole is not None and whole.certain and by_name.score >= nearest)
        )

    if nearest is None and not any(hit.certain for hit in found.values()):
        return {row: _near_both(found.get(row), named.get(row)) for row in {**found, **named}}
    return {
        row: replace(max(hits, key=lambda hit: hit.score), certain=certain(row))
        for row in {**found, **named}
        if (hits := [one[row] for one in (found, named) if row in one])
    }


def _near_both(whole: CourseHit | None, named: CourseHit | None) -> CourseHit:
    """A course that only comes near: as near as both say, since a part alone (一起学学) comes near to much."""
    if whole and named:
        return replace(max(whole, named, key=lambda hit: hit.score), score=(whole.score + named.score) / 2)
    only = whole or named
    assert only
    return replace(only, score=_NEAR_ONE * only.score)


def _also(found: Mapping[int, CourseHit], translated: Mapping[int, CourseHit], language: str) -> dict[int, CourseHit]:
    """What was found, and what is on it by its name in the other language: before none that is by the learner's own."""
    most = min((hit.score for hit in found.values() if hit.certain), default=math.inf)
    named = {
        row: hit
        for row, hit in translated.items()
        # A passage may only mention it: an English name comes near to much (插花 to an orchard, 舞狮 to dragon boats).
        if hit.certain
        and language_of(card_text(hit.course)) == language
        and (hit.passage_id is None or language != "en")
    }
    more = {row: hit for row, hit in named.items() if not (row in found and found[row].certain)}
    return {**found, **{row: replace(hit, score=min(hit.score, most)) for row, hit in more.items()}}


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


def _traits(course: Course) -> frozenset[str]:
    return frozenset((f"provider {course.provider}", f"initiative {course.initiative}", *course.subjects))


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)
