import pytest

from companion.replies.courtesy import Courtesy
from companion.understanding.enquiry import enquiry_of
from companion.understanding.wish import wish_of
from companion.words import words
from tests.test_turn import done, text, turn

ZH, EN = words("zh-Hans"), words("en")


@pytest.mark.parametrize(
    "message",
    [
        "这个平台是谁办的",
        "請問呢個網站係邊個單位搞嘅",
        "你们这个小程序是政府办的吗",
        "你是机器人还是真人",
        "我现在是不是在跟机器人说话",
        "who runs this platform?",
        "am I talking to a real person",
    ],
)
def test_who_asks_whom_they_talk_to_is_told(companion_with, message):
    assert wish_of(message) == "smalltalk"
    events = turn(companion_with(operator_name="示例学院", service_hotline="020-00000000"), message)
    assert done(events).mode == "catalogue"
    assert "示例学院" in text(events)
    assert "020-00000000" in text(events)
    assert any(word in text(events) for word in ("不是真人", "not a person"))


def test_an_operator_that_is_not_set_is_not_made_up():
    told = Courtesy(None, None)
    assert ZH.operator_unknown in told.reply("这平台谁办的", ZH, begins=True)
    assert EN.operator_unknown in told.reply("who runs this", EN, begins=True)
    assert ZH.operator_unknown not in told.reply("你是真人吗", ZH, begins=True)
    assert "None" not in told.reply("who are you", EN, begins=True)


def test_who_complains_or_asks_for_their_data_is_told_where_that_is_done(companion_with):
    companion = companion_with(service_hotline="020-00000000")
    for message in ("我要投诉", "I want to complain"):
        assert "020-00000000" in text(turn(companion, message))
    assert text(turn(companion_with(), "我要投诉")) == ZH.complaint.format(hotline="")
    for message in ("怎么删除我的记录", "请问怎样导出我的数据？", "delete my data"):
        assert wish_of(message) == "smalltalk"
        assert text(turn(companion, message)) in (ZH.own_data, EN.own_data)
    for message in ("资料怎么发给老板", "Tell me about data privacy"):
        assert enquiry_of(message) is None
    for message in ("你会不会把我说的告诉别人", "Will you tell anyone what I said"):
        assert enquiry_of(message).name == "own_data"
    for message in ("怎么导出 Excel 数据", "怎么删除微信聊天记录", "我的快递信息怎么删除"):
        assert wish_of(message) == "question"


@pytest.mark.parametrize(
    ("message", "begins", "reply"),
    [
        ("你好", True, ZH.greeting),
        ("你好", False, ZH.greeting),
        ("谢谢老师", True, ZH.thanks),
        ("唔該晒", False, ZH.thanks),
        ("知道了", False, ZH.ask_on),
        ("今天好累", True, ZH.greeting),
    ],
)
def test_what_is_said_back_fits(message, begins, reply):
    assert Courtesy(None, None).reply(message, ZH, begins=begins) == reply
