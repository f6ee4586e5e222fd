"""Chooses the way to a goal: which courses, in which order; and why where there is none.

Which courses to take is an integer program (scipy's HiGHS): cover what the goal asks for, take what a course requires
before it, at the least cost.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
from scipy.sparse import csr_matrix

from companion.guidance.pathway import Goal, Hindrance, Pathway, Preference, Requirement, Step, Terms, yuan
from companion.guidance.shelf import Session
from companion.guidance.weeks import dated
from course_index.course import Course

# A course whose record states no hours counts as long as the middle one that states them, for choosing only.
_UNKNOWN_HOURS = 10.0
# What an hour and a yuan weigh in choosing, and how much a course that fits the goal's words well is worth in hours.
_YUAN_IN_HOURS = {"balanced": 0.05, "fewest_hours": 0.001, "cheapest": 1.0, "online": 0.05}
_FIT_IN_HOURS = 20.0
_SILENT_HOURS = 1_000.0
_IN_PERSON_HOURS = {"balanced": 0.0, "fewest_hours": 0.0, "cheapest": 0.0, "online": 1_000.0}
_SOLVER_SECONDS = 5.0
_UNMET = 1e4
# Nobody learns more hours a week.
_MOST_HOURS = 112


class Planner:
    """Plans over the courses that may be taken.

    `open_` are the courses that can be begun, `all_` all that exist, `sessions` those of each course that can be
    joined, the best first.
    """

    def __init__(
        self,
        open_: Sequence[Course],
        all_: Mapping[str, Course],
        sessions: Mapping[str, Sequence[Session]],
        finished: frozenset[str] = frozenset(),
        failed: frozenset[str] = frozenset(),
    ) -> None:
        self._open = {course.id: course for course in open_}
        self._all = all_
        self._sessions = sessions
        self._finished = finished
        self._failed = failed

    def plan(self, goal: Goal, terms: Terms, preference: Preference = "balanced") -> Pathway:
        """The best way; with hindrances where there is none."""
        if not goal.requirements and goal.credits is None:
            nobody = tuple(Hindrance("no_skill", (name,)) for name in goal.missing) or (Hindrance("no_course"),)
            return Pathway(goal, (), terms, nobody)
        in_time = self._in_time(terms)
        if in_time is not self:
            path = in_time.plan(goal, replace(terms, until=None), preference)
            if path.possible and path.ends and terms.until and path.ends <= terms.until:
                return replace(path, terms=terms)
        needed = self._with_prerequisites(goal)
        if circle := _circle(needed):
            return Pathway(goal, (), terms, (Hindrance("circle", tuple(self._title(id_) for id_ in circle)),))
        chosen, unmet = self._choose(goal, needed, preference)
        hindrances = self._explain(goal, unmet, needed)
        ordered = _in_order(chosen, self._open | self._known(self._finished))
        steps = self._scheduled(goal, terms, ordered)
        if not hindrances and terms.until and terms.until < terms.start and not all(step.done for step in steps):
            hindrances = [Hindrance("past", (terms.until.isoformat(),))]
        elif not hindrances:
            hindrances = self._lateness(goal, terms, steps)
        return Pathway(goal, tuple(steps), terms, tuple(hindrances), preference)

    def alternatives(self, goal: Goal, terms: Terms, best: Pathway) -> list[Pathway]:
        """Other ways that take other courses: with the fewest hours, the least money, all online."""
        found = [best]
        for preference in ("fewest_hours", "cheapest", "online"):
            other = self.plan(goal, terms, preference)
            if not other.possible or not _is_as_preferred(other):
                continue
            if all({step.course.id for step in other.steps} != {step.course.id for step in way.steps} for way in found):
                found.append(other)
        return found[1:]

    def _in_time(self, terms: Terms) -> "Planner":
        """The same without sessions that end too late; itself, where there are none or there is no last day."""
        if terms.until is None or not terms.hours_a_week:
            return self
        last = terms.until
        early = {
            id_: [one for one in held if (one.offering.end or one.offering.start or last) <= last]
            for id_, held in self._sessions.items()
        }
        if all(len(early[id_]) == len(held) for id_, held in self._sessions.items()):
            return self
        return Planner(list(self._open.values()), self._all, early, self._finished, self._failed)

    # -- which courses -----------------------------------------------------------------------------------------------

    def _with_prerequisites(self, goal: Goal) -> dict[str, Course]:
        """The courses that a way may have: those that meet a requirement, and all that these require."""
        wanted = [id_ for requirement in goal.requirements for id_ in requirement.courses]
        wanted += list(goal.fit) if goal.credits is not None else []
        found: dict[str, Course] = {}
        while wanted:
            id_ = wanted.pop()
            if id_ not in found and id_ in self._all:
                found[id_] = self._all[id_]
                if id_ not in self._finished:
                    wanted += found[id_].prerequisites
        return found

    def _choose(self, goal: Goal, needed: Mapping[str, Course], preference: Preference) -> tuple[list[str], list[str]]:
        """The ids of the courses to take, and the names of what cannot be met, each with a slack of its own."""
        from scipy.optimize import Bounds, LinearConstraint, milp  # .3 s, which a start need not wait for

        ids = sorted(needed)
        column = {id_: at for at, id_ in enumerate(ids)}
        slacks = [requirement.name for requirement in goal.requirements] + (["credits"] if goal.credits else [])
        width = len(ids) + len(slacks)
        if not width:
            return [], []
        middle = _middle_hours(needed.values())
        costs = np.array(
            [self._cost(needed[id_], goal, preference, middle) for id_ in ids] + [_UNMET] * len(slacks), np.float64
        )
        upper = np.array([1.0 if self._takeable(id_) else 0.0 for id_ in ids] + [_slack_limit(goal)] * len(slacks))
        lower = np.array([1.0 if id_ in self._finished else 0.0 for id_ in ids] + [0.0] * len(slacks))
        rows: list[dict[int, float]] = []
        least: list[float] = []
        for at, requirement in enumerate(goal.requirements):
            rows.append({column[id_]: 1.0 for id_ in requirement.courses if id_ in column} | {len(ids) + at: 1.0})
            least.append(1.0)
        if goal.credits:
            stated = {column[id_]: float(needed[id_].credits or 0.0) for id_ in ids}
            rows.append(stated | {width - 1: 1.0})
            least.append(goal.credits)
        for id_ in ids:
            if id_ in self._finished:
                continue
            for before in needed[id_].prerequisites:
                # To take a course is to have taken what it requires; what is not in the catalogue bars it.
                rows.append({column[id_]: -1.0} | ({column[before]: 1.0} if before in column else {}))
                least.append(0.0)
        matrix = csr_matrix(
            (
                [value for row in rows for value in row.values()],
                ([at for at, row in enumerate(rows) for _ in row], [col for row in rows for col in row]),
            ),
            shape=(len(rows), width),
        )
        solved = milp(
            costs,
            integrality=np.array([1] * len(ids) + [0] * len(slacks)),
            bounds=Bounds(lower, upper),
            constraints=LinearConstraint(matrix, lb=np.array(least)) if rows else (),
            options={"time_limit": _SOLVER_SECONDS},
        )
        if solved.x is None:  # cannot be: the slacks meet everything
            return [], slacks
        taken = [id_ for id_, share in zip(ids, solved.x, strict=False) if share > 0.5]
        unmet = [name for name, share in zip(slacks, solved.x[len(ids) :], strict=True) if share > 1e-6]
        return [id_ for id_ in taken if self._is_on_the_way(id_, taken, goal, needed)], unmet

    def _is_on_the_way(self, id_: str, taken: Sequence[str], goal: Goal, needed: Mapping[str, Course]) -> bool:
        """Finished courses are in the solution at no cost; only those that meet something belong to the way."""
        if id_ not in self._finished:
            return True
        meets = any(id_ in requirement.courses for requirement in goal.requirements)
        return meets or any(id_ in needed[other].prerequisites for other in taken if other not in self._finished)

    def _cost(self, course: Course, goal: Goal, preference: Preference, middle: float) -> float:
        if course.id in self._finished:
            return 0.0
        # Who asks for the shortest or the cheapest way is not sent to a course that does not say how long it is.
        silent_hours = _SILENT_HOURS if preference == "fewest_hours" else middle
        silent_price = _SILENT_HOURS if preference == "cheapest" else 0.0
        hours = course.hours if course.hours is not None else silent_hours
        price = yuan(course)
        money = price * _YUAN_IN_HOURS[preference] if price is not None else silent_price
        away = 0.0 if course.delivery == "online" else _IN_PERSON_HOURS[preference]
        fit = goal.fit.get(course.id, 0.0)
        # Never free: of two ways the one with fewer courses is better.
        return max(0.1, hours + money + away - _FIT_IN_HOURS * fit * (preference == "balanced")) + 0.1

    def _takeable(self, id_: str) -> bool:
        if id_ in self._finished:
            return True
        course = self._open.get(id_)
        # In person only, and no session left: it cannot be taken now.
        return course is not None and (course.delivery != "offline" or bool(self._sessions.get(id_)))

    def _explain(self, goal: Goal, unmet: Sequence[str], needed: Mapping[str, Course]) -> list[Hindrance]:
        found = []
        for requirement in goal.requirements:
            if requirement.name not in unmet:
                continue
            candidates = [needed[id_] for id_ in sorted(requirement.courses) if id_ in needed]
            if not candidates:
                found.append(_nobody_teaches(requirement))
                continue
            found.append(self._why_not(candidates[0]))
        if "credits" in unmet and goal.credits is not None:
            most = sum(needed[id_].credits or 0.0 for id_ in needed if self._takeable(id_))
            found.append(Hindrance("no_credits", (f"{most:g}", f"{goal.credits:g}")))
        return found

    def _why_not(self, course: Course) -> Hindrance:
        """What bars a course: one that it requires, or itself."""
        for before in course.prerequisites:
            if before in self._finished:
                continue
            if before not in self._all or before not in self._open:
                return Hindrance("no_prerequisite", (course.title, self._title(before)))
            deeper = self._why_not(self._all[before])
            if deeper.obstacle == "no_prerequisite" or not self._takeable(before):
                return deeper
        return Hindrance("no_session", (course.title,))

    def _title(self, id_: str) -> str:
        return self._all[id_].title if id_ in self._all else id_

    def _known(self, ids: Iterable[str]) -> dict[str, Course]:
        return {id_: self._all[id_] for id_ in ids if id_ in self._all}

    # -- when --------------------------------------------------------------------------------------------------------

    def _scheduled(self, goal: Goal, terms: Terms, ordered: Sequence[Course]) -> list[Step]:
        chosen = {course.id for course in ordered}
        steps = [
            Step(
                course,
                tuple(one.name for one in goal.requirements if course.id in one.courses and one.kind == "skill"),
                tuple(id_ for id_ in course.prerequisites if id_ in chosen),
                session=next(iter(self._sessions.get(course.id, ())), None),
                done=course.id in self._finished,
                again=course.id in self._failed,
            )
            for course in ordered
        ]
        if not terms.hours_a_week:
            return steps
        # By their days; what has none stays where it was.
        return sorted(dated(steps, self._sessions, terms), key=lambda step: (not step.done, step.begins or date.max))

    def _lateness(self, goal: Goal, terms: Terms, steps: Sequence[Step]) -> list[Hindrance]:
        way = Pathway(goal, tuple(steps), terms)
        if not terms.until or not terms.hours_a_week or (way.ends and way.ends <= terms.until):
            return []
        if way.without_hours and all(step.ends is None or step.ends <= terms.until for step in way.left):
            return []  # whether it is in time cannot be told, and that is told
        least = self._least_hours(goal, terms, steps)
        if least is None:  # no hours would do; a session comes too late
            late = [step for step in way.left if step.ends is None or step.ends > terms.until]
            if not late:
                return []
            if (ends := late[0].ends) is None:
                return [Hindrance("no_session", (late[0].course.title,))]
            return [Hindrance("too_late", (late[0].course.title, ends.isoformat(), terms.until.isoformat()))]
        values = (terms.until.isoformat(), f"{terms.hours_a_week:g}", f"{way.hours:g}", f"{least:g}")
        return [Hindrance("no_time", values)]

    def _least_hours(self, goal: Goal, terms: Terms, steps: Sequence[Step]) -> float | None:
        """The fewest hours a week, in halves, with which the same steps end in time; None where none would do."""
        courses = [step.course for step in steps]
        for halves in range(math.floor((terms.hours_a_week or 0.0) * 2) + 1, _MOST_HOURS * 2 + 1):
            hastened = replace(terms, hours_a_week=halves / 2)
            ends = Pathway(goal, tuple(self._scheduled(goal, hastened, courses)), hastened).ends
            if ends and terms.until and ends <= terms.until:
                return halves / 2
        return None


def _nobody_teaches(requirement: Requirement) -> Hindrance:
    if requirement.kind == "level":
        return Hindrance("no_level", (requirement.name, requirement.at_most))
    return Hindrance("no_course") if requirement.kind == "course" else Hindrance("no_skill", (requirement.name,))


def _in_order(ids: Iterable[str], courses: Mapping[str, Course]) -> list[Course]:
    """What is required first, then the lower level, the longer wait, the shorter course."""
    left = {id_: courses[id_] for id_ in ids if id_ in courses}
    ordered: list[Course] = []
    done: set[str] = set()
    while left:
        ready = [one for one in left.values() if all(id_ in done or id_ not in left for id_ in one.prerequisites)]
        first = min(ready, key=lambda one: (one.level or 0, one.hours or 0.0, one.id))
        ordered.append(first)
        done.add(first.id)
        del left[first.id]
    return ordered


def _circle(courses: Mapping[str, Course]) -> list[str]:
    """Courses that require each other in a circle; none, where there is no such circle."""
    state: dict[str, int] = {}
    path: list[str] = []

    def visit(id_: str) -> list[str]:
        state[id_] = 1
        path.append(id_)
        for before in courses[id_].prerequisites:
            if before not in courses:
                continue
            if state.get(before) == 1:
                return path[path.index(before) :]
            if before not in state and (found := visit(before)):
                return found
        path.pop()
        state[id_] = 2
        return []

    for id_ in courses:
        if id_ not in state and (found := visit(id_)):
            return found
    return []


def _is_as_preferred(path: Pathway) -> bool:
    """Whether a way can be called what it was planned for: known to be short, cheap or online."""
    match path.preference:
        case "fewest_hours":
            return not path.without_hours
        case "cheapest":
            return path.price is not None
        case "online":
            return all(step.course.delivery == "online" for step in path.left)
        case _:
            return True


def _middle_hours(courses: Iterable[Course]) -> float:
    stated = sorted(course.hours for course in courses if course.hours is not None)
    return stated[len(stated) // 2] if stated else _UNKNOWN_HOURS


def _slack_limit(goal: Goal) -> float:
    return max(1.0, goal.credits or 0.0)
