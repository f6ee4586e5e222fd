"""Who asks which there are of something is quoted the list of them, as a whole."""

from contextlib import closing

import pytest

from companion.finding.find import Scope, find
from companion.quoting.members import which_asked
from course_index.build import build_index
from course_index.store.generations import IndexHome
from retrieval.live import LiveIndex
from tests.scripted_model import ScriptedModel
from tests.small_library import searching
from tests.test_conversation import Talk

LONG = "".join(
    f"- {name}：{name}用{use}，用完要冲干净，挂在通风的地方晾干，刃口抹一点茶籽油，免得生锈，孩子拿不到的地方才放。\n"
    for name, use in (
        ("蔑刀", "来破开竹子"), ("刮刀", "来刮掉竹青"), ("匀刀", "来把篾丝拉匀"), ("锯子", "来截断竹子"),
        ("钻子", "来打穿竹节"), ("剪子", "来剪掉余下的篾头"),
    )
)  # fmt: skip
LESSONS = {
    "bamboo.md": f"""# 竹编入门

## 竹编是什么

竹编有哪些编法、竹编常用哪些工具，后面几节慢慢讲。竹编的编法说起来多，练熟的竹编编法就那么几样，竹编编法急不来。

## 常用的编法

- 挑一压一：一根在上，一根在下。织得密，最稳。
- 挑二压二：纹路斜着走。
- 六角眼：三个方向的篾丝交成六角形。

## 不能用的竹子

- 虫眼多的：编好了还会蛀。
- 当年的嫩竹：一晒就缩。

## 竹子

竹编用的竹子主要有毛竹、慈竹和水竹，竹编的竹子要三年以上。

## 竹编常用的工具

{LONG}
""",
    "dyes.md": """# 三种染料怎么选

## 先看布

| 染料 | 适合 | 怎样固色 |
|---|---|---|
| 板蓝根 | 棉布 | 空气里氧化 |
| 茜草 | 毛线 | 明矾 |
| 栀子 | 丝绸 | 明矾 |

## 染料放多久

染料泡好了，当天用完。染料放久了颜色会暗，染料发霉了不要再用，染料的水倒进花盆，染料渣晒干。
""",
    "baskets.md": """# 竹篮

## 竹篮的常见种类

竹篮常见的种类，看装什么。竹篮的种类里没有哪一种样样都能装，买竹篮先想好装什么，竹篮的种类和大小是两回事。

### 菜篮

菜篮口大底平，提梁高，装菜不压。菜篮用两年换一次底，底上垫一块布，泥水就不会渗进篾缝里去，晾的时候口朝下。

### 鱼篓

鱼篓口小肚大，鱼跳不出来。鱼篓泡过海水要用淡水冲，不然篾会发脆。鱼篓的盖子用绳子系住，绳子两个月换一次，免得断。

### 果筐

果筐壁高，篾宽，透气。果筐装满了两个人抬，不要拖，拖几次底就散了。果筐里垫荷叶，荔枝龙眼放在里面一天都还新鲜。

## 竹篮怎么洗

竹篮用软刷子刷，竹篮不泡热水。
""",
    "rules.md": """# 竹编作坊条例

第一条 竹编作坊的消防设施包括灭火器、沙桶和水缸，竹编作坊的消防设施由作坊主管理。

第二条 竹编作坊有下列情形之一的，不得开工：

（一）消防设施坏了的；

（二）消防设施没有人会用的。
""",
}

BASKETS = """# Bamboo baskets

## Common types of bamboo baskets

There are several types of bamboo baskets, and none holds everything: think of what it is to carry before you
buy one. A basket that is too wide for its load lets it roll about, and one that is too tight presses it. Look
at the rim first: it is bound all round with a split that has no knots, and it does not creak when you lean on
it. Then look at the bottom: a good one has two layers, laid across each other, and light hardly comes through
it. Ask when the bamboo was cut, since what was cut in winter keeps for years and what was cut in spring is soon
eaten by beetles.

### Market baskets

A market basket has a wide mouth, a flat bottom and a high handle, so that the greens in it are not pressed. Put
a cloth on its bottom, and mud stays out of the splits. Its handle is a whole cane, bent over steam and pushed
down both sides to the bottom; where it is only tied to the rim it breaks off with the first heavy load. Hang it
by the handle to dry, mouth down, and have the bottom woven anew every second year, which costs less than
another basket and takes an afternoon. Do not stand it on wet stone, and never leave it in the sun for a day,
since the splits then open and cut the hand.

### Fish baskets

A fish basket has a small mouth and a wide belly, so that the fish cannot jump out. Rinse it in fresh water
after the sea, or the splits turn brittle. Its lid is tied on with a cord, which is changed every two months; a
cord of hemp holds better than one of plastic, and it floats. The belly is woven closely below and loosely
above: the water runs off slowly, and the fish stay wet on the way home. Never put it away with the lid on,
since it then smells for weeks, and sand that is left in it wears the splits through from within. Old ones are
hung up as lamps, and hold for many years more.

### Fruit baskets

A fruit basket is woven loosely, so that air gets to the fruit. Line it with leaves in summer, and change them
at noon. It is no deeper than two spans, because what lies at the bottom of a deeper one is crushed; litchis are
packed no more than three layers high. Two people carry it by its ears, which are bound in below the rim, and
set it down without a jolt. Stack one on another only with a board between them. After the season wash out the
juice, which draws ants, and rub the rim with oil, so that it does not split in the dry months; then it lasts
for five harvests and sometimes for six.
"""


@pytest.fixture(scope="module")
def search(tmp_path_factory, embedder):
    with searching(tmp_path_factory.mktemp("members"), LESSONS, embedder) as search:
        yield search


def quotes(search, question):
    found = find(search, question, 4, Scope())
    assert found.answers, (question, found.confidence)
    return [quote.text for quote in found.quotes]


@pytest.mark.parametrize("question", ["竹编有哪些编法", "竹編有邊幾種編法", "竹编的编法有哪些？", "竹编有什么编法"])
def test_the_list_that_is_called_so_comes_before_the_sentence_that_has_the_words(search, question):
    first = quotes(search, question)[0]
    assert first.startswith("- 挑一压一")
    assert "六角形" in first


def test_a_list_that_was_cut_is_told_from_its_beginning(search):
    first, second = quotes(search, "竹编常用的工具有哪些")
    assert first.startswith("- 蔑刀")
    assert second.startswith("- ")
    assert "剪子" in second


def test_what_is_denied_is_asked_for_by_a_denial(search):
    assert "- 虫眼多的" in quotes(search, "哪些竹子不能用")[0]
    assert "毛竹、慈竹和水竹" in quotes(search, "竹编用的竹子有哪些")[0]


def test_as_many_rows_as_the_title_counts_are_what_it_counts(search):
    assert quotes(search, "染料有哪几种")[0].startswith("| 染料 | 适合 |")


def test_the_row_of_what_is_asked_for_tells_of_it(search):
    assert "| 茜草 | 毛线 |" in quotes(search, "哪些布适合用茜草染料")[0]


@pytest.mark.parametrize("question", ["竹篮有哪些种类", "竹籃有邊幾種常見種類"])
def test_the_sections_under_a_heading_that_is_called_so_are_named(search, question):
    found = find(search, question, 4, Scope())
    assert found.answers
    assert found.sections is not None
    assert (found.sections.heading, found.sections.names) == ("竹篮的常见种类", ("菜篮", "鱼篓", "果筐"))
    assert find(search, "竹篮怎么洗", 4, Scope()).sections is None


def test_the_sections_are_told_before_what_is_quoted_of_them(companion_with, tmp_path, embedder):
    folder = tmp_path / "baskets"
    folder.mkdir()
    (folder / "01-baskets.md").write_text(LESSONS["baskets.md"], "utf-8")
    build_index([folder], home := IndexHome(tmp_path / "index"), embedder)
    with closing(LiveIndex(home, embedder)) as live:
        live.refresh()
        talk = Talk(companion_with(over=live))
        said = talk.say("竹篮有哪些种类")
        with_model = Talk(companion_with(ScriptedModel("菜篮口大底平，提梁高，装菜不压。[1]"), over=live))
        written = with_model.say("竹篮有哪些种类")
    assert said.startswith("《竹篮》的“竹篮的常见种类”分成这几节：菜篮、鱼篓、果筐。 [1]\n\n课程里是这样写的：")
    assert talk.sources[0].locator.startswith("竹篮的常见种类")
    assert talk.done.mode == "extracted"
    assert written.split("\n\n")[0] == said.split("\n\n")[0]
    assert "提梁高" in written


def test_the_types_of_a_thing_are_told_in_english_too(tmp_path, embedder):
    (tmp_path / "01-baskets.md").write_text(BASKETS, "utf-8")
    build_index([tmp_path], home := IndexHome(tmp_path / "index"), embedder)
    with closing(LiveIndex(home, embedder)) as live:
        live.refresh()
        found = find(live.search, "what are the types of bamboo baskets", 4, Scope())
        dried = find(live.search, "how do I dry a market basket", 4, Scope())
    assert found.sections is not None
    assert found.sections.names == ("Market baskets", "Fish baskets", "Fruit baskets")
    assert dried.sections is None


def test_an_enumeration_in_a_statute_stays(search):
    assert "灭火器、沙桶和水缸" in quotes(search, "竹编作坊的消防设施有哪些")[0]


@pytest.mark.parametrize(
    ("question", "kind", "of"),
    [
        ("粤剧有哪些行当", "行当", "粤剧"),
        ("粤剧四大行当是哪些", "行当", "粤剧四大"),
        ("哪些商品不能退货", "商品", "退货"),
        ("有咩騙局要小心", "骗局", ""),
        ("职工有哪些社会保险", "社会保险", "职工"),
        ("栈有哪些典型应用", "典型应用", "栈"),
        ("what kinds of charts are there", "charts", ""),
    ],
)
def test_which_there_are_is_asked_of_something(question, kind, of):
    asked = which_asked(question.replace("咩", "什么"))
    assert asked is not None
    assert (asked.kind, asked.of) == (kind, frozenset(of))


@pytest.mark.parametrize(
    "question", ["粤剧是什么", "怎么学竹编", "竹编要学几年", "几条鱼", "what is a chart", "哪里有课"]
)
def test_other_questions_ask_for_no_list(question):
    assert which_asked(question) is None
