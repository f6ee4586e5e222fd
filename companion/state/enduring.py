"""Conversations that go on while the database is away: what cannot be written down waits in memory until it can."""

import logging
from dataclasses import dataclass, replace
from threading import Lock

from companion.conversation import REMEMBERED, Conversation, Outline, PastTurn, Pending
from companion.state.conversations import StoredConversations
from companion.state.database import StateUnavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Waiting:
    conversation: Conversation  # as it was before the turn
    turn: PastTurn
    pending: Pending | None

    def onto(self, conversation: Conversation) -> Conversation:
        """The conversation with this turn in it, where it is not there yet."""
        if any(turn.id == self.turn.id for turn in conversation.turns):
            return conversation
        return replace(
            conversation,
            turns=(*conversation.turns, self.turn)[-REMEMBERED:],
            count=conversation.count + 1,
            pending=self.pending,
            owner=self.conversation.owner,
        )


class EnduringConversations:
    """As those that are stored, which they are within seconds of the database's return, in the order they were held in.

    Up to `most` turns wait, each process holding its own; one more is refused, as all were without this. The process
    that ends before the database is back loses them.
    """

    def __init__(self, stored: StoredConversations, most: int = 5_000) -> None:
        self._stored = stored
        self._most = most
        self._waiting: dict[str, _Waiting] = {}  # by the turn
        # Held while they are written down, and while something is erased: what is erased does not come after.
        self._writing = Lock()

    def load(self, id_: str) -> Conversation:
        """What is remembered of it, turns that wait among it."""
        waiting = self._of(id_)
        try:
            kept = self._stored.load(id_)
        except StateUnavailable:
            if not waiting:
                raise
            kept = waiting[0].conversation
        for one in waiting:
            kept = one.onto(kept)
        return kept

    def add(self, conversation: Conversation, turn: PastTurn, pending: Pending | None) -> None:
        """Append a turn and replace what is pending; behind those that wait it waits too."""
        one = _Waiting(conversation, turn, pending)
        if before := self._of(conversation.id):
            if before[0].conversation.owner != conversation.owner:
                raise PermissionError("the conversation is another learner's")
            self._wait(one)
            return
        try:
            self._stored.add(conversation, turn, pending)
        except StateUnavailable as error:
            self._wait(one, error)

    def summarise(self, id_: str, summary: str, summarised: int) -> None:
        """Replace the summary."""
        self._stored.summarise(id_, summary, summarised)

    def whole(self, id_: str) -> list[PastTurn]:
        """All turns, oldest first."""
        self.write_down()
        return self._stored.whole(id_)

    def owner(self, id_: str) -> str | None:
        """Whose it is; None when there is no such conversation."""
        waiting = self._of(id_)
        return waiting[0].conversation.owner if waiting else self._stored.owner(id_)

    def of(self, owner: str, limit: int) -> list[Outline]:
        """The latest conversations of a learner, the newest first."""
        self.write_down()
        return self._stored.of(owner, limit)

    def forget(self, id_: str) -> bool:
        """Erase it, and what waits of it."""
        with self._writing:
            for one in self._of(id_):
                del self._waiting[one.turn.id]
            return self._stored.forget(id_)

    def let_go_of(self, owner: str) -> None:
        """Forget what waits of a learner, who is about to be erased."""
        with self._writing:
            for one in list(self._waiting.values()):
                if one.conversation.owner == owner:
                    del self._waiting[one.turn.id]

    def write_down(self) -> int:
        """Write down what waits; how many turns wait still."""
        # Where another writes them down already, nobody waits for that.
        if not self._waiting or not self._writing.acquire(blocking=False):
            return len(self._waiting)
        try:
            for one in list(self._waiting.values()):
                self._write(one)
                del self._waiting[one.turn.id]
        except StateUnavailable:
            log.debug("the database is not back")
        finally:
            self._writing.release()
        return len(self._waiting)

    def _write(self, one: _Waiting) -> None:
        if one.conversation.count and self._stored.owner(one.conversation.id) is None:
            return  # it was there before: another process has erased it meanwhile
        try:
            self._stored.add(one.conversation, one.turn, one.pending)
        except StateUnavailable:
            raise
        except Exception as error:
            # Without the trace, which may quote what was said.
            log.error("turn %s could not be kept: %s", one.turn.id, type(error).__name__)

    def _of(self, id_: str) -> list[_Waiting]:
        return [one for one in list(self._waiting.values()) if one.conversation.id == id_]

    def _wait(self, one: _Waiting, why: StateUnavailable | None = None) -> None:
        if len(self._waiting) >= self._most:
            raise why or StateUnavailable("No more turns can wait for the database.")
        if not self._waiting:
            log.warning("the database does not answer; turns wait in memory until it does")
        self._waiting[one.turn.id] = one
