"""An answer from the passages: the model's checked sentences, the course's own words, or an honest no."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from companion.conversation import Rest
from companion.events import CoursesFound, Done, Event, Fallback, Source, SourcesFound, TextAdded
from companion.finding.find_heard import find_heard
from companion.finding.found import Found
from companion.guidance.recommend import Recommended
from companion.guidance.subject import is_a_wish_for_a_trade, named_in
from companion.heard import Heard
from companion.ledger import Ledger
from companion.portions import asking_for_more, portions, portions_of_quotes
from companion.quoting.members import Sections
from companion.quoting.remedies import remedy
from companion.quoting.steps import asks_how
from companion.replies.advising import Advising
from companion.replies.fraud_care import FraudCare
from companion.replies.leading import Leading
from companion.replies.nothing_answers import NothingAnswers, tells
from companion.sentences import cited_in, citing_nothing, without_citations
from companion.sources import source_of, sources_of
from companion.understanding.parts import asks_anything
from companion.understanding.wish import wants_to_learn
from companion.words import Words, leading_into
from companion.writing.drafting import Draft, Drafting, enough_stands
from companion.writing.material import material_of
from companion.writing.rewording import Rewording, may_be_reworded
from companion.writing.writer import Writer
from course_index.analyze import normalise, terms
from course_index.card import card_text
from course_index.course import Course
from course_index.language import ZH
from retrieval.asked import states_it
from retrieval.exercises import is_exercise
from retrieval.live import LiveIndex
from retrieval.rank import CANDIDATES
from retrieval.search import Hit

_COURSES_BESIDES = 3
# 做红烧肉 is on 红烧肉.
_BY_WHICH_ONE_MAKES = re.compile(r"^(?:怎么|如何|点样?)?[做煮弄整](?=..)|^(?:how to )?(?:make|cook) ")
# A model that says that it finds no answer is believed below this probability; above, the passages are quoted, as they
# are where it only said what they do not bear. To take that for a no had cost 2 of 45 answers, and spared none of 55
# false ones (docs/decisions/0005-honest-turn.md).
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
        nothing: NothingAnswers,
        care: FraudCare,
        passages: int,
    ) -> None:
        self._index = index
        self._writer = writer
        self._rewording = rewording
        self._drafting = drafting
        self._advising = advising
        self._leading = leading
        self._nothing = nothing
        self._care = care
        self._passages = passages

    @property
    def has_model(self) -> bool:
        """Whether a model writes answers."""
        return self._writer.has_model

    async def events(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """The answer to a question. Raises IndexProblem."""
        if self._advising.wants_one_that(heard):
            async for event in self.courses(heard, ledger):
                yield event
            return
        found = await self.find(heard, ledger)
        if courses := await self._of_a_thing_named(found, heard, ledger):
            async for event in self._advising.courses(heard, ledger, found=courses):
                yield event
            return
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
            steps = self._nothing.events(found, heard, ledger)
        async for event in steps:
            yield event

    async def _of_a_thing_named(self, found: Found, heard: Heard, ledger: Ledger) -> Recommended | None:
        """The courses for who names a thing and asks nothing (高等数学); None for all else, and where a lesson of such
        a course answers: a syllabus that mentions calculus says nothing of it.
        """
        if heard.depends or heard.scope.course_id or not await asyncio.to_thread(self._advising.thing_named, heard):
            return None
        wanted = await self._advising.recommended(heard, ledger)
        if found.meant and not wanted.certain:  # 大物 for 大学物理
            meant = await self._advising.recommended(replace(heard, question=found.meant), ledger)
            wanted = replace(meant, meant=found.meant) if meant.certain else wanted
        if wanted.certain:
            on_it = {one.course.id for one in wanted.courses} if found.answers else set()
            return None if on_it and found.hits[0].course.id in on_it else wanted
        # 清华的线性代数: there is linear algebra, and none of theirs.
        return wanted if wanted.barred and not found.answers else None

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
                if isinstance(event, Done) and (wants or tells(heard)) and found.reach == "everything":
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
            cards = await self._advising.of_passages(hits, heard, _COURSES_BESIDES)
        if cards:
            yield CoursesFound(cards)
            yield TextAdded(f"\n\n{heard.say.courses_beside}")
        elif not asks:
            async for event in self._advising.may_suit(heard, ledger, "\n\n"):
                yield event
            if not wants_to_learn(heard.question):
                ledger.unmet = None  # it was answered, and no course asked for

    async def _answer(self, found: Found, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        yield SourcesFound(sources := sources_of(found))
        if found.meant:
            yield TextAdded(f"{heard.say.taken_for.format(meant=citing_nothing(found.meant))}\n\n")
        if found.reach == "everything" and heard.scope.course_id:
            yield TextAdded(f"{heard.say.not_in_course}\n\n")
        elif found.reach == "course" and heard.scope.lesson_id:
            yield TextAdded(f"{heard.say.not_in_lesson}\n\n")
        if found.sections:
            ledger.cited.add(1)
            yield TextAdded(_sections_told(found.sections, heard.say))
        draft = Draft()
        written = self._writer.has_model and not heard.urgent
        if written:
            material = await asyncio.to_thread(material_of, found)
            async with aclosing(self._drafting.released(material, heard, ledger, draft)) as texts:
                async for text in texts:
                    yield TextAdded(text, ai=True)
            says_no = draft.failure is None and draft.no_answer
            # What was only said in the passage's own language is quoted.
            borne = ledger.released or any(sentence.verdict == "language" for sentence in ledger.rejected)
            if says_no and not (borne or found.sections) and (found.confidence.probability or 0.0) < SURE:
                async for event in self._nothing.events(found, heard, ledger, shown=True):
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
        first = await asyncio.to_thread(_to_point_at, found) if found else None
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
        The start of the section that is called so, where the passage stands in a part of it: 噎住, and not its babies.
        """
        pairs = {term for term in terms(normalise(self._index.search.query(told).mandarin)) if len(term) > 1}
        title, heading = ({*terms(normalise(one))} & pairs for one in (hit.lesson.title, hit.passage.locator))
        path = hit.passage.heading_path
        above: tuple[str, ...] = ()
        if len(title) <= len(heading) and not is_exercise(hit):
            if len(path) < 2 or not {*terms(normalise(path[0]))} & pairs:
                return hit
            above = path[:1]
        records = self._index.search.records
        within = self._index.search.placed(records.passages_within(hit.course.id, hit.lesson.id))
        return next((one for one in within if one.passage.heading_path[: len(above)] == above), hit)

    async def find(self, heard: Heard, ledger: Ledger) -> Found:
        """The passages on a question, in the lesson that was talked of where it leans on that."""
        found = await asyncio.to_thread(find_heard, self._index.search, heard, self._passages)
        ledger.confidence = found.confidence.probability
        return found

    async def _ended(
        self, found: Found, sources: tuple[Source, ...], heard: Heard, ledger: Ledger, written: Draft | None
    ) -> AsyncGenerator[Event, None]:
        """What follows the model's sentences: nothing more when they suffice, else the course's own words."""
        say, draft = heard.say, written or Draft()
        if draft.failure is None and _suffices(draft, found, ledger):
            if draft.withheld:
                rest = "".join(sentence.text for sentence in draft.withheld)
                ledger.pending = Rest(tuple(portions(rest, heard.audience)), sources, ai=True)
                yield TextAdded(f"\n\n{asking_for_more(rest, heard.audience, say)}")
            for care in self._care.below(found.quotes, heard):
                yield care
            yield Done("generated", True, aigc=self._writer.label(ledger.turn_id, say))
            return
        # What of the model's answer was released before it broke off stays, labelled; the quotes complete it.
        # Steps are told from the first one on.
        answers = [] if asks_how(heard.question) else [quote.answers for quote in found.quotes]
        texts = [quote.text for quote in found.quotes]
        first, *rest_of_quotes = portions_of_quotes(texts, heard.audience, answers)
        ledger.cited.update(cited_in(first))
        completed = say.continued if draft.failure else say.rest_quoted
        lead = leading_into(completed if ledger.released else say.quoted, found.quotes[0].hit.passage.language, say)
        yield TextAdded(f"\n\n{lead}\n\n{first}" if ledger.released else f"{lead}\n\n{first}")
        if rest_of_quotes:
            ledger.pending = Rest(tuple(rest_of_quotes), sources, ai=False)
            yield TextAdded(f"\n\n{asking_for_more(rest_of_quotes[0], heard.audience, say)}")
        for care in self._care.below(found.quotes, heard):
            yield care
        reason = draft.failure or ("llm_uncited" if written else None)
        label = self._writer.label(ledger.turn_id, say) if ledger.released else None
        yield Done("extracted", True, fallback=Fallback(reason) if reason else None, aigc=label)


def _suffices(draft: Draft, found: Found, ledger: Ledger) -> bool:
    """Whether enough of what was written stands, and states a thing of the kind that is asked for: how long something
    takes is not told by how it is done.
    """
    said = "".join((draft.text, *(sentence.text for sentence in draft.withheld)))
    return ledger.released > 0 and enough_stands(ledger) and states_it(found.query.text, [without_citations(said)])


def _wants_no_passage(found: Found, heard: Heard) -> bool:
    """Whether a message asks nothing, no passage surely says it, and it wants to learn, or tells in Chinese of a need
    that one in English is near to: who writes English has hardly any in English.
    """
    if heard.depends or asks_anything(heard.question) or (found.confidence.probability or 0.0) >= SURE:
        return False
    in_english = found.query.language == ZH and found.in_another_language
    return wants_to_learn(heard.question) or (tells(heard) and in_english)


def _sections_told(of: Sections, say: Words) -> str:
    """Which sections are what is asked for; what is quoted first is of them."""
    names = ("、" if say.language != "English" else ", ").join(of.names)
    told = say.sections.format(lesson=of.hit.lesson.title, heading=of.heading, names=names)
    return f"{citing_nothing(told)} [1]\n\n"


def _to_point_at(found: Found) -> Hit | None:
    """What is called by what happened (跌倒了怎么办), else what comes nearest, and not what is quoted best, where it
    surely answers.
    """
    called = remedy(found.query, found.search.passages(found.query, CANDIDATES))
    if called:
        return called.hit
    sure = found.answers and (found.confidence.probability or 0.0) >= SURE
    return max(found.hits, key=lambda hit: hit.ranked.closest, default=None) if sure else None


def _says(course: Course, named: str) -> bool:
    return normalise(named) in normalise(card_text(course))
