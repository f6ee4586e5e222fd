"""The door: WeChat's callback, and the sign-in of the mini-program's own page."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from companion.http.gate import caller_of
from companion.http.problems import AsciiJSONResponse, Problem, may_be
from companion.http.sessions import SessionTold
from wechat.arriving import Arriving, Full, kind_of
from wechat.client import RISKY_USER, TOO_OFTEN, Client, CodeRefused, WechatProblem
from wechat.consumer import Consumer
from wechat.crypto import NotFromWechat
from wechat.messages import SUCCESS, Text, sealed, to_a_person
from wechat.sayings import bared
from wechat.signing_in import SigningIn
from wechat.verifying import Checks, Received

log = logging.getLogger(__name__)
CALLBACK = "/wechat/callback"
# By what the access log and the figures call these requests: a plain route does not name itself.
_NAMED = SimpleNamespace(path=CALLBACK)


class CodeRequest(BaseModel):
    """What `wx.login` gave the page, and what its user agreed to."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=256)
    consent_version: str | None = Field(default=None, max_length=40)


class Door:
    """All of the door that lives as long as the service does."""

    def __init__(self, arriving: Arriving, consumer: Consumer, client: Client, drain_seconds: float) -> None:
        self._arriving = arriving
        self._consumer = consumer
        self._client = client
        self._drain_seconds = drain_seconds

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Answer what comes, until the block ends; then in good order no more."""
        arriving, consumer = asyncio.create_task(self._arriving.run()), asyncio.create_task(self._consumer.run())
        try:
            yield
        finally:
            await self._arriving.close()
            await self._consumer.close(self._drain_seconds)
            for task in (arriving, consumer):
                task.cancel()
            await asyncio.gather(arriving, consumer, return_exceptions=True)
            await self._client.close()


def callback_router(checks: Checks, arriving: Arriving, person_words: tuple[str, ...]) -> APIRouter:
    """WeChat's own door, which shows no token: each request is signed."""
    router = APIRouter()
    for_a_person = frozenset(bared(word) for word in person_words)

    async def set_up(request: Request) -> Response:
        """The console asks whether we know its token."""
        request.scope["route"] = _NAMED
        try:
            return PlainTextResponse(checks.echo(request.query_params))
        except NotFromWechat as error:
            return _refused(error)

    async def deliver(request: Request) -> Response:
        """One message: it is acknowledged at once, and answered behind that."""
        request.scope["route"] = _NAMED
        try:
            received = checks.received(request.query_params, await request.body())
        except NotFromWechat as error:
            return _refused(error)
        wants_a_person = _is_for_a_person(received, for_a_person)
        kind = "person" if wants_a_person else kind_of(received)
        if kind is None:
            return PlainTextResponse(SUCCESS)
        try:
            outcome = await arriving.keep(received, kind)
        except Full:
            log.error("more messages wait for the store than this process takes on; WeChat will deliver it again")
            return Problem(503, "Too many messages wait.")
        if outcome == "replayed":
            return _refused(NotFromWechat("the nonce was used before, with another message"))
        return _handed_over(received, checks) if wants_a_person else PlainTextResponse(SUCCESS)

    # Plain routes: there are no arguments for FastAPI to find, and looking for them costs as much as all the rest.
    router.add_route(CALLBACK, set_up, ["GET"], include_in_schema=False)
    router.add_route(CALLBACK, deliver, ["POST"], include_in_schema=False)
    return router


def sign_in_router(signing_in: SigningIn) -> APIRouter:
    """Where the mini-program's page gets its short token."""
    router = APIRouter(prefix="/v1", tags=["sessions"])

    @router.post("/sessions/wechat", status_code=201, response_model=SessionTold, responses=may_be(429))
    async def sign_in(wish: CodeRequest, request: Request) -> Response:
        """A token for who is behind the code of `wx.login`.

        A portal user's token in Authorization makes both one learner.
        """
        try:
            issued = await signing_in.token(wish.code, caller_of(request), wish.consent_version)
        except CodeRefused as error:
            return Problem({TOO_OFTEN: 429, RISKY_USER: 403}.get(error.code or 0, 400), str(error))
        except WechatProblem:
            return Problem(503, "WeChat cannot be asked who this is; please try again.", {"Retry-After": "5"})
        told: SessionTold = {"token": issued.token, "token_type": "Bearer", "expires_in": issued.expires_in}
        return AsciiJSONResponse(told, 201, {"Cache-Control": "no-store"})

    return router


def _is_for_a_person(received: Received, words: frozenset[str]) -> bool:
    return isinstance(received.message, Text) and bared(received.message.content) in words


def _handed_over(received: Received, checks: Checks) -> Response:
    reply = to_a_person(received.message, received.form, int(time.time()))
    if checks.envelope is not None and checks.mode == "secure":
        now = str(int(time.time()))
        reply = sealed(reply, received.form, checks.envelope, checks.token, now, received.nonce)
    media = "application/json" if received.form == "json" else "application/xml"
    return Response(reply, media_type=media)


def _refused(why: NotFromWechat) -> Response:
    log.warning("refused a request to %s: %s", CALLBACK, why)
    return Problem(403, "This is not signed as WeChat signs.")
