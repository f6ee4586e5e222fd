"""Hints: one step after another towards an answer, which none of them tells."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

from companion.conversation import Hinted
from companion.events import Done, Event, SourcesFound, TextAdded
from companion.finding.find import Scope, find
from companion.finding.found import Found
from companion.finding.in_thread import find_in_thread
from companion.finding.reading_on import lesson_talked_of
from companion.heard import Heard
from companion.ledger import Ledger
from companion.patterns import Patterns
from companion.practice.hint import LAST_STEP, hint, reveals
from companion.quoting.extract import Quote
from companion.replies.nothing_answers import NothingAnswers
from companion.safety.untrusted import for_learner, for_prompt
from companion.sentences import without_citations
from companion.sources import passages_for, source_of
from companion.understanding.follow_up import goes_on
from companion.understanding.wish import hint_subject
from companion.writing.language_model import ModelUnavailable
from companion.writing.material import material_of
from companion.writing.writer import Writer
from course_index.analyze import normalise, terms
from course_index.sentences import split_sentences
from prompts import for_audience, render
from retrieval.exercises import is_exercise
from retrieval.live import LiveIndex
from retrieval.query import query_terms
from retrieval.search import Hit

_HINT_TOKENS = 120
_SECONDS = 60.0
# From this probability on a subject that a message names is found by itself.
_SURELY = 0.9
_SAYS = Patterns(Path(__file__).with_name("hinting.toml"))


class Hinting:
    """Hints, with or without a model."""

    def __init__(self, index: LiveIndex, writer: Writer, nothing: NothingAnswers, passages: int) -> None:
        self._index = index
        self._writer = writer
        self._nothing = nothing
        self._passages = passages

    def wants_a_hint(self, heard: Heard) -> bool:
        """Whether a message asks for a hint, and for none on something else than what is open."""
        return heard.wish == "hint" and not _SAYS["of_the_same"].sub(" ", hint_subject(heard.message)).strip()

    def is_stuck(self, heard: Heard) -> bool:
        """Whether a message after a hint says that it did not help."""
        return heard.wish in ("question", "more", "hint", "feedback") and bool(
            _SAYS["stuck"].search(normalise(heard.message))
        )

    def has_had_enough(self, heard: Heard) -> bool:
        """Whether a message after a hint asks for the answer itself."""
        said = normalise(heard.message)
        return bool(_SAYS["tell_me"].search(said)) and not _SAYS["not_yet"].search(said)

    def wants_no_answer(self, heard: Heard) -> bool:
        """Whether a message says that the answer is not to be told."""
        return bool(_SAYS["keeps_back"].search(normalise(heard.message)))

    def proposes(self, heard: Heard) -> bool:
        """Whether a message after a hint asks if an answer of one's own is right: x=6对吗."""
        said = normalise(heard.message).strip()
        return bool(_SAYS["proposes"].search(said)) and not self.has_had_enough(heard)

    async def attempt(self, hinted: Hinted, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """How to see by oneself whether an answer is right, and what else may be said; the hints go on."""
        ledger.pending = hinted
        yield TextAdded(heard.say.hint_attempt)
        yield Done("catalogue", None)

    async def hint(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """One step towards the answer, never the answer; each further request for the same question says more."""
        say = heard.say
        question, step = await asyncio.to_thread(self._hinted, heard)
        if not question:
            yield TextAdded(say.hint_what)
            yield Done("catalogue", None)
            return
        found = await asyncio.to_thread(self._find, question, step, heard)
        ledger.mark("found")
        quotes = [quote for quote in found.quotes if not is_exercise(quote.hit)] if found.answers else []
        # Where only an exercise and its key match, or nothing is sure to answer, a hint tells where to look.
        place = None if quotes or step >= LAST_STEP else await asyncio.to_thread(self._place, found, heard.scope, step)
        if place:
            ledger.pending = Hinted(question, step)
            ledger.cited.add(1)
            yield SourcesFound((source_of(place, 1, ""),))
            yield TextAdded(hint(question, place.passage, place.lesson.title, "", 1, heard.locale).text)
            yield Done("extracted", True)
            return
        if not found.answers:
            unquoted = replace(found, quotes=())  # the closest passage may be the answer
            async for event in self._nothing.events(unquoted, heard, ledger):
                yield event
            return
        best = (quotes or found.quotes)[0]
        hit, quote = best.hit, best.text
        given = hint(question, hit.passage, hit.lesson.title, quote, step, heard.locale)
        if step > 1 and given.text in heard.conversation.turns[-1].reply:
            step = LAST_STEP  # nothing is left of the sentence without its result: the place was told before
            given = hint(question, hit.passage, hit.lesson.title, quote, step, heard.locale)
        ledger.pending = Hinted(question, step)
        # The source shows where to look; what it quotes would give the answer away.
        kept_back = "" if step < LAST_STEP else quote
        yield SourcesFound((source_of(hit, 1, kept_back),))
        ledger.cited.add(1)
        told_by_model = False
        if self._writer.has_model and step < LAST_STEP:
            async for text in self._model_hint(found, best, question, step, heard, ledger):
                told_by_model = True
                yield TextAdded(text, ai=True)
        if not told_by_model:
            yield TextAdded(f"{given.text} [1]" if given.quotes else given.text)
        label = self._writer.label(ledger.turn_id, say) if told_by_model else None
        yield Done("generated" if told_by_model else "extracted", True, aigc=label)

    def _find(self, question: str, step: int, heard: Heard) -> Found:
        """The passages on a question, with those of the hint before; at first in the lesson that was talked of too."""
        search, turns = self._index.search, heard.conversation.turns
        found = find(search, question, self._passages, heard.scope, turns[-1].passages if turns and step > 1 else ())
        if not heard.depends or step > 1:
            return found
        return find_in_thread(search, found, self._passages, lesson_talked_of(search, turns))

    def _place(self, found: Found, scope: Scope, step: int) -> Hit | None:
        """Where to look for an answer, another place at each step, as long as there are any: in what was found, in the
        lesson at hand, else in the course that is surely on it.
        """
        if found.answers:
            near = [hit for hit in found.hits if hit.course.id == found.hits[0].course.id]
        elif scope.course_id:
            ids = found.search.records.passages_within(scope.course_id, scope.lesson_id)
            near = found.search.choice_among(found.query, LAST_STEP, ids)
        else:
            near = self._near_in_a_course(found)
        # Two passages under one heading are one place to look at.
        places = {(hit.lesson.id, hit.passage.heading_path): hit for hit in reversed(near) if not is_exercise(hit)}
        lessons = [hit for hit in near if places.get((hit.lesson.id, hit.passage.heading_path)) is hit]
        return lessons[step - 1] if step <= len(lessons) else None

    def _near_in_a_course(self, found: Found) -> list[Hit]:
        """Of the course that is surely on it what comes nearest, where nothing in it surely answers."""
        search = found.search
        sure = [hit.course for hit in search.nearest_courses(found.query, 1) if hit.certain]
        ids = search.records.passages_within(sure[0].id) if sure else []
        return search.choice_among(found.query, LAST_STEP, ids) if ids else []

    def _hinted(self, heard: Heard) -> tuple[str, int]:
        """The question that a hint is wanted for, and which step this is."""
        pending = heard.conversation.pending
        subject = hint_subject(heard.message)
        own = _SAYS["of_the_same"].sub(" ", subject).strip()
        if isinstance(pending, Hinted) and not (own and self._is_another(own, pending.question)):
            if not subject or self.is_stuck(heard):
                return pending.question, pending.step + 1
        elif isinstance(pending, Hinted):
            return own, 1
        if own:  # 还是卡住 names nothing
            before = heard.conversation.subjects[-1:]
            alone = before and not goes_on(heard.message) and self._stands_alone(own, before[0])
            return heard.question if heard.depends and not alone else subject, 1
        last = next((turn for turn in reversed(heard.conversation.turns) if turn.wish in ("question", "hint")), None)
        return (last.question, 1) if last else ("", 1)

    def _stands_alone(self, subject: str, before: str) -> bool:
        """Whether what a message names is something else than what was said before, and is answered: 被油烫了."""
        words = {term for term in query_terms(subject) if len(term) > 1}
        if not words or words <= set(query_terms(before)):
            return False
        return find(self._index.search, subject, self._passages, Scope()).answers

    def _is_another(self, subject: str, before: str) -> bool:
        """Whether what a message names is not what the hints before were for, and is found by itself: 那烫伤呢."""
        words = {term for term in query_terms(subject) if len(term) > 1}
        if not words or words <= set(query_terms(before)):
            return False
        found = find(self._index.search, subject, self._passages, Scope())
        if not found.answers or (found.confidence.probability or 0.0) < _SURELY:
            return False
        hit = found.hits[0]
        return bool(words & set(terms(normalise(f"{hit.passage.titles(hit.lesson.title)} {hit.passage.text}"))))

    async def _model_hint(
        self, found: Found, best: Quote, question: str, step: int, heard: Heard, ledger: Ledger
    ) -> AsyncGenerator[str, None]:
        """The model's hint, if it neither gives the result away nor says what the passage shown does not."""
        material = await asyncio.to_thread(material_of, found)
        prompt = render(
            "hint",
            question=for_prompt(question),
            passages=passages_for(found, material.contexts),
            step=str(step),
            earlier=for_prompt(heard.conversation.turns[-1].reply[:200]) if step > 1 else "",
            audience=for_audience(heard.audience),
            language=heard.say.language,
        )
        try:
            written = await self._writer.whole(prompt, ledger.count, _HINT_TOKENS, _SECONDS)
        except ModelUnavailable:
            return
        if not written or reveals(written, best.text, question):
            return
        shown = material.grounds.get(found.number(best.hit))  # none where the model did not read it
        for part in split_sentences(for_learner(written)):
            bare = without_citations(part).strip()
            if set(terms(normalise(bare))) <= set(terms(normalise(question))):
                continue  # the question said back
            # A question asserts nothing; what is asserted must stand in the passage.
            if bare.endswith(("？", "?")):
                yield f"{bare}\n"
                continue
            claim = await asyncio.to_thread(material.judge.claim, bare)
            if bare and shown and material.judge.verdict(claim, [shown]) == "supported":
                yield f"{bare}[1]\n"
