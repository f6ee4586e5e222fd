"""A follow-up made to stand alone: by the model when there is one, by carried topic words when not."""

from companion.conversation import Conversation
from companion.history import history
from companion.language_model import ModelUnavailable
from companion.ledger import Ledger
from companion.safety.untrusted import for_prompt
from companion.understanding.follow_up import carried, depends
from companion.words import Words
from companion.writer import Writer
from course_index.analyze import normalise
from prompts import render
from retrieval.query import query_terms

_TOKENS = 80
_HISTORY_TOKENS = 300
_LONGEST = 120
# Turns that were about something; thanks and complaints were not.
_HAVE_A_SUBJECT = ("question", "hint", "practice", "plan", "courses", "credits", "pathway")


class StandingAlone:
    """Rewrites follow-ups; the model has `seconds` for it."""

    def __init__(self, writer: Writer, seconds: float) -> None:
        self._writer = writer
        self._seconds = seconds

    async def question(self, message: str, conversation: Conversation, say: Words, ledger: Ledger) -> tuple[bool, str]:
        """Whether a message depends on the turns before, and the question it puts when it stands alone."""
        if not conversation.turns or not depends(message):
            return False, message
        subjects = [turn for turn in conversation.turns if turn.wish in _HAVE_A_SUBJECT]
        if not subjects:
            return False, message
        before = [turn.message for turn in subjects]
        plain = carried(message, before)
        if not self._writer.has_model:
            return True, plain
        prompt = render("standalone", history=history(conversation, say, _HISTORY_TOKENS), message=for_prompt(message))
        try:
            written = await self._writer.whole(prompt, ledger.count, _TOKENS, self._seconds)
        except ModelUnavailable:
            return True, plain
        rewritten = written.splitlines()[0].strip() if written else ""
        known = " ".join([message, *(f"{turn.message} {turn.question} {turn.reply}" for turn in conversation.turns)])
        return True, rewritten if _says_nothing_new(rewritten, known, message) else plain


def _says_nothing_new(rewritten: str, known: str, message: str) -> bool:
    """Whether a rewritten question has only words of the conversation, and keeps those of the message."""
    if not rewritten or len(rewritten) > max(_LONGEST, 2 * len(message)):
        return False
    said = normalise(known)
    asked = set(query_terms(rewritten))
    kept = {term for term in query_terms(message) if len(term) == 1}
    return all(term in said for term in asked if len(term) == 1 or term.isascii()) and kept <= asked
