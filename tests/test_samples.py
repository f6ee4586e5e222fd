"""What ships as samples is sound: the courses, the page's starting questions."""

import json
from collections import Counter
from pathlib import Path

import pytest

from course_index.sources.library import read_library

PROJECT = Path(__file__).parent.parent
SAMPLES = PROJECT / "course_index" / "samples"


@pytest.fixture(scope="module")
def library():
    return read_library([SAMPLES], {})


def without_space(text):
    return "".join(text.split())


def test_there_are_courses_enough_over_all_six_initiatives(library):
    assert library.notices == []
    assert len(library.drafts) >= 24
    initiatives = Counter(draft.course.initiative for draft in library.drafts)
    assert initiatives.keys() == {"ideology", "academic", "skills", "culture", "key_groups", "network"}
    assert min(initiatives.values()) >= 4
    assert sum(draft.course.language == "en" for draft in library.drafts) >= 3


def test_every_course_says_who_it_is_for_and_has_lessons_of_substance(library):
    for draft in library.drafts:
        course = draft.course
        assert course.level, course.id
        assert course.hours, course.id
        assert course.audience, course.id
        assert course.skills, course.id
        assert len(draft.lessons) >= 2, course.id
        for lesson in draft.lessons:
            assert len(without_space(lesson.path.read_text("utf-8"))) > 300, lesson.path


def test_what_does_not_exist_is_marked_as_a_sample(library):
    for draft in library.drafts:
        assert draft.course.sample, draft.course.id
        assert draft.course.provider.endswith(("（示例）", "(sample)")), draft.course.id
        for offering in draft.course.offerings:
            assert "示例" in (offering.address or "") or "sample" in (offering.address or ""), offering.id
    assert any(draft.course.offerings for draft in library.drafts)


def test_prerequisites_exist(library):
    ids = {draft.course.id for draft in library.drafts}
    assert all(set(draft.course.prerequisites) <= ids for draft in library.drafts)


def test_the_starting_questions_of_the_page_are_in_all_its_languages():
    questions = json.loads((PROJECT / "companion" / "starters.json").read_text("utf-8"))
    assert {language: len(asked) >= 4 for language, asked in questions.items()} == dict.fromkeys(
        ("zh-Hans", "zh-Hant", "en"), True
    )
