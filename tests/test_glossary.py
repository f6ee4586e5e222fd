from concurrent.futures import ThreadPoolExecutor
from math import log

import pytest

from course_index.build import build_index
from course_index.store.generations import IndexHome
from course_index.store.lexical import LexicalIndex
from retrieval.glossary import Glossary
from retrieval.search import Search
from retrieval.wording import shipped_wording

LESSONS = {
    "heap.md": "# Heaps\n\nA heap is kept in an array. The root of the tree is always the smallest of its nodes.",
    "queue.md": "# Queues\n\nWhat was put in first leaves first. Breadth-first traversal keeps one.",
    "tea.md": "# 凤凰单丛\n\n单丛用盖碗冲泡，水要烧开，第一泡十秒出汤。",
    "fire.md": "# 灭火器\n\n拔掉保险销，对准火焰根部，压下压把。",
}


@pytest.fixture(scope="module")
def glossary(wording):
    return wording.glossary


def said(words):
    return [{" ".join(way) for way in word} for word in words]


def test_a_chinese_word_brings_what_it_is_called_in_the_forms_that_texts_have(glossary):
    traversal, tree = said(glossary.words(["遍历", "二叉树"], "zh"))
    assert {"traverse", "traversing", "traversed"} <= traversal
    assert {"binary tree", "binary trees"} <= tree
    (sorts,) = said(glossary.words(["排序"], "zh"))
    assert {"sort", "sorts", "sorted", "sorting"} <= sorts


def test_an_english_word_brings_chinese_ones_as_the_index_cuts_them(glossary):
    for typed in ("linked list", "linked lists"):
        (word,) = glossary.words([typed], "en")
        assert ("链表",) in word
    (pressure,) = glossary.words(["blood pressure"], "en")
    assert ("血压",) in pressure
    (burns,) = glossary.words(["burns"], "en")
    assert ("烧伤",) in burns  # not only 伯恩斯, whose name that is
    (library,) = glossary.words(["libraries"], "en")
    assert ("图书", "书馆") in library
    assert all(len(term) > 1 for way in library for term in way)  # 馆 alone is in too much else


def test_the_common_words_for_an_english_one_come_first_and_one_character_where_it_is_the_word_for_it(glossary):
    (waste,) = glossary.words(["waste"], "en")
    assert waste[0] == ("浪费",)  # and not 不俭则匮
    (chicken,) = glossary.words(["chicken"], "en")
    assert chicken[0] == ("鸡",)  # and not 缩头乌龟 alone
    assert ("防止",) in glossary.words(["prevent"], "en")[0]


def test_forms_that_no_ending_tells_are_known_in_both_directions(glossary):
    assert ("偷",) in glossary.words(["stolen"], "en")[0]
    assert ("儿童",) in glossary.words(["children"], "en")[0]
    assert {"steal", "stole", "stolen"} <= said(glossary.words(["偷"], "zh"))[0]


def test_what_is_in_any_question_is_looked_up_in_nothing(glossary):
    assert glossary.words(["too", "between", "got", "x"], "en") == ()


def test_the_longest_words_are_looked_up_and_unknown_ones_left_out(glossary):
    assert said(glossary.words(["劳动合同"], "zh"))[0] >= {"labor contract"}
    assert said(glossary.words(["gcd"], "zh")) == [{"gcd", "gcds", "gcded", "gcding"}]
    assert glossary.words(["𠮷喆喆"], "zh") == glossary.words(["zxqvv"], "en") == ()
    assert glossary.words([], "zh") == ()


def test_the_names_that_courses_bear_come_first(model_folder):
    own = Glossary(model_folder, {"湾区通": "bay pass"}, {"bay pass": "湾区通"})
    assert said(own.words(["湾区通"], "zh"))[0] >= {"bay pass", "bay passes"}
    assert own.words(["the bay passes"], "en") == ((("湾区", "区通"),),)


def test_two_that_open_it_first_put_it_in_order_once(tmp_path, wording):
    with ThreadPoolExecutor(2) as both:
        opened = list(both.map(lambda _: Glossary(tmp_path, {}, {}), range(2)))
    assert [one.words(["血压"], "zh") for one in opened] == [wording.glossary.words(["血压"], "zh")] * 2
    assert [path.suffix for path in sorted(tmp_path.iterdir())] == [".db", ".lock"]


def test_all_ways_of_a_word_are_one_word(tmp_path):
    index = LexicalIndex(tmp_path)
    index.change([("a", "sort sort sort"), ("b", "sort arrange"), ("c", "stone"), ("d", "paper")], [])
    sorting, stone = (("sort",), ("arrange",), ("nowhere",)), (("stone",),)
    (first, share), (second, _) = index.search_ways([sorting], 4)
    assert (first, second) == ("a", "b")  # the one that says most, not the one that says most of them
    assert 0 < share < 1
    # `sort` is in two of four texts and `arrange` in one of them: together they tell no more than a word in three.
    idf = {texts: log(1 + (4 - texts + 0.5) / (texts + 0.5)) for texts in (1, 3)}
    shares = dict(index.search_ways([sorting, stone], 4))
    alone = dict(index.search_ways([stone], 4))
    assert shares["c"] == pytest.approx(alone["c"] * idf[1] / (idf[1] + idf[3]))
    assert index.search_ways([(("nowhere",),)], 4) == index.search_ways([], 4) == []
    assert [id_ for id_, _ in index.search_ways([(("sort", "arrange"),)], 4)] == ["b"]


def test_a_question_finds_what_says_it_in_the_other_language(tmp_path, embedder, wording):
    for name, text in LESSONS.items():
        (tmp_path / name).write_text(text, "utf-8")
    home = IndexHome(tmp_path / "data")
    build_index([tmp_path], home, embedder)
    generation = home.open_current()
    search, without = Search(generation, embedder, wording=wording), Search(generation, embedder)
    for question, answer in (("堆的根节点是哪个", "Heaps"), ("how to use a fire extinguisher", "灭火器")):
        best, before = (one.passages(one.query(question), 1)[0] for one in (search, without))
        assert best.lesson.title == before.lesson.title == answer
        assert best.ranked.lexical > before.ranked.lexical == 0
    assert search.query("泡茶").other_words
    assert not without.query("泡茶").other_words
    generation.close()


def test_where_all_is_in_one_language_nothing_is_looked_up(tmp_path, embedder, wording):
    (tmp_path / "tea.md").write_text(LESSONS["tea.md"], "utf-8")
    home = IndexHome(tmp_path / "data")
    build_index([tmp_path], home, embedder)
    generation = home.open_current()
    search = Search(generation, embedder, wording=wording)
    assert not search.query("泡茶").other_words
    assert search.query("how to make tea").other_words
    generation.close()


def test_what_ships_by_itself_opens_no_dictionary():
    assert shipped_wording().glossary is None
