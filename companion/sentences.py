"""The sentences of a text that is still being written, with the citations behind them."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

# `parcels[1]` within a code span cites nothing, and no source has the number 0.
_CITATION = re.compile(r"(?P<code>`[^`\n]+`)|[\[【［]\^?\s*(?P<numbers>[1-9]\d?(?:\s*[,，、;]\s*[1-9]\d?)*)\s*[\]】］]")
# What course text has of the kind: references to a list of its own, places in an array.
_BRACKETED_NUMBER = re.compile(r"(?P<code>`[^`\n]+`)|\[(?P<number>\d{1,2})\]")
_SENTENCE = re.compile(
    r"""
    (?: [^\n。！？]*?                                                                       # up to an end
        (?: [。！？]+ [”’"'」』）)]* | [!?]+ (?=[\s\[【［"'”’\u4e00-\u9fff])
          | (?<!\d)(?<!\b[A-Za-z])(?<!\.[A-Za-z])                                               # J. and p.m. go on
            (?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bNo)(?<!\bFig)(?<!\bvs)(?<!\betc)(?<!\bapprox)
            \.(?=\s|[\[【［]) )
      | [^\n]*? (?=\n) )
    (?: \s* [\[【［]\^?\s*\d{1,2}(?:\s*[,，、;]\s*\d{1,2})*\s*[\]】］] [。.]? )*                # citations behind it
    (?: [ \t]* \n+ )?
    """,
    re.VERBOSE,
)
_ENDED = re.compile(r"[`。．.！？!?…；;：:）)」』”\"'\]】］|]\s*$")
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
    groups = (found["numbers"] or "" for found in _CITATION.finditer(sentence))
    return tuple(dict.fromkeys(int(number) for group in groups for number in re.findall(r"\d+", group)))


def without_citations(text: str) -> str:
    """The text as it is without its citations."""
    return _CITATION.sub(lambda found: found["code"] or "", text)


def citing_nothing(text: str) -> str:
    """Course text in Markdown in which no `[1]` of its own is taken for a citation: it reads the same, `[1\\]`."""
    return _BRACKETED_NUMBER.sub(lambda found: found["code"] or f"[{found['number']}\\]", text)


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
