"""Who asks in what two things differ is quoted text that has both."""

import pytest

from companion.finding.find import Scope, find
from companion.quoting.differences import differing
from tests.small_library import searching

LESSONS = {
    "beer.md": """# 两种酵母

## 艾尔酵母

艾尔酵母是一种在二十度上下发酵的酵母，带果香。

买来的酵母要冷藏，开封后一个月内用完，艾尔酵母和拉格酵母都是这样。

## 拉格酵母

拉格酵母是一种在十度上下慢慢发酵的酵母，味道干净。
""",
    "looms.md": """# 织机

## 剑杆织机与喷水织机

剑杆织机用杆送纬，什么纱都能织，车速慢。喷水织机用水送纬，只织化纤，车速快一倍。

## 保养

剑杆织机和喷水织机都要每天清花毛，梭口前的花毛最多。
""",
    "glue.md": """# Glue for wood

## Hide glue

A hide glue is a glue made from skins that lets go when it is warmed.

## Casting

Whereas a hide glue can be warmed and taken apart again, an epoxy never lets go of the wood.
""",
}


@pytest.fixture(scope="module")
def search(tmp_path_factory, embedder):
    with searching(tmp_path_factory.mktemp("differences"), LESSONS, embedder) as search:
        yield search


def quoted(search, question):
    found = find(search, question, 4, Scope())
    assert found.answers
    return "\n".join(quote.text for quote in found.quotes)


def test_a_sentence_that_contrasts_both_is_quoted(search):
    assert quoted(search, "what is the difference between a hide glue and an epoxy?").startswith("Whereas")


def test_what_stands_under_a_heading_that_names_both_is_quoted(search):
    assert quoted(search, "剑杆织机和喷水织机有什么区别").startswith("剑杆织机用杆送纬")


@pytest.mark.parametrize(
    "question", ["艾尔酵母和拉格酵母有什么不同", "拉格酵母同艾尔酵母有咩分別", "艾尔酵母跟拉格酵母是一回事吗"]
)
def test_else_it_is_said_what_each_of_them_is(search, question):
    said = quoted(search, question)
    assert "在二十度上下发酵" in said
    assert "在十度上下慢慢发酵" in said


@pytest.mark.parametrize(
    ("question", "two"),
    [
        ("劳动合同同劳务合同有咩分別", ("劳动合同", "劳务合同")),
        ("怎么区分队列和双向队列？", ("队列", "双向队列")),
        ("how does a stack differ from a queue", ("stack", "queue")),
        ("compare the array with the linked list", ("array", "linked list")),
        ("这和那有什么区别", None),
        ("孩子和同学吵架怎么办", None),
    ],
)
def test_two_things_are_read_from_what_is_asked(question, two):
    assert differing(question) == two
