"""A deployment of ours at any address, through its public doors only."""

import json
import uuid
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import httpx

from companion.events import Event, Failed
from companion.heard import Ask
from eval.address import without_login
from eval.content import name_of
from eval.errors import SubjectUnreachable
from eval.reply import Passage, event_of

_PAGES = 500


class OverHttp:
    """The service at `base_url`; one that wants to know who asks is told by `token`."""

    name = "companion over HTTP"

    def __init__(self, base_url: str, token: str | None = None, seconds: float = 180.0) -> None:
        self._url = without_login(base_url.rstrip("/"))
        told = httpx.URL(base_url)
        self._client = httpx.AsyncClient(
            base_url=self._url,
            # Not in the address, which errors repeat.
            auth=(told.username, told.password) if told.username else None,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=httpx.Timeout(seconds, connect=10.0),
        )
        self.salt = f"-{uuid.uuid4().hex[:8]}"
        self._texts: dict[str, str | None] = {}
        self._catalogue: dict[str, dict[str, Any]] | None = None

    def about(self) -> dict[str, Any]:
        """Its address."""
        return {"subject": self.name, "base_url": self._url}

    async def readiness(self) -> dict[str, Any]:
        """What the deployment says of its index and its model. Raises SubjectUnreachable."""
        response = await self._get("/readyz")
        return dict(response.json())

    async def reply(self, ask: Ask) -> AsyncGenerator[Event, None]:
        """One turn over POST /v1/chat as JSON lines."""
        body = {
            "message": ask.message,
            "conversation_id": ask.conversation_id,
            "locale": ask.locale,
            "audience": ask.audience,
            "style": ask.style,
            "course_id": ask.course_id,
            "lesson_id": ask.lesson_id,
        }
        sent = {name: value for name, value in body.items() if value is not None}
        try:
            async with self._client.stream(
                "POST", "/v1/chat", json=sent, headers={"Accept": "application/x-ndjson"}
            ) as response:
                if response.status_code != 200:
                    yield Failed(
                        f"HTTP {response.status_code}", (await response.aread()).decode()[:500], response.status_code
                    )
                    return
                async for line in response.aiter_lines():
                    if line.strip():
                        yield event_of(json.loads(line))
        except httpx.ConnectError as error:
            raise SubjectUnreachable(f"nobody answers at {self._url}; is the service started?") from error

    async def catalogue(self) -> Mapping[str, Mapping[str, Any]] | None:
        """Every page of GET /v1/courses, looked up once."""
        if self._catalogue is None:
            self._catalogue = await self._courses()
        return self._catalogue

    async def _courses(self) -> dict[str, dict[str, Any]]:
        courses: dict[str, dict[str, Any]] = {}
        for page in range(1, _PAGES):
            body = (await self._get("/v1/courses", page=page)).json()
            courses |= {course["course_id"]: course for course in body["courses"]}
            if page >= body["pages"]:
                break
        return courses

    async def content(self) -> str | None:
        """The records that it shows, and the generation of its index where it tells."""
        index = (await self.readiness()).get("index", {})
        return name_of(index.get("generation"), index.get("passages"), await self.catalogue())

    async def ranked(self, question: str, k: int) -> list[Passage] | None:
        """The service has no door to its bare search: the sources of a turn are looked at instead."""
        return None

    async def passage(self, passage_id: str) -> str | None:
        """GET /v1/passages/{id}."""
        if passage_id not in self._texts:
            response = await self._client.get(f"/v1/passages/{passage_id}")
            self._texts[passage_id] = response.json()["text"] if response.status_code == 200 else None
        return self._texts[passage_id]

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _get(self, path: str, **query: Any) -> httpx.Response:
        try:
            return (await self._client.get(path, params=query)).raise_for_status()
        except httpx.ConnectError as error:
            raise SubjectUnreachable(f"nobody answers at {self._url}; is the service started?") from error
        except httpx.HTTPError as error:
            raise SubjectUnreachable(f"{self._url}{path}: {error}; is this the address of a companion?") from error
