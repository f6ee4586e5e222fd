"""Courses for a need in two stages, what may be offered and what fits best, each with the facts that ranked it."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from companion.guidance.following import NOBODY, Following
from companion.guidance.need import Need, languages_fit
from companion.guidance.occupations import Match, Occupations
from companion.guidance.profile import Known
from companion.guidance.shelf import Mask, Session, Shelf, may_be_for
from companion.guidance.skills import SkillMap
from companion.guidance.subject import teaches_the_language
from companion.guidance.weighing import Asked, Candidate, Scales, Why
from companion.patterns import for_normalised
from course_index.analyze import normalise, terms
from course_index.card import card_text
from course_index.course import Course
from course_index.language import ZH, language_of
from retrieval.catalogue import COURSE_FLOOR, CourseHit
from retrieval.glossary import share_said
from retrieval.query import Query
from retrieval.search import Search

# A second course of the same provider, subject and initiative is worth less beside the first.
_ALIKE = 0.12
# How many courses by their words are ranked. Where hard facts leave too few of them, the whole shelf is looked through.
_DEPTH = 60
# How sure an occupation must be to be spoken of when its name was not said.
LIKELY_OCCUPATION = 0.55
# A course is for a trade when it teaches this much of what the trade takes.
_OF_A_TRADE = 0.5
_DEFAULT_SHOWN = 5
# Of courses that are only the nearest fewer are shown, and none less near than this share of how near the first comes.
_NEAREST_SHOWN, _NEARLY = 3, 0.75
# What comes no nearer than this to a bare 学炒股 is on something else, an opera. Chosen on 45 wishes over the
# samples: of 30 that no course is near to, 23 get none; the nearest is still shown to the 9 that one is near to.
# Needs told at length come near to the right course at lower scores: held to this, 54 of 169 would lose it.
# In English, where cosines are lower, on 50 more, named and chosen alike: 18 of 18 get none, 6 keep what is near.
_NEAR_AT_ALL = {"zh": 0.56, "en": 0.45}
# What is told in fewer letters (an English word counts two) says too little for a course that is farther: for
# 手抖拿不住筷子 there was a lesson on photographs that shake. Chosen over 8,435 courses: of 40 such needs that nothing
# teaches 39 had got courses, 4 do; of 72 told at length the same 64 have their course among the first three.
_TOLD_AT_LENGTH = 12
_HALF = 0.5
_A_NAME = for_normalised(r"[^，。,.\sa-z]{1,6}|[a-z'-]+(?: [a-z'-]+){0,2}")
_TO_LEARN = for_normalised(r"学|教|\b(?:learn|teach|study)")
# How much nearness by one of two readings alone counts.
_NEAR_ONE = 0.75

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
    # Of several things that were wanted at once those that no course is on.
    missing: tuple[str, ...] = ()


class Recommender:
    """Over one generation of the catalogue. Safe to call from many threads."""

    def __init__(self, search: Search, occupations: Occupations, skills: SkillMap, shelf: Shelf) -> None:
        self.search = search
        self.occupations = occupations
        self.skills = skills
        self.shelf = shelf
        self._scales = Scales(shelf, skills)

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
        day, learner = today or date.today(), known or Known()
        words = need.text if subject is None else subject
        query = self.search.query(words) if words.strip() else None
        found = self._on_the_subject(words, query, named)
        on_it = [row for row, hit in found.items() if hit.certain and self._in_the_language(row, words)]
        if only_certain and query and not on_it and not need.occupation and not self.occupations.names_any(words):
            return Recommended(need, (), 0, {}, certain=False)
        trade = self._occupation(need, words)
        skilled = self.skills.teaching(trade.occupation, learner.finished) if trade else {}
        permitted = self.shelf.permitted(need, learner.finished, day)
        asked = Asked(need, learner, day, query, trade, skilled, following, following.after(learner.finished))
        if query is None and not trade:
            return self._of_anything(asked, permitted, k)
        rows = sorted(row for row in {*found, *skilled} if permitted[row])
        if query is not None and len(rows) < k and len(self.shelf) > _DEPTH:
            found = self._among_permitted(query, permitted) | found
            rows = sorted({*rows, *(row for row in found if permitted[row])})
        best = self._varied(self._scales.weighed([Candidate(row, found.get(row)) for row in rows], asked), k)
        taught = frozenset(on_it) | self._for_the_trade(asked)
        about = frozenset(on_it) | frozenset(skilled)
        result = Recommended(need, (), len(about), {}, trade, personalised=learner != Known(), on_it=len(taught))
        if sure := [one for one in best if one.row in taught]:
            return replace(result, courses=tuple(self._told(one, asked) for one in sure))
        nearest = _nearest(best, _least_near(need.text, words, named, taught=bool(taught)))
        return replace(
            result,
            courses=tuple(self._only_near(one, asked) for one in nearest),
            in_the_way=self.shelf.in_the_way(need, self._rows(taught or about), learner.finished, day),
            certain=False,
            barred=self._barred([row for row in taught if not permitted[row]], found, asked),
        )

    def _of_anything(self, asked: Asked, permitted: Mask, k: int) -> Recommended:
        """Where nothing says what it is to be on: what suits who asks."""
        need = asked.need
        rows = np.flatnonzero(self._suiting(need, permitted)).tolist()
        candidates = [Candidate(row) for row in self._worth_ranking(rows, asked)]
        best = self._varied(self._scales.weighed(candidates, asked), k)
        everything = np.ones(len(self.shelf), np.bool_)
        return Recommended(
            need,
            tuple(self._told(one, asked) for one in best),
            len(rows),
            {} if best else self.shelf.in_the_way(need, everything, asked.learner.finished, asked.day),
            certain=bool(best),
            personalised=asked.learner != Known(),
            about_something=False,
        )

    def _barred(self, rows: Sequence[int], found: Mapping[int, CourseHit], asked: Asked) -> tuple[Course, ...]:
        """The nearest of some courses, without those that are finished or ruled out."""
        left_out = asked.learner.finished | asked.need.exclude
        nearest = sorted(rows, key=lambda row: (-found[row].score if row in found else 0.0, self.shelf.courses[row].id))
        courses = (self.shelf.courses[row] for row in nearest)
        return tuple(course for course in courses if course.id not in left_out)[:_NEAREST_SHOWN]

    def _rows(self, rows: Iterable[int]) -> Mask:
        mask = np.zeros(len(self.shelf), np.bool_)
        mask[list(rows)] = True
        return mask

    def _on_the_subject(self, words: str, query: Query | None, named: str) -> dict[int, CourseHit]:
        """What all the words find, what those that name something find, and what its name in another language does."""
        found, name = self._found(query), query
        if named and named != words:
            name = self.search.query(named)
            found = _by_name(found, self._found(name))
        if name and _A_NAME.fullmatch(named.strip()):
            found = {row: _called_so(hit, name) for row, hit in found.items()}
        translated = self.search.in_the_other_language(named or words)
        if translated and self._is_named_by(translated, named or words):
            found = _also(found, self._found(self.search.query(translated)), language_of(translated))
        return found

    def _is_named_by(self, translated: str, asked: str) -> bool:
        """Whether a name in the other language is of most of what is asked: smartphone is but half of 沉迷手机."""
        back = self.search.in_the_other_language(translated)
        if not back or language_of(asked) != ZH:
            return True
        return 2 * sum(letter in back for letter in _words_of(asked)) > len(_words_of(asked))

    def _found(self, query: Query | None) -> dict[int, CourseHit]:
        if query is None:
            return {}
        hits = (_in_its_words(hit, query) for hit in self.search.nearest_courses(query, _DEPTH))
        return {self.shelf.row_of[hit.course.id]: hit for hit in hits if hit.course.id in self.shelf.row_of}

    def _among_permitted(self, query: Query, permitted: Mask) -> dict[int, CourseHit]:
        """Where hard facts left hardly any of the nearest: the nearest of all that fit the words."""
        page = self.search.courses_among(
            query, [self.shelf.courses[row].id for row in np.flatnonzero(permitted)], _DEPTH
        )
        return {self.shelf.row_of[hit.course.id]: hit for hit in page if hit.course.id in self.shelf.row_of}

    def _occupation(self, need: Need, words: str) -> Match | None:
        """The trade that a page names; else the one that the words mean, where they name it or likely mean it."""
        (match, *_) = self.occupations.match(need.occupation or words, 1) or (None,)
        if need.occupation or match is None:
            return match
        return match if match.named or match.score >= LIKELY_OCCUPATION else None

    def _in_the_language(self, row: int, words: str) -> bool:
        """Whether a course names the language asked for, where one is: to an embedder all languages are near."""
        return teaches_the_language(words, normalise(card_text(self.shelf.courses[row])))

    def _for_the_trade(self, asked: Asked) -> frozenset[int]:
        """The courses for a trade that was named: by their records, or by half of what it takes. 急救 makes no 月嫂."""
        trade = asked.trade
        if trade is None or not (trade.named or asked.need.occupation is not None):
            return frozenset()
        named = self.skills.named(trade.occupation)
        enough = max(1.0, _OF_A_TRADE * len(trade.occupation.skills))
        return frozenset(
            row for row, skills in asked.skilled.items() if len(skills) >= enough or self.shelf.courses[row].id in named
        )

    def _suiting(self, need: Need, permitted: Mask) -> Mask:
        """What is permitted, narrowed to what names the audience, may be for it, and is in its language: each time only
        where that leaves any.
        """
        audience, reads = need.audience, need.locale_language
        if not audience:
            return permitted
        suiting = permitted
        for like in (
            self.shelf.such(lambda course: audience in course.audience),
            self.shelf.such(lambda course: may_be_for(course, audience)),
            self.shelf.such(lambda course: not (reads and course.language) or languages_fit(course.language, reads)),
        ):
            suiting = suiting & like if (suiting & like).any() else suiting
        return suiting

    def _worth_ranking(self, rows: Sequence[int], asked: Asked) -> Sequence[int]:
        """With no words to go by, a part of the shelf: what others took next, what is for the audience, what is new."""
        if len(rows) <= _DEPTH * 2:
            return rows
        shelf, audience = self.shelf.courses, asked.need.audience
        liked = [row for row in rows if shelf[row].id in asked.after]
        for_them = [row for row in rows if audience and audience in shelf[row].audience]
        order = self.shelf.newest_first
        newest = order[self._rows(rows)[order]][: _DEPTH * 2].tolist()
        return list(dict.fromkeys([*liked, *for_them[:_DEPTH], *newest]))[: _DEPTH * 2]

    def _varied(self, candidates: Sequence[Candidate], k: int) -> list[Candidate]:
        """The best, each next one weighed against those before it (maximal marginal relevance)."""
        left = sorted(candidates, key=lambda one: (-one.score, self.shelf.courses[one.row].id))[: 4 * k]
        chosen: list[Candidate] = []
        likest = dict.fromkeys((one.row for one in left), 0.0)
        while left and len(chosen) < k:
            best = max(left, key=lambda one: one.score - _ALIKE * likest[one.row])
            chosen.append(best)
            left.remove(best)
            traits = _traits(self.shelf.courses[best.row])
            for one in left:
                likest[one.row] = max(likest[one.row], _jaccard(traits, _traits(self.shelf.courses[one.row])))
        return chosen

    def _told(self, one: Candidate, asked: Asked) -> Recommendation:
        need, course = asked.need, self.shelf.courses[one.row]
        sessions = self.shelf.sessions(course, need, asked.day)
        session = next(iter(sessions), None) if need.place or need.around or need.in_person or need.says_when else None
        why = tuple(sorted(one.why, key=lambda reason: -reason.weight))
        return Recommendation(course, one.score, why, session, one.hit.passage_id if one.hit else None)

    def _only_near(self, one: Candidate, asked: Asked) -> Recommendation:
        """A course that only comes near: no lesson of it is on what was asked."""
        told = self._told(one, asked)
        left = [why for why in told.why if why.fact not in ("lesson", "card")]
        return replace(told, why=tuple(sorted([*left, _NEAREST], key=lambda reason: -reason.weight)))


def _nearest(best: Sequence[Candidate], least: float) -> list[Candidate]:
    """Of the best that are not clearly on it those that come near enough, and about as near as the first."""
    return [
        one
        for one in best[:_NEAREST_SHOWN]
        if one.nearness >= least and (one is best[0] or one.score >= _NEARLY * best[0].score)
    ]


def _least_near(message: str, asked: str, named: str, *, taught: bool) -> float:
    """How near a course has to come to be shown as the nearest, where all that is said is the name of a thing to learn,
    with conditions or without (学炒股, I want to learn sailing, free), or little is told of what is not `taught` at all
    (手抖拿不住筷子).
    """
    bare = bool(named) and _words_of(asked) == _words_of(named) and bool(_A_NAME.fullmatch(named.strip()))
    to_learn = bare and bool(_TO_LEARN.search(normalise(message)))
    if to_learn or (not taught and _letters(message) < _TOLD_AT_LENGTH):
        return _NEAR_AT_ALL["en" if (named or asked).isascii() else "zh"]
    return -math.inf


def _letters(said: str) -> int:
    words = re.findall(r"[a-z]+", normalise(said))
    return sum(map(str.isalnum, said)) - sum(map(len, words)) + 2 * len(words)


def _words_of(said: str) -> str:
    return "".join(filter(str.isalnum, said))


def _in_its_words(hit: CourseHit, query: Query) -> CourseHit:
    """A course, not certain where it is only near by its card in another language, and has no word of what is asked by
    any name that a dictionary knows: 孩子沉迷手机 is no wish for Photography.
    """
    if not hit.certain or hit.passage_id or not query.other_words:
        return hit
    card = card_text(hit.course)
    if language_of(card) == query.language or share_said(query.other_words, card) > _HALF:
        return hit
    borrowed = {term for term in query.terms if term.isascii()} & set(terms(normalise(card)))
    return hit if borrowed else replace(hit, certain=False)


def _called_so(hit: CourseHit, query: Query) -> CourseHit:
    """A course, certain where its title has what courses call that which is asked for: 书法临摹 of 写毛笔字."""
    title = normalise(hit.course.title)
    called = hit.score >= COURSE_FLOOR and any(name in title for name in query.called)
    return replace(hit, certain=hit.certain or called)


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


def _traits(course: Course) -> frozenset[str]:
    return frozenset((f"provider {course.provider}", f"initiative {course.initiative}", *course.subjects))


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)
