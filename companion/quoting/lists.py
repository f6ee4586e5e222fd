"""The lists and tables of a passage, each as a whole."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from companion.quoting.extract import WHOLE_TOKENS, Quote, is_list_item, is_row, stretch_around, without_mark
from companion.safety.untrusted import is_an_order
from course_index.analyze import normalise
from course_index.stretches import Stretch, stretches
from retrieval.exercises import headings_above, in_exercise
from retrieval.search import Hit

_FEWEST = 2
_QUESTION = re.compile(r"[?？]\s*$")
_OPENS = ' *“"「『'
_SAYS_OF_IT = r"[*”\"」』]*\s*(?:[:：|，,（(]|是|为)\s*\S"


@dataclass(frozen=True, slots=True)
class Listing:
    """A list or table in a passage: its first line, the one after its last, the heading and the line above it."""

    hit: Hit
    units: Sequence[Stretch]
    first: int
    last: int
    heading: str
    lead: str

    @property
    def quote(self) -> Quote:
        """All of it, as far as a quote holds."""
        return Quote(self.hit, stretch_around(self.hit, self.units, self.first, WHOLE_TOKENS), self.hit.score)

    @property
    def titles(self) -> str:
        """All that stands above it, the title of its course first."""
        hit = self.hit
        return " ".join((hit.course.title, hit.lesson.title, *hit.passage.heading_path, self.heading))

    @property
    def sizes(self) -> Collection[int]:
        """How many items it has; of a table how many rows, and how many columns beside that of their names."""
        lines = [unit.text for unit in self.units[self.first : self.last]]
        rows = [line for line in lines if is_row(line)]
        if not rows:
            return {sum(map(is_list_item, lines))}
        return {len(rows) - 2, rows[0].strip().strip("|").count("|")}

    def has(self, entry: str) -> bool:
        """Whether one of its items is of this name, normalised, and says something of it."""
        begins = re.compile(re.escape(entry) + _SAYS_OF_IT)
        items = (without_mark(unit.text) for unit in self.units[self.first : self.last])
        return bool(entry) and any(begins.match(normalise(item).lstrip(_OPENS)) for item in items)

    def goes_on_in(self, other: "Listing") -> bool:
        """Whether it ends with its passage, and another one of the same section begins with the next."""
        here, there = self.hit.passage, other.hit.passage
        next_one = (here.lesson_id, here.heading_path, here.ordinal + 1)
        follows = (there.lesson_id, there.heading_path, there.ordinal) == next_one
        # What leads into it is said again.
        return follows and self.last == len(self.units) and other.first <= 1


def lists_of(hit: Hit) -> Iterator[Listing]:
    """Those of two items or more that set no task; none of a passage that gives orders to an AI."""
    units = stretches(hit.passage.text)
    if any(map(is_an_order, units)):
        return
    above, posed = headings_above(hit, units), in_exercise(hit, units)
    first = 0
    while first < len(units):
        last = first
        while last < len(units) and not posed[last] and _belongs(units, first, last):
            last += 1
        if last - first >= _FEWEST and not any(_QUESTION.search(unit.text) for unit in units[first:last]):
            lead = units[first - 1].text if first and above[first - 1] == above[first] else ""
            yield Listing(hit, units, first, last, above[first], lead)
        first = max(last, first + 1)


def parts_of(listing: Listing, lists: Sequence[Listing]) -> list[Listing]:
    """A list with those of `lists` that it goes on in, or that go on in it: a long one is cut in several passages."""
    parts = [listing]
    for one in sorted(lists, key=lambda one: one.hit.passage.ordinal):
        if parts[-1].goes_on_in(one):
            parts = [*parts, one]
    for one in sorted(lists, key=lambda one: -one.hit.passage.ordinal):
        if one.goes_on_in(parts[0]):
            parts = [one, *parts]
    return parts


def _belongs(units: Sequence[Stretch], first: int, place: int) -> bool:
    """Whether a unit is an item, or goes on with the one before it in one paragraph."""
    return is_list_item(units[place].text) or (place > first and units[place].block == units[place - 1].block)
