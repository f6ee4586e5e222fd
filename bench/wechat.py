"""WeChat's door under load: messages at a fixed rate to the real service process, each acknowledged and answered once.

    python -m bench.wechat [--rate 500] [--seconds 20] [--workers 1] [--wait 900] [--model]

WeChat's interface is scripted, on loopback, and with --model so is a model; else answers are quoted. All share this
machine's cores with the service. Times are from the moment a message was due, so that a generator that falls behind
shows as slowness too.
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import psutil

from bench.load import prepared, questions, scripted_model
from bench.service import service
from wechat.crypto import Envelope, signature

APP_ID, TOKEN, KEY = "wxba5fad812f8e6fb9", "AAAAA", "A" * 43
CONNECTIONS = 128


class Interface:
    """WeChat's interface as far as answers need it; counts what each openid got."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()
        self.tokens = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Its address."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=2_048)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
                )
                told = self._told(head.split(b" ", 2)[1], json.loads(await reader.readexactly(length)))
                content = json.dumps(told).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content) + content)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def _told(self, path: bytes, body: dict[str, Any]) -> dict[str, Any]:
        if path.startswith(b"/cgi-bin/stable_token"):
            self.tokens += 1
            return {"access_token": "t" * 512, "expires_in": 7_200}
        if path.startswith(b"/cgi-bin/message/custom/send"):
            self.sent[body["touser"]] += 1
        return {"errcode": 0, "errmsg": "ok"}


def requests(count: int) -> list[bytes]:
    """So many messages of as many people, sealed and signed, as bytes for the wire."""
    asked, envelope, made = questions()[:5], Envelope(KEY, APP_ID), []
    for number in range(count):
        fields = {
            "ToUserName": "gh_1", "FromUserName": f"o{number}", "CreateTime": int(time.time()), "MsgType": "text",
            "Content": asked[number % len(asked)], "MsgId": 10**15 + number,
        }  # fmt: skip
        encrypted = envelope.seal(json.dumps(fields, ensure_ascii=False).encode())
        stamp, nonce = str(int(time.time())), str(10**9 + number)
        signed = {"timestamp": stamp, "nonce": nonce, "msg_signature": signature(TOKEN, stamp, nonce, encrypted)}
        body = json.dumps({"ToUserName": "gh_1", "Encrypt": encrypted}).encode()
        head = f"POST /wechat/callback?{urlencode(signed)} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        made.append(head.encode() + body)
    return made


async def deliver(port: int, made: list[bytes], rate: float) -> list[tuple[float, bool]]:
    """Deliver each when it is due: seconds till the acknowledgement, and whether it was a good one."""
    queue: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue()
    told: list[tuple[float, bool]] = []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while one := await queue.get():
            due, request = one
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            body = await reader.readexactly(length)
            told.append((time.perf_counter() - due, body == b"success"))
        writer.close()

    connections = [asyncio.create_task(connection()) for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    for number, request in enumerate(made):
        due = began + number / rate
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        queue.put_nowait((due, request))
    for _ in connections:
        queue.put_nowait(None)
    await asyncio.gather(*connections)
    return told


async def run(rate: float, seconds: float, workers: int, wait: float, with_model: bool, folder: Path) -> None:
    """The whole bench."""
    interface, count = Interface(), int(rate * seconds)
    async with interface.serving() as api, scripted_model(pace=0.0, sentences=1) as model:
        settings = {
            "wechat_app_id": APP_ID, "wechat_app_secret": "s", "wechat_token": TOKEN, "wechat_encoding_aes_key": KEY,
            "wechat_api_url": api, "session_secret": "s" * 48,
        }  # fmt: skip
        settings |= {"llm_base_url": model, "llm_model": "m"} if with_model else {}
        async with service(folder, workers, **settings) as (port, process):
            made, spent = requests(count), _processor_seconds(process)
            told = await deliver(port, made, rate)
            spent = _processor_seconds(process) - spent
            times = [seconds for seconds, _ in told]
            good = sum(good for _, good in told)
            p50, p99 = np.percentile(times, 50), np.percentile(times, 99)
            print(f"{count} messages at {rate:g} a second to {workers} worker(s): {good} acknowledged")
            print(f"acknowledged within: p50 {p50:.3f} s, p99 {p99:.3f} s, most {max(times):.3f} s")
            print(
                f"processor of the service meanwhile: {spent / count * 1e3:.2f} ms a message, with answers that began"
            )
            print(f"load of this machine's {os.cpu_count()} cores: {os.getloadavg()[0]:.1f}")
            began, at_end = time.perf_counter(), len(interface.sent)
            while len(interface.sent) < count and time.perf_counter() - began < wait:
                await asyncio.sleep(1)
            waited = time.perf_counter() - began
            await asyncio.sleep(3)
            lost, twice = count - len(interface.sent), sum(times > 1 for times in interface.sent.values())
            print(f"answered {at_end} meanwhile, {waited:.0f} s more waited for; unanswered {lost}, twice {twice}")
            print(f"access tokens asked for: {interface.tokens}")


def _processor_seconds(process: psutil.Process) -> float:
    return sum(sum(one.cpu_times()[:2]) for one in (process, *process.children(recursive=True)))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--wait", type=float, default=900)
    parser.add_argument("--model", action="store_true")
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        prepared(Path(name))
        asyncio.run(run(wish.rate, wish.seconds, wish.workers, wish.wait, wish.model, Path(name)))


if __name__ == "__main__":
    main()
