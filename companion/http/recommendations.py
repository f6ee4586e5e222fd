"""POST /v1/recommendations, /v1/offerings/search; GET /v1/occupations, /v1/credit-rules."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Annotated, Any, NotRequired

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import Field, model_validator
from typing_extensions import TypedDict

from companion.browsing import ListedCourse
from companion.catalogue import public_record
from companion.guidance.adviser import Adviser
from companion.guidance.book import Unmet, UnmetReason
from companion.guidance.credits import Rule
from companion.guidance.need import Need, need_of
from companion.guidance.places import Place
from companion.guidance.recommend import Recommended
from companion.guidance.shelf import Session
from companion.guidance.telling import class_told, courses_told, nearest_told, reason
from companion.guidance.weighing import Why
from companion.http.gate import caller_of
from companion.http.problems import AsciiJSONResponse
from companion.http.wishes import (
    Body,
    Conditions,
    OccupationNamed,
    SessionOfCourse,
    Short,
    need_from,
    point_of,
    session_told_plainly,
)
from companion.replies.advising import Advising
from companion.safety.mask import masked
from companion.tutors import Tutors
from companion.words import Locale, locale_of
from course_index.course import Course


class RecommendationWish(Conditions):
    """A need in words, conditions, or both; with neither, what suits anybody, or this learner."""

    text: str = Field(default="", max_length=2_000)
    audience: str | None = Field(default=None, max_length=40)
    locale: str | None = Field(default=None, max_length=20)
    limit: int = Field(default=5, ge=1, le=20)
    personalised: bool = True


class OfferingWish(Body):
    """Sessions to be found: on a subject, near a place."""

    text: str = Field(default="", max_length=2_000)
    city: Short | None = None
    district: Short | None = None
    town: Short | None = None
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    step_free: bool = False
    locale: str | None = Field(default=None, max_length=20)
    limit: int = Field(default=10, ge=1, le=50)

    @model_validator(mode="after")
    def _is_somewhere(self) -> "OfferingWish":
        if (self.district or self.town) and not (self.city or self.latitude is not None):
            raise ValueError("a district or town wants its `city` beside it")
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("`latitude` and `longitude` go together")
        return self


class RecommendedCourse(ListedCourse):
    """A course for a need, with the reason, the facts it is made of, and the nearest session where one suits."""

    reason: str
    score: float
    why: list[Why]
    session: SessionOfCourse | None


class RecommendationsTold(TypedDict):
    """Courses for a need. `in_the_way` says how many more each condition alone keeps out; `counted` that the need is
    kept as one that nothing met.
    """

    courses: list[RecommendedCourse]
    certain: bool
    personalised: bool
    occupation: OccupationNamed | None
    in_the_way: dict[str, int]
    text: str
    counted: NotRequired[bool]


class FoundSession(SessionOfCourse):
    """A session with its course."""

    course_id: str
    title: str


class SessionsTold(TypedDict):
    """Sessions in person, the nearest first; `online` are courses that need no place."""

    offerings: list[FoundSession]
    total: int
    online: list[str]
    text: str
    counted: bool


class FoundOccupation(TypedDict):
    """An occupation that words may mean; `named` tells that its very name was said."""

    id: str
    title: str
    aliases: list[str]
    definition: str
    tasks: list[str]
    skills: list[str]
    source: str
    as_of: str
    sample: bool
    score: float
    named: bool
    taught_here: list[str]
    not_taught_here: list[str]


class OccupationsTold(TypedDict):
    """Occupations that words may mean, the likeliest first."""

    occupations: list[FoundOccupation]


class RulesTold(TypedDict):
    """The rules in force; none loaded is no rule, not a rule that nothing counts."""

    loaded: bool
    rules: list[Rule]


def recommendations_router(tutors: Tutors) -> APIRouter:
    """Courses, sessions and occupations for a need, over the catalogue of who asks."""
    router = APIRouter(prefix="/v1", tags=["guidance"])

    async def advising_of(request: Request) -> Advising:
        return (await tutors.of(caller_of(request).learner)).advising

    @router.post("/recommendations", response_model=RecommendationsTold)
    async def recommendations(wish: RecommendationWish, request: Request) -> Response:
        """Courses with reasons. `personalised: false` gives what anybody gets who asks the same."""
        advising = await advising_of(request)
        text = masked(wish.text).text
        locale = locale_of(text, wish.locale)
        need = need_from(text, wish, wish.audience)
        owner = caller_of(request).learner if wish.personalised else ""
        learner = await run_in_threadpool(advising.known, owner) if owner else None
        found = await run_in_threadpool(advising.adviser.recommend, need, learner, wish.limit)
        told = await run_in_threadpool(recommended_as_told, found, advising, locale)
        if unmet := _unmet(found, need):
            await _note(advising, request, need, unmet, locale)
            told["counted"] = True
        return AsciiJSONResponse(told)

    @router.post("/offerings/search", response_model=SessionsTold)
    async def offerings(wish: OfferingWish, request: Request) -> Response:
        """Sessions in person that can still be joined, the nearest first. Where somebody is is not kept."""
        advising = await advising_of(request)
        text = masked(wish.text).text
        locale = locale_of(text, wish.locale)
        need = _need_in_person(text, wish)
        found = await run_in_threadpool(advising.adviser.recommend, replace(need, place=None, near=False), None, 20)
        told = await run_in_threadpool(_sessions_as_told, found, need, wish.limit, advising.adviser, locale)
        if told["counted"]:
            await _note(advising, request, need, "no_place" if found.certain else "no_course", locale)
        return AsciiJSONResponse(told)

    @router.get("/occupations", response_model=OccupationsTold)
    async def occupations(
        request: Request,
        q: Annotated[str, Query(min_length=1, max_length=200)],
        limit: Annotated[int, Query(ge=1, le=20)] = 5,
    ) -> Response:
        """Occupations that words may mean, with what they take and what of it is taught here."""
        adviser = (await advising_of(request)).adviser
        return AsciiJSONResponse({"occupations": await run_in_threadpool(_matched, adviser, q, limit)})

    @router.get("/credit-rules", response_model=RulesTold)
    async def credit_rules() -> Response:
        """The rules on credits that the operator has loaded, each with its clause, source and date; samples say so."""
        adviser = tutors.everybody.advising.adviser
        rules = adviser.rules.in_force(adviser.today())
        return AsciiJSONResponse(
            {"loaded": adviser.rules.are_loaded, "rules": [rule.model_dump(mode="json") for rule in rules]}
        )

    return router


def _need_in_person(text: str, wish: OfferingWish) -> Need:
    """What the words ask for, at the place that is given, else at one that they name."""
    asked = need_of(text)
    given = Place(wish.city, wish.district, wish.town, point_of(wish.latitude, wish.longitude))
    where = given if given.city or given.point else asked.place or asked.around
    return replace(asked, near=True, place=where, step_free=wish.step_free or asked.step_free)


def _unmet(found: Recommended, need: Need) -> UnmetReason | None:
    """Why what was found does not meet a need; None where it does, or where nothing was said of one."""
    if need.in_person and not any(one.session for one in found.courses):
        return "no_place"
    return "no_course" if need.text and not (found.courses and found.certain) else None


def _sessions_as_told(found: Recommended, need: Need, limit: int, adviser: Adviser, locale: Locale) -> dict[str, Any]:
    """Sessions of the courses that were found, with the sentence that tells the nearest of them."""
    # What only comes near is no class on it.
    fitting = [one.course for one in found.courses] if found.certain else []
    # Who names no subject may come to anything that is held there.
    held = _sessions_of(adviser, fitting if need.text.strip() else adviser.recommender().shelf.courses, need)
    none = replace(found, need=need, courses=())
    return {
        "offerings": [
            {**session_told_plainly(session), "course_id": course.id, "title": course.title}
            for session, course in held[:limit]
        ],
        "total": len(held),
        "online": [course.id for course in fitting if course.delivery in ("online", "blended")][:5],
        "text": class_told(held[0][1].title, held[0][0], locale) if held else nearest_told(none, locale)[0],
        "counted": not held and need.place is not None,
    }


def _matched(adviser: Adviser, words: str, limit: int) -> list[dict[str, Any]]:
    recommender = adviser.recommender()
    told = []
    for match in recommender.occupations.match(words, limit):
        gap = recommender.skills.gap(match.occupation, frozenset())
        told.append(
            {
                **asdict(match.occupation),
                "score": round(match.score, 4),
                "named": match.named,
                "taught_here": gap.taught,
                "not_taught_here": gap.missing,
            }
        )
    return told


async def _note(advising: Advising, request: Request, need: Need, why: UnmetReason, locale: Locale) -> None:
    caller = caller_of(request)
    where = need.place or need.around
    unmet = Unmet(
        caller.learner,
        caller.learner or "nobody",
        why,
        need.text[:200],
        locale,
        need.audience,
        where.city if where else None,
    )
    await run_in_threadpool(advising.book.note, unmet)


def recommended_as_told(found: Recommended, advising: Advising, locale: Locale) -> dict[str, Any]:
    """Courses for a need as they go over the wire, with the sentences that tell them."""
    records = advising.adviser.recommender().search.records
    passages = records.passages([one.passage_id for one in found.courses if one.passage_id])
    lessons = records.lessons_by_id([passage.lesson_id for passage in passages.values()])
    titles = {id_: lessons[passage.lesson_id].title for id_, passage in passages.items()}
    return {
        "courses": [
            {
                "course_id": one.course.id,
                "title": one.course.title,
                "sample": one.course.sample,
                **public_record(one.course),
                "reason": reason(one, found.need, titles, locale),
                "score": round(one.score, 4),
                "why": [asdict(why) for why in one.why],
                "session": one.session and session_told_plainly(one.session),
            }
            for one in found.courses
        ],
        "certain": found.certain,
        "personalised": found.personalised,
        "occupation": found.occupation
        and {
            "id": found.occupation.occupation.id,
            "title": found.occupation.occupation.title,
            "sample": found.occupation.occupation.sample,
        },
        "in_the_way": dict(found.in_the_way),
        "text": courses_told(found, locale),
    }


def _sessions_of(adviser: Adviser, among: Sequence[Course], need: Need) -> list[tuple[Session, Course]]:
    shelf, day = adviser.recommender().shelf, adviser.today()
    held = [
        (session, course)
        for course in among
        for session in shelf.sessions(course, need, day)
        if not need.place or shelf.is_near(session, need)
    ]
    return sorted(held, key=lambda pair: shelf.nearness(pair[0], need))
