"""One chat turn, told top to bottom: understand, find, write or quote, check, stream, remember."""

import re
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import cast

from companion.answer_cache import AnswerCache, key_of
from companion.conversation import (
    Conversation,
    Hinted,
    PathwayWanted,
    PlanWanted,
    Quiz,
    Rest,
    Shown,
    brought_along,
)
from companion.event_streams import said, with_words_below
from companion.events import Done, Event, Failed, TextAdded, TurnStarted
from companion.heard import Ask, Heard, Style
from companion.hearing import Hearing, spoken
from companion.ledger import Ledger
from companion.portions import place_of_step
from companion.remembering import Remembering
from companion.replies.advising import Advising
from companion.replies.answering import Answering
from companion.replies.continuing import Continuing
from companion.replies.counter import Counter
from companion.replies.courtesy import Courtesy
from companion.replies.crediting import Crediting
from companion.replies.hinting import Hinting
from companion.replies.leading import Leading
from companion.replies.planning import Planning
from companion.replies.practising import Practising
from companion.replies.stating import Stating
from companion.safety.aftercare import Aftercare
from companion.safety.bounds import Refusal
from companion.safety.emergencies import Emergencies, Emergency, numbers_to_call
from companion.safety.mask import masked
from companion.safety.moderation import Moderator
from companion.understanding.follow_up import depends, wants_only_another
from companion.understanding.in_language import language_asked
from companion.understanding.of_a_course import asks_for_its_lessons, asks_of_it, course_introduced
from companion.understanding.picking import is_only_a_choice, picked, picks_without_saying_which
from companion.understanding.wish import Wish, asks, wish_by_rules
from companion.words import Locale
from companion.writing.writer import Writer
from course_index.errors import IndexProblem
from retrieval.live import LiveIndex

# These replies say whom to call themselves, or are of a message that wants something else than help.
_NO_EMERGENCY = ("crisis", "prompt_attack")
# What after words of despair is no question to go on with, and who is declined while they are alone.
_NO_SUBJECT, _ALONE = ("smalltalk", "end", "feedback", "nothing", "again", "more"), ("companionship", "lonely")

_TITLE = re.compile(r"《[^》\n]*》")
# Replies with courses on cards, which are found again and not only said again.
_COMPUTED = ("courses", "pathway")
_ANSWERED = ("question", "credits", "hint")
# Turns in which something may have been told that happens now.
_TELLS = ("question", "smalltalk", "feedback")


@dataclass(frozen=True, slots=True)
class Guards:
    """What looks at a message before it is answered."""

    moderator: Moderator
    emergencies: Emergencies
    aftercare: Aftercare


@dataclass(frozen=True, slots=True)
class Replies:
    """What makes the replies, each of a kind."""

    answering: Answering
    stating: Stating
    continuing: Continuing
    advising: Advising
    leading: Leading
    crediting: Crediting
    practising: Practising
    hinting: Hinting
    planning: Planning
    courtesy: Courtesy
    counter: Counter


class Companion:
    """The tutor. Without a model every turn is quoted, found or computed, never written."""

    def __init__(
        self,
        index: LiveIndex,
        writer: Writer,
        guards: Guards,
        hearing: Hearing,
        replies: Replies,
        remembering: Remembering,
    ) -> None:
        self.index = index
        self.writer = writer
        self.guards = guards
        self.hearing = hearing
        self.remembering = remembering
        self.answers = AnswerCache()
        self.advising = replies.advising
        self._answering = replies.answering
        self._stating = replies.stating
        self._continuing = replies.continuing
        self._leading = replies.leading
        self._crediting = replies.crediting
        self._practising = replies.practising
        self._hinting = replies.hinting
        self._planning = replies.planning
        self._courtesy = replies.courtesy
        self._counter = replies.counter

    async def reply(self, ask: Ask) -> AsyncGenerator[Event, None]:
        """The events of one turn; the last one is Done or Failed, and there is exactly one of those."""
        ledger = Ledger(str(uuid.uuid4()))
        conversation_id = ask.conversation_id or str(uuid.uuid4())
        yield TurnStarted(ledger.turn_id, conversation_id)
        heard: Heard | None = None
        to_remember = ask.said is None
        try:
            conversation = await self._conversation(ask, conversation_id)
            message = picked(masked(ask.message).text, conversation.pending)
            locale = spoken(ask.locale, [*(turn.message for turn in conversation.turns), message])
            refusal = await self.guards.moderator.check(message, locale, "input")
            if refusal and refusal.rule == "official_fact" and self._crediting.knows_the_rule(message):
                # The operator has said it, with source and date.
                refusal, ask = None, replace(ask, wish="credits")
            # What was said in despair is not kept.
            to_remember = ask.said is None and (refusal is None or refusal.rule != "crisis")
            emergency = await self._emergency(message, locale, refusal, conversation)
            if emergency and emergency.plainly:
                # Before anything is looked for: that may take a model's seconds.
                told = TextAdded(f"{emergency.notice}\n\n")
                ledger.call = numbers_to_call(emergency.notice)
                ledger.see(told)
                yield told
            heard = await self.hearing.heard(ask, message, locale, conversation, ledger, refusal)
            async with aclosing(self._steps(heard, ledger, refusal, emergency)) as events:
                async for event in events:
                    ledger.see(event)
                    if isinstance(event, Done) and to_remember:
                        to_remember = False
                        await self.remembering.remember(heard, ledger, event.mode, event.grounded)
                        self._note_what_was_learned_of(heard, ledger)
                    yield ledger.finished(event) if isinstance(event, Done) else event
        except IndexProblem as error:
            yield Failed("The course index is not ready", str(error), 503)
        finally:
            # A learner who left before the end: what was asked is still what 那旧的呢 is about.
            if heard and to_remember and ledger.text:
                self.remembering.later(heard, ledger, "generated" if ledger.ai else "extracted")

    def _steps(
        self, heard: Heard, ledger: Ledger, refusal: Refusal | None, emergency: Emergency | None
    ) -> AsyncGenerator[Event, None]:
        if emergency and emergency.plainly:
            return self._answering.in_an_emergency(heard, ledger, may_answer=refusal is None)
        conversation_id = heard.conversation.id
        despaired = self.guards.aftercare.needed(conversation_id)
        if refusal and refusal.rule == "crisis":
            self.guards.aftercare.note(conversation_id)
            ledger.call = numbers_to_call(refusal.reply)
            return said(self.guards.aftercare.again(heard.say) if despaired else refusal.reply, "declined")
        if despaired and (heard.wish in _NO_SUBJECT or (refusal and refusal.rule in _ALONE)):
            return said(self.guards.aftercare.heard(heard.say), "declined")
        heard = replace(heard, urgent=emergency is not None)
        steps = self._declined(refusal, heard, ledger) if refusal else self._answer(heard, ledger)
        if emergency:
            steps = with_words_below(steps, emergency.notice)
        return with_words_below(steps, self.guards.aftercare.kept(heard.say)) if despaired else steps

    async def _emergency(
        self, message: str, locale: Locale, refusal: Refusal | None, conversation: Conversation
    ) -> Emergency | None:
        """What the message tells, else what it tells behind the one before: 叫不醒怎么办 after 我妈突然晕倒了."""
        if refusal and refusal.rule in _NO_EMERGENCY:
            return None
        told = await self.guards.emergencies.check(message, locale)
        last = conversation.turns[-1] if conversation.turns else None
        practises = isinstance(conversation.pending, Quiz | Hinted)  # on lessons, which are full of accidents
        if not last or practises or last.wish not in _TELLS or not depends(message):
            return told
        together = await self.guards.emergencies.check(f"{last.message} {message}", locale)
        if told:  # 撞到头了呢 after 老人跌倒了 was nobody's blow
            return replace(together, plainly=told.plainly) if together else told
        if together and together.plainly and await self.guards.emergencies.check(last.message, locale):
            return replace(together, plainly=False)  # whom to call was said: what is asked now is answered
        return together

    def _declined(  # noqa: PLR0911
        self, refusal: Refusal, heard: Heard, ledger: Ledger
    ) -> AsyncGenerator[Event, None]:
        hinted = isinstance(heard.conversation.pending, Hinted) and self._hinting.has_had_enough(heard)
        if refusal.rule == "graded_work" and (hinted or heard.answers_quiz):
            return self._answer(heard, ledger)  # 卡住了，直接讲答案吧: of what was no graded work so far
        if refusal.rule == "graded_work" and wish_by_rules(heard.message) == "end":
            return self._answer(heard, ledger)  # stop the quiz: our own, which nobody is graded by
        if refusal.rule != "official_fact":
            return said(refusal.reply, "declined")
        if heard.desk:
            return self._counter.events(heard.desk, heard, "declined")
        if self.advising.titles_missing(heard):
            return self.advising.courses(heard, ledger)  # a course that there is not has no fees
        if heard.wish not in ("question", "credits") or self.advising.names_conditions(heard):
            return self._answer(heard, ledger)  # a way, courses or a plan is told with what is not known of it
        return self._stating.official(refusal.reply, heard, ledger)

    def _note_what_was_learned_of(self, heard: Heard, ledger: Ledger) -> None:
        """Needs that no course met, and practice: counted and scheduled behind the learner's back."""
        if ledger.unmet:
            need = self.advising.note(heard, ledger.unmet, ledger.turn_id, ledger.unmet_words)
            self.remembering.behind(need, heard.conversation.owner)
        if ledger.practised and heard.conversation.owner:
            self.remembering.behind(self.advising.practised(heard, ledger), heard.conversation.owner)

    async def _conversation(self, ask: Ask, id_: str) -> Conversation:
        if ask.said is not None:
            return brought_along(id_, ask.said)
        if ask.conversation_id is None:
            return Conversation(id_, owner=ask.learner)
        return await self.remembering.recall(id_, ask.learner)

    async def _answer(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """What the message gets, remembered from minutes ago where it was asked then in the same words."""
        key = key_of(heard, self.index.generation)
        if key and (before := self.answers.get(key, ledger)):
            for event in before:
                yield event
            return
        told: list[Event] = []
        async with aclosing(self._events(heard, ledger)) as events:
            async for event in events:
                told.append(event)
                if key and isinstance(event, Done) and self.index.whole:
                    self.answers.put(key, tuple(told), ledger)
                yield event

    def _events(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:  # noqa: PLR0911, PLR0912
        """What the message gets; each of these ends with Done."""
        pending, say = heard.conversation.pending, heard.say
        if heard.desk:
            return self._counter.events(heard.desk, heard)
        if isinstance(pending, Quiz) and self._practising.wants_another(heard.message):
            return self._practising.quiz(heard, ledger)
        if isinstance(pending, Quiz) and heard.answers_quiz:
            return self._practising.grades(pending, heard, ledger)
        if isinstance(pending, Quiz) and self._hinting.wants_a_hint(heard):
            return self._practising.hint_in_quiz(pending, heard, ledger)
        if isinstance(pending, Hinted) and self._hinting.has_had_enough(heard):
            return self._answering.events(replace(heard, question=pending.question, depends=False), ledger)
        if isinstance(pending, Hinted) and self._hinting.is_stuck(heard):
            return self._hinting.hint(heard, ledger)  # of the same question, or of another that it names
        if isinstance(pending, PlanWanted) and self._planning.completes(heard):
            return self._planning.events(heard, ledger)
        if isinstance(pending, PathwayWanted) and self.hearing.goes_on_a_way(pending, heard.message, heard.wish):
            return self._leading.way(heard, ledger, pending.goal)
        if isinstance(pending, Rest) and (step := place_of_step(pending.portions, heard.message)) is not None:
            return self._continuing.rest(replace(pending, portions=pending.portions[step:]), heard, ledger)
        if isinstance(pending, Shown) and _does_not_say_which(pending, heard):
            ledger.pending = pending
            numbered = "\n".join(f"{n}. {title}" for n, title in enumerate(pending.titles, 1))
            return said(say.pick_which.format(courses=numbered))
        if is_only_a_choice(heard.message) or picks_without_saying_which(heard.message):
            return said(say.more_of_what)  # nothing was shown to choose from
        steps = self._by_wish(heard, ledger)
        if asks_for_its_lessons(heard.message):
            steps = self._stating.lessons_of_the_course_talked_of(heard, steps)
        elif asks_of_it(heard.message) and not heard.other_than:
            steps = self._stating.of_the_course_talked_of(heard, steps)
        elif title := course_introduced(heard.message):
            steps = self._stating.of_the_course_named(title, heard, steps)
        if "compare" in heard.facts or (heard.facts and heard.named):
            return self._stating.of_records(heard.facts, heard, steps)
        return steps

    def _by_wish(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:  # noqa: PLR0911, PLR0912
        pending, say = heard.conversation.pending, heard.say
        wish = _styled(heard.wish, heard.style)
        if (
            wish in ("question", "credits")
            and self.advising.names_a_course(heard)
            and self.advising.titles_missing(heard)
        ):
            wish = "courses"  # a course that there is not has neither lessons nor fees
        match wish:
            case "end":
                return said(say.goodbye)
            case "nothing":
                return said(say.empty)
            case "smalltalk" | "feedback" if heard.urgent:
                return self._answering.unless_answered(heard, ledger, said(""))  # whom to call stands below
            case "smalltalk" if wish_by_rules(heard.message) is None and self.advising.names_a_subject(heard):
                return self.advising.courses(heard, ledger)
            case "question" if not heard.depends and self.advising.teaches_to_use(heard):
                return self.advising.courses(heard, ledger)
            case "smalltalk":
                courtesy = said(self._courtesy.reply(heard.message, say, begins=not heard.conversation.turns))
                # 佢而家唔識郁喇 only resembles small talk.
                goes_on = heard.depends and wish_by_rules(heard.message) is None
                return self._answering.unless_answered(heard, ledger, courtesy) if goes_on else courtesy
            case "feedback":
                thanks = said(self._courtesy.on_feedback(heard.message, say))
                # 今天又答错了，是退到第二盒吗 asks.
                return self._answering.unless_answered(heard, ledger, thanks) if asks(heard.question) else thanks
            case "again":
                last = heard.conversation.last_told
                in_another_language = last and last.wish in _ANSWERED and language_asked(heard.message)
                if last and (last.wish in _COMPUTED or in_another_language):
                    earlier = replace(heard, message=last.message, question=last.question, wish=cast("Wish", last.wish))
                    return self._by_wish(earlier, ledger)
                return self._continuing.again(last, heard, ledger)
            case "more" if wants_only_another(heard.message, heard.conversation):
                return self._continuing.another(heard)
            case "more":
                if isinstance(pending, Rest):
                    return self._continuing.rest(pending, heard, ledger)
                return self._continuing.further(heard, ledger)
            case "credits":
                return self._stating.records(heard, ledger)
            case "pathway":
                return self._stating.pathway(heard, ledger)
            case "courses":
                return self._answering.courses(heard, ledger)
            case "practice":
                return self._practising.quiz(heard, ledger)
            case "plan":
                return self._planning.events(heard, ledger)
            case "hint":
                return self._hinting.hint(heard, ledger)
        return self._answering.events(heard, ledger)


def _does_not_say_which(shown: Shown, heard: Heard) -> bool:
    """Whether a message is about one of the courses that were shown, and does not say about which."""
    of_any = len(shown.titles) > 1 and not heard.scope.course_id and asks_for_its_lessons(heard.message)
    return of_any or picks_without_saying_which(heard.message)


def _styled(wish: Wish, style: Style) -> Wish:
    """The wish under the style that the page has set, which says how questions are to be taken."""
    if style == "answer" or wish not in ("question", "hint", "practice", "plan"):
        return wish
    styled: dict[Style, Wish] = {"hint": "hint", "quiz": "practice", "plan": "plan"}
    return styled[style]
