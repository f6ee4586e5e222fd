import json
from dataclasses import replace
from datetime import date

import pytest

from course_index.course import Course, Offering, Price
from course_index.record import CourseRecord
from course_index.sources.library import read_library
from course_index.sources.schema_org import courses_in, json_ld, record_from_json_ld

FULL = Course(
    id="full",
    title="全课",
    provider="校",
    summary="介绍",
    language="zh-Hans",
    subjects=("烹饪",),
    skills=("刀工", "火候"),
    occupations=("厨师",),
    audience=("worker", "youth"),
    initiative="skills",
    level=3,
    hours=12.5,
    credits=1.5,
    price=Price(20.0, "CNY"),
    delivery="blended",
    offerings=(
        Offering("o1", "佛山市", "禅城区", "祖庙街道", "某路 1 号", date(2027, 1, 9), date(2027, 2, 1), 30, True),
        Offering("o2", start=date(2027, 3, 1)),
    ),
    prerequisites=("basic",),
    url="https://example.org/full",
    updated_at=date(2026, 9, 1),
    valid_until=date(2028, 9, 1),
    licence="CC-BY-4.0",
    sample=True,
)
BARE = Course(id="bare", title="空课", provider="校")


@pytest.mark.parametrize("course", [FULL, BARE, replace(FULL, offerings=()), replace(BARE, delivery="offline")])
def test_a_course_survives_the_way_to_json_ld_and_back(course):
    there = json.loads(json.dumps(json_ld(course)))
    assert CourseRecord.model_validate(record_from_json_ld(there)).course() == course


def test_what_is_unknown_is_not_said_and_not_guessed():
    assert json_ld(BARE).keys() == {"@context", "@type", "identifier", "name", "provider", "companion:sample"}
    record = record_from_json_ld({"@type": "Course", "identifier": "a", "name": "b", "educationalLevel": "Beginner"})
    assert record == {"id": "a", "title": "b"}


def test_courses_are_found_wherever_a_page_puts_them():
    course = {"@type": ["https://schema.org/Course", "LearningResource"], "name": "a"}
    graph = {"@graph": [{"@type": "WebPage"}, course], "itemListElement": [{"@type": "ListItem", "item": course}]}
    assert len(list(courses_in([graph, course]))) == 3


def test_a_json_ld_file_is_a_catalogue(tmp_path):
    node = {
        "@context": "https://schema.org", "@type": "Course", "@id": "https://x.org/c/1", "name": "Course",
        "provider": {"@type": "Organization", "name": "X"}, "keywords": "a, b", "inLanguage": "en",
        "hasCourseInstance": {"@type": "CourseInstance", "courseMode": "online"},
    }  # fmt: skip
    (tmp_path / "c.json").write_text(json.dumps(node))
    (tmp_path / "d.json").write_text('{"@type": "Person"}')
    library = read_library([tmp_path], {})
    (draft,) = library.drafts
    assert (draft.course.id, draft.course.subjects, draft.course.delivery) == ("x.org-c-1", ("a", "b"), "online")
    assert "no schema.org Course" in library.notices[0].what
