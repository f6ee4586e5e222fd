"""The real service as a process of its own, over the sample courses."""

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parent.parent
_READY = b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
_BODY = '{"message": "你好"}'.encode()
# What is loaded for the first turn is not to be measured with those that follow.
_FIRST_TURN = (
    b"POST /v1/chat HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Type: application/json\r\n"
    b"Connection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
)


@asynccontextmanager
async def service(folder: Path, workers: int = 1, **settings: Any) -> AsyncIterator[tuple[int, psutil.Process]]:
    """The service over the index in `folder`, once it is ready: its port and its process."""
    port = 8_700 + random.randrange(290)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COMPANION_")}
    environment |= {f"COMPANION_{name.upper()}": str(value) for name, value in settings.items()}
    environment |= {"COMPANION_DATA_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "api.py"), "--port", str(port), "--workers", str(workers)]
    with (folder / "service.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        await _ready(port)
        await asked(port, _FIRST_TURN)
        if workers > 1:
            await asyncio.sleep(3)  # the others too
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


async def _ready(port: int) -> None:
    for _ in range(600):
        await asyncio.sleep(0.2)
        try:
            _, status = await asked(port, _READY)
        except OSError:
            continue
        if status == 200:
            return


async def asked(port: int, request: bytes) -> tuple[bytes, int]:
    """What is answered to one request that closes its connection, and its status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        whole = await reader.read()
        return whole, int(whole.split(b" ", 2)[1]) if whole else 0
    finally:
        writer.close()
