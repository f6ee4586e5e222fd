"""The language model behind any OpenAI-compatible endpoint, through LangChain: the one file that knows it."""

import asyncio
import traceback
from collections.abc import AsyncGenerator
from contextlib import aclosing

import httpx
import openai
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI

from companion.settings import CompanionSettings
from companion.writing.language_model import AnswerCut, Counted, ModelUnavailable
from prompts import Prompt


class OpenAICompatible:
    """An OpenAI-compatible chat endpoint, held to a time for the first token and a time for the whole."""

    def __init__(self, settings: CompanionSettings) -> None:
        self._url = settings.llm_base_url
        self._first_token_seconds = settings.llm_first_token_seconds
        self._answer_seconds = settings.llm_answer_seconds
        self._model = ChatOpenAI(
            base_url=settings.llm_base_url,
            model=settings.llm_model,
            api_key=settings.llm_api_key,
            temperature=0.0,
            max_completion_tokens=settings.llm_max_tokens,
            max_retries=0,  # a retry would cost the learner the time that the quoted answer needs
            timeout=settings.llm_answer_seconds,
            streaming=True,
            stream_usage=True,
        )

    async def write(self, prompt: Prompt, max_tokens: int | None = None) -> AsyncGenerator[str | Counted, None]:
        """Stream the answer, and its tokens at the end."""
        messages: list[BaseMessage] = [SystemMessage(prompt.system), HumanMessage(prompt.user)]
        limits: dict[str, int] = {} if max_tokens is None else {"max_completion_tokens": max_tokens}
        whole = asyncio.get_running_loop().time() + self._answer_seconds
        limit = min(whole, asyncio.get_running_loop().time() + self._first_token_seconds)
        is_whole = is_cut = False
        try:
            async with aclosing(self._model.astream(messages, **limits)) as chunks:  # type: ignore[type-var,arg-type]
                while True:
                    async with asyncio.timeout_at(limit):
                        chunk = await anext(chunks, None)
                    if chunk is None:
                        break
                    if text := chunk.text:
                        limit = whole
                        yield text
                    is_cut = is_cut or chunk.response_metadata.get("finish_reason") == "length"
                    is_whole = is_whole or "finish_reason" in chunk.response_metadata or bool(chunk.usage_metadata)
                    if used := chunk.usage_metadata:
                        yield Counted(used["input_tokens"], used["output_tokens"])
        except TimeoutError as error:
            raise ModelUnavailable("llm_slow", f"{self._url} kept the learner waiting") from error
        except openai.APITimeoutError as error:
            raise ModelUnavailable("llm_slow", f"{self._url} timed out") from error
        except openai.APIConnectionError as error:
            raise ModelUnavailable(
                "llm_unreachable", f"no reply from {self._url}; is COMPANION_LLM_BASE_URL right?"
            ) from error
        except (openai.OpenAIError, httpx.HTTPError, ValueError, TypeError, KeyError, AttributeError) as error:
            # What is no chat completion fails wherever the parser first misses something.
            _let_go(error)
            raise ModelUnavailable("llm_failed", f"{self._url} answered {type(error).__name__}") from error
        if not is_whole:
            # Whoever ends an answer says so: a server that dies closes a stream just as one that is done.
            raise ModelUnavailable("llm_failed", f"{self._url} broke off in the middle")
        if is_cut:
            raise AnswerCut(f"{self._url} came to the end of its tokens; is COMPANION_LLM_MAX_TOKENS too low?")


def _let_go(error: BaseException) -> None:
    """Free what the frames of an error hold: half-read streams, which would else stay open until they are collected."""
    seen: BaseException | None = error
    while seen is not None:
        traceback.clear_frames(seen.__traceback__)
        seen = seen.__cause__ or seen.__context__
