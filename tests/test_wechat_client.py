import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta

import pytest

from companion.state.state import open_state
from companion.state.wechat_token import KeptToken
from tests.wechat_double import APP_ID, SECRET, WeChat, text_of
from wechat.client import Client, CodeRefused, NotReached, WechatProblem, Where
from wechat.seal import Seal, Unreadable

SEND, TYPING, STABLE = (
    "/cgi-bin/message/custom/send",
    "/cgi-bin/message/custom/business/typing",
    "/cgi-bin/stable_token",
)


@pytest.fixture
def wechat():
    with WeChat() as wechat:
        yield wechat


@pytest.fixture
def state(tmp_path):
    state = open_state(tmp_path / "state.db", conversation_days=30)
    yield state
    state.close()


@pytest.fixture
def run():
    """One event loop a test: connections belong to it."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def make(wechat, state, run):
    made = []

    def make(secret=SECRET, api=None, seconds=5.0, seal="s" * 48):
        where = Where(api or wechat.url, seconds=seconds)
        made.append(Client(APP_ID, secret, where, state.wechat_tokens, Seal(seal)))
        return made[-1]

    yield make
    for client in made:
        run(client.close())


@pytest.fixture
def client(make):
    return make()


def opened(wechat, openid="oA"):
    wechat.windows[openid].left, wechat.windows[openid].until = 5, time.time() + 60
    return openid


def test_a_message_arrives_as_it_was_written(wechat, client, run):
    openid = opened(wechat)
    assert run(client.send_text(openid, "你好 <“\\u4f60”> 👍", ai_mark=True)) == "sent"
    (seen,) = wechat.phones[openid]
    assert (seen.text, seen.ai_mark) == ("你好 <“\\u4f60”> 👍", True)


def test_workers_that_need_a_token_at_once_ask_for_one_once(wechat, make, run):
    async def all_of_them():
        clients = [make() for _ in range(6)]
        return await asyncio.gather(*(client.token() for client in clients for _ in range(3)))

    wechat.silent[STABLE] = [0.5]
    assert len(set(run(all_of_them()))) == 1
    assert wechat.token_calls == 1


def test_a_worker_whose_asker_died_asks_itself(wechat, state, monkeypatch, make, run):
    monkeypatch.setattr("wechat.client._ANOTHER_ASKS_SECONDS", 0.5)
    assert state.wechat_tokens.may_ask(APP_ID, 600)
    assert run(make().token()) in wechat.tokens


def test_the_token_is_in_no_file_as_it_is(wechat, state, client, tmp_path, run):
    token = run(client.token())
    assert token
    state.close()
    assert not any(token.encode() in file.read_bytes() for file in tmp_path.iterdir())


def test_a_token_of_before_a_new_secret_is_asked_for_anew(wechat, client, make, run):
    async def both():
        return await client.token(), await make(seal="t" * 48).token()

    first, second = run(both())
    assert first == second
    assert wechat.token_calls == 2
    with pytest.raises(Unreadable, match="SESSION_SECRET"):
        Seal("x" * 48).open(Seal("y" * 48).close("words"))


def test_a_token_is_renewed_before_it_ends(wechat, state, make, run):
    soon = datetime.now(UTC) + timedelta(seconds=200)
    state.wechat_tokens.keep(APP_ID, KeptToken(Seal("s" * 48).close("old"), soon))
    assert run(make().token()) in wechat.tokens


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_token_that_is_not_taken_is_replaced_once(wechat, client, code, run):
    async def twice():
        first = await client.send_text(openid, "一", False)
        wechat.expire_tokens()
        wechat.errors[SEND] = [code]
        return first, await client.send_text(openid, "二", False)

    openid = opened(wechat)
    assert run(twice()) == ("sent", "sent")
    assert (wechat.token_calls, len(wechat.called(SEND))) == (2, 3)
    wechat.errors[SEND] = [40001, 40001, 40001]
    assert run(client.token())


def test_a_token_that_is_never_taken_is_not_tried_for_ever(wechat, client, caplog, run):
    wechat.errors[SEND] = [40001] * 9
    assert run(client.send_text(opened(wechat), "一", False)) == "later"
    assert len(wechat.called(SEND)) == 2
    assert "40001" in caplog.text


def test_a_busy_wechat_is_asked_again(wechat, client, run):
    wechat.errors[SEND] = [-1, -1]
    assert run(client.send_text(opened(wechat), "一", False)) == "sent"
    assert len(wechat.called(SEND)) == 3


@pytest.mark.parametrize(
    ("code", "outcome", "rings"),
    [
        (45002, "too_long", None),
        (45015, "too_late", None),
        (45047, "used_up", None),
        (40164, "refused", "IP whitelist"),
        (45009, "refused", "quota"),
        (48001, "refused", "permission"),
        (45162, "refused", "kind of message"),
        (99999, "refused", "99999"),
    ],
)
def test_each_error_has_its_outcome_and_rings_only_where_the_operator_can_help(
    wechat, client, caplog, code, outcome, rings, run
):
    wechat.errors[SEND] = [code]
    assert run(client.send_text(opened(wechat), "一", False)) == outcome
    loud = [record.getMessage() for record in caplog.records if record.levelno >= logging.CRITICAL]
    assert bool(loud) == bool(rings)
    assert rings is None or rings in loud[0]


def test_the_double_says_itself_what_its_documents_say(wechat, client, run):
    openid = opened(wechat)
    assert run(client.send_text(openid, "字" * 700, False)) == "too_long"
    assert [run(client.send_text(openid, "字", False)) for _ in range(6)] == ["sent"] * 5 + ["used_up"]
    assert run(client.send_text("stranger", "字", False)) == "too_late"


def test_a_message_of_which_nothing_is_heard_is_not_sent_again(wechat, make, run):
    openid = opened(wechat)
    client = make(seconds=0.5)
    wechat.silent[SEND] = [2.0]
    assert run(client.send_text(openid, "一", False)) == "unknown"
    assert wechat.texts(openid) == ["一"]


def test_a_message_that_did_not_even_leave_is_for_later(wechat, make, run):
    assert run(make(api="http://127.0.0.1:9").send_text("oA", "一", False)) == "later"


def test_neither_the_secret_nor_a_token_is_in_an_error_or_a_log_line(wechat, caplog, make, run):
    caplog.set_level(logging.DEBUG, "wechat")
    wrong = make(secret="very-secret")
    with pytest.raises(WechatProblem) as error:
        run(wrong.token())
    wechat.errors["/sns/jscode2session"] = [41008]
    with pytest.raises(WechatProblem) as other:
        run(make(secret="very-secret").sign_in("code"))
    with pytest.raises(NotReached) as third:
        run(make(secret="very-secret", api="http://127.0.0.1:9").sign_in("code"))
    for said in (error.value, other.value, third.value):
        assert "secret" not in repr(said)
    assert "very-secret" not in caplog.text
    assert "APP_SECRET" in caplog.text


def test_the_typing_sign_never_fails_anybody(wechat, client, run):
    openid = opened(wechat)
    for code in (0, 45072, 45080, 45081, 48001):
        wechat.errors[TYPING] = [code]
        run(client.typing(openid))
    assert len(wechat.called(TYPING)) == 5
    run(client.typing(openid))
    assert wechat.typing[openid] > time.time()


def test_who_signs_in_is_known_by_openid_and_union_id_and_no_session_key(wechat, client, run):
    wechat.codes = {"good": {"openid": "oA", "unionid": "uA"}, "alone": {"openid": "oB"}}
    account = run(client.sign_in("good"))
    assert (account.openid, account.unionid) == ("oA", "uA")
    assert "session" not in repr(account)
    assert run(client.sign_in("alone")).unionid is None
    with pytest.raises(CodeRefused, match=r"wx\.login"):
        run(client.sign_in("good"))
    with pytest.raises(CodeRefused, match=r"wx\.login"):
        run(client.sign_in("made up"))
    for code in (45011, 40226):
        wechat.errors["/sns/jscode2session"] = [code]
        with pytest.raises(CodeRefused):
            run(client.sign_in("x"))


def test_the_check_reads_all_of_a_text_and_says_what_it_thinks(wechat, client, run):
    wechat.risky = {"坏话"}
    assert run(client.is_fit("oA", "好话" * 2_000))
    assert [len(body["content"]) for body in wechat.called("/wxa/msg_sec_check")] == [2_500, 1_500]
    assert not run(client.is_fit("oA", "好话" * 1_300 + "坏话"))
    wechat.errors["/wxa/msg_sec_check"] = [45009]
    with pytest.raises(WechatProblem):
        run(client.is_fit("oA", "好话"))


def test_a_text_of_the_double_is_what_wechat_sends():
    assert text_of("oA", "字")["MsgType"] == "text"
