"""孩子噎住了怎么办: what is to be done once it has happened, and not how it is prevented or what comes afterwards."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from companion.patterns import for_normalised
from companion.quoting.asides import is_aside
from companion.quoting.extract import Quote, read_closely, section_from
from companion.quoting.steps import NAMED, sections, steps_of, titled
from companion.safety.untrusted import is_an_order
from course_index.analyze import normalise
from course_index.chunk import BELOW, headings_of
from course_index.stretches import Stretch
from retrieval.exercises import is_exercise
from retrieval.hit import Hit
from retrieval.query import Query
from retrieval.search import Search

_ASKED = for_normalised(
    r"(?:应该|应当|应|该|要|需要|可以|首先|马上|第一时间)?"
    r"(?:怎么办|咋办|咋整|怎办|点办|点算好?|怎[么样]处理|如何处理|如何是好|(?:怎么|点样?)(?:急救|施救|救))(?![^\W\d_呢啊呀才好先吗嘛])"
    r"|(?<=[了后时])(?:应该|应当|应|该|要|需要|首先|第一步|先)+(?:做|干)(?:些|点)?(?:什么|啥|乜嘢?|咩)(?:先|好)?(?![^\W\d_呢啊呀才])"
    r"|\bwhat (?:should|do|can|must|shall) (?:i|we|you) do(?! for)\b|\bwhat to do\b"
)
# 楼上漏水谁赔: who is to make good what happened.
_WHO_ANSWERS = for_normalised(
    r"(?:谁|边个|哪个)(?:来|要|应该|应当|该)?(?:赔|负责|负责任|承担|出钱|的责任)|(?:责任)?(?:算|是)谁的责任"
    r"|\bwho (?:pays|has to pay|is (?:liable|responsible|to blame))\b"
)
# What a heading says beside what happened: 有人触电怎么办, 跳闸之后, 噎住了，一步一步来.
_AROUND = for_normalised(
    r"^(?:如果|万一|要是|假如|遇到|遇上|碰到|发现|发生|出现|出了?|有人|被|[\d.第一二三四五六七八九十节课\s]+[.、\s])+"
    r"|(?:了|时|后|之后|以后|的时候|的话|怎么办|的?急救|的?处理)+$"
)
_PARTS = for_normalised(r"[，、；：。？！/\s]|和|与|或者?|及")
# 噎着了 is 噎住: what a verb came to is said in several ways.
_CAME_TO = "[住着到伤倒了过]"
_SO_CALLED = re.compile(rf"(?P<verb>[^\W\d_]){_CAME_TO}")
# A heading that says of itself that something happened; of such a one it counts how near it is.
_HAPPENED = for_normalised(r"(?:了|后|时|时候|怎么办|怎么处理)$|^(?:遇到|发现|发生|出现)")
_PREVENTS = for_normalised(r"(?<![消国])防(?!疫|火门|盗门)|避免|平时|平常|事前|之前|以前|\bprevent|\bavoid|\bbefore\b")

# 怎么防摔倒 asks not what to do once it has happened, but before. 消防 prevents nothing by itself: 怎么打消防电话.
_TO_PREVENT = for_normalised(
    r"(?:怎么|怎样|如何|点样?|咋)[^，。？]{0,6}?(?:(?<![消国])防(?!疫|水|火门|盗门)|避免|不让|唔好|才不会|先唔会|减少)"
    r"|(?:预防|防止|防范|避免)[^，。？]{1,12}(?:怎么|如何|办法|方法|措施|要做|做什么|什么|啥|注意)"
    r"|\bhow (?:to|can i|can you|do i|do you|should i)"
    r" (?:prevent|avoid|stop|keep(?= [^.?!]{1,40} from))\b|\bprevention of\b"
)
# How high a passage has to rank, of one on what comes afterwards, to lead in its place.
_NEARLY = 0.6
# A section counts that ranks at least so high, of what else would be quoted (噎住 .49 for 老人吃汤圆噎着了).
_NEAR_ENOUGH = 0.4


@dataclass(frozen=True, slots=True)
class _Section:
    """A section of a passage, with the headings above it, its own last."""

    hit: Hit
    headings: tuple[str, ...]
    units: Sequence[Stretch]

    @property
    def place(self) -> tuple[str, str, tuple[str, ...]]:
        return self.hit.course.id, self.hit.lesson.id, self.headings


def remedy_first(query: Query, quotes: Sequence[Quote], nearest: Callable[[], Sequence[Hit]]) -> tuple[Quote, ...]:
    """The quotes of who asks what to do, led by the section that is called by what happened, where one of the `nearest`
    is; what else was to be quoted stays if it is called so too. The quotes as they are for any other question.
    """
    event = what_happened(query.mandarin)
    if not quotes or not event:
        return tuple(quotes)
    near = [hit for hit in nearest() if hit.score >= _NEAR_ENOUGH * quotes[0].hit.score]
    on_it = _on_it(query, event, near)
    if not on_it:
        return tuple(sorted(quotes, key=lambda quote: bool(_PREVENTS.search(_path(quote.hit)[-1]))))
    called = {one.hit.passage.id for one in on_it}
    here = [one for one in on_it if one.hit.passage.id == quotes[0].hit.passage.id]
    best = max(here or on_it, key=lambda one: (_shared(one, event), one.hit.score))
    # A section that was cut begins with what is to be done first.
    first = min((one for one in on_it if one.place == best.place), key=lambda one: one.hit.passage.ordinal)
    others = [one for one in quotes if one.hit.passage.id in called - {first.hit.passage.id}]
    return (Quote(first.hit, _what_to_do(first), quotes[0].score), *others[:1])


def prevention_first(
    search: Search, query: Query, quotes: Sequence[Quote], nearest: Callable[[], Sequence[Hit]]
) -> tuple[Quote, ...]:
    """The quotes of who asks how something is prevented, led by the section of the same lesson that is on prevention,
    else without the one on what to do once it has happened. The quotes as they are for any other question.
    """
    if not quotes or not _TO_PREVENT.search(normalise(query.mandarin)) or _PREVENTS.search(_path(quotes[0].hit)[-1]):
        return tuple(quotes)
    first = quotes[0].hit
    others = [
        hit
        for hit in nearest()
        if hit.score >= _NEARLY * first.score
        and hit.lesson.id == first.lesson.id
        and not (_HAPPENED.search(_path(hit)[-1]) or is_exercise(hit) or is_aside(hit))
    ]
    asked = normalise(query.mandarin)
    # 平时怎么防 below 噎住 says nothing of burns.
    on_it = [
        hit
        for hit in others
        if _PREVENTS.search(_path(hit)[-1]) and all(_names(above, asked) for above in _path(hit)[:-1])
    ]
    if not on_it and not _HAPPENED.search(_path(first)[-1]):
        return tuple(quotes)
    return tuple(read_closely(search, query, (on_it or others)[:2]).quotes) or tuple(quotes)


def remedy(query: Query, hits: Sequence[Hit]) -> Quote | None:
    """What is to be done by the section of `hits` that is called by what a message tells to have happened, if any is:
    of who fell 跌倒了怎么办.
    """
    event, other_words = normalise(query.mandarin), _other_words(query)
    near = [hit for hit in hits if hit.score >= _NEAR_ENOUGH * hits[0].score]
    on_it = [
        one
        for one in _on_it(query, event, near)
        if any(
            _HAPPENED.search(heading) and (_names(heading, event) or _names(heading, other_words))
            for heading in one.headings
        )
    ]
    best = max(on_it, key=lambda one: (_shared(one, event), one.hit.score), default=None)
    return Quote(best.hit, _what_to_do(best), best.hit.score) if best else None


def what_happened(question: str) -> str:
    """What happened, by a question that asks what to do about it, normalised; empty for any other."""
    asked = normalise(question)
    return _ASKED.sub(" ", asked).strip(" ,.?!") if _ASKED.search(asked) else ""


def asks_who_answers_for_it(question: str) -> bool:
    """Whether a question asks who is to make good what happened."""
    return bool(_WHO_ANSWERS.search(normalise(question)))


def _on_it(query: Query, event: str, hits: Sequence[Hit]) -> list[_Section]:
    other_words = _other_words(query)
    return [one for hit in hits for one in _sections(query, hit) if _is_called_so(one, event, other_words)]


def _other_words(query: Query) -> str:
    return " ".join(map(normalise, query.called))


def _sections(query: Query, hit: Hit) -> Iterator[_Section]:
    """None of a law: under 机动车 stands whatever it rules of vehicles, and not what is done after 酒驾."""
    if hit.passage.language == query.language and hit.passage.locator_kind != "article":
        for heading, units in sections(hit):
            if not any(map(is_an_order, units)):
                yield _Section(hit, (*_path(hit)[:-1], normalise(heading).strip() or _path(hit)[-1]), units)


def _path(hit: Hit) -> list[str]:
    """The headings above a passage, outermost first; its lesson's title where there are none."""
    path = [part for heading in hit.passage.heading_path for part in heading.split(BELOW)]
    return [normalise(heading).strip() for heading in path or [hit.lesson.title]]


def _is_called_so(section: _Section, event: str, other_words: str) -> bool:
    """Whether headings name what happened, and the section's own says nothing of preventing it.

    By `other_words` for it (跌倒 for 摔倒) only a heading that says that it happened: some are of what is done then.
    """
    own = section.headings[-1]
    if _PREVENTS.search(own):
        return False
    if _HAPPENED.search(own) and (titled(section.hit) >= NAMED or _names(own, other_words)):
        return True
    return any(_names(heading, event) for heading in section.headings)


def _names(heading: str, event: str) -> bool:
    for part in _PARTS.split(heading):
        core = _AROUND.sub("", part)
        if core.isascii():
            continue  # a word of English by itself names nothing that happened
        if len(core) > 1 and core in event:
            return True
        if (so := _SO_CALLED.fullmatch(core)) and re.search(so["verb"] + _CAME_TO, event):
            return True
    return False


def _shared(section: _Section, event: str) -> int:
    """How many pairs of characters of what happened the headings have."""
    pairs = {event[place : place + 2] for place in range(len(event) - 1)}
    return sum(pair in " ".join(section.headings) for pair in pairs if " " not in pair)


def _what_to_do(section: _Section) -> str:
    """The steps of a section, else how it begins."""
    passage = section.hit.passage
    return steps_of(passage.text, section.units) or section_from(
        passage.text, section.units, headings_of(passage.heading_path)
    )
