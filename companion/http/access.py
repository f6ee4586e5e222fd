"""One log line and one count a request, with an id that the caller may bring and gets back."""

import hashlib
import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from companion.telemetry.logs import request_id as current_request
from companion.telemetry.metrics import Metrics

log = logging.getLogger("companion.access")
_GOOD_ID = re.compile(r"[\w.-]{8,64}", re.ASCII)
# These are asked all the time; they are counted and not logged. WeChat's door says itself what it refuses.
_QUIET = ("/healthz", "/readyz", "/metrics", "/wechat/callback", "/wecom/callback")


class Access:
    """Outermost, so that what the gate refuses is seen too."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        brought = Headers(scope=scope).get("x-request-id", "")
        request_id = brought if _GOOD_ID.fullmatch(brought) else uuid.uuid4().hex
        began, status = time.perf_counter(), 0

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        # The tasks that a request starts, as that of a turn, take this along.
        current_request.set(request_id)
        try:
            await self._app(scope, receive, seen)
        finally:
            route = getattr(scope.get("route"), "path", None) or "none"
            self._metrics.requests.labels(scope["method"], route, str(status or 499)).inc()
            if route not in _QUIET:
                told = {"request": request_id, "method": scope["method"], "route": route, "status": status or 499}
                seconds = round(time.perf_counter() - began, 3)
                log.info("request", extra=told | {"seconds": seconds, "caller": _caller(scope)})


def _caller(scope: Scope) -> str:
    """Enough to see that two lines are of one caller, and not of whom."""
    caller = scope.get("state", {}).get("caller")
    if caller is None or not caller.learner:
        return caller.kind if caller else "nobody"
    return f"{caller.kind}-{hashlib.sha256(caller.learner.encode()).hexdigest()[:12]}"
