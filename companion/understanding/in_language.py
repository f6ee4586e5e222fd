"""用英语说, say that in Chinese: the last answer is wanted in another language."""

from companion.patterns import for_normalised
from companion.words import Locale
from course_index.analyze import normalise

_LANGUAGE = (
    r"(?P<{}>(?:中文)?[简繁]体(?:字|中文)?|中文|汉语|华语|普通话|国语|粤语|广东话|白话|英文|英语|english|chinese"
    r"|mandarin|cantonese)"
)
_ASKED = for_normalised(
    r"(?:(?:请|麻烦|唔该|可以|可唔可以|可不可以|能不能|能|你|把它?|[，\s])*(?:用|讲|说|改成|换(?:成|回|返)|转(?:成|回|返)|翻译成|译成)"
    rf"{_LANGUAGE.format('a')}(?:再|来|给我|同我|[，\s])*(?:说|讲|回答|回复|解释|写|答|显示)?(?:我|畀我|俾我)?(?:多?一?[遍次下])?"
    r"|(?:(?:can|could|would) you |please |now )*(?:say|tell|repeat|explain|answer|write|translate|put)"
    rf"(?: (?:it|that|this|me|again|once more))* (?:in|into|to) {_LANGUAGE.format('b')}(?: again)?"
    rf"|(?:(?:can|could|do) you |please )*(?:speak |in ){_LANGUAGE.format('c')}"
    rf"|{_LANGUAGE.format('d')}(?=,? please))(?:吗|呢|吧|啦|好吗|得唔得|可以吗|,?\s*please|[\s。！？?.])*"
)


def language_asked(message: str) -> Locale | None:
    """The language in which the last answer is wanted; None for what asks no such thing."""
    found = _ASKED.fullmatch(normalise(message).strip())
    if not found:
        return None
    named = next(filter(None, found.groups()))
    if named in ("英文", "英语", "english"):
        return "en"
    return "zh-Hant" if "繁" in named or named in ("粤语", "广东话", "白话", "cantonese") else "zh-Hans"
