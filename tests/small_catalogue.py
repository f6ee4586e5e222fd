"""A tutor over a few records, without a model, and a talk with it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio

from companion.build import assemble
from companion.events import CoursesFound, Done, TextAdded
from companion.heard import Ask
from companion.settings import CompanionSettings
from companion.state.book import NotedNeed
from companion.state.state import State, open_state
from companion.turn import Companion
from course_index.build import build_index
from course_index.embedders.embedder import Embedder
from course_index.store.generations import IndexHome
from retrieval.live import LiveIndex

TODAY = date(2026, 11, 24)


@dataclass(frozen=True, slots=True)
class Told:
    """What one message got."""

    text: str
    titles: tuple[str, ...]
    reasons: tuple[str, ...]
    mode: str


def indexed(folder: Path, records: Sequence[dict[str, Any]], embedder: Embedder) -> IndexHome:
    """An index of records; each needs a title at least."""
    (folder / "catalogue").mkdir()
    lines = [json.dumps({"id": f"c{n}", "provider": "甲校", **record}) for n, record in enumerate(records)]
    (folder / "catalogue" / "courses.jsonl").write_text("\n".join(lines), "utf-8")
    home = IndexHome(folder / "index")
    build_index([folder / "catalogue"], home, embedder)
    return home


@contextmanager
def tutor_over(home: IndexHome, embedder: Embedder, folder: Path) -> Iterator[tuple[Companion, State]]:
    """The tutor that ships over an index, with state of its own, on TODAY."""
    live, state = LiveIndex(home, embedder), open_state(folder / "state.db", conversation_days=30)
    live.refresh()
    settings = CompanionSettings(aigc_producer="test")
    yield (
        assemble(settings, live, None, state.conversations, state.spending, book=state.book, today=lambda: TODAY),
        state,
    )
    live.close()
    state.close()


def talk(
    companion: Companion, *messages: str, conversation: str = "talk", learner: str = "", course_id: str | None = None
) -> list[Told]:
    """A conversation, and what each message got; all that is noted behind it is written down at its end."""

    async def turns() -> list[Told]:
        told = []
        for message in messages:
            events = [
                one async for one in companion.reply(Ask(message, conversation, learner=learner, course_id=course_id))
            ]
            text = "".join(one.text for one in events if isinstance(one, TextAdded))
            cards = [card for one in events if isinstance(one, CoursesFound) for card in one.courses]
            (mode,) = (one.mode for one in events if isinstance(one, Done))
            told.append(Told(text, tuple(one.title for one in cards), tuple(one.reason for one in cards), mode))
        await companion.remembering.settle()
        return told

    return anyio.run(turns)


def unmet(state: State) -> list[NotedNeed]:
    """The needs that were counted in the last hour."""
    now = datetime.now(UTC)
    return state.book.unmet(now - timedelta(hours=1), now + timedelta(hours=1))
