"""Course search over many synthetic courses: filters leave nothing out, facets count what choosing them would show."""

from dataclasses import replace

import numpy as np
import pytest

from course_index.card import card_id, card_text
from course_index.course import Course
from course_index.store.generations import IndexHome
from course_index.store.records import CourseFilter
from retrieval.catalogue import Catalogue
from retrieval.enduring import enduring
from retrieval.search import Search

MANY = 300
EVERY = CourseFilter()


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory, embedder, put_library):
    """The tiny library and hundreds of courses on one subject; one of those is in English, one in Macau."""
    put_library(folder := tmp_path_factory.mktemp("many"))
    home = IndexHome(folder)
    with home.draft() as draft:
        lion = draft.records.courses(["lion-dance"])["lion-dance"]
        courses = [_copy(lion, number) for number in range(MANY)]
        for course in courses:
            draft.records.put_course(course, "made")
        ids = [card_id(course) for course in courses]
        (stored,) = [id_ for id_ in draft.course_vectors.ids() if id_.startswith("lion-dance#")]
        card = draft.course_tokens.get([stored])[stored]
        draft.course_vectors.upsert(ids, np.tile(card.vector, (MANY, 1)))
        draft.course_tokens.put((id_, card) for id_ in ids)
        draft.course_terms.change([(card_id(course), card_text(course)) for course in courses], [])
    generation = home.open_current()
    yield Search(generation, embedder)
    generation.close()


def _copy(course: Course, number: int) -> Course:
    place = course.offerings[0]
    return replace(
        course,
        id=f"lion-{number:03}",
        title=f"醒狮第{number}期",
        language="zh-Hant" if number == 299 else "zh-Hans",
        level=1 + number % 3,
        hours=float(1 + number) if number % 2 else None,
        offerings=(replace(place, city="澳门" if number == 299 else "广州市"),),
    )


def find(search, text, wanted=EVERY, order="relevance", page_size=1_000):
    return search.catalogue(search.query(text) if text else None, wanted, 1, page_size, order)


def test_a_query_finds_every_course_that_fits_and_not_only_the_nearest(catalogue):
    page = find(catalogue, "醒狮")
    assert page.total == MANY + 1
    assert {hit.course.id for hit in page.hits} >= {"lion-000", "lion-299", "lion-dance"}
    assert [hit.score for hit in page.hits] == sorted((hit.score for hit in page.hits), reverse=True)


@pytest.mark.parametrize(
    "wanted", [CourseFilter(city="澳门"), CourseFilter(language="zh-Hant"), CourseFilter(city="澳门", level=3)]
)
def test_a_filter_that_one_course_of_hundreds_passes_finds_it(catalogue, wanted):
    assert [hit.course.id for hit in find(catalogue, "醒狮", wanted).hits] == ["lion-299"]


def test_a_course_is_found_by_its_lessons_under_a_filter(catalogue):
    (hit,) = find(catalogue, "开放寻址", CourseFilter(level=3)).hits
    assert hit.course.id == "lists"
    assert hit.passage_id is not None


@pytest.mark.parametrize("text", [None, "醒狮"])
def test_the_count_of_each_facet_value_is_what_choosing_it_shows(catalogue, text):
    wanted = CourseFilter(level=3, language="zh")
    facets = find(catalogue, text, wanted).facets
    for name, counts in facets.items():
        for value, count in counts.items():
            chosen = replace(wanted, **{name: int(value) if name == "level" else value})
            assert find(catalogue, text, chosen, page_size=1).total == count, (name, value)
    assert facets["level"].keys() >= {"1", "2", "3"}
    assert facets["language"].keys() >= {"zh-Hans", "zh-Hant"}
    assert list(facets["level"].values()) == sorted(facets["level"].values(), reverse=True)


def test_courses_come_in_the_order_asked_for_and_what_is_unknown_comes_last(catalogue):
    hours = [hit.course.hours for hit in find(catalogue, "醒狮", order="hours").hits]
    known = [value for value in hours if value is not None]
    assert hours == [*sorted(known), *[None] * (len(hours) - len(known))]
    updated = [hit.course.updated_at for hit in find(catalogue, None, order="updated").hits]
    assert updated[0] is not None
    assert updated[-1] is None
    titles = [hit.course.title for hit in find(catalogue, None, order="title").hits]
    # English, then 快 kuai, 数 shu, 醒 xing
    assert titles[0] == "Heaps in English"
    assert titles.index("快递服务规则") < titles.index("数据结构入门") < titles.index("醒狮体验班")
    assert titles == [hit.course.title for hit in find(catalogue, None).hits]


def test_pages_of_a_query_are_disjoint_and_whole(catalogue):
    query = catalogue.query("醒狮")
    pages = [catalogue.catalogue(query, EVERY, number, 100).hits for number in (1, 2, 3, 4, 5)]
    assert [len(hits) for hits in pages] == [100, 100, 100, 1, 0]
    assert len({hit.course.id for hits in pages for hit in hits}) == MANY + 1


def test_an_index_without_courses_has_an_empty_catalogue(tmp_path, embedder):
    home = IndexHome(tmp_path)
    with home.draft():
        pass
    generation = home.open_current()
    query = replace(_any_query(embedder), text="醒狮")
    for asked in (None, query):
        page = Catalogue(generation, enduring(generation)).page(asked, CourseFilter(level=1), "relevance", 1, 20)
        assert (page.hits, page.total) == ((), 0)
    generation.close()


def _any_query(embedder):
    from retrieval.query import read_query

    return read_query("醒狮", lambda parts, _: (embedder.embed(["".join(parts)], "query")[0], None, None))
