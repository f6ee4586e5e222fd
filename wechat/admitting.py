"""May this message be answered, and the learner's word on the terms of use: for doors where all is said in messages."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from companion.admission import Admission
from companion.identity import Caller
from companion.limits import Limits
from companion.state.audit import audited
from companion.state.state import State
from wechat import sayings


@dataclass(frozen=True, slots=True)
class Admitting:
    """The same limits and consent as at every other door, told in sentences to send."""

    state: State
    admission: Admission
    limits: Limits
    consent_version: str | None = None
    terms_url: str | None = None

    async def too_often(self, owner: str) -> str | None:
        """What to say to who asks too often; it counts."""
        # All messages come from a few addresses of Tencent's: a learner is counted, and no address.
        standing = await self.limits.take("turn", owner, owner)
        return None if standing.allowed else sayings.TOO_OFTEN.format(standing.reset)

    async def refusal(self, owner: str, words: str) -> str | None:
        """Why a message is not answered, as a sentence that says what to do. Raises StateUnavailable."""
        refusal = await self.admission.refusal(Caller("learner", owner), words)
        if refusal is None:
            return None
        match refusal.why:
            case "too_long":
                return sayings.TOO_LONG
            case "guardian":
                return sayings.GUARDIAN
            case "consent":
                return sayings.CONSENT.format(url=f"（{self.terms_url}）" if self.terms_url else "")
        return refusal.detail

    async def consented(self, owner: str, agrees: bool) -> str:
        """Keep whether a learner agrees to the terms in force, where there are any. Raises StateUnavailable."""
        if not self.consent_version:
            return sayings.NOTHING_TO_AGREE
        version = self.consent_version if agrees else None
        await asyncio.to_thread(self.state.learners.change, owner, {"consent_version": version})
        deed: Literal["consented", "withdrew"] = "consented" if version else "withdrew"
        await asyncio.to_thread(self.state.audit.record, audited(owner), deed, version or "")
        return sayings.AGREED if version else sayings.WITHDRAWN
