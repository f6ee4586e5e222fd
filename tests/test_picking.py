import pytest

from companion.conversation import Hinted, Shown
from companion.understanding.of_a_course import asks_for_its_lessons, course_introduced
from companion.understanding.picking import is_only_a_choice, picked
from companion.words import words
from tests.test_conversation import Talk

ZH = words("zh-Hans")


@pytest.mark.parametrize(
    ("message", "understood"),
    [
        ("2", "《乙》"),
        ("第二个", "《乙》"),
        ("我要第二门。", "《乙》"),
        ("第一门怎么报名", "《甲》怎么报名"),
        ("那就第二个吧", "《乙》"),
        ("第一门和第二门哪个好", "《甲》和《乙》哪个好"),
        ("第2個幾錢", "《乙》幾錢"),
        ("how long is the second one", "how long is 《乙》"),
        ("The first", "《甲》"),
        ("3", "3"),
        ("第一个实验再说一遍", "第一个实验再说一遍"),
        ("2026 年", "2026 年"),
        ("第二步怎么做", "第二步怎么做"),
        ("一元二次方程", "一元二次方程"),
        ("the first aid course", "the first aid course"),
    ],
)
def test_a_number_means_the_course_that_was_shown_in_its_place(message, understood):
    assert picked(message, Shown(("甲", "乙"))) == understood
    assert picked(message, None) == picked(message, Hinted("问", 1)) == message


@pytest.mark.parametrize("message", ["就这个吧", "那就报这门吧", "我就學呢個啦", "I'll take this one", "都想学"])
def test_of_one_course_that_was_shown_no_number_is_needed(message):
    assert picked(message, Shown(("甲",))) == "《甲》"


@pytest.mark.parametrize("message", ["两个都想学", "我兩個都要", "全部都学", "both please"])
def test_all_that_were_shown_may_be_wanted(message):
    assert picked(message, Shown(("甲", "乙"))) == "《甲》《乙》"


@pytest.mark.parametrize("message", ["就这样吧", "就到这里吧", "这个怎么做", "这个多少钱", "都讲什么", "就这些"])
def test_what_ends_or_asks_picks_nothing(message):
    assert picked(message, Shown(("甲",))) == message


def test_who_picks_of_several_and_does_not_say_which_is_asked(companion_with):
    talk = Talk(companion_with())
    talk.say("有什么课")
    asked = talk.say("就这个吧")
    assert asked.startswith("您选哪一门？")
    assert "1. " in asked
    second = asked.split("2. ")[1].splitlines()[0]
    assert f"《{second}》" in talk.say("2")


def test_who_picks_a_course_is_told_its_record_and_its_lessons(companion_with):
    talk = Talk(companion_with())
    talk.say("有没有快递的课")
    told = talk.say("1")
    assert "目录里《快递服务规则》的记录：等级 2" in told
    assert "这门课有 1 课：\n\n1. " in told
    assert talk.done.mode == "catalogue"
    # What was asked goes first, and the whole record is told once.
    assert talk.say("它是几级的").startswith("等级：2。这是目录里《快递服务规则》的记录，更新于")
    assert talk.say("《快递服务规则》要钱吗").startswith("费用：免费。这是目录里《快递服务规则》的记录")
    assert talk.say("快递服务规则讲了什么") == told
    talk.say("快件丢了谁来赔")
    assert talk.say("2") == talk.say("就这个吧") == ZH.more_of_what  # nothing is to be chosen there


@pytest.mark.parametrize(
    "message", ["《急救》", "介绍一下《急救》", "《急救》这门课讲什么？", "《急救》怎么样", "我想了解《急救》"]
)
def test_who_asks_what_a_course_is_names_it(message):
    assert course_introduced(message) == "急救"
    assert course_introduced("《民法典》第几条讲租房") is None


@pytest.mark.parametrize(
    "message",
    ["这门课讲什么", "从哪一课开始学", "一共有几節課", "它教些什么内容", "先學邊一課", "能学到什么", "課程大綱",
     "what does it cover?", "Which lesson should I start with?", "how many lessons are there"],
)  # fmt: skip
def test_who_asks_what_is_in_a_course_means_its_lessons(message):
    assert asks_for_its_lessons(message)


@pytest.mark.parametrize(
    "message",
    ["电工讲什么", "学什么好", "粤剧从哪里开始学", "有几门课", "有几个学时", "第一步做什么", "《急救》讲什么",
     "what does the law cover", "where do I start with fractions"],
)  # fmt: skip
def test_who_names_something_else_does_not(message):
    assert not asks_for_its_lessons(message)


def test_the_lessons_of_the_course_that_was_shown_are_told(companion_with):
    talk = Talk(companion_with())
    talk.say("有没有快递的课")
    told = talk.say("1")
    assert "这门课有 1 课：" in told
    assert talk.say("从哪一课开始学") == talk.say("这门课讲什么") == told


def test_of_several_that_were_shown_one_is_asked_whose_lessons(companion_with):
    talk = Talk(companion_with())
    talk.say("有什么课")
    asked = talk.say("先学哪一课")
    assert asked.startswith("您选哪一门？")
    second = asked.split("2. ")[1].splitlines()[0]
    assert f"《{second}》" in talk.say("2")


@pytest.mark.parametrize(
    ("message", "chooses"), [("2", True), ("1A 2B 3C", True), ("1. A, 2. C", True), ("beef", False)]
)
def test_numbers_and_letters_alone_only_choose(message, chooses):
    assert is_only_a_choice(message) == chooses


def test_behind_no_course_it_is_a_question_like_any_other(companion_with):
    talk = Talk(companion_with())
    assert "这门课有" not in talk.say("从哪一课开始学")
