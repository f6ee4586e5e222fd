"""The sentences of a text that is still being written, with the citations behind them."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

CITATION = re.compile(r"[\[【［]\^?\s*((?:\d{1,2})(?:\s*[,，、;]\s*\d{1,2})*)\s*[\]】］]")
_SENTENCE = re.compile(
    r"""
    (?: [^\n。！？]*?                                                                       # up to an end
        (?: [。！？]+ [”’"'」』）)]* | [!?]+ (?=[\s\[【［"'”’\u4e00-\u9fff]) | (?<!\d)\.(?=\s|[\[【［]) )
      | [^\n]*? (?=\n) )
    (?: \s* [\[【［]\^?\s*\d{1,2}(?:\s*[,，、;]\s*\d{1,2})*\s*[\]】］] [。.]? )*                # citations behind it
    (?: [ \t]* \n+ )?
    """,
    re.VERBOSE,
)
_ENDED = re.compile(r"[。．.！？!?…；;：:）)」』”\"'\]】］|]\s*$")
# A model that never ends a sentence is not waited for: so many characters are judged as one.
LONGEST_SENTENCE = 600


async def sentences(deltas: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    """Each sentence with its citations and line break, as soon as what follows shows that it has ended."""
    held = ""
    async with aclosing(deltas):
        async for delta in deltas:
            held += delta
            while sentence := _first_sentence(held):
                held = held[len(sentence) :]
                yield sentence
    if _ENDED.search(held):  # what breaks off in the middle may have been about to say the opposite
        yield held


def cited_in(sentence: str) -> tuple[int, ...]:
    """The numbers that a sentence cites, each once."""
    numbers = (int(number) for group in CITATION.findall(sentence) for number in re.findall(r"\d+", group))
    return tuple(dict.fromkeys(numbers))


def leads_in(sentence: str) -> bool:
    """Whether it only introduces what follows."""
    return sentence.rstrip().endswith(("：", ":"))


def _first_sentence(held: str) -> str | None:
    found = _SENTENCE.match(held)
    if not found or not found[0] or found.end() >= len(held):
        return held[:LONGEST_SENTENCE] if len(held) > LONGEST_SENTENCE else None
    rest = held[found.end() :].lstrip(" ")
    # A bracket that is still open may become this sentence's citation.
    if not rest or (rest[0] in "[【［" and not re.search(r"[\]】］]", rest)):
        return None
    return found[0]
