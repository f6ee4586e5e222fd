from datetime import date
from pathlib import Path

import pytest

from course_index.errors import SourceProblem
from course_index.sources.decode import decode
from course_index.sources.html import read_html
from course_index.sources.lesson_file import LessonFile, title_from
from course_index.sources.markdown import read_markdown
from course_index.sources.plain_text import read_plain_text


def kinds(document):
    return [block.kind for block in document.blocks]


def test_markdown_gives_title_and_blocks_in_order():
    document = read_markdown(
        "# 标题\n\n第一段。\n\n- 甲\n- 乙\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nx = 1\n\ny = 2\n```\n"
    )
    assert document.title == "标题"
    assert kinds(document) == ["paragraph", "list", "table", "code"]
    assert document.blocks[1].text == "- 甲\n- 乙"
    assert document.blocks[2].text == "| a | b |\n| --- | --- |\n| 1 | 2 |"
    assert document.blocks[3].text == "```py\nx = 1\n\ny = 2\n```"


def test_markdown_keeps_words_and_drops_mark_up_pictures_and_scripts():
    document = read_markdown(
        "看**重点**和[链接](http://x)，<u>下划线</u>，![图](a.png)公式 $a_1 * b_1$。\n\n<script>alert(1)</script>"
    )
    assert [block.text for block in document.blocks] == ["看重点和链接，下划线，公式 $a_1 * b_1$。"]


def test_markdown_front_matter_gives_title_and_date():
    document = read_markdown("---\ntitle: 课\nupdated_at: 2026-05-01\n---\n\n正文。")
    assert (document.title, document.updated_at) == ("课", date(2026, 5, 1))
    assert [block.text for block in document.blocks] == ["正文。"]


def test_mkdocs_tabs_and_folded_admonitions_are_read_as_what_they_hold():
    document = read_markdown(
        '=== "Python"\n\n    ```python\n    x = 1\n    ```\n\n??? tip "提示"\n\n    里面的话。\n\n后面。'
    )
    assert [block.text for block in document.blocks] == [
        "Python",
        "```python\nx = 1\n```",
        "提示",
        "里面的话。",
        "后面。",
    ]


def test_nested_lists_keep_their_items_and_numbers():
    (block,) = read_markdown("3. 三\n   - 里\n4. 四\n").blocks
    assert block.text == "3. 三\n  - 里\n4. 四"


def test_html_gives_content_without_furniture():
    page = """<!doctype html><html><head><title>页名</title><style>p{}</style></head><body><nav>菜单</nav>
    <main><h1>课名</h1><p>正文<b>一</b>。</p><ul><li>甲</li><li>乙</li></ul><table><tr><th>a</th></tr><tr><td>1</td></tr></table>
    <pre>x = 1</pre><p hidden>看不见</p></main><footer>版权</footer><script>steal()</script></body></html>"""
    document = read_html(page)
    text = "\n".join(block.text for block in document.blocks)
    assert document.title == "课名"
    assert kinds(document) == ["paragraph", "list", "table", "code"]
    for absent in ("菜单", "版权", "steal", "看不见", "页名", "p{}"):
        assert absent not in text


def test_plain_text_takes_a_short_first_line_for_its_title():
    document = read_plain_text("课名\r\n\r\n第一段。\r\n\r\n第二段。")
    assert (document.title, [block.text for block in document.blocks]) == ("课名", ["第一段。", "第二段。"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "big5"])
def test_text_is_read_in_what_chinese_providers_send(encoding):
    text = "學習的時候要多想一想，這是我們的課程。" if encoding == "big5" else "学习的时候要多想一想，这是我们的课程。"
    assert decode(text.encode(encoding))[0] == text


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\x00\x00", bytes(range(128, 256)) * 8, b"\xff\xfe\x00"])
def test_what_is_no_text_is_refused_with_what_to_do(data):
    with pytest.raises(SourceProblem, match=r"UTF-8"):
        decode(data)


def test_a_file_named_md_that_holds_a_page_is_read_as_the_page(tmp_path: Path):
    path = tmp_path / "a.md"
    path.write_text("<!DOCTYPE html><html><body><h1>页</h1><p>正文。</p></body></html>", "utf-8")
    lesson = LessonFile(path, "a.md")
    document = lesson.document()
    assert (document.title, [block.text for block in document.blocks]) == ("页", ["正文。"])


def test_a_date_in_the_file_name_dates_the_lesson(tmp_path: Path):
    path = tmp_path / "条例(2019-03-02).md"
    path.write_text("正文。", "utf-8")
    document = LessonFile(path, path.name).document()
    assert (document.title, document.updated_at) == ("条例", date(2019, 3, 2))


@pytest.mark.parametrize(
    ("stem", "title"), [("01-开始", "开始"), ("chapter_2", "chapter 2"), ("2026-01-02", "2026-01-02")]
)
def test_file_names_become_titles(stem, title):
    assert title_from(stem) == title


def test_a_cell_over_several_rows_and_columns_is_told_in_each_of_them():
    page = """<table><tr><th rowspan=2>险种</th><th colspan="2">缴费</th></tr><tr><th>单位</th><th>个人</th></tr>
    <tr><td rowspan="2">养老</td><td>16%</td><td>8%</td></tr><tr><td colspan=2>灵活就业 20%</td></tr>
    <tr><td rowspan=99999999>医疗</td><td>5%</td></tr></table>"""
    (table,) = read_html(page).blocks
    assert table.text.splitlines() == [
        "| 险种 | 缴费 单位 | 缴费 个人 |",
        "| --- | --- | --- |",
        "| 养老 | 16% | 8% |",
        "| 养老 | 灵活就业 20% | 灵活就业 20% |",
        "| 医疗 | 5% |  |",
    ]


@pytest.mark.parametrize("unseen", ["hidden", 'style="display:none"', "style='color:red; DISPLAY : none'"])
def test_what_a_page_does_not_show_is_not_read(unseen):
    document = read_html(f"<p>看得见。</p><div {unseen}><p>看不见。</p></div><p style='display:block'>也看得见。</p>")
    assert [block.text for block in document.blocks] == ["看得见。", "也看得见。"]


def test_pictures_are_told_in_the_words_of_their_authors():
    page = '<p>见图：<img src="a.png" alt="触电后先切断电源的步骤图"></p><p><img src="b.png" alt="IMG_01.png">完。</p>'
    assert [block.text for block in read_html(page).blocks] == ["见图： 触电后先切断电源的步骤图", "完。"]


def test_the_first_row_of_a_word_table_is_its_headings(tmp_path):
    import docx

    from course_index.sources.office import read_docx

    word = docx.Document()
    table = word.add_table(rows=0, cols=2)
    for row in (("工种", "补贴"), ("电工", "1200 元")):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    word.save(str(tmp_path / "a.docx"))
    (read,) = read_docx(tmp_path / "a.docx").blocks
    assert read.text == "| 工种 | 补贴 |\n| --- | --- |\n| 电工 | 1200 元 |"
