"""Which reply a message gets: an office's, what goes on with what is pending, what is on record, what it wants."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from typing import cast

from companion.conversation import Hinted
from companion.event_streams import said
from companion.events import Event
from companion.heard import Heard, Style
from companion.ledger import Ledger
from companion.replies.advising import Advising
from companion.replies.answering import Answering
from companion.replies.continuing import Continuing
from companion.replies.courtesy import Courtesy
from companion.replies.crediting import Crediting
from companion.replies.enquiries import Enquiries
from companion.replies.going_on import GoingOn
from companion.replies.hinting import Hinting
from companion.replies.planning import Planning
from companion.replies.practising import Practising
from companion.replies.stating import Stating
from companion.safety.bounds import Refusal
from companion.understanding.facts import facts_asked
from companion.understanding.in_language import language_asked
from companion.understanding.picking import is_only_a_choice, picks_without_saying_which
from companion.understanding.wish import Wish, asks, asks_for_simpler, wish_by_rules

Reply = Callable[[Heard, Ledger], AsyncGenerator[Event, None]]

# Replies with courses on cards, which are found again and not only said again.
_COMPUTED = ("courses", "pathway")
_ANSWERED = ("question", "credits", "hint")
# Who is written to in plain words, one step at a time.
_PLAINLY = "senior"


@dataclass(frozen=True, slots=True)
class Replies:
    """What makes the replies, each of a kind; the events of each end with Done."""

    answering: Answering
    stating: Stating
    continuing: Continuing
    going_on: GoingOn
    advising: Advising
    crediting: Crediting
    practising: Practising
    hinting: Hinting
    planning: Planning
    courtesy: Courtesy
    enquiries: Enquiries

    def to(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """What a message gets."""
        if heard.enquiry:
            return self.enquiries.events(heard.enquiry, heard)
        if steps := self.going_on.events(heard, ledger):
            return steps
        if is_only_a_choice(heard.message) or picks_without_saying_which(heard.message):
            return said(heard.say.more_of_what)  # nothing was shown to choose from
        return self.stating.on_record(heard, self._as_wanted(heard, ledger))

    def declining(self, refusal: Refusal, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None] | None:
        """What a message gets that is out of bounds; None where it is answered all the same."""
        if refusal.rule == "graded_work" and self._is_of_our_own(heard):
            return None
        in_bounds = heard.enquiry and heard.enquiry.entry.get(
            "in_bounds"
        )  # 把我说过的都忘掉 is of the learner's own data
        if refusal.rule != "official_fact" and not in_bounds:
            return said(refusal.reply, "declined")
        if heard.enquiry:
            return self.enquiries.events(heard.enquiry, heard, "catalogue" if in_bounds else "declined")
        if self.advising.titles_missing(heard):
            return self.advising.courses(heard, ledger)  # a course that there is not has no fees
        if heard.wish not in ("question", "credits") or self.advising.names_conditions(heard):
            return None  # a way, courses or a plan is told with what is not known of it
        return self.stating.official(refusal.reply, heard, ledger)

    def _is_of_our_own(self, heard: Heard) -> bool:
        """Whether it is of a hint or a quiz that was given here, which nobody is graded by."""
        # 卡住了，直接讲答案吧: of what was no graded work so far.
        hinted = isinstance(heard.conversation.pending, Hinted) and self.hinting.has_had_enough(heard)
        ruled = wish_by_rules(heard.message)
        # 别直接告诉我答案 wants no answer; stop the quiz.
        return (
            hinted or heard.answers_quiz or ruled == "end" or (ruled == "hint" and self.hinting.wants_no_answer(heard))
        )

    def _as_wanted(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        replies: dict[Wish, Reply] = {
            "question": self._to_a_question,
            "courses": self.answering.courses,
            "pathway": self.stating.pathway,
            "credits": self.stating.records,
            "practice": self.practising.quiz,
            "hint": self.hinting.hint,
            "plan": self.planning.events,
            "again": self._again,
            "more": self._more,
            "smalltalk": self._to_small_talk,
            "feedback": self._to_feedback,
            "end": lambda heard, _: said(heard.say.goodbye),
            "nothing": lambda heard, _: said(heard.say.empty),
        }
        return replies[self._wanted(heard)](heard, ledger)

    def _wanted(self, heard: Heard) -> Wish:
        wish = _styled(heard.wish, heard.style)
        of_a_course = wish in ("question", "credits") and self.advising.names_a_course(heard)
        # A course that there is not has neither lessons nor fees.
        return "courses" if of_a_course and self.advising.titles_missing(heard) else wish

    def _to_a_question(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        if not heard.depends and self.advising.teaches_to_use(heard):
            return self.advising.courses(heard, ledger)
        return self.answering.events(heard, ledger)

    def _to_small_talk(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        if heard.urgent:
            return self.answering.unless_answered(heard, ledger, said(""))  # whom to call stands below
        only_resembles = wish_by_rules(heard.message) is None
        if only_resembles and self.advising.names_a_subject(heard):
            return self.advising.courses(heard, ledger)
        courtesy = said(self.courtesy.reply(heard.message, heard.say, begins=not heard.conversation.turns))
        # 佢而家唔識郁喇 only resembles small talk.
        goes_on = heard.depends and only_resembles
        return self.answering.unless_answered(heard, ledger, courtesy) if goes_on else courtesy

    def _to_feedback(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        if heard.urgent:
            return self.answering.unless_answered(heard, ledger, said(""))
        thanks = said(self.courtesy.on_feedback(heard.message, heard.say))
        # 今天又答错了，是退到第二盒吗 asks.
        return self.answering.unless_answered(heard, ledger, thanks) if asks(heard.question) else thanks

    def _more(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        return self._plainer(heard, ledger) if asks_for_simpler(heard.message) else self.continuing.more(heard, ledger)

    def _plainer(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """What was told, in plain words where a model writes; a course's own words stay as they are."""
        turns = reversed(heard.conversation.turns)
        last = next((turn for turn in turns if turn.wish not in ("more", "again")), None)
        if last is None or last.wish not in _ANSWERED or not last.passages:
            return said(heard.say.more_of_what)
        if not self.answering.has_model:
            return said(heard.say.no_plainer)
        asked = replace(heard, message=last.message, question=last.question, wish="question", facts=())
        # It goes on from nothing: what was told may be said once more.
        return self.answering.events(replace(asked, depends=False, audience=_PLAINLY), ledger)

    def _again(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        last = heard.conversation.last_told
        in_another_language = last and last.wish in _ANSWERED and language_asked(heard.message)
        if language_asked(heard.message) and not (in_another_language or (last and last.wish in _COMPUTED)):
            return said(heard.say.speaks)
        if last and (last.wish in _COMPUTED or in_another_language):
            facts = facts_asked(last.message, heard.named)
            earlier = replace(
                heard, message=last.message, question=last.question, wish=cast("Wish", last.wish), facts=facts
            )
            return self.stating.on_record(earlier, self._as_wanted(earlier, ledger))
        return self.continuing.again(last, heard, ledger)


def _styled(wish: Wish, style: Style) -> Wish:
    """The wish under the style that the page has set, which says how questions are to be taken."""
    if style == "answer" or wish not in ("question", "hint", "practice", "plan"):
        return wish
    styled: dict[Style, Wish] = {"hint": "hint", "quiz": "practice", "plan": "plan"}
    return styled[style]
