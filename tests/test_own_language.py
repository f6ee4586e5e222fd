"""What is in another language than the question answers only where it is on the subject."""

import pytest

from companion.words import leading_into, words
from tests.small_catalogue import talk


@pytest.mark.parametrize(("message", "mode"), [("一百萬嘅英文點講", "extracted"), ("聽日會唔會落雨", "catalogue")])
def test_an_answer_in_another_language_is_on_the_subject(sample_tutor, message, mode):
    (told,) = talk(sample_tutor, message, conversation=message)
    assert told.mode == mode


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("how do I help someone who is choking", "用掌根在两肩胛中间用力拍五下"),
        ("how do I stop a nosebleed", "捏住鼻翼十到十五分钟"),
        ("how do I make white cut chicken", "把鸡里外洗净"),
    ],
)
def test_who_asks_in_english_is_answered_by_a_lesson_in_chinese_and_told_so(sample_tutor, message, says):
    (told,) = talk(sample_tutor, message, conversation=message)
    assert told.mode == "extracted"
    assert told.text.startswith("The course content says (in Chinese,")
    assert says in told.text


@pytest.mark.parametrize("message", ["how do I do a kidney transplant", "what is the capital of Mongolia"])
def test_what_no_lesson_tells_is_not_answered_by_another_language_either(sample_tutor, message):
    (told,) = talk(sample_tutor, message, conversation=message)
    assert told.mode == "catalogue"
    assert told.text.startswith("No passage in the indexed course content answers this.")


def test_what_leads_into_a_quote_names_its_language_where_that_is_not_the_learner_s():
    english, chinese, traditional = words("en"), words("zh-Hans"), words("zh-Hant")
    assert leading_into(english.quoted, "en", english) == english.quoted
    assert leading_into(english.quoted, "zh", english) == (
        "The course content says (in Chinese, as it stands; a phone or browser can translate it):"
    )
    assert leading_into(chinese.quoted, "zh", chinese) == chinese.quoted
    assert leading_into(chinese.quoted, "en", chinese) == "课程里是这样写的（原文是英文，可用手机或浏览器翻译）："
    assert leading_into(traditional.quoted, "zh", traditional) == traditional.quoted
