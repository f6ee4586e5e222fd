"""Any OpenAI-compatible chat endpoint, so that bare models and other people's tutors stand in the same table."""

import uuid
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import openai
from openai.types.chat import ChatCompletionMessageParam

from companion.events import Done, Event, TextAdded, TurnStarted
from companion.heard import Ask
from eval.address import without_login
from eval.errors import SubjectUnreachable
from eval.reply import Passage
from eval.text import mode_of

# The one rule that a bare model is given, so that it knows what it is there for.
_ROLE = (
    "你是学习平台的学习助手，用学习者的语言简短回答学习问题、推荐课程。"
    "不知道就直说不知道，不要编造课程、学分、费用和日期。"
)
_REMEMBERED = 12


class ChatModel:
    """A chat endpoint, asked with the conversation so far and nothing else. It has no sources, so it cites none.

    Its replies carry no mode: one that says it does not know counts as `catalogue`, one that declines as `declined`,
    every other as `generated`.
    """

    def __init__(self, base_url: str, model: str, api_key: str = "none", seconds: float = 180.0) -> None:
        self.name = f"bare {model}"
        self.salt = ""
        self._url, self._model = without_login(base_url), model
        self._client = openai.AsyncOpenAI(base_url=base_url, api_key=api_key, timeout=seconds, max_retries=1)
        self._said: dict[str, list[ChatCompletionMessageParam]] = {}

    def about(self) -> dict[str, Any]:
        """Its address and its model."""
        return {"subject": self.name, "base_url": self._url, "model": self._model}

    async def reply(self, ask: Ask) -> AsyncGenerator[Event, None]:
        """One turn."""
        conversation = ask.conversation_id or str(uuid.uuid4())
        said = self._said.setdefault(conversation, [])
        said.append({"role": "user", "content": ask.message})
        yield TurnStarted(str(uuid.uuid4()), conversation)
        text, usage = "", dict[str, float]()
        try:
            stream = await self._client.chat.completions.create(
                model=self._model,
                messages=[{"role": "system", "content": _ROLE}, *said[-_REMEMBERED:]],
                temperature=0.0,
                seed=0,
                max_tokens=300,
                stream=True,
                stream_options={"include_usage": True},
            )
            async for chunk in stream:
                if chunk.usage:
                    usage = {
                        "prompt_tokens": chunk.usage.prompt_tokens,
                        "completion_tokens": chunk.usage.completion_tokens,
                    }
                if chunk.choices and (delta := chunk.choices[0].delta.content):
                    text += delta
                    yield TextAdded(delta)
        except openai.APIConnectionError as error:
            raise SubjectUnreachable(f"nobody answers at {self._url}; is it an OpenAI-compatible endpoint?") from error
        said.append({"role": "assistant", "content": text})
        yield Done(mode_of(text), None, usage=usage)

    async def catalogue(self) -> Mapping[str, Mapping[str, Any]] | None:
        """A bare model serves no courses."""
        return None

    async def content(self) -> str | None:
        """A bare model answers from nothing but itself."""
        return None

    async def ranked(self, question: str, k: int) -> list[Passage] | None:
        """A bare model searches nothing."""
        return None

    async def passage(self, passage_id: str) -> str | None:
        """A bare model has no passages."""
        return None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
