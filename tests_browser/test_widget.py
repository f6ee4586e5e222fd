"""The built widget in real Chromium against the real service: a learner's way through it."""

import json
import re
import time

import pytest
from playwright.sync_api import expect

from tests.provider import AUDIENCE, Provider
from tests.streaming_llm import StreamingLLM
from tests_browser.hand import WIDGET, ask, go_to, open_widget, panel, turns
from tests_browser.service import OPERATOR, says, source

LOST = "快件丢了谁来赔"


def test_a_question_is_answered_and_its_source_opens_in_place(shared, visit):
    page = visit(shared.url)
    assert not [url for url in page.asked if "/v1/" in url]  # nothing is asked of the service before it is opened
    open_widget(page)
    expect(page.locator(f"{WIDGET} .starters button").first).to_be_visible()
    turn = ask(page, LOST)
    expect(turn.locator(".state")).to_contain_text("不是 AI 写的")
    cite = turn.locator(".body .cite").first
    cite.click()
    source_of = page.locator(f"{WIDGET} dialog.source")
    expect(source_of.locator("mark")).to_be_visible()
    expect(source_of).to_contain_text("第一条")
    page.keyboard.press("Escape")
    expect(source_of).to_be_hidden()
    expect(cite).to_be_focused()
    expect(panel(page)).to_be_visible()
    assert all(url.startswith((shared.url, "data:", "blob:")) for url in page.asked)


def test_it_is_streamed_labelled_and_stopped(serve, visit):
    with StreamingLLM(sentences=40, seconds=0.3) as model:
        service = serve(llm_base_url=model.url)
        page = visit(service.url)
        open_widget(page)
        turn = ask(page, LOST, ends=False)
        expect(turn.locator(".aigc")).to_be_visible(timeout=15_000)
        seen = [len(turn.locator(".body").inner_text())]
        deadline = time.monotonic() + 10
        while len(seen) < 3 and time.monotonic() < deadline:
            if (length := len(turn.locator(".body").inner_text())) > seen[-1]:
                seen.append(length)
            page.wait_for_timeout(50)
        assert len(seen) == 3, "the text did not come piece by piece"
        page.get_by_role("button", name="停止", exact=True).click()
        expect(turn.locator(".problem")).to_contain_text("已停止")
        expect(turn.locator(".state")).to_contain_text("没有完成，含 AI 生成的内容")
        assert model.cut.wait(10), "the model was not told"
        expect(page.get_by_role("button", name="发送", exact=True)).to_be_visible()


def test_it_goes_on_where_it_was_when_the_page_is_left_in_the_middle_of_an_answer(serve, visit):
    with StreamingLLM(sentences=12, seconds=0.3) as model:
        service = serve(llm_base_url=model.url)
        page = visit(service.url)
        open_widget(page)
        turn = ask(page, LOST, ends=False)
        expect(turn.locator(".aigc")).to_be_visible(timeout=15_000)
        page.goto(f"{service.url}/courses/parcels")
        page.locator(f"{WIDGET} .launcher").click()
        expect(turns(page)).to_have_count(1)
        expect(turns(page).locator("article")).to_have_attribute("aria-busy", "false", timeout=20_000)
        expect(turns(page).locator(".state")).to_contain_text("逐句核对")
        assert model.calls == 1, "the answer was written twice"


def test_a_service_that_was_killed_in_the_middle_of_an_answer_costs_only_the_rest(serve, visit):
    with StreamingLLM(sentences=40, seconds=0.3) as model:
        service = serve(llm_base_url=model.url)
        page = visit(service.url, expects=("ERR_", "Failed to load resource", "WebSocket"))
        open_widget(page)
        turn = ask(page, LOST, ends=False)
        expect(turn.locator(".aigc")).to_be_visible(timeout=15_000)
        before = turn.locator(".body").inner_text()[:20]
        service.kill()
        expect(turn.locator(".state")).to_contain_text("正在接上", timeout=10_000)
        service.start()
        expect(turn.locator("article")).to_have_attribute("aria-busy", "false", timeout=40_000)
        assert turn.locator(".body").inner_text().startswith(before)  # what had come stays
        expect(turn.locator(".state")).to_contain_text("没有完成")
        turn.get_by_role("button", name="重试").click()
        expect(turns(page).last.locator(".aigc")).to_be_visible(timeout=20_000)
        expect(turns(page)).to_have_count(1)


def test_an_opinion_with_its_reason_reaches_the_operator(shared, visit):
    page = visit(shared.url)
    open_widget(page)
    turn = ask(page, LOST)
    turn.get_by_role("button", name="没有帮助").click()
    turn.get_by_label("不完整").check()
    turn.get_by_label("还想说什么").fill("没有说保价的电话 13800138000")
    turn.get_by_role("button", name="提交").click()
    expect(turn.locator(".said")).to_contain_text("已经记下")
    expect(turn.get_by_role("button", name="没有帮助")).to_have_attribute("aria-pressed", "true")
    told = page.request.get(f"{shared.url}/v1/operators/disliked", headers={"Authorization": f"Bearer {OPERATOR}"})
    (mine, *_) = told.json()["turns"]
    assert (mine["reasons"], "13800138000" in mine["comment"]) == (["incomplete"], False)


def test_history_is_there_until_it_is_erased(serve, visit):
    service = serve()
    page = visit(service.url)
    open_widget(page)
    ask(page, LOST)
    page.get_by_role("button", name="新对话").click()
    expect(turns(page)).to_have_count(0)
    go_to(page, "以前的对话")
    panel(page).get_by_role("button", name=re.compile(LOST)).click()
    expect(turns(page).locator(".asked")).to_contain_text(LOST)
    turns(page).locator(".cite").first.click()
    expect(page.locator(f"{WIDGET} dialog.source .passage")).to_contain_text("快件", timeout=5_000)
    page.keyboard.press("Escape")
    with page.expect_download() as taken:
        go_to(page, "导出我的数据")
    assert [turn["message"] for turn in json.loads(taken.value.path().read_text("utf-8"))["turns"]] == [LOST]
    panel(page).get_by_role("button", name="清除我的数据").click()
    panel(page).get_by_role("button", name="全部清除").click()
    expect(panel(page)).to_contain_text("回执号")
    page.get_by_role("button", name="返回").click()
    panel(page).get_by_role("button", name="以前的对话", exact=True).click()
    expect(panel(page)).to_contain_text("没有保存的对话")
    assert page.evaluate("JSON.stringify(sessionStorage)").find(LOST) < 0


def test_a_quiz_is_answered_by_hand_to_its_end(shared, visit):
    page = visit(f"{shared.url}/courses/parcels")
    open_widget(page)
    page.locator(f"{WIDGET} .starters").get_by_role("button", name="考考我这门课").click()
    for _ in range(6):
        last = turns(page).last
        expect(last.locator("article")).to_have_attribute("aria-busy", "false")
        quiz = last.locator(".quiz")
        if not quiz.count():
            break
        count = turns(page).count()
        if quiz.locator("input, textarea").count():
            quiz.locator("input, textarea").first.fill("三十")
            quiz.get_by_role("button", name="交卷").click()
        else:
            quiz.locator("button").first.click()
        expect(turns(page)).to_have_count(count + 1)
        expect(turns(page).nth(count - 1).locator(".quiz")).to_have_count(0)  # it is answered once
    expect(turns(page).last.locator(".body")).to_contain_text(re.compile(r"答对|\d+ ?/ ?\d+|对了"))


def test_a_way_is_drawn_with_its_steps_in_order(shared, visit):
    page = visit(shared.url)
    open_widget(page)
    turn = ask(page, "想当电工，每周学四小时")
    steps = turn.locator(".way .course")
    expect(steps).to_have_count(2)
    assert [steps.nth(at).locator("h4").inner_text().split()[0] for at in range(2)] == [
        "电工入门",
        "电工提高：触电急救",
    ]
    assert [steps.nth(at).locator(".nth").inner_text() for at in range(2)] == ["1", "2"]
    expect(steps.first).to_contain_text("12")
    steps.first.get_by_role("link").click()
    expect(page.locator("h1")).to_contain_text("电工入门")


def test_courses_instead_of_an_answer_are_one_press_away(shared, visit):
    page = visit(shared.url)
    open_widget(page)
    turn = ask(page, LOST)
    turn.get_by_role("button", name="看相关课程").click()
    expect(turn.locator(".instead .course").first).to_contain_text("快递服务规则")
    expect(turn.locator(".instead h4").first).to_be_focused()


def test_three_languages_and_what_is_chosen_stays(shared, visit):
    page = visit(f"{shared.url}/?lang=en", locale="en-US")
    open_widget(page)
    expect(page.locator(f"{WIDGET} #title")).to_contain_text("Study aid")
    page.locator(f"{WIDGET} .head").get_by_role("button", name="More").click()
    panel(page).get_by_role("button", name="Settings").click()
    page.locator(f"{WIDGET} #locale").select_option("zh-Hant")
    expect(page.locator(f"{WIDGET} #title")).to_contain_text("設定")
    page.reload()
    open_widget(page)
    expect(page.locator(f"{WIDGET} #title")).to_contain_text("學習助手")
    turn = ask(page, "快件丟了誰來賠")
    expect(turn.locator(".state")).to_contain_text("課程原文")
    assert page.locator(f"{WIDGET} .root").get_attribute("lang") == "zh-Hant"


def test_senior_mode_is_large_everywhere_and_grows_to_thirty_points(shared, visit):
    page = visit(shared.url)
    open_widget(page)
    ask(page, LOST)
    go_to(page, "设置")
    page.locator(f"{WIDGET} #elder").check()
    larger = panel(page).get_by_role("button", name="大一点")
    sizes = [font_size(page)]
    while larger.is_enabled():
        larger.click()
        sizes.append(font_size(page))
    assert (sizes[0], sizes[-1]) == (24, 40)  # 18 and 30 points in CSS pixels
    page.keyboard.press("Escape")
    small = page.evaluate(
        """() => [...document.querySelector("learning-companion").shadowRoot.querySelectorAll("button:not(.cite)")]
            .filter((one) => one.checkVisibility() && !one.closest(".notice, .sources"))
            .map((one) => [one.textContent.trim() || one.ariaLabel, one.getBoundingClientRect().height])
            .filter(([, height]) => height < 60)"""
    )
    assert small == []
    page.reload()
    page.locator(f"{WIDGET} .launcher").click()
    assert font_size(page) == 40


def font_size(page):
    return page.evaluate(
        """() => parseFloat(getComputedStyle(document.querySelector("learning-companion").shadowRoot.querySelector(".root")).fontSize)"""
    )


def test_everything_is_done_with_the_keyboard_alone(shared, visit):
    page = visit(shared.url)
    page.locator(f"{WIDGET} .launcher").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"{WIDGET} #message")).to_be_focused()
    page.keyboard.type(LOST)
    page.keyboard.press("Enter")
    turn = turns(page).first
    expect(turn.locator("article")).to_have_attribute("aria-busy", "false")
    expect(page.locator(f"{WIDGET} #message")).to_be_focused()  # where one goes on typing
    reached = []
    for _ in range(25):
        page.keyboard.press("Shift+Tab")
        reached.append(
            page.evaluate("document.querySelector('learning-companion').shadowRoot.activeElement?.className ?? ''")
        )
        if reached[-1] == "cite":
            break
    assert "cite" in reached
    page.keyboard.press("Enter")
    expect(page.locator(f"{WIDGET} dialog.source")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(page.locator(f"{WIDGET} .launcher")).to_be_focused()


def test_a_screen_reader_hears_the_start_and_the_end_and_not_each_piece(stand_in, visit):
    server = stand_in('<learning-companion open></learning-companion><script src="/widget.js"></script>')
    server.events = says(*(f"第 {n} 句。" for n in range(30)), seconds=0.03)
    page = visit(server.url)
    page.evaluate(
        """() => { window.heard = [];
            const status = document.querySelector("learning-companion").shadowRoot.querySelector("[role=status]");
            new MutationObserver(() => window.heard.push(status.textContent.trim())).observe(status, {childList: true, characterData: true, subtree: true}); }"""
    )
    turn = ask(page, "你好")
    expect(turn.locator(".body")).to_contain_text("第 29 句")
    assert page.evaluate("window.heard") == ["正在查找", "回答完成"]
    assert page.locator(f"{WIDGET} [role=log]").get_attribute("aria-live") == "off"


def test_what_is_copied_and_what_is_saved_carries_the_label_and_the_sources(stand_in, visit):
    server = stand_in('<learning-companion open></learning-companion><script src="/widget.js"></script>')
    server.events = says("水在一百度烧开。[1]", sources=[source(1, course_title="物理", as_of="2026-01-01")])
    page = visit(server.url, permissions=["clipboard-read", "clipboard-write"])
    turn = ask(page, "水几度烧开")
    turn.get_by_role("button", name="复制").click()
    expect(turn.locator(".said")).to_have_text("已复制")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert all(part in copied for part in ("水在一百度烧开", "[1] 物理", "2026-01-01", "内容由 AI 生成"))
    page.locator(f"{WIDGET} .head").get_by_role("button", name="更多", exact=True).click()
    with page.expect_download() as kept:
        panel(page).get_by_role("button", name="保存对话").click()
    text = kept.value.path().read_text("utf-8")
    assert "内容由 AI 生成" in text
    implicit = json.loads(re.search(r"<!-- (\{.*\}) -->", text)[1])["AIGC"]
    assert (implicit["Label"], implicit["ProduceID"]) == ("1", "p-1")


def test_only_a_citation_is_a_button(stand_in, visit):
    server = stand_in('<learning-companion open></learning-companion><script src="/widget.js"></script>')
    text = "> 一九八五年[1\\]，`parcels[1]`，[0] 和 [7] [1]\n\n**第二句[1]**，[1](x)"
    server.events = says(text, sources=[source(1)])
    turn = ask(visit(server.url), "何时成立")
    expect(turn.locator(".body")).to_contain_text("一九八五年[1]，parcels[1]，[0] 和 [7] 1")
    assert turn.locator(".body .cite").all_inner_texts() == ["1", "1"]


def test_who_asks_too_fast_is_told_how_long_to_wait_and_may_then_go_on(stand_in, visit):
    server = stand_in('<learning-companion open></learning-companion><script src="/widget.js"></script>')
    server.status = (429, {"Retry-After": "2"}, {"title": "Too Many Requests", "status": 429, "detail": "slow down"})
    page = visit(server.url, expects=("429",))
    turn = ask(page, "你好")
    expect(turn.locator(".problem")).to_contain_text("请等")
    again = turn.get_by_role("button", name="重试")
    expect(again).to_be_disabled()
    expect(again).to_be_enabled(timeout=5_000)
    server.status, server.events = None, says("好。")
    again.click()
    expect(turns(page).last.locator(".body")).to_contain_text("好。")
    expect(turns(page)).to_have_count(1)


@pytest.mark.parametrize(("tokens", "calls"), [("['old']", 1), ("['old', 'old', 'new']", 2), ("[null]", 1)])
def test_a_token_that_does_not_hold_is_asked_for_once_more_and_told_in_the_learners_words(
    stand_in, visit, tokens, calls
):
    page_of = f"""<learning-companion open></learning-companion><script src="/widget.js"></script><script>
        const tokens = {tokens}; let asked = 0;
        document.querySelector("learning-companion").accessToken = async () => tokens[Math.min(asked++, tokens.length - 1)];
        </script>"""
    server = stand_in(page_of)
    server.status = (401, {}, {"title": "Unauthorized", "status": 401, "detail": "The token does not hold: `exp`."})
    page = visit(server.url, expects=("401", "404"))
    page.evaluate("asked = 0")
    problem = ask(page, "你好").locator(".problem")
    expect(problem).to_contain_text("还没有得到" if tokens == "[null]" else "登录已经过期")
    expect(problem).not_to_contain_text("exp")
    assert server.seen.count(("POST", "/v1/chat")) == calls


@pytest.mark.parametrize("token", ["() => 'of-the-portal'", "'of-the-portal'"])
def test_who_is_signed_in_is_known_though_the_page_says_so_before_the_file_is_there(stand_in, visit, token):
    server = stand_in(
        f"""<learning-companion open></learning-companion>
        <script>document.querySelector("learning-companion").accessToken = {token}</script>
        <script src="/widget.js" async></script>"""
    )
    server.events = says("好。")
    page = visit(server.url)
    with page.expect_request("**/v1/chat") as asked:
        ask(page, "你好")
    assert asked.value.headers["authorization"] == "Bearer of-the-portal"


def test_without_a_network_the_question_is_kept(shared, visit):
    page = visit(shared.url, expects=("ERR_INTERNET_DISCONNECTED",))
    open_widget(page)
    page.context.set_offline(True)
    expect(page.locator(f"{WIDGET} .no-network")).to_be_visible()
    turn = ask(page, LOST)
    expect(turn.locator(".problem")).to_contain_text("现在没有网络")
    page.context.set_offline(False)
    expect(page.locator(f"{WIDGET} .no-network")).to_have_count(0)
    turn.get_by_role("button", name="重试").click()
    expect(turns(page).last.locator(".state")).to_contain_text("原文摘录")


def test_terms_are_agreed_to_before_the_first_question(serve, visit):
    service = serve(consent_version="2026-11", terms_url="https://portal.example/terms")
    page = visit(service.url)
    page.locator(f"{WIDGET} .launcher").click()
    expect(panel(page)).to_contain_text("请先同意")
    expect(page.locator(f"{WIDGET} .foot")).to_have_attribute("inert", "")
    panel(page).get_by_role("button", name="同意并开始").click()
    expect(ask(page, LOST).locator(".state")).to_contain_text("原文摘录")
    page.reload()
    page.locator(f"{WIDGET} .launcher").click()
    expect(ask(page, LOST).locator(".state")).to_contain_text("原文摘录")


def test_a_complaint_gets_a_ticket_and_a_day_and_stands_there(shared, visit):
    page = visit(shared.url)
    open_widget(page)
    go_to(page, "投诉与举报")
    panel(page).get_by_label("请写下经过").fill("回答有误")
    panel(page).get_by_role("button", name="提交").click()
    expect(panel(page).locator(".said")).to_contain_text(re.compile(r"编号 \w{4} \w{4}，最迟 20\d\d-\d\d-\d\d"))
    expect(panel(page).locator(".menu")).to_contain_text(re.compile(r"投诉.*回答有误.*还没有答复", re.DOTALL))


def test_who_answers_here_is_told(serve, visit):
    with StreamingLLM() as model:
        facts = {
            "llm_model": "some-model",
            "model_filing": "粤-0001",
            "operator_name": "某教育厅",
            "service_hotline": "12345",
        }
        service = serve(llm_base_url=model.url, privacy_url="https://portal.example/privacy", **facts)
        page = visit(service.url)
        open_widget(page)
        panel(page).get_by_role("button", name="关于").click()
        for fact in (*facts.values(), "portal.example/privacy", "未注明"):
            expect(panel(page)).to_contain_text(fact)


def test_formulas_are_typeset_with_a_file_that_comes_with_the_first_of_them(shared, visit):
    page = visit(shared.url)
    open_widget(page)
    assert not [url for url in page.asked if "widget-math" in url]
    turn = ask(page, "圆的面积公式是什么")
    expect(turn.locator("math").first).to_be_visible()
    assert [url for url in page.asked if "widget-math" in url]


def test_a_visitor_is_one_visitor_from_the_first_call_on(shared, visit):
    page = visit(shared.url)
    page.evaluate(
        "() => { const one = document.querySelector('learning-companion'); one.show(); one.ask('快件丢了谁来赔'); }"
    )
    expect(turns(page).locator("article")).to_have_attribute("aria-busy", "false")
    ask(page, "那要几天内申请呢")
    go_to(page, "以前的对话")
    expect(panel(page).locator(".menu li")).to_have_count(1)
    assert len([url for url in page.asked if url.endswith("/v1/sessions")]) == 1


def test_a_widget_that_is_moved_on_the_page_loses_nothing(stand_in, visit):
    server = stand_in('<main></main><learning-companion open></learning-companion><script src="/widget.js"></script>')
    server.events = says("一。", "二。", "三。", seconds=0.2)
    page = visit(server.url, expects=("404",))
    turn = ask(page, "你好", ends=False)
    expect(turn.locator(".body")).to_contain_text("一。")
    page.evaluate("document.querySelector('main').append(document.querySelector('learning-companion'))")
    expect(turns(page)).to_have_count(1)
    expect(turns(page).locator(".body")).to_contain_text("一。")


def test_the_focus_goes_back_to_whoever_opened_it(shared, visit):
    page = visit(shared.url)
    page.evaluate(
        """() => { const button = document.createElement("button"); button.id = "help"; button.textContent = "help";
            button.onclick = () => document.querySelector("learning-companion").show(); document.querySelector("main").prepend(button); }"""
    )
    page.locator("#help").click()
    expect(page.locator(f"{WIDGET} #message")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_focused()


# Chromium here has neither voices nor speech recognition of its own: the interfaces of both, as a device that has them.
SPEAKS = """
    window.spoken = [];
    const voices = [{ lang: "zh-CN", localService: LOCAL, name: "a voice" }];
    Object.defineProperty(window, "speechSynthesis", { value: {
        getVoices: () => voices, cancel() {}, speak(said) { spoken.push([said.text, said.lang]); setTimeout(() => said.onend(), 300); } } });
    window.SpeechSynthesisUtterance = function (text) { this.text = text; };
    window.SpeechRecognition = class {
        static async available({ processLocally }) { return processLocally && LOCAL ? "available" : "unavailable"; }
        start() { setTimeout(() => { this.onresult({ results: [[{ transcript: "快件丢了谁来赔" }]] }); this.onend(); }, 100); }
        abort() {} };
"""


def test_answers_are_read_aloud_and_questions_dictated_where_the_device_does_it(shared, visit):
    page = visit(shared.url, how_it_is=SPEAKS.replace("LOCAL", "true"))
    open_widget(page)
    panel(page).get_by_role("button", name="说话输入").click()
    expect(page.locator(f"{WIDGET} #message")).to_have_value(LOST)
    page.locator(f"{WIDGET} #message").press("Enter")
    turn = turns(page).first
    turn.get_by_role("button", name="读出来").click()
    expect(turn.get_by_role("button", name="停止朗读")).to_be_visible()
    expect(turn.get_by_role("button", name="读出来")).to_be_visible()  # and then it is over
    ((text, language),) = page.evaluate("window.spoken")
    assert language == "zh-CN"
    assert "快件" in text
    assert "[1]" not in text


def test_no_speech_is_sent_to_the_browsers_maker(shared, visit):
    page = visit(shared.url, how_it_is=SPEAKS.replace("LOCAL", "false"))
    open_widget(page)
    turn = ask(page, LOST)
    expect(turn.get_by_role("button", name="复制")).to_be_visible()
    expect(panel(page).get_by_role("button", name="说话输入")).to_have_count(0)
    expect(turn.get_by_role("button", name="读出来")).to_have_count(0)


def test_what_one_person_asked_is_not_shown_to_the_next_at_the_same_computer(serve, visit):
    with Provider() as provider:
        public = {"oidc_issuer": provider.issuer, "oidc_audience": AUDIENCE}
        page = visit(serve(**public).url, expects=("404",))
        signed_in = "token => document.querySelector('learning-companion').accessToken = () => token"
        anna, bert = provider.token("anna"), provider.token("bert")
        open_widget(page)
        page.evaluate(signed_in, anna)
        ask(page, "急救时先做什么？")
        page.reload()
        page.evaluate(signed_in, anna)
        open_widget(page)
        expect(turns(page)).to_have_count(1)
        page.evaluate(signed_in, bert)  # on a page that is not loaded anew
        expect(turns(page)).to_have_count(0)
        page.evaluate(signed_in, anna)
        page.reload()
        page.evaluate(signed_in, bert)
        open_widget(page)
        expect(turns(page)).to_have_count(0)


def test_a_visitor_who_was_forgotten_begins_anew_and_is_not_refused_for_ever(shared, visit):
    page = visit(shared.url, expects=("404",))
    open_widget(page)
    ask(page, "急救时先做什么？")
    page.evaluate(
        "Object.keys(sessionStorage).filter(key => key.includes('session')).forEach(key => sessionStorage.removeItem(key))"
    )
    page.reload()
    open_widget(page)
    expect(turns(page)).to_have_count(1)
    page.locator("learning-companion #message").fill("怎样量血压？")
    page.locator("learning-companion #message").press("Enter")
    expect(turns(page)).to_have_count(1)  # the other's are not shown any more
    expect(turns(page).locator("article")).to_have_attribute("aria-busy", "false", timeout=20_000)
    expect(turns(page).locator(".problem")).to_have_count(0)
