"""What learning platforms tell of a learner (xAPI), and what follows from it: skills believed mastered, reviews due."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from fsrs import Card, Rating, Scheduler
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from companion.guidance.profile import LearningEvent, Verb
from course_index.course import Course
from course_index.record import first_problem

# The verbs of ADL's vocabulary and its usual neighbours that tell of learning.
_VERBS: dict[str, Verb] = {
    "http://adlnet.gov/expapi/verbs/launched": "started",
    "http://adlnet.gov/expapi/verbs/initialized": "started",
    "http://adlnet.gov/expapi/verbs/registered": "started",
    "http://activitystrea.ms/schema/1.0/start": "started",
    "http://adlnet.gov/expapi/verbs/progressed": "progressed",
    "http://adlnet.gov/expapi/verbs/experienced": "progressed",
    "http://adlnet.gov/expapi/verbs/completed": "completed",
    "http://adlnet.gov/expapi/verbs/passed": "completed",
    "http://adlnet.gov/expapi/verbs/mastered": "completed",
    "http://activitystrea.ms/schema/1.0/complete": "completed",
    "http://adlnet.gov/expapi/verbs/failed": "failed",
    "http://adlnet.gov/expapi/verbs/answered": "answered",
    "http://id.tincanapi.com/verb/rated": "rated",
}
# A skill trained, in a statement's context.
SKILL_EXTENSION = "https://w3id.org/xapi/acrossx/extensions/skill"
_IRI = Annotated[str, Field(max_length=2_000, pattern=r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+$")]
_FUTURE_SECONDS = 300.0
_FIRST_YEAR = 1970  # a time long before it may have no UTC
# Between the passage and the question in the name of an item; ids have none.
_BETWEEN = "|"

# Evidence of half a year ago counts half. An answer weighs one, a course as much as two answers.
_HALF_LIFE_DAYS = 180.0
_WEIGHT: dict[Verb, float] = {"answered": 1.0, "practised": 1.0, "completed": 2.0, "failed": 2.0}
# Before any evidence: as if one of two had gone well.
_PRIOR = 1.0


class _Part(BaseModel):
    """xAPI lets a part say more than we read; what we read must be as the standard has it."""

    model_config = ConfigDict(extra="ignore")


class _Score(_Part):
    scaled: float | None = Field(default=None, ge=-1, le=1, allow_inf_nan=False)
    raw: float | None = Field(default=None, allow_inf_nan=False)
    min: float | None = Field(default=None, allow_inf_nan=False)
    max: float | None = Field(default=None, allow_inf_nan=False)

    @property
    def share(self) -> float | None:
        """From 0 to 1, where it can be told."""
        if self.scaled is not None:
            return max(0.0, self.scaled)
        if self.raw is None or self.min is None or self.max is None or self.max <= self.min:
            return None
        return min(1.0, max(0.0, (self.raw - self.min) / (self.max - self.min)))


class _Result(_Part):
    score: _Score | None = None
    success: bool | None = None
    completion: bool | None = None


class _Verb(_Part):
    id: _IRI


class _Object(_Part):
    id: _IRI
    object_type: Literal["Activity"] = Field(default="Activity", alias="objectType")


class _Activities(_Part):
    parent: list[_Object] | _Object = []
    grouping: list[_Object] | _Object = []


class _Context(_Part):
    context_activities: _Activities = Field(default_factory=_Activities, alias="contextActivities")
    extensions: dict[str, Any] = {}


class _Account(_Part):
    home_page: _IRI = Field(alias="homePage")
    name: str = Field(min_length=1, max_length=500)


class _Actor(_Part):
    """Who it was about must be said by the standard; who it is about is whoever's token sends it."""

    object_type: Literal["Agent"] = Field(default="Agent", alias="objectType")
    mbox: Annotated[str, Field(pattern=r"^mailto:\S+@\S+$", max_length=500)] | None = None
    mbox_sha1sum: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{40}$")] | None = None
    openid: _IRI | None = None
    account: _Account | None = None

    @model_validator(mode="after")
    def _is_identified_once(self) -> "_Actor":
        given = [self.mbox, self.mbox_sha1sum, self.openid, self.account]
        if sum(one is not None for one in given) != 1:
            raise ValueError("an actor has exactly one of mbox, mbox_sha1sum, openid and account")
        return self


class Statement(_Part):
    """An xAPI 1.0.3 statement, as far as it is used. The actor is checked and not kept."""

    id: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
    actor: _Actor
    verb: _Verb
    object: _Object
    result: _Result | None = None
    context: _Context | None = None
    timestamp: AwareDatetime

    @model_validator(mode="after")
    def _is_not_of_the_future(self) -> "Statement":
        if self.timestamp.year < _FIRST_YEAR:
            raise ValueError("timestamp lies before there were computers")
        if (self.timestamp - datetime.now(UTC)).total_seconds() > _FUTURE_SECONDS:
            raise ValueError("timestamp lies in the future")
        return self


@dataclass(frozen=True, slots=True)
class Refused:
    """A statement that was not kept, by its place in what was sent, and why."""

    index: int
    why: str


@dataclass(frozen=True, slots=True)
class Mastery:
    """How probably a skill is mastered, and the events that this rests on."""

    skill: str
    probability: float
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Practised:
    """An item of practice that was answered; `item` begins with the id of its passage."""

    item: str
    course_id: str
    right: bool
    partly: bool = False


def read_statements(
    sent: Sequence[Any], course_of: Callable[[str], str | None]
) -> tuple[list[LearningEvent], list[Refused]]:
    """The events that statements tell of, and which statements tell nothing here.

    `course_of` gives the id of the course that an activity's IRI means. A statement about another activity, or with a
    verb that tells nothing of learning, is no mistake: it is named and not kept.
    """
    events, refused = [], []
    for index, one in enumerate(sent):
        try:
            statement = Statement.model_validate(one)
        except ValidationError as error:
            refused.append(Refused(index, first_problem(error)))
            continue
        verb = _VERBS.get(statement.verb.id)
        if verb is None:
            refused.append(Refused(index, "this verb tells nothing that is used here"))
            continue
        course_id, lesson_id = _where(statement, course_of)
        if course_id is None:
            refused.append(Refused(index, "neither the object nor its parents are a course of this catalogue"))
            continue
        result = statement.result or _Result()
        score = result.score.share if result.score else None
        if verb == "completed" and result.success is False:
            verb = "failed"
        skill = (statement.context.extensions.get(SKILL_EXTENSION) if statement.context else None) or None
        events.append(
            LearningEvent(
                statement.id.lower(),
                statement.timestamp.astimezone(UTC),
                verb,
                course_id,
                lesson_id,
                str(skill)[:120] if isinstance(skill, str) else None,
                score,
                result.success,
            )
        )
    return events, refused


def course_finder(courses: Sequence[Course]) -> Callable[[str], str | None]:
    """Which course an IRI means: its own address, ours (/v1/courses/ID), or urn:course:ID."""
    by_url = {course.url.rstrip("/"): course.id for course in courses if course.url}
    ids = {course.id for course in courses}

    def found(iri: str) -> str | None:
        if (own := by_url.get(iri.rstrip("/"))) is not None:
            return own
        if named := re.match(r"^urn:course:(.+)$", iri):
            return named[1] if named[1] in ids else None
        try:
            parts = urlsplit(iri).path.rstrip("/").rsplit("/courses/", 1)
        except ValueError:  # http://[no-address
            return None
        last = unquote(parts[1]) if len(parts) == 2 else ""
        return last if last in ids else None

    return found


def mastery(events: Sequence[LearningEvent], courses: Mapping[str, Course], now: datetime) -> list[Mastery]:
    """How probably each skill is mastered, the surest first.

    The mean of a Beta distribution over what went well and what did not, older evidence counting less. A course
    completed or failed speaks for the skills that its record names.
    """
    good: dict[str, float] = {}
    weight: dict[str, float] = {}
    evidence: dict[str, list[str]] = {}
    for event in events:
        outcome = _outcome(event)
        if outcome is None:
            continue
        course = courses.get(event.course_id)
        skills = (event.skill,) if event.skill else course.skills if course else ()
        age = max(0.0, (now - event.at).total_seconds() / 86_400)
        counts = _WEIGHT[event.verb] * 0.5 ** (age / _HALF_LIFE_DAYS)
        for skill in skills:
            good[skill] = good.get(skill, 0.0) + counts * outcome
            weight[skill] = weight.get(skill, 0.0) + counts
            evidence.setdefault(skill, []).append(event.id)
    found = [
        Mastery(skill, round((_PRIOR + good[skill]) / (2 * _PRIOR + weight[skill]), 3), tuple(evidence[skill]))
        for skill in weight
    ]
    return sorted(found, key=lambda one: (-one.probability, one.skill))


def passage_of(item: str) -> str:
    """The passage that an item of practice is from."""
    return item.split(_BETWEEN, 1)[0]


def item_of(passage_id: str, question_id: str) -> str:
    """What a question is kept as."""
    return f"{passage_id}{_BETWEEN}{question_id}"


def reviewed(card: dict[str, Any] | None, answer: Practised, at: datetime) -> tuple[dict[str, Any], datetime]:
    """The schedule of an item after an answer (FSRS), and when it is due again. None is an item seen first."""
    known = Card.from_dict(card) if card else Card()  # type: ignore[arg-type]
    rating = Rating.Good if answer.right else Rating.Hard if answer.partly else Rating.Again
    # Without fuzzing: the same answers lead to the same days.
    after, _ = Scheduler(enable_fuzzing=False).review_card(known, rating, at)
    return dict(after.to_dict()), after.due


def _outcome(event: LearningEvent) -> float | None:
    """How well it went, from 0 to 1; None for what tells nothing of mastery."""
    if event.verb not in _WEIGHT:
        return None
    if event.verb == "failed":
        return 0.0
    if event.score is not None:
        return event.score
    if event.success is not None:
        return float(event.success)
    return 1.0 if event.verb == "completed" and event.lesson_id is None else None


def _where(statement: Statement, course_of: Callable[[str], str | None]) -> tuple[str | None, str | None]:
    """The course, and the lesson where the object is a part of it."""
    if (own := course_of(statement.object.id)) is not None:
        return own, None
    if statement.context is None:
        return None, None
    activities = statement.context.context_activities
    around = [*_listed(activities.parent), *_listed(activities.grouping)]
    found = next((id_ for one in around if (id_ := course_of(one.id)) is not None), None)
    return found, statement.object.id[:200] if found else None


def _listed(value: list[_Object] | _Object) -> list[_Object]:
    return value if isinstance(value, list) else [value]
