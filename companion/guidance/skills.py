"""Which courses teach what an occupation takes, by what records state and by what words mean."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from companion.guidance.occupations import Embed, Occupation, Vectors, centred
from course_index.analyze import normalise
from course_index.course import Course

# Two names of skills mean the same from this cosine on (both centred): 沟通 and 客户沟通 do, 沟通 and 构图 do not.
_SAME_SKILL = 0.62


@dataclass(frozen=True, slots=True)
class Gap:
    """Skills that a learner has by finished courses, that courses still to take teach, and that none teaches."""

    had: tuple[str, ...]
    taught: tuple[str, ...]
    missing: tuple[str, ...]


class SkillMap:
    """The skills and subjects of all courses, each embedded once. 10,000 courses with 20,000 skills take 30 MB."""

    def __init__(self, courses: Sequence[Course], embed: Embed) -> None:
        self._courses = tuple(courses)
        self._embed = embed
        # A subject is what the whole course teaches, so it stands beside the skills.
        self._skills = tuple(dict.fromkeys(skill for course in courses for skill in (*course.skills, *course.subjects)))
        self._at = {normalise(skill): number for number, skill in enumerate(self._skills)}
        self._row_skills = [
            frozenset(self._at[normalise(skill)] for skill in (*course.skills, *course.subjects))
            for course in self._courses
        ]
        self._occupations_of = [frozenset(normalise(name) for name in course.occupations) for course in self._courses]
        # Occupations and their skills are an operator's, so these stay small.
        self._named: dict[str, frozenset[str]] = {}
        self._same: dict[str, frozenset[int]] = {}
        self._vectors: Vectors | None = None
        self._mean: Vectors | None = None

    def named(self, occupation: Occupation) -> frozenset[str]:
        """The courses whose records name the occupation."""
        if occupation.id not in self._named:
            names = {normalise(name) for name in (occupation.title, *occupation.aliases)}
            self._named[occupation.id] = frozenset(
                course.id for course, own in zip(self._courses, self._occupations_of, strict=True) if names & own
            )
        return self._named[occupation.id]

    def same(self, skill: str) -> frozenset[int]:
        """The skills of courses (by number) that mean the same as a skill."""
        if skill not in self._same:
            self._same[skill] = self._find_same(skill)
        return self._same[skill]

    def courses_for(self, skill: str) -> list[int]:
        """The rows of the courses that teach a skill."""
        wanted = self.same(skill)
        return [row for row, own in enumerate(self._row_skills) if own & wanted]

    def teaching(self, occupation: Occupation, finished: frozenset[str]) -> dict[int, tuple[str, ...]]:
        """By row of a course, what of the occupation's skills it teaches; finished courses have taught theirs."""
        taught: dict[int, list[str]] = {}
        for skill in occupation.skills:
            for row in self.courses_for(skill):
                if self._courses[row].id not in finished:
                    taught.setdefault(row, []).append(skill)
        return {row: tuple(skills) for row, skills in taught.items()}

    def gap(self, occupation: Occupation, finished: frozenset[str]) -> "Gap":
        """What of an occupation's skills a learner has by finished courses, what courses teach, and what none does."""
        had, open_, missing = [], [], []
        for skill in occupation.skills:
            rows = self.courses_for(skill)
            if any(self._courses[row].id in finished for row in rows):
                had.append(skill)
            elif rows:
                open_.append(skill)
            else:
                missing.append(skill)
        return Gap(tuple(had), tuple(open_), tuple(missing))

    def _find_same(self, skill: str) -> frozenset[int]:
        if not self._skills:
            return frozenset()
        plain = normalise(skill)
        exact = {self._at[plain]} if plain in self._at else set()
        vectors, mean = self._embedded()
        (vector,) = centred(self._embed([skill]), mean)
        near = np.flatnonzero(vectors @ vector >= _SAME_SKILL).tolist()
        inside = [number for number, name in enumerate(self._skills) if _inside(plain, normalise(name))]
        return frozenset({*exact, *near, *inside})

    def _embedded(self) -> tuple[Vectors, Vectors]:
        if self._vectors is None or self._mean is None:
            raw = self._embed(list(self._skills))
            self._mean = raw.mean(axis=0)
            self._vectors = centred(raw, self._mean)
        return self._vectors, self._mean


def _inside(one: str, other: str) -> bool:
    """急救 is in 触电急救: the one is the other's kind. Of single characters nothing is said."""
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) > 1 and longer.endswith(shorter)
