"""Small talk: what is said back to a greeting, to thanks, and to who asks whom they are talking to."""

import re
from datetime import date

from companion.understanding.desk import desk_reply
from companion.understanding.wholly import Kind
from companion.words import Locale, Words, to_traditional
from course_index.analyze import normalise
from course_index.course import Course

_WHO_RUNS_IT = re.compile(
    r"(?:平台|助手|网站|小程序).{0,6}(?:谁|单位|哪里|边个|政府|官方|国家|公家|私人|企业)"
    r"|(?:谁|单位|边个).{0,4}(?:办|做|搞|运营|负责|管)|\bwho (?:runs|made|operates|built|owns|is behind)\b"
)
_WHO_ARE_YOU = re.compile(
    r"你(?:是|系|叫)|真人|机器人?|电脑|人工智能|(?:跟|和|同)(?:谁|边个|ai)"
    r"|\bwho are you\b|\byour name\b|\b(?:human|robot|bot|machine|real person|ai)\b"
)
_WHAT_CAN_YOU_DO = re.compile(
    r"(?:帮|幫)(?:到|助)?我|能(?:做|干|问)|可以(?:做|问|帮)|会(?:做|些)|怎么(?:用|开始)|点用|干嘛|做咩|功能|本事|介绍|从哪里?来|边度(?:来|嚟)|依据|编的"
    r"|\b(?:what (?:can|are|does)|how (?:do|does)|where do your|make things up|can i ask)\b"
)
_OWN_DATA = re.compile(
    r"(?:删|清|注销|导出|下载).{0,8}(?:记录|数据|资料|信息|对话|账号|账户)|\b(?:delete|erase|export|download) my\b"
)
_COMPLAINS = re.compile(r"投诉|举报|申诉|complain|appeal")
_THANKS = re.compile(r"谢|唔该|辛苦|\b(?:thanks?|thx)\b")
_HELLO = re.compile(
    r"^(?:(?:你|您|大家)好|嗨|哈[喽啰罗]|早|(?:上午|下午|中午|晚上)好)"
    r"|^(?:hi|hello|hey|good (?:morning|afternoon|evening))\b"
)


class Courtesy:
    """Says back what is fitting. `operator` and `hotline` are the operator's own, if set; neither is ever made up."""

    def __init__(self, operator: str | None, hotline: str | None) -> None:
        self._operator = operator
        self._hotline = hotline

    def reply(self, message: str, say: Words, *, begins: bool) -> str:
        """The reply to small talk; `begins` when nothing was said before it."""
        said = normalise(message).strip()
        if _OWN_DATA.search(said):
            return say.own_data
        if _WHO_RUNS_IT.search(said):
            return self._about(say, say.operator_unknown)
        if _WHO_ARE_YOU.search(said):
            return self._about(say, "")
        if _THANKS.search(said):
            return say.thanks
        if _WHAT_CAN_YOU_DO.search(said):
            return say.abilities
        return say.greeting if begins or _HELLO.search(said) else say.ask_on

    def at_the_desk(self, desk: Kind, course: Course | None, say: Words, locale: Locale, today: date) -> str:
        """The reply to what is for an office or of the machine; `course` is the one that is meant, if any."""
        match desk.entry.get("reply"):
            case "about":
                return self._about(say, say.operator_unknown if desk.name == "maker" else "")
            case "abilities":
                return say.abilities
            case "thanks":
                return say.thanks
        named = (course.title, course.provider) if course and course.provider else None
        told = desk_reply(
            desk,
            english=locale == "en",
            course=named,
            office=self._office(say),
            today=f"{today:%A} {today.isoformat()}" if locale == "en" else _in_chinese(today),
        ).strip()
        return told if locale != "zh-Hant" else to_traditional(told)

    def _office(self, say: Words) -> str:
        operator = say.operated_by.format(self._operator) if self._operator else ""
        return operator + (say.hotline.format(self._hotline) if self._hotline else "")

    def on_feedback(self, message: str, say: Words) -> str:
        """What is said back to an opinion; who wants to complain is told where that gets a ticket and an answer."""
        if not _COMPLAINS.search(normalise(message)):
            return say.feedback
        return say.complaint.format(hotline=say.hotline.format(self._hotline) if self._hotline else "").strip()

    def _about(self, say: Words, unknown: str) -> str:
        operator = say.operated_by.format(self._operator) if self._operator else unknown
        hotline = say.hotline.format(self._hotline) if self._hotline else ""
        return say.about.format(operator=operator + hotline)


def _in_chinese(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日星期{'一二三四五六日'[day.weekday()]}"
