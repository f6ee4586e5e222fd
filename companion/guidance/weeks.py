"""When the steps of a pathway are taken: by the hours a week, and the dates of sessions."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from companion.guidance.pathway import Step, Terms
from companion.guidance.shelf import Session

# No plan reaches further.
_LONGEST_DAYS = 366 * 10


def dated(steps: Sequence[Step], sessions: Mapping[str, Sequence[Session]], terms: Terms) -> list[Step]:
    """Each step as soon as what it requires is done and there are hours left, week by week.

    A session takes its hours in the weeks in which it is held; what is learned alone fills the rest. A session that
    asks for more hours a week than there are is passed over for a later one.
    """
    assert terms.hours_a_week
    used: dict[int, float] = {}
    ended: dict[str, date] = {}
    told = []
    for step in steps:
        if step.done:
            told.append(replace(step, session=None))
            continue
        ready = max([ended[id_] + timedelta(days=1) for id_ in step.after if id_ in ended], default=terms.start)
        placed = None
        if step.course.delivery == "offline" or (terms.in_person and step.course.delivery == "blended"):
            placed = _in_a_session(step, sessions.get(step.course.id, ()), ready, terms, used)
        # How long a course takes that states no hours nobody knows.
        if placed is None and step.course.delivery != "offline" and step.course.hours is not None:
            placed = _alone(replace(step, session=None, elsewhere=step.session), ready, terms, used)
        found = placed or replace(step, session=None)
        if found.ends:
            ended[found.course.id] = found.ends
        told.append(found)
    return told


def _in_a_session(
    step: Step, sessions: Sequence[Session], ready: date, terms: Terms, used: dict[int, float]
) -> Step | None:
    for session in sessions:
        begins = session.offering.start
        if begins is None or begins < ready:
            continue
        hours = step.course.hours or 0.0
        weeks_long = max(1, math.ceil(hours / (terms.hours_a_week or 1)))
        ends = session.offering.end or begins + timedelta(days=7 * weeks_long - 1)
        weeks = range(_week(begins, terms), _week(ends, terms) + 1)
        each = hours / len(weeks)
        if any(used.get(week, 0.0) + each > (terms.hours_a_week or 0.0) + 1e-9 for week in weeks):
            continue
        for week in weeks:
            used[week] = used.get(week, 0.0) + each
        return replace(step, begins=begins, ends=ends, session=session)
    return None


def _alone(step: Step, ready: date, terms: Terms, used: dict[int, float]) -> Step:
    hours, room = step.course.hours or 0.0, terms.hours_a_week or 0.0
    week = _week(ready, terms)
    last = week + _LONGEST_DAYS // 7
    while used.get(week, 0.0) >= room - 1e-9 and week < last:
        week += 1
    into = math.floor(len(_offsets(terms)) * min(1.0, used.get(week, 0.0) / room)) if room else 0
    begins = first_of(terms.days, max(ready, _day(week, into, terms)))
    left = hours
    share = room  # the weeks' hours that are free, until the course is done
    while left > 1e-9 and week < last:
        share = min(left, room - used.get(week, 0.0))
        used[week] = used.get(week, 0.0) + max(0.0, share)
        left -= max(0.0, share)
        if left > 1e-9:
            week += 1
    # As far into its last week as its share of that week's hours.
    days = max(1, math.ceil(len(_offsets(terms)) * min(1.0, used.get(week, 0.0) / room)))
    return replace(step, begins=begins, ends=max(begins, _day(week, days - 1, terms)))


def first_of(days: frozenset[int], start: date) -> date:
    """The first day from `start` on that is one of these days of the week; that itself where none is named."""
    coming = (start + timedelta(days=ahead) for ahead in range(7))
    return next((day for day in coming if day.weekday() in days), start)


def _offsets(terms: Terms) -> list[int]:
    """The days of a week on which one learns, from the day on which all begins."""
    return sorted((day - terms.start.weekday()) % 7 for day in terms.days or range(7))


def _day(week: int, at: int, terms: Terms) -> date:
    """The `at`-th day of a week on which one learns; a week's hours are spread evenly over those."""
    offsets = _offsets(terms)
    return terms.start + timedelta(weeks=week, days=offsets[min(at, len(offsets) - 1)])


def _week(day: date, terms: Terms) -> int:
    return max(0, (day - terms.start).days // 7)
