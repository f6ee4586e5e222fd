"""粤剧有哪些行当: the list of what is asked for, whole, and not the sentence beside it that has most of the words."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from companion.quantities import small_number
from companion.quoting.cases import denies
from companion.quoting.extract import MAX_QUOTES, Quote
from companion.quoting.lists import Listing, lists_of, parts_of
from course_index.analyze import normalise
from course_index.chunk import BELOW, BESIDE
from retrieval.query import content_parts
from retrieval.search import Hit

# Passages that rank so much below what is quoted are on something else; the best alone, where nothing else is named.
_ENOUGH, _BEST = 0.6, 0.9
# So much of its name a heading has to have at its end, or a line that leads into a list anywhere (步法: 常用的步), and
# so much of what it is asked of the titles.
_NAMED, _OF_IT = 0.5, 0.6

_NUMERAL = "[一二两三四五六七八九十几\\d]"
_KIND = "大?(?:个|种|类|样|条|项|步|点|方面|大(?!小))"
_WHICH = (
    rf"(?:[哪边](?:些|啲|(?:几|{_NUMERAL}+){_KIND})|几(?:大?[种类样项]|条(?!鱼))|(?<=有)(?:什么|啥|咩))"
    r"的?(?:不同|主要|常见|常用|基本)?的?"
)
# What ends the name of what is asked for: 哪些商品不能退; 社会 and 应用 do not.
_PREDICATE = (
    r"(?=$|[,，。?？!！]|不|能|(?<!社)会|可以|可|需|应(?!用)|必须|要(?![求点素领])|是|属|算(?!法)|在|有|得|值得|适合"
    r"|比较|容易|最|才)"
)
_ASKED = (
    re.compile(
        r"(?P<of>.*?)(?:[都又]|主要|一般|通常|分别|大概)*(?:有|是|分[为成]?|包括|包含|含)?"
        rf"{_WHICH}(?P<kind>[^,，。?？!！]*?){_PREDICATE}",
        re.DOTALL,
    ),
    re.compile(
        r"(?P<of>.*?)what (?:are (?:the )?)?"
        r"(?:(?:other|different|common|main|basic|typical|two|three|four|five|six|seven|eight) )*"
        r"(?:(?P<sorts>kinds?|types?|sorts?) of )?(?!(?:is|was|does?|did|can|should|if|about|to)\b)"
        r"(?P<kind>[a-z][a-z -]{2,40}?)"
        r"(?= (?:are|do|does|should|can|must|could|is|to|of|for|in|on|i|we|you)\b|[?.!,]|$)",
        re.DOTALL,
    ),
)
_TAIL = re.compile(r"[呢啊呀的]+$")
# What one says of all that one wants to know, and what something is asked to be.
_IDLE = re.compile(r"(?:[都要该]|需要|应该)*(?:小心|注意|知道|了解|掌握|留意)")
_IS = re.compile(r"\s*(?:属于|是|算是?)(?P<what>[^,，。?？!！]{2,})")
# A line that counts says how many there are: 四大类, 六种骗局.
_COUNTED = re.compile(r"([二两三四五六七八九十]|[2-9])大?[类种样条项步点个招]")
_NAMES = re.compile(r"[^\W\d_a-z]|[a-z]+")  # a letter, of Latin script a word
# What names nothing that a title would say.
_BESIDE = frozenset("要能会不都可以常见主")
_SORTS = frozenset(("kind", "type", "sort"))
_THEY_ARE, _AMONG_OTHERS = r"(?:有|包括|包含|分|是|为|：|:|\bare\b|\binclude)", r"(?:、|和|以及|, |\b(?:and|or)\b)"


@dataclass(frozen=True, slots=True)
class Asked:
    """What one asks which there are of, what else is named in asking, and whether something is denied of it."""

    kind: str
    of: frozenset[str]
    denied: bool
    # What may be an entry of a list of several: 有害垃圾, of 哪些是有害垃圾 and 有害垃圾有哪些.
    entry: str = ""
    # Whether one asks in so many words which kinds there are: the types of trees are under Types of Trees.
    sorts: bool = False


def which_asked(question: str) -> Asked | None:
    """What a question asks which there are of; None for any other question."""
    said = normalise(question).strip()
    for pattern in _ASKED:
        if found := pattern.match(said):
            kind = _TAIL.sub("", found["kind"].strip()) or _last_name(found["of"])
            rest = _IDLE.sub("", said[found.end() :])
            about = f"{found['of']} {found['kind']} {rest}"
            named = {name for part, told in content_parts(about) if told for name in _names(part)}
            of = named.difference(_names(kind), _BESIDE)
            is_one = _IS.match(rest) if found["kind"] else None
            entry = is_one["what"] if is_one else "" if found["kind"] else found["of"]
            sorts = bool(found.groupdict().get("sorts"))
            return Asked(kind, frozenset(of), denies(said), entry.strip(), sorts) if _names(kind) else None
    return None


def members(asked: Asked, hits: Sequence[Hit]) -> tuple[Quote, ...]:
    """The list of what is asked for in the best of `hits` that is called so, of all that it is asked of; else none."""
    if not asked.of or not hits:
        return ()
    lists = _lists(hits, _ENOUGH * hits[0].score)
    sure = [one for one in lists if _called(one, asked) == 1 and _of_it(one, asked) == 1]
    return _quotes(max(sure, key=lambda one: one.hit.score), lists) if sure else ()


def members_first(asked: Asked, quotes: Sequence[Quote], nearest: Sequence[Hit]) -> tuple[Quote, ...]:
    """The quotes led by the list of what is asked for among the passages `nearest`; as they are without such a list."""
    first = quotes[0].hit
    lists = _lists(nearest, first.score * (_ENOUGH if asked.of else _BEST))
    fitting = [one for one in lists if _called(one, asked) >= _NAMED and _of_it(one, asked) >= _OF_IT]
    fitting = fitting or [one for one in lists if one.hit.lesson.id == first.lesson.id and one.has(asked.entry)]
    # Whatever it is called: 认出中暑 stands above the signs of it.
    fitting = fitting or [one for one in lists if one.hit.passage.id == first.passage.id and _is_under(one, asked)]
    if not fitting:
        return tuple(quotes)
    parts = _quotes(max(fitting, key=lambda one: (_of_it(one, asked), one.hit.score)), lists)
    told = {one.hit.passage.id for one in parts}
    return (*parts, *(quote for quote in quotes if quote.hit.passage.id not in told))[:MAX_QUOTES]


@dataclass(frozen=True, slots=True)
class Sections:
    """The sections under a heading, in their order; `hit` is a passage of them."""

    hit: Hit
    heading: str
    names: tuple[str, ...]


def sections_asked(
    asked: Asked, quotes: Sequence[Quote], nearest: Sequence[Hit], lesson_of: Callable[[Hit], Sequence[Hit]]
) -> Sections | None:
    """The sections of a lesson that are what is asked for, by the heading above them: 常见二叉树类型."""
    if not (asked.of or asked.sorts):
        return None
    enough = _ENOUGH * quotes[0].hit.score
    for hit in nearest:
        for path in _paths(hit) if hit.score >= enough else ():
            above = next((path[:depth] for depth in range(1, len(path)) if _heads(hit, path[:depth], asked)), None)
            names = _under(above, lesson_of(hit)) if above else ()
            if above and len(names) > 1:
                return Sections(hit, above[-1], names)
    return None


def _heads(hit: Hit, path: Sequence[str], asked: Asked) -> bool:
    """Whether the last of some headings is called what is asked for, and those above it are of what it is asked of."""
    kind, heading = _names(asked.kind), _names(path[-1])
    above = _names(" ".join((hit.course.title, hit.lesson.title, *path)))
    if not asked.of:
        return heading[-len(kind) :] == kind and bool(_SORTS.intersection(heading))
    return _share(kind, heading[-len(kind) :]) == 1 and _share([*asked.of], above) >= _OF_IT


def _under(above: Sequence[str], lesson: Sequence[Hit]) -> tuple[str, ...]:
    """The headings right under one, in the order of their lesson."""
    paths = [path for hit in lesson for path in _paths(hit)]
    depth = len(above)
    return tuple(dict.fromkeys(path[depth] for path in paths if len(path) > depth and path[:depth] == list(above)))


def _paths(hit: Hit) -> list[list[str]]:
    """The headings above a passage, outermost first; of joined sections those of each."""
    *above, last = hit.passage.heading_path or ("",)
    outer = [part for heading in above for part in heading.split(BELOW)]
    return [[*outer, *joined.split(BELOW)] for joined in last.split(BESIDE)]


def _lists(hits: Sequence[Hit], enough: float) -> list[Listing]:
    """Of statutes none: the law's name would do for what is asked, and `cases` knows their lists."""
    near = [hit for hit in hits if hit.score >= enough and hit.passage.locator_kind != "article"]
    return [one for hit in near for one in lists_of(hit)]


def _quotes(best: Listing, lists: Sequence[Listing]) -> tuple[Quote, ...]:
    return tuple(one.quote for one in parts_of(best, lists)[:MAX_QUOTES])


def _called(one: Listing, asked: Asked) -> float:
    """How much of the name of what is asked for a list is called by; 0 where it denies what is not denied in asking."""
    above = normalise(f"{one.heading} {one.lead}")
    if denies(above) != asked.denied:
        return 0.0
    kind, heading = _names(asked.kind), _names(one.heading)
    counted = any(_counts(one, line, kind) for line in (above, one.hit.lesson.title))
    if counted or _led_in(asked.kind).search(normalise(one.lead)):
        return 1.0
    return _share(kind, heading[-len(kind) :]) if heading and heading[-1] in kind else 0.0


def _counts(one: Listing, line: str, kind: Sequence[str]) -> bool:
    """Whether a line says of how many it is, and the lesson's title what they are: 四类垃圾怎么分."""
    counted = _COUNTED.search(normalise(line))
    if not counted or _share(kind, _names(one.hit.lesson.title)) < 1:
        return False
    return small_number(counted[1]) in one.sizes


def _of_it(one: Listing, asked: Asked) -> float:
    """The share of what it is asked of that the titles above a list have."""
    return _share([*asked.of], _names(one.titles)) if asked.of else 1.0


def _is_under(one: Listing, asked: Asked) -> bool:
    """Whether all that it is asked of is in the heading above a list."""
    return bool(asked.of) and asked.of <= {*_names(one.heading)}


def _led_in(kind: str) -> re.Pattern[str]:
    """A line that says that they follow: 可分为以下三种类型, 应用包括, the following steps."""
    many = rf"(?:下列|以下|如下|{_COUNTED.pattern}|following)[^,，。]{{0,4}}"
    ends = r"(?:(?:如下|以下)?[：:]|如下[。.])\s*$"
    return re.compile(rf"{many}{re.escape(kind)}|{re.escape(kind)}[^,，。]{{0,4}}(?:{_THEY_ARE}|{ends})")


def enumerates(quote: Quote, asked: Asked) -> bool:
    """Whether a quote's sentence says which they are: 粤剧的唱腔主要有梆子和二黄."""
    said = normalise(quote.answers)
    they_are = rf"{re.escape(asked.kind)}[^,，。]{{0,6}}{_THEY_ARE}[^。]*?{_AMONG_OTHERS}"
    return not any(pattern.match(said) for pattern in _ASKED) and bool(re.search(they_are, said))


def _share(wanted: Sequence[str], there: Collection[str]) -> float:
    return sum(name in there for name in wanted) / len(wanted) if wanted else 0.0


def _names(text: str) -> list[str]:
    return [name.removesuffix("s") for name in _NAMES.findall(normalise(text))]


def _last_name(text: str) -> str:
    """The last two characters, or the last word, of what is told."""
    told = [part for part, content in content_parts(text.strip()) if content]
    names = _names(told[-1]) if told else []
    return "".join(names[-2:]) if names and not names[-1].isascii() else " ".join(names[-1:])
