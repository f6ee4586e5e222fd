"""Who asks how often or what share is quoted what states one, and who names Excel what is on that."""

import re
from collections.abc import Callable, Sequence

from rapidfuzz.distance import OSA

from companion.finding.found import Found, read
from companion.quoting.extract import Quote
from course_index.analyze import normalise
from course_index.language import ZH
from retrieval.asked import states_it

# In a Chinese question: Excel, PLC, 5S. Not print or link, which are also said as words, nor BB.
_NAME = re.compile(r"(?<![A-Za-z\d])(?=[a-z]*[A-Z\d])(?:[A-Za-z+#]{3,}|\d[A-Z])(?![A-Za-z\d])")

_SEVERAL = re.compile(r"[、，,/]|[^a-zA-Z]与[^a-zA-Z]| and ")
_WORD = re.compile(r"[a-z\d+#]+")
# A slip in so many letters (SyntaxErorr) leaves a name what it is.
_A_SLIP = 5


def as_asked(found: Found, passages: int) -> Found:
    """`found`, led by what states a thing of the kind asked for, where its quotes do not and others of their lessons do
    (几耐转下身 by 每两小时, not by how one is turned over); and by what has the name asked for, or what courses call
    it. No answer where what states it, or has it, does not answer.
    """
    asked = found.query.text
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
