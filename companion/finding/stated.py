"""Who asks how often or what share is quoted what states one, and who names Excel what is on that."""

import re
from collections.abc import Callable, Sequence
from operator import itemgetter

from rapidfuzz.distance import OSA

from companion.finding.found import Found, read
from companion.quantities import quantities
from companion.quoting.extract import Quote, done_for_so_long, stretch_around
from course_index.analyze import normalise
from course_index.language import ZH
from course_index.stretches import Stretch, stretches
from retrieval.asked import states_it
from retrieval.exercises import in_exercise
from retrieval.hit import Hit
from retrieval.of_thing import is_of_the_thing, thing_made

# In a Chinese question: Excel, PLC, 5S. Not print or link, which are also said as words, nor BB.
_NAME = re.compile(r"(?<![A-Za-z\d])(?=[a-z]*[A-Z\d])(?:[A-Za-z+#]{3,}|\d[A-Z])(?![A-Za-z\d])")

_SEVERAL = re.compile(r"[、，,/]|[^a-zA-Z]与[^a-zA-Z]| and ")
_CLAUSE = re.compile(r"[，,。；;\n]")
# One way to cook, in many words.
_STEWED = "焖炖煮煲烧卤熬"
_MINUTES = {"minute": 1, "hour": 60}
_WORD = re.compile(r"[a-z\d+#]+")
# A slip in so many letters (SyntaxErorr) leaves a name what it is.
_A_SLIP = 5


def as_asked(found: Found, passages: int) -> Found:
    """`found`, led by what states a thing of the kind asked for, where its quotes do not and others of their lessons do
    (几耐转下身 by 每两小时, not by how one is turned over); and by what has the name asked for, or what courses call
    it. No answer where what states it, or has it, does not answer. How long a dish is stewed is told by the sentence of
    its lesson that says so, if any does, and not by what says how long it takes in all.
    """
    asked = found.query.text
    found = _for_so_long(found)
    if found.answers and not states_it(asked, [quote.text for quote in found.quotes]):
        lessons = [hit for quote in found.quotes for hit in found.lesson_of(quote.hit)]
        near = {hit.passage.id: hit.passage.text for hit in (*lessons, *found.hits)}
        stating = [id_ for id_, text in near.items() if states_it(asked, [text])]
        found = _among(stating, found, passages, lambda quote: states_it(asked, [quote.text]))
    name = _NAME.search(asked) if found.answers and found.query.language == ZH else None
    if name is None:
        return found
    names = (name[0], *found.search.called(name[0]))
    if _has(found.quotes[0], names):
        return found
    return _among(found.search.naming(name[0]), found, passages, lambda quote: _has(quote, names))


def _for_so_long(found: Found) -> Found:
    """`found` led by the sentence of a dish's lesson that says for how long it is stewed; where none says it in that
    word, by the one that stews it longest in another (炖四十分钟 for 焖多久): meat is blanched before that.
    """
    asked = found.query.mandarin
    doing, thing = done_for_so_long(asked), thing_made(asked)
    if not found.answers or doing is None or thing is None or not is_of_the_thing(found.query, found.quotes[0].hit):
        return found

    def clauses(text: str, deeds: str) -> list[str]:
        """The clauses of a text that say one of the deeds, each a character, and a time."""
        said = _CLAUSE.split(normalise(text).replace(thing, " "))
        return [clause for clause in said if set(deeds) & set(clause) and states_it(asked, [clause])]

    quoted = found.quotes[0].answers or found.quotes[0].text
    if clauses(quoted, doing):
        return found
    lesson = found.lesson_of(found.quotes[0].hit)
    near = found.search.nearness(found.query, [hit.passage.id for hit in lesson])
    told: list[tuple[float, Hit, list[Stretch], int]] = [
        (float(near[hit.passage.id][1 + place]), hit, units, place)
        for hit in lesson
        if hit.passage.id in near
        for units in [stretches(hit.passage.text)]
        for place, posed in enumerate(in_exercise(hit, units))
        if not posed
    ]
    saying = [(close, hit, units, at) for close, hit, units, at in told if clauses(units[at].text, doing)]
    if not saying and doing in _STEWED and not clauses(quoted, _STEWED):
        lasting = [(_longest(clauses(units[at].text, _STEWED)), hit, units, at) for _, hit, units, at in told]
        saying = [one for one in lasting if one[0]]
    if not saying:
        return found
    _, hit, units, place = max(saying, key=itemgetter(0))
    ranked = next((one for one in found.hits if one.passage.id == hit.passage.id), hit)
    quote = Quote(ranked, stretch_around(ranked, units, place), found.quotes[0].score, units[place].text.strip())
    return found.led_by((quote,))


def _longest(clauses: Sequence[str]) -> float:
    """The longest time that clauses state, in minutes."""
    stated = [one for clause in clauses for one in quantities(clause)]
    return max((one.value * _MINUTES[one.unit] for one in stated if one.unit in _MINUTES), default=0.0)


def _among(ids: Sequence[str], found: Found, passages: int, counts: Callable[[Quote], bool]) -> Found:
    again = read(found.search, found.query, found.search.choice_among(found.query, passages, ids), found.reach)
    quotes = [quote for quote in again.quotes if counts(quote)]
    return found.led_by(quotes) if again.answers and quotes else found.judged(answers=False)


def _has(quote: Quote, names: Sequence[str]) -> bool:
    hit = quote.hit
    # Of what a lesson's title names beside other things (抽样、5S 与不合格品) the passage is on one.
    beside_others = {hit.lesson.title} if _SEVERAL.search(hit.lesson.title) else set()
    titles = {hit.course.title, hit.lesson.title} - beside_others
    said = " ".join((*titles, *hit.passage.heading_path, hit.passage.text))
    words = set(_WORD.findall(normalise(said)))
    return any(
        normalise(name) in normalise(said)
        or any(OSA.distance(normalise(name), word) <= len(name) // _A_SLIP for word in words)
        for name in names
    )
