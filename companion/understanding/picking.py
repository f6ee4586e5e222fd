"""A course picked by its number from those that were just shown: 2, 第二门怎么报名, the second one."""

import re

from companion.conversation import Pending, Shown

_HAN = "一二三四五六七八九"
_NUMBER = rf"(?P<number>[1-9{_HAN}])"
_ONLY_A_NUMBER = re.compile(
    rf"(?:那?就?我?(?:想|要)?(?:选|選|看|要|拣|揀)?)\s*第?\s*{_NUMBER}\s*(?:个|個|门|門|号|號|项|項)?(?:课程?|課程?)?[吧啦喇\s。.!！,，]*"
)
_A_CHOICE = re.compile(rf"(?:第?\s*(?:\d{{1,2}}|[{_HAN}])\s*(?:个|個|门|門|号|號|项|項)?|[A-Ha-h])[\s。.!！,，、)）]*")
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

    def titled(found: re.Match[str]) -> str:
        at = _at(found[found.lastgroup or 0].lower())
        return f"《{titles[at]}》" if at < len(titles) else found[0]

    if only := _ONLY_A_NUMBER.fullmatch(said):
        named = titled(only)
        return named if named != said else message
    named = _IN_ENGLISH.sub(titled, _NUMBERED.sub(titled, said))
    return named if named != said else message


def is_only_a_choice(message: str) -> bool:
    """Whether a message is a number or a letter, which says nothing where nothing is to be chosen."""
    return bool(_A_CHOICE.fullmatch(message.strip()))


def _at(number: str) -> int:
    """The place, from 0, of what a number names."""
    if number.isdigit():
        return int(number) - 1
    return _NTH.index(number) if number in _NTH else _HAN.index(number)
