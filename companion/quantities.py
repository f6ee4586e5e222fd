"""The numbers that a text states, with their units, in one form for digits, Chinese numerals and English words."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from course_index.analyze import normalise

_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1_000}
_GROUPS = {"万": 10_000, "亿": 100_000_000}
_ENGLISH = {
    word: value
    for value, words in {
        2: "two twice", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten",
        11: "eleven", 12: "twelve", 13: "thirteen", 14: "fourteen", 15: "fifteen", 16: "sixteen", 17: "seventeen",
        18: "eighteen", 19: "nineteen", 20: "twenty", 30: "thirty", 40: "forty", 50: "fifty", 60: "sixty",
        70: "seventy", 80: "eighty", 90: "ninety", 100: "hundred",
    }.items()
    for word in words.split()
}  # fmt: skip
_TENS = "|".join(word for word, value in _ENGLISH.items() if 20 <= value < 100)
_BELOW_TEN = "|".join(("one", *(word for word, value in _ENGLISH.items() if value < 10)))
_SMALL = rf"(?:(?:{_TENS})(?:[ -](?:{_BELOW_TEN}))?|{'|'.join(word for word in _ENGLISH if word != 'hundred')})"
_ENGLISH_GROUPS = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_SCALE = rf"(?:hundred|{'|'.join(_ENGLISH_GROUPS)})"
# three hundred and twenty thousand, a million, one hundred, twenty-one, five
_ENGLISH_NUMBER = rf"(?:an?|one|{_SMALL})(?:[ -]{_SCALE})+(?:(?: and)? {_SMALL}(?:[ -]{_SCALE})*)*|{_SMALL}"
_PARTS = {
    "half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
}  # fmt: skip
# a third of it, two thirds, four-fifths
_ENGLISH_PARTS = rf"an? (?:{'|'.join(_PARTS)})(?= of)|(?:{_BELOW_TEN})[ -](?:{'|'.join(_PARTS)})s?"
_ORDINALS = {word: value for word, value in _PARTS.items() if word not in ("half", "quarter")} | {
    "first": 1, "fourth": 4,
}  # fmt: skip
# What is measured on one scale, in the smallest unit of it: half an hour is thirty minutes.
_SCALES: dict[str, tuple[str, float]] = {
    "percent": ("share", 0.01),
    "hour": ("second", 3_600), "minute": ("second", 60),
    "kilogram": ("gram", 1_000), "jin": ("gram", 500),
    "kilometre": ("millimetre", 1_000_000), "metre": ("millimetre", 1_000), "centimetre": ("millimetre", 10),
}  # fmt: skip
# What counts the same thing; the first match holds, so that 工作日 is not taken for 日.
_UNITS = (
    ("workday", r"个?工作日|working days?|business days?"),
    ("day", r"日|天|days?"),
    ("week", r"周(?!岁|年)|个?星期|个?礼拜|weeks?"),
    ("month", r"个?月|months?"),
    ("age", r"周?岁|years? old|years? of age"),
    ("year", r"周?年|years?"),
    ("hour", r"个?小时|个?钟头?(?!内)|hours?|hrs?\b"),
    ("minute", r"分钟|minutes?|mins?\b"),
    ("second", r"秒钟?|seconds?"),
    ("yuan", r"元|块钱?|yuan|rmb"),
    ("percent", r"%|percent|per cent"),
    ("degree", r"°c|摄氏度|度|degrees?(?: celsius)?"),
    ("kilogram", r"公斤|千克|kg|kilograms?|kilos?\b"),
    ("gram", r"克|grams?|g\b"),
    ("jin", r"斤|jin\b"),
    ("kilometre", r"公里|千米|km|kilomet(?:er|re)s?"),
    ("centimetre", r"厘米|公分|cm|centimet(?:er|re)s?"),
    ("millimetre", r"毫米|mm|millimet(?:er|re)s?"),
    ("metre", r"米|met(?:er|re)s?"),
    ("time", r"次|回|遍"),
    ("times", r"times?\b"),  # so often, or so much more
    ("fold", r"倍|fold"),
    ("article", r"条(?=\s|的|规定|第|$)|articles?"),
)
_SO_OFTEN = ({"times", "time"}, {"times", "fold"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# An English month in lower case, whole or short.
MONTH = rf"(?:{'|'.join(_MONTHS)})(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?"
_UNIT = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _UNITS))
_CHINESE = r"[零〇一二两三四五六七八九十百千万亿]+"
_NUMBER = re.compile(
    rf"(?P<percent>百分之(?:{_CHINESE}|\d+(?:\.\d+)?))"
    r"|(?P<tenths>(?:(?<![统归合同之第单唯专万十])一|(?<![第十])[二两三四五六七八九]|(?<!\d)[1-9])成"
    r"(?![不为立分员功本人长年交果语因就品天对型]))"
    rf"|(?P<fraction>{_CHINESE}分之{_CHINESE})"
    rf"|(?P<andhalf>(?:{_CHINESE}|\d+)个半(?=小时|钟|月|星期|礼拜))"
    rf"|(?P<half>半(?=个?(?:小时|钟|月|年|天|日|斤|公斤|米))|half an? hour|half a (?:day|year|month))"
    r"|\b(?P<one_and_half>(?:an?|one) (?:hour|day|week|month|year) and a half)\b"
    rf"|(?P<digits>\d+(?:[,，]\d{{3}})*(?:\.\d+)?(?:[万亿]|(?: {_SCALE})+\b)?)"
    rf"|(?P<chinese>{_CHINESE})"
    rf"|\b(?P<parts>{_ENGLISH_PARTS})\b|\b(?P<english>{_ENGLISH_NUMBER})\b"
    rf"|\b(?P<ordinal>{'|'.join(_ORDINALS)}|one)\b"
)
_NAMED_MONTH = re.compile(
    r"\b(?:\d{1,2}(?:st|nd|rd|th)?(?: of)? |(?:in|of|by|until|since|from|between|during|every|each|late|early|mid)[ -])"
    rf"(?P<led>{MONTH})\b|\b(?P<dated>{MONTH})(?= \d)"
)
# A single 一, and numerals inside words that count nothing (一般, 三轮车, 千万不要, 四川).
_COUNTS = re.compile(
    r"[个名位人条件项种类次回遍本张台辆家所层级倍元块角毛分秒日天周年月岁度摄克斤米公里升%户步句页章节款门道颗粒片套份只头把]"
    r"|小时|钟|星期|礼拜|厘米|毫米|千克|千米|公斤|分之|工作日|[到至~～—-]\s*[一二两三四五六七八九十\d]"
)
# 两天半, and no half of something else: 两次半小时.
_AND_A_HALF = re.compile(r"半(?![个小天月年日斤公米])")
_MINUS = re.compile(r"(?:零下|\bminus)\s*$")
_BELOW_ZERO = re.compile(r"(?<![\d\w)~—-])-\s*$")
_HALF_MORE = re.compile(r"and a half\b[ -]?")
_LIST_MARK = re.compile(r"^\s*\d{1,2}[.)、．](?!\d)\s*")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and what it counts; the unit is None where none is told."""

    value: float
    unit: str | None


def quantities(text: str, *, ones: bool = False) -> list[Quantity]:
    """What a text states in numbers, in order. The mark of a list item is none; a single 一 is one only with `ones`,
    where it has a unit: 一米 is a length, and 一天 mostly some day. So are English ordinals and `one`.
    """
    return list(_found(_LIST_MARK.sub("", normalise(text)), ones))


def stated(claimed: Quantity, known: list[Quantity]) -> bool:
    """Whether `known` has the number, counting the same where both say what they count."""
    return any(_same(claimed, one) for one in known)


def _same(one: Quantity, other: Quantity) -> bool:
    if one.unit is None or other.unit is None or one.unit == other.unit or {one.unit, other.unit} in _SO_OFTEN:
        return one.value == other.value
    (unit, measured), (other_unit, other_measured) = _measured(one.unit, one.value), _measured(other.unit, other.value)
    return unit == other_unit and math.isclose(measured, other_measured)


def _measured(unit: str, value: float) -> tuple[str, float]:
    smallest, each = _SCALES.get(unit, (unit, 1))
    return smallest, value * each


def chinese_value(numeral: str) -> int:
    """三百零五 as 305, and digits in a row (二〇二六) as they stand."""
    if not any(character in _PLACES or character in _GROUPS for character in numeral):
        return int("".join(str(_DIGITS[character]) for character in numeral))
    # 三万五 is short for 三万五千.
    short = re.fullmatch(r"(.*([百千万亿]))([一二三四五六七八九])", numeral)
    if short:
        each = _PLACES.get(short[2]) or _GROUPS[short[2]]
        return chinese_value(short[1]) + _DIGITS[short[3]] * each // 10
    total = group = digit = 0
    for character in numeral:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _PLACES:
            group += (digit or 1) * _PLACES[character]
            digit = 0
        else:
            total = (total + group + digit or 1) * _GROUPS[character]
            group = digit = 0
    return total + group + digit


def month_number(month: str) -> int:
    """Which month, as MONTH, in digits or in Chinese numerals: 3 for march, 3 and 三."""
    if month[:3] in _MONTHS:
        return _MONTHS.index(month[:3]) + 1
    return small_number(month)


def small_number(said: str) -> int:
    """Digits alone, or a Chinese numeral: 7 for 7 and 七."""
    return int(said) if said.isdecimal() else chinese_value(said)


def months_named(text: str) -> list[Quantity]:
    """The months that an English text names in a date or after a preposition: March in `from March`, not `may`."""
    found = _NAMED_MONTH.finditer(normalise(text))
    return [Quantity(float(month_number(month["led"] or month["dated"])), "month") for month in found]


def _found(text: str, ones: bool) -> Iterator[Quantity]:
    for match in _NUMBER.finditer(text):
        before, rest = text[: match.start()], text[match.end() :].lstrip(" -")
        half_more = _HALF_MORE.match(rest)
        rest = rest[half_more.end() if half_more else 0 :]
        unit_match = _UNIT.match(rest)
        unit = unit_match.lastgroup if unit_match else None
        dated = before.endswith("月") and rest[:1] in ("日", "号")
        more = 0.5 if half_more or (unit_match and _AND_A_HALF.match(rest, unit_match.end())) else 0.0
        sign = -1 if _MINUS.search(before) or (unit == "degree" and _BELOW_ZERO.search(before)) else 1
        match match.lastgroup:
            case "digits":
                yield Quantity(sign * _digits(match[0]) + more, "day" if dated else unit)
            case "english":
                yield Quantity(sign * _english_value(match[0]) + more, unit)
            case "chinese":
                some = re.fullmatch("[两二三四五六七八九]{2}", match[0])
                if some and _DIGITS[match[0][1]] == _DIGITS[match[0][0]] + 1:  # 两三天
                    yield from (Quantity(float(_DIGITS[digit]), unit) for digit in match[0])
                elif dated or more or (ones and unit and match[0] == "一") or _counts(match[0], rest, before):
                    yield Quantity(sign * float(chinese_value(match[0])) + more, "day" if dated else unit)
            case "ordinal":
                if ones:
                    yield Quantity(float(_ORDINALS.get(match[0], 1)), unit)
            case part:
                yield _part(part, match[0], unit)


def _part(kind: str | None, said: str, unit: str | None) -> Quantity:
    """Shares, halves, and what has a half more."""
    match kind:
        case "percent" | "tenths":
            share, each = said.removeprefix("百分之").removesuffix("成"), 10 if kind == "tenths" else 1
            return Quantity(each * (float(share) if share[0].isdigit() else float(chinese_value(share))), "percent")
        case "fraction":
            below, above = said.split("分之")
            return Quantity(_share(chinese_value(above), chinese_value(below)), "share")
        case "parts":
            above, below = re.split("[ -]", said)
            return Quantity(_share(_ENGLISH.get(above, 1), _PARTS[below.removesuffix("s")]), "share")
        case "andhalf":
            whole = said.removesuffix("个半")
            return Quantity((int(whole) if whole.isdecimal() else chinese_value(whole)) + 0.5, unit)
        case "one_and_half":
            return Quantity(1.5, said.split(" ")[1])
        case _:
            english = re.search(r"hour|day|year|month", said)
            return Quantity(0.5, english[0] if english else unit)


def _share(above: int, below: int) -> float:
    return round(above / max(1, below), 6)


def _digits(number: str) -> float:
    digits, *scales = number.split(" ")
    value = float(digits.rstrip("万亿").replace(",", "").replace("，", "")) * _GROUPS.get(digits[-1], 1)
    return value * math.prod(100 if scale == "hundred" else _ENGLISH_GROUPS[scale] for scale in scales)


def _english_value(words: str) -> float:
    """three hundred and twenty thousand as 320,000."""
    total = group = 0
    for word in re.split("[ -]", words):
        if word == "hundred":
            group = (group or 1) * 100
        elif word in _ENGLISH_GROUPS:
            total += (group or 1) * _ENGLISH_GROUPS[word]
            group = 0
        else:
            group += _ENGLISH.get(word, 1 if word in ("a", "an", "one") else 0)
    return float(total + group)


def _counts(numeral: str, rest: str, before: str) -> bool:
    """Whether a Chinese numeral states a number: 十五日 and 第三 do, 一般 and 千万 do not."""
    if numeral in ("一", "千万", "万一", "万", "千", "百", "亿") and not (numeral == "一" and before.endswith("第")):
        return False
    return len(numeral) > 1 or before.endswith("第") or bool(_COUNTS.match(rest))
