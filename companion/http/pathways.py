"""/v1/pathways: the ordered steps to a goal, as JSON or as a picture; kept ones are planned anew."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Literal, NotRequired

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import Field, model_validator
from typing_extensions import TypedDict

from companion.guidance.adviser import Adviser, Way
from companion.guidance.goals import Aim
from companion.guidance.pathway import Obstacle, Pathway, Preference, Terms
from companion.guidance.picture import mermaid, svg
from companion.guidance.profile import Known
from companion.guidance.telling import hindrance_told, way_told
from companion.http.gate import caller_of
from companion.http.problems import AsciiJSONResponse, Problem, may_be
from companion.http.wishes import (
    Conditions,
    CourseId,
    OccupationNamed,
    SessionOfCourse,
    need_from,
    session_told_plainly,
)
from companion.safety.mask import masked
from companion.state.pathways import KeptPathway, Pathways
from companion.tutors import Tutors
from companion.words import Locale, locale_of
from course_index.course import Price
from course_index.record import Level

_SVG = "image/svg+xml"
_Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))]
_AS_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The pathway; as a picture with `Accept: image/svg+xml`.",
        "content": {_SVG: {"schema": {"type": "string"}}},
    }
}
_NOBODY = "Nobody has to say who they are here, so no pathway is kept."


class PathwayWish(Conditions):
    """A goal: in words, a course, an occupation, a level or credits; and the time there is."""

    goal: str = Field(default="", max_length=2_000)
    course_id: CourseId | None = None
    occupation_id: CourseId | None = None
    target_level: Level | None = None
    credits: float | None = Field(default=None, gt=0, le=10_000)
    hours_a_week: float | None = Field(default=None, gt=0, le=112)
    start: _Day | None = None
    until: _Day | None = None
    audience: str | None = Field(default=None, max_length=40)
    locale: str | None = Field(default=None, max_length=20)
    personalised: bool = True
    keep: bool = False

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "PathwayWish":
        if self.start and self.until and self.until < self.start:
            raise ValueError("`until` lies before `start`")
        return self


class StepTold(TypedDict):
    """A course on the way, with the courses `after` which it comes; dates where hours a week are known."""

    course_id: str
    title: str
    sample: bool
    level: int | None
    hours: float | None
    credits: float | None
    price: Price | None
    teaches: list[str]
    after: list[str]
    begins: date | None
    ends: date | None
    session: SessionOfCourse | None
    status: Literal["open", "done", "again"]


class HindranceTold(TypedDict):
    """Why a goal cannot be reached, or not in time."""

    obstacle: Obstacle
    text: str


class PathwayTold(TypedDict):
    """Steps in order and what they come to; `price` in yuan, `without_hours` how many courses state no hours."""

    possible: bool
    preference: Preference
    steps: list[StepTold]
    hours: float
    without_hours: int
    credits: float
    price: float | None
    ends: date | None
    hindrances: list[HindranceTold]
    mermaid: str


class WayTold(PathwayTold):
    """A pathway to a goal, and others that would lead there; `pathway_id` where it was kept."""

    occupation: OccupationNamed | None
    missing: list[str]
    alternatives: list[PathwayTold]
    text: str
    pathway_id: NotRequired[str]


class Changes(TypedDict):
    """Courses by which a pathway differs from when it was last told, by id."""

    finished: list[str]
    added: list[str]
    dropped: list[str]
    again: list[str]


class WayAgain(WayTold):
    """A pathway that was kept, planned anew."""

    changed: Changes


class PathwayOutline(TypedDict):
    """A kept pathway in a list of them."""

    pathway_id: str
    made_at: datetime
    goal: str | None
    steps: list[str]


class PathwayOutlines(TypedDict):
    """The learner's kept pathways."""

    pathways: list[PathwayOutline]


def pathways_router(tutors: Tutors, kept_ones: Pathways) -> APIRouter:
    """Ways to goals, over the catalogue of who asks."""
    router = APIRouter(prefix="/v1", tags=["guidance"])

    async def known(request: Request, wanted: bool) -> tuple[Adviser, Known | None]:
        owner = caller_of(request).learner
        advising = (await tutors.of(owner)).advising
        return advising.adviser, await run_in_threadpool(advising.known, owner) if wanted and owner else None

    @router.post("/pathways", response_model=WayTold, responses=_AS_PICTURE | may_be(404))
    async def pathways(wish: PathwayWish, request: Request) -> Response:
        """Ordered steps to a goal with hours, dates and credits; as a picture with `Accept: image/svg+xml`.

        With `keep`, it can be asked for again at the address in `Location`, and is then planned anew from what was
        finished or failed since; without `personalised`, from the catalogue alone.
        """
        if not (wish.goal.strip() or wish.course_id or wish.occupation_id or wish.target_level or wish.credits):
            return Problem(422, "Name a goal: goal, course_id, occupation_id, target_level or credits.")
        adviser, learner = await known(request, wish.personalised)
        if wish.occupation_id and adviser.occupations.get(wish.occupation_id) is None:
            return Problem(404, "There is no occupation with this id; GET /v1/occupations finds ids.")
        way, locale = await run_in_threadpool(_planned, adviser, wish, learner)
        told, where = way_as_told(way, locale, official=adviser.rules.are_loaded), {}
        if wish.keep:
            owner = caller_of(request).learner
            if not owner:
                return Problem(404, _NOBODY)
            kept = wish.model_dump(mode="json", exclude={"latitude", "longitude", "keep"})
            kept["goal"] = masked(wish.goal).text
            told["pathway_id"] = await run_in_threadpool(kept_ones.keep, owner, kept, _left(way.pathway))
            where = {"Location": f"/v1/pathways/{told['pathway_id']}"}
        if _SVG in request.headers.get("accept", ""):
            return Response(svg(way.pathway, locale), media_type=_SVG, headers=where)
        return AsciiJSONResponse(told, headers=where)

    @router.get("/pathways", response_model=PathwayOutlines)
    async def all_kept(request: Request) -> Response:
        """The learner's kept pathways."""
        kept = await run_in_threadpool(kept_ones.of, caller_of(request).learner)
        return AsciiJSONResponse({"pathways": [_outline(one) for one in kept if one.owner]})

    @router.get("/pathways/{pathway_id}", response_model=WayAgain, responses=_AS_PICTURE | may_be(404))
    async def again(pathway_id: str, request: Request) -> Response:
        """A pathway that was kept, planned anew from what was finished or failed since; and what that changed."""
        owner = caller_of(request).learner
        kept = await run_in_threadpool(kept_ones.get, owner, pathway_id) if owner else None
        if kept is None:
            return Problem(404, "You have no such pathway.")
        wish = PathwayWish.model_validate(kept.wish)
        adviser, learner = await known(request, wish.personalised)
        way, locale = await run_in_threadpool(_planned, adviser, wish, learner)
        if _SVG in request.headers.get("accept", ""):
            return Response(svg(way.pathway, locale), media_type=_SVG)
        await run_in_threadpool(kept_ones.told, owner, pathway_id, _left(way.pathway))
        told = way_as_told(way, locale, official=adviser.rules.are_loaded)
        return AsciiJSONResponse(told | {"pathway_id": pathway_id, "changed": _changed(kept.steps, way.pathway)})

    @router.delete("/pathways/{pathway_id}", status_code=204, responses=may_be(404))
    async def give_up(pathway_id: str, request: Request) -> Response:
        """Give a kept pathway up."""
        owner = caller_of(request).learner
        gone = bool(owner) and await run_in_threadpool(kept_ones.forget, owner, pathway_id)
        return Response(status_code=204) if gone else Problem(404, "You have no such pathway.")

    return router


def _planned(adviser: Adviser, wish: PathwayWish, learner: Known | None) -> tuple[Way, Locale]:
    text = masked(wish.goal).text
    aim = Aim(text, wish.course_id, wish.occupation_id, wish.target_level, wish.credits)
    need = need_from(text, wish, wish.audience)
    terms = Terms(wish.hours_a_week, wish.start or adviser.today(), wish.until, wish.in_person)
    return adviser.way(aim, need, terms, learner), locale_of(text, wish.locale)


def _left(path: Pathway) -> tuple[str, ...]:
    return tuple(step.course.id for step in path.left)


def _changed(before: Sequence[str], path: Pathway) -> dict[str, list[str]]:
    """What became of the steps that were left before."""
    now, done = _left(path), {step.course.id for step in path.steps if step.done}
    return {
        "finished": [id_ for id_ in before if id_ in done],
        "added": [id_ for id_ in now if id_ not in before],
        "dropped": [id_ for id_ in before if id_ not in now and id_ not in done],
        "again": [step.course.id for step in path.left if step.again],
    }


def way_as_told(way: Way, locale: Locale, *, official: bool) -> dict[str, Any]:
    """A way to a goal as it goes over the wire, with the sentences that tell it."""
    match = way.destination.occupation
    return {
        **_pathway(way.pathway, locale),
        "occupation": match
        and {"id": match.occupation.id, "title": match.occupation.title, "sample": match.occupation.sample},
        "missing": way.pathway.goal.missing,
        "alternatives": [_pathway(one, locale) for one in way.alternatives],
        "text": way_told(way, locale, official=official),
    }


def _pathway(path: Pathway, locale: Locale) -> dict[str, Any]:
    return {
        "possible": path.possible,
        "preference": path.preference,
        "steps": [
            {
                "course_id": step.course.id,
                "title": step.course.title,
                "sample": step.course.sample,
                "level": step.course.level,
                "hours": step.course.hours,
                "credits": step.course.credits,
                "price": step.course.price and asdict(step.course.price),
                "teaches": step.meets,
                "after": step.after,
                "begins": step.begins and step.begins.isoformat(),
                "ends": step.ends and step.ends.isoformat(),
                "session": step.session and session_told_plainly(step.session),
                "status": "done" if step.done else "again" if step.again else "open",
            }
            for step in path.steps
        ],
        "hours": path.hours,
        "without_hours": path.without_hours,
        "credits": path.credits,
        "price": path.price,
        "ends": path.ends and path.ends.isoformat(),
        "hindrances": [{"obstacle": one.obstacle, "text": hindrance_told(one, locale)} for one in path.hindrances],
        "mermaid": mermaid(path, locale),
    }


def _outline(kept: KeptPathway) -> dict[str, Any]:
    steps: Sequence[str] = kept.steps
    return {"pathway_id": kept.id, "made_at": kept.made_at.isoformat(), "goal": kept.wish.get("goal"), "steps": steps}
