import pytest

from companion.quoting.extract import read_closely
from course_index.analyze import normalise, terms
from course_index.language import language_of
from course_index.store.records import CourseFilter
from retrieval.confidence import confidence
from retrieval.query import MAX_QUERY_CHARACTERS, query_terms


def ask(index, text, k=4):
    search = index.search
    query = search.query(text)
    hits = search.passages(query, k)
    bearing = search.answerability(query, hits)
    return hits, confidence(query, hits, read_closely(search, query, hits).closeness, bearing)


@pytest.mark.parametrize(
    ("question", "locator"),
    [
        ("快件丢了谁来赔", "第一条"),
        ("包裝爛咗可唔可以拒收", "第二条"),
        ("賠償要幾日內申請", "第三条"),
        ("骑车要戴头盔吗", "第四条"),
        ("哈希冲突怎么解决", "哈希冲突"),
        ("雜湊衝突的解決方法", "哈希冲突"),
        ("what is a binary heap", "What a heap is"),
        ("how are hash collisions resolved", "哈希冲突"),
    ],
)
def test_the_passage_that_answers_comes_first_in_any_script_and_across_languages(index, question, locator):
    hits, sure = ask(index, question)
    assert hits[0].passage.locator.startswith(locator)
    assert sure.answers


@pytest.mark.parametrize(
    "question", ["荔枝怎么保鲜", "白切鸡煮多久", "广州塔有多高", "how to grow tomatoes", "明天下雨吗"]
)
def test_questions_on_other_subjects_are_not_taken_to_be_answered(index, question):
    _, sure = ask(index, question)
    assert not sure.answers


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "\ud800", "😀😀", "\u200f\u202e", "？！", "a" * 100_000, "赔" * 100_000]
)
def test_any_text_is_a_query(index, text):
    query = index.search.query(text)
    assert len(query.text) <= MAX_QUERY_CHARACTERS
    ask(index, text)


def test_one_text_is_one_query_in_every_normal_form(index):
    import unicodedata

    for text in ("ＡＶＬ树ｶﾞ", "café 㐂"):
        forms = {index.search.query(unicodedata.normalize(form, text)).terms for form in ("NFC", "NFD", "NFKC", "NFKD")}
        assert len(forms) == 1


def test_terms_are_characters_pairs_and_whole_words():
    assert terms(normalise("快件 Hash表2")) == ["快", "件", "快件", "hash", "表", "2"]
    assert terms(normalise("雜湊")) == terms("杂凑")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("请问快件丢了怎么办", {"快", "件", "丢", "快件", "件丢", "丢了"}),
        ("what is a heap", {"heap"}),
        ("是什么", {"什", "是什", "什么"}),
    ],
)
def test_the_words_by_which_one_asks_are_not_searched_unless_there_are_no_others(typed, kept):
    assert set(query_terms(typed)) == kept


@pytest.mark.parametrize(
    ("text", "language"), [("快件", "zh"), ("AVL 树的 rotation", "zh"), ("hello", "en"), ("42", "en"), ("", "en")]
)
def test_language_is_told_by_letters(text, language):
    assert language_of(text) == language


def test_lexical_scores_are_shares_of_the_best_possible(lexical):
    lexical.change([("a", "快件丢失赔偿 " * 20), ("b", "快件"), ("c", "别的")], [])
    hits = dict(lexical.search(terms("快件丢失赔偿"), 5))
    assert hits.keys() == {"a", "b"}
    assert 0 < hits["b"] < hits["a"] <= 1
    lexical.change([("b", "换了")], ["a"])
    assert lexical.ids() == {"b", "c"}
    assert lexical.search(terms("快件"), 5) == []
    assert lexical.search([], 5) == []


def test_courses_are_found_by_card_and_by_what_their_lessons_say(index):
    search = index.search
    by_card = search.courses(search.query("醒狮"))
    assert by_card[0].course.id == "lion-dance"
    assert by_card[0].passage_id is None
    by_passage = search.courses(search.query("开放寻址"))
    assert by_passage[0].course.id == "lists"
    assert by_passage[0].passage_id is not None
    assert search.courses(search.query("量子色动力学")) == []


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (CourseFilter(), {"parcels", "lists", "heaps", "lion-dance"}),
        (CourseFilter(level=2), {"parcels"}),
        (CourseFilter(audience="youth"), {"lists", "heaps"}),
        (CourseFilter(audience="youth", language="en"), {"heaps"}),
        (CourseFilter(city="佛山市"), {"parcels"}),
        (CourseFilter(language="zh"), {"parcels", "lists", "lion-dance"}),
        (CourseFilter(delivery="offline"), {"lion-dance"}),
        (CourseFilter(city="' OR 1=1 --"), set()),
    ],
)
def test_the_catalogue_is_filtered_and_its_facets_count_what_is_left(index, wanted, ids):
    page = index.search.catalogue(None, wanted, 1, 20)
    assert {hit.course.id for hit in page.hits} == ids
    assert page.total == len(ids)
    assert sum(page.facets["initiative"].values()) == len(ids)


def test_catalogue_pages_are_disjoint_and_a_page_beyond_the_last_is_empty(index):
    pages = [index.search.catalogue(None, CourseFilter(), page, 3) for page in (1, 2, 3)]
    assert [len(page.hits) for page in pages] == [3, 1, 0]
    assert len({hit.course.id for page in pages for hit in page.hits}) == 4


def test_a_query_and_a_filter_work_together(index):
    search = index.search
    page = search.catalogue(search.query("哈希表"), CourseFilter(language="en"), 1, 20)
    assert "lists" not in {hit.course.id for hit in page.hits}
