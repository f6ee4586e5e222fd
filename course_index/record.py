"""The catalogue record as people write it: checked at the border, then a plain Course."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from course_index.course import LEVELS, Course, Delivery, Initiative, Offering, Price

Text = Annotated[str, Field(min_length=1, max_length=4_000)]
CourseId = Annotated[str, Field(pattern=r"^[\w.:+-]{1,120}$")]
Level = Annotated[int, Field(ge=LEVELS[0], le=LEVELS[-1])]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class PriceRecord(_Strict):
    """Amount and ISO 4217 currency."""

    amount: float = Field(ge=0, allow_inf_nan=False)
    currency: str = Field(default="CNY", pattern=r"^[A-Z]{3}$")


class OfferingRecord(_Strict):
    """A dated session."""

    id: Text
    city: Text | None = None
    district: Text | None = None
    town: Text | None = None
    address: Text | None = None
    start: date | None = None
    end: date | None = None
    seats: int | None = Field(default=None, ge=0)
    step_free: bool | None = None
    latitude: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    longitude: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "OfferingRecord":
        if self.start and self.end and self.end < self.start:
            raise ValueError("an offering ends before it starts")
        return self


class CourseRecord(_Strict):
    """One line of a catalogue file; only id, title and provider are required."""

    id: CourseId
    title: Text
    provider: Text
    summary: Text | None = None
    language: str | None = Field(default=None, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    subjects: list[Text] = []
    skills: list[Text] = []
    occupations: list[Text] = []
    audience: list[Text] = []
    initiative: Initiative | None = None
    level: Level | None = None
    hours: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    credits: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    price: PriceRecord | None = None
    delivery: Delivery | None = None
    offerings: list[OfferingRecord] = []
    prerequisites: list[CourseId] = []
    url: str | None = None
    updated_at: date | None = None
    valid_until: date | None = None
    licence: Text | None = None
    sample: bool = False
    content: str | None = None

    @field_validator("url")
    @classmethod
    def _only_web_addresses(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("https://", "http://")):
            raise ValueError("url must begin with https:// or http://")
        return url

    def course(self) -> Course:
        """The record as a value; `content` stays behind, it only says where the lessons are."""
        plain = self.model_dump(exclude={"content", "price", "offerings"})
        lists = {name: tuple(value) for name, value in plain.items() if isinstance(value, list)}
        return Course(
            **{**plain, **lists},
            price=Price(**self.price.model_dump()) if self.price else None,
            offerings=tuple(Offering(**offering.model_dump()) for offering in self.offerings),
        )


def first_problem(error: ValidationError) -> str:
    """The first thing wrong with a record, in one line, without repeating what it holds."""
    problem = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in problem["loc"]) or "record"
    return f"{where}: {problem['msg']}"
