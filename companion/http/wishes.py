"""What a page asks advice for, as it comes over the wire, and what of the answer is common to all advice."""

from dataclasses import asdict, replace
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from companion.guidance.need import Need, need_of
from companion.guidance.places import Place, Point
from companion.guidance.shelf import Session
from course_index.course import Delivery
from course_index.record import Level

Short = Annotated[str, Field(max_length=200)]
CourseId = Annotated[str, Field(max_length=120)]


class Body(BaseModel):
    """What a page sends; a field that is not named is refused."""

    model_config = ConfigDict(extra="forbid")


class SessionOfCourse(TypedDict):
    """A dated session that can be joined; `km` from where the learner is, where both places are known."""

    id: str
    city: str | None
    district: str | None
    town: str | None
    address: str | None
    start: date | None
    end: date | None
    seats: int | None
    step_free: bool | None
    latitude: float | None
    longitude: float | None
    km: float | None


class OccupationNamed(TypedDict):
    """The occupation that a need was understood to name."""

    id: str
    title: str
    sample: bool


class Conditions(Body):
    """What a course must be, as its record states it. `latitude` and `longitude` are used and not kept."""

    free: bool = False
    max_price: float | None = Field(default=None, ge=0, le=1e6)
    max_hours: float | None = Field(default=None, gt=0, le=1e5)
    delivery: list[Delivery] = []
    language: str | None = Field(default=None, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    level: Level | None = None
    max_level: Level | None = None
    city: Short | None = None
    district: Short | None = None
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    in_person: bool = False
    step_free: bool = False
    prerequisites_met: bool = False
    exclude: Annotated[list[CourseId], Field(max_length=200)] = []


def need_from(text: str, wish: Conditions, audience: str | None) -> Need:
    """What the words ask for, and over that what the conditions say."""
    need = need_of(text, audience)
    place = Place(wish.city, wish.district, None, point_of(wish.latitude, wish.longitude))
    somewhere = place if place.city or place.point else None
    in_person = wish.in_person or need.near
    return replace(
        need,
        free=wish.free or need.free,
        max_price=wish.max_price if wish.max_price is not None else need.max_price,
        max_hours=wish.max_hours if wish.max_hours is not None else need.max_hours,
        delivery=frozenset(wish.delivery) or need.delivery,
        language=wish.language.split("-")[0].lower() if wish.language else need.language,
        level=wish.level or need.level,
        max_level=wish.max_level,
        place=(somewhere or need.place) if in_person else need.place,
        near=in_person,
        step_free=wish.step_free or need.step_free,
        skip_without_prerequisites=wish.prerequisites_met,
        exclude=frozenset(wish.exclude),
        around=somewhere or need.around,
    )


def point_of(latitude: float | None, longitude: float | None) -> Point | None:
    """The point of two degrees (WGS 84); None where either is missing."""
    return Point(latitude, longitude) if latitude is not None and longitude is not None else None


def session_told_plainly(session: Session) -> dict[str, Any]:
    """A session as it goes over the wire, a SessionOfCourse: dates in ISO form, `km` with one decimal."""
    offering = session.offering
    told = asdict(offering) | {
        "start": offering.start and offering.start.isoformat(),
        "end": offering.end and offering.end.isoformat(),
    }
    return told | {"km": None if session.km is None else round(session.km, 1)}
