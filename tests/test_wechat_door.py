"""Whole conversations: WeChat's double on one side, the real service on the other, both over real HTTP."""

import asyncio
import contextlib
import json
import logging
import socket
import sqlite3
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from companion.settings import CompanionSettings
from companion.state.state import open_state
from companion.state.tables import wechat_people
from companion.state.wechat_people import Part, Quota
from companion.writing.language_model import ModelUnavailable
from course_index.errors import IndexProblem
from tests.conftest import MODELS, OPERATOR
from tests.conftest import SECRET as SESSION_SECRET
from tests.scripted_model import BORNE, ScriptedModel
from tests.servers import Served, serving
from tests.streaming_llm import StreamingLLM
from tests.test_service import GOOD, LOST, bearer
from tests.test_wechat_crypto import SEALED
from tests.wechat_double import (
    APP_ID,
    KEY,
    SECRET,
    SORRY,
    TOKEN,
    WeChat,
    all_at_once,
    event_of,
    opened_reply,
    settings,
    sha1,
    signed,
    text_of,
)
from wechat import sayings
from wechat.arriving import Names
from wechat.crypto import Envelope, NotFromWechat
from wechat.messages import read_message
from wechat.seal import Seal
from wechat.verifying import Checks, Received

PROJECT = Path(__file__).parent.parent
ANNA, BERT = "oANNA-openid", "oBERT-openid"
SEND = "/cgi-bin/message/custom/send"
LABEL = "（内容由AI生成）"
QUOTED = "课程里是这样写的"


class Slow:
    """A model that says its sentence after so many seconds."""

    def __init__(self, seconds, text=GOOD):
        self.seconds, self.text, self.calls = seconds, text, 0

    async def write(self, prompt, max_tokens=None):
        if prompt.name == "answer":
            self.calls += 1
            await asyncio.sleep(self.seconds)
            yield self.text


@pytest.fixture
def wechat():
    with WeChat() as wechat:
        yield wechat


@pytest.fixture
def serve(service, wechat):
    """Serves the service with WeChat's door, until the test ends; its address."""
    with contextlib.ExitStack() as stack:

        def make(model=None, where=None, **changes):
            chosen = {"llm_first_token_seconds": 120, "drain_seconds": 1} | settings(wechat) | changes
            return stack.enter_context(serving(service(model, where, **chosen)))

        yield make


@pytest.fixture
def state(service):
    """The state of the first service that was made."""
    return lambda: service.states[0]


def settled(state):
    """Wait until nothing waits for an answer any more."""
    deadline = time.monotonic() + 20
    while state().wechat_inbox.waiting() and time.monotonic() < deadline:
        time.sleep(0.03)


def person(openid):
    return Names(APP_ID, SESSION_SECRET, Seal(SESSION_SECRET)).person(openid)


def quick(told):
    """That one delivery was enough: WeChat waits five seconds before it delivers again."""
    return max(told.seconds) < 5 and [status for status, _ in told.answers] == [200]


# The address is set in the console.


def test_the_console_finds_the_address_good(serve):
    url = serve()
    stamp = str(int(time.time()))
    query = {"signature": sha1(TOKEN, stamp, "1"), "timestamp": stamp, "nonce": "1", "echostr": "4375120948345356249"}
    response = httpx2.get(f"{url}/wechat/callback", params=query)
    assert (response.status_code, response.text) == (200, "4375120948345356249")
    assert httpx2.get(f"{url}/wechat/callback", params=query | {"signature": "0" * 40}).status_code == 403


def test_the_official_vectors_pass_at_their_own_times():
    query = {
        "signature": "f464b24fc39322e44b38aa78f5edd27bd1441696",
        "timestamp": "1714036504",
        "nonce": "1514711492",
        "echostr": "4375120948345356249",
    }
    checks = Checks(TOKEN, "secure", Envelope(KEY, APP_ID), 300, now=lambda: 1714036504.0)
    assert checks.echo(query) == "4375120948345356249"
    query = {
        "signature": "6c5c811b55cc85e0e1b54100749188c20beb3f5d",
        "timestamp": "1714112445",
        "nonce": "415670741",
        "msg_signature": "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
    }
    body = json.dumps({"ToUserName": "gh_97417a04a28d", "Encrypt": SEALED}).encode()
    received = replace(checks, now=lambda: 1714112500.0).received(query, body)
    assert (received.message.sender, received.message.kind) == ("o9AgO5Kd5ggOC-bXrbNODIiE3bGY", "debug_demo")
    with pytest.raises(NotFromWechat, match="stale"):
        replace(checks, now=lambda: 1714112445.0 + 301).received(query, body)


# Conversations.


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize("mode", ["plain", "compatible", "secure"])
def test_a_question_is_acknowledged_at_once_and_answered_with_its_source(serve, wechat, mode, form):
    url = serve(wechat_message_mode=mode)
    told = wechat.says(ANNA, LOST, url, mode=mode, form=form)
    assert quick(told)
    assert told.answers == [(200, "success")]
    (answer,) = wechat.wait_for(ANNA, 1)
    assert QUOTED in answer
    assert "\n[1] " in answer
    assert LABEL not in answer
    assert not wechat.phones[ANNA][0].ai_mark


def test_a_delivery_is_counted_under_its_name_and_no_line_is_logged_of_it(serve, wechat, caplog):
    caplog.set_level(logging.INFO)
    url = serve()
    wechat.says(ANNA, "你好", url)
    figures = httpx2.get(f"{url}/metrics", headers=bearer(OPERATOR)).text
    assert 'route="/wechat/callback"' in figures
    assert not [record for record in caplog.records if record.name == "companion.access" and record.method == "POST"]


def test_what_a_model_wrote_says_so_twice(serve, wechat):
    url = serve(ScriptedModel(GOOD))
    wechat.says(ANNA, LOST, url)
    (answer,) = wechat.wait_for(ANNA, 1)
    assert "保价规则赔" in answer
    assert answer.endswith(LABEL)
    assert wechat.phones[ANNA][0].ai_mark


def test_the_marks_are_settings_and_a_source_is_a_link_to_its_page(serve, wechat):
    url = serve(ScriptedModel(GOOD), wechat_ai_mark=False, wechat_ai_words="", wechat_page="pages/s/s?p={passage_id}")
    wechat.says(ANNA, LOST, url)
    (answer,) = wechat.wait_for(ANNA, 1)
    assert LABEL not in answer
    assert not wechat.phones[ANNA][0].ai_mark
    assert f'data-miniprogram-appid="{APP_ID}" data-miniprogram-path="pages/s/s?p=' in answer


def test_a_question_that_leans_on_the_one_before_is_understood(serve, wechat, state):
    url = serve()
    wechat.says(ANNA, LOST, url)
    wechat.wait_for(ANNA, 1)
    wechat.says(ANNA, "那没有保价的呢", url)
    wechat.wait_for(ANNA, 2)
    wechat.says(ANNA, "新话题", url)
    assert wechat.wait_for(ANNA, 3)[2] == sayings.NEW_TOPIC
    wechat.says(ANNA, "哈希冲突怎么解决", url)
    wechat.wait_for(ANNA, 4)
    outlines = state().conversations.of(person(ANNA), 9)
    assert [outline.first_message for outline in outlines] == ["哈希冲突怎么解决", LOST]
    first = state().conversations.whole(outlines[1].id)
    assert [turn.message for turn in first] == [LOST, "那没有保价的呢"]
    assert "丢" in first[1].question


def test_messages_that_come_together_are_answered_in_their_order(serve, wechat, state):
    url = serve(Slow(0.2))
    for text in (LOST, "哈希冲突怎么解决", "你好"):
        wechat.says(ANNA, text, url)
    wechat.wait_for(ANNA, 3)
    (outline,) = state().conversations.of(person(ANNA), 9)
    assert [turn.message for turn in state().conversations.whole(outline.id)] == [LOST, "哈希冲突怎么解决", "你好"]


def test_who_comes_in_is_greeted_once_and_pictures_get_a_kind_word(serve, wechat):
    url = serve()
    wechat.delivers(event_of(ANNA, "user_enter_tempsession", SessionFrom="lesson"), url)
    assert wechat.wait_for(ANNA, 1) == [sayings.GREETING]
    wechat.delivers(event_of(ANNA, "user_enter_tempsession", CreateTime=int(time.time()) + 1), url)
    for kind in ("image", "voice", "miniprogrampage"):
        fields = text_of(ANNA, "") | {"MsgType": kind, "MediaId": "x"}
        del fields["Content"]
        wechat.delivers(fields, url)
    wechat.says(ANNA, sayings.UNSUPPORTED, url)
    assert wechat.wait_for(ANNA, 5) == [sayings.GREETING, *[sayings.ONLY_TEXT] * 4]
    told = wechat.delivers(event_of(ANNA, "something_else"), url)
    assert told.answers == [(200, "success")]


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize("mode", ["plain", "secure"])
def test_who_wants_a_person_is_handed_over_in_the_same_breath(serve, wechat, mode, form):
    url = serve(wechat_message_mode=mode)
    told = wechat.says(ANNA, "转人工。", url, mode=mode, form=form)
    assert quick(told)
    assert "transfer_customer_service" in opened_reply(told.answers[0][1], mode)
    assert wechat.texts(ANNA) == []


def test_a_thumb_counts_for_the_last_answer(serve, wechat, state):
    url = serve()
    wechat.says(ANNA, "👍", url)
    wechat.says(ANNA, LOST, url)
    wechat.wait_for(ANNA, 2)
    wechat.says(ANNA, "👎🏽", url)
    assert wechat.wait_for(ANNA, 3)[2] == sayings.THANKS_DOWN
    (disliked,) = state().feedback.disliked(1)
    assert (disliked.message, disliked.owner) == (LOST, person(ANNA))
    wechat.says(ANNA, "[强]", url)
    assert wechat.wait_for(ANNA, 4)[3] == sayings.THANKS_UP
    assert state().feedback.disliked(1) == []
    wechat.says(ANNA, "同意", url)  # where there are no terms
    assert wechat.wait_for(ANNA, 5)[4] == sayings.NOTHING_TO_AGREE
    assert wechat.texts(ANNA)[0] == sayings.NOTHING_TO_RATE


def test_who_leaves_is_let_go_at_once_though_the_model_is_writing(serve, wechat):
    model = Slow(30)
    url = serve(model)
    wechat.says(ANNA, LOST, url)
    while not model.calls:
        time.sleep(0.02)
    wechat.says(ANNA, "退出", url)
    assert wechat.wait_for(ANNA, 1) == [sayings.GOODBYE]
    time.sleep(0.5)
    assert wechat.texts(ANNA) == [sayings.GOODBYE]
    model.seconds = 0
    wechat.says(ANNA, LOST, url)
    assert "保价规则赔" in wechat.wait_for(ANNA, 2)[1]


def test_who_has_not_agreed_is_asked_to_and_may_take_it_back(serve, wechat, state):
    url = serve(consent_version="2026-11", terms_url="https://portal.example/terms")
    for text in (LOST, "同意", LOST, "撤回同意", LOST):
        wechat.says(ANNA, text, url)
    first, agreed, answer, withdrawn, again = wechat.wait_for(ANNA, 5)
    assert "https://portal.example/terms" in first == again
    assert (agreed, withdrawn) == (sayings.AGREED, sayings.WITHDRAWN)
    assert QUOTED in answer


def test_a_child_needs_a_guardian_here_too(serve, wechat, state):
    url = serve()
    state().learners.change(person(ANNA), {"age_band": "under_14"})
    wechat.says(ANNA, LOST, url)
    assert wechat.wait_for(ANNA, 1) == [sayings.GUARDIAN]


def test_a_minor_at_night_is_told_to_rest_and_not_to_agree_to_anything(serve, wechat, state):
    url = serve(minor_night="00:00-23:59")
    state().learners.change(person(ANNA), {"age_band": "14_to_17"})
    wechat.says(ANNA, LOST, url)
    assert "请休息" in wechat.wait_for(ANNA, 1)[0]


def test_who_asks_too_fast_is_told_when_the_next_is_welcome(serve, wechat):
    url = serve(turns_a_minute=2)
    for _ in range(5):  # of which a minute that ends between them lets four pass
        wechat.says(ANNA, "你好", url)
    wechat.says(BERT, "你好", url)
    assert "秒" in "".join(wechat.wait_for(ANNA, 5))
    assert "秒" not in wechat.wait_for(BERT, 1)[0]


def test_the_typing_sign_shows_while_the_model_writes(serve, wechat):
    url = serve(Slow(1.0))
    wechat.says(ANNA, LOST, url)
    wechat.wait_for(ANNA, 1)
    assert wechat.called("/cgi-bin/message/custom/business/typing") == [{"touser": ANNA, "command": "Typing"}]


def test_what_wechat_finds_risky_is_neither_asked_nor_told(serve, wechat):
    wechat.risky = {"坏话", "保价规则赔"}
    model = ScriptedModel(GOOD)
    url = serve(model, wechat_check=True)
    wechat.says(ANNA, "说句坏话", url)
    assert wechat.wait_for(ANNA, 1) == [sayings.UNFIT]
    assert not model.prompts
    wechat.says(ANNA, LOST, url)
    assert wechat.wait_for(ANNA, 2)[1] == sayings.UNFIT
    assert model.prompts


@pytest.mark.parametrize(("fails", "answered"), [("open", True), ("closed", False)])
def test_when_the_check_cannot_be_had_the_setting_decides(serve, wechat, fails, answered):
    wechat.errors["/wxa/msg_sec_check"] = [45009] * 9
    url = serve(wechat_check=True, wechat_check_fails=fails)
    wechat.says(ANNA, LOST, url)
    (answer,) = wechat.wait_for(ANNA, 1)
    assert (QUOTED in answer) == answered
    assert (answer == sayings.UNFIT) != answered


# Acknowledged in time, whatever happens.


def test_a_model_that_takes_long_keeps_nobody_waiting_for_the_acknowledgement(serve, wechat):
    url = serve(Slow(6))
    told = [wechat.says(ANNA, LOST, url) for _ in range(3)]
    assert all(map(quick, told))
    assert GOOD[:9] in wechat.wait_for(ANNA, 1, 15)[0]
    assert SORRY not in wechat.texts(ANNA)


def test_a_locked_store_keeps_nobody_waiting_and_loses_nothing(serve, wechat, tmp_path):
    url = serve(where=tmp_path / "locked.db")
    wechat.says(BERT, LOST, url)
    wechat.wait_for(BERT, 1)
    with sqlite3.connect(tmp_path / "locked.db", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        told = [wechat.says(ANNA, text, url) for text in (LOST, "你好")]
        time.sleep(6)  # longer than a connection waits for a lock
        told.append(wechat.says(BERT, LOST, url))
        other.execute("ROLLBACK")
    other.close()
    assert all(map(quick, told))
    assert QUOTED in wechat.wait_for(ANNA, 2)[0]
    assert len(wechat.wait_for(BERT, 2)) == 2


def test_without_an_index_it_is_acknowledged_and_answered_once_there_is_one(
    service, wechat, tmp_path, index, monkeypatch
):
    missing = threading.Event()
    missing.set()
    search = type(index).search.fget

    def not_yet(self):
        if missing.is_set():
            raise IndexProblem("there is no index yet")
        return search(self)

    monkeypatch.setattr(type(index), "search", property(not_yet))
    with serving(service(**settings(wechat), drain_seconds=1)) as url:
        told = wechat.says(ANNA, LOST, url)
        assert quick(told)
        time.sleep(1)
        assert wechat.texts(ANNA) == []
        missing.clear()
        assert QUOTED in wechat.wait_for(ANNA, 1)[0]


# Delivered many times, answered once.


def test_three_deliveries_to_two_services_give_one_answer(serve, wechat, tmp_path):
    urls = [serve(where=tmp_path / "shared.db") for _ in range(2)]
    fields = text_of(ANNA, LOST)
    told = all_at_once(
        lambda: wechat.delivers(fields, urls[0]),
        lambda: wechat.delivers(fields, urls[1]),
        lambda: wechat.delivers(fields, urls[1]),
    )
    assert all(map(quick, told))
    wechat.wait_for(ANNA, 1)
    time.sleep(1.5)
    assert len(wechat.texts(ANNA)) == 1
    assert len(wechat.called(SEND)) == 1
    assert wechat.token_calls == 1


def test_a_message_that_one_server_does_not_take_is_taken_from_the_next_delivery(service):
    with (
        WeChat(retry_seconds=1.0) as wechat,
        socket.create_server(("127.0.0.1", 0)) as deaf,
        serving(service(**settings(wechat), drain_seconds=1)) as url,
    ):
        told = wechat.says(ANNA, LOST, f"http://127.0.0.1:{deaf.getsockname()[1]}", url)
        assert [status for status, _ in told.answers] == [0, 200]
        assert QUOTED in wechat.wait_for(ANNA, 1)[0]


def test_what_fails_in_a_way_that_nobody_foresaw_is_tried_again_and_then_given_up(
    serve, wechat, state, monkeypatch, caplog
):
    tries = []

    async def broken(self, openid, text, ai_mark):
        tries.append(openid)
        raise RuntimeError("unforeseen")

    monkeypatch.setattr("wechat.client.Client.send_text", broken)
    url = serve(wechat_tries=2)
    wechat.says(ANNA, "你好", url)
    settled(state)
    assert tries == [ANNA]  # what was begun to be sent is never begun again
    assert "unforeseen" in caplog.text


def test_each_of_many_messages_to_two_services_is_answered_once(serve, wechat, tmp_path):
    urls = [serve(where=tmp_path / "shared.db", wechat_at_once=4) for _ in range(2)]
    people = [f"o{number}" for number in range(20)]
    told = all_at_once(*(lambda who=who: wechat.says(who, "你好", *urls) for who in people))
    assert all(map(quick, told))
    for who in people:
        wechat.wait_for(who, 1)
    time.sleep(1.5)
    assert [len(wechat.texts(who)) for who in people] == [1] * 20


def test_a_message_that_a_dead_process_took_is_answered_by_another_from_where_it_was(
    serve, wechat, tmp_path, monkeypatch
):
    monkeypatch.setattr("wechat.consumer.DEAD_AFTER_SECONDS", 1.5)
    where = tmp_path / "shared.db"
    with contextlib.closing(open_state(where, conversation_days=30)) as state:
        dead = state.wechat_inbox
        names = Names(APP_ID, SESSION_SECRET, Seal(SESSION_SECRET))
        for openid in (ANNA, BERT):
            received = Received("json", read_message(text_of(openid, LOST)), "1", openid)
            dead.add([names.arrival(received, "text", datetime.now(UTC))], Quota())
            wechat.windows[openid].left, wechat.windows[openid].until = 5, time.time() + 60
        (of_anna, of_bert) = dead.claim(2)
        dead.say(of_bert, [Part("一"), Part("二")], answered=True)
        dead.step(of_bert, 0)  # and it may have been sent, or not
        dead.beat()
        serve(where=where)
        assert QUOTED in wechat.wait_for(ANNA, 1, 15)[0]
        assert wechat.wait_for(BERT, 1) == ["二"]
        assert dead.step(of_anna, 0) == "lost"
    time.sleep(1)
    assert (len(wechat.texts(ANNA)), len(wechat.texts(BERT))) == (1, 1)


def stopped_while_its_model_hangs(service, wechat, where):
    """A service over the state of one that was stopped while its model hung on a message."""
    model, chosen = Slow(60), settings(wechat) | {"llm_first_token_seconds": 120, "drain_seconds": 1}
    with serving(service(model, where, **chosen)) as url:
        wechat.says(ANNA, LOST, url)
        while not model.calls:
            time.sleep(0.02)
    return service(ScriptedModel(GOOD), where, **chosen)


def test_a_service_that_is_stopped_while_its_model_hangs_quotes_and_nobody_answers_again(service, wechat, tmp_path):
    next_one = stopped_while_its_model_hangs(service, wechat, tmp_path / "shared.db")
    assert QUOTED in wechat.wait_for(ANNA, 1, 8)[0]
    with serving(next_one):
        time.sleep(2)
    assert len(wechat.texts(ANNA)) == 1


def test_what_a_service_that_is_stopped_cannot_end_in_time_is_left_to_the_next_at_once(
    service, wechat, tmp_path, monkeypatch
):
    monkeypatch.setattr("companion.turns.HURRIED_SECONDS", 0.2)
    monkeypatch.setattr("companion.writing.writer.Writer.leave_model", lambda _: None)
    next_one = stopped_while_its_model_hangs(service, wechat, tmp_path / "shared.db")
    assert wechat.texts(ANNA) == []
    with serving(next_one):
        assert "保价规则赔" in wechat.wait_for(ANNA, 1, 8)[0]
        time.sleep(1)
    assert len(wechat.texts(ANNA)) == 1


def test_a_process_that_is_killed_while_it_answers_leaves_the_answer_to_the_next(put_library, wechat, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "models").symlink_to(MODELS)
    put_library(data)
    chosen = settings(wechat) | {"data_dir": data, "session_secret": SESSION_SECRET}
    with StreamingLLM(hangs=True) as llm:
        slow = {"llm_base_url": llm.url, "llm_model": "m", "llm_first_token_seconds": 60}
        with Served([sys.executable, str(PROJECT / "api.py")], chosen | slow, tmp_path) as first:
            told = wechat.says(ANNA, LOST, first.url)
            assert quick(told)
            while not llm.calls:
                time.sleep(0.05)
            time.sleep(1)
            first.process.kill()
            first.process.wait()
    assert wechat.texts(ANNA) == []
    with Served([sys.executable, str(PROJECT / "api.py")], chosen, tmp_path):
        assert QUOTED in wechat.wait_for(ANNA, 1, 40)[0]
        time.sleep(1)
    assert len(wechat.texts(ANNA)) == 1


# What could not be sent comes with the next message.


def test_what_the_quota_cut_off_comes_with_the_next_message(serve, wechat, state):
    url = serve(ScriptedModel("".join(BORNE[:12])), wechat_text_bytes=300, wechat_message_quota=2)
    wechat.quota = 2
    wechat.says(ANNA, LOST, url)
    settled(state)
    assert len(wechat.texts(ANNA)) == 2
    wechat.says(ANNA, "你好", url)
    second = wechat.wait_for(ANNA, 4)[2:]
    assert second[0].startswith(sayings.BEFORE)
    assert LABEL in second[0]


def test_wechats_count_holds_where_ours_is_another(serve, wechat, state):
    url = serve(ScriptedModel("".join(BORNE[:6])), wechat_text_bytes=300)
    wechat.quota = 1
    wechat.says(ANNA, LOST, url)
    settled(state)
    wechat.quota = 5
    wechat.says(ANNA, "你好", url)
    later = wechat.wait_for(ANNA, 4)
    assert later[1].startswith(sayings.BEFORE)


def test_an_answer_that_came_too_late_comes_with_the_next_message(serve, wechat, state):
    wechat.errors[SEND] = [45015]
    url = serve()
    wechat.says(ANNA, LOST, url)
    settled(state)
    wechat.says(ANNA, "哈希冲突怎么解决", url)
    before, after = wechat.wait_for(ANNA, 2)
    assert before.startswith(f"{sayings.BEFORE}{QUOTED}")
    assert "哈希" in after


def test_of_a_long_answer_the_rest_is_for_who_asks_for_more(serve, wechat, state):
    url = serve(ScriptedModel("".join(BORNE[:20])), wechat_text_bytes=300)
    wechat.says(ANNA, LOST, url)
    settled(state)
    parts = wechat.texts(ANNA)
    assert len(parts) == 4
    assert parts[3].endswith(sayings.MORE)
    assert all(len(part.encode()) <= 300 for part in parts)
    wechat.says(ANNA, "更多", url)
    assert len(wechat.wait_for(ANNA, 5)) >= 5
    assert not wechat.texts(ANNA)[4].startswith(sayings.BEFORE)


def test_a_message_of_which_nothing_is_heard_is_not_sent_twice(serve, wechat, caplog):
    wechat.silent[SEND] = [2.0]
    url = serve(wechat_api_seconds=1)
    wechat.says(ANNA, LOST, url)
    wechat.wait_for(ANNA, 1)
    time.sleep(2)
    assert len(wechat.texts(ANNA)) == 1
    assert "unknown" in caplog.text


def test_a_message_that_is_too_long_after_all_is_cut_again(serve, wechat):
    wechat.errors[SEND] = [45002]
    url = serve()
    wechat.says(ANNA, LOST, url)
    assert len(wechat.wait_for(ANNA, 2)) == 2


@pytest.mark.parametrize("codes", [[-1] * 5, [40001], [42001]])
def test_an_error_that_passes_costs_nobody_the_answer(serve, wechat, codes):
    wechat.errors[SEND] = codes
    url = serve()
    wechat.says(ANNA, LOST, url)
    assert QUOTED in wechat.wait_for(ANNA, 1)[0]


@pytest.mark.parametrize("code", [40164, 48001, 45009])
def test_what_only_the_operator_can_mend_rings_and_the_answer_waits(serve, wechat, state, caplog, code):
    wechat.errors[SEND] = [code]
    url = serve()
    wechat.says(ANNA, LOST, url)
    settled(state)
    assert any(record.levelno >= logging.CRITICAL for record in caplog.records)
    wechat.says(ANNA, "你好", url)
    assert QUOTED in wechat.wait_for(ANNA, 2)[0]


# Who must not get in.


def refused(url, query, body, caplog):
    caplog.clear()
    response = httpx2.post(f"{url}/wechat/callback", params=query, content=body)
    assert response.status_code == 403
    (line,) = [record.getMessage() for record in caplog.records if record.name == "wechat.door"]
    return line


def test_what_wechat_did_not_sign_is_refused_with_a_logged_reason(serve, wechat, caplog):
    url = serve()
    query, body = signed(text_of(ANNA, LOST))
    fields = json.loads(body)
    flipped = json.dumps(fields | {"Encrypt": "A" + fields["Encrypt"][1:]}).encode()
    assert "msg_signature is wrong" in refused(url, query, flipped, caplog)
    assert "msg_signature is wrong" in refused(url, query | {"msg_signature": query["signature"]}, body, caplog)
    alone = {name: value for name, value in query.items() if name != "msg_signature"}
    assert "signature alone" in refused(url, alone, body, caplog)
    assert "not encrypted" in refused(url, *signed(text_of(ANNA, LOST), "plain"), caplog)
    for off in (-400, 400):
        old = signed(text_of(ANNA, LOST), timestamp=int(time.time()) + off)
        assert "stale" in refused(url, *old, caplog)
    assert "neither JSON nor XML" in refused(url, query, b"nonsense", caplog)
    time.sleep(0.5)
    assert wechat.called(SEND) == []


def test_an_envelope_for_another_or_with_bad_padding_is_refused_though_it_is_signed(serve, caplog):
    url = serve()
    for envelope, why in (
        (Envelope(KEY, "wx0000000000000000"), "another app id"),
        (Envelope("B" * 43, APP_ID), "padding"),
    ):
        stamp = str(int(time.time()))
        # The same bytes each time: of 256 random ones, one deciphered with a wrong key ends as padding does.
        encrypted = envelope.seal(b"anything", random=b"0123456789abcdef")
        query = {"timestamp": stamp, "nonce": "7", "msg_signature": sha1(TOKEN, stamp, "7", encrypted)}
        body = json.dumps({"ToUserName": "gh", "Encrypt": encrypted}).encode()
        assert why in refused(url, query, body, caplog)


def test_a_used_nonce_with_another_message_is_refused_and_with_the_same_one_not_answered_again(serve, wechat, caplog):
    url = serve(wechat_message_mode="plain")
    first = text_of(ANNA, "你好")
    query, body = signed(first, "plain", nonce="12345")
    wechat.windows[ANNA].left, wechat.windows[ANNA].until = 5, time.time() + 60
    assert httpx2.post(f"{url}/wechat/callback", params=query, content=body).text == "success"
    assert httpx2.post(f"{url}/wechat/callback", params=query, content=body).text == "success"
    wechat.wait_for(ANNA, 1)
    _, forged = signed(text_of(ANNA, "转人工"), "plain", nonce="12345")
    assert "nonce" in refused(url, query, forged, caplog)
    time.sleep(0.5)
    assert len(wechat.texts(ANNA)) == 1


def test_in_the_compatible_mode_only_what_is_sealed_counts(serve, wechat, state):
    url = serve(wechat_message_mode="compatible")
    query, body = signed(text_of(ANNA, "你好"), "compatible")
    wechat.windows[ANNA].left, wechat.windows[ANNA].until = 5, time.time() + 60
    forged = json.dumps(json.loads(body) | {"Content": "转人工", "FromUserName": BERT}).encode()
    assert httpx2.post(f"{url}/wechat/callback", params=query, content=forged).text == "success"
    assert len(wechat.wait_for(ANNA, 1)) == 1
    assert wechat.texts(BERT) == []


# What is kept, and of whom.


def test_a_learner_is_erased_with_all_that_came_by_wechat(serve, wechat, state, tmp_path):
    url = serve()
    wechat.codes = {"code": {"openid": ANNA}}
    wechat.says(ANNA, "独一无二的问题", url)
    wechat.wait_for(ANNA, 1)
    token = httpx2.post(f"{url}/v1/sessions/wechat", json={"code": "code"}).json()["token"]
    export = httpx2.get(f"{url}/v1/learners/me/export", headers=bearer(token)).json()
    assert export["turns"][0]["message"] == "独一无二的问题"
    assert len(export["wechat_inbox"]) == len(export["wechat_people"]) == 1
    receipt = httpx2.delete(f"{url}/v1/learners/me", headers=bearer(token)).json()
    assert receipt["erased"]["wechat_inbox"] == receipt["erased"]["wechat_people"] == 1
    assert not any(httpx2.get(f"{url}/v1/learners/me/export", headers=bearer(token)).json().values())
    for file in tmp_path.rglob("*.db*"):
        for trace in ("独一无二的问题", person(ANNA), ANNA):
            assert trace.encode() not in file.read_bytes(), (file, trace)


def test_neither_words_nor_openids_are_in_a_log_line_or_as_they_are_in_the_store(
    serve, wechat, state, caplog, tmp_path
):
    caplog.set_level(logging.DEBUG)
    wechat.errors[SEND] = [45047]
    url = serve(ScriptedModel(ModelUnavailable("llm_failed", "away")))
    wechat.says(ANNA, "独一无二的问题 13800138000", url)
    settled(state)
    own = [record.getMessage() for record in caplog.records if record.name.startswith(("wechat", "companion"))]
    assert own
    assert not any("独一无二" in line or ANNA in line for line in own)
    files = [file.read_bytes() for file in tmp_path.rglob("*.db*")]
    assert not any(ANNA.encode() in content or b"13800138000" in content for content in files)


# The mini-program's own page.


def sign_in(url, code, token=None, **more):
    headers = bearer(token) if token else {}
    return httpx2.post(f"{url}/v1/sessions/wechat", json={"code": code, **more}, headers=headers)


def test_the_page_and_customer_service_are_one_learner(serve, wechat):
    url = serve()
    wechat.codes = {"one": {"openid": ANNA}, "two": {"openid": BERT}}
    wechat.says(ANNA, LOST, url)
    wechat.wait_for(ANNA, 1)
    answer = sign_in(url, "one")
    assert answer.status_code == 201
    assert set(answer.json()) == {"token", "token_type", "expires_in"}
    own = bearer(answer.json()["token"])
    (kept,) = httpx2.get(f"{url}/v1/conversations", headers=own).json()["conversations"]
    assert httpx2.post(f"{url}/v1/chat", json={"message": "你好"}, headers=own).json()["mode"]
    other = bearer(sign_in(url, "two").json()["token"])
    assert (
        httpx2.get(f"{url}/v1/conversations/{kept.get('id') or kept['conversation_id']}", headers=other).status_code
        == 404
    )
    me = httpx2.get(f"{url}/v1/learners/me", headers=own).json()
    assert (me["kind"], me["id"]) == ("learner", person(ANNA))


def test_who_is_signed_in_on_the_portal_is_that_learner_by_wechat_too(serve, wechat, provider, state):
    url = serve()
    wechat.codes = {code: {"openid": ANNA} for code in ("one", "again", "and again")} | {"two": {"openid": BERT}}
    wechat.says(ANNA, LOST, url)
    wechat.wait_for(ANNA, 1)
    portal = provider.token("anna")
    own = sign_in(url, "one", portal).json()["token"]
    ids = [httpx2.get(f"{url}/v1/learners/me", headers=bearer(token)).json()["id"] for token in (portal, own)]
    assert ids[0] == ids[1] != person(ANNA)
    assert len(httpx2.get(f"{url}/v1/conversations", headers=bearer(portal)).json()["conversations"]) == 1
    wechat.says(ANNA, "那没有保价的呢", url)
    wechat.wait_for(ANNA, 2)
    (outline,) = httpx2.get(f"{url}/v1/conversations", headers=bearer(portal)).json()["conversations"]
    whole = httpx2.get(
        f"{url}/v1/conversations/{outline.get('id') or outline['conversation_id']}", headers=bearer(portal)
    )
    assert "那没有保价的呢" in json.dumps(whole.json(), ensure_ascii=False)
    # Months of the page alone, without a message, do not make another learner of them.
    with state().engine.begin() as connection:
        connection.execute(update(wechat_people).values(touched_at=datetime.now(UTC) - timedelta(days=31)))
    sign_in(url, "again")
    state().sweep()
    again = sign_in(url, "and again").json()["token"]
    assert httpx2.get(f"{url}/v1/learners/me", headers=bearer(again)).json()["id"] == ids[0]
    # Another person with this phone's token is not that learner.
    other = sign_in(url, "two", own).json()["token"]
    assert httpx2.get(f"{url}/v1/learners/me", headers=bearer(other)).json()["id"] == person(BERT)


def test_a_union_id_is_the_portals_user_where_the_setting_says_so(serve, wechat, provider):
    url = serve(wechat_union_is_subject=True)
    wechat.codes = {"one": {"openid": ANNA, "unionid": "union-of-anna"}}
    own = sign_in(url, "one").json()["token"]
    portal = provider.token("union-of-anna")
    ids = [httpx2.get(f"{url}/v1/learners/me", headers=bearer(token)).json()["id"] for token in (portal, own)]
    assert ids[0] == ids[1]


def test_the_session_key_goes_nowhere(serve, wechat, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    url = serve()
    wechat.codes = {"one": {"openid": ANNA}}
    answer = sign_in(url, "one")
    key = "c2Vzc2lvbi1rZXktb2YtdGhl"
    assert key not in answer.text
    assert not any(key in record.getMessage() for record in caplog.records if not record.name.startswith("httpcore"))
    assert not any(key.encode() in file.read_bytes() for file in tmp_path.rglob("*.db*"))


def test_a_code_that_signs_nobody_in_says_what_to_do_and_a_wechat_that_is_away_is_not_the_pages_fault(serve, wechat):
    url = serve()
    wechat.codes = {"one": {"openid": ANNA}}
    assert sign_in(url, "one").status_code == 201
    again = sign_in(url, "one")
    assert (again.status_code, "wx.login" in again.json()["detail"]) == (400, True)
    for code, status in ((45011, 429), (40226, 403), (40164, 503)):
        wechat.errors["/sns/jscode2session"] = [code]
        assert sign_in(url, "x").status_code == status
    assert httpx2.post(f"{url}/v1/sessions/wechat", json={"code": ""}).status_code == 422


def test_a_token_of_the_page_is_no_good_in_a_browser(serve, wechat):
    url = serve()
    wechat.codes = {"one": {"openid": ANNA}}
    headers = bearer(sign_in(url, "one").json()["token"]) | {"Origin": "https://portal.example"}
    assert httpx2.get(f"{url}/v1/learners/me", headers=headers).status_code == 401


def test_the_consent_that_the_page_asked_for_counts_here_too(serve, wechat):
    url = serve(consent_version="2026-11")
    wechat.codes = {"one": {"openid": ANNA}}
    sign_in(url, "one", consent_version="2026-11")
    wechat.says(ANNA, LOST, url)
    assert QUOTED in wechat.wait_for(ANNA, 1)[0]


def test_a_consent_is_noted_once_however_often_the_page_says_it_and_can_be_taken_back(serve, wechat):
    url = serve(consent_version="2026-11")
    wechat.codes = {code: {"openid": ANNA} for code in ("one", "two", "three")}

    def kept(code: str, said: str) -> tuple[str | None, str | None]:
        token = sign_in(url, code, consent_version=said).json()["token"]
        me = httpx2.get(f"{url}/v1/learners/me", headers=bearer(token)).json()
        return me["consent_version"], me["consented_at"]

    first = kept("one", "2026-11")
    assert first[0] == "2026-11"
    assert kept("two", "2026-11") == first
    assert kept("three", "") == (None, None)


# Settings.


def test_without_an_app_id_there_is_no_such_door(service):
    with TestClient(service()) as client:
        assert client.post("/wechat/callback").status_code == 404
        assert client.post("/v1/sessions/wechat", json={"code": "x"}).status_code in (404, 405)


WHOLE = {
    "wechat_app_id": APP_ID, "wechat_app_secret": SECRET, "wechat_token": TOKEN, "wechat_encoding_aes_key": KEY,
    "session_secret": SESSION_SECRET,
}  # fmt: skip


@pytest.mark.parametrize("missing", list(WHOLE))
def test_half_a_configuration_is_refused_with_what_is_missing(missing):
    half = {name: value for name, value in WHOLE.items() if name != missing}
    with pytest.raises(ValueError, match=f"COMPANION_{missing.upper()}"):
        CompanionSettings(**half)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"wechat_encoding_aes_key": "A" * 42}, "WECHAT_ENCODING_AES_KEY has 43 letters and digits"),
        ({"wechat_app_id": "gh_1"}, r"(?s)wechat_app_id.*'\^wx"),
        ({"wechat_api_url": "api.weixin.qq.com"}, "WECHAT_API_URL must begin with https://"),
        ({"wechat_send_path": "cgi-bin"}, r"(?s)wechat_send_path.*'\^/'"),
        ({"wechat_page": "/pages/x"}, "WECHAT_PAGE is a path"),
        ({"wechat_page": "pages/x?id={id}"}, "WECHAT_PAGE is a path"),
        ({"wechat_message_mode": "open"}, "'plain', 'compatible' or 'secure'"),
        ({"wecom_token": "t"}, "set COMPANION_WECOM_ENCODING_AES_KEY too"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_what_to_set(wrong, said):
    with pytest.raises(ValueError, match=said):
        CompanionSettings(**WHOLE | wrong)


def test_the_plain_mode_needs_no_key_and_no_secret_is_told(caplog):
    plain = {name: value for name, value in WHOLE.items() if name != "wechat_encoding_aes_key"}
    chosen = CompanionSettings(**plain, wechat_message_mode="plain")
    assert SECRET not in f"{chosen!r} {chosen.model_dump_json()}"
    assert TOKEN not in repr(chosen)
