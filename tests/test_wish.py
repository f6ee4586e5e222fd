import json
from collections import Counter
from pathlib import Path

import pytest

from companion.understanding.wish import course_subject, hint_subject, plan_subject, practice_subject, wish_of

CASES = Path(__file__).parent.parent / "eval" / "cases"


@pytest.mark.parametrize(
    ("wish", "messages"),
    [
        ("courses", "有没有算法课|有适合长者的手机课程吗|我想学做菜|推荐一门英语课|邊度有書法班嘅課程|想报个电工培训班|any classes for seniors|I want to learn Cantonese"),  # noqa: E501
        ("pathway", "我初中毕业想拿大专怎么走|怎么考电工证|想当厨师要学什么|專升本要讀幾耐|how do I become an electrician"),  # noqa: E501
        ("credits", "这门课多少学分|學時點樣計|怎么报名|讀完有冇證書攞嘅|is this course free"),
        ("practice", "考考我|出三道选择题|測驗一下我|quiz me on heaps|再来一题"),
        ("again", "上面说的再讲一遍|頭先講嗰個再講一次"),
        ("hint", "给点提示|别直接告诉我答案|先別講|不要告诉我，我自己想|俾啲提示我|I'm stuck|give me a hint"),
        ("plan", "帮我制定一个学习计划|每周五小时怎么安排|幫我排個學習時間表|make me a study plan"),
        ("more", "更多|继续|下一步|詳細啲|go on|what else|听不懂，讲简单点|唔明|能不能用大白話講|太難了|simpler, please|说人话|I don't understand."),  # noqa: E501
        ("smalltalk", "你好！|谢谢|你是谁|今天天气真好|唔該晒|Thanks|who are you"),
        ("feedback", "答错了|太长了|我要投诉|你讲得很好|that is wrong"),
        ("end", "退出|结束对话|唔玩喇|bye|that's all"),
        ("nothing", "???| |。。。"),
        ("question", "快件丢了谁来赔|课堂上老师可以体罚吗|什么是学习计划|这门课的作业第三题怎么做|二胡|为什么呢|那旧的呢|what is a binary heap|听不懂英语怎么办|口语|白话|plain English|看不懂图纸|没明白为什么要先断电|simple interest|提示音怎么关|有人噎住怎么办|投诉电话要怎么接|佢叫我唔好講俾人知|骗子叫我别告诉家里人|再来一个好玩的实验|房东有后备钥匙，趁我上班自己开门看房，可以吗"),  # noqa: E501
    ],
)  # fmt: skip
def test_what_is_wanted_is_recognised(wish, messages):
    wishes = {message: wish_of(message) for message in messages.split("|")}
    if wish == "end":
        wishes.pop("bye")  # both a greeting and an end
    assert set(wishes.values()) == {wish}, wishes


def test_questions_on_content_are_hardly_ever_taken_for_something_else():
    asked = [
        json.loads(line)["question"]
        for path in sorted(CASES.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
        if '"question":' in line
    ]
    misread = [question for question in asked if wish_of(question) != "question"]
    assert len(misread) <= 0.05 * len(asked), misread


def test_on_messages_written_blind_to_the_rules_questions_are_kept_and_most_wishes_seen():
    rows = [json.loads(line) for line in (CASES / "wishes-blind.jsonl").read_text("utf-8").splitlines()]
    right, total = Counter(), Counter()
    for row in rows:
        total[row["wish"]] += 1
        right[row["wish"]] += wish_of(row["message"]) == row["wish"]
    assert right["question"] / total["question"] >= 0.95
    assert sum(right.values()) / len(rows) >= 0.7


@pytest.mark.parametrize(
    ("message", "subject"),
    [
        ("有适合长者的手机课程吗", "长者的手机"),
        ("我想学做菜", "做菜"),
        ("Is there a course on spreadsheets?", "spreadsheets"),
        ("有什么课", "有什么课"),
    ],
)
def test_the_subject_of_the_courses_is_what_is_left(message, subject):
    assert course_subject(message) == subject


def test_what_is_to_be_practised_planned_or_hinted_at_is_what_is_left():
    assert practice_subject("考考我触电急救") == "触电急救"
    assert practice_subject("出三道题") == ""
    assert "电子表格" in plan_subject("我想学电子表格，帮我排个计划，每周3小时")
    assert plan_subject("帮我排个计划") == ""
    assert hint_subject("再给点提示") == ""
    assert "血水" in hint_subject("骨头旁边有血水怎么办，给点提示")
