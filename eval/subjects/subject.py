"""What every subject of an evaluation does: a question in, events out."""

import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Protocol

from companion.events import Event, Failed
from companion.heard import Ask
from eval.errors import SubjectUnreachable
from eval.reply import Passage, Reply


class Subject(Protocol):
    """A tutor, or what stands in for one."""

    name: str
    # Goes into the ids of conversations: of its own in every run, where what was said in an earlier run is remembered.
    salt: str

    def about(self) -> dict[str, Any]:
        """What distinguishes it: address, model, settings, index. Never a secret."""

    def reply(self, ask: Ask) -> AsyncGenerator[Event, None]:
        """The events of one turn."""

    async def catalogue(self) -> Mapping[str, Mapping[str, Any]] | None:
        """The records of the courses that it serves, by id; None where it has no catalogue."""

    async def content(self) -> str | None:
        """Names what it answers from: other lessons or records, another name. None where it has none of its own."""

    async def ranked(self, question: str, k: int) -> list[Passage] | None:
        """The passages that its search finds, best first; None where it has no search to look into."""

    async def passage(self, passage_id: str) -> str | None:
        """The whole text of a passage."""

    async def close(self) -> None:
        """Give back what it holds."""


async def heard(subject: Subject, ask: Ask) -> Reply:
    """One turn, with the time at which each event came. A turn that breaks is heard as Failed.

    Raises SubjectUnreachable when nobody is there, which ends an evaluation rather than counting against the subject.
    """
    events: list[Event] = []
    at: list[float] = []
    started = time.perf_counter()
    try:
        async with aclosing(subject.reply(ask)) as turn:
            async for event in turn:
                events.append(event)
                at.append((time.perf_counter() - started) * 1_000)
    except SubjectUnreachable:
        raise
    except Exception as error:  # whatever the subject does wrong is a finding, not the end of the evaluation
        events.append(Failed("The turn broke", f"{type(error).__name__}: {error}", 500))
        at.append((time.perf_counter() - started) * 1_000)
    return Reply(tuple(events), tuple(at))
