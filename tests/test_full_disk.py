"""A disk that is full, for real: a small one, which Linux lets everybody mount who is alone in a namespace."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from tests.conftest import LIBRARY, MODELS
from tests.filling import Disk
from tests.servers import Served
from tests.test_turns import LOST

ROOT = Path(__file__).parent.parent
ALONE = ["unshare", "--user", "--map-root-user", "--mount"]
MOUNTED = 'mount -t tmpfs -o size=40m tmpfs "$1" && shift && exec "$@"'


def on_a_small_disk(folder, *command):
    """A command for which `folder` is a disk of 40 MB."""
    folder.mkdir()
    return [*ALONE, "sh", "-c", MOUNTED, "sh", str(folder), *map(str, command)]


@pytest.fixture(scope="module", autouse=True)
def namespaces(tmp_path_factory):
    """Some containers and systems do not let it."""
    command = on_a_small_disk(tmp_path_factory.mktemp("tried") / "disk", "true")
    if not shutil.which("unshare") or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this system lets nobody mount a disk of his own (unshare --user --mount)")


def told(folder, *arguments):
    command = on_a_small_disk(folder, sys.executable, "-m", "tests.filling", *arguments)
    ended = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_each_part_of_the_index_says_that_the_disk_is_full(tmp_path):
    disk = tmp_path / "disk"
    for part, said in told(disk, "parts", disk).items():
        assert said.startswith(("the disk is full (", "the disk failed (")), (part, said)


def test_a_build_on_a_full_disk_leaves_what_serves_and_goes_on_once_there_is_room(tmp_path):
    disk, library = tmp_path / "disk", tmp_path / "library"
    shutil.copytree(LIBRARY, library)
    *full, last = told(disk, "builds", disk, library, MODELS)
    assert len({one["said"] for one in full}) > 1  # it was full at more than one step
    for one in full:
        assert one["said"].startswith(("the disk is full (", "the disk failed (")), one
        assert one["generation"] == "1"
    assert (last["said"], last["generation"]) == ("done", "2")
    for one in (*full, last):
        assert one["passages"] == one["vectors"] == one["terms"] > 0
    assert last["passages"] > full[0]["passages"]


def test_a_service_on_a_full_disk_answers_and_keeps_what_was_said_once_there_is_room(tmp_path, put_library):
    base, disk = tmp_path / "base", tmp_path / "disk"
    base.mkdir()
    put_library(base)
    (base / "models").symlink_to(MODELS)
    copied = 'cp -r "$1"/. "$2" && shift 2 && exec "$@"'
    command = on_a_small_disk(disk, "sh", "-c", copied, "sh", base, disk, sys.executable, ROOT / "api.py")
    with (
        Served(command, {"data_dir": disk}, tmp_path) as service,
        httpx2.Client(base_url=service.url, timeout=60) as client,
    ):
        first = client.post("/v1/chat", json={"message": LOST}).json()
        more = {"message": LOST, "conversation_id": first["conversation_id"]}
        its_disk = Disk(Path(f"/proc/{service.process.pid}/root{disk}"))
        its_disk.fill()
        during = [client.post("/v1/chat", json=more).json() for _ in range(3)]
        complaint = client.post("/v1/complaints", json={"kind": "complaint", "words": "x" * 4_000})
        its_disk.empty()
        path, deadline = f"/v1/conversations/{first['conversation_id']}", time.monotonic() + 30
        while len(kept := client.get(path).json()["turns"]) < 4:
            assert time.monotonic() < deadline
            time.sleep(0.2)
    assert [one["mode"] for one in (first, *during)] == ["extracted"] * 4
    assert complaint.status_code == 503
    assert [turn["id"] for turn in kept] == [one["turn_id"] for one in (first, *during)]
