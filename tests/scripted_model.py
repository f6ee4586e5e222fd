"""A model that says what a test tells it to."""

from collections.abc import AsyncIterator

from companion.language_model import ModelUnavailable
from prompts import Prompt


class ScriptedModel:
    """A model that says what it is told to, chunk by chunk, and remembers what it was asked."""

    def __init__(self, *chunks: str | ModelUnavailable) -> None:
        self.chunks = chunks
        self.prompts: list[Prompt] = []

    async def write(self, prompt: Prompt) -> AsyncIterator[str]:
        self.prompts.append(prompt)
        for chunk in self.chunks:
            if isinstance(chunk, ModelUnavailable):
                raise chunk
            yield chunk
