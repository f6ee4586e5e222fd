import pytest

from companion.quoting.measures import measure_asked, states
from tests.small_catalogue import talk


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("要多久", "time"),
        ("几分钟先得", "time"),
        ("要浸几耐", "time"),
        ("多久翻一次", "often"),
        ("一分钟按几多下", "often"),
        ("几岁可以学", "age"),
        ("贮藏要几度", "degrees"),
        ("要按多深", "length"),
        ("要放几多盐", "amount"),
        ("how long should I wait?", "time"),
        ("how often", "often"),
        # Of a course, of money, or a question of its own.
        ("多少钱", None),
        ("怎么做", None),
        ("电动车的锂电池用几年要换", None),
    ],
)
def test_a_short_message_that_asks_for_a_measure_is_known(message, kind):
    assert measure_asked(message) == kind


def test_a_figure_may_stand_apart_from_what_it_counts():
    assert states("从备菜到出锅大约只需 15 分钟。", "time")
    assert states("大火蒸制 8 - 10 分钟", "time")
    assert not states("大火蒸制，分钟数看鱼的大小", "time")


@pytest.mark.parametrize(
    ("before", "message", "stated"),
    [
        ("烫伤了怎么处理", "要冲多久", "二十分钟左右"),
        ("老人卧床怎么翻身", "多久一次", "每两小时"),
        ("流鼻血怎么办", "要几分钟", "十到十五分钟"),
        ("荔枝采下来怎么预冷", "冰水要泡多久", "十几二十分钟"),
        ("点样整白切鸡", "要浸几耐", "二十五到三十分钟"),
        ("夏天送外卖怎么不中暑", "喝多少水", "每十五到二十分钟喝几口"),
        ("胸外按压怎么做", "要按多深", "五到六厘米"),
    ],
)
def test_the_measure_is_told_that_the_lesson_talked_of_states(sample_tutor, before, message, stated):
    *_, told = talk(sample_tutor, before, message, conversation=f"{before} {message}")
    assert told.mode == "extracted"
    assert stated in told.text


def test_how_long_a_dish_takes_is_told_by_the_lesson_that_is_called_so(sample_tutor):
    (told,) = talk(sample_tutor, "白切鸡煮几分钟", conversation="白切鸡煮几分钟")
    assert told.mode == "extracted"
    assert "二十五到三十分钟" in told.text


@pytest.mark.parametrize(("before", "message"), [("学分银行是什么", "几年有效"), ("怎么洗手", "水要几度")])
def test_no_measure_is_told_of_what_the_lesson_states_none(sample_tutor, before, message):
    *_, told = talk(sample_tutor, before, message, conversation=f"{before} {message}")
    assert told.mode == "catalogue"


def test_a_measure_of_nothing_is_not_told_of_whatever_states_one(sample_tutor):
    (alone,) = talk(sample_tutor, "要多久", conversation="nothing before")
    *_, after = talk(sample_tutor, "快递丢了怎么办", "要多久", conversation="nothing told")
    assert [alone.mode, after.mode] == ["catalogue", "catalogue"]
    assert ">" not in alone.text + after.text


def test_a_measure_of_what_was_told_is_not_taken_from_elsewhere(sample_tutor):
    *_, told = talk(sample_tutor, "想考大专，初中毕业能行吗", "要多久", conversation="elsewhere")
    assert told.mode == "catalogue"


def test_the_price_asked_for_below_a_lesson_is_that_of_its_course(sample_tutor):
    *_, told = talk(sample_tutor, "白切鸡怎么做", "要多少钱", conversation="price")
    assert "180 元" in told.text


def test_in_a_course_a_measure_is_of_the_lesson_that_was_told_and_else_of_the_course(sample_tutor):
    aid, newcomers = {"course_id": "family-first-aid"}, {"course_id": "first-days-in-guangdong"}
    *_, told = talk(sample_tutor, "烫伤了怎么处理", "要多久", conversation="in it", **aid)
    assert told.mode == "extracted"
    assert "二十分钟" in told.text
    *_, told = talk(sample_tutor, "烫伤了怎么处理", "这门课要多久", conversation="of it", **aid)
    assert "学时" in told.text
    (told,) = talk(sample_tutor, "how long does it take?", conversation="before all", **newcomers)
    assert "4 hours, updated 2026-09-15. No official rules" in told.text
    where = "I just moved into a rented room with a foreign passport. What do I have to do first?"
    *_, told = talk(sample_tutor, where, "how long do I have?", conversation="in English", **newcomers)
    assert "within 24 hours" in told.text


def test_who_is_in_a_course_is_not_led_to_it(sample_tutor):
    (outside,) = talk(sample_tutor, "教我荔枝采下来怎么预冷", conversation="outside")
    (inside,) = talk(sample_tutor, "教我荔枝采下来怎么预冷", conversation="inside", course_id="litchi-orchard-care")
    assert outside.titles == ("荔枝与龙眼果园管理",)
    assert inside.mode == "extracted"
    assert not inside.titles
