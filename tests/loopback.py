"""A real HTTP server on loopback that says what a test tells it to."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# From the body of a request to a status and the body of the answer.
Answer = Callable[[dict[str, Any]], tuple[int, bytes]]


class QuietServer(ThreadingHTTPServer):
    """Says nothing of clients that hung up or did not wait, and ends when it is told to."""

    daemon_threads = True

    def serve_forever(self, poll_interval: float = 0.02) -> None:
        """It looks so often, in seconds, whether it shall end; by itself twice a second, and hundreds of tests wait."""
        super().serve_forever(poll_interval)

    def handle_error(self, *_: Any) -> None:
        """Nothing."""


def listening(handler: type[BaseHTTPRequestHandler]) -> tuple[QuietServer, str]:
    """A server on a free port of loopback, answering already, and its address."""
    server = QuietServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


class Loopback:
    """Answers every POST with `answer`, and remembers what it was asked. `with` ends it."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []
        self.drips = False
        self._ended = threading.Event()
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                loopback.asked.append({"path": self.path, "authorization": self.headers["Authorization"], **body})
                status, content = loopback.answer(body)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                for byte in content if loopback.drips else ():
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    if loopback._ended.wait(0.1):
                        return
                if not loopback.drips:
                    self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self._server, self.url = listening(Handler)

    def hang(self, _body: dict[str, Any]) -> tuple[int, bytes]:
        """An answer that does not come before the test is over."""
        self._ended.wait(20)
        return 200, b""

    def __enter__(self) -> "Loopback":
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()


def always(status: int, content: object) -> Answer:
    """The same answer to everything; `content` is bytes or becomes JSON."""
    return lambda _: (status, content if isinstance(content, bytes) else json.dumps(content).encode())
