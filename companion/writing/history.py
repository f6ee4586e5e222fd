"""What a model is told of the conversation so far, and the summary of what it is not told word by word."""

from collections.abc import Sequence

from companion.conversation import REMEMBERED, Conversation, PastTurn
from companion.safety.untrusted import for_prompt
from companion.words import Words
from course_index.tokens import count_tokens

# Of a reply, its beginning says what it was about.
_REPLY_CHARACTERS = 160
# How long a summary may grow, in characters; what was asked longest ago goes first.
SUMMARY_CHARACTERS = 600
# Turns that stay word by word when the rest is summarised.
KEPT = 2


def history(conversation: Conversation, say: Words, room: int) -> str:
    """The summary and the latest turns, as many as `room` tokens hold, the newest surely; empty at the beginning."""
    lines: list[str] = []
    unsummarised = _unsummarised(conversation)
    for turn in reversed(conversation.turns[-unsummarised:] if unsummarised else ()):
        line = _told(turn, say)
        room -= count_tokens(line)
        if lines and room < 0:
            break
        lines.insert(0, line)
    if conversation.summary and count_tokens(conversation.summary) <= room:
        lines.insert(0, f"{say.before}{for_prompt(conversation.summary)}")
    return "".join(f"{line}\n" for line in lines) + ("\n" if lines else "")


def to_summarise(conversation: Conversation) -> Sequence[PastTurn]:
    """The turns that the summary should take in now, before they are no longer remembered; mostly none."""
    unsummarised = _unsummarised(conversation)
    return conversation.turns[-unsummarised:-KEPT] if unsummarised >= REMEMBERED else ()


def plain_summary(summary: str, turns: Sequence[PastTurn]) -> str:
    """The summary without a model: what was asked. The oldest goes when it grows too long."""
    asked = [turn.question[:60] for turn in turns if turn.wish in ("question", "hint", "practice", "plan", "courses")]
    whole = "；".join([part for part in (summary, *asked) if part])
    while len(whole) > SUMMARY_CHARACTERS and "；" in whole:
        whole = whole.split("；", 1)[1]
    return whole[-SUMMARY_CHARACTERS:]


def _unsummarised(conversation: Conversation) -> int:
    return max(0, conversation.count - conversation.summarised)


def _told(turn: PastTurn, say: Words) -> str:
    reply = " ".join(turn.reply.split())[:_REPLY_CHARACTERS]
    return f"{say.learner}{for_prompt(turn.message)}\n{say.aid}{for_prompt(reply)}"
