from pathlib import Path

import pytest

from course_index.analyze import normalise
from course_index.errors import IndexProblem
from retrieval.query import query_terms
from retrieval.wording import read_wording, shipped_wording

TERMS = [
    line.strip()
    for line in Path(__file__).with_name("terms.txt").read_text("utf-8").splitlines()
    if line.strip() and not line.startswith("#")
]


@pytest.mark.parametrize(
    ("cantonese", "mandarin"),
    [
        ("点样报名", "怎样报名"),
        ("边度有得学", "哪里有得学"),
        ("点解要供社保", "为什么要供社保"),
        ("重点解决什么问题", "重点解决什么问题"),
        ("工资怎么算", "工资怎么算"),
    ],
)
def test_cantonese_is_put_in_mandarin_and_mandarin_left_alone(cantonese, mandarin):
    assert shipped_wording().in_mandarin(cantonese) == mandarin


@pytest.mark.parametrize(
    ("typed", "mandarin"),
    [("买餸", "买菜"), ("想學整餸", "想学做菜"), ("嗰日", "那天"), ("劏魚", "杀鱼"), ("搵工", "找工作")],
)
def test_characters_that_only_cantonese_has_are_known_as_normalising_leaves_them(typed, mandarin):
    assert shipped_wording().in_mandarin(normalise(typed)) == mandarin


def test_everyday_words_bring_those_that_courses_use():
    assert "工伤" in shipped_wording().added("上班路上被车撞了怎么办")
    assert shipped_wording().added("二叉堆") == ""


@pytest.mark.parametrize("name", ["synonyms.tsv", "cantonese.tsv"])
def test_every_key_stands_once_and_as_normalising_leaves_it(name):
    lines = (Path(__file__).parents[1] / "course_index" / "dictionaries" / name).read_text("utf-8").splitlines()
    entries = [line.split("\t") for line in lines if "\t" in line and not line.startswith("#")]
    keys = [key for key, _ in entries]
    assert len(keys) == len(set(keys))
    assert [key for key in keys if normalise(key) != key] == []


def test_a_name_within_a_longer_wording_is_known_too(tmp_path):
    (tmp_path / "synonyms.tsv").write_text("蕉苗\t香蕉种苗\n蕉苗丢了\t种苗遗失\n", "utf-8")
    assert read_wording([tmp_path]).added("蕉苗丢了怎么办") == "种苗遗失 香蕉种苗"


def test_what_is_only_about_the_same_matter_is_added_and_never_in_the_place_of_what_was_typed(tmp_path):
    (tmp_path / "synonyms.tsv").write_text("蕉苗\t香蕉种苗\n蕉苗丢了\t+ 失窃 报案\n", "utf-8")
    wording = read_wording([tmp_path])
    assert wording.added("蕉苗丢了怎么办") == "失窃 报案 香蕉种苗"
    assert wording.in_course_words("蕉苗丢了怎么办") == "香蕉种苗丢了怎么办"


def test_what_an_operator_writes_in_capitals_is_found_however_it_is_typed(tmp_path):
    (tmp_path / "synonyms.tsv").write_text("WiFi坏了\t无线网络故障\n", "utf-8")
    wording = read_wording([tmp_path])
    assert (
        wording.in_course_words("WiFi坏了怎么办") == wording.in_course_words("wifi坏了怎么办") == "无线网络故障怎么办"
    )


def test_a_thing_is_not_replaced_by_what_it_is_for_or_part_of():
    shipped = shipped_wording()
    assert shipped.in_course_words("灭火器挂多高") == ""  # 灭火
    assert shipped.in_course_words("电动车充电要注意什么") == "电动自行车充电要注意什么"
    assert shipped.in_course_words("CPR怎么做") == "心肺复苏怎么做"


def test_of_keys_that_begin_alike_the_longest_is_found(tmp_path):
    (tmp_path / "synonyms.tsv").write_text("蕉\t甲\n蕉林\t乙\n蕉林边\t丙\n种蕉林\t丁\n", "utf-8")
    assert read_wording([tmp_path]).in_course_words("种蕉林边，蕉林边，蕉林，蕉") == "丁边，丙，乙，甲"


def test_an_operator_s_entries_come_on_top(tmp_path):
    (tmp_path / "synonyms.tsv").write_text("# ours\n湾区通\t大湾区 通关\n上班路上\t通勤\n", "utf-8")
    wording = read_wording([tmp_path])
    assert wording.added("湾区通怎么办") == "大湾区 通关"
    assert wording.added("上班路上") == "通勤"
    assert wording.in_mandarin("点样") == "怎样"


def test_a_broken_entry_is_named(tmp_path):
    (tmp_path / "cantonese.tsv").write_text("点样 怎样\n", "utf-8")
    with pytest.raises(IndexProblem, match=r"cantonese\.tsv, line 1"):
        read_wording([tmp_path])


def test_each_of_the_terms_is_found_inside_a_running_sentence(lexical):
    """Segmenters lose such names; bigrams may not."""
    assert len(TERMS) >= 500
    lexical.change([(term, f"今天我们来讲一讲{term}的由来，还有它和生活的关系。") for term in TERMS], [])
    missed = []
    for term in TERMS:
        found = lexical.search(query_terms(f"请问{term}是什么"), 3)
        best = [id_ for id_, share in found if share >= found[0][1] - 1e-6]
        if term not in best and not any(term in id_ for id_ in best):
            missed.append(term)
    assert not missed
