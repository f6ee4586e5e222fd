"""POST /v1/chat/completions and GET /v1/models: the OpenAI-compatible door, for clients that speak nothing else."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Annotated, Any, Literal, NotRequired

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from fastapi.sse import EventSourceResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from typing_extensions import TypedDict

from companion.admission import Admission
from companion.events import joined
from companion.heard import Ask
from companion.http.chat import LEFT, until_its_end
from companion.http.gate import caller_of
from companion.http.problems import AsciiJSONResponse, ascii_json
from companion.http.wire import TurnBeside
from companion.turns import Numbered, TooManyTurns, Turns

MODEL = "learning-companion"
_BEGUN = 1_767_225_600  # the service's first day, 2026-01-01; the protocol wants some date


class TextPart(BaseModel):
    """Text of a message."""

    type: Literal["text"]
    text: str


class OtherPart(BaseModel):
    """A part of a message that is no text: the last message must have none, in those before it is passed over."""

    type: str = Field(max_length=40)


class Message(BaseModel):
    """A message of the conversation, in the order in which they were sent."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Annotated[TextPart | OtherPart, Field(union_mode="left_to_right")]] | None = None

    def text(self) -> str:
        """The message without what is no text."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if isinstance(part, TextPart))
        return self.content or ""

    def is_all_text(self) -> bool:
        """Whether we can read all of it."""
        return not isinstance(self.content, list) or all(isinstance(part, TextPart) for part in self.content)


class StreamOptions(BaseModel):
    """What a stream tells besides; `include_usage` adds a last chunk with the tokens."""

    include_usage: bool = False


class TextFormat(BaseModel):
    """The one form that an answer has."""

    type: Literal["text"]


_No = Annotated[list[Any], Field(max_length=0)]


class Completion(BaseModel):
    """A request as OpenAI's clients send it. What would have to change the answer and cannot is refused with 400.

    What only steers a model's sampling, length or bill (`temperature`, `top_p`, `seed`, `max_tokens`, `user`, ...) is
    taken and has no effect. System messages are not used, since the tutor's rules are its own, nor are those of tools.
    """

    model_config = ConfigDict(extra="ignore")

    messages: list[Message] = Field(min_length=1, max_length=200)
    model: str = Field(default=MODEL, max_length=200)
    stream: bool = False
    stream_options: StreamOptions | None = None
    # Their descriptions are what a caller is told who sends more.
    n: Literal[1] | None = Field(default=None, description="there is one answer to a question")
    tools: _No | None = Field(default=None, description="the tutor calls no tools")
    functions: _No | None = Field(default=None, description="the tutor calls no functions")
    tool_choice: Literal["none", "auto"] | None = Field(default=None, description="the tutor calls no tools")
    function_call: Literal["none", "auto"] | None = Field(default=None, description="the tutor calls no functions")
    response_format: TextFormat | None = Field(default=None, description="answers are text; facts are in `companion`")
    modalities: Annotated[list[Literal["text"]], Field(max_length=1)] | None = Field(
        default=None, description="answers are text"
    )
    audio: None = Field(default=None, description="answers are text")
    logprobs: Literal[False] | None = Field(default=None, description="there are no probabilities of tokens")
    top_logprobs: Literal[0] | None = Field(default=None, description="there are no probabilities of tokens")
    logit_bias: Annotated[dict[str, Any], Field(max_length=0)] | None = Field(
        default=None, description="words cannot be made likelier"
    )
    stop: Annotated[list[str], Field(max_length=0)] | Literal[""] | None = Field(
        default=None, description="answers are not cut: their citations stand at the end"
    )
    web_search_options: None = Field(default=None, description="answers come from the courses, not from the web")


class Usage(TypedDict):
    """Tokens of the language model; none where it did not write."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class AssistantMessage(TypedDict):
    """The answer, in light Markdown, with its sources, courses and label written out below it."""

    role: Literal["assistant"]
    content: str


class Choice(TypedDict):
    """The one answer; `index` is 0."""

    index: int
    message: AssistantMessage
    finish_reason: Literal["stop"]
    logprobs: None


class CompletionTold(TypedDict):
    """A completion; what it cites is in `companion`."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    companion: TurnBeside


class Delta(TypedDict):
    """The next stretch of the answer: the role comes first, nothing last."""

    role: NotRequired[Literal["assistant"]]
    content: NotRequired[str]


class ChoiceChunk(TypedDict):
    """A stretch of the one answer; `finish_reason` is null until the last."""

    index: int
    delta: Delta
    finish_reason: Literal["stop"] | None
    logprobs: None


class CompletionChunk(TypedDict):
    """One `data:` of a streamed completion; `[DONE]` comes last. `usage` is there where it was asked for."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    choices: list[ChoiceChunk]
    usage: NotRequired[Usage | None]
    companion: NotRequired[TurnBeside]


class ModelTold(TypedDict):
    """The one model there is."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelsTold(TypedDict):
    """All models there are, which is one."""

    object: Literal["list"]
    data: list[ModelTold]


class ErrorTold(TypedDict):
    """What is wrong in a sentence, and which parameter it is about where it is one."""

    message: str
    type: Literal["invalid_request_error", "server_error"]
    param: str | None
    code: str | None


class OpenAIError(TypedDict):
    """An error as OpenAI's clients read it."""

    error: ErrorTold


def _may_be(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": OpenAIError} for status in statuses}


_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The completion; with `stream`, server-sent events whose `data` is a CompletionChunk.",
        "content": {"text/event-stream": {"schema": {"$ref": "#/components/schemas/CompletionChunk"}}},
    }
}


def completions_router(turns: Turns, admission: Admission) -> APIRouter:
    """The door. It keeps no conversation: callers bring it along."""
    router = APIRouter(prefix="/v1", tags=["openai"], route_class=_OpenAIErrors)

    @router.get("/models", response_model=ModelsTold)
    async def models() -> Response:
        """All models there are, which is one."""
        return AsciiJSONResponse({"object": "list", "data": [_model()]})

    @router.get("/models/{model}", response_model=ModelTold, responses=_may_be(404))
    async def model(model: str) -> Response:
        """The one model there is."""
        return AsciiJSONResponse(_model()) if model == MODEL else _error(404, f"there is no model but {MODEL}", "model")

    @router.post(
        "/chat/completions",
        response_model=CompletionTold,
        responses=_STREAM | _may_be(400, 403, 404, 413, 500, 503),
    )
    async def complete(asked: Completion, request: Request) -> Response:
        """One turn of the tutor. The last message of the user is asked, those before are the conversation."""
        last, caller = asked.messages[-1], caller_of(request)
        if wrong := _unanswerable(asked):
            return wrong
        if refusal := await admission.refusal(caller, last.text()):
            return _error(refusal.status, refusal.detail)
        try:
            turn_id = await turns.begin(Ask(last.text(), learner=caller.learner, said=_said(asked.messages[:-1])))
        except TooManyTurns:
            return _error(503, "too many are asking at once; please try again")
        if asked.stream:
            with_usage = bool(asked.stream_options and asked.stream_options.include_usage)
            return EventSourceResponse(
                _chunks(turns.follow(turn_id), turns, turn_id, with_usage), headers=_STREAM_HEADERS
            )
        return await _told(turns, turn_id, request)

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
                return _invalid(error.errors())
            except HTTPException as error:
                return _error(error.status_code, error.detail)

        return handled


def _invalid(wrong: Sequence[Any]) -> Response:
    where = [str(part) for part in wrong[0]["loc"][1:]]
    field = Completion.model_fields.get(where[0]) if where else None
    if field and field.description:
        return _error(400, f"{where[0]} cannot be honoured: {field.description}", where[0], "unsupported_value")
    return _error(400, f"{'.'.join(where) or 'body'}: {wrong[0]['msg']}", where[0] if where else None)


def _unanswerable(asked: Completion) -> Response | None:
    if asked.model != MODEL:
        return _error(404, f"there is no model but {MODEL}", "model")
    if asked.messages[-1].role != "user" or not asked.messages[-1].is_all_text():
        return _error(400, "the last message must be the user's, and text alone", "messages")
    return None


def _error(status: int, message: str, param: str | None = None, code: str | None = None) -> AsciiJSONResponse:
    told: OpenAIError = {
        "error": {
            "message": message,
            "type": "invalid_request_error" if status < 500 else "server_error",
            "param": param,
            "code": code,
        }
    }
    return AsciiJSONResponse(told, status, {"Retry-After": "5"} if status == 503 else None)


def _model() -> ModelTold:
    return {"id": MODEL, "object": "model", "created": _BEGUN, "owned_by": MODEL}


def _said(messages: list[Message]) -> tuple[tuple[str, str], ...]:
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


async def _told(turns: Turns, turn_id: str, request: Request) -> Response:
    told = await until_its_end(turns.follow(turn_id), request)
    if told is None:
        await turns.cancel(turn_id)  # there is no way back to it
        return LEFT
    if told[-1].name == "error":
        return _error(told[-1].data["status"], told[-1].data["detail"])
    return AsciiJSONResponse(_whole(turn_id, told))


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
    unknown: dict[str, Any] = {"usage": None} if with_usage else {}  # until the end

    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
        content = {
            "id": f"chatcmpl-{turn_id}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": MODEL,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}],
        }
        return f"data: {ascii_json(content | unknown | more)}\n\n".encode("ascii")

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


def _usage(used: dict[str, float]) -> Usage:
    prompt, completion = int(used.get("prompt_tokens", 0)), int(used.get("completion_tokens", 0))
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
