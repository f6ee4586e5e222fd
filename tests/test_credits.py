import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from companion.guidance.credits import Entry, Rules, RulesUnreadable, balance, read_rules, standing, would_add
from course_index.course import Course

TODAY = date(2026, 11, 24)
SAMPLES = Path(__file__).parent.parent / "companion" / "guidance" / "samples" / "credit-rules.json"
CLAUSE = {
    "title": "t", "clause": "c", "source": "s", "effective_from": "2026-01-01",
}  # fmt: skip


def entry(id_, worth, **facts):
    return Entry(id_, Decimal(worth), **{"earned_on": "2026-05-01", "source": "学校", "title": "课", **facts})


def rules(tmp_path, *found):
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"rules": list(found)}), "utf-8")
    return read_rules(file)


def test_the_sample_rules_are_marked_as_samples():
    loaded = read_rules(SAMPLES)
    assert loaded.are_loaded
    assert all(rule.sample for rule in loaded.rules)


def test_tenths_are_added_exactly():
    held = balance([entry(str(n), "0.1") for n in range(10)], Rules(), TODAY)
    assert held.total == Decimal(1)


def test_a_course_counts_once_however_often_it_was_taken():
    twice = [entry("1", "1", course_id="c"), entry("2", "1.5", course_id="c", earned_on="2026-09-01")]
    assert balance(twice, Rules(), TODAY).total == Decimal("1.5")


def test_what_is_past_its_time_is_told_apart(tmp_path):
    loaded = rules(tmp_path, {**CLAUSE, "id": "x", "rule": "expiry", "years": 5, "kind": "course"})
    held = balance(
        [
            entry("old", "2", earned_on="2021-11-23"),
            entry("new", "1"),
            entry("paper", "4", earned_on="2001-01-01", kind="certificate"),
        ],
        loaded,
        TODAY,
    )
    assert [one.id for one in held.expired] == ["old"]
    assert held.total == Decimal(5)


def test_a_target_says_what_is_missing_in_all_and_at_its_levels(tmp_path):
    loaded = rules(
        tmp_path,
        {
            **CLAUSE,
            "id": "t",
            "rule": "target",
            "credits": "6",
            "at_least": {"2": "4"},
            "at_most": {"certificate": "2"},
        },
    )
    (target,) = loaded.targets(TODAY)
    one = standing(target, [entry("a", "2", level=2), entry("b", "1", level=1), entry("p", "3", kind="certificate")])
    assert one.counted == Decimal(5)
    assert one.over_limits == Decimal(1)
    assert one.missing == Decimal(1)
    assert one.missing_at == ((2, Decimal(2)),)
    assert not one.reached
    assert standing(target, [entry("a", "6", level=3)]).reached


def test_rules_hold_from_their_day_to_their_last(tmp_path):
    loaded = rules(
        tmp_path,
        {**CLAUSE, "id": "past", "rule": "target", "credits": "1", "effective_until": "2026-06-30"},
        {**CLAUSE, "id": "future", "rule": "target", "credits": "1", "effective_from": "2027-01-01"},
        {**CLAUSE, "id": "now", "rule": "target", "credits": "1", "effective_until": TODAY.isoformat()},
    )
    assert [rule.id for rule in loaded.targets(TODAY)] == ["now"]


def test_courses_would_add_what_their_records_state_and_nothing_else():
    courses = [
        Course("a", "A", "p", credits=1.5),
        Course("b", "B", "p"),
        Course("had", "H", "p", credits=9.0),
    ]
    added, silent = would_add(courses, [entry("1", "9", course_id="had")], TODAY)
    assert [(one.course_id, one.credits) for one in added] == [("a", Decimal("1.5"))]
    assert [course.id for course in silent] == ["b"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "Expecting"),
        ('{"rules": [{"id": "x", "rule": "guess"}]}', "rule"),
        (json.dumps({"rules": [{**CLAUSE, "id": "x", "rule": "target", "credits": "-1"}]}), "credits"),
        (json.dumps({"rules": [{**CLAUSE, "id": "x", "rule": "target", "credits": "1"}] * 2}), "same id"),
    ],
)
def test_a_bad_file_of_rules_is_refused_with_the_place_and_the_reason(tmp_path, text, says):
    file = tmp_path / "rules.json"
    file.write_text(text, "utf-8")
    with pytest.raises(RulesUnreadable, match=says):
        read_rules(file)
    with pytest.raises(RulesUnreadable, match="cannot be used"):
        read_rules(tmp_path / "none.json")
