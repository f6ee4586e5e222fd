"""动态规划是什么: the sentence that says what a thing is, wherever it ranks among those that speak of it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from companion.quoting.extract import Quote, stretch_around
from companion.safety.untrusted import is_an_order
from course_index.analyze import normalise
from course_index.stretches import Stretch, stretches
from retrieval.exercises import in_exercise
from retrieval.search import Hit

_THING = r"(?P<thing>[^，。,.？?！!\s][^，。,.？?！!]{0,29}?)"
_ASKED = (
    re.compile(
        rf"(?:请问|想问一下|想问)?(?:什么是|什么叫|啥是|啥叫|何谓|何为|乜嘢系|咩系)(?:所谓)?{_THING}(?:呢|啊|呀)?"
    ),
    re.compile(
        rf"(?:请问|想问一下|想问)?{_THING}(?:到底|究竟|这个词)?"
        r"(?:是|系|指的是|指|叫)(?:什么|啥|乜嘢|咩)(?:意思|东西|概念|呢|啊|呀|来的)*"
    ),
    re.compile(rf"{_THING}的?(?:定义|概念|含义|意思)(?:是(?:什么|啥))?"),
    re.compile(rf"(?:what(?:'s| is| are)|define|what does) (?:an? |the )?{_THING}(?: means?)?"),
)
# How many characters a name may be longer than what people call it.
_LONGER = 2
# 这 and 它 are no things, and 它的作用 is no thing that a sentence would begin with.
_POINTING = re.compile(r"[这那它他她此其你我您]|你们|\b(?:it|this|that|these|those|you|your|my)\b")
_MARKS = re.compile(r"[\s。．.？?！!，,]+$")


def thing_asked(question: str) -> str | None:
    """What a question asks the meaning of, normalised; None when it asks something else."""
    asked = _MARKS.sub("", normalise(question))
    for pattern in _ASKED:
        if (found := pattern.fullmatch(asked)) and not _POINTING.match(found["thing"]):
            return found["thing"].strip("“”\"'「」《》 ")
    return None


def definition(thing: str, hits: Sequence[Hit]) -> Quote | None:
    """The first sentence of the best of `hits` that says what the thing is, with what belongs to it.

    Else one that calls it so (这种现象被称为哈希冲突), one on what is called by a longer name (回溯 and 回溯算法), or
    the one entry (稳定性：) that there is of it. Where there are more, or lessons on it, it says what holds in a case.
    """
    told = list(_told(hits))
    longer = sorted(
        {
            name
            for hit in hits
            for name in _titles(hit)
            if 0 < len(name) - len(thing) <= _LONGER and name.startswith(thing)
        }
    )
    for says in (_saying_what_it_is(thing), _naming_it(thing), *map(_saying_what_it_is, longer)):
        if found := next(_stating(told, says), None):
            return found.quote
    if any(thing in _titles(hit) for hit in hits):
        return None
    entries = list(_stating(told, _entry(thing)))
    return entries[0].quote if len(entries) == 1 else None


@dataclass(frozen=True, slots=True)
class _Told:
    """A sentence of a lesson, with the same normalised: several patterns are tried on each."""

    hit: Hit
    units: Sequence[Stretch]
    place: int
    text: str

    @property
    def quote(self) -> Quote:
        here = self.units[self.place].text.strip()
        return Quote(self.hit, stretch_around(self.hit, self.units, self.place), self.hit.score, here)


def _told(hits: Sequence[Hit]) -> Iterator[_Told]:
    for hit in hits:
        units = stretches(hit.passage.text)
        for place, (unit, posed) in enumerate(zip(units, in_exercise(hit, units), strict=True)):
            if not posed and not unit.is_code and not is_an_order(unit):
                yield _Told(hit, units, place, normalise(unit.text))


def _stating(told: Sequence[_Told], says: re.Pattern[str]) -> Iterator[_Told]:
    return (one for one in told if says.search(one.text))


def _titles(hit: Hit) -> list[str]:
    return [normalise(title).strip() for title in (hit.lesson.title, *hit.passage.heading_path)]


def _saying_what_it_is(thing: str) -> re.Pattern[str]:
    """A sentence that begins with the thing, also as 本条例所称工资总额，是指 and 栈（stack）是一种."""
    name = rf"{_quoted(thing)}\s*(?:[(（][^)）]{{1,40}}[)）])?"
    begins = (
        r"^[\s>*\-]*(?:第[一二三四五六七八九十百零\d]+条\s*)?(?:(?:总的来[看说]|简单来?[说讲]|通俗地?[说讲])，)?"
        r"(?:[^，,。]{0,12}所称的?|所谓的?|(?:an?|the) )?"
    )
    also = r"(?:[，,](?:又称|也称|又叫|也叫|简称|或称|即)[^，。,]{1,20})?[，,]?\s*(?:它|这)?"
    zh = (
        r"(?:是指|指的是|就是|是(?:一|由|用|对|把|将|以|为了|能|[^，,。；;？?！!不否]{2,40}的)|指(?![出定向导标数明示望])"
        r"|包括|通过)"
    )
    en = r"(?:is|are|means|refers? to) (?!not\b|also\b|very\b|often\b|important\b|when you\b)"
    return re.compile(rf"{begins}{name}(?:{also}{zh}|\s*{en})")


def _naming_it(thing: str) -> re.Pattern[str]:
    """A sentence that ends with the name."""
    called = r"(?:称为|称作|叫做|叫作|称之为|\bcalled|\bknown as)"
    return re.compile(rf"{called}\s*{_quoted(thing)}\s*(?:[(（；;。，,.]|$)")


def _entry(thing: str) -> re.Pattern[str]:
    return re.compile(rf"^[\s>*\-]*{_quoted(thing)}\s*[：:]\s*\S{{6}}")


def _quoted(thing: str) -> str:
    return rf"[“\"「《*`]*{re.escape(thing)}[”\"」》*`]*"
