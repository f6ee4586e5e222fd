"""Conditions alone filter the catalogue, add to the wish before, and a place is enough of a wish."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import create_app
from companion.browsing import course_page
from companion.guidance.need import need_of
from companion.guidance.subject import names_only_conditions, subject_of
from companion.settings import CompanionSettings
from companion.understanding.wish import course_subject
from course_index.store.records import CourseFilter
from tests.small_catalogue import indexed, talk, tutor_over, unmet


def in_foshan(start: str) -> list[dict[str, Any]]:
    return [{"id": "a", "city": "佛山市", "district": "禅城区", "seats": 10, "start": start}]


RECORDS = (
    {"title": "家常菜烹饪", "delivery": "offline", "price": {"amount": 300}, "offerings": in_foshan("2027-03-06")},
    {"title": "烹饪：在家学煲汤", "delivery": "online", "price": {"amount": 20}, "hours": 3},
    {"title": "烹饪与营养搭配", "delivery": "online", "price": {"amount": 0}, "hours": 30, "credits": 1, "level": 3},
    {"title": "书法临帖", "delivery": "online", "price": {"amount": 0}, "hours": 4, "level": 1},
    {"title": "汽车保养", "delivery": "offline", "level": 3, "offerings": in_foshan("2027-01-09")},
    {"title": "English for Travellers", "language": "en", "delivery": "online", "hours": 4, "price": {"amount": 0}},
)  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory, embedder):
    return indexed(tmp_path_factory.mktemp("conditions"), [{"language": "zh-Hans", **one} for one in RECORDS], embedder)


@pytest.fixture
def tutor(home, embedder, put_occupations, tmp_path):
    with tutor_over(home, embedder, tmp_path) as found:
        yield found


@pytest.mark.parametrize(
    ("message", "titles"),
    [
        ("short courses under 5 hours", {"烹饪：在家学煲汤", "书法临帖", "English for Travellers"}),
        ("等级3的课", {"烹饪与营养搭配", "汽车保养"}),
        ("level 3 courses", {"烹饪与营养搭配", "汽车保养"}),
        ("带学分的免费课", {"烹饪与营养搭配"}),
        ("3月份开班的课", {"家常菜烹饪"}),
        ("courses starting in January", {"汽车保养"}),
    ],
)
def test_conditions_alone_choose_among_all_courses(tutor, message, titles):
    companion, state = tutor
    (told,) = talk(companion, message)
    assert set(told.titles) == titles
    assert "没有找到" not in told.text
    assert "No course" not in told.text
    assert not unmet(state)


def test_conditions_that_nothing_meets_are_said_and_are_no_demand(tutor):
    companion, state = tutor
    (told,) = talk(companion, "8月份开班的课")
    assert "没有同时符合这些条件" in told.text
    assert not told.titles
    assert not unmet(state)


def test_what_no_record_states_is_said_not_to_be_stated(tutor):
    (told,) = talk(tutor[0], "周末上的课")
    assert told.titles
    assert "没有写星期几" in told.text


@pytest.mark.parametrize(
    ("message", "subject"),
    [
        ("短视频课", "短视频"),
        ("short story writing course", "short story writing"),
        ("英语四级课", "英语四级"),
        ("学分银行怎么用", "学分银行怎么用"),
        ("夜市摆摊课程", "夜市摆摊"),
        ("想学平面设计", "平面设计"),
        ("三月三民俗课", "三月三民俗"),
        ("周末亲子手工课", "亲子手工"),
    ],
)
def test_what_only_looks_like_a_condition_stays_in_the_subject(message, subject):
    assert course_subject(subject_of(message)) == subject
    assert not names_only_conditions(message)


@pytest.mark.parametrize(
    "message",
    [
        "英语四级课",
        "二级建造师的课",
        "我在流水线上打工，想学质检",
        "一线上班的，流水线下班后想学电工",
        "我最近点外卖被骗了，想学防骗",
        "每天最多一小时，想学英语",
        "at most 2 hours a week, any English course",
        "I want to learn English, I live in Foshan",
        "想学英语，三月开始学",
        "我三月上海出差，想学摄影",
        "想学怎么维权，要有证据才行",
    ],
)
def test_what_is_told_beside_a_wish_is_no_condition(message):
    need = need_of(message)
    told = (need.level, need.delivery, need.max_hours, need.in_person, need.begins, "certified" in need.unstated)
    assert told == (None, frozenset(), None, False, None, False)


def test_what_is_said_of_a_course_is_a_condition():
    assert need_of("有没有三级的课").level == 3
    assert need_of("想学自由泳，要免费的").free
    assert need_of("any cooking class in Foshan").place


def test_what_teaches_it_and_does_not_meet_the_conditions_is_named_with_what_its_record_says(tutor):
    companion, state = tutor
    (told,) = talk(companion, "想学保养汽车，免费的")
    assert "汽车保养" in told.text
    assert "不是免费" in told.text
    assert not told.titles
    assert [need.reason for need in unmet(state)] == ["no_course"]
    (far,) = talk(companion, "想在湛江学保养汽车")
    assert "湛江" in far.text
    assert "汽车保养" in far.text
    assert "佛山" in far.text
    assert not far.titles


@pytest.mark.parametrize(
    ("messages", "first"),
    [
        (("有没有烹饪课", "那线上的呢"), "烹饪：在家学煲汤"),
        (("有没有线下的烹饪课", "那线上的呢"), "烹饪：在家学煲汤"),
        (("any cooking course?", "and online ones?"), "烹饪：在家学煲汤"),
        (("有没有烹饪课", "便宜点的呢"), "烹饪与营养搭配"),
        (("有没有烹饪课", "那线上的呢", "免费的有吗"), "烹饪与营养搭配"),
        (("有没有烹饪课", "我在佛山"), "家常菜烹饪"),
    ],
)
def test_a_condition_that_is_added_keeps_the_subject(tutor, messages, first):
    *_, told = talk(tutor[0], *messages)
    assert first in told.titles
    assert all("烹饪" in title for title in told.titles)
    if "便宜" in messages[-1]:
        assert told.titles[0] == first


def test_a_condition_beside_another_question_is_no_wish(tutor):
    *_, told = talk(tutor[0], "有没有烹饪课", "佛山有什么课")
    assert set(told.titles) == {"家常菜烹饪", "汽车保养"}


@pytest.mark.parametrize("message", ["我在佛山", "佛山有什么课", "I'm in Foshan"])
def test_who_says_where_they_are_is_shown_what_is_held_there(tutor, message):
    (told,) = talk(tutor[0], message)
    assert set(told.titles) == {"家常菜烹饪", "汽车保养"}


def test_a_place_after_another_talk_is_still_a_wish(tutor):
    *_, told = talk(tutor[0], "梯度下降是什么", "我在佛山")
    assert set(told.titles) == {"家常菜烹饪", "汽车保养"}


def test_where_nothing_is_held_that_is_said_and_courses_online_are_shown(tutor):
    companion, state = tutor
    (told,) = talk(companion, "我在汕头")
    assert "汕头市附近没有" in told.text
    assert "书法临帖" in told.titles
    assert not {"家常菜烹饪", "汽车保养"} & set(told.titles)
    assert not unmet(state)  # who says where they are has not asked for anything yet


@pytest.mark.parametrize("city", ["佛山", "佛山市", "Foshan", "foshan", "佛山 "])
def test_a_city_is_found_by_whatever_it_is_called(tutor, city):
    with TestClient(create_app(tutor[0], CompanionSettings(aigc_producer="test"), tutor[1])) as door:
        found = door.get("/v1/courses", params={"city": city}).json()
        assert {one["title"] for one in found["courses"]} == {"家常菜烹饪", "汽车保养"}
        assert door.get("/v1/courses", params={"city": "佛"}).json()["total"] == 0


def test_a_course_is_found_by_the_pinyin_of_its_words(tutor):
    found = course_page(tutor[0].index.search, "pengren", CourseFilter())
    assert found["did_you_mean"] == "烹饪"
    assert found["courses"]
    assert all("烹饪" in one["title"] for one in found["courses"])
    assert course_page(tutor[0].index.search, "English", CourseFilter())["did_you_mean"] is None
