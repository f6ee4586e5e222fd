from dataclasses import replace

import pytest

from companion.quoting.extract import QUOTE_TOKENS, WHOLE_ARTICLE_TOKENS, best_quotes, read_closely
from course_index.build import build_index
from course_index.store.generations import IndexHome
from course_index.tokens import count_tokens
from retrieval.search import Search

LESSON = """# 浸鸡

## 做法

鸡要选嫩的，洗净以后沥干水。浸鸡的水要多，没过整只鸡。

1. 水开以后放姜和葱。
2. 转最小火盖上盖子，浸二十五到三十分钟。
3. 捞出来泡冰水，皮才爽脆。

## 程序

```python
浸鸡 = "浸鸡 浸鸡 浸鸡"

print(浸鸡)
```
"""


@pytest.fixture(scope="module")
def chicken(tmp_path_factory, embedder):
    folder = tmp_path_factory.mktemp("chicken")
    (folder / "a.md").write_text(LESSON, "utf-8")
    home = IndexHome(folder / "data")
    build_index([folder / "a.md"], home, embedder)
    generation = home.open_current()
    yield Search(generation, embedder)
    generation.close()


def read(search, question):
    query = search.query(question)
    hits = search.passages(query, 4)
    bearing = search.answerability(query, hits)
    by_passage = {hit.passage.id: bears for hit, bears in zip(hits, bearing, strict=True)}
    return best_quotes(read_closely(search, query, hits), by_passage)


def test_quotes_stand_in_their_passages_to_the_letter(index):
    for question in ("快件丢了谁来赔", "哈希冲突怎么解决", "what is a binary heap", "插入快还是访问快"):
        quotes = read(index.search, question)
        assert quotes
        for quote in quotes:
            assert quote.text in quote.hit.passage.text


def test_an_article_is_quoted_whole(index):
    (quote, *_) = read(index.search, "快件丢了谁来赔")
    assert quote.text == quote.hit.passage.text
    assert quote.hit.passage.tokens <= WHOLE_ARTICLE_TOKENS


def test_a_list_comes_with_the_line_that_leads_into_it(index):
    (quote, *_) = read(index.search, "哈希冲突有哪些办法解决")
    assert "解决哈希冲突常用两种办法：" in quote.text
    assert "2. 开放寻址" in quote.text


def test_who_asks_for_a_number_is_given_the_sentence_with_it(chicken):
    assert "二十五到三十分钟" in read(chicken, "鸡要浸多久")[0].text


def test_of_two_times_the_one_of_what_is_to_be_done_is_quoted(tmp_path, embedder):
    lesson = "# 腊鸭\n\n腊鸭斩件，下锅之前放着回温三十分钟。腊鸭用盐和花椒腌两天，每天翻一次。"
    assert "腌两天" in first_quote(tmp_path, embedder, lesson, "腊鸭要腌多久").answers


def test_of_passages_that_say_as_much_the_one_that_answers_is_quoted_first(index):
    query = index.search.query("赔偿")
    hits = index.search.passages(query, 2)
    reading = read_closely(index.search, query, hits)
    first, second = (quote.hit.passage.id for quote in best_quotes(reading, {}))
    turned = best_quotes(reading, {first: -9.0, second: 9.0})
    assert [quote.hit.passage.id for quote in turned] == [second]


def test_a_second_passage_is_quoted_only_if_it_bears_on_what_is_asked_about_as_the_first_does(index):
    query = index.search.query("赔偿")
    reading = read_closely(index.search, query, index.search.passages(query, 2))
    one, other = best_quotes(reading, {})
    assert best_quotes(reading, {one.hit.passage.id: 1.0, other.hit.passage.id: -1.9}) == (one, other)
    assert best_quotes(reading, {one.hit.passage.id: 1.0, other.hit.passage.id: -2.1}) == (one,)
    elsewhere = replace(other, hit=replace(other.hit, course=replace(other.hit.course, id="another")))
    of_two = replace(reading, quotes=(one, elsewhere))
    assert best_quotes(of_two, {one.hit.passage.id: 1.0, other.hit.passage.id: 0.1}) == (one, elsewhere)
    assert best_quotes(of_two, {one.hit.passage.id: 1.0, other.hit.passage.id: -0.1}) == (one,)


def first_quote(folder, embedder, lesson, question):
    (folder / "a.md").write_text(lesson, "utf-8")
    home = IndexHome(folder / "data")
    build_index([folder / "a.md"], home, embedder)
    search = Search(home.open_current(), embedder)
    (quote, *_) = read(search, question)
    search.generation.close()
    return quote


def test_who_asks_in_the_words_of_a_heading_is_quoted_what_stands_under_it(tmp_path, embedder):
    lesson = "# 养鸡\n\n## 鸡舍\n\n通风。\n\n## 怎样喂得好\n\n早晚各一次，水要干净。\n"
    quote = first_quote(tmp_path, embedder, lesson, "怎样喂得好")
    assert "怎样喂得好" in quote.hit.passage.text  # the two small sections are one passage
    assert quote.text == "早晚各一次，水要干净。"


def test_what_a_lesson_says_of_itself_is_not_quoted_first(tmp_path, embedder):
    lesson = "# 养鸡\n\n这一课讲怎样喂鸡。喂鸡有讲究。\n\n早晚各喂一次，水要干净。\n"
    assert first_quote(tmp_path, embedder, lesson, "怎样喂鸡").text.startswith("早晚各喂一次")


def test_what_a_lesson_lists_of_itself_is_not_quoted_first(tmp_path, embedder):
    told = "In this chapter you will learn:\n\n- how to feed hens\n- how to house hens"
    lesson = f"# Hens\n\n{told}\n\nTwo handfuls of grain a day do.\n"
    assert first_quote(tmp_path, embedder, lesson, "how to feed hens").text.startswith("Two handfuls")


def test_a_caption_that_only_names_its_lesson_is_not_quoted(tmp_path, embedder):
    lesson = "# 清蒸鲈鱼\n\n清蒸鲈鱼-预览图-3\n\n水开后大火蒸八分钟。\n"
    assert first_quote(tmp_path, embedder, lesson, "清蒸鲈鱼蒸几分钟").text == "水开后大火蒸八分钟。"


def test_an_exercise_is_quoted_from_where_it_is_answered_on(tmp_path, embedder):
    lesson = """# 身份证

## 小练习

老板以保管为名收走工人的身份证，对吗？不对。身份证只能由法律规定的机关扣押，用人单位不行。可以要求退还。

## 习题

宿舍的门锁坏了，舍监说身份证押给他才修。这样做合适吗？
"""
    (tmp_path / "a.md").write_text(lesson, "utf-8")
    home = IndexHome(tmp_path / "data")
    build_index([tmp_path / "a.md"], home, embedder)
    generation = home.open_current()
    first, *_ = read(Search(generation, embedder), "老板把我身份证收走不还")
    assert first.text.endswith("对吗？不对。身份证只能由法律规定的机关扣押，用人单位不行。可以要求退还。")
    quotes = read(Search(generation, embedder), "门锁坏了身份证押给舍监")
    assert not any("门锁" in quote.text for quote in quotes)
    generation.close()


@pytest.mark.parametrize("title", ["练习", "习题 3", "第二章 课后习题", "Exercises"])
def test_a_lesson_of_exercises_answers_nothing(tmp_path, embedder, title):
    lesson = f"# {title}\n\n找不到目标元素时，二分查找可以返回 0 吗？\n\n请改写二分查找，返回插入的位置。\n"
    (tmp_path / "a.md").write_text(lesson, "utf-8")
    home = IndexHome(tmp_path / "data")
    build_index([tmp_path / "a.md"], home, embedder)
    generation = home.open_current()
    assert read(Search(generation, embedder), "二分查找找不到返回什么") == ()
    generation.close()


def test_a_lesson_on_exercises_for_the_body_is_quoted(tmp_path, embedder):
    lesson = "# 康复练习\n\n膝盖疼时坐着抬腿，每天两组，每组十次。\n"
    assert first_quote(tmp_path, embedder, lesson, "膝盖疼怎么练").text.startswith("膝盖疼时坐着抬腿")


def test_listings_are_not_quoted(chicken):
    assert all("print" not in quote.text for quote in read(chicken, "浸鸡"))


def test_nothing_found_says_nothing(chicken):
    reading = read_closely(chicken, chicken.query("浸鸡"), [])
    assert (best_quotes(reading, {}), reading.closeness) == ((), 0.0)


RULES = """# 图书馆的规矩

## 读者须知

读者不得有下列行为：

""" + "\n\n".join(
    f"（{number}）{what}；"
    for number, what in zip(
        "一二三四五六七八",
        (
            "在阅览室里高声接打电话",
            "把饮料带到古籍部",
            "用杂物占着别人的座位",
            "在书页上划线或者折角",
            "把书架上的书藏到别处",
            "带宠物进少儿馆",
            "在楼梯口给电动车充电",
            "翻越还书箱旁边的栏杆",
        ),
        strict=True,
    )
)


def test_an_item_comes_with_the_line_it_is_an_item_of(tmp_path, embedder):
    (tmp_path / "a.md").write_text(RULES, "utf-8")
    home = IndexHome(tmp_path / "data")
    build_index([tmp_path / "a.md"], home, embedder)
    generation = home.open_current()
    (quote, *_) = read(Search(generation, embedder), "图书馆里能给电动车充电吗")
    generation.close()
    assert quote.text.startswith("读者不得有下列行为：")
    assert "（七）在楼梯口给电动车充电" in quote.text


SHELVES = (
    "# 书架\n\n## 书架倒过来的原因\n\n"
    + "书架靠墙的一面没有钉住，孩子一爬就会往前倒，人就压在下面。" * 4
    + "书架要防倒，可以这样做：\n\n1. 书架顶上用角码钉在墙里。\n2. "
    + "重的书放在最下面两层，轻的书和摆件放在上面，" * 7
    + "这样不容易倒。\n3. 门和抽屉装上锁扣，孩子不能一下子全拉开。\n"
)


def test_a_list_that_is_cut_is_quoted_whole_where_it_fits(tmp_path, embedder):
    quote = first_quote(tmp_path, embedder, SHELVES, "书架怎么防倒")
    assert "1. 书架顶上" in quote.text
    assert quote.text.endswith("孩子不能一下子全拉开。")
    assert count_tokens(quote.text) > QUOTE_TOKENS
