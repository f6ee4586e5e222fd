import pytest

from companion.understand import course_subject, wish_of


@pytest.mark.parametrize(
    "message",
    [
        "有没有算法课", "有适合长者的手机课程吗", "我想学做菜", "推荐一门英语课", "佛山有什么课",
        "邊度有書法班嘅課程", "想报个电工培训班", "Is there a course on spreadsheets?", "any classes for seniors",
        "I want to learn Cantonese", "学点什么好",
    ],
)  # fmt: skip
def test_wanting_courses_is_recognised(message):
    assert wish_of(message) == "courses"


@pytest.mark.parametrize(
    "message",
    [
        "快件丢了谁来赔", "课堂上老师可以体罚吗", "怎么学好英语", "什么是链表", "课文里的鲁迅是谁",
        "how do I learn faster", "what is a binary heap", "电动车充电要注意什么", "有人噎住怎么办",
    ],
)  # fmt: skip
def test_a_question_on_content_is_not_taken_for_wanting_courses(message):
    assert wish_of(message) == "question"


@pytest.mark.parametrize(
    ("message", "wish"), [("你好！", "greeting"), ("Thanks", "greeting"), ("???", "nothing"), (" ", "nothing")]
)
def test_greetings_and_nothing(message, wish):
    assert wish_of(message) == wish


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
