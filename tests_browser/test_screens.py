"""What a learner sees fits the screen and the text size they have, and says what happened."""

import re

import pytest
from playwright.sync_api import expect

from tests_browser.hand import WIDGET, ask, go_to, open_widget, panel, turns
from tests_browser.service import OPERATOR, Service, says, source

SCRIPT = '<script src="/widget.js"></script>'
OPEN = f"<learning-companion open></learning-companion>{SCRIPT}"
PHONE = '<meta name="viewport" content="width=device-width">'
# What of the widget stands out of the window, or is cut where nothing scrolls.
OUT = """() => { const out = [];
    const root = document.querySelector("learning-companion").shadowRoot;
    for (const one of root.querySelectorAll(".panel *, dialog.source *")) {
        const box = one.getBoundingClientRect();
        if (!box.width || one.closest(".styles, .hidden, pre, .table")) continue;
        if (box.left < -1 || box.right > innerWidth + 1) out.push(one.className || one.tagName);
    }
    return out; }"""


def text_size(page, of=".root"):
    size = "(of) => parseFloat(getComputedStyle(document.querySelector('learning-companion').shadowRoot.querySelector(of)).fontSize)"
    return page.evaluate(size, of)


@pytest.mark.parametrize(("root", "theirs"), [("16px", 16), ("20px", 20), ("32px", 32), ("62.5%", 16), ("100px", 32)])
def test_the_text_is_as_large_as_the_pages_and_never_too_small_or_absurd(stand_in, visit, root, theirs):
    page = visit(stand_in(f"<style>html {{font-size: {root}}}</style>{OPEN}").url)
    assert text_size(page) == theirs


def test_who_enlarges_the_page_after_it_is_open_enlarges_the_widget(stand_in, visit):
    page = visit(stand_in(OPEN).url)
    page.evaluate("document.documentElement.style.fontSize = '24px'")
    assert text_size(page) == 24
    page.evaluate("document.querySelector('learning-companion').style.setProperty('--companion-font-size', '18px')")
    assert text_size(page) == 18  # what the page says of the widget goes before


@pytest.mark.parametrize(("root", "elder"), [(16, True), (32, False), (32, True)])
def test_on_the_smallest_phone_with_the_largest_text_nothing_is_cut(stand_in, visit, root, elder):
    server = stand_in(
        f"{PHONE}<style>html {{font-size: {root}px}}</style><learning-companion open {'elder' if elder else ''}>"
        '</learning-companion><script src="/widget.js"></script>'
    )
    server.events = says("先量三次。[1]", sources=[source(1, course_title="长者健康生活与家庭急救入门")])
    page = visit(server.url, expects=("404",), width=320, height=568)
    turn = ask(page, "怎么量血压")
    assert page.evaluate(OUT) == []
    turn.locator(".cite").click()
    expect(page.locator(f"{WIDGET} dialog.source .passage")).to_contain_text("取不到")
    assert page.evaluate(OUT) == []
    page.keyboard.press("Escape")
    for name in ("设置", "投诉与举报", "关于", "清除我的数据"):
        go_to(page, name)
        assert page.evaluate(OUT) == [], name
        page.get_by_role("button", name="返回").click()
        page.get_by_role("button", name="返回").click()
    lines = page.locator(f"{WIDGET} .head h2").evaluate("one => one.getBoundingClientRect().height")
    assert lines < 80  # the name in one line, with the badge at most below it


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("请马上拨打 120：说清在哪里。", ["120"]),
        ("有人身危险时请拨打 120 或 110。", ["120", "110"]),
        ("拨打心理援助热线 12356；疑似诈骗请拨打96110。", ["12356", "96110"]),
        ("欠薪可以打 12333 热线，也可拨 020-12345678。", ["12333", "020-12345678"]),
        ("Call the police on 110, or 96110 for fraud.", ["110", "96110"]),
        ("先打**119**再跑。", ["119"]),
        ("血压 120，心率 110，考试打 120 分，打印 110 页。", []),
        ("`打 120`，拨打 1201 次，电话里说了 110 个字，数一数 12345。", []),
    ],
)
def test_numbers_to_call_are_called_by_a_touch_and_figures_are_not(stand_in, visit, text, numbers):
    server = stand_in(OPEN)
    server.events = says(text)
    links = ask(visit(server.url), "怎么办").locator(".body a")
    assert [one.get_attribute("href") for one in links.all()] == [f"tel:{number}" for number in numbers]


def test_in_an_emergency_the_call_stands_first_and_large(shared, visit):
    page = visit(shared.url, width=375, height=740)
    open_widget(page)
    turn = ask(page, "我妈突然晕倒了，叫不醒")
    call = turn.locator(".answer > .call a")
    expect(call).to_have_text("拨打 120")
    assert call.get_attribute("href") == "tel:120"
    box, body = call.bounding_box(), turn.locator(".body").bounding_box()
    assert box["y"] + box["height"] <= body["y"]
    assert box["height"] >= 44
    assert box["width"] > 250
    expect(turn.locator(".state")).to_have_count(0)  # 这里不能回答 is no word to begin with
    expect(ask(page, "快件丢了谁来赔").locator(".call")).to_have_count(0)


QUOTED = "第二步：坐下，\n\n手臂放平。"
PASSAGE = {
    "text": f"怎样量\n\n{'前面的话。' * 120}\n\n第二步：坐下，\n手臂放平。\n\n{'后面的话。' * 120}",
    "heading_path": [],
    "locator": "第 1 页",
    "as_of": None,
    "course_id": "c",
    "course_title": "课",
    "lesson_title": "课时",
    "url": None,
    "sample": False,
}


def test_what_is_quoted_is_marked_in_its_place_and_in_view(stand_in, visit):
    server = stand_in(PHONE + OPEN)
    server.events = says("坐下。[1]", sources=[source(1, quote=QUOTED)])
    page = visit(server.url, width=320, height=568)
    page.route("**/v1/passages/*", lambda route: route.fulfill(json=PASSAGE))
    ask(page, "怎么量").locator(".cite").click()
    mark = page.locator(f"{WIDGET} dialog.source mark")
    expect(mark).to_have_text("第二步：坐下，\n手臂放平。")
    expect(mark).to_be_in_viewport()
    expect(page.locator(f"{WIDGET} dialog.source blockquote")).to_have_count(0)  # it stands there once
    expect(page.locator(f"{WIDGET} dialog.source .close")).to_be_in_viewport()


def test_a_quote_that_does_not_stand_in_the_passage_is_shown_by_itself(stand_in, visit):
    server = stand_in(OPEN)
    server.events = says("坐下。[1]", sources=[source(1, quote="换了的话")])
    page = visit(server.url)
    page.route("**/v1/passages/*", lambda route: route.fulfill(json=PASSAGE))
    ask(page, "怎么量").locator(".cite").click()
    expect(page.locator(f"{WIDGET} dialog.source blockquote")).to_have_text("换了的话")
    expect(page.locator(f"{WIDGET} dialog.source mark")).to_have_count(0)


def test_a_question_that_is_too_long_is_told_and_neither_cut_nor_sent(serve, visit):
    page = visit(serve(message_max_characters=150).url)
    open_widget(page)
    box = page.locator(f"{WIDGET} #message")
    box.fill("问" * 180)
    told = page.locator(f"{WIDGET} .over")
    expect(told).to_contain_text(re.compile("180 字.*150 字"))
    box.press("Enter")
    expect(turns(page)).to_have_count(0)
    expect(box).to_have_value("问" * 180)
    box.fill("快件丢了谁来赔")
    expect(told).to_have_text("")
    box.press("Enter")
    expect(turns(page)).to_have_count(1)


def test_what_is_taken_away_and_what_is_erased_gets_a_receipt_one_can_read_out(serve, visit):
    page = visit(serve().url)
    open_widget(page)
    ask(page, "快件丢了谁来赔")
    with page.expect_download():
        go_to(page, "导出我的数据")
    expect(panel(page).locator(".said")).to_contain_text("learning-companion.json：1 轮对话")
    panel(page).get_by_role("button", name="清除我的数据").click()
    panel(page).get_by_role("button", name="全部清除").click()
    told = panel(page).locator(".said")
    expect(told).to_contain_text("已经清除")
    short, whole = re.search(r"回执号：(\w{4} \w{4})（全号 ([\w-]{36})）", told.inner_text()).groups()
    assert short.replace(" ", "").lower() == whole[:8]
    expect(panel(page).get_by_role("button", name="全部清除")).to_have_count(0)
    audit = page.request.get(
        f"{page.url}v1/operators/audit?limit=1000", headers={"Authorization": f"Bearer {OPERATOR}"}
    )
    assert [row["what"] for row in audit.json()["entries"]].count(whole) == 1


def test_by_the_code_that_a_learner_reads_out_a_complaint_is_answered(shared, visit):
    page = visit(shared.url)
    open_widget(page)
    go_to(page, "投诉与举报")
    panel(page).get_by_label("请写下经过").fill("回答有误")
    panel(page).get_by_role("button", name="提交").click()
    code = re.search(r"编号 (\w{4} \w{4})", panel(page).locator(".said").inner_text())[1]
    operator = {"Authorization": f"Bearer {OPERATOR}"}
    address = f"{shared.url}/v1/operators/complaints/{code}/answer"
    assert page.request.post(address, headers=operator, data={"words": "已经改正"}).status == 204
    page.get_by_role("button", name="返回").click()
    panel(page).get_by_role("button", name="投诉与举报", exact=True).click()
    expect(panel(page).locator(".menu")).to_contain_text(re.compile(f"{code}.*已经改正", re.DOTALL))


def test_another_answer_is_offered_only_where_a_model_may_write_one(shared, stand_in, visit):
    page = visit(shared.url)
    open_widget(page)
    turn = ask(page, "快件丢了谁来赔")
    expect(turn.get_by_role("button", name="复制")).to_be_visible()
    expect(turn.get_by_role("button", name="再答一次")).to_have_count(0)
    server = stand_in(OPEN)
    server.events = says("好。")
    expect(ask(visit(server.url), "你好").get_by_role("button", name="再答一次")).to_be_visible()


def test_what_ends_a_turn_in_an_emergency_is_kept_with_the_tab(stand_in, visit):
    server = stand_in(OPEN)
    server.events = says("请马上拨打 110，并联系银行。", mode="declined", call=["110", "96110"], aigc=None)
    page = visit(server.url)
    expect(ask(page, "钱刚转过去").locator(".call a")).to_have_count(2)
    page.reload()
    expect(turns(page).locator(".call a").first).to_have_text("拨打 110")


@pytest.mark.parametrize(("width", "text"), [(320, 32), (375, 32), (320, 20), (768, 32)])
def test_no_page_of_the_portal_scrolls_sideways_whatever_the_size_of_its_text(shared, visit, width, text):
    page = visit(shared.url, expects=("404",), width=width, height=700)
    lesson = page.request.get(f"{shared.url}/v1/courses/parcels").json()["lessons"][0]["lesson_id"]
    for path in (
        "/",
        "/?q=没有这种课xyz",
        "/courses/parcels",
        f"/lessons/{lesson}",
        "/courses/none",
        "/admin",
    ):
        page.goto(shared.url + path)
        page.evaluate(f"document.documentElement.style.fontSize = '{text}px'")
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) == 0, path


def test_where_nothing_is_found_the_way_back_to_all_courses_is_there(shared, visit):
    page = visit(f"{shared.url}/?q=没有这种课xyz")
    page.get_by_role("link", name="全部课程").click()
    expect(page.locator(".card").first).to_be_visible()


def test_a_catalogue_that_is_not_ready_is_told_in_the_readers_words(visit, tmp_path):
    service = Service(tmp_path)
    try:
        page = visit(service.url, expects=("503",))
        expect(page.locator("h1")).to_have_text("课程目录还没有准备好")
        expect(page.locator("main")).to_contain_text("请过几分钟再打开")
        page.goto(f"{service.url}/?lang=en")
        expect(page.locator("h1")).to_have_text("The catalogue is not ready yet")
    finally:
        service.stop()


def test_a_way_is_told_once_and_its_sum_stays(shared, visit):
    page = visit(shared.url, width=375, height=740)
    open_widget(page)
    turn = ask(page, "想当电工，每周学四小时")
    expect(turn.locator(".way .course")).to_have_count(2)
    expect(turn.locator(".body > ol")).to_be_hidden()
    expect(turn.locator(".body")).to_contain_text("合计")
    assert turn.locator(".answer").inner_text().count("电工提高：触电急救") == 1


def test_a_lesson_is_read_with_the_headings_that_begin_its_parts(shared, visit):
    page = visit(f"{shared.url}/courses/parcels")
    page.locator(".lessons a").first.click()
    expect(page.locator("article h2, article h3").first).to_be_visible()


@pytest.mark.parametrize("elder", [False, True])
def test_a_new_question_goes_to_the_top_and_nothing_of_the_answer_before_stays(stand_in, visit, elder):
    server = stand_in(f"{PHONE}<learning-companion open {'elder' if elder else ''}></learning-companion>{SCRIPT}")
    server.events = says("好。")
    page = visit(server.url, width=360, height=740)
    for message in ("你好", "再问一句", "还有一句"):
        ask(page, message)
    above = "(one) => one.getBoundingClientRect().top - one.closest('.page').getBoundingClientRect().top"
    assert turns(page).last.locator(".asked").evaluate(above) == pytest.approx(12, abs=2)
    expect(turns(page).nth(1).locator(".copy")).not_to_be_in_viewport()


@pytest.mark.parametrize(
    ("done", "offered"),
    [
        ({"mode": "extracted"}, 1),
        ({"mode": "declined"}, 1),
        ({"mode": "declined", "call": ["12356"]}, 0),  # 我不想活了 is no wish for courses
        ({"mode": "catalogue"}, 0),  # none was found there a moment ago
        ({"mode": "extracted", "quiz": [{"number": 1, "kind": "open", "options": []}]}, 0),
    ],
)
def test_courses_in_place_of_an_answer_are_offered_where_they_make_sense(stand_in, visit, done, offered):
    server = stand_in(OPEN)
    server.events = says("好。", aigc=None, **done)
    expect(ask(visit(server.url), "你好").locator(".show-courses")).to_have_count(offered)


def test_the_ways_to_answer_fit_a_phone_and_a_thumb(stand_in, visit):
    server = stand_in(f"{PHONE}<style>html {{font-size: 17px}}</style>{OPEN}")
    page = visit(server.url, width=360, height=740, has_touch=True, is_mobile=True)
    room = page.locator(f"{WIDGET} .styles").bounding_box()
    for one in page.locator(f"{WIDGET} .styles button").all():
        box = one.bounding_box()
        assert box["x"] + box["width"] <= room["x"] + room["width"]
        assert box["height"] >= 36


def test_signs_and_boxes_are_as_large_as_a_seniors_text(stand_in, visit):
    server = stand_in(f"{PHONE}<learning-companion open elder></learning-companion>{SCRIPT}")
    server.events = says("好。")
    page = visit(server.url, width=360, height=740)
    page.evaluate("document.documentElement.style.fontSize = '32px'")
    turn = ask(page, "你好")
    assert page.locator(f"{WIDGET} .icon svg").first.bounding_box()["width"] >= 32
    good, bad, answer = (turn.locator(one).bounding_box() for one in (".good", ".bad", ".answer"))
    assert good["x"] + good["width"] + 4 <= bad["x"]
    assert bad["x"] + bad["width"] + 4 <= answer["x"] + answer["width"]
    turn.locator(".bad").click()
    assert turn.locator(".why input").first.bounding_box()["width"] >= 30


def test_what_came_of_an_export_is_in_view(stand_in, visit):
    page = visit(
        stand_in(f"{PHONE}<learning-companion open elder></learning-companion>{SCRIPT}").url, width=360, height=560
    )
    page.route("**/v1/learners/me/export", lambda route: route.fulfill(json={"turns": []}))
    go_to(page, "导出我的数据")
    expect(page.locator(f"{WIDGET} .said")).to_contain_text("已存成文件")
    expect(page.locator(f"{WIDGET} .said")).to_be_in_viewport(ratio=0.9)


def test_who_erases_all_reads_the_receipt_in_the_size_and_language_they_chose(stand_in, visit):
    page = visit(stand_in(OPEN).url)
    page.evaluate(
        'localStorage.setItem(\'learning-companion-settings\', \'{"locale": "en", "elder": true, "audience": "senior"}\')'
    )
    page.reload()
    page.route("**/v1/learners/me", lambda route: route.fulfill(json={"receipt": "0a1b2c3d-4e5f"}))
    size = text_size(page)
    page.locator(f"{WIDGET} .head").get_by_role("button", name="More", exact=True).click()
    for name in ("Erase my data", "Erase everything"):
        panel(page).get_by_role("button", name=name).click()
    expect(page.locator(f"{WIDGET} .said")).to_contain_text("Receipt: 0A1B 2C3D")
    assert text_size(page, ".said") == size
    assert page.evaluate("localStorage.getItem('learning-companion-settings')") is None
    panel(page).get_by_role("button", name="New conversation").click()
    expect(page.locator(f"{WIDGET} #message")).to_be_visible()


@pytest.mark.parametrize("width", range(320, 400, 16))
def test_no_line_begins_with_a_citation(stand_in, visit, width):
    server = stand_in(f"{PHONE}{OPEN}")
    told = "".join(f"{'把电池放在凉的地方再充电'[:length]}。[1][2] " for length in range(2, 12))
    server.events = says(
        told, "\n\n- Charge it *outdoors*[1] and watch it.[2]\n- **热**[1]", sources=[source(1), source(2)]
    )
    turn = ask(visit(server.url, width=width, height=740), "怎么充电")
    expect(turn.locator(".cite")).to_have_count(23)
    begin = """(body) => [...body.querySelectorAll(".cite")].filter((cite) => {
        const walk = document.createTreeWalker(body, NodeFilter.SHOW_TEXT), words = document.createRange();
        let before = null;
        while (walk.nextNode() && walk.currentNode.compareDocumentPosition(cite) & 4) if (walk.currentNode.data.trim()) before = walk.currentNode;
        const end = before.data.trimEnd().length;
        words.setStart(before, end - 1), words.setEnd(before, end);
        return words.getBoundingClientRect().bottom < cite.getBoundingClientRect().top;
    }).length"""
    assert turn.locator(".body").evaluate(begin) == 0


def test_on_paper_stands_what_there_is_to_read(shared, stand_in, visit):
    page = visit(stand_in(f"<h1>x</h1><learning-companion></learning-companion>{SCRIPT}").url)
    expect(page.locator(f"{WIDGET} .launcher")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(f"{WIDGET} .launcher")).to_be_hidden()
    page = visit(shared.url)
    page.emulate_media(media="print")
    expect(page.locator(".card").first).to_be_visible()
    for one in ("aside", ".hero form", ".top nav", f"{WIDGET} .launcher"):
        expect(page.locator(one)).to_be_hidden()


def test_without_scripts_the_portal_says_what_is_missing_and_works(shared, visit):
    page = visit(f"{shared.url}/courses?audience=courier", java_script_enabled=False)
    expect(page.locator(".foot")).to_contain_text("学习助手要打开浏览器的 JavaScript")
    assert page.url == f"{shared.url}/?audience=courier"
    page.locator(".card a").first.click()
    expect(page.locator("dl.table")).to_be_visible()
