"""A second look: a question that nothing answers as it was typed is searched for in the words that courses use.

老板一直不跟我签字据 shares hardly a word with the article on written contracts. A model knows both ways of saying it.
"""

import asyncio
from dataclasses import replace

from companion.finding.find import Scope, find_meant
from companion.finding.found import Found, read_for
from companion.heard import Heard
from companion.ledger import Ledger
from companion.quoting.measures import names_nothing
from companion.safety.untrusted import for_prompt
from companion.understanding.parts import asks_anything
from companion.writing.language_model import ModelUnavailable
from companion.writing.writer import Writer
from course_index.analyze import normalise
from course_index.language import language_of
from prompts import render

_TOKENS = 80
_LONGEST = 120
# Of a longer message nobody can say in one sentence what it asks.
_LONGEST_QUESTION = 200


def may_be_reworded(heard: Heard) -> bool:
    """Whether it asks about something (of 要多久 a model would make up about what), and nobody in need waits."""
    asks = asks_anything(heard.question) and not names_nothing(heard.message)
    return asks and not heard.urgent and len(heard.question) <= _LONGEST_QUESTION


class Rewording:
    """Words questions anew; the model has until `seconds` after the turn began."""

    def __init__(self, writer: Writer, seconds: float, passages: int) -> None:
        self._writer = writer
        self._seconds = seconds
        self._passages = passages

    async def found(self, found: Found, scope: Scope, ledger: Ledger) -> Found:
        """What answers the question both in the model's words and as it was put; else `found`, as also without a model.

        The words only search: the answer is written, quoted and checked for the question as it was put.
        """
        question, seconds = found.query.text, self._seconds - ledger.seconds()
        if not self._writer.has_model or not question or seconds <= 0:
            return found
        prompt = render("reword", question=for_prompt(question))
        try:
            written = await self._writer.whole(prompt, ledger.count, _TOKENS, seconds)
        except ModelUnavailable:
            return found
        reworded = written.splitlines()[0].strip()[:_LONGEST] if written else ""
        if not reworded or normalise(reworded) == normalise(question):
            return found
        return await asyncio.to_thread(self._found_by, reworded, found, scope) or found

    def _found_by(self, reworded: str, found: Found, scope: Scope) -> Found | None:
        """With more words more is found, and more of it by chance, so that it is read for the question as well."""
        query = found.query
        if language_of(reworded) != query.language:
            return None
        again = find_meant(found.search, f"{query.text} {reworded}", self._passages, scope)
        if not again.answers:
            return None
        as_put = read_for(query, again)
        if not as_put.answers or not as_put.near:
            return None
        # Beside what is quoted stands what the model's own words found: it would be told of that.
        return replace(as_put, to_read=tuple(dict.fromkeys(quote.hit for quote in as_put.quotes)))
