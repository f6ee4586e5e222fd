"""要多久 after an answer: the measure that a short follow-up asks for, where what was told states one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from companion.patterns import Patterns
from companion.quoting.extract import Quote, stretch_around
from companion.safety.untrusted import is_an_order
from course_index.analyze import normalise
from course_index.stretches import Stretch, stretches
from retrieval.exercises import headings_above, in_exercise
from retrieval.hit import Hit

# So many letters of a sentence are enough to know it again.
_ENOUGH = 6
_FILE = Path(__file__).with_name("measures.toml")
_ASKS, _STATES, _BESIDE = (Patterns(_FILE, table) for table in ("asks", "states", "beside"))
# A message that names more characters than this beside the measure is a question of its own, and one that names any
# is answered by a sentence that has at least so many of them, or stands under a heading that has.
_NAMES_AT_MOST, _SHARED = 4, 0.5


@dataclass(frozen=True, slots=True)
class _Stating:
    """A sentence that states a measure: whether its section was told of, and how much it has of what is named."""

    hit: Hit
    units: Sequence[Stretch]
    place: int
    heading: str
    told: bool
    shared: float


def measure_asked(message: str) -> str | None:
    """Which measure a short message asks for; None for any other message."""
    said = normalise(message).strip()
    asked = next((kind for kind, asks in _ASKS.items() if asks.search(said)), None)
    return asked if asked and len(_named(said, asked)) <= _NAMES_AT_MOST else None


def names_nothing(message: str) -> bool:
    """Whether a message asks for a measure, and of nothing: 要多久."""
    kind = measure_asked(message)
    return kind is not None and not _named(normalise(message), kind)


def states(text: str, kind: str) -> bool:
    """Whether a text states a measure of this kind."""
    return bool(_STATES[kind].search(normalise(text)))


def measure_told(message: str, lesson: Sequence[Hit], reply: str) -> Quote | None:
    """The sentence of a lesson that states the measure asked for, with what belongs to it; `reply` quoted the lesson.

    It stands in a section that was quoted; anywhere in the lesson where it has what the message names (冲 of 要冲多久).
    None where no sentence does, or where several sections do that were quoted and the message names nothing.
    """
    kind = measure_asked(message)
    if kind is None:
        return None
    named = _named(normalise(message), kind)
    stating = [one for one in _stating(lesson, kind, named, _letters(reply)) if one.told or named]
    best = max(stating, key=lambda one: (one.shared, one.told), default=None)
    if best is None or (named and best.shared < _SHARED):
        return None
    if not named and len({(one.hit.passage.heading_path, one.heading) for one in stating}) > 1:
        return None
    text = stretch_around(best.hit, best.units, best.place)
    return Quote(best.hit, text, best.hit.score, best.units[best.place].text.strip())


def _stating(lesson: Sequence[Hit], kind: str, named: str, reply: str) -> Iterator[_Stating]:
    for hit in lesson:
        units = stretches(hit.passage.text)
        headings = headings_above(hit, units)
        quoted = {heading for heading, unit in zip(headings, units, strict=True) if _was_told(unit, reply)}
        posed = in_exercise(hit, units)
        for place, (unit, heading) in enumerate(zip(units, headings, strict=True)):
            if not posed[place] and not unit.is_code and not is_an_order(unit) and states(unit.text, kind):
                there = normalise(f"{heading} {unit.text}")
                shared = sum(one in there for one in named) / len(named) if named else 1.0
                yield _Stating(hit, units, place, heading, heading in quoted, shared)


def _named(said: str, kind: str) -> str:
    """The characters of what a message names beside the measure."""
    left = _BESIDE["all"].sub(" ", _ASKS[kind].sub(" ", said))
    return "".join(filter(str.isalnum, left))


def _was_told(unit: Stretch, reply: str) -> bool:
    letters = _letters(unit.text)
    return len(letters) >= _ENOUGH and letters in reply


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))
