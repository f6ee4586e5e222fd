"""What a turn adds to the model's own time: first event, first checked sentence and the whole, against the bare call.

    python -m bench.turn [--turns 40] [--pace 0.02]

The model is a server on loopback that writes a fixed, supported answer at a steady pace, so that both see the same.
The last table says where a turn's own time goes, by the parts that take it.
"""

import argparse
import asyncio
import inspect
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from companion.build import build
from companion.checking import support
from companion.events import Done, SourcesFound, TextAdded
from companion.finding import found
from companion.heard import Ask
from companion.settings import CompanionSettings
from companion.turn import Companion
from companion.writing.llm import OpenAICompatible
from course_index.build import build_index
from course_index.embedders.e5_onnx import OnnxE5
from course_index.parts import index_home, make_embedder
from prompts import render
from retrieval.search import Search

SAMPLES = Path(__file__).parent.parent / "course_index" / "samples"
QUESTIONS = {
    "电动车能在楼道里充电吗": "电动车不推进楼里充电。[1]\n电池拆下来提回屋里充，起火的仍旧是那块电池。[1]\n",
    "白切鸡骨头边有血水怎么办": "骨头旁边带血水，说明没有浸够。[1]\n要放回微沸的水里再浸。[1]\n",
    "肉怎么切不老": "肉要逆着纹理切。[1]\n纤维短了，吃起来才嫩。[1]\n",
}
# The first turns warm up.
_WARM = 3


class PacedModel:
    """An OpenAI-compatible endpoint that streams an answer two characters at a time."""

    def __init__(self, pace: float) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                asked = body["messages"][-1]["content"]
                answer = next((text for question, text in QUESTIONS.items() if question in asked), "好。")
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                for start in range(0, len(answer), 2):
                    time.sleep(pace)
                    end = "stop" if start + 2 >= len(answer) else None
                    choice = {"index": 0, "delta": {"content": answer[start : start + 2]}, "finish_reason": end}
                    chunk = {
                        "id": "1",
                        "object": "chat.completion.chunk",
                        "created": 0,
                        "model": "m",
                        "choices": [choice],
                    }
                    self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
                    self.wfile.flush()
                self.wfile.write(b"data: [DONE]\n\n")

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()


def main() -> None:
    """Print the table, and one JSON object of figures last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=40)
    parser.add_argument("--pace", type=float, default=0.02, help="seconds between two pieces of the answer")
    arguments = parser.parse_args()
    model = PacedModel(arguments.pace)
    with tempfile.TemporaryDirectory() as folder:
        settings = CompanionSettings(data_dir=Path(folder), llm_base_url=model.url)
        embedder = make_embedder(settings)
        build_index([SAMPLES], index_home(settings), embedder)
        companion = build(settings, embedder)
        checks, spent = _timed_checks(), _watched(companion)
        rows = asyncio.run(_measure(companion, OpenAICompatible(settings), arguments.turns))
        companion.index.close()
    model.close()
    figures = {name: _quantiles([row[name] for row in rows]) for name in rows[0]}
    figures["check_per_sentence"] = _quantiles(checks)
    for name, (p50, p95) in figures.items():
        print(f"{name:24} p50 {p50:8.1f} ms   p95 {p95:8.1f} ms")
    spent["sentences checked"] = checks
    print()
    for part, took in sorted(spent.items(), key=lambda one: -sum(one[1])):
        turns = arguments.turns + _WARM
        print(f"{part:34} {sum(took) / turns:6.2f} ms a turn, in {len(took) / turns:.1f} calls")
    print(json.dumps({name: {"p50_ms": p50, "p95_ms": p95} for name, (p50, p95) in figures.items()}))


async def _measure(companion: Companion, bare: OpenAICompatible, turns: int) -> list[dict[str, float]]:
    rows = []
    for number in range(turns + _WARM):
        question = list(QUESTIONS)[number % len(QUESTIONS)]
        row = {**await _bare(bare, question), **await _turn(companion, question)}
        row["added_to_whole"] = row["turn_whole"] - row["bare_whole"]
        if number >= _WARM:
            rows.append(row)
    return rows


async def _bare(model: OpenAICompatible, question: str) -> dict[str, float]:
    prompt = render("answer", question=question, passages="x" * 1_500, history="", audience="", language="简体中文")
    started, first = time.perf_counter(), 0.0
    async for _ in model.write(prompt):
        first = first or time.perf_counter() - started
    return {"bare_first_token": first * 1_000, "bare_whole": (time.perf_counter() - started) * 1_000}


async def _turn(companion: Companion, question: str) -> dict[str, float]:
    started = time.perf_counter()
    marks: dict[str, float] = {}
    async for event in companion.reply(Ask(question)):
        marks.setdefault("first_event", (time.perf_counter() - started) * 1_000)
        if isinstance(event, SourcesFound):
            marks["before_the_model"] = (time.perf_counter() - started) * 1_000
        if isinstance(event, TextAdded):
            marks.setdefault("first_checked_sentence", (time.perf_counter() - started) * 1_000)
        if isinstance(event, Done):
            assert event.mode == "generated", (question, event)
            marks["understood"] = event.timing_ms["understood"]
            marks["found"] = event.timing_ms["found"] - event.timing_ms["understood"]
    marks["turn_whole"] = (time.perf_counter() - started) * 1_000
    return marks


def _timed_checks() -> list[float]:
    """The milliseconds of every sentence that is judged from now on: made ready once, and laid over each passage."""
    taken: list[float] = []

    def timed(judge: Callable[..., Any], *, begins: bool) -> Callable[..., Any]:
        def run(*given: Any) -> Any:
            started = time.perf_counter()
            found = judge(*given)
            passed = (time.perf_counter() - started) * 1_000
            if begins:
                taken.append(passed)
            else:
                taken[-1] += passed
            return found

        return run

    support.Judge.claim = timed(support.Judge.claim, begins=True)  # type: ignore[method-assign]
    support.Judge.verdict = timed(support.Judge.verdict, begins=False)  # type: ignore[method-assign]
    return taken


def _watched(companion: Companion) -> dict[str, list[float]]:
    """The milliseconds of every call, from now on, of the parts that a turn goes through (checks embed too)."""
    parts: dict[str, tuple[Any, str]] = {
        "conversation recalled": (companion.remembering, "recall"),
        "wish recognised": (type(companion.hearing.wishes), "of"),
        "question embedded": (OnnxE5, "encode"),
        "passages ranked and chosen": (Search, "choice"),
        "whether they bear on it (learned)": (Search, "answerability"),
        "quotes chosen": (found, "read_closely"),
        "sections joined for the model": (Search, "contexts"),
        "turn written down": (companion.remembering, "remember"),
    }
    spent: dict[str, list[float]] = {part: [] for part in parts}
    for part, (owner, name) in parts.items():
        setattr(owner, name, _counted(getattr(owner, name), spent[part]))
    return spent


def _counted(work: Callable[..., Any], took: list[float]) -> Callable[..., Any]:
    def run(*given: Any, **named: Any) -> Any:
        started = time.perf_counter()
        found = work(*given, **named)
        took.append((time.perf_counter() - started) * 1_000)
        return found

    async def run_later(*given: Any, **named: Any) -> Any:
        started = time.perf_counter()
        found = await work(*given, **named)
        took.append((time.perf_counter() - started) * 1_000)
        return found

    return run_later if inspect.iscoroutinefunction(work) else run


def _quantiles(values: list[float]) -> tuple[float, float]:
    ordered = sorted(values)
    return round(statistics.median(ordered), 1), round(ordered[int(0.95 * (len(ordered) - 1))], 1)


if __name__ == "__main__":
    main()
