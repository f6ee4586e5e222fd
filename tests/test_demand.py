from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from companion.guidance.demand import K, outdated_courses, report, rows
from course_index.course import Course, Offering

BEGIN, END = date(2026, 11, 2), date(2026, 11, 30)
WELDING = ["想学电焊", "电焊去哪里学", "有没有教电焊的班", "学电焊要多久", "电焊培训有吗", "哪里可以学电焊"]
MATHS = ["高中数学补习", "想补高中数学", "高中数学有课吗", "高中数学从哪学起", "有没有高中数学网课", "高中数学补课班"]


@dataclass(frozen=True)
class Wish:
    who: str
    words: str
    at: datetime = datetime(2026, 11, 4, 9, tzinfo=UTC)
    reason: str = "no_course"
    audience: str | None = None
    place: str | None = None
    known: bool = True


@pytest.fixture
def cluster(index):
    return lambda needs, **more: report(needs, BEGIN, END, index.search.embed_texts, **more)


def test_needs_are_clustered_by_topic_and_counted_by_learner(cluster):
    wishes = [Wish(f"w{n}", words) for n, words in enumerate(WELDING)]
    wishes += [Wish(f"m{n}", words) for n, words in enumerate(MATHS)]
    wishes += [Wish("w0", "电焊电焊")]  # one who asks twice is one
    found = cluster(wishes, nearest=lambda words: f"nearest to {words}")
    assert [topic.learners for topic in found.topics] == [6, 6]
    named = {topic.terms[0] for topic in found.topics}
    assert any("电焊" in name for name in named)
    assert any("高中数学" in name for name in named)
    assert found.topics[0].nearest_course.startswith("nearest to")


def test_it_is_told_how_many_are_only_conversations_and_never_a_few(cluster):
    signed_in = [Wish(f"w{n}", words) for n, words in enumerate(WELDING)]
    talks = [Wish(f"c{n}", words, known=False) for n, words in enumerate(WELDING)]
    found = cluster(signed_in + talks)
    assert (found.learners, found.conversations) == (12, 6)
    assert found.topics[0].conversations == 6
    assert cluster(signed_in).conversations == 0
    assert cluster(signed_in + talks[:2]).conversations is None


def test_no_cell_stands_for_fewer_than_five_nor_can_one_be_counted_back(cluster):
    cities = ["佛山市"] * 6 + ["茂名市"] * 5 + ["河源市"]
    wishes = [Wish(f"w{n}", WELDING[n % 6], place=city) for n, city in enumerate(cities)]
    (topic,) = cluster(wishes).topics
    told = {cell.value: cell.learners for cell in topic.places}
    assert told["佛山市"] == 6
    assert told["河源市"] is None
    assert told["茂名市"] is None  # else 12 - 6 - 5 would tell the one
    assert all(row["learners"] >= K for row in rows(cluster(wishes)))


def test_what_fewer_than_five_need_is_counted_and_not_shown(cluster):
    few = [Wish(f"w{n}", words) for n, words in enumerate(WELDING[:4])]
    found = cluster(few)
    assert not found.topics
    assert found.learners is None
    crowd = few + [Wish(f"m{n}", words) for n, words in enumerate(MATHS)]
    found = cluster(crowd)
    assert len(found.topics) == 1
    assert found.hidden_topics >= 1
    assert "电焊" not in str(found.topics)


def test_words_of_one_learner_never_name_a_topic(cluster):
    wishes = [Wish(f"w{n}", words) for n, words in enumerate(WELDING[:5])] + [Wish("w9", "张三丰家旁边想学电焊")]
    found = cluster(wishes)
    assert found.topics
    assert "张三" not in str(found)


def test_weeks_audiences_and_reasons_are_told(cluster):
    wishes = [
        Wish(f"w{n}", WELDING[n % 6], datetime(2026, 11, 3 + 7 * (n // 6), tzinfo=UTC), audience="worker")
        for n in range(12)
    ]
    (topic,) = cluster(wishes).topics
    assert {cell.value: cell.learners for cell in topic.weeks} == {"2026-11-02": 6, "2026-11-09": 6}
    assert topic.audiences[0].value == "worker"
    assert topic.reasons[0].value == "no_course"


def test_courses_that_want_looking_after_are_named_with_the_reason():
    today = date(2026, 11, 24)
    gone = Offering("o", "佛山市", start=today - timedelta(days=40), end=today - timedelta(days=30))
    courses = [
        Course("old", "旧", "p", valid_until=today - timedelta(days=1)),
        Course("over", "完", "p", offerings=(gone,)),
        Course("wrong", "错", "p"),
        Course("falling", "落", "p"),
        Course("fine", "好", "p", valid_until=today + timedelta(days=9)),
    ]
    before, lately = {"falling": (50, 40), "fine": (50, 40)}, {"falling": (50, 10), "fine": (50, 39)}
    found = {
        one.course_id: one.why for one in outdated_courses(courses, today, {"wrong": 6, "fine": 4}, before, lately)
    }
    assert set(found) == {"old", "over", "wrong", "falling"}
    assert "80% 降到 20%" in found["falling"][0]
