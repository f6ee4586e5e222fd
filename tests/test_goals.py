import json
import time
from datetime import date

import pytest

from companion.guidance.adviser import Adviser
from companion.guidance.book import NoBook
from companion.guidance.credits import Rules
from companion.guidance.goals import Aim, aim_of
from companion.guidance.need import need_of
from companion.guidance.occupations import Occupation
from companion.guidance.pathway import Terms
from companion.guidance.subject import subject_of, titles_named, wanted_part
from companion.replies.advising import Advising
from companion.replies.leading import Leading
from course_index.build import build_index
from course_index.store.generations import IndexHome
from retrieval.live import LiveIndex

TODAY = date(2026, 11, 24)
RECORDS = [
    {"id": "a", "title": "数据结构", "provider": "甲校", "hours": 40, "delivery": "online"},
    {"id": "b", "title": "数据结构", "provider": "乙校", "hours": 30, "delivery": "online"},
    {"id": "c", "title": "数据结构（下）", "provider": "丙校", "delivery": "online", "prerequisites": ["a"]},
    {"id": "d", "title": "幼儿园环境创设", "provider": "丁校", "hours": 10, "delivery": "online"},
    {"id": "e", "title": "零基础学编程", "provider": "戊校", "delivery": "online"},
    {"id": "f", "title": "编程（下）", "provider": "己校", "delivery": "online"},
]
TEACHER = Occupation("t", "幼儿园教师", ("幼师",), "从事幼儿教育的人员。", ("组织幼儿游戏",), (), "大典", "2022", False)


@pytest.fixture(scope="module")
def adviser(tmp_path_factory, embedder):
    folder = tmp_path_factory.mktemp("goals")
    (folder / "catalogue").mkdir()
    lines = [json.dumps({**one, "language": "zh-Hans"}) for one in RECORDS]
    (folder / "catalogue" / "courses.jsonl").write_text("\n".join(lines), "utf-8")
    home = IndexHome(folder / "index")
    build_index([folder / "catalogue"], home, embedder)
    live = LiveIndex(home, embedder)
    yield Adviser(live, [TEACHER], Rules(), today=lambda: TODAY)
    live.close()


def way(adviser, words, **aim):
    return adviser.way(Aim(words, **aim) if aim else aim_of(words), need_of(words), Terms(5, TODAY))


def test_schools_that_teach_the_same_are_a_choice_and_not_a_row_of_steps(adviser):
    found = way(adviser, "数据结构")
    assert len(found.pathway.steps) == 1
    assert found.destination.by_words


def test_an_occupation_without_skills_leads_to_what_is_near_it_and_nowhere_else(adviser):
    found = way(adviser, "想当幼儿园老师")
    assert found.destination.occupation.occupation.id == "t"
    assert {step.course.id for step in found.pathway.steps} <= {"d"}
    by_id = way(adviser, "", occupation_id="t")
    assert {step.course.id for step in by_id.pathway.steps} <= {"d"}


def test_a_goal_on_which_there_is_no_course_leads_nowhere(adviser):
    found = way(adviser, "想学深海潜水")
    assert not found.pathway.possible
    assert found.pathway.hindrances[0].obstacle == "no_course"


@pytest.mark.parametrize(("words", "first"), [("零基础想学编程", "e"), ("学过编程，有一点基础，想提高一下", "f")])
def test_where_no_level_is_stated_a_title_may_say_for_whom_it_is(adviser, words, first):
    assert adviser.recommend(need_of(words)).courses[0].course.id == first


def test_learners_do_not_wait_for_a_long_list_of_occupations(adviser, monkeypatch):
    monkeypatch.setattr("companion.guidance.adviser._EMBEDDED_AT_ONCE", 0)
    later = Adviser(adviser._index, [TEACHER], Rules(), today=lambda: TODAY)
    assert later.recommend(need_of("编程")).courses
    for _ in range(200):
        if later.occupations.match("幼师"):
            break
        time.sleep(0.05)
    assert later.occupations.match("幼师")[0].named


@pytest.mark.parametrize(
    ("message", "about"),
    [
        ("在佛山送外卖，想转行当程序员，怎么走", "程序员"),
        ("以后想做软件测试，该从哪门开始", "软件测试"),
        ("想学门做菜的手艺", "做菜"),
        ("想有老师当面教我用手机", "手机"),
    ],
)
def test_what_is_wanted_is_told_from_what_is(message, about):
    assert about in subject_of(message)
    assert "外卖" not in subject_of(message)


def test_what_stands_before_the_wish_is_not_the_goal():
    assert wanted_part("送快递的，想当电工，怎么学") == "想当电工"


@pytest.mark.parametrize(
    ("message", "titles"),
    [
        ("《数据结构》这门课还能报名吗", ["数据结构"]),
        ("有沒有《社區日語》", ["社區日語"]),
        ("《民法典》第一千条说什么", []),
        ('Do you have the course "Welding for Experts"?', ["Welding for Experts"]),
    ],
)
def test_titles_are_courses_only_beside_words_of_courses(message, titles):
    assert titles_named(message) == titles


@pytest.mark.parametrize(
    ("message", "goes_on"),
    [
        ("每周四小时", True),
        ("我想九月学完，每周五小时", True),
        ("5 hours a week, from June", True),
        ("我初中毕业，想拿个文凭，每周学5小时，该怎么走", False),
        ("我想当电工，每周六小时", False),
        ("要拿到 5 个学分，每周两小时", False),
    ],
)
def test_hours_go_on_a_way_unless_another_goal_is_named(adviser, message, goes_on):
    assert Leading(Advising(adviser, NoBook())).completes(message) is goes_on
