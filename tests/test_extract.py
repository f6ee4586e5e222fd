import pytest

from companion.extract import WHOLE_ARTICLE_TOKENS, read_closely
from course_index.build import build_index
from course_index.store.generations import IndexHome
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
    return read_closely(search, query, search.passages(query, 4))


def test_quotes_stand_in_their_passages_to_the_letter(index):
    for question in ("快件丢了谁来赔", "哈希冲突怎么解决", "what is a binary heap", "插入快还是访问快"):
        quotes = read(index.search, question).quotes
        assert quotes
        for quote in quotes:
            assert quote.text in quote.hit.passage.text


def test_an_article_is_quoted_whole(index):
    (quote, *_) = read(index.search, "快件丢了谁来赔").quotes
    assert quote.text == quote.hit.passage.text
    assert quote.hit.passage.tokens <= WHOLE_ARTICLE_TOKENS


def test_a_list_comes_with_the_line_that_leads_into_it(index):
    (quote, *_) = read(index.search, "哈希冲突有哪些办法解决").quotes
    assert "解决哈希冲突常用两种办法：" in quote.text
    assert "2. 开放寻址" in quote.text


def test_who_asks_for_a_number_is_given_the_sentence_with_it(chicken):
    assert "二十五到三十分钟" in read(chicken, "鸡要浸多久").quotes[0].text


def test_listings_are_not_quoted(chicken):
    assert all("print" not in quote.text for quote in read(chicken, "浸鸡").quotes)


def test_nothing_found_says_nothing(chicken):
    reading = read_closely(chicken, chicken.query("浸鸡"), [])
    assert (reading.quotes, reading.closeness) == ((), 0.0)
