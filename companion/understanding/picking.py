"""A course picked from those that were just shown: 2, 第二门怎么报名, the second one, 就这个吧, 两个都想学."""

import re
from pathlib import Path

from companion.conversation import Pending, Shown
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
    r"(?=[\s，,。.?？!！怎点點是系係在喺有要使能可几幾多什咩乜边邊哪讲講教学學上读讀报報免收贵貴远遠近难難易长長短好适適啱"
    r"会會合比和同跟呢吗嗎吧啦嘅的得行我他她佢]|$)"
)
_NUMBERED = re.compile(rf"第\s*{_NUMBER}\s*(?:(?:个|個|门|門)(?:课程?|課程?|班)|[门門]|[个個]{_SAID_OF_IT})")
_NTH = ("first", "second", "third", "fourth", "fifth")
_IN_ENGLISH = re.compile(
    rf"\b(?:the )?(?P<nth>{'|'.join(_NTH)})(?: one| course)\b|^the (?P<only>{'|'.join(_NTH)})$", re.I
)


def picked(message: str, pending: Pending | None) -> str:
    """The message with the title of the course in place of its number; as it is where no number means a course."""
    if not isinstance(pending, Shown):
        return message
    said = message.strip()
    titles = pending.titles
    if len(titles) == 1 and (_says("this_one", said) or _says("all_of_them", said)):
        return f"《{titles[0]}》"
    if len(titles) <= _AT_ONCE and _says("all_of_them", said):
        return "".join(f"《{title}》" for title in titles)

    def titled(found: re.Match[str]) -> str:
        at = _at(found[found.lastgroup or 0].lower())
        return f"《{titles[at]}》" if at < len(titles) else found[0]

    if only := _ONLY_A_NUMBER.fullmatch(said):
        named = titled(only)
        return named if named != said else message
    named = _IN_ENGLISH.sub(titled, _NUMBERED.sub(titled, said))
    return named if named != said else message


def picks_without_saying_which(message: str) -> bool:
    """Whether a message picks of courses that were shown, and does not say which."""
    return _says("this_one", message) or _says("all_of_them", message)


def is_only_a_choice(message: str) -> bool:
    """Whether a message is a number or a letter, which says nothing where nothing is to be chosen."""
    return bool(_A_CHOICE.fullmatch(message.strip()))


def _says(what: str, message: str) -> bool:
    return bool(_SAYS[what].fullmatch(normalise(message).strip()))


def _at(number: str) -> int:
    """The place, from 0, of what a number names."""
    if number.isdigit():
        return int(number) - 1
    return _NTH.index(number) if number in _NTH else _HAN.index(number)
