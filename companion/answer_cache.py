"""Answers asked for again in the same words within minutes: quoted or found in the same index, never written."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from companion.conversation import Pending
from companion.events import Done, Event
from companion.guidance.book import UnmetReason
from companion.heard import Heard
from companion.ledger import Ledger

_MOST = 2_000
_SECONDS = 600.0
# What depends on who asks.
_PERSONAL = ("courses", "pathway", "credits")


@dataclass(frozen=True, slots=True)
class _Answer:
    at: float
    events: tuple[Event, ...]
    pending: Pending | None
    confidence: float | None
    cited: frozenset[int]
    unmet: UnmetReason | None
    unmet_words: str | None
    to_pick: tuple[str, ...]


@dataclass(slots=True)
class AnswerCache:
    """The latest answers to first messages. What a learner typed is not in it: the keys are digests."""

    clock: Callable[[], float] = time.monotonic
    _answers: OrderedDict[bytes, _Answer] = field(default_factory=OrderedDict)

    def get(self, key: bytes, ledger: Ledger) -> tuple[Event, ...] | None:
        """The events of the answer; the turn's account is brought to where they would have brought it."""
        answer = self._answers.get(key)
        if answer is None or self.clock() - answer.at > _SECONDS:
            return None
        self._answers.move_to_end(key)
        ledger.pending, ledger.confidence = answer.pending, answer.confidence
        ledger.cited.update(answer.cited)
        ledger.unmet, ledger.unmet_words, ledger.to_pick = answer.unmet, answer.unmet_words, answer.to_pick
        return answer.events

    def put(self, key: bytes, events: tuple[Event, ...], ledger: Ledger) -> None:
        """Keep an answer that ended well, that no model had a part in and that is anybody's."""
        done = events[-1]
        if not isinstance(done, Done) or done.fallback or done.aigc or ledger.used() or ledger.personal:
            return
        self._answers[key] = _Answer(
            self.clock(),
            events,
            ledger.pending,
            ledger.confidence,
            frozenset(ledger.cited),
            ledger.unmet,
            ledger.unmet_words,
            ledger.to_pick,
        )
        while len(self._answers) > _MOST:
            self._answers.popitem(last=False)

    def clear(self) -> None:
        """Forget all."""
        self._answers.clear()


def key_of(heard: Heard, generation: str | None) -> bytes | None:
    """What the answer depends on, as a digest; None for what depends on more: what was said before, or chance."""
    if heard.conversation.count or heard.wish in ("practice", "again", "more", "end") or heard.style == "quiz":
        return None
    if heard.conversation.owner and heard.wish in _PERSONAL:
        return None
    parts = (generation, heard.message, heard.wish, heard.style, heard.locale, heard.audience, heard.scope)
    return hashlib.sha256(repr(parts).encode(errors="surrogatepass")).digest()
