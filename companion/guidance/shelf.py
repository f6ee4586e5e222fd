"""The courses of one generation as columns: which of them may be offered at all, and why the others may not."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from companion.guidance.need import Need
from companion.guidance.places import Place, city_key, distance_km, point_of, same_city
from companion.guidance.providers import Providers
from course_index.analyze import normalise
from course_index.course import Course, Offering
from course_index.language import ZH, language_of
from retrieval.editions import date_in, work_of

Mask = NDArray[np.bool_]

# Each hard fact by its name, in the order in which it is said what stood in the way.
Fact = str
_LOW = re.compile(
    r"零基础|零起点|入门|初级|初学|启蒙|导论|第一课|[（(][上一][）)]|\b(?:introduct|beginner|first steps|basics)",
    re.I,
)
_HIGH = re.compile(
    r"高级|进阶|提高|[（(][下中二三四五六][）)]|\b(?:advanced|intermediate|part (?:2|3|two|three|ii+))\b",
    re.I,
)
# What explains a title stands behind such a mark; what is shorter than this is a word that one may say of anything.
_BEHIND_THE_NAME = re.compile(r"[:(|,]|：|（|——| - ")
_SHORTEST_NAME = 4
# Sessions farther than this are not near.
NEAR_KM = 30.0


@dataclass(frozen=True, slots=True)
class Session:
    """A session that can still be joined, and how far it is; None where that cannot be told."""

    course_id: str
    offering: Offering
    km: float | None = None


def may_be_for(course: Course, *audiences: str) -> bool:
    """Whether a record does not say that a course is for others than these."""
    return not course.audience or not {*audiences, "everyone"}.isdisjoint(course.audience)


@dataclass(frozen=True, slots=True)
class _Sessions:
    """All sessions of all courses in columns; `row` is the course's. Days are ordinals, degrees are NaN if unknown."""

    row: NDArray[np.intp]
    city: NDArray[np.str_]
    start: NDArray[np.int64]
    full: Mask
    step_free: Mask
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]


class Shelf:
    """All courses, with their facts in columns. 10,000 courses take a few megabytes; a need takes milliseconds."""

    def __init__(self, courses: Sequence[Course]) -> None:
        self.courses = tuple(courses)
        self.row_of = {course.id: row for row, course in enumerate(self.courses)}

    def __len__(self) -> int:
        return len(self.courses)

    @cached_property
    def providers(self) -> Providers:
        """Who teaches what is on the shelf, by all that they are called."""
        return Providers(course.provider for course in self.courses if course.provider)

    def named_in(self, said: str) -> list[tuple[str, Course]]:
        """The courses that a message, normalised, names, in its order, each with the words that name it: its title, or
        what stands before the colon in it.
        """
        starts = range(len(said) - _SHORTEST_NAME + 1)
        named = [(at, *one) for at in starts for one in self._names.get(said[at : at + _SHORTEST_NAME], ())]
        taken: list[tuple[int, str, int]] = []
        for at, name, row in sorted(named, key=lambda one: (-len(one[1]), one[2], one[0])):
            here = said.startswith(name, at) and all(row != other for *_, other in taken)
            if here and not any(at < start + len(other) and start < at + len(name) for start, other, _ in taken):
                taken.append((at, name, row))
        return [(name, self.courses[row]) for _, name, row in sorted(taken)]

    @cached_property
    def name_of(self) -> dict[str, str]:
        """What each course is called by its id: its title, with its provider where several have that title."""
        titles = Counter(normalise(course.title) for course in self.courses)
        return {
            course.id: f"{course.title}（{course.provider}）"
            if course.provider and titles[normalise(course.title)] > 1
            else course.title
            for course in self.courses
        }

    @cached_property
    def titled(self) -> dict[str, Course]:
        """The courses by their titles, normalised, and by what they are called; of several the newest edition."""
        oldest_first = [self.courses[row] for row in reversed(self.newest_first.tolist())]
        called = {normalise(self.name_of[course.id]): course for course in oldest_first}
        return called | {normalise(course.title): course for course in oldest_first}

    def has_title(self, title: str) -> bool:
        """Whether a course is called so, whatever its marks and blanks."""
        return _letters(title) in self._titles

    @cached_property
    def _titles(self) -> frozenset[str]:
        return frozenset(map(_letters, self.titled))

    @cached_property
    def _names(self) -> dict[str, list[tuple[str, int]]]:
        """What courses are called, by how the names begin; a name of several courses is the first one's."""
        names: dict[str, int] = {}
        for row, course in enumerate(self.courses):
            title = normalise(course.title).strip()
            called = normalise(self.name_of[course.id])
            for name in (called, title, _BEHIND_THE_NAME.split(title, maxsplit=1)[0].strip()):
                if len(name) >= _SHORTEST_NAME:
                    names.setdefault(name, row)
        begins: dict[str, list[tuple[str, int]]] = {}
        for name, row in names.items():
            begins.setdefault(name[:_SHORTEST_NAME], []).append((name, row))
        return begins

    def permitted(self, need: Need, finished: frozenset[str], today: date) -> Mask:
        """The courses that meet every hard fact, as their records state it: what is not stated is not met."""
        mask = np.ones(len(self), np.bool_)
        for _, holds in self._facts(need, finished, today):
            mask &= holds
        return mask

    def in_the_way(self, need: Need, fitting: Mask, finished: frozenset[str], today: date) -> dict[Fact, int]:
        """Of the courses that fit by what they teach: how many each hard fact alone keeps out."""
        facts = self._facts(need, finished, today)
        found = {name: int((fitting & ~holds).sum()) for name, holds in facts}
        return {name: count for name, count in found.items() if count}

    def sessions(self, course: Course, need: Need, today: date) -> list[Session]:
        """The sessions of a course that can be joined and meet the need, the nearest and then the soonest first."""
        place, month = need.place or need.around, need.month(today)
        here = [
            Session(course.id, offering, distance_km(place, offering) if place else None)
            for offering in course.offerings
            if _is_open(offering, today)
            and (offering.step_free or not need.step_free)
            and (month is None or (offering.start is not None and offering.start.month == month))
        ]
        return sorted(here, key=lambda one: self.nearness(one, need))

    def nearness(self, session: Session, need: Need) -> tuple[float, date, str]:
        """By what sessions are ordered: the nearest, and of those the soonest first."""
        place = need.place or need.around
        return _rank(session, place), session.offering.start or date.max, session.offering.id

    def is_near(self, session: Session, need: Need) -> bool:
        """Whether a session is in the city asked for, or near the point given."""
        place = need.place
        if place is None or (place.city and same_city(place.city, session.offering.city)):
            return True
        return place.point is not None and session.km is not None and session.km <= NEAR_KM

    def _facts(self, need: Need, finished: frozenset[str], today: date) -> Iterator[tuple[Fact, Mask]]:
        yield "open", self._open_on(today)
        yield "finished", ~self._among(finished)
        yield from self._of_what_it_is(need)
        yield from self._of_how_it_is_taken(need, finished, today)

    def _of_what_it_is(self, need: Need) -> Iterator[tuple[Fact, Mask]]:
        if need.young:
            yield "audience", self.such(lambda course: may_be_for(course, "child", "parent"))
        if need.exclude:
            yield "excluded", ~self._among(need.exclude)
        if need.providers:
            yield "provider", self.such(lambda course: course.provider in need.providers)
        if need.not_of:
            yield "provider", self.such(lambda course: course.provider not in need.not_of)
        if need.free:
            yield "free", self._prices == 0
        elif need.max_price is not None:
            yield "price", self._prices <= need.max_price
        if need.max_hours is not None:
            yield "hours", self._hours <= need.max_hours
        if need.level is not None:
            yield "level", self._levels == need.level
        if need.max_level is not None:
            yield "level", self._levels <= need.max_level
        if need.min_level is not None:
            yield "level", self._levels >= need.min_level
        if need.credits:
            yield "credits", self.such(lambda course: bool(course.credits))

    def _of_how_it_is_taken(self, need: Need, finished: frozenset[str], today: date) -> Iterator[tuple[Fact, Mask]]:
        if month := need.month(today):
            yield "begins", self._courses_of(self._held(need, today) & self._begin_in(month))
        if need.language:
            yield "language", self._taught_in == need.language
        if need.delivery:
            yield "delivery", np.isin(self._deliveries, list(need.delivery))
        if need.place and need.in_person:
            yield "place", self._courses_of(self._held(need, today) & self._there(need.place))
        if need.step_free:
            # Online there are no steps; in person only where a record says that there are none.
            reached = self._courses_of(self._held(need, today))
            yield "step_free", reached | ((self._deliveries == "online") & (not need.in_person))
        if need.skip_without_prerequisites:
            yield "prerequisites", self.such(lambda course: set(course.prerequisites) <= finished)

    def such(self, holds: Callable[[Course], bool]) -> Mask:
        """The courses of which something holds."""
        return np.fromiter((holds(course) for course in self.courses), np.bool_, len(self))

    def _held(self, need: Need, today: date) -> Mask:
        """The sessions that can still be joined, of those without steps where that is asked for."""
        sessions = self._sessions
        held = (sessions.start >= today.toordinal()) & ~sessions.full
        return held & sessions.step_free if need.step_free else held

    def _there(self, place: Place) -> Mask:
        """The sessions in the city named, or near the point given."""
        if place.city:
            return np.asarray(self._sessions.city == city_key(place.city), np.bool_)
        if place.point is None:
            return np.zeros(len(self._sessions.row), np.bool_)
        return place.point.km_to_all(self._sessions.latitude, self._sessions.longitude) <= NEAR_KM

    def _begin_in(self, month: int) -> Mask:
        dated = self._sessions.start < date.max.toordinal()
        months = np.array([date.fromordinal(day).month for day in self._sessions.start.tolist()], np.int64)
        return np.asarray(dated & (months == month), np.bool_)

    def _courses_of(self, sessions: Mask) -> Mask:
        mask = np.zeros(len(self), np.bool_)
        mask[self._sessions.row[sessions]] = True
        return mask

    def _among(self, ids: frozenset[str]) -> Mask:
        mask = np.zeros(len(self), np.bool_)
        mask[[self.row_of[id_] for id_ in ids if id_ in self.row_of]] = True
        return mask

    def _open_on(self, today: date) -> Mask:
        """Not past its date, nor an older edition of another; held only in person, with a session still to come."""
        return (self._valid_until >= today.toordinal()) & self._latest

    @cached_property
    def _sessions(self) -> "_Sessions":
        held = [(row, one) for row, course in enumerate(self.courses) for one in course.offerings]
        points = [point_of(one) for _, one in held]
        return _Sessions(
            np.array([row for row, _ in held], np.intp),
            np.array([city_key(one.city) if one.city else "" for _, one in held] or [""], np.str_)[: len(held)],
            # One without a date is still to come as far as anybody has said.
            np.array([(one.start or date.max).toordinal() for _, one in held], np.int64),
            np.array([one.seats == 0 for _, one in held], np.bool_),
            np.array([bool(one.step_free) for _, one in held], np.bool_),
            np.array([point.latitude if point else np.nan for point in points], np.float64),
            np.array([point.longitude if point else np.nan for point in points], np.float64),
        )

    @cached_property
    def newest_first(self) -> NDArray[np.intp]:
        """All rows, the last changed first, those that state no day last."""
        return np.argsort(-np.nan_to_num(self.updated), kind="stable")

    @cached_property
    def _valid_until(self) -> NDArray[np.int64]:
        """The last day (ordinal) on which a course can be begun."""
        return np.fromiter((_last_day(course) for course in self.courses), np.int64, len(self))

    @cached_property
    def _latest(self) -> Mask:
        """The courses of which their provider has no newer edition in the same language, as far as dates tell."""
        editions = [_edition(course) for course in self.courses]
        last: dict[tuple[str, str, str], date] = {}
        for work, day in editions:
            if day:
                last[work] = max(day, last.get(work, day))
        return np.fromiter((day is None or day == last[work] for work, day in editions), np.bool_, len(self))

    @cached_property
    def _prices(self) -> NDArray[np.float64]:
        """In yuan; NaN where no price is stated, or one in another currency."""
        stated = (
            course.price.amount if course.price and course.price.currency == "CNY" else np.nan
            for course in self.courses
        )
        return np.fromiter(stated, np.float64, len(self))

    @cached_property
    def _hours(self) -> NDArray[np.float64]:
        return np.fromiter((_known(course.hours) for course in self.courses), np.float64, len(self))

    @cached_property
    def _levels(self) -> NDArray[np.float64]:
        return np.fromiter((_known(course.level) for course in self.courses), np.float64, len(self))

    @cached_property
    def _languages(self) -> NDArray[np.str_]:
        return np.array([(course.language or "").split("-")[0].lower() for course in self.courses] or [""], np.str_)

    @cached_property
    def _taught_in(self) -> NDArray[np.str_]:
        """The language that a record states; of one that states none, the one in which it is written."""
        written = [_written_in(course.title) for course in self.courses]
        return np.where(self._languages == "", np.array(written or [""], np.str_), self._languages)

    @cached_property
    def _deliveries(self) -> NDArray[np.str_]:
        return np.array([course.delivery or "" for course in self.courses] or [""], np.str_)

    # What ranks, in columns too.
    @cached_property
    def stages(self) -> NDArray[np.int8]:
        """-1 where a title says that a course is for beginners, 1 where that it goes on from another, else 0."""
        found = (-1 if _LOW.search(one.title) else int(bool(_HIGH.search(one.title))) for one in self.courses)
        return np.fromiter(found, np.int8, len(self))

    @cached_property
    def updated(self) -> NDArray[np.float64]:
        """The day of the last change as an ordinal; NaN where it is not stated."""
        days = (course.updated_at.toordinal() if course.updated_at else np.nan for course in self.courses)
        return np.fromiter(days, np.float64, len(self))

    @property
    def levels(self) -> NDArray[np.float64]:
        """1 to 7; NaN where a record states none."""
        return self._levels


def _letters(title: str) -> str:
    return "".join(filter(str.isalnum, normalise(title)))


def _written_in(title: str) -> str:
    """The language of a title; empty where its letters are neither Han nor those of English."""
    language = language_of(title)
    return language if language == ZH or title.isascii() else ""


def _known(value: float | None) -> float:
    return np.nan if value is None else float(value)


def _edition(course: Course) -> tuple[tuple[str, str, str], date | None]:
    """The work that a course is an edition of, and of when."""
    work = work_of(course.title), course.provider or course.id, course.language or ""
    return work, date_in(course.title) or course.updated_at


def _last_day(course: Course) -> int:
    last = course.valid_until.toordinal() if course.valid_until else date.max.toordinal()
    if course.delivery == "offline" and course.offerings:
        # A session without a date is still to come as far as anybody has said.
        last = min(last, max((one.end or one.start or date.max).toordinal() for one in course.offerings))
    return last


def _is_open(offering: Offering, today: date) -> bool:
    return offering.seats != 0 and (offering.start is None or offering.start >= today)


def _rank(session: Session, place: Place | None) -> float:
    """Same town, same district, by distance, same city, unknown: in kilometres, or what stands for them."""
    if place and place.town and session.offering.town == place.town:
        return -2.0
    if place and place.district and session.offering.district == place.district:
        return -1.0
    if session.km is not None:
        return session.km
    return 0.0 if place and same_city(place.city, session.offering.city) else 1e6
