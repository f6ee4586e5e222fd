"""A follow-up made to stand alone: by the model when there is one, by the messages before it when not."""

import asyncio
import re
from collections.abc import Sequence
from typing import NamedTuple

from companion.conversation import Conversation
from companion.finding.find import Scope, find
from companion.ledger import Ledger
from companion.safety.untrusted import for_prompt
from companion.understanding.follow_up import (
    carried,
    corrected,
    depends,
    goes_on,
    leans,
    names_no_matter,
    terms_named,
)
from companion.understanding.wish import wish_of
from companion.words import Words
from companion.writing.history import history
from companion.writing.language_model import ModelUnavailable
from companion.writing.writer import Writer
from course_index.analyze import normalise
from course_index.analyze import terms as terms_of
from course_index.language import language_of
from course_index.store.legs import Word
from prompts import render
from retrieval.glossary import share_said
from retrieval.live import LiveIndex
from retrieval.of_thing import thing_made
from retrieval.query import query_terms
from retrieval.search import Search

_TOKENS = 80
_HISTORY_TOKENS = 300
_LONGEST = 120
# A short question is asked of the library in both readings. Chosen on half of our follow-ups, and of our short
# questions put behind a conversation on something else (docs/decisions/0005-honest-turn.md).
_NAMES_SOMETHING = 3
# How much more of what it names has to be found with it alone: where that answers, where it does not, and where it
# begins with what goes on from something: 那, 要是.
_ANSWERED, _UNANSWERED, _GOING_ON = 0.0, 0.2, 0.4
_SURE = 0.95
# So much is named by what changes the language.
_NAMES_A_THING = 2
_LOOKED_AT = 4


# How long do I have names nothing.
_MEASURES = re.compile(r"\bhow (long|much|many|often|far|soon|old)\b")


class StandingAlone:
    """Rewrites follow-ups; the model has `seconds` for it."""

    def __init__(self, writer: Writer, seconds: float, index: LiveIndex) -> None:
        self._writer = writer
        self._seconds = seconds
        self._index = index

    async def question(self, message: str, conversation: Conversation, say: Words, ledger: Ledger) -> tuple[bool, str]:
        """Whether a message depends on the turns before, and the question it puts when it stands alone."""
        put_right = corrected(message) if conversation.subjects else None
        message = put_right or message
        # 双皮奶怎么做 names its thing, also where nothing here tells of it.
        if not conversation.subjects or not (put_right or depends(message)) or thing_made(message):
            return False, message
        plain = carried(message, conversation.subjects)
        if (
            not leans(message)
            and not names_no_matter(message)
            and wish_of(message) == "question"
            and await asyncio.to_thread(self._says_all, message, plain, put_right is not None)
        ):
            return False, message
        if not self._writer.has_model:
            alone = await asyncio.to_thread(self._only_alone, message, plain)
            return (False, message) if alone else (True, plain)
        prompt = render("standalone", history=history(conversation, say, _HISTORY_TOKENS), message=for_prompt(message))
        try:
            written = await self._writer.whole(prompt, ledger.count, _TOKENS, self._seconds)
        except ModelUnavailable:
            return True, plain
        rewritten = written.splitlines()[0].strip() if written else ""
        known = " ".join([message, *(f"{turn.message} {turn.question} {turn.reply}" for turn in conversation.turns)])
        if not _says_nothing_new(rewritten, known, message):
            return True, plain
        return True, await asyncio.to_thread(self._better, rewritten, plain)

    def _better(self, rewritten: str, plain: str) -> str:
        """The rewritten question, unless nothing answers it and something the plain one: a weak model drops much."""
        search = self._index.search
        lost = not find(search, rewritten, _LOOKED_AT, Scope()).answers
        return plain if lost and find(search, plain, _LOOKED_AT, Scope()).answers else rewritten

    def _says_all(self, message: str, carried_on: str, puts_right: bool) -> bool:
        """Whether a short question is one of its own: what it names is found with it, and lost among what was said.

        怎么量血压 after a talk on litchis is on blood pressure; 要多久 after it is on litchis. What puts a
        misunderstanding right is not on what was talked of if it names something that is taught.
        """
        measures = _MEASURES.findall(normalise(message))
        terms = [term for term in terms_named(message) if term not in measures]
        going_on = goes_on(message)
        search = self._index.search
        other_words = search.query(message).other_words
        alone = _closest(terms, other_words, search, message)
        if going_on and not alone.near:  # 那工资能给多少 after 试用期最长多久: by itself any law with wages in it
            return False
        if puts_right and alone.near and _size(terms) >= _NAMES_SOMETHING:
            return True
        together = _closest(terms, other_words, search, carried_on)
        more = _GOING_ON if going_on else _ANSWERED if alone.sure else _UNANSWERED
        # What an answer has nothing of was hardly asked for: how long may be answered by any law. And too little is
        # named to begin with by "what about when I leave".
        named = _size(terms)
        surely = (
            alone.sure >= _SURE
            and alone.share > 0
            and named >= _NAMES_A_THING  # 哪里能看 names nothing
            and not (going_on and named < _NAMES_SOMETHING)
        )
        return surely or (
            (_size(terms) if alone.sure else len(terms)) >= _NAMES_SOMETHING and alone.share - together.share >= more
        )

    def _only_alone(self, message: str, carried_on: str) -> bool:
        """Whether a message in another language than what was said before is found by itself, and with that is not."""
        before = carried_on.removesuffix(message)
        terms = terms_named(message)
        if len(terms) < _NAMES_A_THING or language_of(message) == language_of(before):
            return False
        lost = not find(self._index.search, carried_on, _LOOKED_AT, Scope()).answers
        return lost and _closest(terms, (), self._index.search, message).near


class _Closest(NamedTuple):
    """Of a reading of a question: the share of its terms in the closest passage, the probability that it answers (0
    where nothing does), and whether it is on the subject.
    """

    share: float
    sure: float
    near: bool


def _size(terms: list[str]) -> int:
    """How much is named: a word counts as two characters."""
    return sum(2 if term.isascii() else 1 for term in terms)


def _closest(terms: list[str], other_words: Sequence[Word], search: Search, question: str) -> _Closest:
    found = find(search, question, _LOOKED_AT, Scope())
    if not found.hits or not terms:
        return _Closest(0.0, 0.0, False)
    # Which of its words a passage has is plain in its own language, so that the closest in that is looked at.
    hit = next((hit for hit in found.hits if hit.passage.language == found.query.language), found.hits[0])
    text = normalise(f"{hit.passage.text} {hit.lesson.title}")
    probability = (found.confidence.probability or 0.0) if found.answers else 0.0
    if hit.passage.language != found.query.language:
        return _Closest(share_said(other_words, text), probability, found.near)
    words = set(terms_of(text))  # there is no "long" in "belonging"
    said = sum(term in words if term.isascii() else term in text for term in terms)
    return _Closest(said / len(terms), probability, found.near)


def _says_nothing_new(rewritten: str, known: str, message: str) -> bool:
    """Whether a rewritten question has only words of the conversation, keeps those of the message, and has others."""
    if not rewritten or len(rewritten) > max(_LONGEST, 2 * len(message)):
        return False
    said = normalise(known)
    asked = set(query_terms(rewritten))
    kept = {term for term in query_terms(message) if len(term) == 1 or term.isascii()}
    words = {term for term in asked if len(term) == 1 or term.isascii()}
    # One that brings nothing along still does not stand alone.
    return all(term in said for term in words) and kept < words
