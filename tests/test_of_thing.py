"""Of several dishes the one that is asked for."""

import numpy as np
import pytest

from companion.finding.find import Scope, find
from course_index.build import build_index
from course_index.course import Course, Lesson, Passage
from course_index.store.generations import IndexHome
from retrieval.confidence import Confidence
from retrieval.hit import Hit
from retrieval.live import LiveIndex
from retrieval.of_thing import is_of_the_thing, of_another_thing, says_the_thing
from retrieval.query import read_query
from retrieval.rank import Ranked
from retrieval.search import Search
from tests.small_library import searching
from tests.test_conversation import Talk

DISHES = {
    "紫苏炒鸭": "1. 鸭子斩块，焯水沥干。\n2. 下姜片把鸭块炒到出油。\n3. 放紫苏叶翻炒，加盐五克。\n4. 焖二十分钟收汁。",
    "酸梅蒸鸭": "1. 鸭子斩块，用酱油腌半小时。\n2. 放酸梅六颗，糖十克拌匀。\n3. 水开后蒸四十分钟。\n4. 撒葱花上桌。",
    "陈皮鸭汤": "1. 鸭子斩块，焯水沥干。\n2. 陈皮泡软刮去白瓤。\n3. 加水炖两小时。\n4. 放盐调味。",
}


def hit(title="某菜", text="先洗净，再下锅。", language="zh", headings=()):
    passage = Passage("p", "c", "l", 0, text, headings, "", "", language, 10)
    ranked = Ranked("p", 0.0, 0.0, 0.0, 0.0, 0.0, np.zeros(0, np.float32))
    return Hit(passage, Lesson("l", "c", 0, title, "l.md", ""), Course("c", "家常菜", "made"), ranked)


def asked(question):
    return read_query(question, lambda *_: (np.ones(2, np.float32), None, None))


@pytest.mark.parametrize(
    ("question", "title", "other"),
    [
        ("糖醋排骨怎么做", "糖醋里脊的做法", True),
        ("糖醋排骨怎么做", "糖醋排骨的做法", False),
        ("糖醋排骨點整先好食", "糖醋里脊的做法", True),
        ("糖醋排骨點樣做先唔會韌", "糖醋里脊的做法", True),
        ("怎么做双皮奶？", "牛奶面包", True),
        ("双皮奶要哪些材料", "双皮奶", False),
        ("做双皮奶要多久", "牛奶面包", True),
        ("红烧鲤鱼怎么做", "红烧鱼", False),  # the same under a shorter name
        ("番茄炒蛋怎么做", "西红柿炒鸡蛋", False),  # the same in other words
        ("番茄炒蛋怎么做", "西红柿鸡蛋面", True),
        ("肠粉怎么做", "腊肠炒粉", True),  # a short name has to stand there
        ("how to make lemonade", "Iced tea", True),
        ("how long should I boil an egg", "Iced tea", True),
        ("没有烤箱怎么做双皮奶", "牛奶面包", True),  # what it is made without is not what is made
        ("没有烤箱怎么做双皮奶", "双皮奶", False),
        ("家里冇焗炉，點整双皮奶", "牛奶面包", True),
        ("怎么不用烤箱做双皮奶", "双皮奶", False),
        ("不放糖可以做双皮奶吗", "牛奶面包", True),
        ("双皮奶不用烤箱怎么做", "牛奶面包", True),
        ("how to make lemonade without sugar", "Iced tea", True),
        ("how to make lemonade without sugar", "Lemonade at home", False),
        ("how to make lemonade", "Lemonade at home", False),
        ("被狗咬了怎么做", "被猫抓伤", False),  # a clause is no name
        ("肉要怎么腌才嫩", "腌渍", False),  # a letter is no name
        ("电动车几年换一次电池", "自行车", False),  # and nothing is made
    ],
)
def test_what_is_made_is_held_against_the_titles(question, title, other):
    assert of_another_thing(asked(question), hit(title, language="en" if question.isascii() else "zh")) is other


@pytest.mark.parametrize(
    ("question", "headings", "other"),
    [
        ("二叉搜索树删除节点怎么做", ("二叉搜索树的操作", "删除节点"), False),
        ("二叉搜索树删除节点怎么做", ("二叉搜索树的操作", "插入"), True),
        ("蒜蓉节瓜怎么做", ("二叉搜索树的操作", "节瓜"), True),  # a dish stands in one of them
    ],
)
def test_a_long_name_may_stand_in_several_titles(question, headings, other):
    assert of_another_thing(asked(question), hit("蒜蓉二叉搜索树", headings=headings)) is other


def test_a_sentence_that_speaks_of_it_counts_and_an_item_of_a_list_does_not():
    assert not of_another_thing(asked("双皮奶怎么做"), hit(text="做双皮奶先把牛奶煮到冒小泡，晾出奶皮。"))
    assert of_another_thing(asked("双皮奶怎么做"), hit(text="- 姜撞奶\n- 双皮奶\n- 龟苓膏"))


def test_of_a_passage_in_another_language_nothing_is_said():
    assert not of_another_thing(asked("双皮奶怎么做"), hit("Steamed milk", "Heat the milk.", "en"))


@pytest.fixture
def talk(tmp_path, embedder, companion_with):
    folder = tmp_path / "dishes"
    folder.mkdir()
    for dish, steps in DISHES.items():
        (folder / f"{dish}.md").write_text(f"# {dish}的做法\n\n## 操作\n\n{steps}\n", "utf-8")
    home = IndexHome(tmp_path / "dishes-index")
    build_index([folder], home, embedder)
    live = LiveIndex(home, embedder)
    live.refresh()
    yield Talk(companion_with(over=live))
    live.close()


@pytest.mark.parametrize(
    ("question", "title", "of_it"),
    [
        ("红烧肉要焖多久", "红烧肉的做法", True),
        ("红烧肉要焖多久", "简易红烧肉的做法", True),  # a kind of it
        ("红烧鱼要煮多久", "红烧鱼头的做法", False),
        ("红烧肉为什么要焖", "红烧肉的做法", False),  # not how it is made
    ],
)
def test_a_lesson_is_on_the_thing_that_it_is_called_by(question, title, of_it):
    assert is_of_the_thing(asked(question), hit(title)) is of_it


STEW = """# 紫苏焖鸭的做法

紫苏焖鸭是家常菜，焖得入味，从备料到出锅大约需要两小时。

## 操作

1. 鸭子斩块，煮五分钟去血水，沥干。
2. 下姜片，把鸭块炒到出油。
3. 加水没过鸭块，盖上锅盖焖四十分钟。
"""


def test_how_long_it_is_stewed_is_told_by_the_sentence_that_says_so(tmp_path, embedder, monkeypatch):
    monkeypatch.setattr("companion.finding.found.confidence", lambda *_: Confidence(True, 0.9, 0.9))
    with searching(tmp_path, {"duck.md": STEW}, embedder) as search:
        assert "焖四十分钟" in find(search, "紫苏焖鸭要焖多久", 4, Scope()).quotes[0].answers
        # 炖 is 焖 in another word, and the blanching is none of it.
        assert "焖四十分钟" in find(search, "紫苏焖鸭要炖多久", 4, Scope()).quotes[0].answers
        # Nothing says how long it is fried: what it takes in all stays.
        assert find(search, "紫苏焖鸭要炒多久", 4, Scope()).answers


def test_a_turn_tells_the_dish_that_is_asked_for_and_no_other_in_its_place(talk):
    assert "紫苏叶" in talk.say("紫苏炒鸭怎么做")
    assert talk.done.mode == "extracted"
    assert "酸梅六颗" in talk.say("酸梅蒸鸭要蒸多久")
    assert talk.done.mode == "extracted"
    talk.say("啤酒烧鸭怎么做")
    assert talk.done.mode == "catalogue"


def test_a_passage_in_another_language_is_not_shown_as_near_to_a_dish(tmp_path, embedder, monkeypatch):
    (tmp_path / "boats.md").write_text("# Dragon boats\n\nAfter the race people eat dumplings together.\n", "utf-8")
    home = IndexHome(tmp_path / "data")
    build_index([tmp_path / "boats.md"], home, embedder)
    search = Search(home.open_current(), embedder)
    monkeypatch.setattr("companion.finding.found.confidence", lambda *_: Confidence(False, 0.5, 0.6))
    assert find(search, "比赛以后吃什么", 4, Scope()).near
    assert not find(search, "灌汤饺怎么做", 4, Scope()).near
    search.generation.close()


SHRIMP = (("小虾",), ("小虾", "虾米"), ("对虾",), ("虾子",))


@pytest.mark.parametrize(
    ("words", "text", "said"),
    [
        ((SHRIMP,), "白灼虾：水开下锅，煮三分钟。", True),
        ((SHRIMP,), "鸭子用小火煮两小时，放一小把葱。", False),  # 小 and 子 are in some of its ways only
        ((SHRIMP, (("面条",), ("挂面",))), "煮面：水开下面条。", True),
        ((SHRIMP, (("面条",), ("挂面",)), (("酸菜",),)), "煮面：水开下面条。", False),
        ((), "水开下面条。", True),  # the dictionary knows nothing
    ],
)
def test_a_recipe_in_another_language_has_to_say_the_thing_in_one_way_or_by_what_these_share(words, text, said):
    assert says_the_thing(words, text) is said
