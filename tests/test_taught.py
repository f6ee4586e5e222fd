"""What is said to fit teaches what was asked for; else that none does is said, and counted."""

import pytest

from companion.guidance.need import need_of
from companion.guidance.subject import subject_of, teaches_the_language
from companion.understanding.wish import course_subject
from tests.small_catalogue import indexed, talk, tutor_over, unmet

TITLES = (
    "大学英语口语|国际商法（双语）|书法临帖|西点：蛋糕与面包|电路基础|汽车保养|儿童舞蹈|土木施工概论|机器学习导论|"
    "有机化学|手机拍照技巧|化妆品赏析|智慧课堂教学|营养与卫生|心理学|家庭急救|茶文化|交响乐欣赏|昆虫世界|数据库原理|"
    "English for Travellers|"
    "Guitar for Beginners|"
    "Introduction to Machine Learning|Self-Publishing a Novel|Caring for Horses|Java Programming|Design of Buildings|"
    "The History of Rome"
).split("|")
NOBODY_TEACHES = (
    "想学法语|有没有日语课|想学手语|想学木工|想学电焊|想学小提琴|想学考驾照|想学养蜂|想学剪纸|化妆|家长课堂|想学养生|"
    "I want to learn French|any chess course?|is there a nail art course|any swimming class?"
).split("|")


@pytest.fixture(scope="module")
def home(tmp_path_factory, embedder):
    return indexed(tmp_path_factory.mktemp("taught"), [{"title": title} for title in TITLES], embedder)


@pytest.fixture
def tutor(home, embedder, put_occupations, tmp_path):
    with tutor_over(home, embedder, tmp_path) as found:
        yield found


def recommended(tutor, message, **how):
    return tutor[0].advising.adviser.recommend(need_of(message), **how)


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("想学书法", "书法临帖"),
        ("有没有教做蛋糕的课", "西点：蛋糕与面包"),
        ("有没有机器学习的课", "机器学习导论"),
        ("有机化学有课吗", "有机化学"),
        ("想学拍照", "手机拍照技巧"),
        ("有没有急救的课", "家庭急救"),
        ("想学英语口语", "大学英语口语"),
        ("any course on guitar?", "Guitar for Beginners"),
        ("I want to learn Java", "Java Programming"),
        ("is there a machine learning course", "Introduction to Machine Learning"),
        ("I'd like to learn about horses", "Caring for Horses"),
        # Whatever is told beside.
        ("我老婆想学急救，孩子老是摔", "家庭急救"),
        ("my daughter is 12 and wants to learn the guitar", "Guitar for Beginners"),
        # In the other language.
        ("想学吉他", "Guitar for Beginners"),
        ("I want to learn calligraphy", "书法临帖"),
        ("a first aid course, please", "家庭急救"),
        # By the thing that is used or made, whoever wants it.
        ("不会用数据库怎么办", "数据库原理"),
        ("屋企仔想整蛋糕，邊度有得學", "西点：蛋糕与面包"),
        ("厂里让我学急救", "家庭急救"),
        ("我女儿上大学，想补一补有机化学", "有机化学"),
    ],
)
def test_a_course_that_teaches_what_was_asked_for_fits(tutor, message, title):
    found = recommended(tutor, message)
    assert found.certain
    assert title in {one.course.title for one in found.courses}
    assert recommended(tutor, message, only_certain=True) == found


@pytest.mark.parametrize("message", NOBODY_TEACHES)
def test_what_only_sounds_like_it_is_the_nearest_and_no_fit(tutor, message):
    assert not recommended(tutor, message).certain
    beside = recommended(tutor, message, only_certain=True)
    assert (beside.certain, beside.courses) == (False, ())


@pytest.mark.parametrize(
    ("message", "meant"),
    [("i want to lern guittar", "guitar"), ("teach me photografy", "photography"), ("想学心里学", "心理学")],
)
def test_a_slip_in_a_wish_is_mended_and_told(tutor, message, meant):
    (told,) = talk(tutor[0], message)
    assert meant in told.text
    assert "相符" in told.text or "fit what you asked for" in told.text
    assert not unmet(tutor[1])


@pytest.mark.parametrize(
    ("message", "near"),
    # To a bare wish, and where little is told, only what is near is shown.
    [("我们公司全是英国人，我想跟人学一点法语口语", True), ("我想跟人学一点法语", False), ("想学法语", False)],
)
def test_that_nobody_teaches_it_is_said_and_counted(tutor, message, near):
    companion, state = tutor
    (told,) = talk(companion, message)
    assert "没有找到" in told.text
    assert ("最接近" in told.text, bool(told.titles)) == (near, near)
    assert not any("相关内容" in reason or "相近" in reason for reason in told.reasons)
    assert all(told.reasons)
    (need,) = unmet(state)
    assert (need.words, need.reason) == (message, "no_course")


@pytest.mark.parametrize("message", ["唔识用数据库点算", "我女儿上大学，想补一补有机化学"])
def test_who_cannot_do_a_thing_gets_the_course_that_teaches_it(tutor, message):
    (told,) = talk(tutor[0], message)
    assert told.mode == "catalogue"
    assert told.titles[0] in ("数据库原理", "有机化学")
    assert "相符" in told.text
    assert "没有找到" not in told.text


def test_one_who_asks_in_many_conversations_counts_once(tutor):
    companion, state = tutor
    for number in range(3):
        talk(companion, "想学法语", conversation=f"c-{number}", learner="v-1")
    assert {need.who for need in unmet(state)} == {"v-1"}


@pytest.mark.parametrize(
    ("message", "subject"),
    [
        ("有没有机器学习的课", "机器学习"),
        ("有没有教人工智能的课", "人工智能"),
        ("有没有教人画画的课", "画画"),
        ("有机化学课", "有机化学"),
        ("想补初中数学", "初中数学"),
        ("教育学有课吗", "教育学"),
        ("想学上海话", "上海话"),
        ("想学点礼仪", "礼仪"),
        ("想学点心", "点心"),
        ("any machine learning courses", "machine learning"),
        ("I'd like to learn about dogs", "dogs"),
    ],
)
def test_only_what_asks_is_left_out_of_a_subject(message, subject):
    assert course_subject(subject_of(message)) == subject


def test_a_language_is_taught_where_it_is_named():
    assert teaches_the_language("想学法语", "大学法语")
    assert not teaches_the_language("想学法语", "国际环境法(双语)")
    assert teaches_the_language("language of law", "legal writing")
    assert teaches_the_language("日语", "japanese for beginners")
