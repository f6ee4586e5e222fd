"""Who asks how to do something is told by the lesson or section that is called so."""

import pytest

from companion.finding.find import Scope, find
from companion.quoting.deeds import deed_asked
from retrieval.confidence import Confidence
from tests.small_library import searching

LESSONS = {
    "caulking.md": """# 捻缝

## 用什么料

木船漏水多半在板缝。料是桐油灰和麻丝，旧缝里的灰要先剔干净。

## 怎么下手

1. 把麻丝搓成条，用捻凿打进板缝。
2. 抹上桐油灰，压实刮平。
3. 晾三天，再下水试漏。
""",
    "deck.md": """# 换甲板

## 操作

1. 木船捻缝之前，撬开旧板，刨平新板。
2. 木船捻缝以后刷桐油，再打钉。
""",
    "sails.md": """# 补帆与收帆

## 帆布的料

补帆和收帆都先看帆布，帆布怕潮，收帆以前要晾干，潮帆收起来会发霉。

## 收帆的次序

1. 松开帆绳。
2. 一人拉，一人叠。
3. 用布带扎紧。
""",
    "law.md": "# 渔港条例\n\n## 第一章 总则\n\n第一条 船进渔港应当收帆，收帆以后不得占用航道。\n",
}


@pytest.fixture(scope="module")
def search(tmp_path_factory, embedder):
    with searching(tmp_path_factory.mktemp("deeds"), LESSONS, embedder) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "deed"),
    [
        ("木船怎么捻缝？", "捻缝"),
        ("木船點樣捻縫", "捻缝"),
        ("怎么做心肺复苏", "心肺复苏"),
        ("心肺复苏怎么做", "心肺复苏"),
        ("肉怎么焯水才没有腥味", "焯水"),
        ("如何正确地收帆呢", "收帆"),
        ("怎么知道他收了帆", None),
        ("帆破了怎么办", None),
        ("帆怎么就破了", None),
        ("收帆要多久", None),
    ],
)
def test_what_is_to_be_done_is_read_off_the_question(question, deed):
    assert deed_asked(question) == deed


@pytest.mark.parametrize(
    ("question", "lesson", "begins"),
    [
        ("木船怎么捻缝", "捻缝", ""),  # another lesson has more of the words
        ("船上怎么收帆", "补帆与收帆", "1. 松开帆绳"),  # of a lesson on several things the section on it
        ("木船甲板怎么换", "换甲板", ""),  # nothing is called so
    ],
)
def test_the_lesson_or_section_that_is_called_so_leads(search, monkeypatch, question, lesson, begins):
    monkeypatch.setattr("companion.finding.found.confidence", lambda *_: Confidence(True, 0.9, 0.9))
    first = find(search, question, 4, Scope()).quotes[0]
    assert first.hit.lesson.title == lesson
    assert first.text.startswith(begins)
