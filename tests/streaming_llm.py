"""A real OpenAI-compatible server on loopback that streams sentences slowly, and knows who hung up."""

import json
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.loopback import listening
from tests.scripted_model import BORNE


class StreamingLLM:
    """Each answer is so many `sentences` that hold, `seconds` apart; with `hangs` it says two and then nothing."""

    def __init__(self, sentences: int = 6, seconds: float = 0.2, hangs: bool = False) -> None:
        self.calls = 0
        self.asked = threading.Event()
        self.cut = threading.Event()
        self._over = threading.Event()
        llm = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                llm.calls += 1
                llm.asked.set()
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                try:
                    for number in range(sentences):
                        self._say({"content": BORNE[number]})
                        llm._over.wait(60 if hangs and number == 1 else seconds)
                    self._say({}, "stop")
                    self.wfile.write(b"data: [DONE]\n\n")
                except OSError:
                    llm.cut.set()
                self.close_connection = True

            def _say(self, delta: dict[str, Any], finish: str | None = None) -> None:
                choice = {"index": 0, "delta": delta, "finish_reason": finish}
                chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
                self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
                self.wfile.flush()

            def log_message(self, *_: Any) -> None:
                pass

        self._server, address = listening(Handler)
        self.url = f"{address}/v1"

    def __enter__(self) -> "StreamingLLM":
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
