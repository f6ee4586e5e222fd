"""May this turn begin: what every door asks before it hands a message to the tutor."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from companion.identity import Caller
from companion.pace import LOOKED_BACK, Pace
from companion.state.database import StateUnavailable
from companion.state.learners import Learner
from companion.state.state import State
from companion.words import Locale, locale_of, to_traditional

Why = Literal["too_long", "consent", "guardian", "night", "day_over"]
# In Chinese and in English: who is turned away reads it.
_SAID: dict[Why, tuple[str, str]] = {
    "too_long": ("一条消息最多 {most} 个字，请写短一点。", "A message may have {most} characters; shorten it."),
    "consent": ("请先同意使用条款（{version} 版）。", "Please agree to the terms of use first (version {version})."),
    "guardian": (
        "未满 14 周岁要有监护人同意才能使用，请监护人在平台上登记。",
        "A child under 14 needs the consent of a guardian; the portal records it.",
    ),
    "night": (
        "未满 18 周岁的同学，{begins} 到 {ends} 请休息，明天早上再来。",
        "For learners under 18 the tutor rests at night ({begins} to {ends}). Come back in the morning.",
    ),
    "day_over": (
        "未满 18 周岁每天的使用时间有限，今天的已经用完了，明天再来。",
        "Learners under 18 have limited time a day here, and today's is used. Come back tomorrow.",
    ),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not: an HTTP status, and a sentence in the learner's language that says what to do."""

    why: Why
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

    async def refusal(self, caller: Caller, message: str, locale: str | None = None) -> Refusal | None:
        """None when the turn may begin; `locale` is the interface's."""
        why = "too_long" if len(message) > self._most else await self._turned_away(caller)
        return self._told(why, locale_of(message[: self._most], locale)) if why else None

    async def _turned_away(self, caller: Caller) -> Why | None:
        known = await self._known(caller) if caller.kind == "learner" else None
        return _missing(caller, known, self._version) or (await self._late(known) if known else None)

    def _told(self, why: Why, locale: Locale) -> Refusal:
        chinese, english = _SAID[why]
        begins, ends = self._pace.night or (None, None)
        said = (english if locale == "en" else chinese).format(
            most=self._most,
            version=self._version,
            begins=begins and f"{begins:%H:%M}",
            ends=ends and f"{ends:%H:%M}",
        )
        return Refusal(why, 413 if why == "too_long" else 403, to_traditional(said) if locale == "zh-Hant" else said)

    async def _late(self, learner: Learner) -> Why | None:
        """Why a minor is asked to stop for today; None for everybody else, and for who has time left."""
        if learner.age_band not in ("under_14", "14_to_17"):
            return None
        if self._pace.night and self._pace.is_night():
            return "night"
        try:
            asked = await asyncio.to_thread(
                self._state.learners.asked_since, learner.id, self._pace.now() - LOOKED_BACK
            )
        except StateUnavailable:
            return None
        return "day_over" if self._pace.used_up(learner.age_band, asked) else None

    async def _known(self, caller: Caller) -> Learner | None:
        try:
            return await asyncio.to_thread(self._state.learners.get, caller.learner)
        except StateUnavailable:
            # Where terms are to be agreed to, one who may not have agreed is not answered; else nobody loses an answer.
            if self._version:
                raise
            return None


def _missing(caller: Caller, learner: Learner | None, version: str | None) -> Why | None:
    """What has to be agreed to before a turn; None when nothing is. No version asks for no consent.

    `learner` is what a portal user told of themselves; visitors carry their consent in their token.
    """
    if caller.kind in ("open", "operator"):
        return None
    if learner and learner.age_band == "under_14" and not learner.guardian_consent:
        return "guardian"
    agreed = learner.consent_version if learner and caller.kind == "learner" else caller.consent
    return "consent" if version and agreed != version else None
