"""POST /v1/chat: a turn as server-sent events, JSON lines or one JSON object, by Accept; and its resumption."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import Response, StreamingResponse
from fastapi.sse import EventSourceResponse, format_sse_event
from pydantic import BaseModel, ConfigDict, Field

from companion.admission import Admission
from companion.events import joined
from companion.heard import Ask, Style
from companion.http.gate import caller_of
from companion.http.problems import AsciiJSONResponse, Problem, ascii_json, may_be
from companion.http.wire import ChatAnswer
from companion.remembering import Remembering
from companion.turns import KeyUsedOtherwise, Numbered, TooManyTurns, Turns

_SSE, _NDJSON, _JSON = "text/event-stream", "application/x-ndjson", "application/json"
_STREAMS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The turn, by `Accept`: one JSON object; server-sent events, each a ServerSentEvent with "
        "its `data` as JSON in one line; or JSON lines, each a JsonLine. A stream ends with one `done` or "
        "`error`. Lines that begin with a colon keep the connection open.",
        "content": {
            _SSE: {"schema": {"$ref": "#/components/schemas/ServerSentEvent"}},
            _NDJSON: {"schema": {"$ref": "#/components/schemas/JsonLine"}},
        },
    }
}
_NO_SUCH_TURN = "There is no such turn, or not any more: turns can be taken up again for some minutes."


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
    # Whether advice may use what is known of the learner.
    personalised: bool = True


def chat_router(turns: Turns, remembering: Remembering, admission: Admission) -> APIRouter:
    """The chat door. A learner's turns and conversations are theirs alone."""
    router = APIRouter(prefix="/v1", tags=["chat"])

    @router.post("/chat", response_model=ChatAnswer, responses=_STREAMS | may_be(404, 413))
    async def chat(
        asked: ChatRequest,
        request: Request,
        idempotency_key: Annotated[str | None, Header(max_length=128)] = None,
    ) -> Response:
        """One turn. Sent again with the same Idempotency-Key, the same turn is told again, not answered anew."""
        caller = caller_of(request)
        if refusal := await admission.refusal(caller, asked.message, asked.locale):
            return Problem(refusal.status, refusal.detail)
        learner = caller.learner
        if asked.conversation_id and not await remembering.is_of(asked.conversation_id, learner):
            return Problem(404, "there is no such conversation; leave conversation_id out to begin one")
        try:
            turn_id = await turns.begin(Ask(**asked.model_dump(), learner=learner), idempotency_key)
        except TooManyTurns:
            return Problem(503, "Too many learners are asking at once; please try again.", {"Retry-After": "5"})
        except KeyUsedOtherwise:
            return Problem(422, "this Idempotency-Key came before, with another request")
        return await _told(turns.follow(turn_id), request)

    @router.get("/chat/turns/{turn_id}/events", response_model=ChatAnswer, responses=_STREAMS | may_be(404))
    async def resume(
        turn_id: str, request: Request, last_event_id: Annotated[int, Header(ge=0, le=1_000_000)] = 0
    ) -> Response:
        """The events of a turn after Last-Event-ID, for who lost the connection."""
        if await turns.owner(turn_id) != caller_of(request).learner:
            return Problem(404, _NO_SUCH_TURN)
        return await _told(turns.follow(turn_id, last_event_id), request, default=_SSE)

    @router.delete("/chat/turns/{turn_id}", status_code=202, response_class=Response, responses=may_be(404))
    async def cancel(turn_id: str, request: Request) -> Response:
        """Stop a turn: the model's connection is closed."""
        if await turns.owner(turn_id) != caller_of(request).learner:
            return Problem(404, _NO_SUCH_TURN)
        await turns.cancel(turn_id)
        return Response(status_code=202)

    return router


_STREAM_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


async def _told(events: AsyncGenerator[Numbered | None, None], request: Request, default: str = _JSON) -> Response:
    match _wanted(request.headers.get("accept", ""), default):
        case "text/event-stream":
            return EventSourceResponse(_as_sse(events), headers=_STREAM_HEADERS)
        case "application/x-ndjson":
            return StreamingResponse(_as_lines(events), media_type=_NDJSON, headers=_STREAM_HEADERS)
    told = await until_its_end(events, request)
    if told is None:
        return LEFT
    if not told:
        return Problem(404, _NO_SUCH_TURN)
    if (end := told[-1]).name == "error":
        return Problem(end.data["status"], end.data["detail"], {"Retry-After": "5"})
    return AsciiJSONResponse(joined((event.name, event.data) for event in told))


# Nobody reads it; logs and figures have it.
LEFT = Response(status_code=499)


async def until_its_end(events: AsyncGenerator[Numbered | None, None], request: Request) -> list[Numbered] | None:
    """All events of a turn; None when who asked has left meanwhile: then it has a reader less."""
    told = []
    async with aclosing(events) as turn:
        async for event in turn:
            if await request.is_disconnected():
                return None
            if event:
                told.append(event)
    return told


def _wanted(accept: str, default: str) -> str:
    """The first of our media types that Accept names; the default for those who name none."""
    named = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    return next((part for part in named if part in (_SSE, _NDJSON, _JSON)), default)


async def _as_sse(events: AsyncGenerator[Numbered | None, None]) -> AsyncIterator[bytes]:
    async with aclosing(events) as turn:
        async for event in turn:
            if event is None:
                yield b": still here\n\n"
            else:
                yield format_sse_event(data_str=ascii_json(event.data), event=event.name, id=str(event.number))


async def _as_lines(events: AsyncGenerator[Numbered | None, None]) -> AsyncIterator[bytes]:
    async with aclosing(events) as turn:
        async for event in turn:
            if event:
                yield ascii_json({"event": event.name, **event.data}).encode("ascii") + b"\n"
