"""Courses that platforms list themselves: taken in, kept in step, and never lost to a platform's bad day."""

import pytest

from course_index.build import NothingRead, build_index
from course_index.sources.library import read_library
from course_index.sources.package import Wishes
from course_index.sources.source import Feed, Source
from course_index.store.generations import IndexHome
from retrieval.live import LiveIndex
from tests.platforms import Platforms


@pytest.fixture
def platforms():
    platforms = Platforms()
    yield platforms
    platforms.close()


def source(kind: str, platforms: Platforms, **more) -> Source:
    url = f"{platforms.url}/oai" if kind == "oai-pmh" else platforms.url
    return Source(kind, None, Wishes(), Feed(kind, url, **more))


def courses(library):
    return {draft.course.title: draft.course for draft in library.drafts}


def test_oai_pmh_gives_every_page_and_no_deleted_record(platforms):
    found = courses(read_library([source("oai-pmh", platforms)], {}))
    assert found.keys() == {"龙眼种植", "水产养殖"}
    longan = found["龙眼种植"]
    assert (longan.id, longan.provider, longan.language, longan.subjects) == ("oai:lib:1", "开放大学", "zh", ("农业",))
    assert (longan.url, longan.updated_at.isoformat()) == ("https://lib.example/1", "2026-01-01")


def test_open_edx_gives_every_page_with_its_dates_and_nothing_hidden(platforms):
    found = courses(read_library([source("openedx", platforms)], {}))
    assert found.keys() == {"短视频剪辑", "直播带货"}
    (run,) = found["短视频剪辑"].offerings
    assert (run.start.isoformat(), run.end.isoformat()) == ("2027-01-05", "2027-03-01")
    assert (found["短视频剪辑"].summary, found["短视频剪辑"].hours) == ("手机剪辑", None)
    assert found["直播带货"].offerings == ()
    assert found["直播带货"].url == f"{platforms.url}/courses/course-v1:GD+B+1/about"


def test_moodle_gives_visible_courses_and_not_its_front_page(platforms):
    found = courses(read_library([source("moodle", platforms, token="secret")], {}))
    assert found.keys() == {"合唱入门"}
    choir = found["合唱入门"]
    assert (choir.provider, choir.summary, choir.subjects) == ("社区学院", "呼吸与发声", ("文化艺术",))
    assert choir.updated_at.isoformat() == "2026-01-01"


@pytest.mark.parametrize(
    ("kind", "mood", "more", "said"),
    [
        ("oai-pmh", "broken", {}, "does not speak OAI-PMH"),
        ("oai-pmh", "looping", {}, "same resumption token twice"),
        ("oai-pmh", "well", {"set_name": "wrong"}, "badArgument"),
        ("openedx", "broken", {}, "no JSON"),
        ("openedx", "looping", {}, "another host"),
        ("openedx", "moved", {}, "another address"),
        ("moodle", "well", {"token": "wrong"}, "invalidtoken"),
        ("moodle", "refusing", {"token": "secret"}, "refuses access"),
    ],
)
def test_a_platform_that_answers_wrongly_is_told_and_nothing_of_it_is_taken(platforms, kind, mood, more, said):
    platforms.mood = mood
    library = read_library([source(kind, platforms, **more)], {})
    assert said in library.notices[0].what
    assert (library.drafts, library.roots) == ([], [])
    assert "secret" not in library.notices[0].what


def test_a_busy_platform_is_asked_again_and_an_empty_set_is_no_error(platforms):
    platforms.mood = "busy"
    assert len(read_library([source("oai-pmh", platforms)], {}).drafts) == 2
    assert read_library([source("oai-pmh", platforms, set_name="nothing")], {}).drafts == []


def test_a_platform_that_is_down_keeps_its_courses_and_what_it_deletes_goes(platforms, tmp_path, embedder):
    home = IndexHome(tmp_path)
    feed = source("oai-pmh", platforms)
    assert build_index([feed], home, embedder).totals.courses == 2
    platforms.mood = "broken"
    with pytest.raises(NothingRead) as nothing:
        build_index([feed], home, embedder)
    assert (nothing.value.report.totals.courses, nothing.value.report.courses_removed) == (2, 0)
    platforms.mood = "well"
    report = build_index([source("oai-pmh", platforms, set_name="nothing")], home, embedder)
    assert (report.totals.courses, report.courses_removed) == (0, 2)


def test_a_course_without_content_is_found_and_recommended_by_its_record(platforms, tmp_path, embedder):
    home = IndexHome(tmp_path)
    build_index([source("oai-pmh", platforms), source("moodle", platforms, token="secret")], home, embedder)
    live = LiveIndex(home, embedder)
    (found, *_) = live.search.nearest_courses(live.search.query("想学合唱"), 1)
    assert found.course.title == "合唱入门"
    live.close()
