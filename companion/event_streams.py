"""Streams of a turn's events, and how one is made of others."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from companion.events import Done, Event, Mode, TextAdded


async def said(text: str, mode: Mode = "catalogue") -> AsyncGenerator[Event, None]:
    """A turn of one fixed text, or of none."""
    if text:
        yield TextAdded(text)
    yield Done(mode, None)


async def told_or(
    tell: Callable[[], Sequence[Event]], otherwise: AsyncGenerator[Event, None]
) -> AsyncGenerator[Event, None]:
    """A turn of the events that `tell`, which may block, comes to; where there are none, the other."""
    async with aclosing(otherwise) as events:
        told = await asyncio.to_thread(tell)
        for event in told:
            yield event
        if told:
            return
        async for event in events:
            yield event


async def with_words_below(steps: AsyncGenerator[Event, None], more: str) -> AsyncGenerator[Event, None]:
    """A turn with some words below it, or with nothing else where it says nothing."""
    says = False
    async with aclosing(steps) as events:
        async for event in events:
            says = says or isinstance(event, TextAdded)
            if isinstance(event, Done):
                yield TextAdded(f"\n\n{more}" if says else more)
            yield event
