"""怎么做: where a lesson is on what is asked, its own steps from the first one on, and not what is said around them."""

import re
from collections.abc import Sequence
from itertools import groupby

from companion.quoting.asides import alone
from companion.quoting.extract import WHOLE_TOKENS, Quote
from companion.safety.untrusted import is_an_order
from course_index.analyze import normalise
from course_index.stretches import Stretch, stretches
from course_index.tokens import count_tokens
from retrieval.exercises import headings_above, in_exercise, is_exercise
from retrieval.query import Query
from retrieval.search import Hit, Search

# From this score of its titles on, late interaction takes a section to be on what is asked (心肺复苏怎么做 .78 with the
# lesson on it, .43 with those that only mention it).
NAMED = 0.65
# And to be about it, where nothing is on it.
_ABOUT_NAMED = 0.5
# A section that ranks this much below the best one on it is about something beside it (feeding, in a lesson on washing
# hands and feeding), unless its heading says that the lesson's matter is done there.
_AS_GOOD = 0.95
_DONE_HERE = re.compile(
    r"[\d.、一二三四五六七八九十\s]*(?:详细|具体|基本|主要|制作|操作)?(?:操作|步骤|做法|流程|过程|制作|方法)"
    r"|(?:step by step|steps|procedure|instructions|method|directions)"
)
_TELLS_HOW = re.compile(r".+的?(?:做法|步骤|流程|操作方法)|(?:怎么|如何|怎样).+|.*\bhow to .+")
# A heading that says what is done in the section: 翻身的做法, 怎样装箱, 第一步：预冷.
_OF_WHAT = (
    re.compile(r"(.{2,}?)的?(?:做法|步骤|流程|操作方法|方法)"),
    re.compile(r"(?:怎么|如何|怎样)(.{2,})"),
    re.compile(r"(.{2,}?)了?(?:怎么办|怎么处理)"),
    re.compile(r"(?:第[一二三四五六七八九十]步|\d{1,2})[\s：:、.]+(.{2,8})"),
)
_ASKED = re.compile(r"怎么|如何|怎样")
_FEWEST = 2

_ASKS_HOW = re.compile(
    r"(?:怎么|怎样|如何|咋|点样|点(?=[整煮炒蒸炖煲焖做弄]))(?!会|还|又|就|没|不|是|回事|算|样|说|看待|这么|那么|了|办)|步骤|流程|做法|教我们?[做煮弄炒蒸炖包用装修]|注意(?:些?什么|哪些|啥|事项)"
    r"|\bhow (?:to|do i|do you|do we|can i|should i)\b|\bsteps?\b|\bteach me (?:how )?to\b"
)
_STEP = re.compile(r"\s*(?:\d{1,2}[.)、]\s?|第[一二三四五六七八九十]步)")
_STEP_BEGINS = re.compile(rf"^{_STEP.pattern}", re.MULTILINE)


def asks_how(question: str) -> bool:
    """Whether a question asks for a way to do something, one thing after the other."""
    return bool(_ASKS_HOW.search(normalise(question)))


def steps_first(search: Search, query: Query, hits: Sequence[Hit], quotes: Sequence[Quote]) -> tuple[Quote, ...]:
    """The quotes with the steps of the lesson on it before them, where one of `hits` is of such a lesson.

    What else was to be quoted stays if its titles are on it too: first aid for another need only mentions this one.
    """
    if not hits or not asks_how(query.text):
        return tuple(quotes)
    called_so = [hit for hit in hits if _is_called_so(hit, normalise(query.mandarin or query.text))]
    if quotes and quotes[0].hit in called_so and len(_STEP_BEGINS.findall(quotes[0].text)) >= _FEWEST:
        return tuple(quotes)
    on_it = [hit for hit in hits if titled(hit) >= NAMED and hit.passage.language == query.language]
    best = next((hit for hit in hits if not is_exercise(hit)), hits[0])
    nearer = best.passage.language == query.language and _is_nearer(best, quotes)
    if best not in on_it and _has_steps(best) and (on_it or nearer):
        on_it = [best, *on_it]  # 翻身的做法 is as near as any: its titles only word it otherwise
    on_it = [*called_so, *(hit for hit in on_it if hit not in called_so)]
    steps = _steps(search, on_it, hits) if on_it else None
    if steps is None:
        return tuple(quotes)
    hit, text = steps
    others = [quote for quote in quotes if quote.hit.passage.id != hit.passage.id and titled(quote.hit) >= NAMED]
    return (Quote(hit, text, quotes[0].score), *others[:1])


def _is_nearer(hit: Hit, quotes: Sequence[Quote]) -> bool:
    """Whether the titles of a passage come about as near, and nearer than those of what would be quoted: 没人接 and not
    接到可疑电话, of who asks what to do when nobody answers the phone.
    """
    return bool(quotes) and titled(hit) >= _ABOUT_NAMED and titled(hit) > titled(quotes[0].hit)


def _is_called_so(hit: Hit, question: str) -> bool:
    """Whether the heading of a passage names a thing to do that the question, normalised, names too; or one above it
    asks the same: 电动车怎么充电 above 五条做法.
    """
    headings = [normalise(one).strip() for one in hit.passage.heading_path]
    said = next((found[1] for pattern in _OF_WHAT if headings and (found := pattern.fullmatch(headings[-1]))), None)
    asked = [[part for part in _ASKED.split(one) if part] for one in headings if _ASKED.search(one)]
    return (said is not None and said in question) or any(
        len(parts) >= _FEWEST and all(part in question for part in parts) for parts in asked
    )


def _steps(search: Search, on_it: Sequence[Hit], hits: Sequence[Hit]) -> tuple[Hit, str] | None:
    """The first steps of the best section that has any; else of what the best one's lesson says how it is done."""
    enough = _AS_GOOD * on_it[0].score
    ranked = {hit.passage.id: hit for hit in hits}
    lessons: dict[tuple[str, str], list[Hit]] = {}
    for hit in on_it:
        here = hit.course.id, hit.lesson.id
        if here not in lessons:
            lessons[here] = search.placed(search.records.passages_within(*here))
        tells_how = bool(_TELLS_HOW.fullmatch(normalise(hit.lesson.title).strip()))
        closest = _closest_section(hit) if hit.score >= enough else None
        # In the order of the lesson, so that a section that was cut begins with its first step.
        for one in lessons[here]:
            of_it = one.passage.heading_path == hit.passage.heading_path
            for heading, units in sections(one):
                wanted = of_it and heading == closest
                if here == next(iter(lessons)):
                    wanted = wanted or tells_how or _is_where_it_is_done(one.passage.heading_path, heading)
                if wanted and (text := steps_of(one.passage.text, units)):
                    return ranked.get(one.passage.id, one), text
    return None


def _has_steps(hit: Hit) -> bool:
    return any(steps_of(hit.passage.text, units) for _, units in sections(hit))


def sections(hit: Hit) -> list[tuple[str, list[Stretch]]]:
    """The sections of a passage that set no task, each with its heading."""
    units = stretches(hit.passage.text)
    above = zip(units, headings_above(hit, units), in_exercise(hit, units), strict=True)
    told = [(heading, unit) for unit, heading, posed in above if not posed]
    return [(heading, [unit for _, unit in run]) for heading, run in groupby(told, key=lambda one: one[0])]


def _closest_section(hit: Hit) -> str:
    """The heading above the stretch of a passage that comes closest."""
    units = stretches(hit.passage.text)
    scores = hit.ranked.stretches[1 : len(units) + 1].tolist()
    above = list(zip(scores, headings_above(hit, units), in_exercise(hit, units), strict=True))
    return max((one for one in above if not one[2]), default=(0.0, "", False))[1]


def _is_where_it_is_done(headings: Sequence[str], heading: str) -> bool:
    """操作, or the numbered sections under it."""
    above = headings[-2:-1] if heading[:1].isdigit() else ()
    return any(_DONE_HERE.fullmatch(normalise(one).strip()) for one in (heading, *above))


def titled(hit: Hit) -> float:
    """How near the titles above the passage come to the question; -1 without token vectors."""
    return float(hit.ranked.stretches[0]) if len(hit.ranked.stretches) else -1.0


def steps_of(text: str, units: Sequence[Stretch]) -> str | None:
    """The steps among the `units` of a passage with what leads into them; None without two of them."""
    numbered = [place for place, unit in enumerate(units) if _STEP.match(unit.text) and not unit.is_code]
    if len(numbered) < _FEWEST or any(map(is_an_order, units)):
        return None
    first = last = numbered[0]
    if first and _leads_in(units[first - 1]):
        first -= 1
    room = WHOLE_TOKENS - sum(count_tokens(unit.text) for unit in units[first : last + 1])
    ends = alone(units)
    while last + 1 < len(units) and not units[last + 1].is_code and last + 1 not in ends:
        room -= count_tokens(units[last + 1].text)
        if room < 0:
            break
        last += 1
    return text[units[first].start : units[last].end].strip()


def _leads_in(unit: Stretch) -> bool:
    return unit.text.rstrip().endswith(("：", ":"))
