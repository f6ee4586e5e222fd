"""WeChat on loopback, written from its documents: the interface we call, and the deliveries that it makes.

It seals with wechatpy and signs by itself, so that it shares no code with what it tests.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from wechatpy.crypto import PrpCrypto

from tests.loopback import listening

APP_ID = "wxba5fad812f8e6fb9"
SECRET = "app-secret-of-the-double"
TOKEN = "AAAAA"
KEY = "A" * 43
MOST_BYTES = 2_048
TRIES = 3
SORRY = "该小程序客服暂时无法提供服务，请稍后再试"


@dataclass
class Window:
    """How many messages somebody may still be sent, and until when."""

    left: int = 0
    until: float = 0.0


@dataclass
class Seen:
    """A message as it stands on the learner's phone."""

    text: str
    ai_mark: bool
    at: float


@dataclass
class Told:
    """How a delivery went: the answers of the service, with their seconds."""

    answers: list[tuple[int, str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


class WeChat:
    """WeChat's servers for one mini-program; `with` ends them."""

    def __init__(self, quota: int = 5, enter_quota: int = 2, retry_seconds: float = 5.0) -> None:
        self.quota, self.enter_quota, self.retry_seconds = quota, enter_quota, retry_seconds
        self.tokens: dict[str, float] = {}
        self.token_calls = 0
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.phones: dict[str, list[Seen]] = defaultdict(list)
        self.codes: dict[str, dict[str, Any]] = {}
        self.errors: dict[str, list[int]] = defaultdict(list)
        self.silent: dict[str, list[float]] = defaultdict(list)  # seconds to wait before an answer, by path
        self.typing: dict[str, float] = {}
        self.windows: dict[str, Window] = defaultdict(Window)
        self.risky: set[str] = set()
        self._used: set[str] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._out = httpx2.Client(timeout=retry_seconds)
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer({})

            def do_POST(self) -> None:
                self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}"))

            def _answer(self, body: dict[str, Any]) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                told = double._told(parts.path, query, body)
                if double.silent[parts.path]:
                    double._ended.wait(double.silent[parts.path].pop(0))
                content = json.dumps(told, ensure_ascii=False).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json; encoding=utf-8")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self._server, self.url = listening(Handler)

    # What the service calls.

    def _told(self, path: str, query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self.calls.append((path, body))
            if self.errors[path] and (code := self.errors[path].pop(0)):
                return {"errcode": code, "errmsg": "scripted"}
            if path == "/cgi-bin/stable_token":
                return self._stable_token(body)
            if path == "/sns/jscode2session":
                return self._session(query)
            if bad := self._bad_token(query.get("access_token", "")):
                return {"errcode": bad, "errmsg": "invalid credential"}
            match path:
                case "/cgi-bin/message/custom/send":
                    return self._send(body)
                case "/cgi-bin/message/custom/business/typing":
                    return self._type(body)
                case "/wxa/msg_sec_check":
                    risky = any(word in body["content"] for word in self.risky)
                    return {"errcode": 0, "result": {"suggest": "risky" if risky else "pass", "label": 100}}
            return {"errcode": 40066, "errmsg": "invalid url"}

    def _stable_token(self, body: dict[str, Any]) -> dict[str, Any]:
        self.token_calls += 1
        if (body["appid"], body["secret"]) != (APP_ID, SECRET):
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        now = time.time()
        for token, until in self.tokens.items():
            if until - now > 300:
                return {"access_token": token, "expires_in": int(until - now)}
        token = f"token-{secrets.token_hex(200)}"
        self.tokens[token] = now + 7_200
        return {"access_token": token, "expires_in": 7_200}

    def _bad_token(self, token: str) -> int | None:
        if token not in self.tokens:
            return 40001
        return 42001 if self.tokens[token] < time.time() else None

    def _session(self, query: dict[str, str]) -> dict[str, Any]:
        code = query["js_code"]
        if (query["appid"], query["secret"]) != (APP_ID, SECRET):
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        if code not in self.codes:
            return {"errcode": 40029, "errmsg": "invalid code"}
        if code in self._used:
            return {"errcode": 40163, "errmsg": "code been used"}
        self._used.add(code)
        return {"session_key": "c2Vzc2lvbi1rZXktb2YtdGhl", **self.codes[code]}

    def _send(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("msgtype") != "text":
            return {"errcode": 45162, "errmsg": "unsupported msgtype"}
        text, openid, now = body["text"]["content"], body["touser"], time.time()
        if len(text.encode()) > MOST_BYTES:
            return {"errcode": 45002, "errmsg": "content size out of limit"}
        window = self.windows[openid]
        if window.until < now:
            return {"errcode": 45015, "errmsg": "response out of time limit or subscription is canceled"}
        if window.left <= 0:
            return {"errcode": 45047, "errmsg": "out of response count limit"}
        window.left -= 1
        self.typing.pop(openid, None)
        self.phones[openid].append(Seen(text, body.get("aimsgcontext") == {"is_ai_msg": 1}, now))
        return {"errcode": 0, "errmsg": "ok"}

    def _type(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("command") not in ("Typing", "CancelTyping"):
            return {"errcode": 45072, "errmsg": "command field must be in ['Typing','CancelTyping']"}
        if self.typing.get(body["touser"], 0) > time.time():
            return {"errcode": 45081, "errmsg": "already in the typing status"}
        self.typing[body["touser"]] = time.time() + 15
        return {"errcode": 0, "errmsg": "ok"}

    def called(self, path: str) -> list[dict[str, Any]]:
        """The bodies of the calls of one path."""
        with self._lock:
            return [body for called, body in self.calls if called == path]

    def expire_tokens(self) -> None:
        """The tokens end before their time."""
        with self._lock:
            self.tokens = dict.fromkeys(self.tokens, 0.0)

    # What the learner does.

    def texts(self, openid: str) -> list[str]:
        """What the learner reads."""
        with self._lock:
            return [seen.text for seen in self.phones[openid]]

    def wait_for(self, openid: str, count: int, seconds: float = 20) -> list[str]:
        """What the learner reads once there are so many messages, or after so long."""
        deadline = time.monotonic() + seconds
        while len(self.texts(openid)) < count and time.monotonic() < deadline:
            time.sleep(0.03)
        return self.texts(openid)

    def says(self, openid: str, text: str, *urls: str, **more: Any) -> Told:
        """The learner sends words."""
        return self.delivers(text_of(openid, text), *urls, **more)

    def delivers(
        self, fields: dict[str, Any], *urls: str, mode: str = "secure", form: str = "json", tries: int = TRIES
    ) -> Told:
        """Deliver as WeChat does: again after five seconds without a good answer, to any of the servers."""
        with self._lock:
            entered = fields.get("Event") == "user_enter_tempsession"
            left, seconds = (self.enter_quota, 60.0) if entered else (self.quota, 48 * 3_600.0)
            window = self.windows[fields["FromUserName"]]
            if not entered or window.until < time.time():
                window.left, window.until = left, time.time() + seconds
        told = Told()
        for number in range(tries):
            query, body = signed(fields, mode, form)
            began = time.perf_counter()
            try:
                response = self._out.post(f"{urls[number % len(urls)]}/wechat/callback", params=query, content=body)
                told.answers.append((response.status_code, response.text))
            except httpx2.HTTPError:
                told.answers.append((0, ""))
            told.seconds.append(time.perf_counter() - began)
            status, text = told.answers[-1]
            if status == 200 and text in ("success", ""):
                return told
            if status == 200 and "transfer_customer_service" in opened_reply(text, mode):
                return told
        self.phones[fields["FromUserName"]].append(Seen(SORRY, False, time.time()))
        return told

    def __enter__(self) -> "WeChat":
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._out.close()
        self._server.shutdown()
        self._server.server_close()


def text_of(openid: str, text: str, **changes: Any) -> dict[str, Any]:
    """A message of words."""
    return {
        "ToUserName": "gh_97417a04a28d",
        "FromUserName": openid,
        "CreateTime": int(time.time()),
        "MsgType": "text",
        "Content": text,
        "MsgId": secrets.randbits(62),
    } | changes


def event_of(openid: str, event: str, **changes: Any) -> dict[str, Any]:
    """An event."""
    return {
        "ToUserName": "gh_97417a04a28d",
        "FromUserName": openid,
        "CreateTime": int(time.time()),
        "MsgType": "event",
        "Event": event,
    } | changes


def sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def signed(
    fields: dict[str, Any],
    mode: str = "secure",
    form: str = "json",
    timestamp: int | None = None,
    nonce: str | None = None,
) -> tuple[dict[str, str], bytes]:
    """A delivery as it goes over the wire: its query and its body."""
    stamp, nonce = str(timestamp or int(time.time())), nonce or str(secrets.randbelow(10**10))
    query = {
        "signature": sha1(TOKEN, stamp, nonce),
        "timestamp": stamp,
        "nonce": nonce,
        "openid": fields["FromUserName"],
    }
    plain = written(fields, form)
    if mode == "plain":
        return query, plain.encode()
    encrypted = PrpCrypto(base64.b64decode(KEY + "=")).encrypt(plain, APP_ID).decode()
    outer = {"ToUserName": fields["ToUserName"], "Encrypt": encrypted}
    if mode == "compatible":
        outer = fields | outer
    query |= {"encrypt_type": "aes", "msg_signature": sha1(TOKEN, stamp, nonce, encrypted)}
    return query, written(outer, form).encode()


def written(fields: dict[str, Any], form: str) -> str:
    if form == "json":
        return json.dumps(fields, ensure_ascii=False)
    return "<xml>" + "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items()) + "</xml>"


def opened_reply(text: str, mode: str = "secure") -> str:
    """What a reply other than success says; its signature is looked at."""
    if mode == "plain":
        return text
    if text.startswith("<"):
        from defusedxml.ElementTree import fromstring

        fields: dict[str, Any] = {child.tag: child.text for child in fromstring(text)}
    else:
        fields = json.loads(text)
    assert fields["MsgSignature"] == sha1(TOKEN, str(fields["TimeStamp"]), fields["Nonce"], fields["Encrypt"])
    return PrpCrypto(base64.b64decode(KEY + "=")).decrypt(fields["Encrypt"], APP_ID)


def settings(double: WeChat, **changes: Any) -> dict[str, Any]:
    """What a console's administrator pastes."""
    return {
        "wechat_app_id": APP_ID,
        "wechat_app_secret": SECRET,
        "wechat_token": TOKEN,
        "wechat_encoding_aes_key": KEY,
        "wechat_api_url": double.url,
    } | changes


def all_at_once(*work: Any) -> Sequence[Any]:
    """Run these at the same moment, each in a thread; what each returned."""
    results: list[Any] = [None] * len(work)
    start = threading.Barrier(len(work))

    def run(number: int) -> None:
        start.wait()
        results[number] = work[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
