"""Our tutor inside this process, over an index in a folder."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Any

from companion.build import build
from companion.catalogue import public_record
from companion.events import Event
from companion.heard import Ask
from companion.settings import CompanionSettings
from companion.turn import Companion
from course_index.course import Course
from course_index.embedders.embedder import Embedder
from eval.address import without_login
from eval.content import content_of
from eval.reply import Passage
from retrieval.search import Search


class InProcess:
    """The companion that these settings build; what it remembers is kept in the settings' data folder."""

    name = "companion"
    salt = ""

    def __init__(self, settings: CompanionSettings, embedder: Embedder, companion: Companion | None = None) -> None:
        self.settings = settings
        self.companion = companion or build(settings, embedder)

    @property
    def search(self) -> Search:
        """The search of the open index."""
        return self.companion.index.search

    def about(self) -> dict[str, Any]:
        """Its settings without secrets, its model, its index."""
        counts = self.search.records.counts()
        secrets = {"llm_api_key", "embedder_api_key", "reranker_api_key"}
        told = self.settings.model_dump(mode="json", exclude=secrets, exclude_defaults=True)
        return {
            "subject": self.name,
            "model": self.settings.llm_model if self.settings.llm_base_url else None,
            "index": {"courses": counts.courses, "lessons": counts.lessons, "passages": counts.passages},
            "settings": {
                name: without_login(value) if isinstance(value, str) else value for name, value in told.items()
            },
        }

    def reply(self, ask: Ask) -> AsyncGenerator[Event, None]:
        """One turn."""
        return self.companion.reply(ask)

    async def catalogue(self) -> Mapping[str, Mapping[str, Any]] | None:
        """Every course of the index."""
        records = self.search.records
        return catalogue_of(records.courses(records.course_ids()).values())

    async def content(self) -> str | None:
        """That of the index."""
        return await asyncio.to_thread(content_of, self.search.records)

    async def ranked(self, question: str, k: int) -> list[Passage] | None:
        """What the search finds, before anything is folded or chosen."""
        return await asyncio.to_thread(self._ranked, question, k)

    def _ranked(self, question: str, k: int) -> list[Passage]:
        found = [one.id for one in self.search.read(self.search.query(question), k)]
        texts = self.search.records.passages(found)
        return [Passage(id_, texts[id_].course_id, texts[id_].text) for id_ in found if id_ in texts]

    async def passage(self, passage_id: str) -> str | None:
        """The whole text of a passage."""
        found = await asyncio.to_thread(self.search.records.passages, [passage_id])
        return found[passage_id].text if passage_id in found else None

    async def close(self) -> None:
        """Close the index."""
        await self.companion.remembering.settle()
        self.companion.index.close()


def catalogue_of(courses: Iterable[Course]) -> dict[str, dict[str, Any]]:
    """The records by id, as suites look at them."""
    return {
        course.id: {"title": course.title, "subjects": list(course.subjects), **public_record(course)}
        for course in courses
    }
