"""What a learner has told of themselves, and what is believed of them, each belief with its evidence."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from companion.guidance.places import Place
from course_index.course import Course

Standing = Literal["new", "some", "advanced"]
Verb = Literal["started", "progressed", "completed", "failed", "answered", "practised", "rated"]

# Subjects that tell of health, belief, politics, trouble with the law or with money: interests in them are never
# inferred, however many such courses somebody takes.
SENSITIVE = (
    "健康", "保健", "疾病", "医", "药", "心理", "抑郁", "残疾", "护理", "孕", "生育", "性", "宗教", "信仰", "民族", "政治", "党",  # noqa: E501
    "法律", "刑", "犯罪", "矫正", "债", "贷款", "破产", "离婚", "艾滋", "戒毒",
    "health", "medical", "disease", "disab", "pregnan", "religio", "faith", "ethnic", "politic", "law", "crime", "debt",
    "divorce", "addict", "sexual", "mental",
)  # fmt: skip
# So many courses have to speak for a belief.
_ENOUGH = 2


@dataclass(frozen=True, slots=True)
class Profile:
    """What a learner has told. None is not told, and is never guessed."""

    goals: tuple[str, ...] = ()
    audience: str | None = None
    occupation: str | None = None
    level: int | None = None
    standing: Standing | None = None
    hours_a_week: float | None = None
    city: str | None = None
    district: str | None = None
    language: str | None = None
    free_only: bool = False
    step_free: bool = False
    completed: tuple[str, ...] = ()  # courses taken elsewhere or before, by id

    @property
    def place(self) -> Place | None:
        """Where the learner said they are."""
        return Place(self.city, self.district) if self.city else None


@dataclass(frozen=True, slots=True)
class Kept:
    """A profile with its switch: who is not `personalised` gets the advice that everybody gets."""

    profile: Profile = Profile()
    rejected: tuple[str, ...] = ()
    personalised: bool = True


@dataclass(frozen=True, slots=True)
class LearningEvent:
    """Something that happened in learning. `score` is 0 to 1."""

    id: str
    at: datetime
    verb: Verb
    course_id: str
    lesson_id: str | None = None
    skill: str | None = None
    score: float | None = None
    success: bool | None = None


@dataclass(frozen=True, slots=True)
class Belief:
    """What is inferred of a learner, with the events it rests on. A learner takes it back by its id."""

    id: str
    kind: Literal["interest", "level"]
    value: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """All that advice may use of a learner; empty for who is new, or has switched it off."""

    profile: Profile = Profile()
    events: tuple[LearningEvent, ...] = ()
    beliefs: tuple[Belief, ...] = ()
    seen: frozenset[str] = field(default_factory=frozenset)

    @property
    def finished(self) -> frozenset[str]:
        """Courses completed, as told or as recorded."""
        return finished_courses(self.events) | frozenset(self.profile.completed)


def finished_courses(events: Iterable[LearningEvent]) -> frozenset[str]:
    """Whose last verdict is that they were completed."""
    last: dict[str, Verb] = {}
    for event in sorted(events, key=lambda event: event.at):
        if event.verb in ("completed", "failed") and event.lesson_id is None:
            last[event.course_id] = event.verb
    return frozenset(id_ for id_, verb in last.items() if verb == "completed")


def failed_courses(events: Iterable[LearningEvent]) -> frozenset[str]:
    """Whose last verdict is that they were failed."""
    judged = {event.course_id for event in events if event.verb == "failed" and event.lesson_id is None}
    return frozenset(judged - finished_courses(events))


def beliefs_of(
    events: Sequence[LearningEvent], courses: Mapping[str, Course], rejected: Sequence[str] = ()
) -> tuple[Belief, ...]:
    """Interests and the level that courses begun and finished speak for; never what is sensitive.

    An interest is a subject of at least two courses; the level is the highest of a course completed.
    """
    by_course: dict[str, list[LearningEvent]] = {}
    for event in events:
        if event.course_id in courses and event.verb != "rated":
            by_course.setdefault(event.course_id, []).append(event)
    of_subject = Counter(subject for id_ in by_course for subject in courses[id_].subjects if not is_sensitive(subject))
    found = [
        Belief(
            f"interest:{subject}",
            "interest",
            subject,
            tuple(event.id for id_, own in by_course.items() if subject in courses[id_].subjects for event in own),
        )
        for subject, count in of_subject.most_common()
        if count >= _ENOUGH
    ]
    levels = [
        (level, event)
        for event in events
        if event.verb == "completed"
        and event.lesson_id is None
        and event.course_id in courses
        and (level := courses[event.course_id].level) is not None
    ]
    if levels:
        highest = max(level for level, _ in levels)
        proof = tuple(event.id for level, event in levels if level == highest)
        found.append(Belief(f"level:{highest}", "level", str(highest), proof))
    return tuple(belief for belief in found if belief.id not in rejected)


def is_sensitive(subject: str) -> bool:
    """Whether an interest in it would tell of what nobody should infer."""
    plain = subject.lower()
    return any(part in plain for part in SENSITIVE)
