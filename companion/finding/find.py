"""Finding what answers: in the lesson at hand, in its course, everywhere; and how sure it is that it answers."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial

from companion.finding.forms import Nearest, in_form
from companion.finding.found import Found, Reach, read, without_exercises
from companion.finding.own_language import in_own_language, may_lack_the_thing
from companion.finding.stated import as_asked
from companion.quoting.asides import is_aside
from companion.quoting.extract import Quote
from companion.understanding.parts import parts_of, without_introduction
from retrieval.choose import current
from retrieval.of_another import of_another
from retrieval.query import Query
from retrieval.rank import CANDIDATES
from retrieval.search import CHOSEN_FROM, Hit, Search

# How sure it has to be that an answer to a question in the words of courses is one to the question as typed.
_SURE_IN_COURSE_WORDS = 0.85
_SURER = 0.08
_MARKS = re.compile(r"[\s?？!！。]+$")


@dataclass(frozen=True, slots=True)
class Scope:
    """Where the learner is: a course, and a lesson of it. None of both is everywhere."""

    course_id: str | None = None
    lesson_id: str | None = None


def find(search: Search, question: str, passages: int, scope: Scope, before: Sequence[str] = ()) -> Found:
    """The nearest reach whose passages answer; else what lies closest anywhere.

    `before` are the passages of the turn before: on a follow-up they are looked at again beside what is found anew.
    """
    query = search.query(question)
    within = _within(search, scope)
    for reach, ids in within:
        hits = search.choice_among(query, passages, ids)
        hits = _reaching_the_thing(query, hits, passages, partial(search.choice_among, query, ids=ids))
        found = read(search, query, hits, reach)
        found = as_asked(in_form(found, _nearest_among(search, ids)), passages)
        if found.answers:
            return found
    nearest = _nearest_anywhere(search)
    found = in_form(read(search, query, _choice(search, query, passages, before), "everything"), nearest)
    own = in_own_language(found, passages)
    found = as_asked(found if own is found else in_form(own, nearest), passages)
    if may_lack_the_thing(found):
        found = found.judged(answers=False, on_subject=0.0)
    # It may be from here all the same: beside passages of elsewhere it stands out more than among its own.
    first = found.quotes[0].hit.passage.id if found.quotes else None
    return replace(found, reach=next((reach for reach, ids in within if first in ids), "everything"))


def find_meant(search: Search, question: str, passages: int, scope: Scope, before: Sequence[str] = ()) -> Found:
    """As `find_parts`; a question that nothing answers as it was typed is looked for without the mark at its end, with
    its slips mended, with names in full, without who asks it, and in the words of courses, as well.

    With a mark and without it is one question, which e5 reads as two: of 388 that have an answer 123 are refused with
    one and 115 without, and not the same.
    """

    def in_course_words() -> Found | None:
        words = search.in_course_words(question)
        return find_parts(search, words, passages, scope, before) if words else None

    found = find_parts(search, question, passages, scope, before)
    if found.answers:
        may_be_surer = (found.confidence.probability or 1.0) <= 1 - _SURER
        return _by_course_words(found, in_course_words()) if may_be_surer else found
    bare = _MARKS.sub("", question)
    if bare and bare != question and (again := find_parts(search, bare, passages, scope, before)).answers:
        return again
    for correction in (search.spelling.correct(question), search.spelling.written_out(question)):
        if correction and (again := find_parts(search, correction.text, passages, scope, before)).answers:
            return replace(again, meant=correction.text)
    asked = without_introduction(question)
    if asked and (again := find_parts(search, asked, passages, scope, before)).answers and again.near:
        return again  # 我是送外卖的 is in no lesson on rain
    return _by_course_words(found, in_course_words())


def _by_course_words(found: Found, again: Found | None) -> Found:
    """`found` by what answers in the words of courses (解除劳动合同 for 辞退), where that is surer by far, or where
    nothing answers as typed and that is sure; else it is the closest shown.

    More is near in their words, also by chance: of 160 questions of ours that are refused as typed, 5 of 48 that have
    an answer get it so, and 1 of the others is answered; from .75 on it would be 10 (6 rightly) and 4. Of 162 that are
    answered as typed 3 are answered rightly in place of wrongly, none the other way.
    """
    if again is None or not again.answers or not again.near:
        return found
    sure, before = again.confidence.probability or 0.0, found.confidence.probability or 0.0
    if sure >= (before + _SURER if found.answers else _SURE_IN_COURSE_WORDS):
        return again
    return found if found.answers else replace(found, hits=again.hits, quotes=again.quotes)


def find_parts(search: Search, question: str, passages: int, scope: Scope, before: Sequence[str]) -> Found:
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
        to_read=without_exercises([hit for hit in ordered if hit.passage.id in read]),
    )


# Of one question several forms are tried, each on the same passages: they are looked up once.
def _nearest_among(search: Search, ids: Sequence[str]) -> Nearest:
    return cache(lambda query: search.choice_among(query, CANDIDATES, ids))


def _nearest_anywhere(search: Search) -> Nearest:
    return cache(lambda query: current(search.passages(query, CANDIDATES), date.today()))


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
    choice = partial(search.choice, query)
    hits = _reaching_the_thing(query, _taught_first(choice(k), k, choice), k, choice)
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


def _reaching_the_thing(query: Query, hits: list[Hit], k: int, choice: Callable[[int], list[Hit]]) -> list[Hit]:
    """`hits`, and where all of them are on another thing than the one asked for, what is not, of CHOSEN_FROM, after
    them.
    """
    if not hits or not all(of_another(query, hit) for hit in hits):
        return hits
    return [*hits, *[hit for hit in choice(CHOSEN_FROM) if not of_another(query, hit)][:k]]
