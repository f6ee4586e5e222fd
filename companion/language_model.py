"""What the turn needs of a language model."""

from collections.abc import AsyncGenerator
from typing import Protocol

from companion.events import FallbackReason
from prompts import Prompt


class ModelUnavailable(Exception):
    """The model gave no (whole) answer; `reason` says why in the words of the `done` event."""

    def __init__(self, reason: FallbackReason, detail: str) -> None:
        super().__init__(detail)
        self.reason: FallbackReason = reason


class LanguageModel(Protocol):
    """Writes."""

    def write(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        """Stream the answer. Raises ModelUnavailable, also halfway, when it fails or keeps the learner waiting."""
        ...
