"""What stands in a lesson around what it teaches: announcements, aims, surveys, captions, stories."""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from companion.patterns import Patterns
from course_index.analyze import normalise
from course_index.chunk import headed, headings_of
from course_index.stretches import Stretch, stretches
from retrieval.hit import Hit

_SAYS = Patterns(Path(__file__).with_suffix(".toml"))
# Of the scores of sentences, which lie between none and three: an aside takes up many a question and answers none; what
# somebody did is an example of what one should do; of who asks how, what advises is nearer. From .1 to .2 for advice
# nothing changes on our cases.
_ASIDE, _STORY, _ADVICE = -0.6, -0.3, 0.1
_LEADS_IN = ("：", ":")
_LIST = re.compile(r"\s*(?:[-*+•]|\d+[.)、]|[（(]\d+[)）]|[①-⑳])\s*\S")
# A row may be broken after its first bar.
_IN_LIST = re.compile(r"\s*(?:[-*+•|]|\d+[.)、])\s*|(?=[^|]*(?:\|\s*){3})")
_QUOTED = re.compile(r"\s*(?:>\s*)?[“\"「『]")
# What teaches hardly anything.
_MOSTLY = 0.7
# Who tells of oneself says I so often, and at such a length: a line of dialogue in a language course does not.
_OFTEN, _AT_LENGTH = 3, 60
# A name within a sentence, or one that does something; "he or she" is nobody.
_SOMEBODY = re.compile(
    r"(?<=[a-z,] )[A-Z][a-z]{2,}\b|(?<![a-z,] )\b[A-Z][a-z]{2,}"
    r"(?:['’]s\b| (?:is|was|has|had|did|does|[a-z]+ed|[a-z]{2,}s)\b)"
)
_EITHER = re.compile(r"\b(?:he|she|him|her|his|hers)(?: or |/)(?:he|she|him|her|his|hers)\b", re.IGNORECASE)
# What is only said so, as in a lesson on phone calls, tells of nobody.
_SPEECH = re.compile(r"“[^”]*”|\"[^\"\n]*\"|「[^」]*」")
# A sentence, or what leads into a list or a listing, ends so; a caption has at most so many characters.
ENDED = re.compile(r"[。．.！!？?；;：:…”\"」』）)]\s*$")
_CAPTION = 40
_MARKS = " \t#*:：?？"


def worth(question: str, hit: Hit, units: Sequence[Stretch]) -> list[float]:
    """What each unit of a passage is worth to a question by what it is, beside what it speaks of; nought for most."""
    if _SAYS["asked"].search(normalise(question)):
        captions = _captions(units, headings_of(hit.passage.heading_path))
        return [_ASIDE * (place in captions) for place in range(len(units))]
    how = asks_how(question)
    beside, told = {*asides(hit), *(_entries(units) if how else ())}, _stories(units)
    return [
        _ASIDE * (place in beside)
        + _STORY * (place in told)
        + _ADVICE * (how and bool(_SAYS["advises"].search(normalise(unit.text))))
        for place, unit in enumerate(units)
    ]


def asides(hit: Hit) -> Collection[int]:
    """The places of those units of a passage that are beside what is taught."""
    return _asides(hit.passage.text, hit.passage.heading_path)


def is_aside(hit: Hit) -> bool:
    """Whether a passage teaches nothing."""
    units = stretches(hit.passage.text)
    return sum(len(units[place].text) for place in asides(hit)) >= _MOSTLY * len(hit.passage.text)


def alone(units: Sequence[Stretch]) -> set[int]:
    """The places of short lines that are no sentences and stand alone: captions, whose figure is gone, and headings."""
    blocks = [[*run] for _, run in groupby(enumerate(units), key=lambda placed: placed[1].block)]
    lines = [run[0] for run in blocks if len(run) == 1 and not run[0][1].is_code]
    return {
        place
        for place, unit in lines
        if not ENDED.search(unit.text) and not _IN_LIST.match(unit.text) and len(unit.text.strip()) <= _CAPTION
    }


def asks_how(question: str) -> bool:
    """Whether a question asks how to go about something."""
    return bool(_SAYS["asks_how"].search(normalise(question)))


# Of one question the same passages are looked at several times.
@lru_cache(maxsize=512)
def _asides(text: str, heading_path: tuple[str, ...]) -> frozenset[int]:
    units = stretches(text)
    told = _told_of(units)
    above = headed(heading_path, [unit.text for unit in units])
    titled = {heading: bool(_SAYS["heading"].search(normalise(heading).strip(_MARKS))) for heading in {*above}}
    told |= _captions(units, headings_of(heading_path))
    return frozenset(place for place, heading in enumerate(above) if place in told or titled[heading])


def _captions(units: Sequence[Stretch], headings: Collection[str]) -> set[int]:
    """The places of lines that stand alone among sentences, and are no headings: of slides every line may."""
    lines = {place for place in alone(units) if units[place].text.strip() not in headings}
    sentences = sum(bool(ENDED.search(unit.text)) for unit in units)
    return lines if sentences > len(lines) else set()


def _stories(units: Sequence[Stretch]) -> Collection[int]:
    """The places of those paragraphs that tell of somebody by name (Sunil changed his major, and he …)."""
    found: set[int] = set()
    for _, block in groupby(enumerate(units), key=lambda placed: placed[1].block):
        placed = list(block)
        text = _EITHER.sub(" ", _SPEECH.sub(" ", "".join(unit.text for _, unit in placed)))
        if _SAYS["of_somebody"].search(text.lower()) and _SOMEBODY.search(text):
            found |= {place for place, _ in placed}
    return found


def _entries(units: Sequence[Stretch]) -> Collection[int]:
    """The places of the rows of tables that explain terms: they say what is what, and not how it is done."""
    blocks = {unit.block for unit in units if _SAYS["table_of_terms"].search(normalise(unit.text))}
    return {place for place, unit in enumerate(units) if unit.block in blocks and unit.text.lstrip().startswith("|")}


def _told_of(units: Sequence[Stretch]) -> set[int]:
    """The places of what announces, with the sentence after it and the list it leads into, or tells of oneself."""
    places: set[int] = set()
    beside: set[int] = set()
    for number, block in groupby(enumerate(units), key=lambda placed: placed[1].block):
        placed = list(block)
        texts = [unit.text for _, unit in placed]
        says = [bool(_SAYS["line"].search(normalise(text))) for text in texts]
        if (number - 1 in beside and _LIST.match(texts[0])) or _tells_of_oneself("".join(texts)):
            says = [True] * len(placed)
        places |= {at for (at, _), this, before in zip(placed, says, [False, *says], strict=False) if this or before}
        if says[-1] and (texts[-1].rstrip().endswith(_LEADS_IN) or all(says)):
            beside.add(number)
    return places | _statements(units)


def _statements(units: Sequence[Stretch]) -> set[int]:
    """The places of a survey's statements: items or cells of which several begin with I."""
    listed = [(place, _IN_LIST.sub("", unit.text)) for place, unit in enumerate(units) if _IN_LIST.match(unit.text)]
    stated = {place for place, text in listed if _SAYS["statement"].search(normalise(text))}
    return stated if len(stated) >= _OFTEN else set()


def _tells_of_oneself(text: str) -> bool:
    told = len(text) >= _AT_LENGTH and _QUOTED.match(text)
    return bool(told) and len(_SAYS["first_person"].findall(normalise(text))) >= _OFTEN
