import uuid
from datetime import UTC, datetime, timedelta

import pytest

from companion.guidance.following import following
from companion.guidance.profile import LearningEvent, beliefs_of, failed_courses, finished_courses, is_sensitive
from companion.guidance.progress import (
    SKILL_EXTENSION,
    Practised,
    course_finder,
    item_of,
    mastery,
    passage_of,
    read_statements,
    reviewed,
)
from course_index.course import Course

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
COURSES = {
    "fruit": Course(
        "fruit", "果园", "p", subjects=("园艺",), skills=("修剪",), level=2, url="https://portal.example/f"
    ),
    "bees": Course("bees", "养蜂", "p", subjects=("园艺",), skills=("观察",), level=1),
    "blood": Course("blood", "血压", "p", subjects=("健康",), skills=("血压测量",)),
    "pills": Course("pills", "用药", "p", subjects=("健康",)),
}


def statement(verb="completed", iri="urn:course:fruit", **parts):
    return {
        "id": str(uuid.uuid4()),
        "actor": {"mbox": "mailto:someone@example.org"},
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
        "object": {"id": iri},
        "timestamp": "2026-11-01T08:00:00+08:00",
        **parts,
    }


def read(*statements):
    return read_statements(statements, course_finder(list(COURSES.values())))


def event(verb, course_id="fruit", days_ago=0.0, **parts):
    return LearningEvent(str(uuid.uuid4()), NOW - timedelta(days=days_ago), verb, course_id, **parts)


def test_statements_become_events_without_their_actor():
    events, refused = read(
        statement(), statement("failed", "https://portal.example/f"), statement("launched", "https://x/v1/courses/bees")
    )
    assert not refused
    assert [(one.verb, one.course_id) for one in events] == [
        ("completed", "fruit"), ("failed", "fruit"), ("started", "bees"),
    ]  # fmt: skip
    assert "example.org" not in str(events)
    assert events[0].at == datetime(2026, 11, 1, tzinfo=UTC)


def test_a_lesson_is_told_with_the_course_around_it():
    around = {"contextActivities": {"grouping": [{"id": "urn:course:fruit"}]}, "extensions": {SKILL_EXTENSION: "修剪"}}
    (one,), _ = read(
        statement("answered", "https://lms/q/7", context=around, result={"score": {"raw": 8, "min": 0, "max": 10}})
    )
    assert (one.course_id, one.lesson_id, one.skill, one.score) == ("fruit", "https://lms/q/7", "修剪", 0.8)


@pytest.mark.parametrize(
    ("spoilt", "says"),
    [
        ({"actor": {}}, "actor"),
        ({"actor": {"mbox": "mailto:a@b.c", "openid": "https://x/y"}}, "actor"),
        ({"id": "7"}, "id"),
        ({"verb": {"id": "no iri"}}, "verb"),
        ({"timestamp": "2026-11-01T08:00:00"}, "timestamp"),
        ({"timestamp": "2099-01-01T00:00:00Z"}, "future"),
        ({"result": {"score": {"scaled": 2}}}, "scaled"),
        ({"timestamp": "0001-01-01T00:00:00+14:00"}, "before there were computers"),
        ({"object": {"id": "urn:course:none"}}, "course"),
        ({"object": {"id": "http://[::1/courses/fruit"}}, "course"),
        ({"verb": {"id": "http://adlnet.gov/expapi/verbs/shared"}}, "verb"),
    ],
)
def test_a_statement_that_cannot_be_kept_is_named_and_the_others_are_kept(spoilt, says):
    events, (refused,) = read(statement(), statement(**spoilt))
    assert len(events) == 1
    assert refused.index == 1
    assert says in refused.why


def test_the_last_verdict_on_a_course_holds():
    events = [event("failed", days_ago=9), event("completed", days_ago=2), event("failed", "bees", days_ago=1)]
    assert finished_courses(events) == {"fruit"}
    assert failed_courses(events) == {"bees"}


def test_mastery_rests_on_evidence_and_old_evidence_counts_less():
    fresh = [event("answered", skill="修剪", success=True) for _ in range(3)]
    (good,) = mastery(fresh, COURSES, NOW)
    (old,) = mastery([event("answered", skill="修剪", success=True, days_ago=720) for _ in range(3)], COURSES, NOW)
    (bad,) = mastery([event("answered", skill="修剪", success=False)], COURSES, NOW)
    assert good.probability == pytest.approx(0.8)
    assert 0.5 < old.probability < good.probability
    assert bad.probability < 0.5
    assert good.evidence == tuple(one.id for one in fresh)
    (by_course,) = mastery([event("completed")], COURSES, NOW)
    assert (by_course.skill, by_course.probability) == ("修剪", 0.75)


def test_what_is_known_well_is_due_later_than_what_was_wrong():
    item = item_of("p1", "q1")
    assert passage_of(item) == "p1"
    right, wrong = Practised(item, "fruit", right=True), Practised(item, "fruit", right=False)
    card, first_due = reviewed(None, right, NOW)
    card, second_due = reviewed(card, right, first_due)
    _, third_due = reviewed(card, right, second_due)
    _, after_wrong = reviewed(card, wrong, second_due)
    assert third_due - second_due > second_due - first_due
    assert after_wrong - second_due < third_due - second_due


def test_interests_and_levels_are_believed_with_evidence_and_taken_back_for_good():
    events = [event("completed"), event("started", "bees")]
    beliefs = beliefs_of(events, COURSES)
    assert {belief.id for belief in beliefs} == {"interest:园艺", "level:2"}
    assert all(belief.evidence for belief in beliefs)
    assert [belief.id for belief in beliefs_of(events, COURSES, ["interest:园艺"])] == ["level:2"]


def test_nothing_sensitive_is_inferred():
    events = [event("completed", "blood"), event("completed", "pills")]
    assert not beliefs_of(events, COURSES)
    assert is_sensitive("心理健康")
    assert is_sensitive("Religious studies")
    assert not is_sensitive("果树栽培")


def test_what_learners_went_on_to_take_is_told_of_five_and_more():
    def took(who, *courses):
        return [(who, course, NOW + timedelta(days=at)) for at, course in enumerate(courses)]

    rows = [row for number in range(5) for row in took(f"l{number}", "a", "b")] + took("l9", "a", "c")
    found = following(rows, {"a": (4, 1.0), "b": (5, 0.9)})
    assert found.after(["a"]) == {"b": (5 / 6, 5)}
    assert set(found.ratings) == {"b"}


def test_nobody_waits_while_it_is_counted_what_learners_went_on_to(index):
    import threading

    from companion.guidance.adviser import Adviser
    from companion.guidance.credits import Rules

    counting, go_on = threading.Event(), threading.Event()

    def slowly():
        counting.set()
        go_on.wait(5)
        return following([], {"parcels": (9, 1.0)})

    adviser = Adviser(index, [], Rules(), count_following=slowly)
    assert not adviser.following().ratings
    assert counting.wait(5)
    go_on.set()
    for _ in range(100):
        if adviser.following().ratings:
            break
        threading.Event().wait(0.05)
    assert adviser.following().ratings == {"parcels": (9, 1.0)}
