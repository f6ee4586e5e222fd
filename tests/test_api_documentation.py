"""docs/api.md does what it says when it is followed to the letter."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from api import create_app
from companion.settings import CompanionSettings
from tests.servers import serving

API = (Path(__file__).parent.parent / "docs" / "api.md").read_text("utf-8")


@pytest.fixture
def followed(tmp_path, provider):
    def run(url):
        script = tmp_path / "followed.py"
        code = (
            "\n".join(re.findall(r"^```python\n(.*?)^```$", API, re.DOTALL | re.MULTILINE))
            .replace("http://127.0.0.1:8000", url)
            .replace("TOKEN", provider.token("anna"))
        )
        script.write_text(code, "utf-8")
        done = subprocess.run(
            [sys.executable, "-X", "utf8", script], capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr[-2_000:]
        return done.stdout

    return run


def test_its_python_runs_against_a_public_service(service, followed):
    with serving(service()) as url:
        told = followed(url)
    assert told.startswith("extracted ")
    assert "event: done" in told
    assert "'quote_courses'" in told


def test_its_python_runs_against_an_open_service(companion_with, followed):
    with serving(create_app(companion_with(), CompanionSettings())) as url:
        assert "快递服务规则" in followed(url)


def test_its_commands_get_a_page_its_token(service):
    (command,) = re.findall(r"^curl .*$", API, re.MULTILINE)
    with serving(service()) as url:
        told = subprocess.run(
            shlex.split(command.replace("http://127.0.0.1:8000", url)),
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
    assert '"expires_in":1800' in told.stdout
