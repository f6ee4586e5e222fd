"""Understanding a message: what it wants, of whom, and which question it puts when it stands alone."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace

from companion.conversation import Conversation, PathwayWanted, PlanWanted, Shown
from companion.finding.find import Scope
from companion.guidance.need import says_only_where
from companion.guidance.subject import names_only_conditions, titles_named, trade_spelt_out
from companion.heard import Ask, Heard
from companion.ledger import Ledger
from companion.replies.course_records import CourseRecords
from companion.replies.leading import Leading
from companion.replies.practising import Practising
from companion.safety.bounds import Refusal
from companion.safety.mask import masked, without_masks
from companion.understanding.enquiry import enquiry_of
from companion.understanding.facts import facts_asked, without_telling
from companion.understanding.follow_up import (
    adds_to_a_wish,
    asks_for_such,
    asks_on,
    carried,
    corrected,
    goes_on,
    wants_another,
    wants_on_another_subject,
    wants_only_another,
)
from companion.understanding.in_language import language_asked
from companion.understanding.learned import Wishes
from companion.understanding.of_a_course import asks_of_it
from companion.understanding.parts import asks_anything
from companion.understanding.standing_alone import StandingAlone
from companion.understanding.wholly import Kind
from companion.understanding.wish import Wish, practice_subject, wish_by_rules
from companion.words import Locale, locale_of, words
from course_index.analyze import normalise

# What is declined for these reasons is still what a next message such as 那给点提示 is about.
_STILL_A_SUBJECT = ("graded_work", "medical", "legal_decision", "financial", "official_fact")
# What a few words by themselves are taken for, and mean something else behind a question on content.
_SHORT_IS_TAKEN_FOR = ("smalltalk", "credits", "practice")
_TITLE = re.compile(r"《[^》\n]*》")


class Hearing:
    """Makes of a message, masked, what the turn goes by."""

    def __init__(
        self,
        wishes: Wishes,
        standing_alone: StandingAlone,
        practising: Practising,
        leading: Leading,
        records: CourseRecords,
    ) -> None:
        self.wishes = wishes
        self._standing_alone = standing_alone
        self._practising = practising
        self._leading = leading
        self._records = records

    async def heard(
        self,
        ask: Ask,
        message: str,
        locale: Locale,
        conversation: Conversation,
        ledger: Ledger,
        refusal: Refusal | None,
    ) -> Heard:
        """What is wanted, and the question as it stands alone."""
        if isinstance(shown := conversation.pending, Shown):
            message = await asyncio.to_thread(self._records.pointed_out, message, shown)
        asked = without_masks(message)
        if trade := trade_spelt_out(asked):
            asked = trade
        # As it was typed: the words of a title that was picked want nothing.
        typed = without_masks(masked(ask.message).text) if _TITLE.search(asked) else asked
        wish = await self._wish(ask, (corrected(typed) if conversation.turns else None) or typed, refusal)
        last = conversation.turns[-1].wish if conversation.turns else None
        if last == "question" and wish in _SHORT_IS_TAKEN_FOR and wish_by_rules(typed) is None and asks_on(typed):
            wish = "question"  # 能报销吗 after a talk on injuries, 哪里能看 after one on opera
        if refusal is None and language_asked(asked):
            wish = "again"
        named = [name for name, _ in await asyncio.to_thread(self._records.named_or_on, message)]
        heard = Heard(
            message=message,
            question=asked,
            wish=wish,
            style=ask.style,
            depends=False,
            locale=locale,
            say=words(locale),
            audience=ask.audience,
            scope=Scope(ask.course_id, ask.lesson_id if ask.course_id else None),
            conversation=conversation,
            personalised=ask.personalised,
            named=tuple(named),
            facts=facts_asked(message, named),
        )
        heard = await self._put(heard, ledger, refusal, told_what=ask.wish is not None)
        ledger.mark("understood")
        return heard

    async def stands_alone(self, message: str, conversation: Conversation) -> str:
        """The question that a message puts behind a conversation, as a turn would take it."""
        say = words(locale_of(message, None))
        _, question = await self._standing_alone.question(message, conversation, say, Ledger("stands-alone"))
        return question

    async def _put(self, heard: Heard, ledger: Ledger, refusal: Refusal | None, *, told_what: bool) -> Heard:
        """The message with the question that it puts; `told_what` where the door knows what is wanted."""
        if going_on := self._going_on(heard, refusal, told_what=told_what):
            return going_on
        return heard if refusal else await self._standing_for_itself(heard, ledger)

    def _going_on(self, heard: Heard, refusal: Refusal | None, *, told_what: bool) -> Heard | None:
        """What answers a quiz, is an enquiry, or goes on with courses or a way that were told; None for all else."""
        asked, conversation = heard.question, heard.conversation
        pending, free = conversation.pending, refusal is None and not told_what
        may_answer = refusal is None or refusal.rule == "graded_work"  # 答案是什么: of our own quiz
        if may_answer and (answered := self._practising.answered(pending, heard.message, heard.wish)):
            return replace(heard, question=answered, wish="practice", answers_quiz=True)
        if not told_what and (enquiry := _as_an_enquiry(heard, refusal)):
            return replace(heard, wish="smalltalk", enquiry=enquiry)
        if refusal is None and self._leading.goes_on(pending, asked, heard.wish):
            return replace(heard, depends=True, question=pending.goal, wish="pathway")  # 每周四小时 is on the way to it
        if free and not heard.facts and self._records.names_a_provider(heard):
            # 浙大的呢 after 数据结构: that, of theirs.
            before = conversation.subjects if _were_courses(conversation) else ()
            return replace(heard, depends=bool(before), question=carried(asked, before), wish="courses")
        return _of_other_courses(heard) if free else None

    async def _standing_for_itself(self, heard: Heard, ledger: Ledger) -> Heard:
        asked, conversation = heard.question, heard.conversation
        depends, question = await self._standing_alone.question(asked, conversation, heard.say, ledger)
        conditions = names_only_conditions(asked)
        # 有不要钱的吗 asks for courses that are so.
        tells_only = says_only_where(asked) or (conditions and (not asks_anything(asked) or asks_for_such(asked)))
        taken_for = heard.wish in ("question", "smalltalk") or (heard.wish == "plan" and wish_by_rules(asked) is None)
        if taken_for and tells_only and not heard.facts:
            return replace(heard, wish="courses")  # 我在佛山, 我是快递员: what there is to learn there, and for them
        if heard.wish in ("practice", "question", "more") and wants_only_another(asked, conversation):
            return replace(heard, wish="more")
        if heard.wish == "practice" and conversation.subjects and not practice_subject(asked):
            question = conversation.subjects[-1]  # 考考我 and 换一题 name none
        return replace(heard, depends=depends, question=question)

    async def _wish(self, ask: Ask, asked: str, refusal: Refusal | None) -> Wish:
        if refusal and refusal.rule not in _STILL_A_SUBJECT:
            return "smalltalk"
        return ask.wish or await self.wishes.of(asked)


def spoken(preferred: str | None, said: Sequence[str]) -> Locale:
    """The language of the last message that has or wants one (2 and ok have none), else the preferred one. A title that
    it names is of no script that the learner chose.
    """
    locale = locale_of("", preferred)
    for message in said:
        locale = language_asked(message) or locale_of(_TITLE.sub("", message), locale)
    return locale


def _were_courses(conversation: Conversation) -> bool:
    """Whether the last turn was of courses, or of what no lesson was told of."""
    last = conversation.turns[-1] if conversation.turns else None
    return last is not None and last.wish in ("courses", "question") and not last.told


def _of_other_courses(heard: Heard) -> Heard | None:
    """What wants other courses than those shown, or says what they are to be, or to be on; None for all else."""
    asked, conversation = heard.question, heard.conversation
    pending = conversation.pending
    if (more := wants_another(asked, conversation)) is not None:
        shown = (*pending.titles, *pending.earlier) if isinstance(pending, Shown) else ()
        question = carried(more, conversation.subjects)
        return replace(heard, depends=True, question=question, wish="courses", other_than=shown, facts=())
    if adds_to_a_wish(asked, conversation):
        # 要钱吗 asked of the one that was shown, and was no condition.
        before = [said for said in conversation.subjects if not asks_of_it(said)]
        wanted = without_telling(normalise(asked)) if not names_only_conditions(asked) else asked
        return replace(heard, depends=True, question=carried(wanted, before), wish="courses")
    if what := wants_on_another_subject(asked, conversation):
        return replace(heard, depends=False, question=what, wish="courses", facts=())
    return None


def _as_an_enquiry(heard: Heard, refusal: Refusal | None) -> Kind | None:
    """What of an office or of the machine a message is, that may name courses; None for all else, and for what must be
    declined.
    """
    message, conversation = heard.message, heard.conversation
    if titles_named(message) and not heard.named:
        return None  # a course that there is not
    enquiry = enquiry_of(message, heard.named, begins=not conversation.subjects)
    if enquiry and refusal and refusal.rule != "official_fact" and not enquiry.entry.get("in_bounds"):
        return None
    if enquiry is None or (enquiry.name == "testing" and isinstance(conversation.pending, PlanWanted | PathwayWanted)):
        return None
    if enquiry.entry.get("yields") and wish_by_rules(message) not in (None, "smalltalk"):
        return None
    last = conversation.turns[-1].wish if conversation.turns else None
    of_content = last == "question" and (goes_on(message) or message.rstrip("？?。 ").endswith("呢"))
    return None if enquiry.entry.get("office") and of_content else enquiry
