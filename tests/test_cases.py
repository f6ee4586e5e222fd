"""The cases about conversations are sound: their words are known, their answers are where they say."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parent.parent
COURSES = PROJECT / "course_index" / "samples" / "courses"
LANGUAGES = {"zh-Hans", "zh-Hant", "yue", "en"}


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (PROJECT / "eval" / name).read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    "name", ["cases/wishes-blind.jsonl", "cases/wishes-blind-2.jsonl", "cases/follow-ups.jsonl", "conversations.jsonl"]
)
def test_every_case_has_an_id_of_its_own(name):
    ids = [row["id"] for row in rows(name)]
    assert len(set(ids)) == len(ids)


def test_a_message_stands_under_one_wish_only():
    wishes = rows("cases/wishes-blind.jsonl")
    assert len({wish["message"] for wish in wishes}) == len(wishes) == 340
    assert {wish["language"] for wish in wishes} == LANGUAGES
    assert Counter(wish["wish"] for wish in wishes) == {
        "question": 150, "courses": 35, "pathway": 20, "credits": 20, "practice": 20, "smalltalk": 20,
        "feedback": 20, "hint": 15, "plan": 15, "more": 15, "end": 10,
    }  # fmt: skip


def test_the_two_halves_of_the_follow_ups_are_alike_and_ask_for_different_sentences():
    halves = [
        [row for row in rows("cases/follow-ups.jsonl") if row["id"].startswith(f"fu-{half}-")]
        for half in ("dev", "test")
    ]
    for half in halves:
        assert Counter(row["depends"] for row in half) == {True: 40, False: 20}
        assert {row["language"] for row in half} == LANGUAGES
        assert all(1 <= len(row["turns"]) <= 3 for row in half)
    dev, test = ({row["quote"] for row in half} for half in halves)
    assert not dev & test


def test_a_follow_up_over_the_samples_is_answered_by_a_sentence_that_is_there():
    over_samples = [row for row in rows("cases/follow-ups.jsonl") if row["library"] == "samples"]
    assert len(over_samples) > 60
    for row in over_samples:
        lesson = (COURSES / row["course_id"] / row["lesson"]).read_text("utf-8")
        assert "".join(row["quote"].split()) in "".join(lesson.split()), row["id"]


def test_the_conversations_to_print_name_courses_that_exist():
    conversations = rows("conversations.jsonl")
    assert len(conversations) == 10
    for conversation in conversations:
        assert 3 <= len(conversation["turns"]) <= 6
        assert "course" not in conversation or (COURSES / conversation["course"]).is_dir()
