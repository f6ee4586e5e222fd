"""axe finds no violation of WCAG 2.2 AA in any state and look; nothing scrolls sideways on a phone."""

import pytest
from playwright.sync_api import expect

from tests_browser.conftest import AXE
from tests_browser.hand import WIDGET, ask, open_widget, panel, turns
from tests_browser.service import OPERATOR, says, source

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "contrast": {"contrast": "more"},
    "phone": {"width": 375, "height": 740, "has_touch": True, "is_mobile": True},
}


def violations(page):
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("(rules) => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)[
        "violations"
    ]
    return [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found]


def sideways(page):
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("elder", [False, True], ids=["usual", "senior"])
def test_no_state_of_the_widget_violates_wcag(shared, visit, look, elder):
    page = visit(shared.url, **LOOKS[look])
    if elder:
        page.evaluate("localStorage.setItem('learning-companion-settings', JSON.stringify({elder: true}))")
        page.reload()
    assert violations(page) == [], "closed"
    open_widget(page)
    expect(page.locator(f"{WIDGET} .starters button").first).to_be_visible()
    states = {"welcome": violations(page)}
    turn = ask(page, "快件丢了谁来赔")
    turn.get_by_role("button", name="看相关课程").click()
    expect(turn.locator(".instead .course").first).to_be_visible()
    turn.get_by_role("button", name="没有帮助").click()
    states["answer"] = violations(page)
    turn.locator(".cite").first.click()
    expect(page.locator(f"{WIDGET} dialog.source mark")).to_be_visible()
    states["source"] = violations(page)
    page.keyboard.press("Escape")
    ask(page, "想当电工，每周学四小时")
    states["way"] = violations(page)
    page.locator(f"{WIDGET} .styles").get_by_role("button", name="出题练习").click()
    ask(page, "快件赔偿")
    states["quiz"] = violations(page)
    page.locator(f"{WIDGET} .head").get_by_role("button", name="更多", exact=True).click()
    states["menu"] = violations(page)
    for name in ("以前的对话", "设置", "关于", "投诉与举报", "清除我的数据"):
        panel(page).get_by_role("button", name=name, exact=True).click()
        page.wait_for_timeout(120)
        states[name] = violations(page)
        page.get_by_role("button", name="返回").click()
    assert {state: found for state, found in states.items() if found} == {}
    assert not sideways(page)


def test_an_answer_that_fails_and_one_on_its_way_violate_nothing_either(stand_in, visit):
    server = stand_in(
        """<!doctype html><html lang="zh-CN"><meta name="viewport" content="width=device-width"><title>x</title><main><h1>x</h1></main>
        <learning-companion open></learning-companion><script src="/widget.js"></script></html>"""
    )
    server.events = says(
        "一段话。[1]\n\n",
        "```\ncode\n```\n\n",
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n",
        "$x^2$",
        seconds=0.4,
        sources=[source(1)],
    )
    page = visit(server.url, expects=("429",))
    turn = ask(page, "你好", ends=False)
    expect(turn.locator(".cite")).to_be_visible()
    assert violations(page) == []
    expect(turn.locator("math")).to_be_visible()
    assert violations(page) == []
    server.status = (429, {"Retry-After": "60"}, {"title": "Too Many", "status": 429, "detail": ""})
    ask(page, "再问")
    assert violations(page) == []


@pytest.mark.parametrize("look", LOOKS)
def test_no_page_of_the_portal_violates_wcag(shared, visit, look):
    page = visit(shared.url, expects=("404",), **LOOKS[look])
    lesson = page.request.get(f"{shared.url}/v1/courses/parcels").json()["lessons"][0]["lesson_id"]
    for path in (
        "/",
        "/?q=没有这种课xyz",
        "/?lang=en&audience=courier",
        "/courses/parcels",
        f"/lessons/{lesson}",
        "/courses/none",
    ):
        page.goto(shared.url + path)
        assert violations(page) == [], path
        assert not sideways(page), path


@pytest.mark.parametrize("look", LOOKS)
def test_no_page_for_operators_violates_wcag(shared, visit, look):
    page = visit(f"{shared.url}/admin", **LOOKS[look])
    assert violations(page) == []
    page.get_by_label("运营令牌").fill(OPERATOR)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("最近")
    for path in ("/admin", "/admin/needs", "/admin/courses", "/admin/feedback", "/admin/builds"):
        page.goto(shared.url + path)
        for details in page.locator("details").all()[:4]:
            details.evaluate("one => one.open = true")
        assert violations(page) == [], path
        assert not sideways(page), path


def test_with_colours_of_the_system_one_sees_what_is_chosen(stand_in, visit):
    page = visit(stand_in('<learning-companion open></learning-companion><script src="/widget.js"></script>').url)
    page.emulate_media(forced_colors="active")
    chosen = page.locator(f"{WIDGET} .styles button[aria-pressed=true]")
    other = page.locator(f"{WIDGET} .styles button[aria-pressed=false]").first
    looks = "(one) => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color]"
    assert chosen.evaluate(looks) != other.evaluate(looks)


def test_a_senior_reads_the_name_in_one_line_on_the_smallest_phone(stand_in, visit):
    server = stand_in('<learning-companion open elder></learning-companion><script src="/widget.js"></script>')
    server.events = says("好。")
    page = visit(server.url)
    page.set_viewport_size({"width": 320, "height": 568})
    ask(page, "你好")  # which brings the third button
    lines = """(title) => {
        const words = document.createRange(), walk = document.createTreeWalker(title, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) if (walk.currentNode.textContent.trim()) break;
        words.selectNodeContents(walk.currentNode);
        return words.getClientRects().length;
    }"""
    assert page.locator(f"{WIDGET} .head h2").evaluate(lines) == 1
    assert not sideways(page)


def test_with_colours_of_the_system_a_call_is_a_button_and_the_language_of_the_page_is_marked(shared, stand_in, visit):
    server = stand_in('<learning-companion open></learning-companion><script src="/widget.js"></script>')
    server.events = says("请拨打 12356。", call=["12356"])
    page = visit(server.url)
    page.emulate_media(forced_colors="active")
    assert ask(page, "你好").locator(".call a").evaluate("(one) => getComputedStyle(one).borderTopWidth") == "1px"
    page = visit(shared.url)
    page.emulate_media(forced_colors="active")
    outline = "(one) => getComputedStyle(one).outlineStyle"
    languages = page.locator(".top nav a")
    assert [one.evaluate(outline) for one in languages.all()] == ["solid", "none", "none"]


def test_a_screen_reader_hears_whom_to_call(stand_in, visit):
    server = stand_in('<learning-companion open></learning-companion><script src="/widget.js"></script>')
    server.events = says("请拨打 12356 或 120。", call=["12356", "120"])
    page = visit(server.url)
    ask(page, "你好")
    expect(page.locator(f"{WIDGET} [role=status]")).to_have_text("拨打 12356, 拨打 120")


@pytest.mark.parametrize(("how", "there"), [({}, "message"), ({"has_touch": True, "is_mobile": True}, "title")])
def test_the_focus_goes_where_one_goes_on_and_brings_no_keyboard_over_the_page(stand_in, visit, how, there):
    server = stand_in('<learning-companion></learning-companion><script src="/widget.js"></script>')
    page = visit(server.url, expects=("400",), **how)
    focused = "document.querySelector('learning-companion').shadowRoot.activeElement?.id"
    open_widget(page)
    assert page.evaluate(focused) == there
    server.status = (400, {}, {"title": "Bad Request", "status": 400, "detail": "这样不行"})
    turn = ask(page, "你好")
    server.status, server.events = None, says("好。")
    turn.get_by_role("button", name="重试").click()  # which then is gone
    expect(turns(page).last.locator(".body")).to_contain_text("好。")
    assert page.evaluate(focused) == there
