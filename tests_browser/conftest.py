"""Real Chromium on the real service."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from course_index.build import build_index
from course_index.embedders.e5_onnx import OnnxE5
from course_index.store.generations import IndexHome
from tests_browser.service import PROJECT, Service, StandIn

LIBRARY = Path(__file__).with_name("library")
MODELS = PROJECT / ".data" / "test-models"
AXE = PROJECT / "widget" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or ""
# No lookups of Chromium's own: what goes out is then what our pages ask for.
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def pytest_sessionstart() -> None:
    """Say at once what is missing: a run that leaves tests out would look like one that passed."""
    missing = [
        what
        for there, what in ((CHROMIUM, "Chromium (apt-get install chromium)"), (AXE.exists(), "npm ci in widget/"))
        if not there
    ]
    if missing:
        pytest.exit(f"the browser tests need {' and '.join(missing)}", returncode=2)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the tests' own library."""
    folder = tmp_path_factory.mktemp("indexed")
    build_index([LIBRARY], IndexHome(folder), OnnxE5(MODELS))
    return folder


@pytest.fixture(scope="session")
def with_data(indexed: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Makes data folders with the same index and a state of their own."""

    def make() -> Path:
        folder = tmp_path_factory.mktemp("data")
        shutil.copytree(indexed / "index", folder / "index")
        (folder / "models").symlink_to(MODELS)
        return folder

    return make


@pytest.fixture(scope="session")
def shared(with_data: Callable[[], Path]) -> Iterator[Service]:
    """One service without a model, for tests that leave nothing behind that others trip over."""
    service = Service(with_data())
    yield service
    service.stop()


@pytest.fixture
def serve(with_data: Callable[[], Path]) -> Iterator[Callable[..., Service]]:
    """Starts services with settings."""
    started: list[Service] = []

    def make(**settings: Any) -> Service:
        started.append(Service(with_data(), **settings))
        return started[-1]

    yield make
    for service in started:
        service.stop()


@pytest.fixture
def stand_in() -> Iterator[Callable[..., StandIn]]:
    """Makes servers that say what a test wants to be said."""
    started: list[StandIn] = []

    def make(page: str = "", headers: dict[str, str] | None = None) -> StandIn:
        started.append(StandIn(page, headers))
        return started[-1]

    yield make
    for server in started:
        server.stop()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens an address in a browser of its own; whatever the page complains of fails the test.

    `page.asked` are the addresses that it asked for; `how_it_is` is a script that makes the browser another.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(
        url: str, expects: tuple[str, ...] = (), width: int = 1280, height: int = 860, how_it_is: str = "", **how: Any
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale=how.pop("locale", "zh-CN"), **how
        )
        contexts.append(context)
        context.add_init_script(how_it_is)
        page = context.new_page()
        page.asked = []  # type: ignore[attr-defined]
        page.on("request", lambda request: page.asked.append(request.url))  # type: ignore[attr-defined]
        page.on("pageerror", lambda error: complaints.append(str(error)))

        def heard(message: Any) -> None:
            if message.type == "error" and not any(part in message.text for part in expects):
                complaints.append(message.text)

        page.on("console", heard)
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
