"""Finding what answers: in the lesson at hand, in its course, everywhere; and how sure it is that it answers."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from companion.asides import is_aside
from companion.cases import asks_for_cases, cases
from companion.definitions import definition, thing_asked
from companion.differences import difference, differing
from companion.extract import Quote, best_quotes, read_closely
from companion.measures import measure_asked, measure_told, states
from companion.remedies import asks_who_answers_for_it, remedy_first, what_happened
from companion.steps import steps_first
from companion.understanding.parts import parts_of, without_introduction
from companion.ways import ways_first
from course_index.language import ZH
from retrieval.confidence import ENOUGH, LOOKED_AT, Confidence, confidence
from retrieval.context import Context
from retrieval.exercises import is_exercise
from retrieval.of_paper import of_another_paper, paper_asked
from retrieval.of_place import of_another_place
from retrieval.of_thing import of_another_thing, says_the_thing, thing_made
from retrieval.query import Query
from retrieval.rank import CANDIDATES
from retrieval.search import Hit, Search

Reach = Literal["lesson", "course", "everything"]
# The passages nearest to a query, within reach.
_Nearest = Callable[[Query], Sequence[Hit]]

# What was said before counts so much for the closest passage, and so much of the message by itself has to be in it. Of
# our second turns that were shown nothing, 4 of 6 follow-ups then get the right one, and 7 of 67 others a wrong one.
_THREAD_WEIGHT, _SHARED = 2.0, 0.2
# For a short question that stands alone what the lesson talked of says counts for more: it is taken where it scores at
# least so much of the best elsewhere. Of our second turns that were taken by themselves and led elsewhere, 4 of 4
# follow-ups then find their passage (1 before), and of 97 others 81 theirs (82).
_IN_THREAD = 0.55
# A model reads of the best course what bears on the question by so many log odds less than the first, and of others
# what does at all: of 217 answered cases 204 keep every passage that answers, 209 with all four. The less it reads of
# what is beside the question, the less a weak model wanders off.
_BEARS_ENOUGH = 4.0
# How likely what is in English has to answer to be shown as the closest to who asks in Chinese.
_LIKELY_IN_ANOTHER = 0.5
# How sure it is that a sentence that begins 栈是一种 answers 栈是什么.
SAYS_WHAT_IT_IS = 0.95
_MARKS = re.compile(r"[\s?？!！。]+$")
# Passages are on the subject from this probability on; below, they are about something else.
WORTH_A_LOOK = 0.3


@dataclass(frozen=True, slots=True)
class Scope:
    """Where the learner is: a course, and a lesson of it. None of both is everywhere."""

    course_id: str | None = None
    lesson_id: str | None = None


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

    def number(self, hit: Hit) -> int:
        """What the passage is cited by."""
        return self.hits.index(hit) + 1


def find(search: Search, question: str, passages: int, scope: Scope, before: Sequence[str] = ()) -> Found:
    """The nearest reach whose passages answer; else what lies closest anywhere.

    `before` are the passages of the turn before: on a follow-up they are looked at again beside what is found anew.
    """
    query = search.query(question)
    within = _within(search, scope)
    for reach, ids in within:
        found = _read(search, query, search.choice_among(query, passages, ids), reach)
        found = _in_form(found, _nearest_among(search, ids))
        if found.answers:
            return found
    found = _read(search, query, _choice(search, query, passages, before), "everything")
    found = _in_own_language(_in_form(found, _nearest_anywhere(search)), passages)
    if _is_of_a_thing_in_another_language(found):
        # That the passage is on the thing is not known, and mostly it is not, unless a dictionary says so.
        sure = replace(found.confidence, answers=found.answers and _says_the_thing(found), on_subject=0.0)
        found = replace(found, confidence=found.confidence if sure.answers else sure)
    # It may be from here all the same: beside passages of elsewhere it stands out more than among its own.
    first = found.quotes[0].hit.passage.id if found.quotes else None
    return replace(found, reach=next((reach for reach, ids in within if first in ids), "everything"))


def in_the_course_of(before: Sequence[str], found: Found) -> Found:
    """What is found without quotes of other courses, where the first is of the passage that came first `before`."""
    if not found.quotes or found.quotes[0].hit.passage.id not in before[:1]:
        return found
    course = found.quotes[0].hit.course.id
    return replace(found, quotes=tuple(quote for quote in found.quotes if quote.hit.course.id == course))


def _in_own_language(found: Found, passages: int) -> Found:
    """`found`, in the question's own language where something in it answers as surely, or, where nothing answers, is on
    the subject: what is merely closest helps only who can read it, and who asks in Chinese may not read English.
    """
    language = found.query.language
    shown = [quote.hit for quote in found.quotes] if found.answers else list(found.hits[:1])
    if all(hit.passage.language == language for hit in shown):
        return found
    if found.answers and shown[0].passage.language == language:
        return replace(found, quotes=tuple(one for one in found.quotes if one.hit.passage.language == language))
    near = found.search.passages(found.query, CANDIDATES)
    own = [hit for hit in near if hit.passage.language == language][:passages]
    again = _read(found.search, found.query, own, found.reach)
    if again.near and (not found.answers or _as_sure(again, found) or _is_nearer(again, found)):
        return again
    if found.answers:
        return _unless_far(found)
    if language != ZH or (found.confidence.probability or 0.0) >= _LIKELY_IN_ANOTHER:
        return found
    return replace(found, confidence=replace(found.confidence, on_subject=0.0))


def _unless_far(found: Found) -> Found:
    """`found` in another language, as no answer where it is off the subject: of our cases all 31 whose first quote is
    right are, and of nine in Chinese whose first is wrong three are not (of one of those the second was right).
    """
    on_subject, sure = found.confidence.on_subject, found.confidence.probability or 0.0
    if on_subject is None or on_subject >= WORTH_A_LOOK or sure >= SAYS_WHAT_IT_IS:
        return found
    return replace(found, confidence=replace(found.confidence, answers=False))


def _as_sure(found: Found, other: Found) -> bool:
    return found.answers and (found.confidence.probability or 0.0) >= (other.confidence.probability or 0.0)


def _is_nearer(found: Found, other: Found) -> bool:
    """Whether what is plainer on the subject speaks against the other: a law on 预算, for a budget of one's own."""
    return (found.confidence.on_subject or 0.0) > (other.confidence.on_subject or 0.0)


def _is_of_a_thing_in_another_language(found: Found) -> bool:
    """Whether one asks how to make a thing or get a paper, and the passage cited first is in another language."""
    if not found.hits or _thing(found.query) is None:
        return False
    return found.hits[0].passage.language != found.query.language


def _says_the_thing(found: Found) -> bool:
    """Whether the passage cited first speaks of the thing that one asks after, as a dictionary has its words."""
    hit = found.hits[0]
    words = found.search.query(_thing(found.query) or "").other_words
    return says_the_thing(words, f"{hit.passage.titles(hit.lesson.title)} {hit.passage.text}")


def _thing(query: Query) -> str | None:
    return thing_made(query.text) or paper_asked(query.mandarin)


def find_in_thread(search: Search, found: Found, passages: int, thread: Sequence[str]) -> Found:
    """What `thread`, the passages of the lesson that was talked of, has on a short question that was taken by itself
    (要放多少糖 after a recipe), unless what was found elsewhere is clearly nearer.
    """
    if not found.hits or found.reach != "everything" or found.hits[0].passage.id in thread:
        return found
    there = search.choice_among(found.query, passages, thread)
    if not there:
        return found
    # Scores of passages in another language are of another kind.
    alike = [hit.score for hit in found.hits if hit.passage.language == there[0].passage.language]
    if there[0].score < _IN_THREAD * max(alike, default=0.0):
        return found
    again = _read(search, found.query, there, "everything")
    # What names its own subject, is answered, and not by the lesson: how do I take notes after a talk on exams.
    own = found.answers and found.near and found.hits[0].passage.language == found.query.language
    if not again.quotes or (own and not again.answers):
        return found
    # What names no subject is near none; the lesson is what is talked of.
    on_subject = max(again.confidence.on_subject or 0.0, WORTH_A_LOOK)
    return replace(again, confidence=replace(again.confidence, on_subject=on_subject))


def find_measure(search: Search, found: Found, message: str, thread: Sequence[str], reply: str) -> Found:
    """`found`, led by the sentence of the lesson that was talked of which states the measure that a short message asks
    for (要多久), where `reply` told of it and what was found is elsewhere, or states none.
    """
    kind = measure_asked(message)
    quote = measure_told(message, search.placed(thread), reply) if kind else None
    if not kind or not quote:
        return found
    first = found.quotes[0] if found.answers else None
    if first and first.hit.passage.id in thread and states(first.text, kind):
        return found
    return _surely(found, (quote,))


def closest_in_thread(search: Search, alone: Query, thread: str) -> Found | None:
    """The passage that is near a message both by itself and after what was said before (`thread`), if any is.

    For a message that seemed to stand alone and is answered by nothing: 已经转了两千块，先做什么 after a talk on scams.
    """
    together = search.query(thread)
    by_itself = {hit.passage.id: hit for hit in search.passages(alone, CANDIDATES)}
    both = [hit for hit in search.passages(together, CANDIDATES) if hit.passage.id in by_itself]
    if not both:
        return None
    best = max(both, key=lambda hit: by_itself[hit.passage.id].score + _THREAD_WEIGHT * hit.score)
    if by_itself[best.passage.id].ranked.covered < _SHARED:
        return None
    found = _read(search, together, [best], "everything")
    return found if found.near else None


def find_meant(search: Search, question: str, passages: int, scope: Scope, before: Sequence[str] = ()) -> Found:
    """As `find_parts`; a question that nothing answers as it was typed is looked for without the mark at its end, with
    its slips mended, with names in full, and without who asks it, as well.

    With a mark and without it is one question, which e5 reads as two: of 388 that have an answer 123 are refused with
    one and 115 without, and not the same.
    """
    found = find_parts(search, question, passages, scope, before)
    if found.answers:
        return found
    bare = _MARKS.sub("", question)
    if bare and bare != question and (again := find_parts(search, bare, passages, scope, before)).answers:
        return again
    for correction in (search.spelling.correct(question), search.spelling.written_out(question)):
        if correction and (again := find_parts(search, correction.text, passages, scope, before)).answers:
            return replace(again, meant=correction.text)
    asked = without_introduction(question)
    if asked and (again := find_parts(search, asked, passages, scope, before)).answers and again.near:
        return again  # 我是送外卖的 is in no lesson on rain
    return found


def read_for(query: Query, found: Found) -> Found:
    """The passages that were found for another query, read for this one."""
    return _read(found.search, query, found.hits, found.reach)


def find_parts(search: Search, question: str, passages: int, scope: Scope, before: Sequence[str] = ()) -> Found:
    """As `find`, and for a message with several questions what answers each of them besides.

    One part alone does not make an answer: where half a message is taken to be answered, the half is mostly misread.
    """
    whole = find(search, question, passages, scope, before)
    # What a follow-up brings along was asked before, and answered: it is no part of it.
    asked = (question,) if before else parts_of(question)
    if len(asked) == 1:
        return whole
    found = [find(search, part, passages, scope, before) for part in asked]
    # A part leans on the rest: what is only learned to answer it, and not near, was asked of something else.
    answering = [one for one in found if one.answers and (one.near or one.confidence.on_subject is None)]
    if not answering or not (whole.answers or len(answering) == len(found)):
        return whole
    # The first passage of each part comes first: a part has a right to one, whatever the others have.
    quotes = _one_a_passage([one.quotes[0] for one in answering] + list(whole.quotes if whole.answers else ()))
    hits = [quote.hit for quote in quotes] + [hit for one in (whole, *answering) for hit in one.hits]
    ordered = list({hit.passage.id: hit for hit in hits}.values())[: max(passages, len(quotes))]
    read = {hit.passage.id for one in (whole, *answering) for hit in one.to_read}
    surest = max((whole, *answering), key=lambda one: (one.answers, one.confidence.probability or 0.0))
    return replace(
        surest,
        query=whole.query,
        hits=tuple(ordered),
        quotes=tuple(quotes),
        to_read=_to_read([hit for hit in ordered if hit.passage.id in read]),
    )


def _nearest_among(search: Search, ids: Sequence[str]) -> _Nearest:
    return lambda query: search.choice_among(query, CANDIDATES, ids)


def _nearest_anywhere(search: Search) -> _Nearest:
    return lambda query: search.passages(query, CANDIDATES)


def _in_form(found: Found, nearest: _Nearest) -> Found:
    """`found`, led by what has the form that the question asks for, where one of those `nearest` to it has it."""
    found = _defined(found, nearest)
    if not found.answers:
        return found
    asked = found.query.mandarin
    happened = what_happened(asked) or asks_who_answers_for_it(asked)
    if happened and (found.confidence.on_subject or WORTH_A_LOOK) < WORTH_A_LOOK:
        # 适合工作压力大的人食用 bears on 压力大怎么办, and is about porridge.
        return replace(found, confidence=replace(found.confidence, answers=False))
    quotes = remedy_first(found.query, found.quotes, lambda: nearest(found.query))
    if quotes == found.quotes:
        quotes = ways_first(found.search, found.query, quotes, lambda: nearest(found.query))
    return found if quotes == found.quotes else _led_by(found, quotes)


def _led_by(found: Found, quotes: Sequence[Quote]) -> Found:
    """`found` with these quotes, their passages first among those that are told of and read."""
    quoted = list({quote.hit.passage.id: quote.hit for quote in quotes}.values())
    ids = {hit.passage.id for hit in quoted}
    others = [hit for hit in found.hits if hit.passage.id not in ids]
    read = [hit for hit in found.to_read if hit.passage.id not in ids]
    return replace(
        found,
        hits=(*quoted, *others)[: max(len(found.hits), len(quoted))],
        quotes=tuple(quotes),
        to_read=_to_read((*quoted, *read)[: max(len(found.to_read), len(quoted))]),
    )


def _defined(found: Found, nearest: _Nearest) -> Found:
    """`found`, answered by what says what the thing asked for is, in which cases something is so, or in what two things
    differ, where one of those `nearest` does.
    """
    quotes = [quote for quote in _in_form_asked(found, nearest) if not of_another_place(found.query.text, quote.hit)]
    if not quotes:
        return found
    return _surely(found, quotes)


def _surely(found: Found, quotes: Sequence[Quote]) -> Found:
    """`found`, answered by these quotes."""
    probability = max(found.confidence.probability or 0.0, SAYS_WHAT_IT_IS)
    sure = replace(found.confidence, answers=True, probability=probability)
    return replace(_led_by(found, quotes), confidence=sure)


def _in_form_asked(found: Found, nearest: _Nearest) -> Sequence[Quote]:
    question = found.query.text
    if two := differing(question):
        return difference(*two, nearest(found.query), lambda thing: nearest(found.search.query(thing)))
    thing = thing_asked(question)
    if thing is None and not asks_for_cases(question):
        return ()
    near = nearest(found.query)
    quote = definition(thing, near) if thing else cases(question, near)
    return (quote,) if quote else ()


def _one_a_passage(quotes: Sequence[Quote]) -> list[Quote]:
    first: dict[str, Quote] = {}
    for quote in quotes:
        first.setdefault(quote.hit.passage.id, quote)
    return list(first.values())


def _within(search: Search, scope: Scope) -> list[tuple[Reach, list[str]]]:
    if scope.course_id is None:
        return []
    reaches: list[tuple[Reach, list[str]]] = []
    if scope.lesson_id is not None:
        reaches.append(("lesson", search.records.passages_within(scope.course_id, scope.lesson_id)))
    reaches.append(("course", search.records.passages_within(scope.course_id)))
    return [(reach, ids) for reach, ids in reaches if ids]


def _choice(search: Search, query: Query, k: int, before: Sequence[str]) -> list[Hit]:
    hits = _taught_first(search.choice(query, k), k, lambda more: search.choice(query, more))
    if not before:
        return hits
    known = {hit.passage.id for hit in hits}
    again = [hit for hit in search.choice_among(query, len(before), before) if hit.passage.id not in known]
    return sorted([*hits, *again], key=lambda hit: -hit.score)[:k]


def _taught_first(hits: list[Hit], k: int, choice: Callable[[int], list[Hit]]) -> list[Hit]:
    """`hits` with what teaches nothing (a chapter's announcement, a survey) after what does, of twice as many."""
    if not any(map(is_aside, hits)):
        return hits
    return sorted(choice(2 * k), key=is_aside)[:k]


def _read(search: Search, query: Query, hits: Sequence[Hit], reach: Reach) -> Found:
    # Another place's rule, how another dish is made, or how another paper is got is neither first nor quoted beside the
    # one that holds; alone, it is at most the closest.
    kept = [hit for hit in hits if not _of_another(query, hit)]
    if not 0 < len(kept) < len(hits):
        return _read_all(search, query, hits, reach)
    found = _read_all(search, query, kept, reach)
    if found.answers:
        # What is left is no surer for what was set aside.
        before = _read_all(search, query, hits, reach).confidence.probability
        sure = before is None or before >= ENOUGH
        found = replace(found, confidence=replace(found.confidence, answers=sure))
    return found


def _of_another(query: Query, hit: Hit) -> bool:
    return of_another_place(query.text, hit) or of_another_thing(query, hit) or of_another_paper(query, hit)


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
    to_read = _to_read(_worth_reading(ordered, by_passage, quoted)) if sure.answers else ()
    return Found(search, query, tuple(ordered), quotes, to_read, sure, reach)


def _to_read(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    lessons = tuple(hit for hit in hits if not is_exercise(hit))  # a model takes the case of an exercise for the rule
    return lessons or tuple(hits)


def _worth_reading(hits: Sequence[Hit], bearing: Mapping[str, float], quoted: Collection[str]) -> list[Hit]:
    """What is quoted, and what bears on the question beside it."""
    first = bearing.get(hits[0].passage.id, 0.0)

    def bears(hit: Hit) -> bool:
        least = first - _BEARS_ENOUGH if hit.course.id == hits[0].course.id else 0.0
        return bearing.get(hit.passage.id, 0.0) >= least

    return [hit for hit in hits if hit.passage.id in quoted or bears(hit)]


def _quoted_first(hits: Sequence[Hit], quotes: Sequence[Quote]) -> list[Hit]:
    """The passages in the order of their numbers."""
    quoted = [quote.hit for quote in quotes]
    return [*quoted, *(hit for hit in hits if hit not in quoted)]
