"""栈和队列有什么区别: text that sets the two against each other, else what each of them is."""

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from companion.patterns import for_normalised, pattern, read_at_start
from companion.quoting.asides import asides
from companion.quoting.definitions import definition
from companion.quoting.extract import WHOLE_TOKENS, Quote, stretch_around
from companion.safety.untrusted import is_an_order
from course_index.analyze import normalise
from course_index.chunk import headings_of
from course_index.stretches import Stretch, stretches
from course_index.tokens import count_tokens
from retrieval.exercises import headings_above, in_exercise
from retrieval.hit import Hit

_NAME = r"(?:an? |the )?(?P<{}>(?![这那它他她此其])[^，,。.;；？?！!：:\s][^，,。;；？?！!：:]{{0,29}}?)"
# 同 is in 合同 too: it joins what nothing else does.
_JOINED = ("(?:和|与|跟|及)", "(?<![合不相共])同(?![学意时样])")
_BEFORE = "(?:请问|想问一下|想问|我?想知道|问一下|问下)?(?:到底|究竟)?"
_MARKS = re.compile(r"[\s。．.？?！!，,]+$")
_ASKS = re.compile(r"[?？][”’」』）)]*\s*$")
# How plainly the difference is said; below, two things are only set against each other.
_SAYS_IT, _UNDER_BOTH, _TABLED = 2, 3, 4
_ROW = re.compile(r"\s*\|")
# A single character is in many words; here it stands for itself.
_ALONE = (
    r"(?<![\u3400-\u9fff]){name}(?![\u3400-\u9fff])|{name}(?=[是和与及、，,。（(的则中用也在为有就不可])"
    r"|(?<=[和与及、，,。（(在用对]){name}"
)


def differing(question: str) -> tuple[str, str] | None:
    """The two things of which a question asks in what they differ, normalised; None for any other."""
    asked = _MARKS.sub("", normalise(question))
    found = next((match for between in _between() if (match := between.fullmatch(asked))), None)
    return (found["one"].strip(), found["other"].strip()) if found else None


def difference(one: str, other: str, hits: Sequence[Hit], on: Callable[[str], Sequence[Hit]]) -> tuple[Quote, ...]:
    """The quote of the best of `hits` that says in what two things differ; else what each of them is, by the passages
    that are `on` it; else what sets them against each other; none where nothing has both.
    """
    contrasts = sorted(_contrasts(one, other, hits), key=lambda found: -found[0])  # stable: the best hit first
    if contrasts and contrasts[0][0] >= _SAYS_IT:
        return (contrasts[0][1],)
    last = other.rsplit(maxsplit=1)[-1]
    # A fixed and a growth mindset are two mindsets.
    whole = f"{one} {last}" if other.isascii() and " " in other and " " not in one else one
    each = [definition(thing, on(thing)) for thing in (whole, other)]
    defined = [quote for quote in each if quote]
    if len(defined) == len(each):
        return _joined(*defined)
    return (contrasts[0][1],) if contrasts else ()


def has_both(one: str, other: str, text: str) -> bool:
    """Whether a text, normalised, has both things, the one outside of the other's name (队列 and 双向队列)."""
    shorter, longer = sorted((one, other), key=len)
    return bool(_name(longer).search(text)) and bool(_name(shorter).search(_name(longer).sub(" ", text)))


def _contrasts(one: str, other: str, hits: Sequence[Hit]) -> Iterator[tuple[int, Quote]]:
    """The sentences, tables and sections that have both things, with how plainly they contrast them."""
    for hit in hits:
        passage, units = hit.passage, stretches(hit.passage.text)
        headings = headings_of(passage.heading_path)
        beside = asides(hit)
        above = headings_above(hit, units)
        for place, (unit, posed) in enumerate(zip(units, in_exercise(hit, units), strict=True)):
            if posed or place in beside or unit.is_code or is_an_order(unit) or _ASKS.search(unit.text):
                continue
            said = normalise(unit.text)
            if unit.text.strip() in headings:
                continue
            under = has_both(one, other, normalise(above[place]))
            if not (under or has_both(one, other, said)) or not (
                plainly := _plainly(unit, said, one, other, under=under)
            ):
                continue
            yield plainly, Quote(hit, stretch_around(hit, units, place, WHOLE_TOKENS), hit.score, unit.text.strip())


def _plainly(unit: Stretch, said: str, one: str, other: str, *, under: bool) -> int:
    """How plainly a sentence says in what two things differ: 0 where it does not.

    A table that has both does, and what stands `under` a heading that names both; a row of names (冒泡排序、选择排序)
    is set against a third.
    """
    if not has_both(one, other, said):
        return _UNDER_BOTH if under else 0
    if _ROW.match(unit.text):
        return _TABLED
    if _says("alike").search(said):
        return 0
    if _says("says_the_difference").search(said):
        return _SAYS_IT
    if _side_by_side(one, other).search(said):
        return 0
    return _SAYS_IT if _says("compares").search(said) else int(bool(_says("contrasts").search(said)))


def _joined(first: Quote, second: Quote) -> tuple[Quote, ...]:
    """Both, as one where they stand together."""
    if first.hit.passage.id != second.hit.passage.id:
        return first, second
    text = first.hit.passage.text
    ranges = [(text.find(quote.text), text.find(quote.text) + len(quote.text)) for quote in (first, second)]
    together = text[min(start for start, _ in ranges) : max(end for _, end in ranges)]
    if min(ranges)[0] >= 0 and count_tokens(together) <= WHOLE_TOKENS:
        return (Quote(first.hit, together, first.score),)
    return first, second


def _side_by_side(one: str, other: str) -> re.Pattern[str]:
    first, second = _name(one).pattern, _name(other).pattern
    joined = r"\s*(?:[、和与跟及,]|and|or)\s*"
    return re.compile(f"(?:{first}){joined}(?:{second})|(?:{second}){joined}(?:{first})")


def _name(thing: str) -> re.Pattern[str]:
    if thing.isascii():
        singular = re.sub(r"(?<=[a-z]{3})s$", "", thing)
        return re.compile(rf"\b{re.escape(singular)}(?:e?s)?\b")
    name = re.escape(thing)
    return re.compile(_ALONE.replace("{name}", name) if len(thing) == 1 else name)


@cache
def _told() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


@cache
def _between() -> tuple[re.Pattern[str], ...]:
    return tuple(
        for_normalised(
            _BEFORE
            + one.replace("{one}", _NAME.format("one"))
            .replace("{other}", _NAME.format("other"))
            .replace("{and}", joined)
        )
        for joined in _JOINED
        for one in _told()["between"]
    )


@cache
def _says(name: str) -> re.Pattern[str]:
    return pattern(_told()[name])


read_at_start(_between)
