"""How much of the model's window goes to what."""

from collections.abc import Sequence
from dataclasses import dataclass

from course_index.tokens import count_tokens
from retrieval.context import Context

# Rules, question and the marks between them.
_OVERHEAD_TOKENS = 700
# Our counter's tokens (cl100k) are not the model's: so much of the window is left free for the difference.
_MARGIN = 0.85


@dataclass(frozen=True, slots=True)
class Budget:
    """The model's window and how much of it the reply may fill, in tokens."""

    window: int
    reply: int

    def share(self, part: float) -> int:
        """Tokens that are a part of what the window has room for."""
        return int(part * self._room())

    def fitting(self, contexts: Sequence[Context]) -> list[Context]:
        """The contexts that there is room for beside rules, history and reply; the best first, that one surely."""
        room = self.share(0.8)
        kept: list[Context] = []
        for context in contexts:
            room -= count_tokens(context.text)
            if kept and room < 0:
                break
            kept.append(context)
        return kept

    def _room(self) -> int:
        return max(200, int(self.window * _MARGIN) - self.reply - _OVERHEAD_TOKENS)
