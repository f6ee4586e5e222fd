"""What a way to a goal is: what the goal asks for, the steps to it, and what stands in the way where there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from companion.guidance.shelf import Session
from course_index.course import Course

Preference = Literal["balanced", "fewest_hours", "cheapest", "online"]
Obstacle = Literal[
    "no_course",
    "no_skill",
    "no_level",
    "no_credits",
    "no_time",
    "no_prerequisite",
    "no_session",
    "too_late",
    "past",
    "circle",
]


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something a goal asks for, and the courses of which one is enough; `name` is how it is told.

    `at_most` tells of a level that nobody teaches which is the highest that is taught.
    """

    kind: Literal["skill", "level", "course"]
    name: str
    courses: frozenset[str]
    at_most: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """Where somebody wants to go, in terms of courses.

    `credits` are to be reached in all. `missing` is what no course teaches: told, not required.
    """

    title: str
    requirements: tuple[Requirement, ...] = ()
    credits: float | None = None
    missing: tuple[str, ...] = ()
    fit: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the learner can give: hours a week from a day, until another, on some days of the week (Monday is 0)."""

    hours_a_week: float | None = None
    start: date = date.min
    until: date | None = None
    in_person: bool = False
    days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """A course on the way. `begins` and `ends` are None where no hours a week are known.

    `session` is the class that the dates are of; without dates, and beside those on which it is learned alone
    (`elsewhere`), the nearest that can be joined.
    """

    course: Course
    meets: tuple[str, ...]
    after: tuple[str, ...]
    begins: date | None = None
    ends: date | None = None
    session: Session | None = None
    elsewhere: Session | None = None
    done: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why a goal cannot be reached, or not in time; `values` fill the sentence that says so."""

    obstacle: Obstacle
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pathway:
    """The steps in order, and what they come to. Steps that are done have no dates."""

    goal: Goal
    steps: tuple[Step, ...]
    terms: Terms
    hindrances: tuple[Hindrance, ...] = ()
    preference: Preference = "balanced"

    @property
    def hours(self) -> float:
        """Of the courses still to be taken, as far as their records state them."""
        return sum(step.course.hours or 0.0 for step in self.left)

    @property
    def credits(self) -> float:
        """Of the courses still to be taken, as far as their records state them."""
        return sum(step.course.credits or 0.0 for step in self.left)

    @property
    def price(self) -> float | None:
        """In yuan, of the courses still to be taken; None where the record of one of them states none."""
        stated = [price for step in self.left if (price := yuan(step.course)) is not None]
        return sum(stated) if len(stated) == len(self.left) else None

    @property
    def left(self) -> tuple[Step, ...]:
        """The steps still to be taken."""
        return tuple(step for step in self.steps if not step.done)

    @property
    def without_hours(self) -> int:
        """How many of them state no hours."""
        return sum(step.course.hours is None for step in self.left)

    @property
    def ends(self) -> date | None:
        """The day the last step ends; None without dates."""
        days = [step.ends for step in self.left if step.ends]
        return max(days, default=None) if len(days) == len(self.left) else None

    @property
    def possible(self) -> bool:
        """Whether it leads to the goal."""
        return not self.hindrances and bool(self.steps)


def yuan(course: Course) -> float | None:
    """What a course costs in yuan; None where its record states no price in that currency."""
    return course.price.amount if course.price and course.price.currency == "CNY" else None
