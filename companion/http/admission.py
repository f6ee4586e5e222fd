"""May this turn begin: what every door asks before it hands a message to the tutor."""

import asyncio
from dataclasses import dataclass

from companion.consent import what_is_missing
from companion.identity import Caller
from companion.state.database import StateUnavailable
from companion.state.learners import Learner
from companion.state.state import State


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not: an HTTP status, and a sentence that says what to do."""

    status: int
    detail: str


class Admission:
    """The length of a message, and the consent of who sends it."""

    def __init__(self, state: State, message_max_characters: int, consent_version: str | None) -> None:
        self._state = state
        self._most = message_max_characters
        self._version = consent_version

    async def refusal(self, caller: Caller, message: str) -> Refusal | None:
        """None when the turn may begin."""
        if len(message) > self._most:
            return Refusal(413, f"a message may have {self._most} characters; shorten it")
        known = await self._known(caller) if caller.kind == "learner" else None
        missing = what_is_missing(caller, known, self._version)
        return Refusal(403, missing) if missing else None

    async def _known(self, caller: Caller) -> Learner | None:
        try:
            return await asyncio.to_thread(self._state.learners.get, caller.learner)
        except StateUnavailable:
            # Where terms are to be agreed to, one who may not have agreed is not answered; else nobody loses an answer.
            if self._version:
                raise
            return None
