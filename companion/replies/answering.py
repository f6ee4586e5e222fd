"""An answer from the passages: the model's checked sentences, the course's own words, or an honest no."""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from companion.catalogue import cards_of_passages
from companion.conversation import Rest
from companion.events import (
    CourseCard,
    CoursesFound,
    Done,
    Event,
    Fallback,
    Source,
    SourcesFound,
    TextAdded,
)
from companion.finding.find import find_meant
from companion.finding.found import Found
from companion.finding.in_thread import closest_in_thread, find_in_thread, find_measure, in_the_course_of, strays
from companion.finding.reading_on import courses_talked_of, lesson_talked_of
from companion.finding.rewording import Rewording, may_be_reworded
from companion.guidance.recommend import Recommended
from companion.guidance.subject import is_a_wish_for_a_trade, named_in
from companion.heard import Heard
from companion.ledger import Ledger
from companion.portions import asking_for_more, portions, portions_of_quotes, quoted
from companion.quoting.extract import Quote
from companion.quoting.measures import measure_asked, names_nothing, states
from companion.quoting.steps import asks_how
from companion.replies.advising import Advising
from companion.replies.leading import Leading
from companion.sentences import cited_in, citing_nothing
from companion.sources import source_of, sources_of
from companion.understanding.follow_up import depends, in_thread
from companion.understanding.parts import asks_anything, tells_of_a_need
from companion.understanding.wish import wants_to_learn
from companion.writing.drafting import Draft, Drafting, enough_stands
from companion.writing.material import material_of
from companion.writing.writer import Writer
from course_index.analyze import normalise, terms
from course_index.card import card_text
from course_index.course import Course
from course_index.language import ZH
from retrieval.exercises import is_exercise
from retrieval.live import LiveIndex
from retrieval.search import Hit

_COURSES_SHOWN = 5
_COURSES_BESIDES = 3
_MONEY = re.compile(
    r"转(?:账|帐|了|过去|给|出)|汇款|验证码|密码|银行卡|中奖|投资|理财|保健品|刷单|退款|客服|贷款|钱|\b(?:money|bank|transfer|code)\b"
)
# 做红烧肉 is on 红烧肉.
_BY_WHICH_ONE_MAKES = re.compile(r"^(?:怎么|如何|点样?)?[做煮弄整](?=..)|^(?:how to )?(?:make|cook) ")
# A model that finds no answer, or none that the passages bear, is believed below this probability; above, they are
# quoted.
SURE = 0.8


class Answering:
    """Answers questions on content."""

    def __init__(
        self,
        index: LiveIndex,
        writer: Writer,
        rewording: Rewording,
        drafting: Drafting,
        advising: Advising,
        leading: Leading,
        passages: int,
        anti_fraud_hotline: str,
    ) -> None:
        self._index = index
        self._writer = writer
        self._rewording = rewording
        self._drafting = drafting
        self._advising = advising
        self._leading = leading
        self._passages = passages
        self._hotline = anti_fraud_hotline

    async def events(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """The answer to a question. Raises IndexProblem."""
        if self._advising.wants_one_that(heard):
            async for event in self.courses(heard, ledger):
                yield event
            return
        found = await self.find(heard, ledger)
        if not found.answers and may_be_reworded(heard):
            found = await self._rewording.found(found, heard.scope, ledger)
            ledger.confidence = found.confidence.probability
        ledger.mark("found")
        # 我想当电工 wants a way there, whatever the lessons say of electricians.
        if (not found.answers or is_a_wish_for_a_trade(heard.question)) and await self._leading.leads_somewhere(heard):
            async for event in self._leading.way(heard, ledger):
                yield event
            return
        if found.answers and not _wants_no_passage(found, heard):
            steps = self.answered(found, heard, ledger)
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
            found = await self.find(heard, ledger)
            if found.answers and normalise(named) in normalise(found.hits[0].lesson.title):
                steps = self.answered(found, heard, ledger)
        async for event in steps:
            yield event

    async def answered(self, found: Found, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """The answer; for those who want to learn it, or tell of a need, and are in no course on it, these as well."""
        wants = wants_to_learn(heard.question) or not asks_anything(heard.question)
        async with aclosing(self._answer(found, heard, ledger)) as answer:
            async for event in answer:
                if isinstance(event, Done) and (wants or _tells(heard)) and found.reach == "everything":
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
        draft = Draft()
        written = self._writer.has_model and not heard.urgent
        if written:
            material = await asyncio.to_thread(material_of, found)
            async with aclosing(self._drafting.released(material, heard, ledger, draft)) as texts:
                async for text in texts:
                    yield TextAdded(text, ai=True)
            judged = draft.failure is None and (draft.no_answer or ledger.checked)
            # What was only said in the passage's own language is quoted.
            borne = ledger.released or any(sentence.verdict == "language" for sentence in ledger.rejected)
            if judged and not borne and (found.confidence.probability or 0.0) < SURE:
                async for event in self.nothing(found, heard, ledger, shown=True):
                    yield event
                return
        async for event in self._ended(found, sources, heard, ledger, draft if written else None):
            yield event

    async def unless_answered(
        self, heard: Heard, ledger: Ledger, otherwise: AsyncGenerator[Event, None]
    ) -> AsyncGenerator[Event, None]:
        """The answer where the courses have one, since a word of it was misread; else what it was taken for."""
        found = await self.find(heard, ledger)
        async with aclosing(self.answered(found, heard, ledger) if found.answers else otherwise) as events:
            async for event in events:
                yield event

    async def in_an_emergency(self, heard: Heard, ledger: Ledger, *, may_answer: bool) -> AsyncGenerator[Event, None]:
        """After the word on whom to call: where courses surely teach of it, and no other talk.

        The passage is only pointed at: of first aid a sentence out of its place does harm.
        """
        found = await self.find(heard, ledger) if may_answer else None
        sure = found and found.answers and (found.confidence.probability or 0.0) >= SURE
        # What comes nearest is pointed at, not what is quoted best; its lesson, where it is an exercise of that.
        first = max(found.hits, key=lambda hit: hit.ranked.closest, default=None) if found and sure else None
        if not found or not first or first.passage.language != found.query.language:
            yield TextAdded(heard.say.only_an_aid)
            yield Done("declined", None)
            return
        first = await asyncio.to_thread(self._where_it_begins, first, heard.question)
        yield SourcesFound((source_of(first, 1, first.passage.text),))
        ledger.cited.add(1)
        whole = first.passage.locator == first.lesson.title
        at = heard.say.while_waiting_lesson if whole else heard.say.while_waiting
        pointed = at.format(lesson=citing_nothing(first.lesson.title), place=first.passage.locator)
        yield TextAdded(f"{pointed} [1]")
        yield Done("declined", None)  # nothing is quoted, and no page is to say so

    def _where_it_begins(self, hit: Hit, told: str) -> Hit:
        """The start of the lesson where that is called by what is told to have happened and the passage is not, or the
        passage is an exercise: of who 突然倒地 the lesson tells first what is done first, and 人工呼吸 in its place.
        """
        pairs = {term for term in terms(normalise(told)) if len(term) > 1}
        title, heading = ({*terms(normalise(one))} & pairs for one in (hit.lesson.title, hit.passage.locator))
        if len(title) <= len(heading) and not is_exercise(hit):
            return hit
        records = self._index.search.records
        begins = self._index.search.placed(records.passages_within(hit.course.id, hit.lesson.id)[:1])
        return begins[0] if begins else hit

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
        if heard.urgent and not (near or shown):
            ledger.unmet = "no_answer"
            yield Done("catalogue", None)  # whom to call is all there is to say
            return
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

    async def find(self, heard: Heard, ledger: Ledger) -> Found:
        """The passages on a question, in the lesson that was talked of where it leans on that."""
        before = heard.conversation.turns[-1].passages if heard.depends and heard.conversation.turns else ()
        search = self._index.search
        found = await asyncio.to_thread(find_meant, search, heard.question, self._passages, heard.scope, before)
        if heard.conversation.turns and not heard.depends and depends(heard.question):
            thread = await asyncio.to_thread(lesson_talked_of, search, heard.conversation.turns)
            found = await asyncio.to_thread(find_in_thread, search, found, self._passages, thread)
        last = heard.conversation.turns[-1] if heard.conversation.turns else None
        kind = measure_asked(heard.message)
        if kind and last and last.told:
            thread = await asyncio.to_thread(lesson_talked_of, search, heard.conversation.turns)
            found = await asyncio.to_thread(find_measure, search, found, heard.message, thread, last.reply)
            first = next(iter(found.quotes), None)
            elsewhere = first is not None and not (first.hit.passage.id in thread and states(first.text, kind))
        else:
            elsewhere = not any(turn.told for turn in heard.conversation.turns) and not heard.scope.course_id
        if elsewhere and names_nothing(heard.message):
            # 要多久 after what nothing answered, or a lesson that does not say, is near whatever takes time.
            found = found.judged(answers=False, on_subject=0.0)
        if heard.depends:
            talked_of = await asyncio.to_thread(courses_talked_of, search, heard.conversation.turns)
            if strays(found, heard.message, talked_of):
                found = found.judged(answers=False, on_subject=0.0)
        found = in_the_course_of(last.passages if last else (), found)
        ledger.confidence = found.confidence.probability
        return found

    async def _ended(
        self, found: Found, sources: tuple[Source, ...], heard: Heard, ledger: Ledger, written: Draft | None
    ) -> AsyncGenerator[Event, None]:
        """What follows the model's sentences: nothing more when they suffice, else the course's own words."""
        say, draft = heard.say, written or Draft()
        if ledger.released > 0 and draft.failure is None and enough_stands(ledger):
            if draft.withheld:
                rest = "".join(sentence.text for sentence in draft.withheld)
                ledger.pending = Rest(tuple(portions(rest, heard.audience)), sources, ai=True)
                yield TextAdded(f"\n\n{asking_for_more(rest, heard.audience, say)}")
            async for event in self._care(found.quotes, heard):
                yield event
            yield Done("generated", True, aigc=self._writer.label(ledger.turn_id, say))
            return
        # What of the model's answer was released before it broke off stays, labelled; the quotes complete it.
        # Steps are told from the first one on.
        answers = [] if asks_how(heard.question) else [quote.answers for quote in found.quotes]
        texts = [quote.text for quote in found.quotes]
        first, *rest_of_quotes = portions_of_quotes(texts, heard.audience, answers)
        ledger.cited.update(cited_in(first))
        completed = say.continued if draft.failure else say.rest_quoted
        yield TextAdded(f"\n\n{completed}\n\n{first}" if ledger.released else f"{say.quoted}\n\n{first}")
        if rest_of_quotes:
            ledger.pending = Rest(tuple(rest_of_quotes), sources, ai=False)
            yield TextAdded(f"\n\n{asking_for_more(rest_of_quotes[0], heard.audience, say)}")
        async for event in self._care(found.quotes, heard):
            yield event
        reason = draft.failure or ("llm_uncited" if written else None)
        label = self._writer.label(ledger.turn_id, say) if ledger.released else None
        yield Done("extracted", True, fallback=Fallback(reason) if reason else None, aigc=label)

    async def _care(self, quotes: Sequence[Quote], heard: Heard) -> AsyncGenerator[Event, None]:
        """A senior who asks about money hears how not to lose it."""
        said = heard.question + "".join(quote.text for quote in quotes)
        if heard.audience == "senior" and _MONEY.search(said):
            yield TextAdded(f"\n\n{heard.say.fraud_care.format(hotline=self._hotline)}")


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
