"""One chat turn, told top to bottom: understand, find, write or quote, check, stream."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from companion.bounds import Bounds
from companion.catalogue import course_cards
from companion.check import Evidence, Sentence, checked_sentences
from companion.circuit import Circuit
from companion.events import (
    Aigc,
    CoursesFound,
    Done,
    Event,
    Failed,
    Fallback,
    FallbackReason,
    Source,
    SourcesFound,
    TextAdded,
    TurnStarted,
)
from companion.extract import Quote, read_closely
from companion.language_model import LanguageModel, ModelUnavailable
from companion.understand import Wish, course_subject, wish_of
from companion.words import Words, locale_of, words
from course_index.errors import IndexProblem
from course_index.tokens import count_tokens
from prompts import Prompt, render
from retrieval.confidence import confidence
from retrieval.context import Context
from retrieval.live import LiveIndex
from retrieval.query import Query
from retrieval.search import Hit, Search

_COURSES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Ask:
    """What a learner sends. `locale` is the interface's; the message's own language goes before it."""

    message: str
    conversation_id: str | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What the index has to say: the passages that answer in the order of their numbers, with quotes and contexts."""

    search: Search
    query: Query
    hits: tuple[Hit, ...] = ()
    quotes: tuple[Quote, ...] = ()
    contexts: tuple[Context, ...] = ()
    answers: bool = False

    def number(self, hit: Hit) -> int:
        """What the passage is cited by."""
        return self.hits.index(hit) + 1


@dataclass(slots=True)
class _Ledger:
    """What the turn counts as it goes; the `done` event is made of it."""

    turn_id: str
    started: float = field(default_factory=time.perf_counter)
    timing_ms: dict[str, float] = field(default_factory=dict)
    checked: int = 0
    released: int = 0
    cited: set[int] = field(default_factory=set)
    usage: dict[str, int] = field(default_factory=dict)

    def note(self, sentence: Sentence) -> None:
        self.checked += 1
        if sentence.supported:
            if not self.released:
                self.mark("first_text")
            self.released += 1
            self.cited.update(sentence.cited)

    def mark(self, name: str) -> None:
        self.timing_ms[name] = round((time.perf_counter() - self.started) * 1_000, 1)


class Companion:
    """The tutor. `model` is None when no LLM is set: every turn is then quoted or found, never written."""

    def __init__(
        self,
        index: LiveIndex,
        bounds: Bounds,
        model: LanguageModel | None,
        circuit: Circuit,
        *,
        passages_per_answer: int,
        aigc_producer: str,
    ) -> None:
        self.index = index
        self.circuit = circuit
        self.has_model = model is not None
        self._bounds = bounds
        self._model = model
        self._passages = passages_per_answer
        self._producer = aigc_producer

    async def reply(self, ask: Ask) -> AsyncGenerator[Event, None]:
        """The events of one turn; the last one is Done or Failed, and there is exactly one of those."""
        ledger = _Ledger(turn_id=str(uuid.uuid4()))
        yield TurnStarted(ledger.turn_id, ask.conversation_id or str(uuid.uuid4()))
        locale = locale_of(ask.message, ask.locale)
        say = words(locale)

        if refusal := self._bounds.check(ask.message, locale):
            yield TextAdded(refusal.reply)
            yield self._done(ledger, Done("declined", None))
            return
        wish = wish_of(ask.message)
        if wish in ("nothing", "greeting"):
            yield TextAdded(say.empty if wish == "nothing" else say.greeting)
            yield self._done(ledger, Done("catalogue", None))
            return

        try:
            found = await asyncio.to_thread(self._find, ask.message, wish)
        except IndexProblem as error:
            yield Failed("The course index is not ready", str(error), 503)
            return
        ledger.mark("found")
        if not found.answers:
            async for event in self._from_catalogue(found, say, ledger, wanted=wish == "courses"):
                yield event
            return

        yield SourcesFound(tuple(_sources(found)))
        async with aclosing(self._answer(ask, found, say, ledger)) as answer:
            async for event in answer:
                yield event

    def _find(self, message: str, wish: Wish) -> Found:
        search = self.index.search
        if wish == "courses":
            return Found(search, search.query(course_subject(message)))
        query = search.query(message)
        hits = search.choice(query, self._passages)
        reading = read_closely(search, query, hits)
        if not (reading.quotes and confidence(query, hits, reading.closeness).answers):
            return Found(search, query)
        ordered = _quoted_first(hits, reading.quotes)
        return Found(search, query, tuple(ordered), reading.quotes, tuple(search.contexts(ordered)), answers=True)

    async def _from_catalogue(
        self, found: Found, say: Words, ledger: _Ledger, *, wanted: bool
    ) -> AsyncGenerator[Event, None]:
        cards = await asyncio.to_thread(course_cards, found.search, found.query, say, _COURSES_SHOWN)
        if cards:
            yield CoursesFound(tuple(cards))
        if wanted:
            yield TextAdded(say.courses_found if cards else f"{say.no_course_found}{say.nothing_at_all}")
        else:
            yield TextAdded(f"{say.nothing_answers}{say.may_help if cards else say.nothing_at_all}")
        yield self._done(ledger, Done("catalogue", None))

    async def _answer(self, ask: Ask, found: Found, say: Words, ledger: _Ledger) -> AsyncGenerator[Event, None]:
        """The model's checked sentences; the quotes when there is no model, or when it does not deliver."""
        fallback: FallbackReason | None = None
        if self._model:
            try:
                async with aclosing(self._written(self._model, ask, found, say, ledger)) as written:
                    async for text in written:
                        yield TextAdded(text, ai=True)
            except ModelUnavailable as error:
                fallback = error.reason
            if ledger.released and fallback is None:
                yield self._done(ledger, Done("generated", True, aigc=self._label(ledger, say)))
                return
            fallback = fallback or "llm_uncited"
        # What of the model's answer was released before it broke off stays, labelled; the quotes complete it.
        lead = f"\n\n{say.continued}" if ledger.released else say.quoted
        yield TextAdded(f"{lead}\n\n{_quoted(found.quotes)}")
        ledger.cited.update(range(1, len(found.quotes) + 1))
        label = self._label(ledger, say) if ledger.released else None
        yield self._done(ledger, Done("extracted", True, fallback=fallback and Fallback(fallback), aigc=label))

    async def _written(
        self, model: LanguageModel, ask: Ask, found: Found, say: Words, ledger: _Ledger
    ) -> AsyncGenerator[str, None]:
        """The sentences that stand up, as they come. Raises ModelUnavailable."""
        if not self.circuit.permits():
            raise ModelUnavailable("llm_paused", "the model failed repeatedly and is left alone for a while")
        prompt = _prompt(ask.message, found, say)
        settled = False
        try:
            async with aclosing(checked_sentences(model.write(prompt), _evidence(found))) as sentences:
                async for sentence in sentences:
                    ledger.note(sentence)
                    if sentence.supported:
                        yield sentence.text
            self.circuit.succeeded()
            settled = True
        except ModelUnavailable as error:
            self.circuit.failed(str(error))
            settled = True
            raise
        finally:
            if not settled:
                self.circuit.abandoned()
        ledger.usage["prompt_tokens"] = count_tokens(prompt.system + prompt.user)

    def _label(self, ledger: _Ledger, say: Words) -> Aigc:
        return Aigc("1", self._producer, ledger.turn_id, say.ai_notice)

    def _done(self, ledger: _Ledger, done: Done) -> Done:
        ledger.mark("total")
        return Done(
            mode=done.mode,
            grounded=done.grounded,
            cited=tuple(sorted(ledger.cited)),
            fallback=done.fallback,
            aigc=done.aigc,
            checked=ledger.checked,
            released=ledger.released,
            usage=ledger.usage,
            timing_ms=ledger.timing_ms,
        )


def _quoted_first(hits: Sequence[Hit], quotes: Sequence[Quote]) -> list[Hit]:
    """The passages in the order of their numbers."""
    quoted = [quote.hit for quote in quotes]
    return [*quoted, *(hit for hit in hits if hit not in quoted)]


def _sources(found: Found) -> list[Source]:
    quotes = {quote.hit.passage.id: quote.text for quote in found.quotes}
    return [
        Source(
            n=number,
            passage_id=hit.passage.id,
            course_id=hit.course.id,
            course_title=hit.course.title,
            lesson_title=hit.lesson.title,
            locator=hit.passage.locator,
            url=hit.course.url,
            quote=quotes.get(hit.passage.id, hit.passage.text),
            as_of=hit.lesson.updated_at.isoformat() if hit.lesson.updated_at else None,
            sample=hit.course.sample,
        )
        for number, hit in enumerate(found.hits, 1)
    ]


def _quoted(quotes: Sequence[Quote]) -> str:
    return "\n\n".join(
        "\n".join(f"> {line}".rstrip() for line in f"{quote.text} [{number}]".splitlines())
        for number, quote in enumerate(quotes, 1)
    )


def _prompt(question: str, found: Found, say: Words) -> Prompt:
    passages = "\n\n".join(
        f"{''.join(f'[{found.number(hit)}]' for hit in context.hits)} {_heading(context.hits[0])}\n{context.text}"
        for context in found.contexts
    )
    return render("answer", question=question, passages=passages, language=say.language)


def _heading(hit: Hit) -> str:
    return f"{hit.lesson.title} {hit.passage.locator}"


def _evidence(found: Found) -> Evidence:
    def cosine(claim: str, passages: Sequence[str]) -> float:
        vectors = found.search.embed_texts([claim, *passages])
        return float((vectors[1:] @ vectors[0]).max())

    return Evidence(
        passages={found.number(hit): context.text for context in found.contexts for hit in context.hits},
        cosine=cosine,
        question=found.query.text,
    )
