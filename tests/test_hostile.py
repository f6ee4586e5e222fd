"""Whatever is typed: no exception, the same answer in every Unicode form, no search that costs a multiple."""

import unicodedata

import pytest

from course_index.store.records import CourseFilter
from retrieval.query import MAX_QUERY_CHARACTERS

HOSTILE = {
    "empty": "",
    "spaces": " \t\n\u3000\u00a0",
    "NUL": "快件\x00丢了",
    "control characters": "".join(map(chr, range(32))),
    "a lone surrogate": "快件\ud83d丢了",
    "surrogates turned round": "\udc00\ud800",
    "emoji only": "😀👩‍👩‍👧‍👦🇨🇳",
    "right to left": "\u202e快件丢了\u202c \u200f谁赔",
    "zero width": "快\u200b件\u200d丢\ufeff了",
    "a flood of accents": "e" + "\u0301" * 5_000,
    "one character that stands for eighteen": "\ufdfa" * 500,
    "private use": "\ue000\uf8ff\U000f0000",
    "beyond the first plane": "𠮶𠩌𡃁",
    "Arabic": "كيف أتعلم",
    "Thai": "เรียนอย่างไร",
    "Hangul": "어떻게 배우나요",
    "full width": "ｈｅａｐ　＋　ｈａｓｈ",
    "search syntax": 'terms:* AND (id:"a" OR NOT b)^2 ~3 [a TO z] \\',
    "SQL": "'; DROP TABLE passages; --",
    "markup": "<script>alert(1)</script>",
    "a template": "{{7*7}} ${7*7} %s %n {0}",
    "a path": "../../../../etc/passwd\x00.md",
    "a regular expression": "(a+)+$" + "a" * 200,
    "asking only": "怎么样？为什么呢",
    "marks only": "？！。，……——",
    "one letter": "a",
    "one character": "堆",
    "no spaces": "heap" * 400,
    "much of one character": "的" * MAX_QUERY_CHARACTERS,
    "100,000 characters": "快件丢了谁来赔。" * 12_500,
    "100,000 words": "heap " * 20_000,
    "digits": "1" * 3_000,
}


def everything(search, text):
    """What each search finds for a text."""
    query = search.query(text)
    return (
        [hit.passage.id for hit in search.passages(query, 8)],
        [hit.passage.id for hit in search.choice(query, 4)],
        [hit.course.id for hit in search.courses(query, 5)],
        [hit.course.id for hit in search.catalogue(query, CourseFilter(), 1, 20).hits],
        search.spelling.correct(text[:MAX_QUERY_CHARACTERS]),
    )


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_nothing_that_is_typed_breaks_a_search(index, text):
    everything(index.search, text)


@pytest.mark.parametrize(
    "text",
    [
        "快件丢了谁来赔",
        "ｈｅａｐ　是什么",
        "café 哈希表",
        "①二叉堆",
        "¯快件\\_(ツ)_/¯",
        "雜湊衝突怎麼解決",
        "가나다 heap",
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_the_same_text_in_any_unicode_form_finds_the_same(index, text, form):
    assert everything(index.search, unicodedata.normalize(form, text))[:4] == everything(index.search, text)[:4]


def test_a_long_text_is_read_no_further_than_the_cap(index):
    start = "快件丢了谁来赔" * 400
    assert len(start) > MAX_QUERY_CHARACTERS
    assert index.search.query(start).text == index.search.query(start + "荔枝保鲜" * 20_000).text
