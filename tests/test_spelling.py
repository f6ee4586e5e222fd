import json
from pathlib import Path

import pytest

from course_index.spellings import spelling_terms
from course_index.store.generations import IndexHome
from retrieval.search import Search
from tests.conftest import SAMPLES

PROJECT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def spelling(tmp_path_factory, embedder, put_samples):
    put_samples(folder := tmp_path_factory.mktemp("samples"))
    generation = IndexHome(folder).open_current()
    yield Search(generation, embedder).spelling
    generation.close()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("力枝", "荔枝"),
        ("力枝怎么保鲜", "荔枝怎么保鲜"),
        ("想学力枝，不会", "想学荔枝，不会"),
        ("新肺复苏", "心肺复苏"),
        ("新肺復甦", "心肺復甦"),
        ("智能手机射影", "智能手机摄影"),
        ("pyhton", "python"),
        ("Pythn 入门", "python 入门"),
        ("ｐｙｔｈｏｎn", "python"),
        ("spreadsheats", "spreadsheets"),
    ],
)
def test_homophones_and_slips_of_one_letter_are_mended(spelling, typed, meant):
    correction = spelling.correct(typed)
    assert correction is not None
    assert correction.text == meant
    assert all(before != after for before, after in correction.changed)


@pytest.mark.parametrize(
    "text",
    [
        "荔枝", "龍眼", "急救", "python", "Python 入门", "spreadsheet", "spreadsheets", "试用期最长几个月",
        "大风天出门",         "planning", "How many votes does it take", "吉他", "游泳", "股票", "你好",
        "", " ", "\x00", "\ud800", "😀", "\u200f\u202e", "a" * 100_000, "力枝" * 50_000, "？", "枝", "x",
    ],
)  # fmt: skip
def test_what_is_spelt_well_or_is_no_word_is_left_alone(spelling, text):
    assert spelling.correct(text) is None


def test_no_question_of_the_cases_and_no_name_of_the_library_is_changed(spelling):
    questions = [
        json.loads(line)["question"]
        for path in sorted((PROJECT / "eval" / "cases").glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
        if '"question":' in line  # other cases hold messages
    ]
    changed = [question for question in questions if spelling.correct(question)]
    assert len(questions) > 400
    assert len(changed) <= len(questions) // 100, changed
    for catalogue in SAMPLES.glob("*.jsonl"):
        for line in catalogue.read_text("utf-8").splitlines():
            record = json.loads(line)
            for name in (record["title"], *record.get("subjects", ()), *record.get("skills", ())):
                assert spelling.correct(name) is None, name


def test_terms_are_names_pieces_of_titles_and_parts_that_titles_share():
    terms = {
        term.text: term for term in spelling_terms(["荔枝与龙眼果园管理", "果园排水", "AVL 树", "Heaps"], ["学分银行"])
    }
    assert {"荔枝", "果园", "果园排水", "heaps", "学分银行"} <= terms.keys()
    assert not {"龙眼", "园管", "avl", "树"} & terms.keys()
    assert terms["学分银行"].sound == "xue fen yin hang"
    assert terms["heaps"].sound == ""
    assert terms["学分银行"].weight > terms["果园"].weight > terms["荔枝"].weight


def test_what_begins_with_a_word_of_grammar_is_no_name_for_short(spelling):
    """被狗 is not short for 被猫狗咬."""
    assert spelling.written_out("骑车被狗追") is None
