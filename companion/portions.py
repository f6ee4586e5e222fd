"""An answer in portions: what an audience is given at once, and what waits until it asks for more."""

import re
from collections.abc import Sequence
from itertools import zip_longest

from companion.quantities import chinese_value
from companion.sentences import citing_nothing, leads_in
from companion.words import Words
from course_index.analyze import normalise
from course_index.stretches import stretches

# Sentences or steps at a time. Who is not named gets everything at once.
AT_ONCE = {"courier": 2, "senior": 2}
# Steps of a list, for those who take them one by one.
STEPS_AT_ONCE = {"senior": 1}

_STEP = re.compile(r"\s*(?:[-*+]|\d+[.)、]|[（(]\d+[)）]|[（(][一二三四五六七八九十]+[)）])\s*\S")
_NTH = ("first", "second", "third", "fourth", "fifth", "sixth")
# 第二步呢, and the second step? In simplified script and lower case.
_NTH_STEP = re.compile(
    rf"(?:那么?|咁|[,\s])*第\s*(\d{{1,2}}|[一二三四五六七八九十]+)步(?:是什么|是啥|系咩|系乜嘢?|怎么做|点做|点样做|做什么|做咩|呢|[?？。\s])*"
    rf"|(?:and |so |then |what(?:'s| is| about) |tell me )*(?:the ({'|'.join(_NTH)}) step|step (\d{{1,2}}))[?.\s]*"
)
# A sentence that says nothing without the one before.
_LEANS = re.compile(
    r"\s*(?:[它他她这那此其]|也|又|还|再|就|所以|因此|然后|it\b|this|that|these|they|so\b|then\b|also\b)", re.IGNORECASE
)
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
    units = stretches(text)
    cut: list[str] = []
    held: list[str] = []
    for number, one in enumerate(units):
        unit, said = one.text, sum(_says(other) for other in held)
        # 1. 不抽烟。先上厕所。 is one step of two sentences.
        goes_on = number and one.block == units[number - 1].block and not _STEP.match(unit)
        within = goes_on and audience in STEPS_AT_ONCE and _has_step(held)
        enough = said and said >= _room(held, audience or "", size)
        if _says(unit) and enough and not within and not _STAYS.match(unit):
            cut.append("".join(held))
            held = []
        held.append(unit)
    return [*cut, "".join(held)] if held else cut


def quoted(text: str, number: int) -> str:
    """Course text as a Markdown quote that ends with its citation."""
    return "\n".join(f"> {line}".rstrip() for line in f"{citing_nothing(text)} [{number}]".splitlines())


def portions_of_quotes(quotes: Sequence[str], audience: str | None, answers: Sequence[str] = ()) -> list[str]:
    """Quotes, numbered from 1, in portions; all in one for most audiences.

    `answers` are the sentences that answer, one a quote, where it need not be read from its beginning: the portion with
    that one comes first.
    """
    cut = [
        quoted(portion.strip(), number)
        for number, (quote, answer) in enumerate(zip_longest(quotes, answers, fillvalue=""), 1)
        for portion in _answering_first(portions(quote, audience), answer)
    ]
    return cut if AT_ONCE.get(audience or "") else ["\n\n".join(cut)]


def _answering_first(cut: list[str], answer: str) -> list[str]:
    here = next((place for place, portion in enumerate(cut) if answer and answer in portion), 0)
    begins = here
    while begins and _LEANS.match(cut[begins]):
        begins -= 1
    return ["".join(cut[begins : here + 1]), *cut[:begins], *cut[here + 1 :]]


def asking_for_more(rest: str, audience: str | None, say: Words) -> str:
    """How the rest is had."""
    return say.next_step if audience in STEPS_AT_ONCE and _STEP.match(rest.removeprefix("> ")) else say.more


def place_of_step(portions: Sequence[str], message: str) -> int | None:
    """Which of the portions begins with the step that a message asks for by its number; None where none does."""
    found = _NTH_STEP.fullmatch(normalise(message).strip())
    if not found:
        return None
    said = next(filter(None, found.groups()))
    number = int(said) if said.isdecimal() else _NTH.index(said) + 1 if said in _NTH else chinese_value(said)
    begins = re.compile(rf"^(?:> )?\s*{number}[.)、]", re.MULTILINE)
    return next((place for place, portion in enumerate(portions) if begins.search(portion)), None)


def _says(unit: str) -> bool:
    """Whether it is more than white space, citations, a heading or the line that leads into a list."""
    is_whole = bool(_ENDED.search(unit) or _STEP.match(unit) or "|" in unit)
    return is_whole and not leads_in(unit) and any(character.isalpha() for character in unit)


def _room(held: Sequence[str], audience: str, size: int) -> int:
    return STEPS_AT_ONCE.get(audience, size) if _has_step(held) else size


def _has_step(held: Sequence[str]) -> bool:
    return any(_STEP.match(one) for one in held)
