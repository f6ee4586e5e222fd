import pytest

from companion.quantities import Quantity, quantities, stated


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
