"""The widget's speed in real Chromium, its processor slowed down four times: `python -m bench.widget`.

Absolute times stand beside what the same machine does in the same run with nothing of ours, since machines differ.
"""

import time
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from tests_browser.conftest import CHROMIUM, QUIET
from tests_browser.service import DONE, StandIn

PAGE = '<!doctype html><title>x</title><learning-companion open></learning-companion><script src="/widget.js"></script>'
SLOWER = 4
WORDS = 5_000
TURNS = 200
_SENTENCE = "Each sentence here has ten words of a plain answer. "  # ten words
_EVALUATED = """async (address) => {
    const code = await (await fetch(address)).text();
    const began = performance.now(); (0, eval)(code); return performance.now() - began; }"""
_LOOP = "() => { const began = performance.now(); let x = 0; for (let i = 0; i < 2e7; i++) x += i % 7; return performance.now() - began; }"
_WATCH_FIRST = """() => {
    const read = ReadableStreamDefaultReader.prototype.read;
    ReadableStreamDefaultReader.prototype.read = async function () {
        const got = await read.call(this);
        if (!window.arrived && got.value && new TextDecoder().decode(got.value).includes("event: text")) window.arrived = performance.now();
        return got; };
    const root = document.querySelector("learning-companion").shadowRoot;
    const seen = new MutationObserver(() => {
        if (!window.arrived || window.shown || !root.querySelector("learning-companion-turn .body")?.textContent.trim()) return;
        window.drawn = performance.now();
        seen.disconnect(); // the frame after this one is on screen when a task behind it runs
        requestAnimationFrame(() => { const { port1, port2 } = new MessageChannel(); port1.onmessage = () => { window.shown = performance.now(); }; port2.postMessage(0); }); });
    seen.observe(root, { childList: true, subtree: true }); }"""
_FRAMES = """(ms) => new Promise((resolve) => { let frames = 0; const began = performance.now();
    const tick = (now) => { frames++; if (now - began < ms) requestAnimationFrame(tick); else resolve(frames / (now - began) * 1000); };
    requestAnimationFrame(tick); })"""


def main() -> None:
    """Measure, and print a table."""
    table = Table("figure", "measured", "beside it", "asked", title=f"widget.js, processor {SLOWER} times slower")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page, slow, server = _page(browser)
        loop = min(page.evaluate(_LOOP) for _ in range(3))
        took = page.evaluate(_EVALUATED, "/assets/widget.js")
        table.add_row(
            "script evaluation", f"{took:.0f} ms", f"{loop:.0f} ms for a loop of 20 million steps", "under 100 ms"
        )

        server.events = _paced(["One. "], 0.2)
        page.wait_for_timeout(1_500)  # nobody types a question faster
        page.evaluate(_WATCH_FIRST)
        _ask(page)
        page.wait_for_function("window.shown")
        first, drawn = page.evaluate("[window.shown - window.arrived, window.drawn - window.arrived]")
        frame = 1_000 / page.evaluate(_FRAMES, 1_000)
        table.add_row(
            "first text on screen",
            f"{first:.0f} ms ({drawn:.0f} until drawn)",
            f"{frame:.1f} ms a frame, idle",
            "within 50 ms",
        )

        idle = page.evaluate(_FRAMES, 3_000)
        paragraphs = [_SENTENCE * 5 + "\n\n" if n % 4 == 3 else _SENTENCE * 5 for n in range(WORDS // 50)]
        pieces = [piece for one in paragraphs for piece in (one[:130], one[130:])]
        server.events = _paced(pieces, 10 / len(pieces))
        _ask(page)
        busy = page.evaluate(_FRAMES, 9_000)
        table.add_row(
            f"frames a second, {WORDS:,} words in 10 s",
            f"{busy:.1f}",
            f"{idle:.1f} idle: {busy / idle:.0%}",
            "90% of 60",
        )

        page.close()
        page, slow, server = _page(browser)
        server.events = _paced([_SENTENCE * 10], 0)
        heaps = {}
        for turn in range(1, TURNS + 1):
            _ask(page)
            page.wait_for_function(
                "() => !document.querySelector('learning-companion').busy && "
                "!!document.querySelector('learning-companion').shadowRoot.querySelector('learning-companion-turn[latest] .tools')"
            )
            if turn in (20, TURNS // 2, TURNS):
                slow.send("HeapProfiler.collectGarbage")
                metrics = {one["name"]: one["value"] for one in slow.send("Performance.getMetrics")["metrics"]}
                heaps[turn] = (metrics["JSHeapUsedSize"] / 1e6, metrics["Nodes"])
        told = "; ".join(f"{turn}: {heap:.1f} MB, {nodes:,.0f} nodes" for turn, (heap, nodes) in heaps.items())
        table.add_row(f"memory by turn, up to {TURNS}", told, "", "flat")
        browser.close()
    Console().print(table)


def _page(browser: Any) -> tuple[Page, CDPSession, StandIn]:
    server = StandIn(PAGE)
    page = browser.new_page(viewport={"width": 1280, "height": 860})
    slow = page.context.new_cdp_session(page)
    page.goto(server.url)
    slow.send("Performance.enable")
    slow.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return page, slow, server


def _paced(pieces: list[str], seconds: float) -> Any:
    def events(_: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        yield "turn", {"turn_id": f"t-{time.monotonic_ns()}", "conversation_id": "c"}
        yield "sources", {"sources": []}
        began = time.monotonic()
        for number, piece in enumerate(pieces, 1):
            time.sleep(max(0.0, began + number * seconds - time.monotonic()))
            yield "text", {"text": piece, "ai": True}
        yield "done", DONE

    return events


def _ask(page: Page) -> None:
    page.evaluate("document.querySelector('learning-companion').ask('a question')")


if __name__ == "__main__":
    main()
