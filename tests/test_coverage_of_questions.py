"""How much of a question a text has, and that it decides between passages of one lesson."""

import pytest


@pytest.fixture
def index(lexical):
    texts = {
        "call": "没人接，隔几分钟再打一次。没人接。没人接。",
        "lift": "没有电梯的楼，重件先打电话。",
        "en": "call the customer",
    }
    lexical.change(list(texts.items()), [])
    return lexical


def test_it_is_the_share_of_the_terms_weighed_by_how_rare_they_are(index):
    weights = index.rarity(["没", "接", "梯"])
    found = index.coverage(["没", "接", "梯"], ["call", "lift", "en"])
    total = sum(weights.values())
    assert found["call"] == pytest.approx((weights["没"] + weights["接"]) / total)
    assert found["lift"] == pytest.approx((weights["没"] + weights["梯"]) / total)
    assert found.get("en", 0.0) == 0


def test_only_the_texts_asked_about_are_told_and_saying_it_often_counts_once(index):
    assert set(index.coverage(["没"], ["lift"])) == {"lift"}
    assert index.coverage(["没"], ["call"])["call"] == index.coverage(["没"], ["lift"])["lift"] == 1


@pytest.mark.parametrize(("wanted", "ids"), [([], ["call"]), (["没"], [])])
def test_nothing_wanted_or_nowhere_to_look(index, wanted, ids):
    assert index.coverage(wanted, ids) == {}
