"""An answer from the passages: the model's checked sentences, the course's own words, or an honest no."""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import cast

from companion.advising import Advising
from companion.budget import Budget
from companion.catalogue import cards_of_passages
from companion.check import Sentence, checked_sentences
from companion.conversation import PastTurn, Rest
from companion.course_records import CourseRecords
from companion.events import (
    Aigc,
    CourseCard,
    CoursesFound,
    Done,
    Event,
    Fallback,
    FallbackReason,
    Mode,
    Source,
    SourcesFound,
    TextAdded,
)
from companion.extract import Quote, sets_a_task
from companion.find import Found, closest_in_thread, find_in_thread, find_meant
from companion.guidance.recommend import Recommended
from companion.guidance.sayings import sayings
from companion.guidance.subject import is_a_wish_for_a_trade, named_in
from companion.heard import Heard
from companion.history import history
from companion.language_model import ModelUnavailable
from companion.ledger import Ledger
from companion.material import Material, material_of
from companion.portions import asking_for_more, at_once, portions, portions_of_quotes, quoted
from companion.reading_on import next_of_lesson
from companion.safety.moderation import Moderator
from companion.safety.untrusted import for_prompt
from companion.sentences import cited_in, citing_nothing
from companion.sources import passages_for, source_of, sources_of
from companion.steps import asks_how
from companion.understanding.facts import facts_asked
from companion.understanding.follow_up import depends, in_thread
from companion.understanding.of_a_course import (
    asks_for_a_certificate,
)
from companion.understanding.parts import asks_anything, tells_of_a_need
from companion.understanding.wish import wants_to_learn
from companion.words import Words, to_traditional
from companion.writer import Writer
from course_index.analyze import normalise
from course_index.card import card_text
from course_index.course import Course
from course_index.language import ZH
from prompts import for_audience, render
from retrieval.live import LiveIndex
from retrieval.search import Hit

_COURSES_SHOWN = 5
_COURSES_BESIDES = 3
_MONEY = re.compile(
    r"转(?:账|帐|了|过去|给|出)|汇款|验证码|密码|银行卡|中奖|投资|理财|保健品|刷单|退款|客服|贷款|钱|\b(?:money|bank|transfer|code)\b"
)
_YES_OR_NO = re.compile(
    r"是不是|系咪|能不能|可不可以|可唔可以|能否|吗[\s。！!?？]*$|\b(?:is it|are there|can i|do i (?:need|have))\b"
)
# 做红烧肉 is on 红烧肉.
_BY_WHICH_ONE_MAKES = re.compile(r"^(?:怎么|如何|点样?)?[做煮弄整](?=..)|^(?:how to )?(?:make|cook) ")
# What a turn wanted that may be read on from, and that has a course.
_READ_ON = ("question", "again", "more", "credits")
# With less of it supported, an answer is completed by quotes.
ENOUGH_SUPPORTED = 0.6
# A model that finds no answer, or none that the passages bear, is believed below this probability; above, they are
# quoted.
SURE = 0.8
# A model that runs on is not read any further: an answer has so many sentences at most.
_LONGEST_ANSWER = 8
# How much of the window the conversation so far may take.
_HISTORY_SHARE = 0.2


@dataclass(slots=True)
class _Written:
    """What became of the model's answer."""

    failure: FallbackReason | None = None
    no_answer: bool = False
    text: str = ""
    withheld: list[Sentence] = field(default_factory=list)


async def said(text: str, mode: Mode = "catalogue") -> AsyncGenerator[Event, None]:
    """A turn of one fixed text."""
    yield TextAdded(text)
    yield Done(mode, None)


async def _told_or(told: Sequence[Event], otherwise: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """A turn of these events; where there are none, the other."""
    async with aclosing(otherwise) as events:
        for event in told:
            yield event
        if told:
            return
        async for event in events:
            yield event


class Answering:
    """Answers questions on content."""

    def __init__(
        self,
        index: LiveIndex,
        writer: Writer,
        moderator: Moderator,
        budget: Budget,
        advising: Advising,
        *,
        passages: int,
        rewrite_seconds: float,
        aigc_producer: str,
        anti_fraud_hotline: str,
    ) -> None:
        self._index = index
        self._writer = writer
        self._moderator = moderator
        self._budget = budget
        self._advising = advising
        self.records_of = CourseRecords(index, advising)
        self._passages = passages
        self._rewrite_seconds = rewrite_seconds
        self._producer = aigc_producer
        self._hotline = anti_fraud_hotline

    async def events(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """The answer to a question. Raises IndexProblem."""
        if self._advising.wants_one_that(heard):
            async for event in self.courses(heard, ledger):
                yield event
            return
        found = await self._find(heard, ledger)
        ledger.mark("found")
        # 我想当电工 wants a way there, whatever the lessons say of electricians.
        if (not found.answers or is_a_wish_for_a_trade(heard.question)) and await self._advising.leads_somewhere(heard):
            async for event in self._advising.way(heard, ledger):
                yield event
            return
        if found.answers and not _wants_no_passage(found, heard):
            steps = self._answered(found, heard, ledger)
        elif not heard.depends and (wanted := await self._wanted(found, heard, ledger)):
            steps = self._advising.courses(heard, ledger, found=wanted)
        else:
            steps = self.nothing(found, heard, ledger)
        async for event in steps:
            yield event

    async def _wanted(self, found: Found, heard: Heard, ledger: Ledger) -> Recommended | None:
        """The courses for who wants to learn something; None where the closest passage says more: where one asks
        besides (想学编程，Python 上哪儿下), or where there is one and no course that fits.
        """
        if not wants_to_learn(heard.question) or (found.near and asks_anything(heard.question)):
            return None
        wanted = await self._advising.recommended(heard, ledger)
        return wanted if wanted.certain or not found.near else None

    async def courses(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """The courses that are wanted; of one thing that a lesson is called after and no course, what the lesson says:
        教我做红烧肉 and not 教我做菜.
        """
        wanted = await self._advising.recommended(heard, ledger)
        steps = self._advising.courses(heard, ledger, found=wanted)
        named = _BY_WHICH_ONE_MAKES.sub("", named_in(heard.question))
        if named and not wanted.need.in_person and not any(_says(one.course, named) for one in wanted.courses):
            found = await self._find(heard, ledger)
            if found.answers and normalise(named) in normalise(found.hits[0].lesson.title):
                steps = self._answered(found, heard, ledger)
        async for event in steps:
            yield event

    async def _answered(self, found: Found, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """The answer; for those who want to learn it, or tell of a need, also the courses on it."""
        wants = wants_to_learn(heard.question) or not asks_anything(heard.question)
        async with aclosing(self._answer(found, heard, ledger)) as answer:
            async for event in answer:
                if isinstance(event, Done) and (wants or _tells(heard)):
                    async for course_event in self._besides(found, heard, ledger, asks=not wants):
                        yield course_event
                yield event

    async def _besides(self, found: Found, heard: Heard, ledger: Ledger, *, asks: bool) -> AsyncGenerator[Event, None]:
        """The courses that teach what was said, by their records, else by the passages that answer, if near by their
        records too; else, to who asks nothing, the nearest as no more than that.
        """
        cards = await self._advising.beside(heard, _COURSES_BESIDES)
        if not cards:
            near = await self._advising.recommended(heard, ledger, _COURSES_BESIDES)
            ids = {one.course.id for one in near.courses}
            hits = [hit for hit in found.hits[: 1 if asks else _COURSES_BESIDES] if hit.course.id in ids]
            cards = await self._of_passages(hits, heard, _COURSES_BESIDES)
        if cards:
            yield CoursesFound(cards)
            yield TextAdded(f"\n\n{heard.say.courses_beside}")
        elif not asks:
            async for event in self._advising.may_suit(heard, ledger, "\n\n"):
                yield event
            if not wants_to_learn(heard.question):
                ledger.unmet = None  # it was answered, and no course asked for

    async def _of_passages(self, hits: Sequence[Hit], heard: Heard, k: int) -> tuple[CourseCard, ...]:
        """The courses of passages that are as the message says that a course must be."""
        fitting = await asyncio.to_thread(self._advising.as_wanted, heard)
        return tuple(cards_of_passages([hit for hit in hits if hit.course.id in fitting], heard.say, k))

    async def _answer(self, found: Found, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        yield SourcesFound(sources := sources_of(found))
        if found.meant:
            yield TextAdded(f"{heard.say.taken_for.format(meant=citing_nothing(found.meant))}\n\n")
        if found.reach == "everything" and heard.scope.course_id:
            yield TextAdded(f"{heard.say.not_in_course}\n\n")
        elif found.reach == "course" and heard.scope.lesson_id:
            yield TextAdded(f"{heard.say.not_in_lesson}\n\n")
        written = _Written()
        if self._writer.has_model:
            material = await asyncio.to_thread(material_of, found)
            async with aclosing(self._written(material, heard, ledger, written)) as texts:
                async for text in texts:
                    yield TextAdded(text, ai=True)
            judged = written.failure is None and (written.no_answer or ledger.checked)
            # What was only said in the passage's own language is quoted.
            borne = ledger.released or any(sentence.verdict == "language" for sentence in ledger.rejected)
            if judged and not borne and (found.confidence.probability or 0.0) < SURE:
                async for event in self.nothing(found, heard, ledger, shown=True):
                    yield event
                return
        async for event in self._ended(found, sources, heard, ledger, written):
            yield event

    async def unless_answered(
        self, heard: Heard, ledger: Ledger, otherwise: AsyncGenerator[Event, None]
    ) -> AsyncGenerator[Event, None]:
        """The answer where the courses have one, since a word of it was misread; else what it was taken for."""
        found = await self._find(heard, ledger)
        async with aclosing(self._answered(found, heard, ledger) if found.answers else otherwise) as events:
            async for event in events:
                yield event

    async def again(self, last: PastTurn | None, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """再说一遍: the last answer in the same words, with its sources; what waited goes on waiting."""
        if last is None:
            async for event in said(heard.say.nothing_told):
                yield event
            return
        ledger.pending = heard.conversation.pending
        sources = await asyncio.to_thread(self._sources_of, last)
        if sources:
            yield SourcesFound(sources)
        ledger.cited.update({source.n for source in sources} & set(cited_in(last.reply)))
        yield TextAdded(last.reply, ai=last.ai)
        mode = cast("Mode", last.mode if sources or last.mode == "declined" else "catalogue")
        yield Done(mode, last.grounded, aigc=self.label(ledger, heard.say) if last.ai else None)

    def _sources_of(self, last: PastTurn) -> tuple[Source, ...]:
        """The sources of a turn that has ended, by their numbers; none of what is in the index no more."""
        hits = {hit.passage.id: hit for hit in self._index.search.placed(list(last.passages))}
        numbered = enumerate(last.passages, 1)
        return tuple(source_of(hits[id_], n, hits[id_].passage.text) for n, id_ in numbered if id_ in hits)

    async def further(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """更多 when all of an answer was told: what its lesson says next, if anything."""
        turns = heard.conversation.turns
        last = turns[-1] if turns else None
        found = None
        if last and last.passages and last.wish in _READ_ON and last.mode != "catalogue":
            replies = "\n".join(turn.reply for turn in turns)
            found = await asyncio.to_thread(next_of_lesson, self._index.search, last.passages[0], replies)
        if found is None:
            told = next((turn for turn in reversed(turns) if turn.wish != "more"), None)
            answered = told and (told.mode != "catalogue" or told.wish not in ("question", "hint"))
            async for event in said(heard.say.no_more if answered else heard.say.more_of_what):
                yield event
            return
        hit, text = found
        sources = (source_of(hit, 1, text),)
        yield SourcesFound(sources)
        first, *left = portions_of_quotes([text], heard.audience)
        ledger.cited.add(1)
        yield TextAdded(f"{heard.say.lesson_goes_on}\n\n{first}")
        if left:
            ledger.pending = Rest(tuple(left), sources, ai=False)
            yield TextAdded(f"\n\n{asking_for_more(left[0], heard.audience, heard.say)}")
        yield Done("extracted", True)

    async def of_the_course_talked_of(
        self, heard: Heard, otherwise: AsyncGenerator[Event, None]
    ) -> AsyncGenerator[Event, None]:
        """What the record of the course talked of states, as 要不要钱 asks after a course was shown; else the other."""
        told = await asyncio.to_thread(self.records_of.of_the_one_talked_of, heard)
        said_of_it = "certificate" in facts_asked(heard.message)
        if told and not said_of_it and asks_for_a_certificate(heard.message):
            told.insert(1, TextAdded(f"{sayings(heard.locale).no_certificates}\n\n"))
        async with aclosing(_told_or(told, otherwise)) as events:
            async for event in events:
                yield event

    async def of_records(
        self, facts: Sequence[str], heard: Heard, otherwise: AsyncGenerator[Event, None]
    ) -> AsyncGenerator[Event, None]:
        """What records state of the `facts` asked of a course named, or of several together; else the other."""
        tell = self.records_of.compared if "compare" in facts else self.records_of.asked_of
        told = await asyncio.to_thread(tell, heard)
        async with aclosing(_told_or(told, otherwise)) as events:
            async for event in events:
                yield event

    async def of_the_course_named(
        self, title: str, heard: Heard, otherwise: AsyncGenerator[Event, None]
    ) -> AsyncGenerator[Event, None]:
        """What the record of a course and its lessons say of it; the other where there is none of this title."""
        told = await asyncio.to_thread(self.records_of.introduction, title, heard.say)
        async with aclosing(_told_or(told, otherwise)) as events:
            async for event in events:
                yield event

    async def in_an_emergency(self, heard: Heard, ledger: Ledger, *, may_answer: bool) -> AsyncGenerator[Event, None]:
        """After the word on whom to call: where courses surely teach of it, and no other talk.

        The passage is only pointed at: of first aid a sentence out of its place does harm.
        """
        found = await self._find(heard, ledger) if may_answer else None
        sure = found and found.answers and (found.confidence.probability or 0.0) >= SURE
        if not found or not sure or found.hits[0].passage.language != found.query.language:
            yield TextAdded(heard.say.only_an_aid)
            yield Done("declined", None)
            return
        first = found.hits[0]
        yield SourcesFound((source_of(first, 1, first.passage.text),))
        ledger.cited.add(1)
        told = heard.say.while_waiting.format(lesson=citing_nothing(first.lesson.title), place=first.passage.locator)
        yield TextAdded(f"{told} [1]")
        yield Done("declined", None)  # nothing is quoted, and no page is to say so

    async def pathway(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """The way to a goal, where one is wanted and courses lead there; else what courses teach of such ways; else
        courses on it, and the office that knows.
        """
        found = await self._find(heard, ledger)
        ledger.mark("found")
        # 是不是要先有高中毕业证 asks for a fact, which the lessons have or have not.
        asks_a_fact = found.answers and bool(_YES_OR_NO.search(normalise(heard.question)))
        if not asks_a_fact and await self._advising.leads_somewhere(heard, by_words=True):
            async for event in self._advising.way(heard, ledger):
                yield event
            return
        opening = f"{heard.say.no_pathways}\n\n"
        steps = (
            self._answered(found, heard, ledger) if found.answers else self._advising.courses(heard, ledger, opening)
        )
        async for event in steps:
            yield event

    async def records(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """What the learner's account holds, what the record of the course in question says of level, credits and the
        like, or what the courses teach of such things; all else is for the office.
        """
        say = heard.say
        if self._advising.asks_for_own_credits(heard):
            async for event in self._advising.credits(heard):
                yield event
            return
        learns, conditions = wants_to_learn(heard.question), self._advising.names_conditions(heard)
        # What a course must be is no question on what a record states.
        told = [] if conditions else await asyncio.to_thread(self.records_of.of_the_one_meant, heard)
        if told:
            for event in told:
                yield event
            return
        # 想学心理学，免费的 says what a course is to be, and asks for nothing that a lesson says.
        found = None if conditions else await self._find(heard, ledger)
        if found and found.answers:
            async for event in self._answered(found, heard, ledger):
                yield event
            return
        wanted = self._advising.courses(heard, ledger) if learns or conditions else None
        if not wanted:
            ledger.unmet = "refused"
        async for event in wanted or said(say.official):
            yield event

    async def official(self, reply: str, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """What only an office can state: the learner's own credits, what the record of the course in question says,
        else that the office knows. What a lesson says of it may be of another year or another place: it is shown as no
        more than that.
        """
        if self._advising.asks_for_own_credits(heard):
            async for event in self._advising.credits(heard):
                yield event
            return
        told = await asyncio.to_thread(self.records_of.of_the_one_meant, heard)
        for event in told:
            yield event
        if told:
            return
        ledger.unmet = "refused"
        found = await self._find(heard, ledger)
        if found.answers and not sets_a_task(found.quotes[0]):
            yield SourcesFound(sources_of(found))
            ledger.cited.add(1)
            reply += f"\n\n{heard.say.course_speaks}\n\n{quoted(found.quotes[0].text, 1)}"
        async for event in said(reply, "declined"):
            yield event

    async def nothing(
        self, found: Found, heard: Heard, ledger: Ledger, *, shown: bool = False
    ) -> AsyncGenerator[Event, None]:
        """An honest no, with the closest passage as what it is, and related courses; `shown` when sources are out."""
        say = heard.say
        thread = in_thread(heard.question, heard.conversation.subjects)
        if thread and not (found.near or shown or heard.depends):
            closest = await asyncio.to_thread(closest_in_thread, found.search, found.query, thread)
            found = closest or found
        near = found.near
        # What lies near is no answer for who only tells, and courses are none for who asks of what is near.
        speaks_for_courses = (_tells(heard), not near, not asks_anything(heard.question))
        if sum(speaks_for_courses) > 1 and not shown and not heard.scope.course_id:
            suited = [event async for event in self._for_a_need(found, heard, ledger)]
            if suited:
                for event in suited:
                    yield event
                return
        cards = await self._advising.beside(heard, _COURSES_SHOWN)
        if near and not cards:
            cards = await self._of_passages(found.hits[:1], heard, _COURSES_SHOWN)
        ledger.unmet = "low_confidence" if near else "no_answer"
        if near and not shown:
            yield SourcesFound(sources_of(found))
        if cards:
            yield CoursesFound(cards)
        if near:
            ledger.cited.add(1)
            yield TextAdded(f"{say.nothing_answers}{say.closest}\n\n{quoted(found.quotes[0].text, 1)}")
        else:
            yield TextAdded(say.nothing_answers if cards else f"{say.nothing_answers}{say.nothing_at_all}")
        async for event in self._care(found.quotes[:1] if near else (), heard):
            yield event
        if cards:
            yield TextAdded(f"\n\n{say.may_help}" if near else say.may_help)
        yield Done("catalogue", None)

    async def _for_a_need(self, found: Found, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """The nearest courses, below the closest passage where one in the learner's language is near and not only
        courses are wanted; nothing where no course is near at all.
        """
        closest = found.near and not _in_another_language(found) and not wants_to_learn(heard.question)
        suited = [event async for event in self._advising.may_suit(heard, ledger, "\n\n" if closest else "")]
        if not suited:
            return
        if closest:
            yield SourcesFound(sources_of(found))
            ledger.cited.add(1)
            closest_said = quoted(found.quotes[0].text, 1)
            yield TextAdded(f"{heard.say.nothing_answers}{heard.say.closest}\n\n{closest_said}")
        for event in suited:
            yield event
        async for event in self._care(found.quotes[:1] if closest else (), heard):
            yield event
        yield Done("catalogue", None)

    async def _find(self, heard: Heard, ledger: Ledger) -> Found:
        before = heard.conversation.turns[-1].passages if heard.depends and heard.conversation.turns else ()
        search = self._index.search
        found = await asyncio.to_thread(find_meant, search, heard.question, self._passages, heard.scope, before)
        if heard.conversation.turns and not heard.depends and depends(heard.question):
            thread = await asyncio.to_thread(self.lesson_talked_of, heard)
            found = await asyncio.to_thread(find_in_thread, search, found, self._passages, thread)
        ledger.confidence = found.confidence.probability
        return found

    def lesson_talked_of(self, heard: Heard) -> list[str]:
        """The passages of the lesson that the last turn was answered from."""
        last = heard.conversation.turns[-1].passages[:1]
        records = self._index.search.records
        told = records.passages(list(last))
        return [id_ for one in told.values() for id_ in records.passages_within(one.course_id, one.lesson_id)]

    async def _written(
        self, material: Material, heard: Heard, ledger: Ledger, written: _Written
    ) -> AsyncGenerator[str, None]:
        """The sentences that stand up, as they come: as many as suit the audience at once, the rest is withheld."""
        try:
            async with aclosing(self._sentences(material, heard, ledger)) as sentences:
                async for sentence in sentences:
                    if not sentence.supported:
                        written.no_answer = written.no_answer or sentence.verdict == "no_answer"
                        continue
                    text = to_traditional(sentence.text) if heard.locale == "zh-Hant" else sentence.text
                    refusal = await self._moderator.check(text, heard.locale, "output")
                    if refusal:
                        continue
                    if written.withheld or not at_once(written.text, text, heard.audience):
                        written.withheld.append(sentence)
                    else:
                        written.text += text
                        yield text
        except ModelUnavailable as error:
            written.failure = error.reason

    async def _sentences(self, material: Material, heard: Heard, ledger: Ledger) -> AsyncGenerator[Sentence, None]:
        """What the model writes, judged; when too little of it stands, what it makes of the rest on a second try."""
        contexts = self._budget.fitting(material.contexts)
        passages = passages_for(material.found, contexts)
        prompt = render(
            "answer",
            question=for_prompt(material.found.meant or heard.question),
            passages=passages,
            history=history(heard.conversation, heard.say, self._budget.share(_HISTORY_SHARE)) if heard.depends else "",
            audience=for_audience(heard.audience),
            language=heard.say.language,
        )
        deltas = self._writer.write(prompt, ledger.count)
        told = set[str]()
        async with aclosing(checked_sentences(deltas, material.grounds, material.judge)) as sentences:
            async for sentence in sentences:
                ledger.note(sentence)
                told.add(sentence.text.strip())
                yield sentence
                if ledger.released == _LONGEST_ANSWER:
                    return
        failed = [sentence.written.strip() for sentence in ledger.rejected if sentence.verdict != "no_answer"]
        suffices = ledger.released >= ENOUGH_SUPPORTED * ledger.checked
        if not failed or suffices or ledger.seconds() > self._rewrite_seconds:
            return
        prompt = render(
            "rewrite",
            question=for_prompt(material.found.meant or heard.question),
            passages=passages,
            sentences=for_prompt("\n".join(failed)),
            language=heard.say.language,
        )
        deltas = self._writer.write(prompt, ledger.count)
        async with aclosing(checked_sentences(deltas, material.grounds, material.judge)) as sentences:
            async for sentence in sentences:
                if sentence.supported and sentence.text.strip() not in told:
                    told.add(sentence.text.strip())
                    ledger.replaced(sentence)
                    yield sentence

    async def _ended(
        self, found: Found, sources: tuple[Source, ...], heard: Heard, ledger: Ledger, written: _Written
    ) -> AsyncGenerator[Event, None]:
        """What follows the model's sentences: nothing more when they suffice, else the course's own words."""
        say = heard.say
        suffices = ledger.released > 0 and written.failure is None
        if suffices and ledger.released >= ENOUGH_SUPPORTED * ledger.checked:
            if written.withheld:
                rest = "".join(sentence.text for sentence in written.withheld)
                ledger.pending = Rest(tuple(portions(rest, heard.audience)), sources, ai=True)
                yield TextAdded(f"\n\n{asking_for_more(rest, heard.audience, say)}")
            async for event in self._care(found.quotes, heard):
                yield event
            yield Done("generated", True, aigc=self.label(ledger, say))
            return
        # What of the model's answer was released before it broke off stays, labelled; the quotes complete it.
        # Steps are told from the first one on.
        answers = [] if asks_how(heard.question) else [quote.answers for quote in found.quotes]
        texts = [quote.text for quote in found.quotes]
        first, *rest_of_quotes = portions_of_quotes(texts, heard.audience, answers)
        ledger.cited.update(cited_in(first))
        completed = say.continued if written.failure else say.rest_quoted
        yield TextAdded(f"\n\n{completed}\n\n{first}" if ledger.released else f"{say.quoted}\n\n{first}")
        if rest_of_quotes:
            ledger.pending = Rest(tuple(rest_of_quotes), sources, ai=False)
            yield TextAdded(f"\n\n{asking_for_more(rest_of_quotes[0], heard.audience, say)}")
        async for event in self._care(found.quotes, heard):
            yield event
        reason = written.failure or ("llm_uncited" if self._writer.has_model else None)
        label = self.label(ledger, say) if ledger.released else None
        yield Done("extracted", True, fallback=Fallback(reason) if reason else None, aigc=label)

    async def _care(self, quotes: Sequence[Quote], heard: Heard) -> AsyncGenerator[Event, None]:
        """A senior who asks about money hears how not to lose it."""
        said = heard.question + "".join(quote.text for quote in quotes)
        if heard.audience == "senior" and _MONEY.search(said):
            yield TextAdded(f"\n\n{heard.say.fraud_care.format(hotline=self._hotline)}")

    def label(self, ledger: Ledger, say: Words) -> Aigc:
        """The label of text that a model wrote."""
        return Aigc("1", self._producer, ledger.turn_id, say.ai_notice)


def _tells(heard: Heard) -> bool:
    """Whether a message that stands alone tells of a need."""
    return not heard.depends and tells_of_a_need(heard.question)


def _wants_no_passage(found: Found, heard: Heard) -> bool:
    """Whether a message asks nothing, no passage surely says it, and it wants to learn, or tells in Chinese of a need
    that one in English is near to: who writes English has hardly any in English.
    """
    if heard.depends or asks_anything(heard.question) or (found.confidence.probability or 0.0) >= SURE:
        return False
    in_english = found.query.language == ZH and _in_another_language(found)
    return wants_to_learn(heard.question) or (_tells(heard) and in_english)


def _in_another_language(found: Found) -> bool:
    return found.hits[0].passage.language != found.query.language


def _says(course: Course, named: str) -> bool:
    return normalise(named) in normalise(card_text(course))
