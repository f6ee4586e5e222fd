"""The pictures under docs/images, of the sample courses: `make images`. Look at them before they are committed."""

import argparse
import io
import os
import tempfile
from pathlib import Path

import httpx2
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from rich.progress import track

from course_index.build import build_index
from course_index.embedders.e5_onnx import OnnxE5
from course_index.store.generations import IndexHome
from tests_browser.conftest import CHROMIUM, MODELS, QUIET
from tests_browser.hand import ask, go_to, open_widget, panel
from tests_browser.service import OPERATOR, PROJECT, Service

IMAGES = PROJECT / "docs" / "images"
WIDTHS = {375: 780, 768: 1024, 1440: 900}
LOOKS = ("light", "dark", "elder")
_ASKED = (
    "流鼻血怎么办？", "电动车充电要注意什么？", "收到诈骗电话怎么办？", "有适合长者的手机课程吗？", "怎么量血压",
    "荔枝什么时候修剪", "哪里学插花", "有没有教插花的班", "插花要学多久", "想当电工", "怎么修空调", "白切鸡怎么做",
)  # fmt: skip


def main() -> None:
    """Take them all."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        (data / "models").symlink_to(MODELS)
        build_index([PROJECT / "course_index" / "samples"], IndexHome(data), OnnxE5(MODELS))
        rules = PROJECT / "companion" / "guidance" / "samples" / "credit-rules.json"
        service = Service(data, credit_rules=rules)
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
                for width, height in track(WIDTHS.items(), "portal and widget"):
                    for look in LOOKS:
                        _portal(browser, service.url, width, height, look)
                _have_asked(service.url)
                _operators(browser, service.url)
                browser.close()
        finally:
            service.stop()


def _portal(browser: Browser, url: str, width: int, height: int, look: str) -> None:
    page = _page(browser, width, height, look)
    page.goto(f"{url}/courses/senior-healthy-living" if width < 1_000 else url)
    if look == "elder":
        page.evaluate("localStorage.setItem('learning-companion-settings', JSON.stringify({elder: true}))")
        page.reload()
    open_widget(page)
    page.locator("learning-companion .starters button").first.wait_for()
    _take(page, f"welcome-{width}-{look}")
    turn = ask(page, "怎么量血压")
    turn.scroll_into_view_if_needed()
    _take(page, f"answer-{width}-{look}")
    if look == "light":
        turn.locator(".cite").first.click()
        page.locator("learning-companion dialog.source mark").wait_for()
        _take(page, f"source-{width}")
        page.keyboard.press("Escape")
        ask(page, "想当养老护理员，每周学五小时").locator(".way").scroll_into_view_if_needed()
        _take(page, f"way-{width}")
        go_to(page, "设置")
        panel(page).get_by_label("字号").wait_for()
        _take(page, f"settings-{width}")
    page.context.close()


def _operators(browser: Browser, url: str) -> None:
    page = _page(browser, 1440, 900, "light")
    page.goto(f"{url}/admin")
    page.get_by_label("运营令牌").fill(OPERATOR)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/admin")
    _take(page, "admin", whole=True)
    page.goto(f"{url}/admin/needs")
    _take(page, "needs", whole=True)
    page.context.close()


def _have_asked(url: str) -> None:
    """A few visitors, so that there is something to see."""
    for visitor in range(7):
        token = httpx2.post(f"{url}/v1/sessions", headers={"Origin": url}).json()["token"]
        headers = {"Authorization": f"Bearer {token}", "Origin": url}
        for number, message in enumerate(_ASKED):
            if (visitor + number) % 3:
                told = {"message": message, "audience": ("senior", "worker", "courier")[visitor % 3]}
                turn = httpx2.post(f"{url}/v1/chat", json=told, headers=headers, timeout=60).json()
                if number % 4 == visitor % 4:
                    opinion = {"turn_id": turn["turn_id"], "rating": "down" if turn["mode"] == "catalogue" else "up"}
                    httpx2.post(f"{url}/v1/feedback", json=opinion, headers=headers)


def _page(browser: Browser, width: int, height: int, look: str) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale="zh-CN",
        color_scheme="dark" if look == "dark" else "light",
        device_scale_factor=float(os.environ.get("SCALE", "1")),
    )
    return context.new_page()


def _take(page: Page, name: str, *, whole: bool = False) -> None:
    page.wait_for_timeout(300)
    taken = Image.open(io.BytesIO(page.screenshot(full_page=whole))).convert("RGB")
    # A page has few colours: a third of the bytes, and nothing that one sees.
    taken.quantize(colors=128, dither=Image.Dither.NONE).save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
