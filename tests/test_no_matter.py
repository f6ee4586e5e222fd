"""What one may do about any matter is asked of what was talked of: 去哪里投诉, 举个例子."""

import asyncio

import pytest

from companion.conversation import brought_along
from companion.understanding.follow_up import asks_on, asks_whether, depends, names_no_matter, terms_named
from tests.small_catalogue import talk


@pytest.mark.parametrize(
    "message",
    [
        "去哪里投诉",
        "要多久能解决",
        "什么时候要去医院",
        "举个例子",
        "要什么材料",
        "邊度投訴",
        "can you give me an example",
        "从哪天开始算",
        "怎么计算",
        "几号截止",
        "什么时候生效",
    ],
)
def test_what_may_be_asked_of_any_matter_is_on_what_was_talked_of(message):
    assert names_no_matter(message)
    assert depends(message)


@pytest.mark.parametrize(
    "message",
    ["工伤怎么申请", "垃圾怎么处理", "被狗咬了要去医院吗", "怎么做", "快递员怎么处理投诉", "工龄从哪天开始算"],
)
def test_what_names_its_matter_does_not_lean(message):
    assert not names_no_matter(message)


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("一定要公证吗", "公证"),
        ("最长可以几耐", ""),
        ("要多久能拿到", ""),
        ("为什么", ""),
        ("几天内要回复", "回复"),
        ("几岁才可以投票", "岁才投票"),
        ("is it free", "free"),
        ("要放糖吗", "糖"),  # recipes say 加糖
        ("要加班吗", "加班"),
    ],
)
def test_what_says_how_much_or_how_surely_names_nothing(message, named):
    assert "".join(terms_named(message)) == named


@pytest.mark.parametrize("message", ["有效吗", "能报销吗", "有冇毒", "is it safe?", "那要公证吗"])
def test_a_few_words_that_ask_whether_are_known(message):
    assert asks_whether(message)


@pytest.mark.parametrize(
    "message", ["真的吗", "可以吗", "你会唱歌吗", "还有吗", "有证书吗", "工伤认定申请被驳回了能再申请吗", "why"]
)
def test_what_wonders_or_asks_of_something_else_does_not_ask_whether(message):
    assert not asks_whether(message)


def test_where_one_enrols_and_how_one_practises_is_not_asked_on_of_what_was_told():
    assert asks_on("哪里能看")
    assert not asks_on("哪里报名")
    assert not asks_on("怎么练习")


def test_a_follow_up_is_led_by_what_it_names_itself(sample_tutor):
    before, told = talk(sample_tutor, "大人噎到说不出话要怎么救", "换成婴儿呢", conversation="an infant")
    assert "两手抓着脖子" in before.text
    assert "婴儿不能冲肚子" in told.text
    assert "两手抓着脖子" not in told.text


@pytest.mark.parametrize(
    ("before", "message"),
    [("卧床的老人怎么翻身", "能报销吗"), ("荔枝怎么保鲜", "能报销吗"), ("怎么修自行车链条", "一定要公证吗")],
)
def test_what_was_told_before_is_no_answer_to_whether_something_else_holds(sample_tutor, before, message):
    *_, told = talk(sample_tutor, before, message, conversation=f"{before} {message}")
    assert told.mode == "catalogue"
    assert "没有找到" in told.text


def test_what_names_too_little_to_begin_with_goes_on(sample_tutor):
    before = ["how do I ask about the deposit when renting"]
    conversation = brought_along("deposit", [(one, "") for one in before])
    asked = asyncio.run(sample_tutor.hearing.stands_alone("what about when I leave", conversation))
    assert asked == f"{before[0]} what about when I leave"
