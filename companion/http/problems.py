"""Errors as RFC 9457 problems, which never echo what the learner typed."""

import json
from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from typing_extensions import TypedDict

from companion.state.database import StateUnavailable
from course_index.errors import IndexProblem

PROBLEM_JSON = "application/problem+json"


class ProblemDetails(TypedDict):
    """Why there is no other answer (RFC 9457). `detail` is a sentence for people, and never what they typed."""

    type: str
    title: str
    status: int
    detail: str


class AsciiJSONResponse(JSONResponse):
    """JSON in ASCII, as everything on our wire."""

    def render(self, content: Any) -> bytes:
        """ASCII-escaped."""
        return ascii_json(content).encode("ascii")


class Problem(AsciiJSONResponse):
    """A problem+json response."""

    media_type = PROBLEM_JSON

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(problem(HTTPStatus(status).phrase, detail, status), status, headers)


def problem(title: str, detail: str, status: int) -> ProblemDetails:
    """The members of a problem."""
    return {"type": "about:blank", "title": title, "status": status, "detail": detail}


def may_be(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: problems of its own, beside those that any route may have."""
    content = {PROBLEM_JSON: {"schema": {"$ref": f"#/components/schemas/{ProblemDetails.__name__}"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def ascii_json(content: Any) -> str:
    """JSON without a byte above 127: WeChat mini-programs cut UTF-8 in half. Dates and times become ISO 8601."""
    return json.dumps(content, ensure_ascii=True, allow_nan=False, separators=(",", ":"), default=_iso)


def _iso(value: object) -> str:
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def install(app: FastAPI) -> None:
    """Translate every error to a problem."""

    @app.exception_handler(HTTPException)
    async def http_error(_: Request, error: HTTPException) -> Problem:
        return Problem(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Problem:
        wrong = "; ".join(f"{'.'.join(map(str, p['loc'][1:])) or 'body'}: {p['msg']}" for p in error.errors())
        return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, wrong)

    @app.exception_handler(IndexProblem)
    async def not_ready(_: Request, error: IndexProblem) -> Problem:
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error), {"Retry-After": "5"})

    @app.exception_handler(StateUnavailable)
    async def no_state(_: Request, error: StateUnavailable) -> Problem:
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error), {"Retry-After": "5"})

    @app.exception_handler(Exception)
    async def unexpected(_: Request, __: Exception) -> Problem:
        return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on our side; please try again.")
