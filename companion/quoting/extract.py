"""The answer without a model: the stretch of each passage that answers, quoted to the letter."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from companion.quoting.asides import ENDED, worth
from companion.safety.untrusted import is_an_order
from course_index.analyze import normalise, terms
from course_index.chunk import headings_of
from course_index.stretches import Stretch, stretches
from course_index.tokens import count_tokens
from retrieval.confidence import LOOKED_AT
from retrieval.exercises import begins_an_exercise, in_exercise
from retrieval.glossary import share_said
from retrieval.query import Query
from retrieval.search import Hit, Search

MAX_QUOTES = 2
# A quote is read on a phone: about eight lines there.
QUOTE_TOKENS = 200
# Half a table compares nothing, half the steps help nobody, and half a list of cases may lack the one asked after.
WHOLE_TOKENS = 320
# An article is quoted whole up to here: its second sentence is often the exception to its first.
WHOLE_ARTICLE_TOKENS = 260
# Passages read for quotes, if they rank about as high as the best: those that are looked at for whether they answer.
MAX_READ = LOOKED_AT
NEAR_ENOUGH = 0.6
# A second quote is given only when its words say about as much as those of the best.
AS_GOOD = 0.77
# And when its passage bears on what is asked, of another course at all, of the same about as the first's does: of 82
# second quotes on our cases 15 fall away, of the 24 from a passage that answers one.
BEARS_AS_WELL = 3.0
# How much it counts for the order of quotes that their passages answer, in log odds as learned; beyond so much of them
# it says no more (docs/decisions/0013-answerability.md).
_BEARING_WEIGHT = 0.2
_BEARING_ENOUGH = 3.0
# Without late interaction: sentences embedded for a question, and how much of each. Most of the time of such a turn.
MAX_EMBEDDED = 10
EMBEDDED_CHARACTERS = 120
_COVERAGE_WEIGHT = 0.5
# What a number adds to a sentence when the question asks for one; a vector hardly tells 二十五分钟 from no time at all.
_AMOUNT_WEIGHT = 0.3
_NUMERAL = r"(?:\d|[一二两三四五六七八九十百千万半]+)"
# What a question asks for, and what a sentence with such an answer looks like; the first that matches holds.
_AMOUNTS = (
    (
        re.compile(r"多久|多长时间|什么时候|几点|几天|\bhow (?:long|often)\b|\bwhen\b"),
        re.compile(rf"{_NUMERAL}\s*(?:个?[分秒天日年月周点]|个?小时)|\d+ (?:minute|hour|day|week|month|year)s?"),
    ),
    (
        re.compile(r"多少|多[长快高深大重]|几(?!乎)|\bhow (?:many|much|fast|deep|high|old|far)\b"),
        re.compile(rf"\d|{_NUMERAL}(?:[次个件元米克斤度岁倍成条种]|厘米|毫米|公斤|公里)"),
    ),
)
# What is to be done for so long (要腌多久): a sentence that has it states more likely how long.
_DOING_WEIGHT = 0.2
_DOING = re.compile(
    r"([^\W\da-z_要得需大概约应该能可以会有是到])(?:要|得|需要|应该|大概|大约|一般|够|足)*(?:多久|多长时间|几耐|几(?:个?小时|分钟|天))"
)
_KEY = re.compile(r"[\s>*\-]*(?:参考)?(?:答案|解答|解析|answers?|solution)\s*[*]*\s*[：:]", re.IGNORECASE)
_EXERCISE_WEIGHT = -0.2
# A line that is no sentence and has only what its titles or the question have says nothing (清蒸鲈鱼-预览图-3).
_NAMES = re.compile(r"[^\W\d_a-z]|[a-z]+")  # a letter, of Latin script a word
_SHOWN = frozenset("图片预览示意例")
# A question of the lesson answers nobody's.
_ASKED = re.compile(r"[?？][”’」』）)]*\s*$")
_LEADS_IN = ("：", ":")
_SHORTEST = 5
_ROW = re.compile(r"\s*\|")
_LIST_ITEM = re.compile(r"\s*(?:(?:[-*+]|\d+[.)、])\s|[（(](?:[一二三四五六七八九十]+|\d+)[)）]|[①-⑳])")


@dataclass(frozen=True, slots=True)
class Quote:
    """A stretch of a passage, to the letter, and how much its words say to the question.

    `answers` is the sentence of it that answers, empty where all of it does.
    """

    hit: Hit
    text: str
    score: float
    answers: str = ""


@dataclass(frozen=True, slots=True)
class _Candidate:
    hit: Hit
    units: tuple[Stretch, ...]
    position: int
    coverage: float
    has_amount: bool
    says_for_what: bool
    in_exercise: bool
    worth: float

    @property
    def promise(self) -> float:
        """What is known of the sentence before its vector: its words, a number where one is asked for, its place."""
        words = _COVERAGE_WEIGHT * self.coverage + _AMOUNT_WEIGHT * self.has_amount
        words += _DOING_WEIGHT * self.says_for_what
        return words + _EXERCISE_WEIGHT * self.in_exercise + self.worth

    @property
    def text(self) -> str:
        return self.units[self.position].text


@dataclass(frozen=True, slots=True)
class Reading:
    """What the passages say to a question in a language: of each its best quote, best first, and the cosine of the
    sentence that comes closest.
    """

    quotes: tuple[Quote, ...]
    closeness: float
    language: str


def read_closely(search: Search, query: Query, hits: Sequence[Hit]) -> Reading:
    """Read the best of `hits`. None is quoted for no hits or mere listings, which say nothing."""
    near = [hit for hit in hits[:MAX_READ] if hit.score >= NEAR_ENOUGH * hits[0].score]
    candidates = _candidates(query, near)
    if not candidates:
        return Reading((), 0.0, query.language)
    closeness = _closeness(search, query, candidates)
    scores = closeness + np.array([one.promise + one.hit.score for one in candidates], dtype=np.float32)
    best: dict[str, Quote] = {}
    for number in scores.argsort()[::-1]:
        candidate = candidates[number]
        if candidate.hit.passage.id not in best:
            text = stretch_around(candidate.hit, candidate.units, candidate.position)
            best[candidate.hit.passage.id] = Quote(candidate.hit, text, float(scores[number]), candidate.text.strip())
    return Reading(tuple(best.values()), float(closeness.max()), query.language)


def best_quotes(reading: Reading, bearing: Mapping[str, float]) -> tuple[Quote, ...]:
    """What is shown of a reading, best first.

    `bearing` is how passages bear on what is asked (answerability), by id: words tell who speaks of it, that tells who
    answers it. Where nothing does, it tells nothing and is left empty.
    """
    if not reading.quotes:
        return ()

    def score(quote: Quote) -> float:
        bears = bearing.get(quote.hit.passage.id, 0.0)
        return quote.score + _BEARING_WEIGHT * min(max(bears, -_BEARING_ENOUGH), _BEARING_ENOUGH)

    first, *others = sorted(reading.quotes, key=score, reverse=True)
    enough = AS_GOOD * reading.quotes[0].score

    def bears(quote: Quote) -> bool:
        own, firsts = (bearing.get(one.hit.passage.id, 0.0) for one in (quote, first))
        return own >= (firsts - BEARS_AS_WELL if quote.hit.course.id == first.hit.course.id else 0.0)

    # Beside an answer that the learner reads, one in another language only stands in the way.
    in_own = first.hit.passage.language == reading.language
    readable = [quote for quote in others if not in_own or quote.hit.passage.language == reading.language]
    as_good = [quote for quote in readable if quote.score >= enough and bears(quote)]
    return (first, *as_good[: MAX_QUOTES - 1])


def sets_a_task(quote: Quote) -> bool:
    """Whether a quote is of an exercise, in a section of its own or in the midst of a lesson (小练习：阿玲……)."""
    units = stretches(quote.hit.passage.text)
    begins = quote.hit.passage.text.find(quote.text)
    here = next((place for place, unit in enumerate(units) if unit.end > begins), 0)
    return in_exercise(quote.hit, units)[here] or begins_an_exercise(quote.text)


def _closeness(search: Search, query: Query, candidates: list[_Candidate]) -> NDArray[np.float32]:
    """How near each candidate is: late interaction's score, which the search has computed already, or else a cosine."""
    if query.asked is not None:
        return np.array([one.hit.ranked.stretches[1 + one.position] for one in candidates], np.float32)
    texts = [candidate.text.strip()[:EMBEDDED_CHARACTERS] for candidate in candidates]
    return np.asarray(search.embed_texts(texts) @ query.vector, np.float32)


def _candidates(query: Query, hits: Sequence[Hit]) -> list[_Candidate]:
    found = []
    asked = normalise(query.text)
    named = frozenset(_names(query.text))
    amount = next((answer for asks, answer in _AMOUNTS if asks.search(asked)), None)
    doing = done_for_so_long(query.text)
    for hit in hits:
        units = tuple(stretches(hit.passage.text))
        posed = in_exercise(hit, units)
        worths = worth(query.text, hit, units)
        headings = headings_of(hit.passage.heading_path)
        titles = _SHOWN.union(_names(hit.passage.titles(hit.lesson.title)))
        key = _key([unit for unit, set_ in zip(units, posed, strict=True) if set_])
        same_language = hit.passage.language == query.language
        for position, unit in enumerate(units):
            if posed[position] and unit not in key:
                continue
            if unit.is_code or _ASKED.search(unit.text) or is_an_order(unit):
                continue
            if unit.text.strip() not in headings and any(_only_names(unit.text, known) for known in (titles, named)):
                continue
            if len(unit.text.strip()) >= _SHORTEST:
                coverage = _coverage(query, unit.text) if same_language else share_said(query.other_words, unit.text)
                has_amount = bool(amount and amount.search(unit.text))
                for_what = has_amount and doing is not None and doing in unit.text
                found.append(
                    _Candidate(hit, units, position, coverage, has_amount, for_what, posed[position], worths[position])
                )
    if query.asked is not None:
        return found
    # The leading sentences of the best passage stay in even when they share no word with the question.
    return sorted(found, key=lambda candidate: (-candidate.promise, candidate.position))[:MAX_EMBEDDED]


def done_for_so_long(question: str) -> str | None:
    """What is to be done for as long as a question asks for, in a character: 腌 of 要腌多久."""
    found = _DOING.search(normalise(question))
    return found[1] if found else None


def _only_names(text: str, known: Collection[str]) -> bool:
    """Whether a line is no sentence, and has names, all of them `known`."""
    names = [] if ENDED.search(text) else _names(text)
    return bool(names) and all(name in known for name in names)


def _names(text: str) -> list[str]:
    return _NAMES.findall(normalise(text))


def _key(units: Sequence[Stretch]) -> Collection[Stretch]:
    """What in an exercise answers it: from its mark on, else what follows a question in its own paragraph
    (老板收走工人的身份证，对吗？不对。)
    """
    marked = next((place for place, unit in enumerate(units) if _KEY.match(unit.text)), None)
    if marked is not None:
        return units[marked:]
    pairs = enumerate(pairwise(units), 1)
    asked = [place for place, (one, other) in pairs if _ASKED.search(one.text) and one.block == other.block]
    return {unit for first in asked for unit in units[first:] if unit.block == units[first].block}


def _coverage(query: Query, text: str) -> float:
    """The share of the question's terms that a text has; a bigram says twice as much as a character."""
    present = set(terms(normalise(text)))
    weights = {term: len(term) if len(term) <= 2 else 2 for term in query.terms}
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in present) / total if total else 0.0


def stretch_around(hit: Hit, units: Sequence[Stretch], position: int, most: int = QUOTE_TOKENS) -> str:
    """The unit with what belongs to it, up to `most` tokens: its paragraph or list, and the line that leads into it."""
    passage = hit.passage
    if passage.locator_kind == "article" and passage.tokens <= WHOLE_ARTICLE_TOKENS:
        return passage.text.strip()
    first = last = position
    here = units[position].text
    tabled = any(_ROW.match(unit.text) for unit in units[position : position + 2])
    room = (max(most, WHOLE_TOKENS) if tabled else most) - count_tokens(here)
    headings = headings_of(passage.heading_path)
    if here.strip() in headings and first + 1 < len(units):
        # Small sections are joined with their headings: what a heading names stands under it.
        return section_from(passage.text, units[first + 1 :], headings)
    if _LIST_ITEM.match(here):
        # What it is an item of stands above it; the items below it say something else.
        above = position
        while above > 0 and _follows(units[above - 1], units[above]):
            above -= 1
        needed = sum(count_tokens(unit.text) for unit in units[above:position])
        if needed <= room + WHOLE_TOKENS - most:
            first, room = above, room - needed
    while last + 1 < len(units) and _follows(units[last], units[last + 1]):
        room -= count_tokens(units[last + 1].text)
        if room < 0:
            break
        last += 1
    while first > 0 and _follows(units[first - 1], units[first]):
        room -= count_tokens(units[first - 1].text)
        if room < 0:
            break
        first -= 1
    last = _whole_list(units, first, last)
    return passage.text[units[first].start : units[last].end].strip()


def _whole_list(units: Sequence[Stretch], first: int, last: int) -> int:
    """Where the list ends that is cut after `last`, if from `first` on it fits at all; else `last`."""
    items = [bool(_LIST_ITEM.match(unit.text)) for unit in units[last:]]
    end = last
    while end + 1 < len(units) and all(items[: end + 2 - last]) and _follows(units[end], units[end + 1]):
        end += 1
    if end == last or sum(count_tokens(unit.text) for unit in units[first : end + 1]) > WHOLE_TOKENS:
        return last
    return end


def is_list_item(text: str) -> bool:
    """Whether a line is an item of a list or a row of a table."""
    return bool(_LIST_ITEM.match(text)) or is_row(text)


def is_row(text: str) -> bool:
    """Whether a line is a row of a table."""
    return bool(_ROW.match(text))


def without_mark(text: str) -> str:
    """An item of a list without its mark, or a row of a table from its first cell on."""
    return _ROW.sub("", _LIST_ITEM.sub("", text, count=1), count=1)


def section_from(text: str, units: Sequence[Stretch], headings: Collection[str]) -> str:
    """From the first of `units` on, up to the next heading, as much as a quote holds."""
    last = 0
    room = QUOTE_TOKENS - count_tokens(units[0].text)
    for number, unit in enumerate(units[1:], 1):
        room -= count_tokens(unit.text)
        if room < 0 or unit.text.strip() in headings or unit.is_code:
            break
        last = number
    return text[units[0].start : units[last].end].strip()


def _follows(before: Stretch, after: Stretch) -> bool:
    """Whether the two are said in one breath: in one paragraph, or a list with the line before it."""
    if any(one.is_code or is_an_order(one) for one in (before, after)):
        return False
    leads_in = before.text.rstrip().endswith(_LEADS_IN) or bool(_LIST_ITEM.match(after.text))
    tabled = _ROW.match(after.text) and not _ROW.match(before.text)
    return before.block == after.block or ((leads_in or bool(tabled)) and before.block + 1 == after.block)
