"""What a model reads of the chosen passages: each with as much of its section as there is room for."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import takewhile, zip_longest

from course_index.course import Passage
from retrieval.hit import Hit

# For all contexts of an answer, in cl100k tokens. Passages stay whole even where they alone are more.
CONTEXT_TOKENS = 1_200
# How far to either side of a passage its section is read: 12 pieces of 100 tokens would fill the room.
REACH = 12

_Place = tuple[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """A stretch of one section, in `passages`, and those of them that were chosen: citations point at these alone."""

    hits: tuple[Hit, ...]
    passages: tuple[Passage, ...]

    @property
    def text(self) -> str:
        """What stands there."""
        return "\n\n".join(one.text for one in self.passages)


def contexts(hits: Sequence[Hit], neighbours: Sequence[Passage], budget: int = CONTEXT_TOKENS) -> list[Context]:
    """The contexts of `hits`, in their order; no passage is in two. The first hits have the first use of the room.

    Hits whose stretches meet are one context. A stretch ends with its section or its article: what it says then stands
    where the citation says that it does.
    """
    known = {_place(one): one for one in [*neighbours, *(hit.passage for hit in hits)]}
    taken = {_place(hit.passage) for hit in hits}
    room = budget - sum(known[place].tokens for place in taken)
    for hit in hits:
        for one in _outwards(hit.passage, known):
            if _place(one) in taken:
                continue
            if one.tokens > room:
                break
            taken.add(_place(one))
            room -= one.tokens
    together: dict[str, list[Hit]] = {}
    runs: dict[str, list[Passage]] = {}
    for hit in hits:
        run = _run(hit.passage, known, taken)
        runs[run[0].id] = run
        together.setdefault(run[0].id, []).append(hit)
    return [Context(tuple(of_run), tuple(runs[id_])) for id_, of_run in together.items()]


def _outwards(passage: Passage, known: Mapping[_Place, Passage]) -> Iterator[Passage]:
    """The rest of the passage's section, nearest first."""
    for pair in zip_longest(_one_way(passage, known, 1), _one_way(passage, known, -1)):
        yield from (one for one in pair if one)


def _run(passage: Passage, known: Mapping[_Place, Passage], taken: Set[_Place]) -> list[Passage]:
    """The passage with what was taken right before and after it in its section."""
    before, after = (
        list(takewhile(lambda one: _place(one) in taken, _one_way(passage, known, step))) for step in (-1, 1)
    )
    return [*reversed(before), passage, *after]


def _one_way(passage: Passage, known: Mapping[_Place, Passage], step: int) -> Iterator[Passage]:
    ordinal = passage.ordinal + step
    while (one := known.get((passage.lesson_id, ordinal))) and _one_section(one, passage):
        yield one
        ordinal += step


def _one_section(one: Passage, other: Passage) -> bool:
    return (one.heading_path, one.locator) == (other.heading_path, other.locator)


def _place(passage: Passage) -> _Place:
    return passage.lesson_id, passage.ordinal
