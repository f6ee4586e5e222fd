"""A dated study plan: the lessons of a course over weeks of so many hours. No arithmetic is left to a model."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from companion.practice.study_days import EVERY_DAY, adds_days, days_off, days_on, start_of, without_days
from companion.quantities import MONTH, month_number, quantities
from course_index.analyze import normalise
from course_index.course import Course, Lesson

_N = r"(?:\d+(?:\.\d+)?|半|[一二两三四五六七八九十]+|an?|one|two|three|four|five|six|seven|eight|ten|half an?)"
_LENGTH = rf"(?P<n>{_N})\s*个?(?P<half>半)?\s*(?P<unit>小时|钟头?|分钟|hours?|hrs?|minutes?|mins?)(?P<more>半)?"


def _named(pattern: str, suffix: str) -> str:
    """A pattern with other names for its groups, to stand beside itself."""
    return re.sub(r"\?P<(\w+)>", rf"?P<\g<1>{suffix}>", pattern)


_EACH = re.compile(
    rf"(?P<every>每天|每日|每晚|天天|一天|日日|每个?工作日|周末|周六日|每个?周末|每周|每个?星期|每个?礼拜|一周|一个?星期|一个?礼拜|"
    rf"(?:a|per|each|every) (?:day|week(?!day|end)|evening|night|weekend))[^，。,.]{{0,8}}?{_LENGTH}"
    rf"|{_named(_LENGTH, '2')}"
    rf"\s*(?:一|每|a|per|each|every)\s*个?(?P<every2>天|周|星期|礼拜|晚|day|week(?!day|end)|evening|night)"
)
_EN_A_DAY = r"(?:a|per|each|every) (?:day|evening|night|time|session)"
_A_DAY = re.compile(
    rf"(?:每天|每日|每晚|天天|一天|日日|[每一][次回]|各|\b{_EN_A_DAY})[^，。,.]{{0,8}}?{_LENGTH}"
    rf"|{_named(_LENGTH, '2')}\s*(?:[一每]\s*个?[天晚次回]|{_EN_A_DAY}\b)"
)
_ON_DAYS = re.compile(_LENGTH)
_IN_ALL = re.compile(
    r"一共|总共|共|加起来|合计|每周|每个?(?:星期|礼拜)|\b(?:in all|altogether|in total|(?:a|per|each|every) week)\b"
)
_OFTEN = re.compile(
    rf"(?:每周|一周|每个?(?:星期|礼拜)|一个?(?:星期|礼拜))(?:学|上|有)?(?P<n>{_N})\s*(?:天|晚|次)"
    rf"|\b(?P<n2>{_N}) (?:days|times|evenings|nights) (?:a|per|each|every) week"
)
_MOST_HOURS = 112
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
_IN_ENGLISH = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<month>{MONTH})"
    rf"|(?P<month2>{MONTH}) (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?)\b"
)
# 推迟两周 moves a plan; it is no time to learn in.
_MOVED = re.compile(r"(?:推迟|延后|延迟|往后(?:推|挪)?|晚)[^，。,.]{0,3}$")
_LATER = re.compile(r"\s*(?:之?后|以后|later)")


@dataclass(frozen=True, slots=True)
class PlanWish:
    """What a message says of the time there is: hours a week, the day by which it is to be done, the days of the week
    (Monday is 0) on which one learns and on which not, the hours on each, and the day to begin on. `also`: the days
    come on top of those before.
    """

    hours_a_week: float | None
    until: date | None
    days: frozenset[int] = frozenset()
    off: frozenset[int] = frozenset()
    a_day: float | None = None
    start: date | None = None
    also: bool = False

    @property
    def says_something(self) -> bool:
        """Whether anything of a plan is said at all."""
        return self != PlanWish(None, None)

    def after(self, before: "PlanWish") -> "PlanWish":
        """What was said before with this on top: whoever learns an hour a day learns less when a day is left out."""
        named = self.days | before.days if self.also or not self.days else self.days
        days = (named or EVERY_DAY) - self.off if self.off else named
        a_day = self.a_day if self.hours_a_week or self.a_day else before.a_day
        hours = self.hours_a_week or before.hours_a_week
        each = self.a_day and not self.hours_a_week  # 每次最多一个小时, on the days said before
        if a_day and days and (self.days or self.off or each):
            hours = round(a_day * len(days), 2)
        return PlanWish(hours, self.until or before.until, days, frozenset(), a_day, self.start or before.start)


@dataclass(frozen=True, slots=True)
class Week:
    """A week of a plan, from 1. `hours` is None where the course does not say how long it takes."""

    number: int
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
    weeks: tuple[Week, ...]
    hours: float | None
    late_by: int


def wanted(message: str, today: date) -> PlanWish:
    """What a message says of hours and of the end; None for what it does not say."""
    text = _GONE_BY.sub(" ", normalise(message))
    days, off = days_on(text), days_off(text)
    adds = bool(days) and adds_days(text)
    plain = without_days(text)
    a_day, hours = _hours_a_day(plain, days), _hours_a_week(text)
    if a_day and (days or off):  # 每天一小时，星期天不学
        hours = a_day * len((days or EVERY_DAY) - off)
    elif a_day and (often := _OFTEN.search(text)):  # 每周三次，每次一小时
        hours, a_day = a_day * number(often["n"] or often["n2"]), None
    elif days and not hours and (found := _ON_DAYS.search(plain)):  # 2 hours each weekend
        hours = _hours(found)
    asked = round(hours, 2) if hours and 0 < hours <= _MOST_HOURS else None
    if hours and not asked:
        a_day = None  # 每天二十小时
    return PlanWish(asked, _until(plain, today), days, off, a_day, start_of(text, today), adds)


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
        filled = _packed([lesson.title for lesson in lessons], all_hours, hours_a_week)
    else:
        filled = [(titles, None) for titles in _spread([lesson.title for lesson in lessons], start, until)]
    weeks = []
    for before, (titles, hours) in enumerate([*filled, ((), None)]):
        first = start + timedelta(weeks=before)
        review = before == len(filled)
        weeks.append(Week(before + 1, first, first + timedelta(days=6), titles, hours, review))
    late = max(0, -(-(weeks[-1].end - until).days // 7)) if until else 0
    return StudyPlan(course, hours_a_week, tuple(weeks), all_hours, late)


def hours_in_time(course: Course, start: date, until: date, share: float = 1.0) -> float | None:
    """The hours a week, in halves, with which a course is done by a day, the last week being for review; None where its
    record states no hours, or that is more than anybody has.
    """
    weeks = max(1, (until - start).days // 7 - 1)
    needed = math.ceil(2 * (course.hours or 0.0) * share / weeks) / 2
    return needed if 0 < needed <= _MOST_HOURS else None


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
    return hours * days


def _hours_a_day(text: str, days: frozenset[int]) -> float | None:
    """How long one learns on a day: 每天一小时, 各一小时; 45 minutes where it stands beside the days it is for.

    A length for the whole weekend, or said to be in all, is none of a day's.
    """
    found = _A_DAY.search(text) or (_ON_DAYS.search(text) if days and not _IN_ALL.search(text) else None)
    if not found or (days == frozenset({5, 6}) and not re.search(r"各|每|\beach\b", text)):
        return None
    return _hours(found)


def _hours(found: re.Match[str]) -> float:
    """How long a length is."""
    said = {name.rstrip("2"): value for name, value in found.groupdict().items() if value}
    hours = number(said["n"]) + (0.5 if "half" in said or "more" in said else 0.0)
    return hours / 60 if said["unit"].startswith(("分", "min")) else hours


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
    month = month_number(found["month"] or found["month2"])
    return f"{month}月{found['day'] or found['day2']}日"


def number(text: str) -> float:
    """What a numeral says, 1 where it says nothing."""
    if text in ("半", "half a", "half an"):
        return 0.5
    if text in ("a", "an", "one"):
        return 1.0
    (found, *_) = quantities(f"{text}个") or quantities(text) or (None,)
    return found.value if found else 1.0
