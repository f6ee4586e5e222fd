"""What sets a task comes behind what teaches, and is found where nothing else says it."""

import numpy as np
import pytest

from course_index.chunk import BESIDE
from course_index.course import Course, Lesson, Passage
from course_index.stretches import stretches
from retrieval.exercises import in_exercise, is_exercise, lessons_first
from retrieval.hit import Hit
from retrieval.rank import Ranked


def hit(text, score, *path, lesson="采收"):
    return Hit(
        Passage(text, "c", "l", 0, text, path, "heading", path[-1], "zh", 50),
        Lesson("l", "c", 0, lesson, "x.md", "hash", None),
        Course("c", "果园", None),
        Ranked(text, score, score, score, 0.0, 0.0, np.empty(0, np.float32)),
    )


TAUGHT = "果子采下两小时内泡进冰水，果心降到五度再装箱。"
POSED = "阿强采完直接装箱，错在哪里？没有预冷。"


def test_what_teaches_goes_before_a_task_that_scores_a_little_higher():
    first, second = lessons_first([hit(POSED, 1.1, "小练习"), hit(TAUGHT, 1.0, "预冷")])
    assert [first.passage.text, second.passage.text] == [TAUGHT, POSED]
    assert first.score > second.score


def test_a_task_alone_says_it():
    first, _ = lessons_first([hit(POSED, 1.4, "小练习"), hit(TAUGHT, 1.0, "预冷")])
    assert first.passage.text == POSED


def test_the_order_of_a_reranker_stays():
    near, far = hit(TAUGHT, 1.0, "预冷"), hit("装箱之前先挑。", 0.6, "分级")
    assert lessons_first([far, near]) == [far, near]
    posed = lessons_first([hit(POSED, 0.9, "小练习"), far, near])
    assert [one.passage.text for one in posed] == [POSED, far.passage.text, TAUGHT]


@pytest.mark.parametrize(
    ("path", "lesson", "tasks"),
    [
        (("小练习",), "采收", True),
        (("采收", "Exercises"), "采收", True),
        (("第一题",), "第 3 章 习题", True),
        (("怎么做",), "康复练习", False),
        (("预冷",), "采收", False),
    ],
)
def test_a_task_is_told_by_the_headings_above_it(path, lesson, tasks):
    assert is_exercise(hit(POSED, 1.0, *path, lesson=lesson)) == tasks


def test_a_section_with_a_task_at_its_end_teaches():
    joined = hit(f"{TAUGHT}\n\n小练习\n\n{POSED}", 1.0, f"预冷{BESIDE}小练习")
    units = stretches(joined.passage.text)
    assert in_exercise(joined, units) == [unit.start >= joined.passage.text.index("小练习") for unit in units]
    assert not is_exercise(joined)
