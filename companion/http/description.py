"""/openapi.json: what the routes say of themselves, and what the gate and the error handlers add to each of them."""

import re
import threading
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter

from companion.http.completions import CompletionChunk
from companion.http.gate import is_counted, open_to
from companion.http.problems import AsciiJSONResponse, ProblemDetails, may_be
from companion.http.wire import LINES, MESSAGES

_REF = "#/components/schemas/{model}"
_METHODS = ("get", "put", "post", "delete", "patch")
_BEARER: list[dict[str, list[str]]] = [{"bearer": []}]
_ABOUT = """A tutor over course content: cited answers, courses, pathways, and an honest word when nothing answers.

Every error is a problem (RFC 9457, `application/problem+json`), but for `/v1/chat/completions` and `/v1/models`, which
answer as OpenAI's clients read it where the request itself is wrong. JSON is ASCII-escaped. `RateLimit` and
`RateLimit-Policy` tell how much may still be asked; 429 and 503 come with `Retry-After`. Tools for other agents are at
`/mcp` (Model Context Protocol, streamable HTTP), which describes itself.
"""
_TAGS = {
    "chat": "One turn of the tutor, whole or as a stream, and its resumption.",
    "openai": "The same tutor for OpenAI's clients.",
    "conversations": "What is remembered of a learner's conversations.",
    "courses": "The catalogue, and the sources behind citations.",
    "guidance": "Courses, sessions, occupations and pathways for a need.",
    "learners": "The learner's own: told, corrected, exported, erased.",
    "operators": "For operators alone.",
    "about": "Who answers here.",
    "sessions": "Short-lived tokens for visitors.",
    "health": "For monitoring.",
}
_TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token of the portal's identity provider, an operator's, or a visitor's from `POST /v1/sessions`, "
    "which holds for pages of its origin. A service that is open to its own machine alone asks for none.",
}
_WAIT = {"description": "Seconds until it is worth trying again.", "schema": {"type": "integer"}}


class DescribedAPI(FastAPI):
    """FastAPI with a description that is true of errors, tokens and streams too."""

    def setup(self) -> None:
        """Serve it from a thread: making it takes a second, in which streams are not to stand still."""
        self._making = threading.Lock()
        self.add_route("/openapi.json", self._told, include_in_schema=False)

    def openapi(self) -> dict[str, Any]:
        """The description, made once."""
        with self._making:
            if self.openapi_schema is None:
                _complete(super().openapi())
            return self.openapi_schema or {}

    def _told(self, _: Request) -> Response:
        return AsciiJSONResponse(self.openapi())


def operation_id(route: APIRoute) -> str:
    """What a generated client calls the operation."""
    return "_".join((*map(str, route.tags), route.name))


def _complete(told: dict[str, Any]) -> None:
    told["info"]["description"] = _ABOUT
    told["tags"] = [{"name": name, "description": what} for name, what in _TAGS.items()]
    schemas = told["components"]["schemas"]
    told["components"]["securitySchemes"] = {"bearer": _TOKEN}
    schemas |= {"ProblemDetails": TypeAdapter(ProblemDetails).json_schema()} | _of_streams()
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's guess at our 422
        schemas.pop(name, None)
    for path, operations in told["paths"].items():
        for method in operations.keys() & set(_METHODS):
            _complete_operation(path, operations[method])


def _complete_operation(path: str, operation: dict[str, Any]) -> None:
    summary, operation["description"] = _summary(operation["description"])
    operation["summary"] = summary
    whose = open_to(path)
    operation["security"] = [] if whose == "everybody" else _BEARER
    if whose == "operators":
        operation["description"] += "\n\nFor operators alone."
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    for status, told in may_be(*_of_any(path, operation)).items():
        here = responses.setdefault(str(status), {"description": told["description"]})
        here.setdefault("content", {}).update(told["content"])
    for status in responses.keys() & {"429", "503"}:
        responses[status]["headers"] = {"Retry-After": _WAIT}
    operation["responses"] = dict(sorted(responses.items()))


def _of_any(path: str, operation: dict[str, Any]) -> Sequence[int]:
    """The statuses that come of the gate, of a store that does not answer, and of our own mistakes."""
    statuses = [401, 403, 500, 503]
    if is_counted(path):
        statuses.append(429)
    if "requestBody" in operation:
        statuses += [408, 413]
    if operation["tags"] != ["openai"]:  # which tells them in OpenAI's shape, as 400
        statuses += [400] * ("requestBody" in operation) + [422] * bool(
            operation.keys() & {"requestBody", "parameters"}
        )
    return statuses


def _summary(docstring: str) -> tuple[str, str]:
    """The first sentence, and the whole."""
    whole = " ".join(docstring.split())
    return re.split(r"(?<=[.])\s", whole, maxsplit=1)[0].rstrip("."), docstring.strip()


def _of_streams() -> dict[str, Any]:
    models: list[TypeAdapter[Any]] = [TypeAdapter(model) for model in (*MESSAGES, *LINES, CompletionChunk)]
    _, told = TypeAdapter.json_schemas([(model, "serialization", model) for model in models], ref_template=_REF)
    schemas: dict[str, Any] = told["$defs"]
    return schemas | {"ServerSentEvent": _one_of("Message", MESSAGES), "JsonLine": _one_of("Line", LINES)}


def _one_of(kind: str, models: Sequence[type[BaseModel]]) -> dict[str, Any]:
    names = {model.__name__.removesuffix(kind).lower(): _REF.format(model=model.__name__) for model in models}
    refs = [{"$ref": ref} for ref in names.values()]
    return {"oneOf": refs, "discriminator": {"propertyName": "event", "mapping": names}}
