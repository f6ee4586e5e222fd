"""Moderation: what is asked, and what a model answers, against rules; further checkers stand behind the same seam."""

import logging
import time
from pathlib import Path
from typing import Literal, Protocol

from companion.safety.bounds import BUILT_IN, Bounds, Refusal
from companion.words import Locale

Side = Literal["input", "output"]
log = logging.getLogger(__name__)
_LOOK_AGAIN_SECONDS = 1.0


class Moderator(Protocol):
    """Judges what a learner asks (input) and what a model writes (output)."""

    async def check(self, text: str, locale: Locale, side: Side) -> Refusal | None:
        """Why a text is refused and where to go instead; None when it may pass."""
        ...


class KeywordModerator:
    """The rules that ship, and an operator's file of the same form, read again when it changes."""

    def __init__(self, crisis_hotline: str, own_rules: Path | None = None) -> None:
        self._hotline = crisis_hotline
        self._built_in = Bounds(BUILT_IN, crisis_hotline)
        self._path = own_rules
        # Rules that cannot be read at the start are an error in the settings; later the last good ones stay.
        self._own = Bounds(own_rules, crisis_hotline) if own_rules else None
        self._seen = self._stamp()
        self._looked_at = time.monotonic()

    async def check(self, text: str, locale: Locale, side: Side) -> Refusal | None:
        """The first rule that holds, the operator's before ours."""
        self._reload()
        own = self._own.check(text, locale, side) if self._own else None
        return own or self._built_in.check(text, locale, side)

    def _reload(self) -> None:
        if self._path is None or time.monotonic() - self._looked_at < _LOOK_AGAIN_SECONDS:
            return
        self._looked_at = time.monotonic()
        if (stamp := self._stamp()) == self._seen:
            return
        self._seen = stamp
        try:
            self._own = Bounds(self._path, self._hotline)
            log.info("moderation rules read again from %s", self._path)
        except (OSError, ValueError, KeyError) as error:
            log.warning("moderation rules in %s cannot be read, the last good ones stay: %s", self._path, error)

    def _stamp(self) -> tuple[int, int] | None:
        if self._path is None:
            return None
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size
