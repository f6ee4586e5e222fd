"""What the turn needs of a language model."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from companion.events import FallbackReason
from prompts import Prompt


class ModelUnavailable(Exception):
    """The model gave no (whole) answer; `reason` says why in the words of the `done` event."""

    def __init__(self, reason: FallbackReason, detail: str) -> None:
        super().__init__(detail)
        self.reason: FallbackReason = reason


class AnswerCut(ModelUnavailable):
    """The model works, and came to the end of its tokens before it came to the end of what it had to say."""

    def __init__(self, detail: str) -> None:
        super().__init__("llm_cut", detail)


@dataclass(frozen=True, slots=True)
class Counted:
    """The tokens of a call, as the endpoint counted them."""

    prompt_tokens: int
    completion_tokens: int


class LanguageModel(Protocol):
    """Writes."""

    def write(self, prompt: Prompt, max_tokens: int | None = None) -> AsyncGenerator[str | Counted, None]:
        """Stream the answer, and at the end its tokens where the endpoint counts them.

        Raises ModelUnavailable, also halfway, when it fails or keeps the learner waiting.
        """
        ...
