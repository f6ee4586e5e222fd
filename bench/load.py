"""The service under load, on loopback: many streams at once, turns a second against the embedder alone, and a soak.

    python -m bench.load streams [--at-once 1000]
    python -m bench.load turns [--seconds 20]
    python -m bench.load soak [--minutes 60] [--plot soak.svg]

The service runs as a process of its own over the sample courses; the model of `streams` is scripted, on loopback too.
The learners share the machine's cores with it, so the figures are low rather than high.
"""

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from bench.service import ROOT, service
from course_index.build import build_index
from course_index.parts import index_home, make_embedder
from course_index.settings import IndexSettings

SAMPLES = ROOT / "course_index" / "samples"
CASES = ROOT / "eval" / "cases"
# The same in other words: what a model says again is passed over.
LEADS = ("", "一般来说，", "另外，", "所以，", "也就是说，")
SENTENCE = "白切鸡骨头旁边带血水，说明没有浸够。[1]\n"
LEARNERS = 8


def questions() -> list[str]:
    """What people ask of the sample courses."""
    lines = (line for file in sorted(CASES.glob("answers-[a-d].jsonl")) for line in file.read_text().splitlines())
    asked = (json.loads(line)["question"] for line in lines)
    return list(dict.fromkeys(question for question in asked if isinstance(question, str)))


async def ask(port: int, message: str, stream: bool = True) -> tuple[float, float, str]:
    """One turn over a raw connection: seconds to the first event after `turn`, to the end, and how it ended."""
    accept = "text/event-stream" if stream else "application/json"
    body = json.dumps({"message": message}).encode()
    began, first, last = time.perf_counter(), 0.0, b""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = f"POST /v1/chat HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        while line := await reader.readline():
            if line.startswith(b"event: ") and not line.startswith(b"event: turn"):
                first, last = first or time.perf_counter() - began, line[7:].strip()
            if not stream and line.startswith(b"{"):
                last = b"done"
    finally:
        writer.close()
    return first, time.perf_counter() - began, last.decode()


@asynccontextmanager
async def scripted_model(pace: float, sentences: int) -> AsyncIterator[str]:
    """An OpenAI-compatible endpoint that says a sentence each `pace` seconds, to any number of callers."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(length)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
            for number in range(sentences + 1):
                ended = number == sentences
                choice = {
                    "index": 0,
                    "delta": {} if ended else {"content": LEADS[number % len(LEADS)] + SENTENCE},
                    "finish_reason": "stop" if ended else None,
                }
                chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
                writer.write(f"data: {json.dumps(chunk)}\n\n".encode())
                await writer.drain()
                await asyncio.sleep(pace)
            writer.write(b"data: [DONE]\n\n")
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=2_048)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"


def prepared(folder: Path) -> None:
    """The sample courses indexed there."""
    models = ROOT / ".data" / "models"
    if models.exists():
        (folder / "models").symlink_to(models)
    settings = IndexSettings(data_dir=folder)
    build_index([SAMPLES], index_home(settings), make_embedder(settings))


async def streams(at_once: int, folder: Path) -> None:
    """So many learners begin within two seconds, and each reads an answer of five sentences as it is written."""
    async with (
        scripted_model(pace=1.0, sentences=5) as url,
        service(folder, llm_base_url=url, llm_model="m", llm_first_token_seconds=120, llm_answer_seconds=300) as (
            port,
            process,
        ),
    ):
        before = process.memory_info().rss

        async def one(number: int) -> tuple[float, float, str]:
            await asyncio.sleep(2 * number / at_once)
            try:
                return await ask(port, "白切鸡骨头边有血水怎么办")
            except OSError as error:
                return 0.0, 0.0, type(error).__name__

        began = time.perf_counter()
        told = await asyncio.gather(*(one(number) for number in range(at_once)))
        seconds = time.perf_counter() - began
        firsts = [first for first, _, end in told if end == "done"]
        print(f"{at_once} streams at once: {len(firsts)} ended well, in {seconds:.1f} s")
        print(f"first event: p50 {np.percentile(firsts, 50):.2f} s, p95 {np.percentile(firsts, 95):.2f} s")
        print(f"memory: {before / 1e6:.0f} MB before, {process.memory_info().rss / 1e6:.0f} MB after")
        ends = {end for _, _, end in told}
        print(f"ends: { ({end: sum(one[2] == end for one in told) for end in ends}) }")


async def turns(seconds: float, folder: Path) -> None:
    """Turns a second without a model, cold and repeated, against the embedder's own queries a second."""
    asked = questions()
    embedder = make_embedder(IndexSettings(data_dir=folder))
    embedder.embed(asked[:1], "query")
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds / 2:
        embedder.embed([asked[count % len(asked)]], "query")
        count += 1
    alone = count / (time.perf_counter() - began)
    print(f"embedder alone: {alone:.1f} queries a second")
    async with service(folder) as (port, _):
        for name, pool in (("cold", asked), ("repeated", asked[:5])):
            if name == "repeated":
                for question in pool:
                    await ask(port, question, stream=False)
            rate = await _rate(port, pool, seconds)
            print(f"{name}: {rate:.1f} turns a second, {rate / alone:.2f} of the embedder alone")


async def _rate(port: int, pool: Sequence[str], seconds: float) -> float:
    began, count = time.perf_counter(), 0

    async def learner() -> None:
        nonlocal count
        while time.perf_counter() - began < seconds:
            count += 1
            await ask(port, pool[count % len(pool)], stream=False)

    await asyncio.gather(*(learner() for _ in range(LEARNERS)))
    return count / (time.perf_counter() - began)


async def soak(minutes: float, folder: Path, plot: Path | None) -> None:
    """Learners ask, read, leave in the middle and stop; the memory of the service each ten seconds."""
    asked, seen = questions(), []
    async with (
        scripted_model(pace=0.05, sentences=4) as url,
        service(folder, llm_base_url=url, llm_model="m", turn_minutes=5) as (port, process),
    ):
        began = time.monotonic()
        ended = asyncio.Event()
        count = failed = 0

        async def learner(seed: int) -> None:
            nonlocal count, failed
            chance = random.Random(seed)
            while not ended.is_set():
                try:
                    async with asyncio.timeout(chance.choice((0.3, 30, 30, 30))):
                        _, _, end = await ask(port, chance.choice(asked))
                        failed += end != "done"
                except TimeoutError:
                    pass  # one in four leaves in the middle
                except OSError:
                    failed += 1
                count += 1
                await asyncio.sleep(chance.random() * 2)

        learners = [asyncio.create_task(learner(seed)) for seed in range(6)]
        while time.monotonic() - began < minutes * 60:
            await asyncio.sleep(10)
            seen.append(((time.monotonic() - began) / 60, process.memory_info().rss / 1e6, count))
            print(
                f"\r{seen[-1][0]:5.1f} min  {seen[-1][1]:6.0f} MB  {count} turns  {failed} failed", end="", flush=True
            )
        ended.set()
        await asyncio.gather(*learners)
    half = [memory for minute, memory, _ in seen if minute > minutes / 2]
    print(f"\n{count} turns, {failed} failed; second half: {min(half):.0f} to {max(half):.0f} MB")
    if plot:
        plot.write_text(_picture(seen), encoding="utf-8")


def _picture(seen: Sequence[tuple[float, float, int]]) -> str:
    """Memory over time as SVG."""
    width, height, left, top = 640, 220, 60, 20
    most_minutes, most = max(one[0] for one in seen), max(one[1] for one in seen) * 1.2
    points = " ".join(
        f"{left + (width - left - 20) * minute / most_minutes:.1f},{top + (height - 60) * (1 - memory / most):.1f}"
        for minute, memory, _ in seen
    )
    marks = "".join(
        f'<text x="{left - 6}" y="{top + (height - 60) * (1 - part):.0f}" text-anchor="end">{most * part:.0f}</text>'
        for part in (0, 0.25, 0.5, 0.75, 1)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        'font-size="12">'
        f'<rect width="{width}" height="{height}" fill="white"/>{marks}'
        f'<polyline points="{points}" fill="none" stroke="#1f6fb2" stroke-width="2"/>'
        f'<text x="{left}" y="{height - 8}">memory of the service, MB, over {most_minutes:.0f} minutes and '
        f"{seen[-1][2]} turns</text></svg>\n"
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["streams", "turns", "soak"])
    parser.add_argument("--at-once", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--plot", type=Path)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepared(folder)
        match wish.what:
            case "streams":
                asyncio.run(streams(wish.at_once, folder))
            case "turns":
                asyncio.run(turns(wish.seconds, folder))
            case _:
                asyncio.run(soak(wish.minutes, folder, wish.plot))


if __name__ == "__main__":
    main()
