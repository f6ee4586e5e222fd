"""A dated study plan: the lessons of a course over weeks of so many hours. No arithmetic is left to a model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from companion.quantities import quantities
from course_index.analyze import normalise
from course_index.course import Course, Lesson

_N = r"(?:\d+(?:\.\d+)?|半|[一二两三四五六七八九十]+|an?|one|two|three|four|five|six|seven|eight|ten|half an?)"
_LENGTH = rf"(?P<n>{_N})\s*个?(?P<half>半)?\s*(?P<unit>小时|钟头?|分钟|hours?|hrs?|minutes?|mins?)(?P<more>半)?"
_EACH = re.compile(
    rf"(?P<every>每天|每日|每晚|天天|一天|日日|每个?工作日|周末|周六日|每个?周末|每周|每个?星期|每个?礼拜|一周|一个?星期|一个?礼拜|"
    rf"(?:a|per|each|every) (?:day|week|evening|night|weekend))[^，。,.]{{0,8}}?{_LENGTH}"
    rf"|{_LENGTH.replace('?P<n>', '?P<n2>').replace('?P<half>', '?P<half2>').replace('?P<unit>', '?P<unit2>').replace('?P<more>', '?P<more2>')}"  # noqa: E501
    rf"\s*(?:一|每|a|per|each|every)\s*个?(?P<every2>天|周|星期|礼拜|晚|day|week|evening|night)"
)
_DAYS_A_WEEK = (
    ("工作日", 5),
    ("周末", 2),
    ("周六日", 2),
    ("weekend", 2),
    ("天", 7),
    ("日", 7),
    ("晚", 7),
    ("day", 7),
    ("evening", 7),
    ("night", 7),
)
_UNTIL = re.compile(
    r"(?:到|在|截至|赶在|before|by)?\s*(?:(?P<year>20\d\d)\s*[-年/])?\s*(?P<month>\d{1,2})\s*[-月/]\s*(?P<day>\d{1,2})\s*[日号]?"
)
_WITHIN = re.compile(
    rf"(?P<n>{_N})\s*个?(?P<unit>周|星期|礼拜|月|weeks?|months?)(?!\s*\d)(?:内|之内|里|时间|学完|计划)?"
)
# 落下了两周 is gone by, no time to learn in.
_GONE_BY = re.compile(
    rf"(?:落下|耽误|没[怎么有]*学|停|晚|missed|lost|behind)[^，。,.]{{0,8}}?{_N}\s*个?(?:周|星期|礼拜|月|weeks?|months?)"
)
_MONTH_END = re.compile(r"(?P<month>\d{1,2})月底|(?P<next>下)?(?:个)?(?:本|这|今)?(?:个)?月底")
# 三月三号, 十二月底 and 3 March, put as 3月3号.
_IN_CHINESE = re.compile(
    r"(?P<month>[一二三四五六七八九十]{1,2})月(?:(?P<day>[一二三四五六七八九十]{1,3})(?=[日号])|(?=底))"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?:{'|'.join(_MONTHS)})(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?"
_IN_ENGLISH = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<month>{_MONTH})"
    rf"|(?P<month2>{_MONTH}) (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?)\b"
)
# 推迟两周 moves a plan; it is no time to learn in.
_MOVED = re.compile(r"(?:推迟|延后|延迟|往后(?:推|挪)?|晚)[^，。,.]{0,3}$")
_LATER = re.compile(r"\s*(?:之?后|以后|later)")


@dataclass(frozen=True, slots=True)
class PlanWish:
    """What a message says of the time there is: hours a week, and the day by which it is to be done."""

    hours_a_week: float | None
    until: date | None


@dataclass(frozen=True, slots=True)
class Session:
    """What a week is for. `hours` is None where the course does not say how long it takes."""

    week: int
    start: date
    end: date
    lessons: tuple[str, ...]
    hours: float | None
    review: bool


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """The weeks of a plan. `hours` is what it takes in all, None where the course does not say; `late_by`: how many
    weeks it goes past the day asked for, 0 if in time or none was asked.
    """

    course: Course
    hours_a_week: float
    sessions: tuple[Session, ...]
    hours: float | None
    late_by: int


def wanted(message: str, today: date) -> PlanWish:
    """What a message says of hours and of the end; None for what it does not say."""
    text = _GONE_BY.sub(" ", normalise(message))
    return PlanWish(_hours_a_week(text), _until(text, today))


def study_plan(
    course: Course,
    lessons: Sequence[Lesson],
    hours_a_week: float,
    start: date,
    until: date | None = None,
    share: float = 1.0,
) -> StudyPlan:
    """The lessons in order, each week as many as its hours hold, and a last week for review.

    Lessons share the course's hours equally: records give none for one lesson, and of a part of them (`share` of all)
    the part of its hours. Where the course gives none at all, nothing is said of hours, and a week has one lesson, or
    as many as it takes to be done on the day that was asked for.
    """
    all_hours = course.hours * share if course.hours else None
    if all_hours:
        weeks = _packed([lesson.title for lesson in lessons], all_hours, hours_a_week)
    else:
        weeks = [(titles, None) for titles in _spread([lesson.title for lesson in lessons], start, until)]
    sessions = []
    for number, (titles, hours) in enumerate([*weeks, ((), None)]):
        first = start + timedelta(weeks=number)
        review = number == len(weeks)
        sessions.append(Session(number + 1, first, first + timedelta(days=6), titles, hours, review))
    late = max(0, -(-(sessions[-1].end - until).days // 7)) if until else 0
    return StudyPlan(course, hours_a_week, tuple(sessions), all_hours, late)


def _spread(titles: Sequence[str], start: date, until: date | None) -> list[tuple[str, ...]]:
    """One a week, or evenly over the weeks that there are, the last of which is for review."""
    there_are = (until - start).days // 7 - 1 if until else len(titles)
    weeks = max(1, min(there_are, len(titles)))
    cuts = [round(week * len(titles) / weeks) for week in range(weeks + 1)]
    return [tuple(titles[first:last]) for first, last in pairwise(cuts)]


def _packed(titles: Sequence[str], hours: float, hours_a_week: float) -> list[tuple[tuple[str, ...], float | None]]:
    """Weeks that together have all hours; a lesson that a week cannot hold goes on in the next."""
    each = hours / max(1, len(titles))
    weeks: list[tuple[tuple[str, ...], float | None]] = []
    held: list[str] = []
    room = hours_a_week
    for title in titles:
        left = each
        while left > 1e-9:
            if room <= 1e-9:
                weeks.append((tuple(held), round(hours_a_week, 2)))
                held, room = [], hours_a_week
            taken = min(left, room)
            left, room = left - taken, room - taken
            if title not in held:
                held.append(title)
    if held:
        weeks.append((tuple(held), round(hours_a_week - room, 2)))
    return weeks


def _hours_a_week(text: str) -> float | None:
    found = _EACH.search(text)
    if not found:
        return None
    second = found["n"] is None
    n, unit, every = (
        (found["n2"], found["unit2"], found["every2"]) if second else (found["n"], found["unit"], found["every"])
    )
    half = 0.5 if any(found[name] for name in (("half2", "more2") if second else ("half", "more"))) else 0.0
    hours = number(n) + half
    if unit.startswith(("分", "min")):
        hours /= 60
    both = 2 if not second and "各" in text[found.start() : found.start("n")] else None
    days = both or next((days for word, days in _DAYS_A_WEEK if word in every), 1)
    if every in ("周末", "每周末", "每个周末", "weekend") and not both:
        days = 1
    total = hours * days
    return round(total, 2) if 0 < total <= 112 else None


def _until(text: str, today: date) -> date | None:
    text = _IN_ENGLISH.sub(_english_day, _IN_CHINESE.sub(_chinese_day, text))
    if found := _UNTIL.search(text):
        try:
            named = date(int(found["year"] or today.year), int(found["month"]), int(found["day"]))
        except ValueError:
            return None
        return named if found["year"] or named >= today else named.replace(year=today.year + 1)
    if found := _MONTH_END.search(text):
        ahead = 2 if found["next"] else 1
        if found["month"] and 1 <= int(found["month"]) <= 12:
            ahead = (int(found["month"]) - today.month) % 12 + 1
        first = date(today.year + (today.month + ahead - 1) // 12, (today.month + ahead - 1) % 12 + 1, 1)
        return first - timedelta(days=1)
    for found in _WITHIN.finditer(text):
        before = text[: found.start()]
        if (
            _MOVED.search(before)
            or _LATER.match(text, found.end())
            or before.endswith(("每", "a ", "第", "周", "期", "拜"))
            or (found["n"] in ("一", "a") and not re.search(r"内|里|学完", found[0]))
        ):
            continue
        days = 7 if found["unit"].startswith(("周", "星", "礼", "week")) else 30
        return today + timedelta(days=round(number(found["n"]) * days))
    return None


def _chinese_day(found: re.Match[str]) -> str:
    day = f"{number(found['day']):g}" if found["day"] else ""
    return f"{number(found['month']):g}月{day}"


def _english_day(found: re.Match[str]) -> str:
    month = _MONTHS.index((found["month"] or found["month2"])[:3]) + 1
    return f"{month}月{found['day'] or found['day2']}日"


def number(text: str) -> float:
    """What a numeral says, 1 where it says nothing."""
    if text in ("半", "half a", "half an"):
        return 0.5
    if text in ("a", "an", "one"):
        return 1.0
    (found, *_) = quantities(f"{text}个") or quantities(text) or (None,)
    return found.value if found else 1.0
