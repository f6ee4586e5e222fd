"""Draw the pages that tests/render.js saved in Chromium, 375 px wide, and print what is too small or too wide."""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

_CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
_WIDTH, _HEIGHT = 375, 812

# Texts and targets that a person sees: what is hidden for screen readers is not among them.
_MEASURED = """([elder]) => {
  const faults = [];
  const target = elder ? 60 : 44, text = elder ? 18 : 13;
  const named = (node) => `${node.className || node.tagName} "${node.textContent.trim().slice(0, 20)}"`;
  for (const node of document.querySelectorAll('[class]')) {
    if (!/--tap(\\s|$)/.test(node.className)) continue;
    const { width, height } = node.getBoundingClientRect();
    const isSmall = width < target - 0.5 || height < target - 0.5;
    if (isSmall) faults.push(`${width.toFixed(0)}x${height.toFixed(0)} ${named(node)}`);
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const around = node.parentElement;
    if (!node.textContent.trim() || /--unseen/.test(around.className) || around.tagName === 'STYLE') continue;
    const size = parseFloat(getComputedStyle(around).fontSize);
    if (size < text) faults.push(`${size}px ${named(around)}`);
    const range = document.createRange();
    range.selectNodeContents(node);
    const { right, left } = range.getBoundingClientRect();
    const scrolls = around.closest('[class*="--styles"]');
    if (!scrolls && (right > innerWidth + 0.5 || left < -0.5)) faults.push(`over the side: ${named(around)}`);
  }
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) faults.push(`the page is ${scrollWidth} px wide`);
  return faults;
}"""


def _draw(page: Page, file: Path, images: Path) -> list[str]:
    elder = file.stem.endswith("-elder")
    page.goto(file.as_uri())
    page.evaluate("document.fonts.ready")
    if file.stem.startswith("offline"):  # what is to be seen stands at the end
        page.evaluate("document.querySelector('.t-chat-list__content').scrollTop = 1e6")
    faults: list[str] = page.evaluate(_MEASURED, [elder])
    page.screenshot(path=images / f"miniprogram-{file.stem}.png")
    return [f"{file.stem}: {fault}" for fault in faults]


def main() -> None:
    """Arguments: the folder of saved pages, and where pictures go."""
    if not _CHROMIUM:
        sys.exit("Chromium is needed: apt-get install chromium fonts-noto-cjk, or name one in CHROMIUM.")
    pages, images = Path(sys.argv[1]), Path(sys.argv[2])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT}, device_scale_factor=2)
        faults = [fault for file in sorted(pages.glob("*.html")) for fault in _draw(page, file, images)]
        browser.close()
    sys.stdout.write("\n".join(faults))


if __name__ == "__main__":
    main()
