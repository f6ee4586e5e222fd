import pytest

from companion.understanding.facts import facts_asked
from course_index.analyze import normalise, simplified_question
from tests.small_catalogue import indexed, talk, tutor_over

COOKING = {
    "title": "粤菜师傅入门：刀工与火候",
    "provider": "顺德厨艺学堂",
    "subjects": ["粤菜", "烹饪"],
    "audience": ["worker"],
    "price": {"amount": 180},
    "hours": 24,
    "level": 2,
    "delivery": "blended",
    "offerings": [{"id": "a", "city": "佛山市", "address": "大良实训室", "start": "2027-01-18", "seats": 20}],
}
OPERA = {
    "title": "粤剧赏析第一课",
    "provider": "佛山文化馆",
    "subjects": ["粤剧"],
    "audience": ["senior", "everyone"],
    "price": {"amount": 0},
    "hours": 6,
    "delivery": "online",
    "prerequisites": ["c0"],
}
BARE = {"title": "陶艺工作坊", "provider": "石湾陶艺社", "subjects": ["陶艺"]}


@pytest.fixture(scope="module")
def tutor(tmp_path_factory, embedder):
    folder = tmp_path_factory.mktemp("facts")
    with tutor_over(indexed(folder, [COOKING, OPERA, BARE], embedder), embedder, folder) as (companion, _):
        yield companion


@pytest.mark.parametrize(
    ("message", "facts"),
    [
        ("要上多少课时", ("hours",)),
        ("边个教㗎", ("teacher",)),
        ("老师好不好", ("quality",)),
        ("仲有冇位呀", ("seats",)),
        ("之前要会什么", ("prerequisites",)),
        ("适合什么人", ("audience",)),
        ("有没有电梯能到，腿脚不便", ("step_free",)),
        ("几时开课，喺边度上", ("when", "where")),
        ("who is it for", ("audience",)),
        ("这两个有什么区别", ("compare",)),
        ("边个平啲", ("price", "compare")),
        # These ask of something else, or for other courses.
        ("发酵要多久", ()),
        ("有没有免费的课", ()),
        ("坐轮椅的呢", ()),
        ("and online ones?", ()),
        ("线上的", ()),
        ("你在哪里上班", ()),
        ("油温多高", ()),
        ("老师怎么带班", ()),
        ("逆光和顺光有什么区别", ()),
    ],
)
def test_what_is_asked_of_a_record_is_known_from_what_is_not(message, facts):
    assert facts_asked(message) == facts


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("粤菜师傅入门要上多少课时", "24 学时"),
        ("粵菜師傅入門喺邊度上", "佛山市大良實訓室"),
        ("粤菜师傅入门谁教的", "由哪位老师教，记录里没有写"),
        ("粤菜师傅入门还有名额吗", "还剩多少，记录里没有写"),
        ("粤剧赏析第一课之前要会什么", "《粤菜师傅入门：刀工与火候》"),
        ("粤剧赏析第一课适合什么人", "长者、所有人"),
        ("陶艺工作坊要多少钱", "没有写收不收费"),
        ("陶艺工作坊几时开课", "没有写开班日期"),
    ],
)
def test_a_fact_is_told_from_the_record_or_said_not_to_be_there(tutor, message, says):
    (told,) = talk(tutor, message, conversation=message)
    assert says in told.text
    assert len(told.titles) == 1
    assert told.mode == "catalogue"


def test_of_the_course_shown_what_no_record_has_is_said_so(tutor):
    *_, told = talk(tutor, "我想学粤菜", "老师好不好", conversation="shown")
    assert "记录里没有写" in told.text
    assert told.titles == ("粤菜师傅入门：刀工与火候",)


def test_two_courses_that_are_named_are_put_beside_each_other(tutor):
    (told,) = talk(tutor, "粤菜师傅入门和粤剧赏析第一课哪个便宜", conversation="cheaper")
    assert told.text.startswith("按记录，费用最少的是《粤剧赏析第一课》。")
    assert "费用：180 元" in told.text
    assert "费用：免费" in told.text
    (told,) = talk(tutor, "粤菜师傅入门和陶艺工作坊哪个便宜", conversation="unknown")
    assert "最少" not in told.text
    assert "记录里没有写收不收费" in told.text
    (told,) = talk(tutor, "粤菜师傅入门同粤剧赏析第一课有咩分别", conversation="differ")
    assert told.titles == ("粤菜师傅入门：刀工与火候", "粤剧赏析第一课")
    assert "哪一门更合适，要看您想学什么" in told.text


def test_either_spelling_of_what_is_read_as_one():
    assert normalise("甚麼是逆光") == normalise("什么是逆光") == simplified_question("甚么是逆光")
