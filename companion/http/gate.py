"""The gate before every door: who is asking, may they, how often, and nothing larger or slower than we can bear."""

import asyncio
import ipaddress
import re
from typing import Literal

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from companion.http.problems import Problem
from companion.identity import OPEN, Caller, Identities, KeysUnavailable, NotAdmitted
from companion.limits import Limits, Sort, Standing

# Whoever is not named here has to say who they are: a new route is closed until somebody opens it.
_FOR_EVERYBODY = re.compile(
    r"/|/courses(/.*)?|/lessons(/.*)?|/assets/.*|/widget(-math)?\.js|/favicon\.ico|/healthz|/readyz|/openapi\.json|/v1/about|/v1/starters|/admin/session|/v1/sessions(/wechat)?|/v1/courses(/.*)?|/wechat/callback|/wecom/callback"
)
_FOR_OPERATORS = re.compile(r"/metrics|/admin(?!/session$)(/.*)?|/v1/reports(/.*)?|/v1/operators(/.*)?")
# Pages for a browser, which has a cookie and no header to show.
_ADMIN_PAGES = re.compile(r"/admin(/.*)?")
PAGE_COOKIE = "companion-operator"
_WHERE_TOKENS_ARE_GIVEN = ("/v1/sessions", "/v1/sessions/wechat", "/admin/session")
_TURNS = re.compile(r"/v1/chat|/v1/chat/completions")
# WeChat delivers all its messages from a few addresses, each request signed; learners are counted when answered.
_ENDLESS = re.compile(r"/mcp/?|/v1/chat/turns/.*")
_NOT_COUNTED = re.compile(r"/healthz|/readyz|/metrics|/wechat/callback|/wecom/callback")


def open_to(path: str) -> Literal["everybody", "learners", "operators"]:
    """Who may come to a path, as the gate will have it: for the description of the API."""
    if _FOR_OPERATORS.fullmatch(path):
        return "operators"
    return "everybody" if _FOR_EVERYBODY.fullmatch(path) else "learners"


def is_counted(path: str) -> bool:
    """Whether requests to a path are counted, and may be too many."""
    return not _NOT_COUNTED.fullmatch(path)


def caller_of(connection: HTTPConnection) -> Caller:
    """Who is asking, as the gate found."""
    caller: Caller = connection.scope["state"]["caller"]
    return caller


def learner_of(connection: HTTPConnection) -> str:
    """Of whom something may be kept. Raises HTTPException where nobody has to say who they are."""
    if not (learner := caller_of(connection).learner):
        raise HTTPException(404, "Nobody has to say who they are here, so nothing is kept of you as a learner.")
    return learner


def signed_in_learner(connection: HTTPConnection) -> str:
    """Of whom something is kept. Raises HTTPException for visitors too."""
    learner = learner_of(connection)
    if caller_of(connection).kind == "visitor":
        raise HTTPException(403, "Nothing is kept of visitors; sign in on the portal.")
    return learner


def _token(scope: Scope, headers: Headers, path: str) -> str:
    """The token that is shown: in the header, or by a browser on a page for operators in its cookie."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return HTTPConnection(scope).cookies.get(PAGE_COOKIE, "") if _ADMIN_PAGES.fullmatch(path) else ""


def _not_admitted(path: str, why: NotAdmitted) -> Response:
    if _ADMIN_PAGES.fullmatch(path):
        return RedirectResponse("/admin/session", 303)
    return Problem(401, str(why), {"WWW-Authenticate": 'Bearer realm="learning-companion"'})


class Gate:
    """Tells who is asking and whether they may; counts them. Everything behind it finds the caller in the state."""

    def __init__(self, app: ASGIApp, identities: Identities, limits: Limits) -> None:
        self._app = app
        self._identities = identities
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = Caller("visitor")
        if "\n" in scope["path"]:
            # The router reads "/metrics\n" as "/metrics", our patterns do not: nobody would be kept out.
            await Problem(404, "There is nothing at this address.")(scope, receive, send)
            return
        if elsewhere := self._not_from_here(scope):
            await elsewhere(scope, receive, send)
            return
        # Who is refused is counted too: to verify a forged token costs more than to make one.
        refusal = await self._unknown(scope)
        standing = await self._standing(scope)
        if standing and not standing.allowed:
            refusal = Problem(429, f"Too many requests; the next is welcome in {standing.reset} s.")
            refusal.headers["Retry-After"] = str(standing.reset)
        await (refusal or self._app)(scope, receive, _with_standing(send, standing) if standing else send)

    def _not_from_here(self, scope: Scope) -> Problem | None:
        """Without identities the service is for this machine alone, whatever it was started with."""
        if not self._identities.is_open or all(_is_local(scope.get(end)) for end in ("server", "client")):
            return None
        return Problem(403, "No identities are set up, so only this machine is served; see docs/operations.md.")

    async def _unknown(self, scope: Scope) -> Response | None:
        headers, path = Headers(scope=scope), _path(scope)
        if self._identities.is_open:
            scope["state"]["caller"] = OPEN
            return None
        try:
            if token := _token(scope, headers, path):
                scope["state"]["caller"] = await self._identities.caller(token, headers.get("origin"))
            elif not _FOR_EVERYBODY.fullmatch(path):
                raise NotAdmitted(
                    "Say who you are: Authorization: Bearer TOKEN; visitors get one at POST /v1/sessions."
                )
        except NotAdmitted as error:
            # A page that renews its session sends the token that has ended.
            if path not in _WHERE_TOKENS_ARE_GIVEN:
                return _not_admitted(path, error)
        except KeysUnavailable as error:
            return Problem(503, str(error), {"Retry-After": "30"})
        if _FOR_OPERATORS.fullmatch(path) and not scope["state"]["caller"].is_operator:
            return Problem(403, "This is for operators; show the operator token, or one with the operator role.")
        return None

    async def _standing(self, scope: Scope) -> Standing | None:
        caller: Caller = scope["state"]["caller"]
        path = _path(scope)
        if caller.kind in ("open", "operator") or _NOT_COUNTED.fullmatch(path):
            return None
        sort: Sort = "request"
        if scope["method"] == "POST" and _TURNS.fullmatch(path):
            sort = "turn"
        elif path == "/mcp":
            sort = "tool"
        elif scope["method"] == "POST" and path in ("/v1/sessions", "/v1/sessions/wechat"):
            sort = "session"
        return await self._limits.take(sort, caller.learner, _address(scope))


class Bounds:
    """No body larger or slower than told. What a connection may do besides, `connections.py` says."""

    def __init__(self, app: ASGIApp, body_bytes: int = 65_536, body_seconds: float = 10) -> None:
        self._app = app
        self._body_bytes = body_bytes
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. Its body is read whole first: our largest is a message."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "0")
        if not told.isascii() or not told.isdigit():
            await Problem(400, "Content-Length is no number.")(scope, receive, send)
            return
        if int(told[:20]) > self._body_bytes:
            await self._too_large()(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._body_seconds):
                body = await self._whole(receive)
        except TimeoutError:
            await Problem(408, f"The request was not there within {self._body_seconds:.0f} s.")(scope, receive, send)
            return
        if body is None:
            await self._too_large()(scope, receive, send)
            return
        await self._app(scope, _given(body, receive), send)

    async def _whole(self, receive: Receive) -> bytes | None:
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return body
            body += bytes(message.get("body", b""))
            if len(body) > self._body_bytes:
                return None
            if not message.get("more_body"):
                return body

    def _too_large(self) -> Problem:
        return Problem(413, f"A request may have {self._body_bytes} bytes.")


class Methods:
    """HEAD wherever GET ends by itself, for monitors; and no stream at /mcp, where nothing would come.

    MCP asks for 405 of a server that has nothing to send unasked.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        method, path = scope.get("method"), scope.get("path", "")
        if method == "GET" and path.rstrip("/") == "/mcp":
            none = Problem(405, "Tools are called by POST; there is no stream to listen to.", {"Allow": "POST"})
            await none(scope, receive, send)
        elif method == "HEAD" and not _ENDLESS.fullmatch(path):
            await self._app({**scope, "method": "GET"}, receive, _without_body(send))
        else:
            await self._app(scope, receive, send)


def _without_body(send: Send) -> Send:
    async def head(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return head


def origin_of(connection: HTTPConnection) -> str | None:
    """The origin of the page that asks, or of this very service for a page of ours; None when neither can be told."""
    if origin := connection.headers.get("origin"):
        return origin
    return f"{connection.url.scheme}://{connection.url.netloc}" if connection.url.netloc else None


def is_own_origin(connection: HTTPConnection, origin: str) -> bool:
    """Whether the page is served by this service."""
    host = connection.headers.get("host")
    return origin in (f"http://{host}", f"https://{host}")


def _given(body: bytes, receive: Receive) -> Receive:
    given = False

    async def once() -> Message:
        nonlocal given
        if given:
            return await receive()  # a disconnect, when there is one
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once


def _with_standing(send: Send, standing: Standing) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["RateLimit-Policy"] = f'"{standing.name}";q={standing.quota};w={standing.window}'
            headers["RateLimit"] = f'"{standing.name}";r={standing.remaining};t={standing.reset}'
        await send(message)

    return with_headers


def _path(scope: Scope) -> str:
    # As the router reads it: one slash at the end is redirected away, and must not open what is closed.
    path: str = scope["path"]
    return path.rstrip("/") or "/"


def _address(scope: Scope) -> str:
    """Who is at the other end; of an IPv6 address the network, since one household has 2**64 of them."""
    host = (scope.get("client") or ("unknown", 0))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    if isinstance(address, ipaddress.IPv6Address) and not address.ipv4_mapped:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _is_local(end: tuple[str, int] | None) -> bool:
    try:
        return end is None or ipaddress.ip_address(end[0]).is_loopback
    except ValueError:
        return True  # no real socket has a name: a test's client has
