"""The check of a written answer against its sources: a sentence is released only when what it cites supports it.

This first check is exact about citations and numbers and rough about the rest: enough of a sentence's terms must stand
in the passages it cites, or its vector must be close to one of theirs. What fails is dropped.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from course_index.analyze import normalise, terms
from course_index.language import language_of

# The share of a sentence's terms that its sources must have, when both are in one language.
TERM_SUPPORT = 0.5
# The least cosine of centred vectors to a source, when they are in two languages.
VECTOR_SUPPORT = 0.35

_CITATION = re.compile(r"[\[【［]\^?\s*((?:\d{1,2})(?:\s*[,，、;]\s*\d{1,2})*)\s*[\]】］]")
_SENTENCE = re.compile(
    r"""
    (?: [^\n。！？!?]*? (?: [。！？!?]+ [”’"'」』）)]* | \.(?=\s|[\[【［]) ) | [^\n]*? (?=\n) )   # up to an end
    (?: \s* [\[【［]\^?\s*\d{1,2}(?:\s*[,，、;]\s*\d{1,2})*\s*[\]】］] [。.]? )*                # citations behind it
    (?: [ \t]* \n+ )?
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_CHINESE_NUMBER = re.compile(r"[零一二三四五六七八九十百千万]+")
_DIGITS = "零一二三四五六七八九"

Cosine = Callable[[str, Sequence[str]], float]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the answer. `cited` are the sources that it stands on; empty `text` means that it was dropped."""

    text: str
    cited: tuple[int, ...]
    supported: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a sentence may stand on: passage texts by their number, and how close a sentence is to some of them."""

    passages: dict[int, str]
    cosine: Cosine
    question: str


async def checked_sentences(deltas: AsyncGenerator[str, None], evidence: Evidence) -> AsyncGenerator[Sentence, None]:
    """The sentences of a streamed answer, each as soon as it can be judged.

    A sentence without a citation waits for the next one in its paragraph, which then speaks for both.
    """
    held = ""
    waiting: list[str] = []
    async with aclosing(deltas):
        async for delta in deltas:
            held += delta
            while sentence := _first_sentence(held):
                held = held[len(sentence) :]
                for judged in await asyncio.to_thread(_judge, sentence, waiting, evidence):
                    yield judged
    for sentence in (held, "\n"):
        for judged in await asyncio.to_thread(_judge, sentence, waiting, evidence):
            yield judged


def _first_sentence(held: str) -> str | None:
    """The first whole sentence with its citations, once what follows shows that it has ended."""
    found = _SENTENCE.match(held)
    if not found or not found[0] or found.end() >= len(held):
        return None
    rest = held[found.end() :].lstrip(" ")
    # A bracket that is still open may become this sentence's citation.
    if not rest or (rest[0] in "[【［" and not re.search(r"[\]】］]", rest)):
        return None
    return found[0]


def _judge(sentence: str, waiting: list[str], evidence: Evidence) -> list[Sentence]:
    cited = _cited(sentence)
    if not cited:
        if sentence.strip():
            waiting.append(sentence)
        if "\n" not in sentence or _leads_in(sentence):
            return []
        dropped = [Sentence("", (), False) for claim in waiting if not _leads_in(claim)]
        waiting.clear()
        return dropped
    together = [*waiting, sentence]
    waiting.clear()
    known = tuple(number for number in cited if number in evidence.passages)
    judged = [_judged(claim, known, evidence) for claim in together if known or not _leads_in(claim)]
    released = any(one.supported for one in judged[-1:])
    # A line that only leads in stands or falls with what it leads to.
    return [one for one, claim in zip(judged, together, strict=False) if released or not _leads_in(claim)]


def _judged(claim: str, cited: tuple[int, ...], evidence: Evidence) -> Sentence:
    bare = _CITATION.sub("", claim)
    if _leads_in(claim):
        return Sentence(claim, (), True)
    if not cited or not supported(bare, [evidence.passages[number] for number in cited], evidence):
        return Sentence("", (), False)
    marks = "".join(f"[{number}]" for number in cited)
    tail = bare[len(bare.rstrip()) :]
    return Sentence(f"{bare.rstrip()}{marks}{tail}", cited, True)


def supported(claim: str, passages: Sequence[str], evidence: Evidence) -> bool:
    """Whether the passages bear the claim: every number exactly, the rest by shared terms or by closeness."""
    joined = "\n".join(passages)
    if not _numbers_stand(claim, joined + "\n" + evidence.question):
        return False
    wanted = {term for term in terms(normalise(claim)) if len(term) > 1}
    if not wanted:
        return False
    if language_of(claim) != language_of(joined):
        return evidence.cosine(claim, passages) >= VECTOR_SUPPORT
    present = set(terms(normalise(joined)))
    return len(wanted & present) / len(wanted) >= TERM_SUPPORT


def _cited(sentence: str) -> tuple[int, ...]:
    numbers = (int(number) for group in _CITATION.findall(sentence) for number in re.findall(r"\d+", group))
    return tuple(dict.fromkeys(numbers))


def _leads_in(sentence: str) -> bool:
    return sentence.rstrip().endswith(("：", ":"))


def _numbers_stand(claim: str, text: str) -> bool:
    text = normalise(text)
    known = set(_NUMBER.findall(text)) | set(_CHINESE_NUMBER.findall(text))
    return all(
        number in known or (number.isdigit() and _in_chinese(int(number)) in known)
        for number in _NUMBER.findall(normalise(_without_list_marks(claim)))
    )


def _without_list_marks(claim: str) -> str:
    return re.sub(r"^\s*\d{1,2}[.)、]\s*", "", claim)


def _in_chinese(number: int) -> str:
    """`30` as 三十, for numbers below ten thousand; larger ones are not written out in law or lessons."""
    if number >= 10_000:
        return str(number)
    if number < 10:
        return _DIGITS[number]
    written, pending_zero = "", False
    for power, unit in ((1_000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // power % 10
        if digit:
            written += ("零" if pending_zero and written else "") + _DIGITS[digit] + unit
        pending_zero = not digit
    return written.removeprefix("一") if written.startswith("一十") else written
