"""Courses picked from those that were just shown: 2, 第二门怎么报名, the first two, 就这个吧, 两个都想学."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from companion.conversation import PathwayWanted, Pending, Shown
from companion.patterns import Patterns
from course_index.analyze import normalise

_SAYS = Patterns(Path(__file__).with_name("picking.toml"))
# So many courses may be wanted at once; of more, one is asked which.
_AT_ONCE = 3

_HAN = "一二三四五六七八九"
_NUMBER = rf"(?P<number>[1-9{_HAN}])"
_ONLY_A_NUMBER = re.compile(
    rf"(?:那?就?我?(?:想|要)?(?:选|選|看|要|拣|揀)?)\s*第?\s*{_NUMBER}\s*(?:个|個|门|門|号|號|项|項)?(?:课程?|課程?)?[吧啦喇\s。.!！,，]*"
)
_A_CHOICE = re.compile(
    rf"(?:第?\s*(?:\d{{1,2}}|[{_HAN}])\s*(?:个|個|门|門|号|號|项|項)?|[A-Ha-h])[\s。.!！,，、)）]*"
    r"|(?:\d{1,2}[\s.、:：)）]*[A-Ha-h][\s,，;；、.。]*){2,}"  # 1A 2C, as a quiz is answered
)
# 第一个实验 is no course: after 个 comes a course, a mark, or what is asked or said of it.
_SAID_OF_IT = (
    r"(?=[\s，,。.?？!！怎点點是系係在喺有要使能可几幾多什咩乜边邊哪讲講教学學上读讀报報免收贵貴远遠近难難易长長短好適适啱"
    r"会會合比和同跟呢吗嗎吧啦嘅的得行我他她佢]|$)"
)
_NUMBERED = re.compile(
    rf"第\s*{_NUMBER}\s*(?:(?:个|個|门|門)(?:课程?|課程?|班)|[门門]|[个個]{_SAID_OF_IT})"
    rf"|(?P<last>最[后後尾](?:一)?(?:(?:个|個|门|門)(?:课程?|課程?|班)|[门門]|[个個]{_SAID_OF_IT}))"
)
_NTH = ("first", "second", "third", "fourth", "fifth")
_NTH_OF = "|".join(_NTH)
_IN_ENGLISH = re.compile(
    rf"\b(?:the )?(?P<nth>{_NTH_OF})(?: one| course)\b|\bthe (?P<final>last)(?: one| course)\b(?! i\b)"
    rf"|^the (?:(?P<only>{_NTH_OF})|(?P<end>last))$",
    re.I,
)
# 前两门, the first two. Not 前两天, and not the first two weeks.
_SO_MANY = {
    **dict.fromkeys("两兩二俩2", 2),
    **dict.fromkeys("三3", 3),
    **dict.fromkeys("四4", 4),
    "two": 2,
    "three": 3,
    "four": 4,
}
_FIRST_FEW = re.compile(
    rf"[前头頭]\s*(?P<few>[两兩二俩三四2-4])\s*(?:(?:个|個|门|門)(?:课程?|課程?|班)|[门門]|[个個]{_SAID_OF_IT})"
    r"|\b(?:the )?first (?P<several>two|three|four)(?: ones| courses)?\b"
    r"(?! (?:days|weeks|months|years|hours|minutes|lessons|chapters|units|parts|sections|questions|pages)\b)",
    re.I,
)
# 第一和第三门, 比较1和2, the first and the third: each is a course of its own.
_TOGETHER = re.compile(
    rf"第\s*(?P<one>[1-9{_HAN}])\s*(?:和|跟|与|與|同|、)\s*第?\s*(?P<other>[1-9{_HAN}])\s*(?:个|個|门|門)"
    rf"|(?<=[较較对對]比|比[较較])\s*(?P<first>[1-9])\s*(?:和|跟|与|與|同|、)\s*(?P<second>[1-9])(?!\d)"
    rf"|\b(?:the )?(?P<this>{_NTH_OF}) (?:and|or|with|vs\.?|to) (?:the )?(?P<that>{_NTH_OF})\b(?: ones?| courses?)?"
    r"|(?<=compare )(?P<a>[1-9]) (?:and|with|to) (?P<b>[1-9])\b",
    re.I,
)
# Of a way every step is a course.
_A_STEP = re.compile(
    rf"(第\s*[1-9{_HAN}]\s*|最[后後](?:一)?|[前头頭]\s*[两兩二三四2-4]\s*|[哪边邊](?:一)?)步(?!行|骤|驟)"
)
_A_STEP_IN_ENGLISH = re.compile(rf"\b((?:{_NTH_OF}|last|which|first (?:two|three|four)) )steps?\b", re.I)


def picked(message: str, pending: Pending | None) -> str:
    """The message with the titles of the courses in place of their numbers; as it is where no number means a course."""
    if not isinstance(pending, Shown | PathwayWanted) or not pending.titles:
        return message
    said, titles = message.strip(), pending.titles
    if isinstance(pending, PathwayWanted):
        said = _A_STEP_IN_ENGLISH.sub(r"\1course", _A_STEP.sub(r"\1门", said))
    elif all_of_it := _without_a_number(said, titles):
        return all_of_it

    def titled(found: re.Match[str]) -> str:
        named = {name: value for name, value in found.groupdict().items() if value}
        places = _places(named, len(titles))
        return "".join(f"《{titles[at]}》" for at in places) if all(at < len(titles) for at in places) else found[0]

    if isinstance(pending, Shown) and (only := _ONLY_A_NUMBER.fullmatch(said)):
        named = titled(only)
        return named if named != said else message
    for pattern in (_TOGETHER, _FIRST_FEW, _NUMBERED, _IN_ENGLISH):
        said = pattern.sub(titled, said)
    return said if said != message.strip() else message


def picks_beyond(message: str, pending: Pending | None) -> bool:
    """Whether a message means a course by a number that fewer were shown than: the second of one."""
    if not isinstance(pending, Shown) or not pending.titles:
        return False
    found = (_NUMBERED.search(message.strip()), _IN_ENGLISH.search(message.strip()))
    named = [{name: value for name, value in one.groupdict().items() if value} for one in found if one]
    return any(at >= len(pending.titles) for one in named for at in _places(one, len(pending.titles)))


def _without_a_number(said: str, titles: Sequence[str]) -> str:
    """What picks the only course, or all of two or three: 就这个吧, 两个都想学; empty for what picks none so."""
    if len(titles) == 1 and (_says("this_one", said) or _says("all_of_them", said)):
        return f"《{titles[0]}》"
    if len(titles) <= _AT_ONCE and _says("all_of_them", said):
        return "".join(f"《{title}》" for title in titles)
    return ""


def picks_without_saying_which(message: str) -> bool:
    """Whether a message picks of courses that were shown, and does not say which."""
    return _says("this_one", message) or _says("all_of_them", message)


def is_only_a_choice(message: str) -> bool:
    """Whether a message is a number or a letter, which says nothing where nothing is to be chosen."""
    return bool(_A_CHOICE.fullmatch(message.strip()))


def _says(what: str, message: str) -> bool:
    return bool(_SAYS[what].fullmatch(normalise(message).strip()))


def _places(named: Mapping[str, str], of: int) -> list[int]:
    """The places, from 0, of what is named of so many."""
    if few := named.get("few") or named.get("several"):
        return list(range(min(_SO_MANY[few.lower()], of)))  # of one that was shown the first two are that one
    if named.keys() & {"last", "final", "end"}:
        return [of - 1]
    return [_at(number.lower()) for number in named.values()]


def _at(number: str) -> int:
    """The place, from 0, of what a number names."""
    if number.isdigit():
        return int(number) - 1
    return _NTH.index(number) if number in _NTH else _HAN.index(number)
