"""One chat turn, told top to bottom: understand, find, write or quote, check, stream, remember."""

import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from companion.answer_cache import AnswerCache, key_of
from companion.conversation import Conversation, Hinted, Quiz, brought_along
from companion.event_streams import said, with_words_below
from companion.events import Done, Event, Failed, TextAdded, TurnStarted
from companion.heard import Ask, Heard
from companion.hearing import Hearing, spoken
from companion.ledger import Ledger
from companion.remembering import Remembering
from companion.replies.replies import Replies
from companion.safety.aftercare import Aftercare
from companion.safety.bounds import Refusal
from companion.safety.emergencies import Emergencies, Emergency, numbers_to_call
from companion.safety.mask import masked
from companion.safety.moderation import Moderator
from companion.understanding.follow_up import depends
from companion.understanding.picking import picked
from companion.words import Locale
from companion.writing.writer import Writer
from course_index.errors import IndexProblem
from retrieval.live import LiveIndex

# These replies say whom to call themselves, or are of a message that wants something else than help.
_NO_EMERGENCY = ("crisis", "prompt_attack")
# What after words of despair is no question to go on with, and who is declined while they are alone.
_NO_SUBJECT, _ALONE = ("smalltalk", "end", "feedback", "nothing", "again", "more"), ("companionship", "lonely")
# Turns in which something may have been told that happens now.
_TELLS = ("question", "smalltalk", "feedback")


@dataclass(frozen=True, slots=True)
class Guards:
    """What looks at a message before it is answered."""

    moderator: Moderator
    emergencies: Emergencies
    aftercare: Aftercare


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
        self._replies = replies

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
            if refusal and refusal.rule == "official_fact" and self._replies.crediting.knows_the_rule(message):
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
                        called = self.advising.adviser.called(ledger.to_pick)
                        await self.remembering.remember(heard, ledger, event.mode, event.grounded, called)
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
            return self._replies.answering.in_an_emergency(heard, ledger, may_answer=refusal is None)
        conversation_id = heard.conversation.id
        despaired = self.guards.aftercare.needed(conversation_id)
        if refusal and refusal.rule == "crisis":
            self.guards.aftercare.note(conversation_id)
            ledger.call = numbers_to_call(refusal.reply)
            return said(self.guards.aftercare.again(heard.say) if despaired else refusal.reply, "declined")
        if despaired and (heard.wish in _NO_SUBJECT or (refusal and refusal.rule in _ALONE)):
            words = self.guards.aftercare.heard(heard.say)
            ledger.call = numbers_to_call(words)
            return said(words, "declined")
        heard = replace(heard, urgent=emergency is not None)
        declining = self._replies.declining(refusal, heard, ledger) if refusal else None
        steps = declining or self._answer(heard, ledger)
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
        async with aclosing(self._replies.to(heard, ledger)) as events:
            async for event in events:
                told.append(event)
                if key and isinstance(event, Done) and self.index.whole:
                    self.answers.put(key, tuple(told), ledger)
                yield event
