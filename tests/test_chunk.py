import pytest

from course_index.chunk import MAX_TOKENS, MIN_TOKENS, cut
from course_index.sentences import split_sentences
from course_index.sources.markdown import read_markdown
from course_index.sources.plain_text import read_plain_text
from course_index.tokens import count_tokens

LONG = "".join(f"这是第{number}句话，它说的是一件不一样的事情。" for number in range(120))


def test_each_article_is_a_piece_with_its_number_and_chapter():
    pieces = cut(
        read_markdown(
            "# 法\n\n## 第一章 总则\n\n第一条 短。\n\n第二条 有两款。\n\n第二款在这里。\n\n第十二条之一 尾。"
        ),
        "法",
    )
    assert [(piece.locator_kind, piece.locator) for piece in pieces] == [
        ("article", "第一条"), ("article", "第二条"), ("article", "第十二条之一"),
    ]  # fmt: skip
    assert all(piece.heading_path == ("第一章 总则",) for piece in pieces)
    assert pieces[1].text == "第二条 有两款。\n\n第二款在这里。"


def test_articles_and_chapters_are_found_in_text_that_marks_nothing_up():
    pieces = cut(
        read_plain_text("某条例\n\n第一章 总则\n第一条 甲。\n第二条 乙。\n\n第二章 附则\n\n第三条 丙。"), "某条例"
    )
    assert [(piece.heading_path, piece.locator) for piece in pieces] == [
        (("第一章 总则",), "第一条"), (("第一章 总则",), "第二条"), (("第二章 附则",), "第三条"),
    ]  # fmt: skip


def test_a_piece_carries_the_path_of_headings_above_it():
    body = "一段足够长的正文。" * 12
    pieces = cut(read_markdown(f"# 课\n\n## 甲\n\n### 乙\n\n{body}\n\n## 丙\n\n{body}"), "课")
    assert [piece.locator for piece in pieces] == ["甲 › 乙", "丙"]


def test_long_text_is_cut_at_sentence_ends_into_even_pieces_and_nothing_is_lost():
    pieces = cut(read_markdown(LONG), "课")
    assert "".join(piece.text for piece in pieces) == LONG
    sizes = [piece.tokens for piece in pieces]
    assert len(pieces) > 3
    assert max(sizes) <= MAX_TOKENS
    assert min(sizes) > max(sizes) / 2
    assert all(piece.text.endswith("。") for piece in pieces)


def test_no_rump_is_left_alone():
    pieces = cut(read_markdown(f"# 课\n\n## 甲\n\n短。\n\n## 乙\n\n{LONG[:400]}\n\n## 丙\n\n也短。"), "课")
    assert all(piece.tokens >= MIN_TOKENS for piece in pieces)
    assert "短。" in pieces[0].text
    assert "丙\n\n也短。" in pieces[-1].text


def test_text_without_any_sentence_end_is_cut_by_length_between_words():
    transcript = "嗯然后我们来看一下这个东西它是怎么工作的" * 200
    pieces = cut(read_markdown(transcript), "课")
    assert "".join(piece.text for piece in pieces) == transcript
    assert max(piece.tokens for piece in pieces) <= MAX_TOKENS
    speech = "internationalization of communication characteristics " * 200
    pieces = cut(read_markdown(speech), "课")
    assert len(pieces) > 1
    assert " ".join(piece.text for piece in pieces) == speech.strip()  # and no word is cut


def test_a_long_listing_is_cut_into_fenced_listings():
    lines = [f"value_{number} = compute({number})" for number in range(200)]
    pieces = cut(read_markdown("```python\n" + "\n".join(lines) + "\n```"), "课")
    assert len(pieces) > 1
    for piece in pieces:
        assert piece.text.startswith("```python\n")
        assert piece.text.endswith("\n```")
    assert [line for piece in pieces for line in piece.text.splitlines() if not line.startswith("```")] == lines


def test_a_long_table_is_cut_between_rows():
    rows = "\n".join(f"| {number} | 这一行说明第{number}种情况下应该怎么办 |" for number in range(80))
    pieces = cut(read_markdown(f"| 号 | 说明 |\n|---|---|\n{rows}"), "课")
    assert len(pieces) > 1
    assert all(line.startswith("|") and line.endswith("|") for piece in pieces for line in piece.text.splitlines())
    assert all(piece.text.startswith("| 号 | 说明 |\n| --- | --- |\n| ") for piece in pieces)
    assert [line for piece in pieces for line in piece.text.splitlines()[2:]] == rows.splitlines()
    assert max(piece.tokens for piece in pieces) <= MAX_TOKENS


def test_each_part_of_a_long_list_says_what_it_is_a_list_of():
    lead = "第七条 场馆的工作人员不得有下列行为："
    items = [
        f"（{number}）在第{number}个馆里收取规定以外的费用，或者替别人占着位子不让人坐；"
        for number in "一二三四五六七八九十" * 2
    ]
    pieces = cut(read_markdown("# 规定\n\n" + "\n\n".join([lead, *items, "违反的，由主管部门责令改正。"])), "规定")
    assert len(pieces) > 1
    assert all(piece.text.startswith(lead) for piece in pieces)
    assert sum(piece.text.count("收取规定以外") for piece in pieces) == len(items)
    assert max(piece.tokens for piece in pieces) <= MAX_TOKENS


def test_what_only_follows_a_list_is_not_led_in_by_it():
    items = "\n".join(f"- 第{number}样东西要带，放在书包靠外的那一格里，拿的时候不用翻" for number in range(30))
    pieces = cut(read_markdown(f"# 课\n\n要带的有：\n\n{items}\n\n{LONG}"), "课")
    led = [piece.text.startswith("要带的有：") for piece in pieces]
    assert led[:2] == [True, True]
    assert not led[-1]


def test_each_part_of_a_long_table_has_the_headings_of_its_columns():
    rows = "\n".join(f"| {number} | 这一行说明第{number}种情况下应该怎么办 |" for number in range(80))
    table = f"| 号 | 说明 |\n|---|---|\n{rows}"
    pieces = cut(read_markdown(f"## 处理\n\n下面逐一说明。\n\n{table}\n\n就这些。"), "课")
    assert len(pieces) > 2
    for piece in pieces:
        assert piece.text.count("| 号 | 说明 |\n| --- | --- |\n") == 1
        assert piece.tokens <= MAX_TOKENS
    told = [line for piece in pieces for line in piece.text.splitlines() if "第" in line]
    assert told == rows.splitlines()


def test_headings_that_would_leave_no_room_for_rows_are_told_once():
    heading = f"| {'很长的栏目名称' * 40} | 说明 |"
    rows = "\n".join(f"| {number} | 这一行说明第{number}种情况下应该怎么办 |" for number in range(80))
    pieces = cut(read_markdown(f"{heading}\n|---|---|\n{rows}"), "课")
    assert sum("很长的栏目名称" in piece.text for piece in pieces) == 1


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("甲。乙！“丙？”丁", ["甲。", "乙！", "“丙？”", "丁"]),
        ("It costs 3.5 yuan, e.g. this. Next one.", ["It costs 3.5 yuan, e.g. this.", " Next one."]),
        ("1. 第一\n2. 第二", ["1. 第一\n", "2. 第二"]),
        ("", [""]),
    ],
)
def test_sentences_end_where_a_reader_would_say_so(text, sentences):
    assert split_sentences(text) == [sentence for sentence in sentences if sentence]


def test_tokens_are_counted_without_a_fetch():
    assert count_tokens("hello world") == 2
    assert count_tokens("<|endoftext|>") > 1
