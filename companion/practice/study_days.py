"""On which days of the week somebody learns, on which not, and from when: 每周一三五, no Sundays, 从下周一开始."""

import re
from datetime import date, timedelta

from companion.quantities import MONTH, chinese_value, month_number

# Days of the week are numbers, Monday is 0.
EVERY_DAY = frozenset(range(7))
_WORKING, _WEEKEND = frozenset(range(5)), frozenset({5, 6})
_HAN_DAYS = {day: number for number, day in enumerate("一二三四五六日")} | {"天": 6}
_LATIN_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_WEEK = r"(?:周|星期|礼拜)"
_DAY = r"[一二三四五六日天]"
_JOINED = rf"(?:\s*[、,，和跟及与同/]?\s*{_WEEK}?\s*{_DAY}(?!个|小时|钟|分钟|[次节课门遍]))"
# 每周一小时 is an hour a week, and 下周一 a date.
_HAN = (
    rf"(?:(?<![下上这本第])(?:逢|每个?)?{_WEEK}(?:{_DAY}\s*(?:到|至|[-~—])\s*{_WEEK}?{_DAY}"
    rf"|{_DAY}(?!\s*(?:天|个|半|小时|钟|分钟|[次节课门遍百十千]|到\s*[两二三四五六七八九十\d]|{_DAY}*\s*(?:个|半)*(?:小时|钟头?|分钟|次))){_JOINED}*"
    r"|末)|每个?工作日|工作日)"
)
# Alone, sun and sat are words.
_NAME = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|mon|tues?|wed|thu(?:rs?)?|fri"
    r"|sat(?=\s*(?:,|and|&|-)\s*sun\b)|(?<=sat and )sun|(?<=sat & )sun)\b"
)
_LATIN = (
    rf"(?:\b(?:every |each )?(?:{_NAME}\s*(?:to|through|-|–)\s*{_NAME}"
    rf"|{_NAME}(?:(?:\s*,\s*|\s*,?\s*(?:and|&|or)\s+){_NAME})*|week ?days?|weekends?)\b)"
)
_DAYS = rf"(?:{_HAN}|{_LATIN})"
_OFF = re.compile(
    rf"(?P<a>{_DAYS})(?:我|都|也|就|要|可以|晚上|白天)*(?:不(?:想|能|要|用|再|可以)?(?:学|上课?|安排|排|行)|没(?:空|时间|法学)|休息|除外|放假|唔(?:学|得闲|得|上)"
    rf"|(?:都)?(?:要|得|有)?(?:加班|值班|开会|出差|有事|有嘢做)|[^，。,.]{{0,6}}[，,]?(?:去掉|取消|删掉|拿掉|划掉|唔要))"
    rf"|(?:除了|除开|不要(?:安?排)?|别(?:安?排)?(?:在)?|避开|跳过|去掉|唔好(?:排)?)(?P<b>{_HAN})"
    rf"|\b(?:no|not|never|except|without|skip|avoid|but not|leave out|drop)(?: on| for)?(?: the)? (?P<c>{_LATIN})"
    rf"|(?P<d>{_LATIN}) (?:off|free|are off|is off|are out|is out|don't work|doesn't work)\b"
    rf"|\bi (?:have to|must) work (?:late )?(?:on )?(?P<f>{_LATIN})"
    rf"|\b(?:can't|cannot|can not|don't|won't)(?: \w+){{0,3}} (?:on )?(?P<e>{_LATIN})"
)
_ON = re.compile(_DAYS)
_ALSO = re.compile(
    rf"{_DAYS}(?:晚上|白天|我)*(?:也|都)(?![不没唔])|(?:再加|加上|增加){_DAYS}|\balso\b|\btoo\b|\bas well\b"
)
_NUMERAL = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_START = re.compile(
    rf"(?:从|由|打|改到|改成|推迟到|推到|延到|挪到)?(?:在|到)?(?:(?P<next>下下?)个?{_WEEK}(?P<nextday>{_DAY})?|(?P<soon>今天|今日|明天|听日|后天)"
    rf"|(?:这个?|本)?{_WEEK}(?P<day>{_DAY})|(?P<nextmonth>下个?月)(?:(?P<nmday>\d{{1,2}})[号日])?"
    rf"|(?P<month>{_NUMERAL})月份?(?:(?P<mday>{_NUMERAL})[号日]?)?)"
    r"(?:才|再|先|就)?(?:开始|起|开学|开课|动手)"
    rf"|(?:改到|推迟到|推到|延到|挪到)(?P<next2>下下?)个?{_WEEK}(?P<nextday2>{_DAY})?"
    rf"|\b(?:start|starting|starts|begin|beginning|begins|from)(?: it| the plan)?(?: on| from| in)? "
    rf"(?:(?P<ennext>next )?(?P<enday>{_NAME})|(?P<enweek>next week)|(?P<enmonth>next month)|(?P<ensoon>today|tomorrow)"
    rf"|(?P<emday>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<emonth>{MONTH})"
    rf"|(?P<emonth2>{MONTH})(?: (?P<emday2>\d{{1,2}})(?:st|nd|rd|th)?)?)\b"
)
_SOON = {"今天": 0, "今日": 0, "today": 0, "明天": 1, "听日": 1, "tomorrow": 1, "后天": 2}


def days_off(text: str) -> frozenset[int]:
    """The days on which somebody does not learn."""
    off: frozenset[int] = frozenset()
    for found in _OFF.finditer(_without_start(text)):
        off |= _read(next(part for part in found.groups() if part))
    return off


def adds_days(text: str) -> bool:
    """Whether the days named come on top of those before: 星期天也学."""
    return bool(_ALSO.search(text))


def days_on(text: str) -> frozenset[int]:
    """The days on which somebody learns; none where none is named."""
    on: frozenset[int] = frozenset()
    for found in _ON.finditer(_OFF.sub(" ", _without_start(text))):
        on |= _read(found[0])
    return on


def start_of(text: str, today: date) -> date | None:
    """The day on which learning is to begin; None where none is named, or one that there is not."""
    found = _START.search(text)
    if not found:
        return None
    try:
        return max(today, _started(found, today))
    except ValueError:
        return None


def without_days(text: str) -> str:
    """A text without what it says of days and of the beginning."""
    return _ON.sub(" ", _OFF.sub(" ", _without_start(text)))


def _without_start(text: str) -> str:
    return _START.sub(" ", text)


def _started(found: re.Match[str], today: date) -> date:  # noqa: PLR0911
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
    if day := found["day"]:
        return _coming(_HAN_DAYS[day], today)
    if day := found["enday"]:
        number = _latin(day)
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
    named = [_latin(one) for one in re.findall(_NAME, days)]
    return _between(named) if re.search(r"\bto\b|through|-|–", days) else frozenset(named)


def _between(named: list[int]) -> frozenset[int]:
    first, last = named[0], named[-1]
    return frozenset((first + step) % 7 for step in range((last - first) % 7 + 1))


def _latin(day: str) -> int:
    return _LATIN_DAYS.index(day[:3])
