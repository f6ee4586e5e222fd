"""Behind a real nginx (`make test-nginx`; the program is Debian's nginx-light), with the configuration that ships."""

import re
import subprocess
import time
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import httpx2
import pytest

from tests.servers import free_port, serving, wait_for
from tests.test_service import bearer
from tests.test_turns import LOST, Slow, events_of

SHIPPED = Path(__file__).parent.parent / "deploy" / "nginx.conf"
WHOLE = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{}}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {site}
}}
"""


class Nginx:
    """A real nginx before a service."""

    def __init__(self, service: str, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        site = SHIPPED.read_text().replace("127.0.0.1:8000", service.removeprefix("http://"))
        site = site.replace("/var/log/nginx", str(folder))
        self._file = folder / "nginx.conf"
        self._file.write_text(WHOLE.format(folder=folder, site=re.sub(r"listen \d+", f"listen {self.port}", site)))
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(["nginx", "-e", "stderr", "-c", str(self._file)], stderr=subprocess.DEVNULL)
        wait_for(self.port, process=self._process)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


@pytest.fixture
def behind_nginx(service, tmp_path):
    @contextmanager
    def start(model):
        with serving(service(model)) as url:
            nginx = Nginx(url, tmp_path)
            try:
                yield nginx
            finally:
                nginx.stop()

    return start


@pytest.fixture
def stream(provider):
    return bearer(provider.token("anna")) | {"Accept": "text/event-stream"}


def test_sentences_arrive_one_by_one(behind_nginx, stream):
    arrived = []
    with (
        behind_nginx(Slow(6, seconds=0.2)) as nginx,
        httpx2.stream("POST", f"{nginx.url}/v1/chat", json={"message": LOST}, headers=stream, timeout=20) as response,
    ):
        for _, name, _ in events_of(response.iter_lines()):
            if name == "text":
                arrived.append(time.monotonic())
    gaps = [later - sooner for sooner, later in pairwise(arrived)]
    assert sum(gap > 0.1 for gap in gaps) >= 4, gaps


def test_a_learner_goes_on_after_nginx_was_restarted(behind_nginx, stream):
    with behind_nginx(Slow(8, seconds=0.2)) as nginx, httpx2.Client(base_url=nginx.url, timeout=20) as client:
        before = []
        try:
            with client.stream("POST", "/v1/chat", json={"message": LOST}, headers=stream) as response:
                for event in events_of(response.iter_lines()):
                    before.append(event)
                    if len(before) == 4:
                        nginx.stop()
        except httpx2.HTTPError:
            nginx.start()
        path = f"/v1/chat/turns/{before[0][2]['turn_id']}/events"
        with client.stream("GET", path, headers=stream | {"Last-Event-ID": str(before[-1][0])}) as response:
            after = list(events_of(response.iter_lines()))
    assert [number for number, _, _ in before + after] == list(range(1, len(before + after) + 1))
    assert after[-1][1] == "done"


def test_the_address_is_the_clients_and_cannot_be_claimed(service, stream, tmp_path):
    with serving(service(address_turns_a_minute=1)) as url:
        nginx = Nginx(url, tmp_path)
        headers = stream | {"Accept": "application/json"}
        status = [
            httpx2.post(
                f"{nginx.url}/v1/chat", json={"message": LOST}, headers=headers | {"X-Forwarded-For": f"203.0.113.{n}"}
            ).status_code
            for n in range(2)
        ]
        nginx.stop()
    assert status == [200, 429]


def test_its_logs_hold_nothing_that_a_learner_typed(service, stream, tmp_path):
    typed = {"q": "独一无二"}
    with serving(service()) as url:
        nginx = Nginx(url, tmp_path)
        found = httpx2.get(f"{nginx.url}/v1/courses", params=typed, headers=stream, timeout=20)
    gone = httpx2.get(f"{nginx.url}/v1/courses", params=typed, headers=stream, timeout=20)
    nginx.stop()
    access, error = ((tmp_path / f"{name}.log").read_text() for name in ("access", "error"))
    assert (found.status_code, gone.status_code) == (200, 502)
    assert re.findall(r'"(.+)" (\d+)', access) == [("GET /v1/courses", "200"), ("GET /v1/courses", "502")]
    assert "%E7%8B%AC" not in access + error
