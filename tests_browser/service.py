"""The real service as a process that a test may kill and start again, and a stand-in that says anything."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.loopback import QuietServer
from tests.servers import free_port, wait_for

PROJECT = Path(__file__).parent.parent
ASSETS = PROJECT / "companion" / "http" / "assets"
OPERATOR = "o" * 40
# Under two seconds; on a machine that others fill, half a minute.
_STARTS_SECONDS = 60


class Service:
    """`companion-serve` over a data folder."""

    def __init__(self, data: Path, **settings: Any) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        told = {
            "data_dir": data,
            "session_secret": "s" * 48,
            "operator_token": OPERATOR,
            "turns_a_minute": 5_000,
            "address_turns_a_minute": 5_000,
            "requests_a_minute": 50_000,
            "address_requests_a_minute": 50_000,
            "sessions_a_minute": 5_000,
            **settings,
        }
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("COMPANION_")},
            **{f"COMPANION_{name.upper()}": str(value) for name, value in told.items()},
        }
        self.start()

    def start(self) -> None:
        command = [sys.executable, str(PROJECT / "api.py"), "--port", str(self.port)]
        self._process = subprocess.Popen(command, env=self._environment, cwd=PROJECT, stderr=subprocess.DEVNULL)
        try:
            wait_for(self.port, _STARTS_SECONDS, self._process)
        except TimeoutError:
            self.kill()  # nobody else will
            raise

    def kill(self) -> None:
        """As when the machine loses power."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


Events = Callable[[dict[str, Any]], Iterator[tuple[str, dict[str, Any]]]]


class StandIn:
    """A server on loopback with the widget's files, a page, and turns made of whatever events a test gives it.

    `seen` are the paths that were asked for, with their headers.
    """

    def __init__(self, page: str = "", headers: dict[str, str] | None = None) -> None:
        self.page, self.headers = page, headers or {}
        self.events: Events = lambda asked: iter(())
        self.status: tuple[int, dict[str, str], dict[str, Any]] | None = None
        self.seen: list[tuple[str, str]] = []
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                stand_in.seen.append(("GET", self.path))
                file = ASSETS / self.path.split("?")[0].removeprefix("/").removeprefix("assets/")
                if file.is_file():
                    kind = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}[file.suffix]
                    self._say(200, kind, file.read_bytes(), {"Access-Control-Allow-Origin": "*"})
                elif self.path.startswith("/v1/about"):
                    about = {"operator": None, "model": {"name": "stand-in", "filing": None}, "conversation_days": 30}
                    self._json(200, about)
                elif self.path.startswith("/v1/passages"):
                    self._json(404, {"title": "Not Found", "status": 404})
                elif self.path.startswith("/v1/"):
                    self._json(200, {"questions": [], "conversations": [], "complaints": []})
                else:
                    self._say(200, "text/html; charset=utf-8", stand_in.page.encode(), stand_in.headers)

            def do_POST(self) -> None:
                stand_in.seen.append(("POST", self.path))
                asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
                if self.path != "/v1/chat":
                    self._json(404, {"title": "Not Found", "status": 404})
                elif stand_in.status:
                    status, headers, problem = stand_in.status
                    self._say(status, "application/problem+json", json.dumps(problem).encode(), headers)
                else:
                    self._stream(asked)

            def _stream(self, asked: dict[str, Any]) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True
                for number, (name, data) in enumerate(stand_in.events(asked), 1):
                    line = f"event: {name}\nid: {number}\ndata: {json.dumps(data)}\n\n"
                    try:
                        self.wfile.write(line.encode())
                        self.wfile.flush()
                    except OSError:
                        return

            def _json(self, status: int, data: dict[str, Any]) -> None:
                self._say(status, "application/json", json.dumps(data).encode(), {})

            def _say(self, status: int, kind: str, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = QuietServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


DONE = {
    "mode": "generated", "grounded": True, "cited": [], "fallback": None, "more": False, "quiz": [],
    "aigc": {"label": "1", "producer": "test", "produce_id": "p-1", "notice": "内容由 AI 生成"},
}  # fmt: skip


def says(*texts: str, seconds: float = 0.0, sources: list[dict[str, Any]] | None = None, **done: Any) -> Events:
    """A turn that says these texts, as a model would."""

    def events(_: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        yield "turn", {"turn_id": f"t-{time.monotonic_ns()}", "conversation_id": "c-1"}
        yield "sources", {"sources": sources or []}
        for text in texts:
            time.sleep(seconds)
            yield "text", {"text": text, "ai": True}
        yield "done", {**DONE, "cited": [one["n"] for one in sources or []], **done}

    return events


def source(n: int, **facts: Any) -> dict[str, Any]:
    """A source with what a test does not care for."""
    plain = {
        "passage_id": f"p{n}",
        "course_id": "c",
        "course_title": "课",
        "lesson_title": "课时",
        "locator": "第 1 页",
    }
    return {"n": n, **plain, "url": None, "quote": "原文", "as_of": None, "sample": False, **facts}
