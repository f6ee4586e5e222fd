"""A turn's events as they go over the wire: models made of the events themselves, for /openapi.json."""

from typing import Any, Literal, NotRequired, get_type_hints

from pydantic import BaseModel, Field, create_model
from typing_extensions import TypedDict

from companion.catalogue import PublicRecord
from companion.events import Done, Failed, PathStep, SourcesFound, TextAdded, TurnStarted


class CourseOnCard(PublicRecord):
    """A course from the catalogue, with the reason why it is shown; `step` where it is one of a pathway."""

    course_id: str
    title: str
    reason: str
    sample: bool
    step: NotRequired[PathStep]


class CoursesOnCards(TypedDict):
    """Courses that fit."""

    courses: list[CourseOnCard]


_PAYLOADS: dict[str, type] = {
    "turn": TurnStarted,
    "sources": SourcesFound,
    "courses": CoursesOnCards,
    "text": TextAdded,
    "done": Done,
    "error": Failed,
}


def _fields(*kinds: type) -> dict[str, Any]:
    return {name: (hint, ...) for kind in kinds for name, hint in get_type_hints(kind).items()}


def _message(name: str, kind: type) -> type[BaseModel]:
    number = Field(description="The number of the event. The last one read, as Last-Event-ID, goes on behind it.")
    fields: dict[str, Any] = {"event": (Literal[name], ...), "id": (str, number), "data": (kind, ...)}
    return create_model(f"{name.title()}Message", __doc__=kind.__doc__, **fields)


def _line(name: str, kind: type) -> type[BaseModel]:
    event: dict[str, Any] = {"event": (Literal[name], ...)}
    return create_model(f"{name.title()}Line", __doc__=kind.__doc__, **event, **_fields(kind))


ChatAnswer = create_model(
    "ChatAnswer",
    __doc__="A whole turn: what its events tell, together.",
    **_fields(TurnStarted, SourcesFound, CoursesOnCards),
    text=(str, ...),
    **_fields(Done),
)
TurnBeside = create_model(
    "TurnBeside",
    __doc__="What a turn tells beside its text.",
    **_fields(TurnStarted, SourcesFound, CoursesOnCards, Done),
)
MESSAGES = tuple(_message(name, kind) for name, kind in _PAYLOADS.items())
LINES = tuple(_line(name, kind) for name, kind in _PAYLOADS.items())
