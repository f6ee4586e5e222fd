"""A rule of one place is not told for another."""

from pathlib import Path

import numpy as np
import pytest

from companion.guidance import places
from course_index.build import build_index
from course_index.course import Course, Lesson, Passage
from course_index.store.generations import IndexHome
from retrieval.hit import Hit
from retrieval.live import LiveIndex
from retrieval.of_place import GUANGDONG, of_another_place
from retrieval.rank import Ranked
from tests.test_conversation import Talk

RULE = """# {city}农村建房办法

第一条 为了规范农村村民建房，制定本办法。

第二条 村民建房，一户一宅，每户宅基地面积不得超过{size}平方米，占用耕地的再减十平方米。

第三条 建房应当先向村民委员会申请，经镇人民政府批准后开工。
"""


def hit(title, text="一户不得超过八十平方米。", heading=()):
    passage = Passage("p", "c", "l", 0, text, heading, "", "", "zh", 10)
    ranked = Ranked("p", 0.0, 0.0, 0.0, 0.0, 0.0, np.zeros(0, np.float32))
    return Hit(passage, Lesson("l", "c", 0, title, "l.md", ""), Course("c", "法规", "made"), ranked)


@pytest.mark.parametrize(
    ("question", "title", "other"),
    [
        ("汕头农村建房一户能批多大", "汕尾市农村建房条例", True),
        ("汕尾农村建房一户能批多大", "汕尾市农村建房条例", False),
        ("农村建房一户能批多大", "汕尾市农村建房条例", False),
        ("上海陪产假几天", "广东省人口与计划生育条例", True),
        ("深圳陪产假几天", "广东省人口与计划生育条例", False),
        ("广东幼儿园收费谁定", "广州市幼儿园条例", False),
        ("杭州幼儿园能不能教小学的内容", "广州市幼儿园条例", True),
        ("湖南人来广州办居住证要什么", "广州市居住证办法", False),
        ("我老家在四川，来深圳要办居住证吗", "深圳经济特区居住证条例", False),
        ("北京烤鸭怎么片", "广东烧鹅的做法", False),
        ("深圳酒驾扣多久驾照", "中华人民共和国道路交通安全法", False),
        ("香港网购七天能退吗", "中华人民共和国消费者权益保护法", True),
        ("香港网购七天能退吗", "网购七天无理由退货", False),
    ],
)
def test_the_place_asked_of_is_held_against_the_titles(question, title, other):
    assert of_another_place(question, hit(title)) is other


def test_guangdongs_cities_are_those_that_classes_are_held_in():
    lines = Path(places.__file__).with_name("places.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    assert {city.removesuffix("市") for city, *_ in rows} == set(GUANGDONG)


def test_what_the_passage_says_of_the_place_counts():
    assert not of_another_place("上海人才引进看什么", hit("广州市人才办法", "与上海的办法相比，广州不看年龄。"))


@pytest.fixture
def talk(tmp_path, embedder, companion_with):
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "01.md").write_text(RULE.format(city="汕尾市", size="一百二十"), "utf-8")
    home = IndexHome(tmp_path / "rules-index")
    build_index([folder], home, embedder)
    live = LiveIndex(home, embedder)
    live.refresh()
    yield Talk(companion_with(over=live))
    live.close()


def test_a_turn_does_not_answer_with_another_citys_rule(talk):
    assert "一百二十平方米" in talk.say("汕尾农村建房每户宅基地面积不得超过多少平方米")
    assert talk.done.mode == "extracted"
    talk.say("汕头农村建房每户宅基地面积不得超过多少平方米")
    assert talk.done.mode == "catalogue"
