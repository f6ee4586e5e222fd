"""A model that says what a test tells it to."""

from collections.abc import AsyncGenerator

from companion.writing.language_model import Counted, ModelUnavailable
from prompts import Prompt

# Forty sentences that the first article of the tiny library bears, no two the same.
BORNE = [
    f"{lead}{lost}的，保过价的，{how}赔。[1]\n"
    for lead in ("", "一般来说，", "另外，", "所以，", "也就是说，")
    for lost in ("快件丢失", "快件损坏", "寄的快件丢失", "寄的快件损坏")
    for how in ("按寄件时约定的保价规则", "按约定的保价规则")
]
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
