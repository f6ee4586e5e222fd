"""What a call of the model used up, and the day's budget."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or more calls; the cost is in the currency that the operator's prices are in, 0 without prices."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cost + other.cost,
        )


@dataclass(frozen=True, slots=True)
class Prices:
    """What a million tokens cost."""

    prompt: float = 0.0
    completion: float = 0.0

    def usage(self, prompt_tokens: int, completion_tokens: int) -> Usage:
        """The tokens with their cost."""
        cost = (prompt_tokens * self.prompt + completion_tokens * self.completion) / 1_000_000
        return Usage(prompt_tokens, completion_tokens, round(cost, 6))


class Spending(Protocol):
    """The day's account."""

    def add(self, used: Usage) -> None:
        """Count one call."""
        ...

    def tokens_today(self) -> int:
        """Tokens read and written since midnight UTC."""
        ...
