"""What a message does with what is pending: a quiz, a hint, a plan, a way, the rest of an answer, courses shown."""

from collections.abc import AsyncGenerator
from dataclasses import replace

from companion.conversation import Hinted, PathwayWanted, PlanWanted, Quiz, Rest, Shown
from companion.event_streams import said
from companion.events import Event
from companion.heard import Heard
from companion.ledger import Ledger
from companion.portions import place_of_step
from companion.replies.answering import Answering
from companion.replies.continuing import Continuing
from companion.replies.course_records import asks_more_of_what_was_shown
from companion.replies.hinting import Hinting
from companion.replies.leading import Leading
from companion.replies.planning import Planning
from companion.replies.practising import Practising
from companion.understanding.of_a_course import asks_for_its_lessons
from companion.understanding.picking import picks_beyond, picks_without_saying_which


class GoingOn:
    """Goes on with what the turn before left open."""

    def __init__(
        self,
        answering: Answering,
        continuing: Continuing,
        leading: Leading,
        practising: Practising,
        hinting: Hinting,
        planning: Planning,
    ) -> None:
        self._answering = answering
        self._continuing = continuing
        self._leading = leading
        self._practising = practising
        self._hinting = hinting
        self._planning = planning

    def events(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None] | None:
        """What it goes on to; None for a message that is about something else."""
        match heard.conversation.pending:
            case Quiz() as quiz:
                return self._with_a_quiz(quiz, heard, ledger)
            case Hinted() as hinted:
                return self._after_a_hint(hinted, heard, ledger)
            case PlanWanted() | PathwayWanted() as wanted:
                return self._with_times(wanted, heard, ledger)
            case Rest() as rest:
                return self._at_a_step(rest, heard, ledger)
            case Shown() as shown:
                return _asking_which(shown, heard, ledger)
        return None

    def _with_a_quiz(self, quiz: Quiz, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None] | None:
        if self._practising.wants_another(heard.message):
            return self._practising.quiz(heard, ledger)
        if heard.answers_quiz:
            return self._practising.grades(quiz, heard, ledger)
        if self._practising.asks_why(quiz, heard.message):
            return self._practising.reason(quiz, heard, ledger)
        practising = self._practising
        if practising.wants_it_again(quiz, heard.message) or practising.misses_the_point(
            quiz, heard.message, heard.wish
        ):
            return self._practising.once_more(quiz, heard, ledger)
        if not quiz.is_over and self._hinting.wants_a_hint(heard):
            return self._practising.hint_in_quiz(quiz, heard, ledger)
        return None

    def _after_a_hint(self, hinted: Hinted, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None] | None:
        if self._hinting.has_had_enough(heard):
            return self._answering.events(replace(heard, question=hinted.question, depends=False), ledger)
        if self._hinting.proposes(heard):
            return self._hinting.attempt(hinted, heard, ledger)
        if self._hinting.is_stuck(heard):
            return self._hinting.hint(heard, ledger)  # of the same question, or of another that it names
        return None

    def _with_times(
        self, wanted: PlanWanted | PathwayWanted, heard: Heard, ledger: Ledger
    ) -> AsyncGenerator[Event, None] | None:
        if isinstance(wanted, PlanWanted):
            return self._planning.events(heard, ledger) if self._planning.completes(heard) else None
        goes_on = self._leading.goes_on(wanted, heard.message, heard.wish)
        return self._leading.way(heard, ledger, wanted.goal) if goes_on else None

    def _at_a_step(self, rest: Rest, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None] | None:
        step = place_of_step(rest.portions, heard.message)
        if step is None:
            return None
        return self._continuing.rest(replace(rest, portions=rest.portions[step:]), heard, ledger)


def _asking_which(shown: Shown, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None] | None:
    """Which of the courses that were shown is meant, where a message is about one of them and does not say so."""
    of_it = asks_for_its_lessons(heard.message) or asks_more_of_what_was_shown(heard)
    of_any = len(shown.titles) > 1 and not heard.scope.course_id and of_it
    beyond = picks_beyond(heard.message, shown)
    if not of_any and not beyond and not picks_without_saying_which(heard.message):
        return None
    ledger.pending = shown
    numbered = "\n".join(f"{n}. {title}" for n, title in enumerate(shown.titles, 1))
    return said(heard.say.pick_which.format(courses=numbered))
