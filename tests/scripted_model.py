"""A model that says what a test tells it to."""

from collections.abc import AsyncGenerator

from companion.language_model import Counted, ModelUnavailable
from prompts import Prompt

Chunk = str | Counted | ModelUnavailable


class ScriptedModel:
    """Says what it is told to, chunk by chunk, and remembers what it was asked.

    `others` is what it says to prompts of other names than `answer`; to one that is not there it says nothing.
    """

    def __init__(self, *chunks: Chunk, others: dict[str, list[Chunk]] | None = None) -> None:
        self.chunks = chunks
        self.others = others or {}
        self.prompts: list[Prompt] = []

    async def write(self, prompt: Prompt, max_tokens: int | None = None) -> AsyncGenerator[str | Counted, None]:
        self.prompts.append(prompt)
        for chunk in self.chunks if prompt.name == "answer" else self.others.get(prompt.name, []):
            if isinstance(chunk, ModelUnavailable):
                raise chunk
            yield chunk

    def asked(self, name: str) -> list[Prompt]:
        """The prompts of one name."""
        return [prompt for prompt in self.prompts if prompt.name == name]
