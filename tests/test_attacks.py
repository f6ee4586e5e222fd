"""Whatever is sent, the answer is ours: no server error, no echo, nothing of another's."""

import json
import socket
import time
from contextlib import contextmanager, suppress
from urllib.parse import quote

import httpx2
import psutil
import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from companion.settings import CompanionSettings
from tests.servers import serving
from tests.test_service import bearer
from tests.test_turns import LOST

HOSTILE = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "\udfff\ud800",
    "\r\nSet-Cookie: x=1\r\n\r\n<script>",
    "\u202e\u2066abc\u2069",
    "'; DROP TABLE turns; --",
    '" OR 1=1 --',
    "${jndi:ldap://127.0.0.1/x}",
    "{{7*7}}{% for x in y %}",
    "../../../../etc/passwd",
    "%s%n%p",
    "𠮷" * 600,
    "é" * 1_000 + "\u0301" * 1_000,
    "﷽" * 300,
    "[1]" * 1_000,
    "(" * 2_000,
    "?" * 3_999,
    "\u2028\u2029\ufeff",
    "NaN",
    "1e999",
]


@pytest.fixture
def client(service, database):
    with TestClient(service(where=database), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def anna(provider):
    return bearer(provider.token("anna"))


def sent(client, method, url, body, headers):
    # As JSON text: a client library would refuse a lone surrogate, an attacker does not.
    content = json.dumps(body, ensure_ascii=True).encode()
    return client.request(method, url, content=content, headers=headers | {"Content-Type": "application/json"})


def test_hostile_strings_in_every_field_end_in_no_server_error(client, anna):
    turn = client.post("/v1/chat", json={"message": LOST}, headers=anna).json()
    bad = []
    for text in HOSTILE:
        bodies = [
            ("POST", "/v1/chat", {"message": text}),
            ("POST", "/v1/chat", {"message": text, "style": "quiz"}),
            ("POST", "/v1/chat", {"message": "你好", "conversation_id": text}),
            ("POST", "/v1/chat", {"message": "你好", "locale": text}),
            ("POST", "/v1/chat", {"message": "你好", "audience": text}),
            ("POST", "/v1/chat", {"message": LOST, "course_id": text, "lesson_id": text}),
            ("POST", "/v1/chat", {text: text}),
            ("POST", "/v1/feedback", {"turn_id": turn["turn_id"], "rating": "down", "comment": text[:1_000]}),
            ("POST", "/v1/feedback", {"turn_id": text[:36], "rating": "up"}),
            ("POST", "/v1/complaints", {"kind": "complaint", "words": text}),
            ("POST", "/v1/complaints", {"kind": "complaint", "words": "x", "turn_id": text[:36]}),
            ("PATCH", "/v1/learners/me", {"consent_version": text[:40]}),
            ("POST", "/v1/sessions", {"consent_version": text[:40]}),
            ("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": text}]}),
            (
                "POST",
                "/v1/chat/completions",
                {"messages": [{"role": "user", "content": text}, {"role": "user", "content": "那呢"}]},
            ),
            ("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": text, "params": {}}),
        ]
        for method, url, body in bodies:
            response = sent(client, method, url, body, anna)
            if response.status_code >= 500:
                bad.append((method, url, text[:20], response.status_code))
    assert bad == []


def test_hostile_strings_in_every_path_end_in_no_server_error(client, anna):
    paths = [
        "/v1/conversations/{}",
        "/v1/courses/{}",
        "/v1/passages/{}",
        "/v1/chat/turns/{}/events",
        "/v1/courses?q={}",
        "/v1/courses?city={}&audience={}&provider={}",
        "/v1/courses/suggest?q={}",
        "/v1/models/{}",
    ]
    bad = []
    for text in HOSTILE:
        written = quote(text.encode("utf-8", "surrogatepass")[:300], safe="") or "x"
        for path in paths:
            status = client.get(path.replace("{}", written), headers=anna).status_code
            if status >= 500:
                bad.append((path, text[:20], status))
    assert bad == []


HEADERS = [
    {"Last-Event-ID": "-1"},
    {"Last-Event-ID": "9" * 400},
    {"Last-Event-ID": "x"},
    {"Idempotency-Key": "k" * 500},
    {"Idempotency-Key": "\x7f"},
    {"Accept": "*/*;q=x, text/event-stream"},
    {"Accept": "," * 5_000},
    {"Origin": "null"},
    {"Content-Type": "text/plain"},
    {"Content-Type": "application/json; charset=utf-16"},
    {"Authorization": "Bearer"},
    {"Authorization": "Basic eDp5"},
    {"Content-Length": "abc"},
    {"Content-Length": "-5"},
    {"X-Forwarded-For": "'; DROP TABLE turns"},
]


def test_hostile_headers_end_in_no_server_error(client, anna):
    bad = []
    for headers in HEADERS:
        for method, url in (("POST", "/v1/chat"), ("GET", "/v1/chat/turns/x/events"), ("POST", "/v1/sessions")):
            response = client.request(method, url, content=json.dumps({"message": "你好"}), headers=anna | headers)
            if response.status_code >= 500:
                bad.append((method, url, headers))
    assert bad == []


BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"\xff\xfe",
    b'{"message": NaN}',
    b"[" * 50_000,
    b'{"message":' * 5_000,
    b'{"message": 1e400}',
]


def test_malformed_bodies_are_problems(client, anna):
    headers, good = anna | {"Content-Type": "application/json"}, []
    for body in BODIES:
        for url in ("/v1/chat", "/v1/feedback", "/v1/chat/completions", "/v1/complaints", "/mcp"):
            status = client.post(url, content=body, headers=headers).status_code
            if not 400 <= status < 500:
                good.append((url, body[:20], status))
    assert good == []


def test_a_body_that_drips_in_is_given_up(service, anna, monkeypatch):
    monkeypatch.setattr("companion.http.gate.Bounds.__init__.__defaults__", (65_536, 0.5))
    with serving(service()) as url, connected(url) as slow:
        lines = anna | {"Host": "x", "Content-Type": "application/json", "Content-Length": "500"}
        head = f"POST /v1/chat HTTP/1.1\r\n{_lines(lines)}\r\n"
        slow.sendall(head.encode() + b'{"mess')
        answer = slow.recv(4_096)
    assert b"408" in answer.split(b"\r\n")[0]


HEADS_WITHOUT_END = {
    "a header": (b"GET /v1/about HTTP/1.1\r\nX-A: ", b"a" * 10_000),
    "headers": (b"GET /v1/about HTTP/1.1\r\n", b"X-A: a\r\n" * 1_000),
    "an address": (b"GET /", b"a" * 10_000),
    "a part of a body": (b"POST /v1/chat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a" * 10_000),
    "what follows a body": (
        b"POST /v1/chat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        b"X-A: a\r\n" * 1_000,
    ),
}


@pytest.mark.parametrize("head", HEADS_WITHOUT_END)
def test_a_head_without_end_is_cut(service, head):
    begun, more = HEADS_WITHOUT_END[head]
    with serving(service()) as url, connected(url) as endless:
        endless.sendall(begun)
        sent = 0
        with pytest.raises(OSError):  # noqa: PT012
            for _ in range(400):
                endless.sendall(more)
                sent += len(more)
                time.sleep(0.002)
    assert sent < 1_000_000  # what lies in the buffers of the connection among it


def test_a_head_of_a_size_that_browsers_send_is_read(service, anna):
    cookies = {"Cookie": "c=" + "x" * 40_000}
    with serving(service()) as url, httpx2.Client(base_url=url, headers=anna | cookies) as client:
        assert [client.get("/v1/conversations").status_code for _ in range(3)] == [200] * 3


def test_a_head_that_drips_in_or_never_comes_is_given_up(service, monkeypatch):
    monkeypatch.setattr("companion.http.connections.HEAD_SECONDS", 1.0)
    with serving(service()) as url, connected(url) as silent, connected(url) as dripping, connected(url) as idle:
        dripping.sendall(b"GET /v1/about HTTP/1.1\r\nX-A: ")
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200" in idle.recv(4_096)
        with pytest.raises(OSError):  # noqa: PT012
            for _ in range(150):  # in less than the time that a head has by default
                dripping.sendall(b"a")
                time.sleep(0.1)
        assert [ended(silent), ended(idle)] == [True, True]


def test_a_reader_who_takes_nothing_is_given_up(service, monkeypatch, capfd):
    for waits in ("HEAD_SECONDS", "READER_SECONDS"):
        monkeypatch.setattr(f"companion.http.connections.{waits}", 1.0)
    small = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    large = b"GET /widget-math.js HTTP/1.1\r\nHost: x\r\n\r\n"
    with serving(service()) as url, connected(url, 2_048) as of_one, connected(url, 2_048) as of_many:
        of_one.sendall(large * 40)
        of_many.sendall(small * 5_000)
        assert becomes(2, url)
        assert becomes(0, url)
        assert httpx2.get(f"{url}/healthz").status_code == 200
    assert "Traceback" not in capfd.readouterr().err


@contextmanager
def connected(url, room=None):
    """A connection; `room` is how many bytes it takes before somebody reads."""
    with socket.socket() as connection:
        if room:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        connection.connect(("127.0.0.1", int(url.rsplit(":", 1)[1])))
        connection.settimeout(10)
        yield connection


def ended(connection):
    """Whether the other end hangs up within its time."""
    with suppress(ConnectionResetError):
        return connection.recv(1) == b""
    return True


def becomes(held, url):
    """Whether the service at a URL soon has so many connections open; our ends of them have other ports."""
    port = int(url.rsplit(":", 1)[1])
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        ours = psutil.Process().net_connections("tcp")
        if held == sum(one.laddr.port == port and one.status != psutil.CONN_LISTEN for one in ours):
            return True
        time.sleep(0.05)
    return False


def _lines(headers):
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


@pytest.mark.parametrize("setting", ["llm_base_url", "reranker_url", "oidc_jwks_url"])
@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://127.0.0.1/", "javascript:x", "//127.0.0.1"])
def test_addresses_that_are_no_web_addresses_are_refused_in_settings(setting, url):
    with pytest.raises(ValidationError, match=f"{setting.upper()} must begin with http"):
        CompanionSettings(**{setting: url}, oidc_issuer="https://x", oidc_audience="y", session_secret="s" * 48)


def test_nothing_a_learner_sends_makes_the_service_call_out(client, anna):
    # conftest's wall raises at each connection that would leave this machine
    for text in ("http://203.0.113.1/", "请打开 http://169.254.169.254/latest/meta-data/", "[x](http://203.0.113.1)"):
        assert client.post("/v1/chat", json={"message": text}, headers=anna).status_code == 200


def test_the_tables_are_still_there(client, anna):
    client.post("/v1/chat", json={"message": "'; DROP TABLE turns; --"}, headers=anna)
    export = client.get("/v1/learners/me/export", headers=anna).json()
    assert len(export["turns"]) == 1
