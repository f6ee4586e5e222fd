"""The check of a written answer: a sentence is released only with a citation of what supports it."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from companion.checking.grounds import Ground
from companion.checking.provisos import breaks_off
from companion.checking.support import Judge, Verdict, is_titles_alone
from companion.safety.untrusted import for_learner
from companion.sentences import cited_in, leads_in, sentences, without_citations
from companion.words import says_no_answer
from course_index.analyze import normalise
from course_index.sentences import split_sentences

# What weak models begin with, and what says nothing. Not 没有一课说，可以逆行.
_ACCORDING = re.compile(
    r"^\s*(?:根据|依据|按照)(?:以上|上述|所给|提供的|课程)*(?:段落|资料|原文|内容)?(?:中的?)?(?:第\s*\d+\s*段(?:的?内容)?|内容|的描述|的内容)?[\s和与及、]*[，,：:]\s*"
    r"|^\s*(?![^，,。：:\n]*(?:[不没未无]|反对|有人))[^，,。：:\n]{0,40}?(?:(?<!大)部分|段落|章节|一[课节]|课程|资料|原文|文中)(?:的?内容)?[中里]?(?:提到|提及|指出|写道|写明|写着|说明|讲到|说)"
    r"[，,：:]\s*"
    r"|^\s*(?:答案?|回答|结论|说明|课程段落|段落(?:里|中)的(?:话|内容))[：:]\s*"
)
# What only says where it stands: 依据的段落编号为 [1] 和 [4]。
_SAYS_WHERE = re.compile(
    r"\W*(?:以上|上述)?(?:内容|回答|答案|信息)?的?"
    r"(?:依据|根据|来源|出处|参考|引用|based on|sources?|see|according to|references?)[的自于为是]*\s*(?:the )?"
    r"(?:课程)?(?:段落|资料|passages?|paragraphs?)?(?:的?(?:编号|内容))?[为是]?(?:[\W\d]|和|与|及|and)*",
    re.IGNORECASE,
)
# What says nothing without the sentence before it.
_LEANS = re.compile(
    r"\s*(?:[这那此该其]|[它他她]们?|因此|因而|所以|从而|否则|相比之下|相反|相对地?|然而|后者|前者"
    r"|(?:this|that|these|those|it|its|they|their|he|she|thus|therefore|hence|so|otherwise|in contrast|instead"
    r"|the (?:former|latter))\b)",
    re.IGNORECASE,
)
# A model that has said what it has to say, and goes on with the form of its prompt.
_ASKS_ITSELF = re.compile(
    r"\W*(?:学习者(?:的(?:下一个)?问题)?|学习助手|课程段落|the learner'?s question|course passages)\s*:"
)
_FENCE = re.compile(r"\s*(?:`{3,}|~{3,})")
# The number of a step, which 1.5 升 has not, and what leads in the list on the same line: 步骤如下： 1. 先上厕所。
_MARKED = re.compile(r"^(?:.*[：:]\s*(?=\d+[.)、](?!\d)))?\s*(?:\d+[.)、]|[-*•])(?!\d)\s*", re.DOTALL)
_STEP = re.compile(r"\s*(\d{1,2})[.)、]\s*\D")
# What we say before a quote, as a model copies it from the conversation.
_OURS = re.compile(r"课程里是这样写的|其余请看课程原文|the course content says")
_LABEL = re.compile(r"^[^：:。！？\n]{2,40}[：:]\s*")
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
    deltas: AsyncGenerator[str, None], grounds: Mapping[int, Ground], judge: Judge, told: Sequence[str] = ()
) -> AsyncGenerator[Sentence, None]:
    """The sentences of a streamed answer, each as soon as it is judged.

    A line that leads into a list goes out with the first of the list that stands, or not at all. What was said before
    in the same words, here or in the last of the replies that the learner was `told`, is passed over; a model that goes
    round in circles, as weak ones do, or begins anew with what was told, as steps or behind the question that it was an
    answer to, or goes on with a question of its own, is not read any further. A listing stands as a whole or not at
    all, and what leans on a sentence that was refused goes with it, as do the steps behind one that was.
    """
    lead, refused, missing = "", False, 0
    async with aclosing(_claims(_with_whole_listings(sentences(deltas)), grounds, judge, told)) as claims:
        async for sentence, claim in claims:
            if not claim:
                yield _listed(sentence, grounds)
                continue
            if leads_in(claim):
                lead = claim
                continue
            step = _STEP.match(claim)
            number = int(step[1]) if step else 0
            if (missing and number > missing) or (refused and _LEANS.match(claim)):
                yield Sentence("", (), sentence, "unsupported")
                continue
            judged = await asyncio.to_thread(_judged, sentence, claim, grounds, judge)
            refused = not judged.supported
            if step:
                missing = number if refused else 0
            if judged.supported and lead:
                judged = Sentence(lead + judged.text, judged.cited, judged.written)
            lead = "" if judged.supported else lead
            yield judged


async def _claims(
    written: AsyncGenerator[str, None], grounds: Mapping[int, Ground], judge: Judge, told: Sequence[str]
) -> AsyncGenerator[tuple[str, str], None]:
    """The sentences that say something new, each with what there is to judge of it, which is nothing of a listing."""
    replies = [{_in_words(one) for one in split_sentences(without_citations(reply))} for reply in told]
    earlier = replies[-1] if replies else set[str]()
    before, again, begun, led = set[str](), 0, False, False
    async with aclosing(written):
        async for sentence in written:
            if _FENCE.match(sentence):
                yield sentence, ""
                continue
            if begun and _ASKS_ITSELF.match(normalise(sentence)):
                return
            labelled = _without_halves(_without_beginnings(for_learner(without_citations(sentence))))
            claim = _without_labels(labelled, judge)
            led = leads_in(claim) or (led and _MARKED.match(claim) is not None)
            if _says_nothing(claim, grounds, judge) or (not led and breaks_off(normalise(claim))):
                continue
            words = _in_words(claim)
            if not begun and _MARKED.match(claim) and any(words in reply for reply in replies):
                return
            if words in earlier or _LABEL.sub("", words) in earlier:
                if not begun and (labelled != claim or words not in earlier):
                    return
                continue
            if words in before:
                again += 1
                if again == _IN_CIRCLES:
                    return
                continue
            before.add(words)
            begun = begun or not leads_in(claim)
            yield sentence, claim


def _says_nothing(claim: str, grounds: Mapping[int, Ground], judge: Judge) -> bool:
    """Whether it only says where something stands or what that is called, or says the question back."""
    if not any(character.isalpha() for character in claim) or _SAYS_WHERE.fullmatch(claim):
        return True
    said = normalise(claim)
    return is_titles_alone(said, grounds.values()) or judge.is_asked_by(said)


async def _with_whole_listings(written: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    """The sentences, a listing as one of them; one that breaks off is left out."""
    listing = ""
    async with aclosing(written):
        async for sentence in written:
            fence = _FENCE.match(sentence)
            if not listing and not fence:
                yield sentence
                continue
            ends = bool(listing and fence)
            listing += sentence
            if ends:
                yield listing
                listing = ""


def _in_words(sentence: str) -> str:
    return " ".join(normalise(_MARKED.sub("", sentence)).split()).rstrip("。.!;")


def _listed(listing: str, grounds: Mapping[int, Ground]) -> Sentence:
    """A listing, with the passage that has all of its lines to the letter."""
    lines = [normalise(line).strip() for line in listing.strip().splitlines()[1:-1]]
    for number, ground in grounds.items():
        if any(lines) and all(line in ground.normalised for line in lines):
            return Sentence(f"{listing.strip()}\n[{number}]\n", (number,), listing)
    return Sentence("", (), listing, "unsupported")


def _without_beginnings(sentence: str) -> str:
    """Without one after the other: 根据课程段落，赔偿部分提到，."""
    while (shorter := _ACCORDING.sub("", sentence)) != sentence:
        sentence = shorter
    return sentence


def _without_labels(claim: str, judge: Judge) -> str:
    """The sentence without the question before it, or our own words before a quote."""
    while (label := _LABEL.match(claim)) and label.end() < len(claim):
        said = normalise(label[0])
        if not judge.is_asked_whole_by(said) and not _OURS.search(said):
            break
        claim = claim[label.end() :].removeprefix("> ")
    return claim


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
