"""POST /v1/chat: a turn as server-sent events, JSON lines or one JSON object, by Accept."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from fastapi.sse import EventSourceResponse, format_sse_event
from pydantic import BaseModel, ConfigDict, Field

from companion.events import Event, Failed, name_of, payload, whole_answer
from companion.heard import Style
from companion.http.problems import AsciiJSONResponse, Problem, ascii_json
from companion.turn import Ask, Companion

_SSE, _NDJSON, _JSON = "text/event-stream", "application/x-ndjson", "application/json"


class ChatRequest(BaseModel):
    """What a learner sends."""

    model_config = ConfigDict(extra="forbid")

    message: str
    conversation_id: str | None = Field(default=None, pattern=r"^[\w-]{1,64}$")
    locale: str | None = Field(default=None, max_length=20)
    audience: str | None = Field(default=None, max_length=40)
    style: Style = "answer"
    course_id: str | None = Field(default=None, max_length=200)
    lesson_id: str | None = Field(default=None, max_length=200)


def chat_router(companion: Companion, message_max_characters: int) -> APIRouter:
    """The chat door over one companion."""
    router = APIRouter(prefix="/v1", tags=["chat"])

    @router.post("/chat", responses={200: {"content": {_SSE: {}, _NDJSON: {}, _JSON: {}}}})
    async def chat(asked: ChatRequest, request: Request) -> Response:
        if len(asked.message) > message_max_characters:
            return Problem(413, f"a message may have {message_max_characters} characters; shorten it")
        events = companion.reply(Ask(**asked.model_dump()))
        match _wanted(request.headers.get("accept", "")):
            case "text/event-stream":
                return EventSourceResponse(_as_sse(events), headers=_STREAM_HEADERS)
            case "application/x-ndjson":
                return StreamingResponse(_as_lines(events), media_type=_NDJSON, headers=_STREAM_HEADERS)
        finished = [event async for event in events]
        if isinstance(failed := finished[-1], Failed):
            return Problem(failed.status, failed.detail, {"Retry-After": "5"})
        return AsciiJSONResponse(whole_answer(finished))

    return router


_STREAM_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def _wanted(accept: str) -> str:
    """The first of our media types that Accept names; JSON for those who name none."""
    named = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    return next((part for part in named if part in (_SSE, _NDJSON, _JSON)), _JSON)


async def _as_sse(events: AsyncGenerator[Event, None]) -> AsyncIterator[bytes]:
    async with aclosing(events) as turn:
        number = 0
        async for event in turn:
            number += 1
            yield format_sse_event(data_str=ascii_json(payload(event)), event=name_of(event), id=str(number))


async def _as_lines(events: AsyncGenerator[Event, None]) -> AsyncIterator[bytes]:
    async with aclosing(events) as turn:
        async for event in turn:
            yield ascii_json({"event": name_of(event), **payload(event)}).encode("ascii") + b"\n"
