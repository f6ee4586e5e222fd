"""Small talk: what is said back to a greeting, to thanks, and to who asks whom they are talking to."""

from datetime import date
from pathlib import Path

from companion.patterns import Patterns
from companion.understanding.enquiry import enquiry_reply
from companion.understanding.wholly import Kind
from companion.words import Locale, Words, to_traditional
from course_index.analyze import normalise
from course_index.course import Course

_SAYS = Patterns(Path(__file__).with_name("courtesy.toml"))


class Courtesy:
    """Says back what is fitting. `operator` and `hotline` are the operator's own, if set; neither is ever made up."""

    def __init__(self, operator: str | None, hotline: str | None) -> None:
        self._operator = operator
        self._hotline = hotline

    def reply(self, message: str, say: Words, *, begins: bool) -> str:
        """The reply to small talk; `begins` when nothing was said before it."""
        said = normalise(message).strip()
        if _SAYS["own_data"].search(said):
            return say.own_data
        if _SAYS["who_runs_it"].search(said):
            return self._about(say, say.operator_unknown)
        if _SAYS["who_are_you"].search(said):
            return self._about(say, "")
        if _SAYS["thanks"].search(said):
            return say.thanks
        if _SAYS["what_can_you_do"].search(said):
            return say.abilities
        return say.greeting if begins or _SAYS["hello"].search(said) else say.ask_on

    def on_enquiry(self, enquiry: Kind, course: Course | None, say: Words, locale: Locale, today: date) -> str:
        """The reply to what is for an office or of the machine; `course` is the one that is meant, if any."""
        match enquiry.entry.get("reply"):
            case "about":
                return self._about(say, say.operator_unknown if enquiry.name == "maker" else "")
            case "abilities":
                return say.abilities
            case "thanks":
                return say.thanks
            case "own_data":
                return say.own_data
            case "more_of_what":
                return say.more_of_what
        named = (course.title, course.provider) if course and course.provider else None
        told = enquiry_reply(
            enquiry,
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
        if not _SAYS["complains"].search(normalise(message)):
            return say.feedback
        return say.complaint.format(hotline=say.hotline.format(self._hotline) if self._hotline else "").strip()

    def _about(self, say: Words, unknown: str) -> str:
        operator = say.operated_by.format(self._operator) if self._operator else unknown
        hotline = say.hotline.format(self._hotline) if self._hotline else ""
        return say.about.format(operator=operator + hotline)


def _in_chinese(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日星期{'一二三四五六日'[day.weekday()]}"
