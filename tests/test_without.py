"""What takes the thing that a question has to do without is no answer to it."""

import pytest

from companion.finding.find import Scope, find
from retrieval.without import takes_what_is_missing, thing_missing
from tests.small_library import searching
from tests.test_of_thing import asked, hit


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("没有烤箱怎么做蛋糕", "烤箱"),
        ("家里冇焗爐點整蛋糕", "焗炉"),
        ("怎么不用烤箱做蛋糕", "烤箱"),
        ("不放糖可以做豆沙吗", "糖"),
        ("没有打蛋器怎么打发奶油", "打蛋器"),
        ("how to bake a cake without an oven?", "oven"),
        ("没有劳动合同怎么办", None),  # what to do about it
        ("没有健康证可以做保姆吗", None),  # whether one may
        ("没时间做饭怎么办", None),
        ("烤箱怎么做蛋糕", None),
    ],
)
def test_what_it_has_to_be_made_without(question, thing):
    assert thing_missing(question) == thing


@pytest.mark.parametrize(
    ("title", "text", "takes"),
    [
        ("戚风蛋糕", "面糊倒进模具。烤箱预热，中层烤半小时。", True),
        ("烤箱蛋糕", "面糊倒进模具，中层半小时。", True),
        ("电饭锅蛋糕", "没有烤箱，用电饭锅也行：按一次煮饭键。", False),
        ("戚风蛋糕", "烤箱预热。烤箱可以用电饭锅代替。", False),
        ("电饭锅蛋糕", "面糊倒进内胆，按一次煮饭键。", False),
    ],
)
def test_a_passage_takes_it(title, text, takes):
    assert takes_what_is_missing(asked("没有烤箱怎么做蛋糕"), hit(title, text)) is takes


WITH = """# 戚风蛋糕

## 怎么做蛋糕

1. 蛋白打发，和蛋黄糊拌匀。
2. 烤箱预热十分钟。
3. 蛋糕糊进烤箱中层，烤三十五分钟。
"""
WITHOUT = """# 没有烤箱也能做的点心

## 电饭锅蛋糕

1. 蛋白打发，和蛋黄糊拌匀。
2. 内胆抹油，倒进蛋糕糊。
3. 按煮饭键，跳了焖二十分钟。
"""


def test_the_lesson_that_does_without_it_answers(tmp_path, embedder):
    with searching(tmp_path, {"a.md": WITH, "b.md": WITHOUT}, embedder) as search:
        found = find(search, "没有烤箱怎么做蛋糕", 4, Scope())
    assert found.answers
    assert "按煮饭键" in found.quotes[0].text
    assert all("中层" not in quote.text for quote in found.quotes)


def test_where_the_nearest_take_it_the_next_one_that_does_not_is_found(tmp_path, embedder):
    unsaid = WITHOUT.replace("# 没有烤箱也能做的点心", "# 电饭锅").replace("## 电饭锅蛋糕", "## 怎么做蛋糕")
    with searching(tmp_path, {"a.md": WITH, "b.md": unsaid}, embedder) as search:
        assert [hit.lesson.title for hit in search.choice(search.query("没有烤箱怎么做蛋糕"), 1)] == ["戚风蛋糕"]
        assert [hit.lesson.title for hit in find(search, "没有烤箱怎么做蛋糕", 1, Scope()).hits] == ["电饭锅"]


def test_where_every_lesson_takes_it_nothing_answers(tmp_path, embedder):
    with searching(tmp_path, {"a.md": WITH}, embedder) as search:
        assert find(search, "蛋糕怎么做", 4, Scope()).answers
        assert not find(search, "没有烤箱怎么做蛋糕", 4, Scope()).answers
