"""The check of a written answer: a sentence is released only with a citation of what supports it."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from companion.checking.grounds import Ground
from companion.checking.support import Judge, Verdict
from companion.safety.untrusted import for_learner
from companion.sentences import cited_in, leads_in, sentences, without_citations
from companion.words import says_no_answer

# What weak models begin with, and what says nothing.
_ACCORDING = re.compile(
    r"^\s*(?:根据|依据|按照)(?:以上|上述|所给|提供的|课程)*(?:段落|资料|原文|内容)?(?:中的?)?(?:第\s*\d+\s*段(?:的?内容)?|内容|的描述|的内容)?[\s和与及、]*[，,：:]\s*"
    r"|^\s*(?:答案?|回答|结论|课程段落)[：:]\s*"
)
# So many sentences that were said before.
_IN_CIRCLES = 3


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the answer. `cited` are the sources that support it; without support `text` is empty.

    `written` is what the model wrote, and `verdict` why it was not released.
    """

    text: str
    cited: tuple[int, ...]
    written: str
    verdict: Verdict = "supported"

    @property
    def supported(self) -> bool:
        """Whether it was released."""
        return bool(self.cited)


async def checked_sentences(
    deltas: AsyncGenerator[str, None], grounds: Mapping[int, Ground], judge: Judge
) -> AsyncGenerator[Sentence, None]:
    """The sentences of a streamed answer, each as soon as it is judged.

    A line that leads into a list goes out with the first of the list that stands, or not at all. What was said before
    in the same words is passed over; a model that goes round in circles, as weak ones do, is not read any further.
    """
    lead, before, again = "", set[str](), 0
    async with aclosing(sentences(deltas)) as written:
        async for sentence in written:
            claim = _ACCORDING.sub("", for_learner(without_citations(sentence)))
            claim = _without_halves(claim)
            if not any(character.isalpha() for character in claim):
                continue
            words = " ".join(claim.split()).rstrip("。.！!；;")
            if words in before:
                again += 1
                if again == _IN_CIRCLES:
                    return
                continue
            before.add(words)
            if leads_in(claim):
                lead = claim
                continue
            judged = await asyncio.to_thread(_judged, sentence, claim, grounds, judge)
            if judged.supported and lead:
                judged = Sentence(lead + judged.text, judged.cited, judged.written)
            lead = "" if judged.supported else lead
            yield judged


def _without_halves(claim: str) -> str:
    """The sentence without a quotation mark whose other half stood in a sentence that was cut off here."""
    if claim.count('"') % 2:
        at = claim.index('"') if claim.lstrip().startswith('"') else claim.rindex('"')
        claim = claim[:at].lstrip() + claim[at + 1 :]
    for opening, closing in ("“”", "「」", "『』"):
        if claim.count(opening) != claim.count(closing):
            claim = claim.replace(opening, "").replace(closing, "")
    return claim


def _judged(sentence: str, text: str, grounds: Mapping[int, Ground], judge: Judge) -> Sentence:
    """Against what it cites first; a model that cites the wrong passage, or none, is put right where one supports."""
    if says_no_answer(text):
        return Sentence("", (), sentence, "no_answer")
    if text.rstrip().endswith(("？", "?")):  # the learner's own question, said back
        return Sentence("", (), sentence, "unsupported")
    claim = judge.claim(text)
    cited = [number for number in cited_in(sentence) if number in grounds]
    together = judge.verdict(claim, [grounds[number] for number in cited]) if len(cited) > 1 else None
    if together == "supported":
        return _released(sentence, text, tuple(cited))
    verdicts: dict[int, Verdict] = {}
    for number in [*cited, *(number for number in grounds if number not in cited)]:
        verdicts[number] = judge.verdict(claim, [grounds[number]])
        if verdicts[number] == "supported":
            return _released(sentence, text, (number,))
    told = [verdict for verdict in (together, *verdicts.values()) if verdict]
    return Sentence("", (), sentence, told[0] if told else "unsupported")


def _released(sentence: str, text: str, cited: tuple[int, ...]) -> Sentence:
    marks = "".join(f"[{number}]" for number in cited)
    tail = text[len(text.rstrip()) :]
    return Sentence(f"{text.rstrip()}{marks}{tail}", cited, sentence)
