"""An answer by the model: what it writes, judged sentence by sentence; only what the passages bear is released."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from companion.checking.check import Sentence, checked_sentences
from companion.events import FallbackReason
from companion.heard import Heard
from companion.ledger import Ledger
from companion.portions import at_once
from companion.safety.moderation import Moderator
from companion.safety.untrusted import for_prompt
from companion.sentences import without_citations
from companion.sources import passages_for
from companion.words import to_traditional
from companion.writing.budget import Budget
from companion.writing.history import history
from companion.writing.language_model import ModelUnavailable
from companion.writing.material import Material
from companion.writing.writer import Writer
from prompts import Prompt, for_audience, render

# With less of it supported, an answer is completed by quotes.
_ENOUGH_SUPPORTED = 0.6
# A model that runs on is not read any further: an answer has so many sentences at most.
_LONGEST_ANSWER = 8
# How much of the window the conversation so far may take.
_HISTORY_SHARE = 0.2


@dataclass(slots=True)
class Draft:
    """What became of the model's answer."""

    failure: FallbackReason | None = None
    no_answer: bool = False
    text: str = ""
    withheld: list[Sentence] = field(default_factory=list)


def enough_stands(ledger: Ledger) -> bool:
    """Whether so much of what was written was borne out that quotes need not complete it."""
    return ledger.released >= _ENOUGH_SUPPORTED * ledger.checked


class Drafting:
    """Asks the model, if there is one, and judges what it says."""

    def __init__(self, writer: Writer, moderator: Moderator, budget: Budget, rewrite_seconds: float) -> None:
        self._writer = writer
        self._moderator = moderator
        self._budget = budget
        self._rewrite_seconds = rewrite_seconds

    async def released(
        self, material: Material, heard: Heard, ledger: Ledger, draft: Draft
    ) -> AsyncGenerator[str, None]:
        """The sentences that stand up, as they come: as many as suit the audience at once, the rest is withheld."""
        try:
            async with aclosing(self._sentences(material, heard, ledger)) as sentences:
                async for sentence in sentences:
                    if not sentence.supported:
                        draft.no_answer = draft.no_answer or sentence.verdict == "no_answer"
                        continue
                    text = to_traditional(sentence.text) if heard.locale == "zh-Hant" else sentence.text
                    refusal = await self._moderator.check(text, heard.locale, "output")
                    if refusal:
                        continue
                    if draft.withheld or not at_once(draft.text, text, heard.audience):
                        draft.withheld.append(sentence)
                    else:
                        draft.text += text
                        yield text
        except ModelUnavailable as error:
            draft.failure = error.reason

    async def _sentences(self, material: Material, heard: Heard, ledger: Ledger) -> AsyncGenerator[Sentence, None]:
        """What the model writes, judged; when too little of it stands, what it makes of the rest on a second try."""
        passages = passages_for(material.found, self._budget.fitting(material.contexts))
        question, language = for_prompt(material.found.meant or heard.question), heard.say.language
        before = history(heard.conversation, heard.say, self._budget.share(_HISTORY_SHARE)) if heard.depends else ""
        audience = for_audience(heard.audience)
        prompt = render(
            "answer", question=question, passages=passages, history=before, audience=audience, language=language
        )
        told = set[str]()
        replies = [turn.reply for turn in heard.conversation.turns] if heard.depends else []
        async with aclosing(self._judged(prompt, material, ledger, replies)) as sentences:
            async for sentence in sentences:
                ledger.note(sentence)
                told.add(sentence.text.strip())
                yield sentence
                if ledger.released == _LONGEST_ANSWER:
                    return
        failed = [
            without_citations(sentence.written).strip()
            for sentence in ledger.rejected
            if sentence.verdict != "no_answer"
        ]
        if not failed or enough_stands(ledger) or ledger.seconds() > self._rewrite_seconds:
            return
        rejected = for_prompt("\n".join(failed))
        prompt = render("rewrite", question=question, passages=passages, sentences=rejected, language=language)
        async with aclosing(self._judged(prompt, material, ledger, replies)) as sentences:
            async for sentence in sentences:
                if without_citations(sentence.written).strip() in failed:
                    return  # it has nothing else to say
                if sentence.supported and sentence.text.strip() not in told:
                    told.add(sentence.text.strip())
                    ledger.replaced(sentence)
                    yield sentence

    def _judged(
        self, prompt: Prompt, material: Material, ledger: Ledger, told: Sequence[str]
    ) -> AsyncGenerator[Sentence, None]:
        return checked_sentences(self._writer.write(prompt, ledger.count), material.grounds, material.judge, told)
