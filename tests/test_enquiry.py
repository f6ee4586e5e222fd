import json
from pathlib import Path

import pytest

from companion.understanding.enquiry import enquiry_of
from tests.small_catalogue import indexed, talk, tutor_over

# Half of these were written before the lists and not looked at while they were made.
SAID = [json.loads(line) for line in Path(__file__).with_name("enquiries.jsonl").read_text("utf-8").splitlines()]
COOKING = {
    "title": "粤菜师傅入门：刀工与火候",
    "provider": "顺德厨艺学堂",
    "subjects": ["粤菜", "烹饪"],
    "price": {"amount": 180},
    "url": "https://portal.example/c0",
}
OPERA = {"title": "粤剧赏析第一课", "provider": "佛山文化馆", "subjects": ["粤剧"], "price": {"amount": 0}}


@pytest.fixture(scope="module")
def tutor(tmp_path_factory, embedder):
    folder = tmp_path_factory.mktemp("enquiry")
    with tutor_over(indexed(folder, [COOKING, OPERA], embedder), embedder, folder) as (companion, _):
        yield companion


@pytest.mark.parametrize("said", SAID, ids=lambda said: said["message"])
def test_what_is_an_enquiry_is_known_from_what_is_not(said):
    enquiry = enquiry_of(said["message"])
    kind = enquiry and enquiry.name
    assert ("ability" if kind == "using" else kind) == said["kind"]


@pytest.mark.parametrize(
    "message",
    [
        "课程里讲的退款怎么算",
        "how is an invoice issued in the accounting lesson",
        "什么是发票",
        "发票",
        "人工智能",
        "人工呼吸怎么做",
        "我真没用，我是废物",
        "I am useless",
        "没反应怎么办",
        "怎么考电工证",
        "手机打不开怎么办",
        "怎么写诗",
        "天气预报员做什么",
        "机器人怎么编程",
        "测试用例怎么写",
        "and thank you?",
    ],
)
def test_what_only_has_a_word_of_it_is_no_enquiry(message):
    assert enquiry_of(message) is None


def test_what_may_mean_the_thing_talked_of_is_of_the_machine_only_at_first():
    assert enquiry_of("呢个点用㗎").name == "using"
    assert enquiry_of("呢个点用㗎", begins=False) is None
    assert enquiry_of("你识做啲乜嘢", begins=False).name == "ability"


@pytest.mark.parametrize(
    ("message", "says", "not_said"),
    [
        ("帮我报名", "不能替您报名", "计分"),
        ("证书怎么领", "课程记录里没有写", "可以领"),
        ("我要退款", "收费的单位", "到此为止"),
        ("转人工", "转不了人工", "相近"),
        ("视频打不开", "刷新页面", "记下来"),
        ("講個笑話嚟聽下", "不講笑話", "課程與"),
        ("where is my certificate", "I issue none", "课程"),
        ("今天几号", "2026 年 11 月 24 日星期二", "没有找到"),
        ("what's the weather like", "cannot see the weather", "课程"),
    ],
)
def test_what_is_said_back_is_honest_and_of_that(tutor, message, says, not_said):
    (told,) = talk(tutor, message, conversation=message)
    assert says in told.text
    assert not_said not in told.text
    assert told.titles == ()
    assert told.mode == "catalogue"


def test_the_course_that_is_meant_is_named_with_its_provider(tutor):
    *_, told = talk(tutor, "我想学粤菜", "怎么报名", conversation="of the one shown")
    assert told.titles == ("粤菜师傅入门：刀工与火候",)
    assert "顺德厨艺学堂" in told.text
    (told,) = talk(tutor, "粵劇賞析第一課還可以報名嗎", conversation="by its name")
    assert told.titles == ("粤剧赏析第一课",)
    assert "佛山文化館" in told.text


def test_a_course_that_there_is_not_is_no_enquiry_either(tutor):
    (told,) = talk(tutor, "《叉车司机上岗培训》怎么报名", conversation="missing")
    assert "没有找到《叉车司机上岗培训》" in told.text


def test_small_matters_do_not_change_what_is_talked_of(tutor):
    *_, told = talk(tutor, "我想学粤菜", "谢谢", "在吗", "要钱吗", conversation="between")
    assert told.titles == ("粤菜师傅入门：刀工与火候",)
    assert "180" in told.text


@pytest.mark.parametrize(
    ("kind", "messages"),
    [
        ("mood", ["今天心情不好", "好累啊", "今日好唔開心", "工作好烦，不想干了", "考试没考好，很难过"]),
        ("mood", ["上了一天班好累", "I'm feeling down today", "so tired after work", "I had a bad day"]),
        ("doubt", ["我太笨了学不会", "我好笨", "你觉得我能学会吗", "学唔識", "记不住", "怕自己跟不上"]),
        ("doubt", ["恐怕学不来", "I can't learn this", "I'm too stupid for this"]),
        ("beginner", ["年纪大了还能学吗", "我不识字能学吗", "60岁还能学吗", "零基础可以学吗"]),
        ("beginner", ["冇读过书可唔可以学", "am I too old to learn", "is it too late to start at 60"]),
        (None, ["记不住单词怎么办", "心情不好怎么调节", "压力大怎么办", "活着好累", "我头疼好难受"]),
        (None, ["孩子学不会数学怎么办", "老人心情不好怎么陪", "60岁的老人能学电工吗", "没读过书能考大专吗"]),
        (None, ["不识字的老人怎么教", "粤剧新手从哪里学", "客户心情不好骂我", "it is down"]),
    ],
)  # fmt: skip
def test_how_a_learner_feels_is_heard_and_what_to_do_about_it_is_a_question(kind, messages):
    enquiries = [enquiry_of(message) for message in messages]
    assert [enquiry and enquiry.name for enquiry in enquiries] == [kind] * len(messages)


def test_who_asks_whether_they_can_learn_it_means_the_course_that_is_talked_of():
    assert enquiry_of("零基础可以学吗", begins=False) is None


def test_the_credits_of_a_course_that_was_shown_are_those_of_its_record(tmp_path, embedder):
    record = {"title": "电工安全基础", "subjects": ["电工"], "credits": 1.5}
    with tutor_over(indexed(tmp_path, [record, OPERA], embedder), embedder, tmp_path) as (companion, _):
        shown, told = talk(companion, "有没有电工课", "学完能拿多少学分")
    assert shown.titles == told.titles == ("电工安全基础",)
    assert "1.5 学分" in told.text


@pytest.mark.parametrize(
    "message", ["学完电工安全能攒几个学分", "我上完電工安全可以拿多少學分", "学完电工那门课能攒几个学分"]
)
def test_the_credits_of_a_course_called_by_its_subject_are_those_of_its_record(tmp_path, embedder, message):
    record = {"title": "电工安全基础", "subjects": ["电工安全", "电工"], "credits": 1.5}
    with tutor_over(indexed(tmp_path, [record, OPERA], embedder), embedder, tmp_path) as (companion, _):
        (told,) = talk(companion, message, conversation=message)
    assert told.titles == ("电工安全基础",)
    assert told.text.startswith("按")
    assert "1.5" in told.text


@pytest.mark.parametrize("message", ["请把我之前说的都忘掉", "你记得我吗"])
def test_what_is_kept_of_oneself_is_no_attack_and_no_wish_for_company(tutor, message):
    (told,) = talk(tutor, message, conversation=message)
    assert told.mode == "catalogue"
    assert "导出或清除" in told.text


def test_a_number_to_be_called_at_is_masked_and_refused_with_the_provider_to_turn_to(tutor):
    *_, told = talk(tutor, "我想学粤菜", "我叫陈伯，电话13800138000", conversation="contact")
    assert told.text.startswith("请不要在这里写姓名、电话和证件号。")
    assert "顺德厨艺学堂" in told.text
    assert "13800138000" not in told.text


def test_another_script_or_language_is_taken_up_where_nothing_can_be_said_again(tutor):
    (_, told) = talk(tutor, "你好", "换成繁体字回答我", conversation="script")
    assert told.text.startswith("好的，就用這種文字回答。")
    (_, told) = talk(tutor, "你好", "Please answer in English", conversation="English")
    assert told.text.startswith("All right, I will answer in English.")


def test_what_there_is_to_learn_at_all_is_shown_to_who_asks_for_that(tutor):
    for message in ("你们有什么课", "都没有？那你们有什么", "你哋有咩可以学"):
        (told,) = talk(tutor, message, conversation=message)
        assert set(told.titles) == {COOKING["title"], OPERA["title"]}


def test_what_was_said_of_nothing_is_asked_back_and_looked_up_nowhere(tutor):
    for message in ("说简单点", "为什么", "还有什么"):
        *_, told = talk(tutor, "你好", message, conversation=message)
        assert told.text.startswith("您想了解哪方面的内容？")
