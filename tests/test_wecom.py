"""Enterprise WeChat's robot over the real service: what wechatpy seals goes in, and grows until it is finished."""

import asyncio
import base64
import json
import secrets
import time
from contextlib import ExitStack
from itertools import pairwise

import httpx2
import pytest
from wechatpy.crypto import PrpCrypto

from companion.state.tables import wechat_people
from tests.scripted_model import BORNE, ScriptedModel
from tests.servers import serving
from tests.test_service import GOOD, LOST
from tests.test_wechat_crypto import WECOM_KEY
from tests.test_wechat_door import LABEL, QUOTED, Slow
from tests.wechat_double import all_at_once, sha1
from wechat import sayings

TOKEN = "QDG6eK"
CRYPTO = PrpCrypto(base64.b64decode(WECOM_KEY + "="))


class Robot:
    """Enterprise WeChat's side: sends, and asks how far it is."""

    def __init__(self, url, user="zhang"):
        self.url, self.user = url, user

    def call(self, fields, **query):
        stamp, nonce = str(int(time.time())), secrets.token_hex(5)
        sealed = CRYPTO.encrypt(json.dumps(fields, ensure_ascii=False), "").decode()
        signed = {"msg_signature": sha1(TOKEN, stamp, nonce, sealed), "timestamp": stamp, "nonce": nonce}
        response = httpx2.post(f"{self.url}/wecom/callback", params=signed | query, json={"encrypt": sealed})
        if response.status_code != 200 or response.text == "success":
            return response
        told = response.json()
        assert told["msgsignature"] == sha1(TOKEN, str(told["timestamp"]), told["nonce"], told["encrypt"])
        return json.loads(CRYPTO.decrypt(told["encrypt"], ""))

    def says(self, text, msgid=None, **changes):
        return self.call(
            {
                "msgid": msgid or secrets.token_hex(8),
                "aibotid": "bot",
                "chattype": "single",
                "from": {"userid": self.user},
                "msgtype": "text",
                "text": {"content": text},
            }
            | changes
        )["stream"]

    def refresh(self, id_):
        fields = {
            "msgid": secrets.token_hex(8),
            "from": {"userid": self.user},
            "msgtype": "stream",
            "stream": {"id": id_},
        }
        return self.call(fields)["stream"]

    def reads(self, text, **changes):
        """The contents as they grew; the last one is the whole."""
        stream = self.says(text, **changes)
        contents, deadline = [stream["content"]], time.monotonic() + 60
        while not stream["finish"] and time.monotonic() < deadline:
            time.sleep(0.1)
            stream = self.refresh(stream["id"])
            contents.append(stream["content"])
        assert stream["finish"]
        return contents, stream["id"]


@pytest.fixture
def serve(service):
    with ExitStack() as stack:

        def make(model=None, where=None, **changes):
            app = service(model, where, wecom_token=TOKEN, wecom_encoding_aes_key=WECOM_KEY, **changes)
            return stack.enter_context(serving(app))

        yield make


def test_the_console_finds_the_address_good_and_a_stranger_is_refused(serve):
    url = serve()
    stamp, sealed = str(int(time.time())), CRYPTO.encrypt("1616140317555161061", "").decode()
    query = {"msg_signature": sha1(TOKEN, stamp, "1", sealed), "timestamp": stamp, "nonce": "1", "echostr": sealed}
    assert httpx2.get(f"{url}/wecom/callback", params=query).text == "1616140317555161061"
    assert httpx2.get(f"{url}/wecom/callback", params=query | {"nonce": "2"}).status_code == 403
    assert Robot(url).call({"msgtype": "text"}, nonce="another").status_code == 403
    for_another = CRYPTO.encrypt("1616140317555161061", "corp").decode()
    query |= {"msg_signature": sha1(TOKEN, stamp, "1", for_another), "echostr": for_another}
    assert httpx2.get(f"{url}/wecom/callback", params=query).status_code == 403


def test_an_answer_is_quoted_with_its_source(serve):
    contents, _ = Robot(serve()).reads(LOST)
    assert QUOTED in contents[-1]
    assert "[1] " in contents[-1]
    assert LABEL not in contents[-1]


def test_an_answer_grows_and_each_time_the_whole_is_told_with_its_label(serve):
    class Growing(Slow):
        async def write(self, prompt, max_tokens=None):
            async for _ in super().write(prompt, max_tokens):
                for sentence in BORNE[:4]:
                    yield sentence
                    await asyncio.sleep(0.3)

    contents, _ = Robot(serve(Growing(0.2))).reads(LOST)
    grown = [content.split(LABEL)[0].strip() for content in contents if content]
    assert len(set(grown)) >= 3
    assert all(later.startswith(sooner) for sooner, later in pairwise(grown))
    assert all(content.endswith(LABEL) for content in contents if content)


def test_the_same_message_to_two_services_is_one_turn_and_either_tells_how_far_it_is(serve, tmp_path, service):
    model = Slow(0.5)
    first, second = (Robot(serve(model, tmp_path / "shared.db")) for _ in range(2))
    one, two = all_at_once(lambda: first.says(LOST, "m1"), lambda: second.says(LOST, "m1"))
    assert one["id"] == two["id"]
    deadline = time.monotonic() + 10
    while not (told := second.refresh(one["id"]))["finish"] and time.monotonic() < deadline:
        time.sleep(0.1)
    assert GOOD[:9] in told["content"]
    assert model.calls == 1


def test_an_answer_is_its_askers_alone(serve):
    url = serve()
    _, id_ = Robot(url).reads(LOST)
    other = Robot(url, "li").refresh(id_)
    assert other["finish"]
    assert QUOTED not in other["content"]


def test_it_remembers_what_was_asked_before_until_the_topic_changes(serve, service):
    robot = Robot(serve())
    robot.reads(LOST)
    robot.reads("@学习助手 那没有保价的呢")
    assert robot.reads("新话题")[0] == [sayings.NEW_TOPIC]
    robot.reads("你好")
    conversations = service.states[0].conversations
    with service.states[0].engine.connect() as connection:
        (row,) = connection.execute(wechat_people.select()).all()
    told = [[turn.message for turn in conversations.whole(one.id)] for one in conversations.of(row.owner, 9)]
    assert told == [["你好"], [LOST, "那没有保价的呢"]]


def test_thumbs_pictures_and_greetings(serve, service):
    robot = Robot(serve())
    assert robot.says("", msgtype="image", image={"url": "x"})["content"] == sayings.ONLY_TEXT
    _, id_ = robot.reads(LOST)
    enter = {"msgtype": "event", "from": {"userid": "zhang"}, "event": {"eventtype": "enter_chat"}}
    assert robot.call(enter)["text"]["content"] == sayings.GREETING
    thumb = {"eventtype": "feedback_event", "feedback_event": {"id": id_, "type": 2}}
    assert robot.call(enter | {"event": thumb}).text == "success"
    assert [one.turn_id for one in service.states[0].feedback.disliked(1)] == [id_]
    assert robot.call({"msgtype": "text"}).text == "success"


def test_the_same_limits_and_terms_hold(serve):
    robot = Robot(serve(ScriptedModel(GOOD), consent_version="2026-11", turns_a_minute=3))
    assert "使用条款" in robot.reads(LOST)[0][-1]
    assert robot.reads("同意")[0] == [sayings.AGREED]
    assert "保价规则赔" in robot.reads(LOST)[0][-1]
    # The window may end between two of them: what is asked in two windows is too much for one of them at last.
    assert any("秒" in robot.reads(LOST)[0][-1] for _ in range(6))


def test_nobodys_name_is_in_the_store(serve, tmp_path):
    Robot(serve(), "zhang-san-of-the-office").reads(LOST)
    assert not any(b"zhang-san-of" in file.read_bytes() for file in tmp_path.rglob("*.db*"))
