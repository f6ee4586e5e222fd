"""On which days of the week somebody learns, on which not, and from when: 每周一三五, no Sundays, 从下周一开始."""

import re
from datetime import date, timedelta
from pathlib import Path

from companion.patterns import Patterns
from companion.quantities import MONTH, chinese_value, month_number

# Days of the week are numbers, Monday is 0.
EVERY_DAY = frozenset(range(7))
_WORKING, _WEEKEND = frozenset(range(5)), frozenset({5, 6})
_HAN_DAYS = {day: number for number, day in enumerate("一二三四五六日")} | {"天": 6}
_LATIN_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_SOON = {"今天": 0, "今日": 0, "today": 0, "明天": 1, "听日": 1, "tomorrow": 1, "后天": 2}
# How days are named.
_DAYS = Patterns(Path(__file__).with_name("study_days.toml"), month=MONTH)


def days_off(text: str) -> frozenset[int]:
    """The days on which somebody does not learn."""
    off: frozenset[int] = frozenset()
    for found in _DAYS["off"].finditer(_without_start(text)):
        off |= _read(next(part for part in found.groups() if part))
    return off


def adds_days(text: str) -> bool:
    """Whether the days named come on top of those before: 星期天也学."""
    return bool(_DAYS["also"].search(text))


def days_on(text: str) -> frozenset[int]:
    """The days on which somebody learns; none where none is named."""
    on: frozenset[int] = frozenset()
    for found in _DAYS["on"].finditer(_without_off(text)):
        on |= _read(found[0])
    return on


def start_of(text: str, today: date) -> date | None:
    """The day on which learning is to begin; None where none is named, or one that there is not."""
    found = _DAYS["start"].search(text)
    if not found:
        return None
    try:
        return max(today, _started(found, today))
    except ValueError:
        return None


def without_days(text: str) -> str:
    """A text without what it says of days and of the beginning."""
    return _DAYS["on"].sub(" ", _without_off(text))


def _without_start(text: str) -> str:
    return _DAYS["start"].sub(" ", text)


def _without_off(text: str) -> str:
    return _DAYS["off"].sub(" ", _without_start(text))


def _started(found: re.Match[str], today: date) -> date:
    monday = today - timedelta(days=today.weekday())
    if soon := found["soon"] or found["ensoon"]:
        return today + timedelta(days=_SOON[soon])
    if weeks := found["next"] or found["next2"]:
        day = found["nextday"] or found["nextday2"]
        return monday + timedelta(weeks=len(weeks), days=_HAN_DAYS[day] if day else 0)
    if found["enweek"]:
        return monday + timedelta(weeks=1)
    if found["nextmonth"] or found["enmonth"]:
        first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        return first.replace(day=int(found["nmday"] or 1))
    if day := found["day"] or found["enday"]:
        number = _HAN_DAYS[day] if found["day"] else _latin(day)
        return monday + timedelta(weeks=1, days=number) if found["ennext"] else _coming(number, today)
    month = found["month"] or found["emonth"] or found["emonth2"]
    day = found["mday"] or found["emday"] or found["emday2"] or "1"
    named = date(today.year, month_number(month), int(day) if day.isdecimal() else chinese_value(day))
    return named if named >= today else named.replace(year=today.year + 1)


def _coming(day: int, today: date) -> date:
    """The next such day, today not among them."""
    return today + timedelta(days=(day - today.weekday() - 1) % 7 + 1)


def _read(days: str) -> frozenset[int]:
    if "工作日" in days or re.search(r"week ?day", days):
        return _WORKING
    if "末" in days or "weekend" in days:
        return _WEEKEND
    if re.search(r"[一-鿿]", days):
        named = [
            _HAN_DAYS[one] for one in re.sub(r"[^一二三四五六日天]", "", re.sub(r"每|逢|个|星期|礼拜|周", "", days))
        ]
        return _between(named) if re.search(r"到|至|[-~—]", days) else frozenset(named)
    named = [_latin(one) for one in _DAYS["name"].findall(days)]
    return _between(named) if re.search(r"\bto\b|through|-|–", days) else frozenset(named)


def _between(named: list[int]) -> frozenset[int]:
    first, last = named[0], named[-1]
    return frozenset((first + step) % 7 for step in range((last - first) % 7 + 1))


def _latin(day: str) -> int:
    return _LATIN_DAYS.index(day[:3])
