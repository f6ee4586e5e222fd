"""鱼怎么去腥: the lesson or section that is called by what is to be done, and not a step of something else."""

import re
from collections.abc import Callable, Iterator, Sequence

from companion.patterns import for_normalised
from companion.quoting.asides import is_aside
from companion.quoting.extract import MAX_QUOTES, Quote, read_closely
from companion.quoting.steps import sections, steps_of
from course_index.analyze import normalise
from course_index.chunk import BELOW
from retrieval.exercises import is_exercise
from retrieval.hit import Hit
from retrieval.query import Query
from retrieval.search import Search

_HOW = r"(?:怎么样?|怎样|如何|咋|点样)(?!就|会|还|又)(?:才?(?:能|可以)|去|来|好好|正确地?|科学地?|进行|做好?|自己)*"
# What is to be done stands behind how it is asked (怎么做心肺复苏), or before it where that only asks to do it.
_ASKED = (
    for_normalised(rf"{_HOW}(?P<deed>[^\W\d_a-z]{{2,10}}?)(?:才[^，。]*|呢|啊|呀|好|比较好|最好|一点)?$"),
    for_normalised(
        rf"^(?:请问|想问一下|想问)?(?P<deed>[^\W\d_a-z]{{2,10}}?)(?:要|应该|该|得)?{_HOW}(?:做|弄|搞|操作|进行)$"
    ),
)
_NO_DEED = re.compile(r"[的了吗过着不没我你他]|什么|哪|多少")
_MARKS = re.compile(r"[\s。．.？?！!，,]+$")
_PARTS = re.compile(r"[，、；：。？！,;:.?!/\s]|与|和|及")
_NUMBERED = for_normalised(r"^(?:第[一二三四五六七八九十\d]+[课章节讲步][：:、\s]*|[\d.]+[、.\s]+)")
_SAYS_HOW = for_normalised(r"^(?:怎么样?|怎样|如何)|的?(?:做法|步骤|方法|流程|技巧|要领|基本功)$")
_BRACKETS = re.compile(r"[()（）]")
# Sections so called count that rank at least so high, of what else would be quoted.
_NEAR_ENOUGH = 0.7
_SHORTEST = 2


def deed_asked(question: str) -> str | None:
    """What a question asks how to do, normalised; None for any other."""
    asked = _MARKS.sub("", normalise(question))
    found = next((match for pattern in _ASKED if (match := pattern.search(asked))), None)
    return found["deed"] if found and not _NO_DEED.search(found["deed"]) else None


def deed_first(
    search: Search, query: Query, quotes: Sequence[Quote], nearest: Callable[[], Sequence[Hit]]
) -> tuple[Quote, ...]:
    """The quotes of who asks how to do something, led by a section or lesson that is called so, if they are not: by its
    steps, else by its closest sentence. The quotes as they are for any other question.
    """
    deed = deed_asked(query.mandarin)
    if not quotes or deed is None or _is_named(quotes[0].hit, deed):
        return tuple(quotes)
    enough = _NEAR_ENOUGH * quotes[0].hit.score
    near = [hit for hit in nearest() if hit.score >= enough and hit.passage.language == query.language]
    calls = {hit.passage.id: _calls(hit, deed) for hit in near if not (is_aside(hit) or is_exercise(hit))}
    best = max(calls.values(), default=0)
    if best <= _calls(quotes[0].hit, deed):
        return tuple(quotes)
    read = read_closely(search, query, [hit for hit in near if calls.get(hit.passage.id) == best])
    if not read.quotes:
        return tuple(quotes)
    return (_with_steps(read.quotes[0], deed), *read.quotes[1:MAX_QUOTES])


def _is_named(hit: Hit, deed: str) -> bool:
    """Whether a title above a passage has all that is to be done in it: 简易版炒糖色的做法."""
    return any(deed in title for title in (normalise(hit.lesson.title), *_headings(hit)))


def _calls(hit: Hit, deed: str) -> int:
    """How plainly the titles above a passage call it by what is to be done, or by the end of that (喂饭 of 给老人喂饭):
    3 where its lesson's title does and names nothing else, 2 where a heading does, 1 where the lesson's title does
    beside other things, 0 where none does and of a law.
    """
    if hit.passage.locator_kind == "article":
        return 0
    names, headings = list(names_of([normalise(hit.lesson.title)])), _headings(hit)
    of_lesson = [name for name in names if deed.endswith(name)]
    if names and of_lesson == names:
        return 3
    if any(deed.endswith(name) for name in names_of(headings)):
        return 2
    return 1 + any(name in heading for name in of_lesson for heading in headings) if of_lesson else 0


def _headings(hit: Hit) -> list[str]:
    return [normalise(part) for heading in hit.passage.heading_path for part in heading.split(BELOW)]


def names_of(titles: Sequence[str]) -> Iterator[str]:
    """What titles, normalised, name: 白切鸡 of 第一课 白切鸡的做法; of 拍照与商品介绍 both."""
    for title in titles:
        for part in _PARTS.split(_BRACKETS.sub("", _NUMBERED.sub("", title))):
            name = _SAYS_HOW.sub("", part)
            if len(name) >= _SHORTEST and not name.isascii():
                yield name


def _with_steps(quote: Quote, deed: str) -> Quote:
    """The steps of the section of a passage that is called by what is to be done, else of the one that is quoted, if it
    has any.
    """
    hit, told = quote.hit, sections(quote.hit)
    ends = [name for name in names_of([normalise(hit.lesson.title), *_headings(hit)]) if deed.endswith(name)]
    called = [units for heading, units in told if any(name in normalise(heading) for name in ends)]
    quoted = [units for _, units in told if any(unit.text.strip() in quote.text for unit in units)]
    steps = next((steps for units in (*called, *quoted[:1]) if (steps := steps_of(hit.passage.text, units))), None)
    return Quote(hit, steps, quote.score) if steps else quote
