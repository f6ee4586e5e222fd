"""An answer in portions: what an audience is given at once, and what waits until it asks for more."""

import re
from collections.abc import Sequence

from companion.sentences import citing_nothing, leads_in
from companion.words import Words
from course_index.stretches import stretches

# Sentences or steps at a time. Who is not named gets everything at once.
AT_ONCE = {"courier": 2, "senior": 2}
# Steps of a list, for those who take them one by one.
STEPS_AT_ONCE = {"senior": 1}

_STEP = re.compile(r"\s*(?:[-*+]|\d+[.)、]|[（(]\d+[)）]|[（(][一二三四五六七八九十]+[)）])\s*\S")
# A sentence that takes back part of the one before goes with it, for half a rule is a wrong rule; a table's row too.
_STAYS = re.compile(
    r"\s*(?:\||但|不过|然而|除外|除非|否则|如果没|只有|例外|However|But|Unless|Except|Otherwise|Only)", re.IGNORECASE
)
_ENDED = re.compile(r"[。！？!?；;.…][”’」』）)]*\s*(?:\[\d+\]\s*)*$")
# Who reads this may be standing beside somebody hurt: nothing of it waits.
_URGENT = re.compile(
    r"(?<!\d)1(?:20|19|10)(?!\d)|急救|心肺复苏|立[即刻]|马上|\b(?:immediately|at once|first aid)\b", re.IGNORECASE
)


def at_once(already: str, sentence: str, audience: str | None) -> bool:
    """Whether a sentence still goes out with what the audience has already, while the text is being written."""
    return not already or len(portions(already + sentence, audience)) == 1


def portions(text: str, audience: str | None) -> list[str]:
    """`text` in the portions that suit the audience, joined they are `text` again. What is urgent is never cut."""
    size = AT_ONCE.get(audience or "")
    if size is None or _URGENT.search(text):
        return [text]
    units = [one.text for one in stretches(text)]
    cut: list[str] = []
    held: list[str] = []
    for unit in units:
        said = sum(_says(one) for one in held)
        if _says(unit) and said and said >= _room(held, audience or "", size) and not _STAYS.match(unit):
            cut.append("".join(held))
            held = []
        held.append(unit)
    return [*cut, "".join(held)] if held else cut


def quoted(text: str, number: int) -> str:
    """Course text as a Markdown quote that ends with its citation."""
    return "\n".join(f"> {line}".rstrip() for line in f"{citing_nothing(text)} [{number}]".splitlines())


def portions_of_quotes(quotes: Sequence[str], audience: str | None) -> list[str]:
    """Quotes, numbered from 1, in portions; all in one for most audiences."""
    cut = [
        quoted(portion.strip(), number)
        for number, quote in enumerate(quotes, 1)
        for portion in portions(quote, audience)
    ]
    return cut if AT_ONCE.get(audience or "") else ["\n\n".join(cut)]


def asking_for_more(rest: str, audience: str | None, say: Words) -> str:
    """How the rest is had."""
    return say.next_step if audience in STEPS_AT_ONCE and _STEP.match(rest.removeprefix("> ")) else say.more


def _says(unit: str) -> bool:
    """Whether it is more than white space, citations, a heading or the line that leads into a list."""
    is_whole = bool(_ENDED.search(unit) or _STEP.match(unit) or "|" in unit)
    return is_whole and not leads_in(unit) and any(character.isalpha() for character in unit)


def _room(held: Sequence[str], audience: str, size: int) -> int:
    return STEPS_AT_ONCE.get(audience, size) if any(_STEP.match(one) for one in held) else size
