"""Small talk: what is said back to a greeting, to thanks, and to who asks whom they are talking to."""

from pathlib import Path

from companion.patterns import Patterns
from companion.words import Words
from course_index.analyze import normalise

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

    def on_feedback(self, message: str, say: Words) -> str:
        """What is said back to an opinion; who wants to complain is told where that gets a ticket and an answer."""
        if not _SAYS["complains"].search(normalise(message)):
            return say.feedback
        return say.complaint.format(hotline=say.hotline.format(self._hotline) if self._hotline else "").strip()

    def _about(self, say: Words, unknown: str) -> str:
        operator = say.operated_by.format(self._operator) if self._operator else unknown
        hotline = say.hotline.format(self._hotline) if self._hotline else ""
        return say.about.format(operator=operator + hotline)
