"""Who may decline a text: rules in files, or a service; several are asked in order, none may hold up a turn."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from companion.safety.bounds import Bounds, Refusal, Side
from companion.words import Locale, to_traditional

__all__ = ["KeywordModerator", "Member", "Moderator", "Moderators", "Refusal", "Side"]

_log = logging.getLogger(__name__)


class ModerationUnreadable(Exception):
    """An operator's rules cannot be read; the message says where and why."""


# To look through so many characters takes no longer than to hand them to a thread and back.
_SHORT = 60
_LOOKED_AT_MOST_EVERY = 1.0  # seconds
_UNCHECKED = {
    "zh": "内容检查暂时用不了，这句话现在不能回答。请稍后再试。",
    "en": "Content cannot be checked just now, so this cannot be answered. Please try again later.",
}


def check_rules(path: Path) -> None:
    """Read an operator's rules. Raises ModerationUnreadable: a service that starts has no last good rules to keep."""
    try:
        Bounds(path, "")
    except (OSError, ValueError) as error:
        raise ModerationUnreadable(
            f"the moderation rules in {path} cannot be read: {error}; mend them or unset COMPANION_MODERATION_RULES"
        ) from error


class Moderator(Protocol):
    """Says whether a text is out of bounds."""

    async def check(self, text: str, locale: Locale, side: Side) -> Refusal | None:
        """The refusal for what a learner typed (input) or a model wrote (output); None lets it pass."""
        ...


class KeywordModerator:
    """The rules of bounds.toml, then those of an operator's file of the same form, which may change at any time."""

    def __init__(
        self,
        built_in: Bounds,
        crisis_hotline: str,
        operators_file: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._built_in = built_in
        self._hotline = crisis_hotline
        self._path = operators_file
        self._clock = clock
        self._looked: float | None = None
        self._seen: tuple[int, int] | None = None
        self._operators: Bounds | None = None
        self._complaint = ""

    async def check(self, text: str, locale: Locale, side: Side) -> Refusal | None:
        """The refusal of the first rule that holds."""
        if len(text) <= _SHORT:
            return self._check(text, locale, side)
        return await asyncio.to_thread(self._check, text, locale, side)

    def _check(self, text: str, locale: Locale, side: Side) -> Refusal | None:
        self._reload()
        refusal = self._built_in.check(text, locale, side)
        if refusal is None and self._operators:
            refusal = self._operators.check(text, locale, side)
        return refusal

    def _reload(self) -> None:
        """Read the operator's file when it has changed; one that cannot be read leaves the last good rules."""
        now = self._clock()
        if self._path is None or (self._looked is not None and now - self._looked < _LOOKED_AT_MOST_EVERY):
            return
        self._looked = now
        try:
            stat = self._path.stat()
            seen = (stat.st_mtime_ns, stat.st_size)
            if seen == self._seen:
                return
            self._seen = seen
            self._operators = Bounds(self._path, self._hotline)
            self._complaint = ""
        except (OSError, ValueError) as error:
            left = "the last good rules stay" if self._operators else "only the rules that ship hold"
            self._complain(f"{self._path} cannot be read, {left}: {error}")

    def _complain(self, complaint: str) -> None:
        if complaint != self._complaint:
            _log.warning(complaint)
        self._complaint = complaint


@dataclass(frozen=True, slots=True)
class Member:
    """A moderator in a chain: how long it may take, and whether a text passes that it could not check."""

    name: str
    moderator: Moderator
    seconds: float
    required: bool = False


class Moderators:
    """Several moderators asked in order; the first refusal counts. A Moderator itself."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = tuple(members)

    async def check(self, text: str, locale: Locale, side: Side) -> Refusal | None:
        """The first refusal; a required member that fails or is too slow refuses, another one is passed over."""
        for member in self._members:
            try:
                async with asyncio.timeout(member.seconds):
                    refusal = await member.moderator.check(text, locale, side)
            except Exception as error:
                # Whatever a moderator raises, the turn goes on; the text itself never reaches the log.
                _log.warning("moderator %s did not answer: %s", member.name, type(error).__name__)
                refusal = _unchecked(locale) if member.required else None
            if refusal:
                return refusal
        return None


def _unchecked(locale: Locale) -> Refusal:
    if locale == "en":
        return Refusal("unchecked", _UNCHECKED["en"])
    chinese = _UNCHECKED["zh"]
    return Refusal("unchecked", to_traditional(chinese) if locale == "zh-Hant" else chinese)
