"""Public data sets, each in the form in which it is distributed."""

import asyncio
import json

import pytest

from eval.choices import Choice, choose, letter_in, read_choices
from eval.collections.choose import read_collection
from eval.errors import DataProblem, SubjectUnreachable
from tests.loopback import Loopback, always

SQUAD = {
    "data": [
        {
            "title": "快递",
            "paragraphs": [
                {
                    "context": "快件丢了由企业赔。",
                    "qas": [{"id": "1", "question": "谁赔"}, {"id": "2", "question": "赔吗"}],
                },
                {"context": "保价的按约定赔。", "qas": [{"id": "3", "question": "保价怎么赔"}]},
            ],
        }
    ],
}
CMRC = [
    {
        "context_id": "a",
        "title": "荔枝",
        "context_text": "荔枝要预冷。",
        "qas": [{"query_id": "q", "query_text": "荔枝呢"}],
    }
]
ADVERTISEMENT = {"title": "广告", "paragraphs": ["买药"], "is_selected": False}
DUREADER = [
    {
        "question_id": 7,
        "question": "血压怎么量",
        "documents": [
            ADVERTISEMENT,
            {"title": "量血压", "paragraphs": ["坐五分钟。", "再量。"], "is_selected": True},
            {"title": "空", "paragraphs": [], "is_selected": True},
        ],
    },
    {"question_id": 8, "question": "没有人答", "documents": [ADVERTISEMENT]},
]


def test_squad_has_a_text_for_each_paragraph_and_a_limit_of_questions(tmp_path):
    (tmp_path / "dev.json").write_text(json.dumps(SQUAD), "utf-8")
    collection = read_collection(tmp_path / "dev.json", 2)
    assert [(entry.title, entry.text) for entry in collection.corpus] == [
        ("快递", "快件丢了由企业赔。"), ("快递", "保价的按约定赔。"),
    ]  # fmt: skip
    assert collection.queries == {"1": "谁赔", "2": "赔吗"}
    assert collection.relevant == {"1": {"text-0": 1}, "2": {"text-0": 1}}
    assert read_collection(tmp_path).queries.keys() == {"1", "2", "3"}  # the folder with this one file


def test_what_squad_2_calls_impossible_is_left_out_and_said(tmp_path):
    impossible = {"id": "4", "question": "什么时候赔", "is_impossible": True}
    answered = {"id": "1", "question": "谁赔", "is_impossible": False}
    paragraph = {"context": "快件丢了由企业赔。", "qas": [answered, impossible]}
    (tmp_path / "dev.json").write_text(json.dumps({"data": [{"paragraphs": [paragraph]}]}), "utf-8")
    collection = read_collection(tmp_path / "dev.json")
    assert collection.queries == {"1": "谁赔"}
    assert collection.notes == ("1 questions have no text that answers them and are left out",)


def test_cmrcs_own_list(tmp_path):
    (tmp_path / "trial.json").write_text(json.dumps(CMRC), "utf-8")
    collection = read_collection(tmp_path / "trial.json")
    assert collection.relevant == {"q": {"text-0": 1}}
    assert collection.corpus[0].text == "荔枝要预冷。"


def test_dureader_has_whole_documents_those_answered_from_relevant_and_copies_once(tmp_path):
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in DUREADER)
    (tmp_path / "search.json").write_text(lines, "utf-8")
    collection = read_collection(tmp_path / "search.json")
    assert [entry.text for entry in collection.corpus] == ["买药", "坐五分钟。\n再量。"]
    assert collection.queries == {"7": "血压怎么量"}
    assert collection.relevant == {"7": {"text-1": 1}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("no json", "cannot be read as JSON"),
        ('{"a": 1}', "its form is not known"),
        ('{"data": [{"paragraphs": [{"qas": []}]}]}', "article 0, paragraph 0: 'context' is missing"),
        ('{"data": []}', "no question has a text"),
        ('{"documents": [], "question_id": 1}', "line 1: 'question' is missing"),
        (json.dumps([{"context_text": "a", "qas": [{"query_id": 1, "query_text": x} for x in "xy"]}]), "two questions"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(tmp_path, content, said):
    (tmp_path / "set.json").write_text(content, "utf-8")
    with pytest.raises(DataProblem, match=said):
        read_collection(tmp_path / "set.json")


def test_a_path_that_is_not_there(tmp_path):
    with pytest.raises(DataProblem, match="does not exist; known are"):
        read_collection(tmp_path / "none")


# -- multiple choice ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"),
        ("答案是 C。", "C"),
        ("(D)", "D"),
        ("A. 胸", "A"),
        ("I choose option b", "B"),
        ("不知道", None),
        ("ABC", None),
    ],
)
def test_a_letter_is_read_from_what_a_model_says(text, letter):
    assert letter_in(text) == letter


def test_choices_are_taken_in_turn_from_each_subject(tmp_path):
    for subject in ("law", "art"):
        rows = "".join(f"{n},题{n},甲,乙,丙,丁,B\n" for n in range(3))
        (tmp_path / f"{subject}.csv").write_text(f",Question,A,B,C,D,Answer\n{rows}", "utf-8")
    assert [(one.subject, one.question) for one in read_choices(tmp_path, 3)] == [
        ("art", "题0"), ("law", "题0"), ("art", "题1"),
    ]  # fmt: skip


def test_a_broken_table_is_explained(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.csv").write_text(",Question,A,B,C,D,Answer\n0,题,甲,乙,丙,丁,E\n", "utf-8")
    with pytest.raises(DataProblem, match=r"a\.csv, line 2"):
        read_choices(tmp_path)
    with pytest.raises(DataProblem, match="has no questions"):
        read_choices(tmp_path / "empty")


def test_a_model_is_asked_each_question_once():
    choices = [Choice("law", "题", ("甲", "乙", "丙", "丁"), "B")] * 2
    message = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "B"}}
    body = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [message]}
    with Loopback(always(200, body)) as model:
        assert asyncio.run(choose(choices, f"{model.url}/v1", "m", "k", lambda *_: None)) == ["B", "B"]
        assert "B. 乙" in model.asked[0]["messages"][0]["content"]
    with pytest.raises(SubjectUnreachable):
        asyncio.run(choose(choices, "http://127.0.0.1:9/v1", "m", "k", lambda *_: None))
