"""The lesson that was talked of: its passages, and 更多, what it goes on to say that was not shown."""

from collections.abc import Sequence

from companion.conversation import PastTurn
from companion.safety.untrusted import is_an_order
from course_index.stretches import Stretch, stretches
from retrieval.exercises import in_exercise
from retrieval.search import Hit, Search

# So many letters are worth a turn; less is a leftover heading.
_ENOUGH = 8


def lesson_talked_of(search: Search, turns: Sequence[PastTurn]) -> list[str]:
    """The passages of the lesson that the last turn was answered from."""
    told = search.records.passages(list(turns[-1].passages[:1]))
    return [id_ for one in told.values() for id_ in search.records.passages_within(one.course_id, one.lesson_id)]


def courses_talked_of(search: Search, turns: Sequence[PastTurn]) -> set[str]:
    """The ids of the courses that turns were answered from."""
    told = search.records.passages([id_ for turn in turns if turn.told for id_ in turn.passages])
    return {one.course_id for one in told.values()}


def next_of_lesson(search: Search, told: str, replies: str) -> tuple[Hit, str] | None:
    """What follows in its lesson on what was told of the passage `told`, with where it stands; None at the end.

    `replies` is all that was said in the conversation.
    """
    here = search.records.passages([told]).get(told)
    if here is None:
        return None
    ids = search.records.passages_within(here.course_id, here.lesson_id)
    said = _letters(replies)
    for hit in search.placed(ids[ids.index(told) :]):
        units = stretches(hit.passage.text)
        units = [unit for unit, posed in zip(units, in_exercise(hit, units), strict=True) if not posed]
        if hit.passage.id == told:
            units = _after_what_was_told(units, said)
        fresh = [unit for unit in units if not is_an_order(unit) and _letters(unit.text) not in said]
        text = "".join(unit.text for unit in fresh).strip()
        if len(_letters(text)) >= _ENOUGH:
            return hit, text
    return None


def _after_what_was_told(units: list[Stretch], said: str) -> list[Stretch]:
    told = [n for n, unit in enumerate(units) if _letters(unit.text) and _letters(unit.text) in said]
    return units[max(told, default=-1) + 1 :]


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())
