"""Who asks how to do a thing gets the steps of the section that asks the same, not those that come nearest."""

import pytest

from tests.small_catalogue import talk


@pytest.mark.parametrize(
    "message",
    ["电动车怎么充电才安全", "電動車點樣充電先安全", "电动车电池怎么充电不会爆炸"],
)
def test_a_section_under_a_heading_that_asks_the_same_is_told(sample_tutor, message):
    (told,) = talk(sample_tutor, message, conversation=message)
    assert told.mode == "extracted"
    assert "原装的充电器" in told.text.split("[1]", 1)[0]
