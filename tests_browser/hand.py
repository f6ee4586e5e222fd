"""What a learner's hand does to the widget."""

from playwright.sync_api import Locator, Page, expect

WIDGET = "learning-companion"


def panel(page: Page) -> Locator:
    return page.locator(f"{WIDGET} .panel")


def open_widget(page: Page) -> Locator:
    page.locator(f"{WIDGET} .launcher").click()
    expect(page.locator(f"{WIDGET} #message")).to_be_visible()
    return panel(page)


def turns(page: Page) -> Locator:
    return page.locator("learning-companion-turn")


def ask(page: Page, message: str, ends: bool = True) -> Locator:
    """Ask; the turn, which has ended unless told otherwise."""
    before = turns(page).count()
    page.locator(f"{WIDGET} #message").fill(message)
    page.locator(f"{WIDGET} #message").press("Enter")
    turn = turns(page).nth(before)
    expect(turn).to_be_visible()
    if ends:
        expect(turn.locator("article")).to_have_attribute("aria-busy", "false", timeout=20_000)
    return turn


def go_to(page: Page, *names: str) -> None:
    """Into the menu, and on to a page of it."""
    page.locator(f"{WIDGET} .head").get_by_role("button", name="更多", exact=True).click()
    for name in names:
        panel(page).get_by_role("button", name=name, exact=True).click()
