import pytest

from companion.replies.stated_facts import comparison
from companion.understanding.facts import facts_asked, set_beside
from course_index.analyze import normalise, simplified_question
from course_index.course import Course, Price
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
    "language": "zh-Hans",
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
        ("难不难", ("level",)),
        ("最短的", ("hours", "compare")),
        ("边个最快学识", ("hours", "compare")),
        ("哪个是线上的", ("delivery", "compare")),
        ("是英文的吗", ("language",)),
        ("is it taught in Chinese?", ("language",)),
        # What is told of who asks, and where, is beside what is asked.
        ("我在白云区，哪天上课", ("when",)),
        ("佛山的什么时候开课", ("when",)),
        ("我腳不好，有電梯嗎", ("step_free",)),
        ("我女儿十二岁，合适吗", ("audience",)),
        ("远吗", ("where",)),
        ("我数学很差，能跟上吗", ("level", "prerequisites")),
        ("夜晚上堂得唔得", ("times",)),
        ("几点上课", ("times",)),
        ("I live in Foshan, when does it start?", ("when",)),
        ("截止日期是什么时候", ("deadline",)),
        ("要带什么去", ("other",)),
        ("老伴也想一起去，可以吗", ("other",)),
        ("有中文的吗", ()),
        ("有便宜点的吗", ()),
        ("and in Chinese?", ()),
        ("有哪些人", ()),
        # These ask of something else, or for other courses.
        ("发酵要多久", ()),
        ("有没有免费的课", ()),
        ("坐轮椅的呢", ()),
        ("and online ones?", ()),
        ("线上的", ()),
        ("你在哪里上班", ()),
        ("compare the first two courses", ("compare",)),
        ("油温多高", ()),
        ("广州在哪里", ()),
        ("带孩子去医院要准备什么", ()),
        ("晚上睡不着怎么办", ()),
        ("周末去哪里玩", ()),
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


def test_of_the_sessions_those_at_the_place_that_is_named_are_told(tutor):
    *_, told = talk(tutor, "我想学粤菜", "我在佛山，哪天上课", conversation="there")
    assert told.text.startswith("开班：2027-01-18（佛山市）。")
    *_, told = talk(tutor, "我想学粤菜", "湛江的什么时候开课", conversation="not there")
    assert told.text.startswith("记录里没有写在湛江市的班。开班：2027-01-18（佛山市）。")


def test_of_times_that_no_record_states_the_day_of_the_week_of_the_first_date_is_told(tutor):
    *_, told = talk(tutor, "我想学粤菜", "晚上上课可以吗", conversation="times")
    assert told.text.startswith(
        "星期几、几点上课，记录里没有写，请向开课单位确认；写明的开班日期是 2027-01-18（星期一，佛山市）。"
    )


def test_whom_a_course_is_not_stated_to_be_for_is_told_so(tutor):
    *_, told = talk(tutor, "我想学粤菜", "我女儿十二岁，合适吗", conversation="a child")
    assert told.text.startswith("面向：工人。没有写面向孩子，能不能上请先问开课单位。")
    *_, told = talk(tutor, "我想学粤剧", "我妈七十岁，适合吗", conversation="a senior")
    assert "没有写面向" not in told.text


def test_the_whole_record_is_told_once_and_then_what_was_asked_with_its_source(tutor):
    _, first, again = talk(tutor, "我想学粤菜", "多少钱", "要上多少课时", conversation="told once")
    assert first.text.startswith("费用：180 元。\n\n目录里《粤菜师傅入门：刀工与火候》的记录：")
    assert again.text == "学时：24。这是目录里《粤菜师傅入门：刀工与火候》的记录。"
    assert again.titles == ("粤菜师傅入门：刀工与火候",)


def test_titles_and_summaries_are_as_they_are_written_in_either_script(tutor):
    *_, told = talk(tutor, "我想學粵劇", "要錢嗎", "邊個教㗎", conversation="traditional")
    assert told.text.endswith("這是目錄裏《粤剧赏析第一课》的記錄。")


def test_who_wants_to_be_told_more_of_a_course_that_was_shown_gets_its_record_and_lessons(tutor):
    for said in ("详细说说", "嗯，说说看", "Can you tell me more about it?"):
        *_, told = talk(tutor, "我想学粤菜", said, conversation=said)
        assert told.titles == ("粤菜师傅入门：刀工与火候",)
        assert "180" in told.text


def test_of_the_course_shown_what_no_record_has_is_said_so(tutor):
    *_, told = talk(tutor, "我想学粤菜", "老师好不好", conversation="shown")
    assert "记录里没有写" in told.text
    assert told.titles == ("粤菜师傅入门：刀工与火候",)


def test_two_courses_that_are_named_are_put_beside_each_other(tutor):
    (told,) = talk(tutor, "粤菜师傅入门和粤剧赏析第一课哪个便宜", conversation="cheaper")
    assert told.text.startswith("按记录，其中免费的是《粤剧赏析第一课》。")
    assert "费用：180 元" in told.text
    assert "费用：免费" in told.text
    (told,) = talk(tutor, "粤菜师傅入门和陶艺工作坊哪个便宜", conversation="unknown")
    assert "最少" not in told.text
    assert "记录里没有写收不收费" in told.text
    (told,) = talk(tutor, "粤菜师傅入门同粤剧赏析第一课有咩分别", conversation="differ")
    assert told.titles == ("粤菜师傅入门：刀工与火候", "粤剧赏析第一课")
    assert "哪一门更合适，要看您想学什么" in told.text


@pytest.mark.parametrize(
    ("message", "things"),
    [
        ("比较一下粤剧和粤菜这两门课", ["粤剧", "粤菜"]),
        ("学粤剧好还是学粤菜好", ["粤剧", "粤菜"]),
        ("粤剧同埋粤菜边个短啲", ["粤剧", "粤菜"]),
        ("Which is shorter, the Python course or the spreadsheets course", ["python", "spreadsheets"]),
        ("这个和粤菜那门有什么区别", ["粤菜"]),
        ("和粤菜那门比呢", ["粤菜"]),
        ("这两个有什么区别", []),
        ("粤剧和粤菜都想学", []),
    ],
)
def test_things_that_are_set_beside_each_other_are_known(message, things):
    assert set_beside(message) == things


def test_courses_named_by_what_they_are_on_are_put_beside_each_other(tutor):
    (told,) = talk(tutor, "比较一下粤菜和粤剧这两门课", conversation="subjects")
    assert told.titles == ("粤菜师傅入门：刀工与火候", "粤剧赏析第一课")
    # Of what no two records are on, lessons may say how it differs.
    (told,) = talk(tutor, "刀工和火候哪个难", conversation="of one course")
    assert "哪一门更合适" not in told.text


def test_what_there_is_to_compare_with_is_asked_where_only_one_course_was_shown(tutor):
    _, told = talk(tutor, "我想学粤菜", "这两个有什么区别", conversation="one shown")
    assert "《粤菜师傅入门：刀工与火候》这一门" in told.text
    (told,) = talk(tutor, "这两个有什么区别", conversation="none shown")
    assert (told.text, told.titles) == ("要比较哪两门课？请说出它们的名字或主题。", ())
    *_, told = talk(tutor, "我想学粤菜", "我想学粤剧", "哪个短一点？", conversation="one after the other")
    assert told.text.startswith("按记录，其中学时最少的是《粤剧赏析第一课》。")


def test_all_of_those_that_are_the_cheapest_are_named(tutor):
    *_, told = talk(tutor, "粤菜师傅入门和粤剧赏析第一课哪个容易", conversation="level unknown")
    assert "等级最低" not in told.text
    prices = {"粤菜师傅入门": 180, "粤剧赏析第一课": 0, "粤剧身段": 0}
    courses = [Course(title, title, "甲校", price=Price(amount)) for title, amount in prices.items()]
    said = comparison(courses, ("price", "compare"), "zh-Hans")
    assert said.startswith("按记录，其中免费的是《粤剧赏析第一课》、《粤剧身段》。")


def test_beside_each_other_nothing_is_said_twice():
    known = {"hours": 6.0, "level": 1, "delivery": "online", "price": Price(0), "audience": ("senior",)}
    courses = [Course(title, title, "学堂", **known) for title in ("甲课", "乙课")]
    assert comparison(courses, ("hours", "compare"), "zh-Hans").splitlines() == [
        "按记录，它们的学时一样。",
        "",
        "- 《甲课》：费用：免费；学时：6；面向：长者；等级：1；上课方式：在线学",
        "- 《乙课》：费用：免费；学时：6；面向：长者；等级：1；上课方式：在线学",
    ]
    assert comparison(courses, ("hours", "compare"), "en").startswith("By their records they have the same hours.")


def test_which_is_the_least_of_those_shown_is_told_and_of_none_looked_for(tutor):
    *_, told = talk(tutor, "有什么课", "最短的", conversation="shortest of those")
    assert "粤剧赏析第一课" in told.text
    (told,) = talk(tutor, "最便宜的课", conversation="cheapest of all")
    assert told.titles[0] == "粤剧赏析第一课"
    *_, told = talk(tutor, "我想学粤剧", "和粤菜那门比呢", conversation="with the other")
    assert set(told.titles) == {"粤剧赏析第一课", "粤菜师傅入门：刀工与火候"}


def test_of_several_courses_shown_each_record_is_told(tutor):
    first, told = talk(tutor, "有什么课", "多少钱", conversation="each")
    assert set(told.titles) == set(first.titles)
    assert "《粤剧赏析第一课》：费用：免费" in told.text
    assert "《陶艺工作坊》：记录里没有写收不收费" in told.text


def test_the_language_is_told_from_the_record(tutor):
    *_, told = talk(tutor, "我想学粤剧", "是英文的吗", conversation="language")
    assert told.text.startswith("授课语言：中文。")
    *_, told = talk(tutor, "I want to learn pottery", "is it taught in English?", conversation="language unknown")
    assert told.text.startswith("The record does not state the language.")


def test_a_course_is_introduced_by_a_part_of_its_title_that_no_other_has(tutor):
    (told,) = talk(tutor, "粤剧赏析讲了什么", conversation="part of a title")
    assert told.text.startswith("目录里《粤剧赏析第一课》的记录：")


def test_either_spelling_of_what_is_read_as_one():
    assert normalise("甚麼是逆光") == normalise("什么是逆光") == simplified_question("甚么是逆光")
