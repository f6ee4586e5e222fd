"""Whose courses are wanted, or are not: 北大的, 除了北京大学以外, courses from Yale."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from companion.patterns import for_normalised, read_at_start
from course_index.analyze import normalise

_HAN = re.compile(r"[\u3400-\u9fff]")
# What stands behind a name in brackets says where, or that it is a sample.
_BRACKETS = re.compile(r"\s*\([^()]*\)|\s*（[^（）]*）")
# Names that end so are no everyday words; others (微软, 爱课程) are a provider's only before 的 and the like.
_A_SCHOOL = re.compile(r"(?:大学|学院|学堂|学校|夜校|书院|研究院|文化馆|少年宫)$")
# University of X, X University: what remains is said for it, behind a word that says that it is from there.
_KIND = re.compile(
    r"\b(?:the|university|universit(?:y|é|à|at|ät)|college|institute|institution|school|of|at|de|in|and|state|system"
    r"|national|technology|opencourseware|music)\b|[^\w\s&]",
)
_ACRONYM = re.compile(r"\b[A-Z]{2,6}\b")
_SHORTEST_CORE = 4
# What makes of a name where somebody is, or wants to go themselves.
_OF_ONESELF = for_normalised(
    r"(?:考|考上|考进|考取|上|读|念|是|在|毕业于|来自|住|离|去|我们?)$"
    r"|\b(?:study|studying|studied|work|working|student|teach|live|graduated|i am|i'm|job) (?:at|from|by)?\s*(?:the )?$"
)
_IS_A_PLACE = for_normalised(r"(?:的)?(?:毕业|附近|旁边|学生|读书|上学|上班|工作|食堂|录取|分数|校园|图书馆|宿舍)")
_JOINS = for_normalised(r"(?:\s*(?:和|跟|与|或者?|还是|、|,|\band\b|\bor\b)\s*(?:from |at |by )?(?:the )?)?")
_NOT = (
    r"(?:(?P<{}>除了|除开|不要|不想要?|别要?|唔要|唔想要?|唔好|不是|非"
    r"|\b(?:not|except(?: for)?|other than|excluding|without))\s*)?"
)
_FILE = Path(__file__).with_name("providers.toml")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose courses a message wants and whose not, as records call them, and what it says beside."""

    providers: frozenset[str]
    not_of: frozenset[str]
    rest: str


class Providers:
    """The providers of one generation of the catalogue, by all that they are called."""

    def __init__(self, names: Iterable[str]) -> None:
        anywhere: dict[str, set[str]] = defaultdict(set)
        before: dict[str, set[str]] = defaultdict(set)
        from_there: dict[str, set[str]] = defaultdict(set)
        known = list(dict.fromkeys(names))
        for name in known:
            bare = normalise(_BRACKETS.sub("", name)).strip()
            if not _HAN.search(bare):
                from_there[bare].add(name)
                for core in _cores(name):
                    from_there[core].add(name)
            elif _A_SCHOOL.search(bare):
                anywhere[bare].add(name)
            else:
                before[bare].add(name)
        for short, long in _short_names().items():
            before[short].update(name for name in known if long in name)
        self._called: Mapping[str, frozenset[str]] = {
            called: frozenset(of) for table in (before, anywhere, from_there) for called, of in table.items() if of
        }
        self._pattern = for_normalised(
            rf"{_NOT.format('no')}(?:由|是)?(?P<name>{_any(anywhere)}|(?:{_any(before)})"
            r"(?=的|嘅|开[的设课班办]|办的|出的|有(?!限)|讲的|教的|和|跟|以外|之外|[\s，,。?？!！、]|$)"
            rf"|(?<![a-z0-9])(?:{_any(from_there)})(?=的|嘅))"
            r"(?:以外|之外)?(?:(?:开|办|出|教|讲|上)?(?:的|嘅)|开设?(?=有))?"
            rf"|{_NOT.format('not')}(?:\b(?:courses?|classes|ones?|taught|offered|held|made) )?"
            rf"\b(?:from|at|by) (?:the )?(?P<from>{_any(from_there)})(?![a-z])"
        )

    def wanted(self, message: str) -> Wanted | None:
        """Whose courses a message wants; None where it names no provider. Of several that it names one after the other
        the last counts, of several at once (北大和清华的) all.
        """
        said = normalise(message)
        wanted: frozenset[str] = frozenset()
        not_of: frozenset[str] = frozenset()
        spans: list[tuple[int, int]] = []
        for found in self._pattern.finditer(said):
            if _OF_ONESELF.search(said[: found.start()]) or _IS_A_PLACE.match(said, found.end()):
                continue
            of = self._called[found["name"] or found["from"]]
            if found["no"] or found["not"]:
                not_of |= of
            else:
                joined = bool(spans) and bool(_JOINS.fullmatch(said[spans[-1][1] : found.start()]))
                wanted = wanted | of if joined else of
            spans.append(found.span())
        return Wanted(wanted - not_of, not_of, _without(said, spans)) if spans else None


@cache
def _short_names() -> dict[str, str]:
    return {normalise(short): long for short, long in tomllib.loads(_FILE.read_text("utf-8"))["short"].items()}


def _cores(name: str) -> list[str]:
    """What is said for an English name: yale of Yale University, mit of MIT OpenCourseWare."""
    core = " ".join(_KIND.sub(" ", normalise(_BRACKETS.sub("", name))).split())
    acronyms = [found.lower() for found in _ACRONYM.findall(name)]
    return [*([core] if len(core) >= _SHORTEST_CORE else []), *acronyms]


def _any(names: Iterable[str]) -> str:
    """Any of these, the longest first; nothing at all where there are none."""
    return "|".join(map(re.escape, sorted(names, key=len, reverse=True))) or r"(?!)"


def _without(said: str, spans: list[tuple[int, int]]) -> str:
    kept, at = [], 0
    for start, end in spans:
        kept.append(said[at:start])
        at = end
    return " ".join([*kept, said[at:]]).strip()


read_at_start(_short_names)
