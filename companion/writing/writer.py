"""The model as the turn uses it: left alone while it fails, held to the day's budget, every token counted."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from companion.events import Aigc
from companion.words import Words
from companion.writing.circuit import Circuit
from companion.writing.language_model import AnswerCut, Counted, LanguageModel, ModelUnavailable
from companion.writing.usage import Prices, Spending, Usage
from course_index.tokens import count_tokens
from prompts import Prompt

Count = Callable[[Usage], None]
log = logging.getLogger(__name__)

_STOPPING = "the service is being stopped, and waits for no model"


class Writer:
    """A model with its circuit, its prices and the day's budget in tokens; no budget is None."""

    def __init__(
        self,
        model: LanguageModel | None,
        circuit: Circuit,
        spending: Spending,
        prices: Prices | None = None,
        daily_tokens: int | None = None,
        producer: str = "",
    ) -> None:
        self.has_model = model is not None
        self.circuit = circuit
        self._model = model
        self._spending = spending
        self._prices = prices or Prices()
        self._daily_tokens = daily_tokens
        self._producer = producer
        self._counting: set[asyncio.Task[None]] = set()
        self._not_counted = Usage()
        self._waiting: set[asyncio.Timeout] = set()
        self._is_left = False

    def without_budget(self) -> "Writer":
        """The same model with nothing left to spend."""
        return Writer(self._model, self.circuit, self._spending, self._prices, 0, self._producer)

    def without_model(self) -> "Writer":
        """None at all."""
        return Writer(None, self.circuit, self._spending, producer=self._producer)

    def leave_model(self) -> None:
        """Wait for the model no longer, wherever a turn does now or would: each ends with what was found."""
        if not self._is_left:
            self._is_left = True
            for patience in self._waiting:
                patience.reschedule(0)

    async def write(self, prompt: Prompt, count: Count, max_tokens: int | None = None) -> AsyncGenerator[str, None]:
        """Stream what the model writes; `count` gets its usage, also of a call that broke off.

        Raises ModelUnavailable.
        """
        assert self._model
        if self._is_left:
            raise ModelUnavailable("llm_slow", _STOPPING)
        await self._refuse_overspending()
        if not self.circuit.permits():
            raise ModelUnavailable("llm_paused", "the model failed repeatedly and is left alone for a while")
        written, counted, settled = "", None, False
        try:
            async with aclosing(self._model.write(prompt, max_tokens)) as deltas:
                while (delta := await self._next(deltas)) is not None:
                    if isinstance(delta, Counted):
                        counted = delta
                    else:
                        written += delta
                        yield delta
            self.circuit.succeeded()
            settled = True
        except AnswerCut:
            self.circuit.succeeded()
            settled = True
            raise
        except ModelUnavailable as error:
            self.circuit.failed(str(error))
            settled = True
            raise
        finally:
            if not settled:
                self.circuit.abandoned()
            self._count(prompt, written, counted, count)

    def label(self, turn_id: str, say: Words) -> Aigc:
        """The label that the law wants of text that a model wrote."""
        return Aigc("1", self._producer, turn_id, say.ai_notice)

    async def whole(self, prompt: Prompt, count: Count, max_tokens: int, seconds: float) -> str:
        """A short reply, as much of it as `max_tokens` hold.

        Raises ModelUnavailable, also when it takes longer than `seconds`.
        """
        written = ""
        try:
            async with asyncio.timeout(seconds), aclosing(self.write(prompt, count, max_tokens)) as deltas:
                async for delta in deltas:
                    written += delta
        except AnswerCut:
            pass
        except TimeoutError as error:
            raise ModelUnavailable("llm_slow", f"{prompt.name} took more than {seconds} s") from error
        return written.strip()

    async def settle(self) -> None:
        """Wait until all usage is on the account."""
        await asyncio.gather(*self._counting)

    async def _next(self, deltas: AsyncGenerator[str | Counted, None]) -> str | Counted | None:
        try:
            async with asyncio.timeout(None) as patience:
                self._waiting.add(patience)
                return await anext(deltas, None)
        except TimeoutError as error:
            raise ModelUnavailable("llm_slow", _STOPPING) from error
        finally:
            self._waiting.discard(patience)

    async def _refuse_overspending(self) -> None:
        if self._daily_tokens is None:
            return
        try:
            spent = await asyncio.to_thread(self._spending.tokens_today)
        except Exception as error:
            log.warning("the day's account cannot be read (%s); the model is not asked", type(error).__name__)
            raise ModelUnavailable("llm_budget", "it cannot be read what the day's tokens are used up to") from error
        if spent >= self._daily_tokens:
            raise ModelUnavailable("llm_budget", "the day's tokens are used up")

    async def _account(self, used: Usage) -> None:
        """Put it on the day's account, with what could not be put there before."""
        used, self._not_counted = used + self._not_counted, Usage()
        try:
            await asyncio.to_thread(self._spending.add, used)
        except Exception as error:
            self._not_counted += used
            log.warning("the day's account cannot be written (%s); it is added to the next", type(error).__name__)

    def _count(self, prompt: Prompt, written: str, counted: Counted | None, count: Count) -> None:
        if not written and not counted:
            return
        used = (
            self._prices.usage(counted.prompt_tokens, counted.completion_tokens)
            if counted
            else self._prices.usage(count_tokens(prompt.system + prompt.user), count_tokens(written))
        )
        count(used)
        # A learner who goes away ends this generator where it may not wait: the account is written behind its back.
        task = asyncio.get_running_loop().create_task(self._account(used))
        self._counting.add(task)
        task.add_done_callback(self._counting.discard)
