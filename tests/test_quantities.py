import pytest

from companion.quantities import Quantity, months_named, quantities, stated


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("申请应当在签收后三十日内提出", [(30, "day")]),
        ("within 30 days", [(30, "day")]),
        ("thirty days", [(30, "day")]),
        ("1. 半个小时煮一次", [(0.5, "hour")]),
        ("百分之二十五，也就是 25%", [(25, "percent"), (25, "percent")]),
        ("二〇二六年三月", [(2026, "year"), (3, "month")]),
        ("两万五千元，25000 元，1,200 元", [(25_000, "yuan"), (25_000, "yuan"), (1_200, "yuan")]),
        ("第二十七条", [(27, "article")]),
        ("十五个工作日", [(15, "workday")]),
        ("年滿十八週歲", [(18, "age")]),
        (
            "一个半小时，两个半月，三天半，两次半小时",
            [(1.5, "hour"), (2.5, "month"), (3.5, "day"), (2, "time"), (0.5, "hour")],
        ),
        ("等两三天，三到五周", [(2, "day"), (3, "day"), (3, None), (5, "week")]),
        ("三万五、一百二十", [(35_000, None), (120, None)]),
        ("三月一日，零下18℃，36-37℃", [(3, "month"), (1, "day"), (-18, "degree"), (36, None), (37, "degree")]),
        ("twenty-one minutes, fifteen kilometres", [(21, "minute"), (15, "kilometre")]),
        (
            "two hundred and fifty thousand yuan, 3.5 million, a hundred",
            [(250_000, "yuan"), (3_500_000, None), (100, None)],
        ),
        ("four and a half hours, one hour and a half", [(4.5, "hour"), (1.5, "hour")]),
        ("two thirds, four-fifths, a tenth of it", [(0.666667, "share"), (0.8, "share"), (0.1, "share")]),
        ("minus eighteen degrees, three or four", [(-18, "degree"), (3, None), (4, None)]),
        ("工资的八成，7成；三成为一股，分成三份", [(80, "percent"), (70, "percent"), (3, None)]),
        ("单位统一成米，不要一成不变", []),
        ("三到五摄氏度", [(3, None), (5, "degree")]),
        ("一般来说，千万不要，四川的三轮车", []),
    ],
)
def test_numbers_are_read_with_what_they_count(text, expected):
    assert [(one.value, one.unit) for one in quantities(text)] == expected


def test_a_number_is_stated_only_where_it_counts_the_same():
    known = quantities("签收后三十日内提出，费用 15 元")
    assert stated(Quantity(30, "day"), known)
    assert stated(Quantity(15, None), known)
    assert not stated(Quantity(30, "yuan"), known)
    assert not stated(Quantity(3, "day"), known)
    measured = quantities("坐直半小时，离开一米", ones=True)
    assert stated(Quantity(30, "minute"), measured)
    assert stated(Quantity(100, "centimetre"), measured)
    assert not stated(Quantity(1, "minute"), measured)


def test_english_and_chinese_state_the_same_number():
    known = quantities("The first exit; seven tenths of the rent, four times as much, four times a day", ones=True)
    assert all(stated(one, known) for one in quantities("第一个出口，七成，四倍，每天四次"))
    assert not stated(Quantity(5, "fold"), known)


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("24 April 1961, May 3", [4, 5]),
        ("in March or late December", [3, 12]),
        ("you may go, march on", []),
    ],
)
def test_months_are_named_in_dates_and_after_prepositions(text, months):
    assert [one.value for one in months_named(text)] == months
