import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from companion.state.wechat_people import Part
from wechat.cutting import Links, cut, halves, parts, plain, told

SOURCE = {
    "n": 1, "passage_id": "p/1&2", "course_id": "c 1", "course_title": "快递<b>", "lesson_title": "赔偿", "url": None,
    "as_of": "2026-09-01", "expired": None,
}  # fmt: skip
ANSWER = {"text": "保过价的，按约定赔。[1]", "sources": [SOURCE], "courses": [], "cited": [1]}


def without_space(text):
    return re.sub(r"\s", "", text)


@given(some.text(max_size=400), some.integers(8, 120))
def test_cutting_keeps_within_the_bytes_and_loses_nothing(text, most):
    pieces = cut(text, most)
    assert all(0 < len(piece.encode(errors="surrogatepass")) <= most for piece in pieces)
    assert without_space("".join(pieces)) == without_space(text)


@given(some.text(some.sampled_from("快递丢了谁来赔。！？，\n a1.👍🏽é<>[]"), max_size=2_000), some.integers(30, 2_000))
def test_so_does_cutting_of_what_people_write(text, most):
    pieces = cut(text, most)
    assert all(len(piece.encode()) <= most for piece in pieces)
    assert without_space("".join(pieces)) == without_space(text)


@given(some.text(some.sampled_from("快递。\n"), min_size=1, max_size=900), some.booleans())
def test_parts_with_their_label_keep_within_the_bytes_too(text, ai):
    for part in parts(text, 300, ai, "（内容由AI生成）"):
        assert len(part.text.encode()) <= 300
        assert part.text.endswith("（内容由AI生成）") == ai
        assert part.ai == ai


def test_a_message_ends_where_a_paragraph_or_a_sentence_does():
    sentence = "保过价的快件丢失了，按约定的规则赔偿给寄件的人。"
    assert all(piece.endswith("。") for piece in cut(sentence * 40, 500))
    paragraphs = "\n\n".join([sentence * 5] * 4)
    assert cut(paragraphs, 500) == (sentence * 5,) * 4


def test_a_link_is_not_cut_in_two():
    link = Links("wx1", "pages/source?passage={passage_id}").to("快递·赔偿", SOURCE)
    pieces = cut("字" * 60 + link + "字" * 60, 300)
    assert link in "".join(piece for piece in pieces if "<a" in piece)
    assert all(piece.count("<a") == piece.count("</a>") for piece in pieces)


def test_a_message_that_was_too_long_is_two_and_each_says_who_wrote_it():
    words = "（内容由AI生成）"
    (part,) = parts("快件丢了，先报案。" * 20, 2_000, True, words)
    two = halves(part, words)
    assert len(two) >= 2
    assert all(piece.text.endswith(words) and piece.ai for piece in two)
    assert without_space("".join(piece.text.removesuffix(words) for piece in two)) == "快件丢了，先报案。" * 20
    assert halves(Part("一" * 40), words) == (Part("一" * 20), Part("一" * 20))


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("# 赔偿\n\n**保过价**的，*照约定*赔。", "赔偿\n\n保过价的，照约定赔。"),
        ("- 一\n- 二\n  - 三", "• 一\n• 二\n  • 三"),
        ("1. 一\n2. 二", "1. 一\n2. 二"),
        ("> 引用的话", "引用的话"),
        ("| 名 | 数 |\n|---|---:|\n| 甲 | 3 |", "名 | 数\n甲 | 3"),
        ("> 记下：\n>\n> | 名 | 数 |\n> | 甲 | 3 |\n> - 一 [1]", "记下：\n\n名 | 数\n甲 | 3\n• 一 [1]"),
        ("```python\na * b * c\n```", "a * b * c"),
        ("前\n\n```python\n# 注释\n- a\n```\n\n后", "前\n\n# 注释\n- a\n\n后"),
        ("~~~\n# 没有结束", "# 没有结束"),
        ("看[这里](https://x.example/a)", "看这里（https://x.example/a）"),
        ("![图](https://x.example/a.png)", "图"),
        ("一\n\n\n\n二\n---\n三", "一\n\n二\n三"),
        ("用 `rm` 删", "用 rm 删"),
        ("2 * 3 * 4 = 24，a_b_c", "2 * 3 * 4 = 24，a_b_c"),
        ("3 < 4", "3 < 4"),
        ("引用[1]不是链接", "引用[1]不是链接"),
        ("> parcels[0\\] 是第一件 [1]", "parcels[0] 是第一件 [1]"),
    ],
)
def test_markdown_is_read_as_a_phone_shows_it(markdown, expected):
    assert plain(markdown) == expected


@pytest.mark.parametrize("text", ['<a href="https://evil.example">点</a>', "<A HREF=x>", "</a>", "<!-- -->"])
def test_only_links_of_ours_are_links(text):
    answer = ANSWER | {"text": text, "courses": [{"title": text, "reason": text, "sample": True}]}
    assert not re.search(
        r"<(?!a href=\"https://weixin\.qq\.com\" data-mini|/a>)", told(answer, Links("wx1", "pages/s?p={passage_id}"))
    )


def test_what_is_cited_is_named_below_lesson_by_lesson_and_what_is_not_is_not():
    other = SOURCE | {"n": 2, "course_title": "别的", "url": "https://x.example/a", "sample": True}
    again, uncited = SOURCE | {"n": 3, "passage_id": "p2"}, SOURCE | {"n": 4, "course_title": "没有引用"}
    text = told(ANSWER | {"sources": [SOURCE, other, again, uncited], "cited": [1, 2, 3]}, Links("wx1"))
    assert text == (
        "保过价的，按约定赔。[1]\n\n出处：\n[1][3] 快递＜b＞·赔偿（2026-09-01）\n"
        "[2] 别的·赔偿（示例数据）（2026-09-01）\nhttps://x.example/a"
    )


def test_a_source_is_a_link_to_its_page_where_there_is_one():
    text = told(ANSWER, Links("wx1", "pages/source/source?passage={passage_id}&course={course_id}"))
    assert 'data-miniprogram-appid="wx1"' in text
    assert 'data-miniprogram-path="pages/source/source?passage=p%2F1%262&amp;course=c%201"' in text


def test_courses_come_with_the_reason_and_what_their_records_state():
    price, hall = {"amount": 0.0, "currency": "CNY"}, {"city": "佛山市", "address": "图书馆", "start": "2099-03-01"}
    first = {
        "title": "急救", "course_id": "c1", "reason": "与您说的相近", "sample": True, "provider": "夜校", "level": 1,
        "hours": 6.0, "credits": None, "price": price, "delivery": "offline", "summary": "先看现场。",
        "offerings": [hall | {"start": "2001-01-01"}, hall],
    }  # fmt: skip
    second = {"title": "二", "course_id": "c2", "reason": "三", "sample": False, "price": price | {"amount": 60.0}}
    answer = {"text": "有这些：", "sources": [], "courses": [first, second]}
    line = "1. 《急救》（示例数据）：与您说的相近\n夜校 · 等级 1 · 6 学时 · 免费 · 线下"
    assert told(answer, Links("wx1")) == f"有这些：\n\n{line}\n\n2. 《二》：三\n60 元"
    alone = told(answer | {"courses": [first]}, Links("wx1"))
    assert alone == f"有这些：\n\n{line}\n先看现场。\n面授：2099-03-01，佛山市图书馆"
    # What the words name already is not named again, and is the link.
    named = told(answer | {"text": "先学《二》，再学《急救》。"}, Links("wx1", "pages/course/course?id={course_id}"))
    assert named.count("《") == 2
    assert re.search(r'id=c2">《二》</a>.*id=c1">《急救》</a>。\n\n（上面的课程是示例数据）$', named)
    assert "<a" not in told(answer, Links("wx1", "pages/source?passage={passage_id}"))
