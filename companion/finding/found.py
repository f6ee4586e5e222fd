"""What the index has to say on a question: passages, what is quoted of them, and how sure it is that they answer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from companion.quoting.extract import Quote, best_quotes, read_closely
from companion.quoting.members import Sections
from companion.quoting.steps import steps_first
from retrieval.confidence import ENOUGH, LOOKED_AT, Confidence, confidence
from retrieval.context import Context
from retrieval.exercises import is_exercise
from retrieval.of_another import of_another
from retrieval.query import Query
from retrieval.search import Hit, Search

Reach = Literal["lesson", "course", "everything"]
# A model reads, besides what is quoted, what bears on the question by so many log odds less than the first at most, and
# of other courses what does at all. Of 243 answered cases 208 keep every passage that answers, with a third less to
# read than at 4.0 (211), and 204 with what is quoted alone. A weak model tells what is beside the question.
_BEARS_ENOUGH = 1.0
# How sure it is that a sentence that begins 栈是一种 answers 栈是什么.
SAYS_WHAT_IT_IS = 0.95
# Passages are on the subject from this probability on; below, they are about something else.
WORTH_A_LOOK = 0.3


@dataclass(frozen=True, slots=True)
class Found:
    """What the index has to say: the passages in the order of their numbers, with quotes.

    `to_read` are those that a model is to read. `reach` is how far one had to look. When nothing answers, `hits` are
    the closest, for the learner to look at.
    """

    search: Search
    query: Query
    hits: tuple[Hit, ...] = ()
    quotes: tuple[Quote, ...] = ()
    to_read: tuple[Hit, ...] = ()
    confidence: Confidence = field(default_factory=Confidence)
    reach: Reach = "everything"
    # What the question was taken to mean, where it was answered by that and not as typed.
    meant: str | None = None
    # The sections that are what the question asks for.
    sections: Sections | None = None

    def contexts(self) -> list[Context]:
        """What is to be read, each with the rest of its section: looked up when a model asks."""
        return self.search.contexts(self.to_read)

    @property
    def answers(self) -> bool:
        """Whether the passages are taken to answer."""
        return bool(self.quotes) and self.confidence.answers

    @property
    def near(self) -> bool:
        """Whether the closest passage is on the subject, answer or not; never where that was not calibrated."""
        return bool(self.quotes) and (self.confidence.on_subject or 0.0) >= WORTH_A_LOOK

    @property
    def in_another_language(self) -> bool:
        """Whether the first passage is in another language than the question."""
        return self.hits[0].passage.language != self.query.language

    def lesson_of(self, hit: Hit) -> Sequence[Hit]:
        """The passages of its lesson, in order."""
        return self.search.placed(self.search.records.passages_within(hit.course.id, hit.lesson.id))

    def number(self, hit: Hit) -> int:
        """What the passage is cited by."""
        return self.hits.index(hit) + 1

    def judged(self, **changes: Any) -> "Found":
        """The same, with another word on how sure it is that it answers."""
        return replace(self, confidence=replace(self.confidence, **changes))

    def led_by(self, quotes: Sequence[Quote]) -> "Found":
        """The same with these quotes, their passages first among those that are told of and read."""
        quoted = list({quote.hit.passage.id: quote.hit for quote in quotes}.values())
        ids = {hit.passage.id for hit in quoted}
        others = [hit for hit in self.hits if hit.passage.id not in ids]
        read = [hit for hit in self.to_read if hit.passage.id not in ids]
        return replace(
            self,
            hits=(*quoted, *others)[: max(len(self.hits), len(quoted))],
            quotes=tuple(quotes),
            to_read=without_exercises((*quoted, *read)[: max(len(self.to_read), len(quoted))]),
        )

    def surely(self, quotes: Sequence[Quote]) -> "Found":
        """The same, answered by these quotes."""
        probability = max(self.confidence.probability or 0.0, SAYS_WHAT_IT_IS)
        return self.led_by(quotes).judged(answers=True, probability=probability)


def read_for(query: Query, found: Found) -> Found:
    """The passages that were found for another query, read for this one."""
    return read(found.search, query, found.hits, found.reach)


def read(search: Search, query: Query, hits: Sequence[Hit], reach: Reach) -> Found:
    """The passages, read for a query: what of them is quoted, and how sure it is that it answers."""
    # Another place's rule, how another dish is made or with what is missing, or how another paper is got is neither
    # first nor quoted beside the one that holds; alone, it is at most the closest.
    kept = [hit for hit in hits if not of_another(query, hit)]
    if not 0 < len(kept) < len(hits):
        return _read_all(search, query, hits, reach)
    found = _read_all(search, query, kept, reach)
    if found.answers:
        # What is left is no surer for what was set aside.
        before = _read_all(search, query, hits, reach).confidence.probability
        sure = before is None or before >= ENOUGH
        found = found.judged(answers=sure)
    return found


def _read_all(search: Search, query: Query, hits: Sequence[Hit], reach: Reach) -> Found:
    reading = read_closely(search, query, hits)
    bearing = search.answerability(query, hits[:LOOKED_AT])
    sure = confidence(query, hits, reading.closeness, bearing)
    by_passage = {hit.passage.id: bears for hit, bears in zip(hits, bearing, strict=False)}
    quotes = best_quotes(reading, by_passage if sure.answers else {})
    if sure.answers:
        quotes = steps_first(search, query, hits, quotes)
    ordered = _quoted_first(hits, quotes)
    quoted = {quote.hit.passage.id for quote in quotes}
    to_read = without_exercises(_worth_reading(ordered, by_passage, quoted)) if sure.answers else ()
    return Found(search, query, tuple(ordered), quotes, to_read, sure, reach)


def without_exercises(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The passages that teach, where any does."""
    lessons = tuple(hit for hit in hits if not is_exercise(hit))  # a model takes the case of an exercise for the rule
    return lessons or tuple(hits)


def _worth_reading(hits: Sequence[Hit], bearing: Mapping[str, float], quoted: Collection[str]) -> list[Hit]:
    """What is quoted, and what bears on the question beside it."""
    first = bearing.get(hits[0].passage.id, 0.0)

    def bears(hit: Hit) -> bool:
        least = first - _BEARS_ENOUGH
        if hit.course.id != hits[0].course.id:
            least = max(least, 0.0)
        return bearing.get(hit.passage.id, 0.0) >= least

    return [hit for hit in hits if hit.passage.id in quoted or bears(hit)]


def _quoted_first(hits: Sequence[Hit], quotes: Sequence[Quote]) -> list[Hit]:
    """The passages in the order of their numbers."""
    quoted = [quote.hit for quote in quotes]
    return [*quoted, *(hit for hit in hits if hit not in quoted)]
