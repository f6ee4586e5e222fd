"""From a goal in a learner's words, or as a page asks for it, to what courses have to bring about."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from companion.guidance.following import NOBODY
from companion.guidance.need import Need
from companion.guidance.occupations import Match
from companion.guidance.pathway import Goal, Requirement
from companion.guidance.profile import Known
from companion.guidance.recommend import LIKELY_OCCUPATION, Recommender
from companion.guidance.subject import subject_of, wanted_part
from companion.patterns import Patterns
from companion.quantities import small_number
from companion.understanding.wish import course_subject
from course_index.analyze import normalise

# So many of the nearest courses are looked at where nothing but words says what a way is to lead to.
_COURSES_OF_WORDS = 5
# A course belongs to a way by words when it fits at least this share of what the best one does.
_SHARE_OF_BEST = 0.8
_SHARE_OF_SCHOOL = 0.5
_SAYS = Patterns(Path(__file__).with_name("goals.toml"))
# By which words the catalogue has what leads there: the way back to school, and the school subjects for it.
DIPLOMA_WORDS = "学历提升"
_SCHOOL_WORDS = "初中课程补习"


@dataclass(frozen=True, slots=True)
class Destination:
    """A goal, with what its words were taken for. `diploma` tells that a degree was named, which no course grants;
    `by_words` that nothing but the likeness of words says which courses lead there.
    """

    goal: Goal
    occupation: Match | None = None
    diploma: bool = False
    by_words: bool = False


@dataclass(frozen=True, slots=True)
class Aim:
    """What a page or a message asks for; the first that is given decides."""

    text: str = ""
    course_id: str | None = None
    occupation_id: str | None = None
    level: int | None = None
    credits: float | None = None


def aim_of(message: str) -> Aim:
    """What a message names: a level, credits, or a goal in words."""
    said = normalise(message)
    level = None
    if found := _SAYS["level"].search(said):
        level = small_number(found["a"] or found["b"])
    named = _SAYS["credits"].search(said)
    number = float(named["a"] or named["b"]) if named else None
    return Aim(message, level=level, credits=number)


def names_diploma(text: str) -> bool:
    """Whether a degree or a school leaving certificate is what somebody is after."""
    return bool(_SAYS["diploma"].search(normalise(text)))


def destination(aim: Aim, need: Need, known: Known, recommender: Recommender, today: date) -> Destination:
    """What the courses on the shelf can do for an aim. A goal without requirements is one that nothing here teaches."""
    diploma = names_diploma(aim.text)
    if aim.course_id is not None:
        shelf = recommender.shelf
        there = aim.course_id in shelf.row_of
        title = shelf.courses[shelf.row_of[aim.course_id]].title if there else aim.course_id
        only = Requirement("course", title, frozenset({aim.course_id} if there else ()))
        return Destination(Goal(title, (only,)))
    match = _occupation(aim, recommender)
    if match:
        by = (
            _by_skills(match, recommender)
            if match.occupation.skills
            else _by_work(match, need, known, recommender, today)
        )
        return Destination(by, match, diploma)
    bare = subject_of(_SAYS["level"].sub(" ", _SAYS["credits"].sub(" ", aim.text)))
    subject = _SAYS["particles"].sub("", course_subject(bare)).strip() if bare else ""
    if aim.level is not None:
        return Destination(_by_level(aim.level, subject, need, known, recommender, today), None, diploma)
    if aim.credits is not None:
        return Destination(_by_credits(aim.credits, subject, need, known, recommender, today), None, diploma)
    if diploma:
        return Destination(_by_school(need, known, recommender, today), None, diploma)
    return Destination(_by_words(subject, need, known, recommender, today), by_words=True)


def _occupation(aim: Aim, recommender: Recommender) -> Match | None:
    if aim.occupation_id is not None:
        occupation = recommender.occupations.get(aim.occupation_id)
        return Match(occupation, 1.0, True) if occupation else None
    if aim.level is not None or aim.credits is not None or not aim.text:
        return None
    (match, *_) = recommender.occupations.match(wanted_part(aim.text), 1) or (None,)
    wants_a_trade = bool(_SAYS["trade"].search(normalise(aim.text)))
    return match if match and wants_a_trade and (match.named or match.score >= LIKELY_OCCUPATION) else None


def _by_skills(match: Match, recommender: Recommender) -> Goal:
    occupation = match.occupation
    requirements, missing = [], []
    for skill in occupation.skills:
        rows = recommender.skills.courses_for(skill)
        if rows:
            ids = frozenset(recommender.shelf.courses[row].id for row in rows)
            requirements.append(Requirement("skill", skill, ids))
        else:
            missing.append(skill)
    named = dict.fromkeys(recommender.skills.named(occupation), 1.0)
    return Goal(occupation.title, tuple(requirements), None, tuple(missing), named)


def _fitting(
    subject: str, need: Need, known: Known, recommender: Recommender, today: date, k: int, *, by_record: bool = False
) -> dict[str, float]:
    """How well courses fit the words of a goal: 1 for the best."""
    asked = replace(need, text=subject)
    # Finished courses belong to a way too: they are its first part.
    found = recommender.recommend(asked, Known(known.profile), k, today, NOBODY, subject)
    best = max((one.score for one in found.courses), default=0.0)
    # That some passage is near does not make a course one on the goal.
    return {
        one.course.id: one.score / best
        for one in found.courses
        if best > 0 and found.certain and (one.passage_id is None or not by_record)
    }


def _by_level(level: int, subject: str, need: Need, known: Known, recommender: Recommender, today: date) -> Goal:
    courses = recommender.shelf.courses
    fit = _fitting(subject, need, known, recommender, today, 60) if subject else {course.id: 0.0 for course in courses}
    on_it = [courses[recommender.shelf.row_of[id_]] for id_ in fit]
    stated = [course.level for course in on_it if course.level is not None]
    reached = max([known.profile.level or 0, *(int(one.value) for one in known.beliefs if one.kind == "level")])
    highest = str(max(stated, default=0))
    # Levels below the goal that nobody teaches are passed over; the goal's own must be taught.
    requirements = tuple(
        Requirement("level", str(step), frozenset(one.id for one in on_it if one.level == step), highest)
        for step in range(min(reached, level - 1) + 1, level + 1)
        if step == level or step in stated
    )
    return Goal(subject or str(level), requirements, None, (), fit)


def _by_credits(wanted: float, subject: str, need: Need, known: Known, recommender: Recommender, today: date) -> Goal:
    fit = (
        _fitting(subject, need, known, recommender, today, 60)
        if subject
        else {one.id: 0.0 for one in recommender.shelf.courses}
    )
    return Goal(subject or f"{wanted:g}", (), wanted, (), fit)


def _by_words(subject: str, need: Need, known: Known, recommender: Recommender, today: date) -> Goal:
    """Of the courses whose records are on a subject any one: several schools teach the same."""
    fit = _fitting(subject, need, known, recommender, today, _COURSES_OF_WORDS, by_record=True) if subject else {}
    return Goal("", _any_of(fit, _SHARE_OF_BEST, recommender), None, (), fit)


def _by_work(match: Match, need: Need, known: Known, recommender: Recommender, today: date) -> Goal:
    """For an occupation whose record names no skills: the courses that name it, else those on its name."""
    named = dict.fromkeys(recommender.skills.named(match.occupation), 1.0)
    goal = _by_words(match.occupation.title, need, known, recommender, today)
    requirements = _any_of(named, 1.0, recommender) if named else goal.requirements
    return replace(goal, title=match.occupation.title, requirements=requirements, fit={**goal.fit, **named})


def _by_school(need: Need, known: Known, recommender: Recommender, today: date) -> Goal:
    """A course on the ways to a diploma, and then one that refreshes what school taught."""
    found: dict[str, float] = {}
    requirements: list[Requirement] = []
    for words in (DIPLOMA_WORDS, _SCHOOL_WORDS):
        fit = _fitting(words, replace(need, locale_language=""), known, recommender, today, 60)
        courses = recommender.shelf.courses
        academic = {
            id_: share
            for id_, share in fit.items()
            if courses[recommender.shelf.row_of[id_]].initiative == "academic" and id_ not in found
        }
        requirements += _any_of(academic, _SHARE_OF_SCHOOL, recommender)
        found |= academic
    return Goal("", tuple(requirements), None, (), found)


def _any_of(fit: Mapping[str, float], share: float, recommender: Recommender) -> tuple[Requirement, ...]:
    """One of the courses that fit at least that share of what the best one does; nothing where there are none."""
    best = max(fit.values(), default=0.0)
    close = [id_ for id_, fits in fit.items() if best > 0 and fits >= share * best]
    if not close:
        return ()
    title = recommender.shelf.courses[recommender.shelf.row_of[close[0]]].title
    return (Requirement("course", title, frozenset(close)),)
