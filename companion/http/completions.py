"""POST /v1/chat/completions and GET /v1/models: the OpenAI-compatible door, for clients that speak nothing else."""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from fastapi.sse import EventSourceResponse
from pydantic import BaseModel, ConfigDict, Field

from companion.admission import Admission
from companion.events import joined
from companion.http.gate import caller_of
from companion.http.problems import AsciiJSONResponse, ascii_json
from companion.turn import Ask
from companion.turns import Numbered, TooManyTurns, Turns

MODEL = "learning-companion"
_BEGUN = 1_767_225_600  # the service's first day, 2026-01-01; the protocol wants some date


class _TextPart(BaseModel):
    type: Literal["text"]
    text: str


class _OtherPart(BaseModel):
    type: str = Field(max_length=40)


class _Message(BaseModel):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Annotated[_TextPart | _OtherPart, Field(union_mode="left_to_right")]] | None = None

    def text(self) -> str:
        """The message without what is no text."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if isinstance(part, _TextPart))
        return self.content or ""

    def is_all_text(self) -> bool:
        """Whether we can read all of it."""
        return not isinstance(self.content, list) or all(isinstance(part, _TextPart) for part in self.content)


class _StreamOptions(BaseModel):
    include_usage: bool = False


class Completion(BaseModel):
    """A request as OpenAI's clients send it. What steers a model's sampling is taken and has no effect.

    The caller's system messages are data that is not used: the tutor's rules are its own.
    """

    model_config = ConfigDict(extra="ignore")

    messages: list[_Message] = Field(min_length=1, max_length=200)
    model: str = Field(default=MODEL, max_length=200)
    stream: bool = False
    stream_options: _StreamOptions | None = None


def completions_router(turns: Turns, admission: Admission) -> APIRouter:
    """The door. It keeps no conversation: callers bring it along."""
    router = APIRouter(prefix="/v1", tags=["openai"], route_class=_OpenAIErrors)

    @router.get("/models")
    async def models() -> Response:
        """The one model there is."""
        return AsciiJSONResponse({"object": "list", "data": [_model()]})

    @router.get("/models/{model}")
    async def model(model: str) -> Response:
        """The one model there is."""
        return AsciiJSONResponse(_model()) if model == MODEL else _error(404, f"there is no model but {MODEL}", "model")

    @router.post("/chat/completions")
    async def complete(asked: Completion, request: Request) -> Response:
        """One turn: the last message of the user is asked, those before are the conversation."""
        last, caller = asked.messages[-1], caller_of(request)
        if wrong := _unanswerable(asked):
            return wrong
        if refusal := await admission.refusal(caller, last.text()):
            return _error(refusal.status, refusal.detail)
        try:
            turn_id = await turns.begin(Ask(last.text(), learner=caller.learner, said=_said(asked.messages[:-1])))
        except TooManyTurns:
            return _error(503, "too many are asking at once; please try again")
        events = turns.follow(turn_id)
        if asked.stream:
            with_usage = bool(asked.stream_options and asked.stream_options.include_usage)
            return EventSourceResponse(_chunks(events, turns, turn_id, with_usage), headers=_STREAM_HEADERS)
        told = [event async for event in events if event]
        if told[-1].name == "error":
            return _error(told[-1].data["status"], told[-1].data["detail"])
        return AsciiJSONResponse(_whole(turn_id, told))

    return router


_STREAM_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


class _OpenAIErrors(APIRoute):
    """Errors in the shape that OpenAI's clients read."""

    def get_route_handler(self) -> Any:
        """The handler, with a body that is no completion told in that shape."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                wrong = "; ".join(f"{'.'.join(map(str, p['loc'][1:])) or 'body'}: {p['msg']}" for p in error.errors())
                return _error(400, wrong)

        return handled


def _unanswerable(asked: Completion) -> Response | None:
    if asked.model != MODEL:
        return _error(404, f"there is no model but {MODEL}", "model")
    if asked.messages[-1].role != "user" or not asked.messages[-1].is_all_text():
        return _error(400, "the last message must be the user's, and text alone", "messages")
    return None


def _error(status: int, message: str, param: str | None = None) -> AsciiJSONResponse:
    kind = "invalid_request_error" if status < 500 else "server_error"
    headers = {"Retry-After": "5"} if status == 503 else None
    return AsciiJSONResponse(
        {"error": {"message": message, "type": kind, "param": param, "code": None}}, status, headers
    )


def _model() -> dict[str, Any]:
    return {"id": MODEL, "object": "model", "created": _BEGUN, "owned_by": MODEL}


def _said(messages: list[_Message]) -> tuple[tuple[str, str], ...]:
    """The turns so far: each message of the user with what was answered to it."""
    said: list[tuple[str, str]] = []
    for message in messages:
        if message.role == "user":
            said.append((message.text(), ""))
        elif message.role == "assistant" and said:
            said[-1] = (said[-1][0], said[-1][1] + message.text())
    return tuple(said)


def _answer(events: list[Numbered]) -> tuple[str, dict[str, Any]]:
    """The text, and all else that the turn told."""
    answer = joined((event.name, event.data) for event in events)
    return answer.pop("text"), answer


def _whole(turn_id: str, events: list[Numbered]) -> dict[str, Any]:
    text, rest = _answer(events)
    return {
        "id": f"chatcmpl-{turn_id}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": MODEL,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text + _beside(rest)},
                "finish_reason": "stop",
                "logprobs": None,
            }
        ],
        "usage": _usage(rest["usage"]),
        "companion": rest,
    }


async def _chunks(
    events: AsyncGenerator[Numbered | None, None], turns: Turns, turn_id: str, with_usage: bool
) -> AsyncIterator[bytes]:
    told: list[Numbered] = []

    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
        content = {
            "id": f"chatcmpl-{turn_id}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": MODEL,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}],
        }
        return f"data: {ascii_json(content | more)}\n\n".encode("ascii")

    try:
        yield chunk({"role": "assistant", "content": ""})
        async for event in events:
            if event is None:
                yield b": still here\n\n"
                continue
            told.append(event)
            if event.name == "text":
                yield chunk({"content": event.data["text"]})
        if told[-1].name == "error":
            content = {"message": told[-1].data["detail"], "type": "server_error", "param": None, "code": None}
            yield f"data: {ascii_json({'error': content})}\n\n".encode("ascii")
        else:
            _, rest = _answer(told)
            yield chunk({"content": _beside(rest)})
            yield chunk({}, "stop", companion=rest)
            if with_usage:
                yield chunk({}, choices=[], usage=_usage(rest["usage"]))
        yield b"data: [DONE]\n\n"
    finally:
        await events.aclose()
        if not told or told[-1].name not in ("done", "error"):
            await turns.cancel(turn_id)  # there is no way back to a completion that was left


def _beside(answer: dict[str, Any]) -> str:
    """What a client that knows no citations would lose: the courses, the sources of [n], and the label."""
    cited, aigc = answer["cited"], answer["aigc"]
    lines = [f"- {card['title']}{_sample(card)}: {card['reason']}" for card in answer["courses"]]
    lines += [f"[{one['n']}] {_place(one)}{_sample(one)}" for one in answer["sources"] if one["n"] in cited]
    lines += [aigc["notice"]] if aigc else []
    return "\n\n" + "\n".join(lines) if lines else ""


def _place(source: dict[str, Any]) -> str:
    return " / ".join(filter(None, (source["course_title"], source["lesson_title"], source["locator"])))


def _sample(record: dict[str, Any]) -> str:
    return "（示例数据 sample）" if record["sample"] else ""


def _usage(used: dict[str, float]) -> dict[str, int]:
    prompt, completion = int(used.get("prompt_tokens", 0)), int(used.get("completion_tokens", 0))
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
