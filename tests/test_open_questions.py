"""What is kept of the questions that a model wrote for practice."""

import pytest

from companion.practice.open_questions import open_questions
from companion.writing.material import material_of_passages
from tests.small_library import searching

LESSON = """# 染布

## 煮染料

染料先用冷水泡一夜，再用小火煮四十分钟，水不能大开。布下锅以前要打湿，颜色才匀。

## 布染花了

颜色不匀的，趁湿再下锅染一次；已经晾干的，先泡软再染。
"""


@pytest.fixture
def material(tmp_path, embedder, wording):
    with searching(tmp_path, {"dye.md": LESSON}, embedder, wording=wording) as search:
        hits = search.placed(list(search.records.passage_ids()))
        yield material_of_passages(search, "考考我", hits)


@pytest.mark.parametrize(
    ("question", "answer", "kept"),
    [
        ("染料要煮多久？", "用小火煮四十分钟。[1]", True),
        ("布下锅以前要做什么？", "要打湿，颜色才匀。[1]", True),
        ("晾干的布染花了怎么办？", "先泡软再染。[2]", True),
        # of another case
        ("布染花了，还是湿的，怎么办？", "先泡软再染。[2]", False),
        # no such thing is stated
        ("染料要煮多久？", "水不能大开。[1]", False),
        # what the question takes for granted stands nowhere
        ("煮了三个小时以后布要做什么？", "要打湿，颜色才匀。[1]", False),
        ("刷油漆以前木头要做什么？", "要打湿，颜色才匀。[1]", False),
        # borne by nothing, or told by the question
        ("染料要煮多久？", "用大火煮十分钟。[1]", False),
        ("布下锅以前要打湿，颜色才匀吗？", "要打湿，颜色才匀。[1]", False),
    ],
)
def test_a_question_is_kept_that_the_lesson_speaks_of_and_that_its_answer_answers(material, question, answer, kept):
    written = f"题：{question}\n答：{answer}\n评分：说对就行\n"
    assert [one.prompt for one in open_questions(written, material, 3)] == ([question] if kept else [])
