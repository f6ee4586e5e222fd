"""POST /v1/sessions: a short-lived token for a visitor of a page. No key is ever in a page."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from companion.http.gate import is_own_origin, origin_of
from companion.http.problems import AsciiJSONResponse, Problem, may_be
from companion.identity import Identities


class SessionRequest(BaseModel):
    """What a visitor agreed to, as the page asked it."""

    model_config = ConfigDict(extra="forbid")

    consent_version: str | None = Field(default=None, max_length=40)


class SessionTold(TypedDict):
    """A token for `Authorization: Bearer`, and the seconds it holds."""

    token: str
    token_type: Literal["Bearer"]
    expires_in: int


def sessions_router(identities: Identities, origins: tuple[str, ...]) -> APIRouter:
    """The door for visitors of the pages of these origins, and of our own."""
    router = APIRouter(prefix="/v1", tags=["sessions"])

    @router.post("/sessions", status_code=201, response_model=SessionTold, responses=may_be(404))
    async def begin(request: Request, wish: Annotated[SessionRequest | None, Body()] = None) -> Response:
        """A token for a visitor of a page.

        Send the one before in Authorization to stay the same visitor, also when it has ended.
        """
        if identities.visitors is None:
            detail = "Nobody has to say who they are here." if identities.is_open else "Visitors are not admitted here."
            return Problem(404, detail)
        origin = origin_of(request)
        if origin is None or not (origin in origins or is_own_origin(request, origin)):
            return Problem(
                403, "Pages of this origin get no tokens; an operator can add it to COMPANION_ALLOWED_ORIGINS."
            )
        before = request.headers.get("authorization", "").removeprefix("Bearer ").strip() or None
        issued = identities.visitors.admit(origin, before, wish.consent_version if wish else None)
        return AsciiJSONResponse(
            {"token": issued.token, "token_type": "Bearer", "expires_in": issued.expires_in}, 201, _NOT_CACHED
        )

    return router


_NOT_CACHED = {"Cache-Control": "no-store"}
