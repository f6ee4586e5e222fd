"""Who asks what to do about a paper gets passages that speak of that paper."""

import numpy as np
import pytest

from companion.finding.find import Scope, find
from course_index.build import build_index
from course_index.course import Course, Lesson, Passage
from course_index.store.generations import IndexHome
from retrieval.hit import Hit
from retrieval.of_paper import of_another_paper, paper_asked
from retrieval.query import read_query
from retrieval.rank import Ranked
from retrieval.search import Search


def hit(text, language="zh"):
    passage = Passage("p", "c", "l", 0, text, (), "", "", language, 10)
    ranked = Ranked("p", 0.0, 0.0, 0.0, 0.0, 0.0, np.zeros(0, np.float32))
    return Hit(passage, Lesson("l", "c", 0, "办事", "l.md", ""), Course("c", "街道", "made"), ranked)


@pytest.mark.parametrize(
    ("question", "paper"),
    [
        ("身份证丢了怎么办", "身份证"),
        ("身份證唔見咗點算", "身份证"),
        ("我的健康证过期了去哪里换", "健康证"),
        ("去哪里可以补办结婚证", "结婚证"),
        ("公积金怎么提出来", "公积金"),
        ("老板收走身份证怎么办", None),  # nobody asks how it is got
        ("没有身份证怎么坐车", None),
        ("驾驶证扣分怎么处理", None),
        ("衣服丢了怎么办", None),
    ],
)
def test_the_paper_that_is_asked_after_is_read_from_the_question(question, paper):
    assert paper_asked(read_query(question, lambda *_: (np.ones(2, np.float32), None, None)).mandarin) == paper


@pytest.mark.parametrize(
    ("question", "text", "other"),
    [
        ("身份证丢了怎么办", "行驶证丢失的，提交本人身份证明，申请补发。", True),
        ("身份证丢了怎么办", "居民身份证遗失的，到派出所挂失。", False),
        ("身份证丢了怎么办", "毕业证丢了，名字、身份证号不一致的，先办更正。", True),
        ("身份证丢了怎么办", "毕业证丢了，先回学校补办。领的时候带上身份证。", True),
        ("驾照丢了怎么补", "机动车驾驶证遗失的，申请补发。", False),  # the same in other words
        ("摩托车驾驶证丢了怎么补", "机动车驾驶证遗失的，申请补发。", False),
        (
            "身份证丢了怎么办",
            "A lost passport is replaced by the office.",
            False,
        ),  # of another language nothing is known
        ("雨伞丢了怎么办", "行驶证丢失的，申请补发。", False),
    ],
)
def test_a_passage_on_another_paper_is_told(question, text, other):
    query = read_query(question, lambda *_: (np.ones(2, np.float32), None, None))
    assert of_another_paper(query, hit(text, "en" if text.isascii() else "zh")) is other


def test_what_is_in_another_language_alone_is_not_shown_as_near(tmp_path, embedder):
    (tmp_path / "knots.md").write_text("# Knots\n\nA knot that slips was tied with too short an end.\n", "utf-8")
    home = IndexHome(tmp_path / "data")
    build_index([tmp_path / "knots.md"], home, embedder)
    search = Search(home.open_current(), embedder)
    paper, other = (find(search, question, 4, Scope()) for question in ("身份证过期了去哪里换", "绳结松了怎么办"))
    search.generation.close()
    assert paper.hits
    assert paper.confidence.on_subject == 0.0
    assert other.confidence.on_subject != 0.0
