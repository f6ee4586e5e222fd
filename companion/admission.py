"""May this turn begin: what every door asks before it hands a message to the tutor."""

import asyncio
from dataclasses import dataclass

from companion.identity import Caller
from companion.pace import LOOKED_BACK, Pace
from companion.state.database import StateUnavailable
from companion.state.learners import Learner
from companion.state.state import State

_CONSENT_NEEDED = "Please agree to the terms of use first (version {version})."
_NIGHT = "For learners under 18 the tutor rests at night ({begins} to {ends}). Come back in the morning."
_DAY_IS_OVER = "Learners under 18 have {minutes} minutes a day here, and today's are used. Come back tomorrow."
_GUARDIAN_NEEDED = "A child under 14 needs the consent of a guardian; the portal records it."


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not: an HTTP status, and a sentence that says what to do."""

    status: int
    detail: str


class Admission:
    """The length of a message, the consent of who sends it, and a minor's time."""

    def __init__(
        self, state: State, message_max_characters: int, consent_version: str | None, pace: Pace | None = None
    ) -> None:
        self._pace = pace or Pace()
        self._state = state
        self._most = message_max_characters
        self._version = consent_version

    async def refusal(self, caller: Caller, message: str) -> Refusal | None:
        """None when the turn may begin."""
        if len(message) > self._most:
            return Refusal(413, f"a message may have {self._most} characters; shorten it")
        known = await self._known(caller) if caller.kind == "learner" else None
        missing = _missing(caller, known, self._version)
        missing = missing or (await self._late(known) if known else None)
        return Refusal(403, missing) if missing else None

    async def _late(self, learner: Learner) -> str | None:
        """Why a minor is asked to stop for today, in a sentence; None for everybody else, and for who has time left."""
        minutes = self._pace.minutes_a_day(learner.age_band)
        if learner.age_band not in ("under_14", "14_to_17"):
            return None
        if self._pace.night and self._pace.is_night():
            begins, ends = self._pace.night
            return _NIGHT.format(begins=f"{begins:%H:%M}", ends=f"{ends:%H:%M}")
        try:
            asked = await asyncio.to_thread(
                self._state.learners.asked_since, learner.id, self._pace.now() - LOOKED_BACK
            )
        except StateUnavailable:
            return None
        return _DAY_IS_OVER.format(minutes=minutes) if self._pace.used_up(learner.age_band, asked) else None

    async def _known(self, caller: Caller) -> Learner | None:
        try:
            return await asyncio.to_thread(self._state.learners.get, caller.learner)
        except StateUnavailable:
            # Where terms are to be agreed to, one who may not have agreed is not answered; else nobody loses an answer.
            if self._version:
                raise
            return None


def _missing(caller: Caller, learner: Learner | None, version: str | None) -> str | None:
    """What has to be agreed to before a turn, in a sentence; None when nothing is. No version asks for no consent.

    `learner` is what a portal user told of themselves; visitors carry their consent in their token.
    """
    if caller.kind in ("open", "operator"):
        return None
    if learner and learner.age_band == "under_14" and not learner.guardian_consent:
        return _GUARDIAN_NEEDED
    agreed = learner.consent_version if learner and caller.kind == "learner" else caller.consent
    return _CONSENT_NEEDED.format(version=version) if version and agreed != version else None
