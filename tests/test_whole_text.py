"""A lesson that was cut into passages is read again as it was written, with all its headings."""

import re

import pytest

from companion.browsing import whole_lesson
from companion.whole_text import whole_text
from course_index.build import build_index
from course_index.course import Passage
from course_index.store.generations import IndexHome
from retrieval.live import LiveIndex

LONG = "先看清楚再动手，一样一样来，做完记在本子上。" * 14
WRITTEN = f"""# 量血压

开头的话，讲这一课学什么。

## 怎样量得准

按下面的顺序做。{LONG}

### 容易错的地方

手臂垂下来量，数字会偏高。{LONG}

### 什么时候量

早上起床后量一回。{LONG}

{LONG}

## 读 / 写

记在本子上。{LONG}

## 这些情况马上打 120

胸口压着痛。

### 要紧的话

记住开始的时间。
"""
HEADINGS = ["怎样量得准", "容易错的地方", "什么时候量", "读 / 写", "这些情况马上打 120", "要紧的话"]


def passage(text, *heading_path):
    return Passage("p", "l", "c", 0, text, heading_path, "heading", "", "zh", 1)


def test_no_heading_is_lost_twice_told_or_out_of_its_order(tmp_path, embedder):
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "01-pressure.md").write_text(WRITTEN, "utf-8")
    home = IndexHome(tmp_path / "index")
    build_index([tmp_path / "course"], home, embedder)
    live = LiveIndex(home, embedder)
    live.refresh()
    try:
        (course,) = live.search.records.course_ids()
        (lesson,) = live.search.records.lessons(course)
        read = whole_lesson(live.search, lesson.id)["text"]
    finally:
        live.close()
    assert re.findall(r"^#+ (.+)$", read, re.MULTILINE) == HEADINGS
    assert [len(marks) for marks in re.findall(r"^(#+) ", read, re.MULTILINE)] == [1, 2, 2, 1, 1, 2]
    assert read.index("开头的话") < read.index("# 怎样量得准")
    assert re.sub(r"\s", "", re.sub(r"#+ ", "", WRITTEN.split("\n", 2)[2])) == re.sub(
        r"\s", "", re.sub(r"#+ ", "", read)
    )


@pytest.mark.parametrize(
    ("passages", "read"),
    [
        ([passage("一。", "甲", "乙"), passage("二。", "甲", "乙")], ["# 甲", "## 乙", "一。", "二。"]),
        ([passage("一。\n\n丙\n\n二。", "甲", "乙 / 丙")], ["# 甲", "## 乙", "一。", "## 丙", "二。"]),
        ([passage("一。\n\n丁\n\n二。", "乙 / 丙 › 丁")], ["# 乙", "一。", "# 丙", "## 丁", "二。"]),
        ([passage("一。\n\n甲\n\n二。", "甲")], ["一。", "# 甲", "二。"]),
        ([passage("一。", "甲"), passage("甲\n\n二。", "甲")], ["# 甲", "一。", "甲", "二。"]),
        ([passage("一。", "课"), passage("二。")], ["一。", "二。"]),
        ([passage("一。", "课", "甲"), passage("二。", "课", "乙")], ["# 甲", "一。", "# 乙", "二。"]),
    ],
)
def test_a_heading_is_told_where_it_begins(passages, read):
    assert whole_text("课", passages).split("\n\n") == read
