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


def test_markdown_keeps_words_and_drops_mark_up_and_scripts():
    document = read_markdown(
        "看**重点**和[链接](http://x)，<u>下划线</u>，![图](a.png)公式 $a_1 * b_1$。\n\n<script>alert(1)</script>"
    )
    assert [block.text for block in document.blocks] == ["看重点和链接，下划线， 图 公式 $a_1 * b_1$。"]


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


def test_mkdocs_tabs_that_only_count_pictures_leave_what_the_pictures_show():
    document = read_markdown(
        '看下图。\n\n=== "<1>"\n    ![查找步骤](a/step1.png)\n\n=== "<2>"\n    ![step2](a/step2.png)\n\n后面。'
    )
    assert [block.text for block in document.blocks] == ["看下图。", "查找步骤", "后面。"]


@pytest.mark.parametrize(
    "pointer",
    [
        "[file]{two_sum}-[class]{}-[func]{two_sum}",
        '--8<-- "two_sum.py"',
        "{{#include two_sum.rs}}",
        "<<< @/two_sum.py",
    ],
)
def test_a_listing_that_only_points_at_a_file_is_left_out(pointer):
    document = read_markdown(f"代码如下：\n\n```src\n{pointer}\n```\n\n```py\nx = 1\n```")
    assert [block.text for block in document.blocks] == ["代码如下：", "```py\nx = 1\n```"]


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

    from course_index.sources.word import read_docx

    word = docx.Document()
    table = word.add_table(rows=0, cols=2)
    for row in (("工种", "补贴"), ("电工", "1200 元")):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    word.save(str(tmp_path / "a.docx"))
    (read,) = read_docx(tmp_path / "a.docx").blocks
    assert read.text == "| 工种 | 补贴 |\n| --- | --- |\n| 电工 | 1200 元 |"


def test_signs_that_mean_something_to_markdown_stay_what_a_page_shows():
    page = (
        "<h1>头文件<sup>2</sup></h1><p>写 #include &lt;stdio.h&gt;，再声明 vector&lt;int&gt; v，"
        "共 10<sup>6</sup> 个。</p>"
        "<p># 不是标题</p><p>1. 不是列表</p><p><b>注意：</b>不要碰 a*b_c，价 $5 到 $10。</p>"
    )
    document = read_html(page)
    assert document.title == "头文件²"
    assert [(block.kind, block.text) for block in document.blocks] == [
        ("paragraph", "写 #include <stdio.h>，再声明 vector<int> v，共 10⁶ 个。"),
        ("paragraph", "# 不是标题"),
        ("paragraph", "1. 不是列表"),
        ("paragraph", "注意：不要碰 a*b_c，价 $5 到 $10。"),
    ]


def test_formulas_of_a_page_keep_their_shape():
    power = "<msup><mi>x</mi><mrow><mi>n</mi><mo>+</mo><mn>1</mn></mrow></msup>"
    (block,) = read_html(
        f"<p>设 <math>{power}<mo>=</mo><mfrac><mn>1</mn><msqrt><mn>2</mn></msqrt></mfrac></math>，即 "
        r"<math><mi>y</mi><annotation encoding='application/x-tex'>y_1</annotation></math> 或 \(a_1 * b\)。</p>"
    ).blocks
    assert block.text == r"设 $x^{n+1}=\frac{1}{\sqrt{2}}$，即 $y_1$ 或 $a_1 * b$。"


@pytest.mark.parametrize(
    "page",
    [
        "<form id='aspnetForm'><h2>甲</h2><p>一。</p><p>二。</p></form>",
        "<article><h2>甲</h2><p>一。</p></article><article><p>二。</p></article>",
        "<h2><button>甲</button></h2><p>一。</p><p>二。<select><option>选</option></select></p>",
        "<table><tr><td><h2>甲</h2><table><tr><td>一。</td></tr></table></td></tr><tr><td>二。</td></tr></table>",
    ],
)
def test_all_of_a_page_is_read_however_it_is_laid_out(page):
    assert [block.text for block in read_html(page).blocks] == ["甲", "一。", "二。"]


def test_no_cell_of_a_table_is_lost_whatever_its_first_row_has():
    page = (
        "<table><tr><td>收费表</td></tr><tr><td>项目</td><td>费用</td></tr><tr><td>体检</td><td>30元</td><td>必做</td></tr>"
        "</table>"
    )
    assert [block.text for block in read_html(page).blocks] == [
        "收费表",
        "| 项目 | 费用 |  |\n| --- | --- | --- |\n| 体检 | 30元 | 必做 |",
    ]


def test_html_footnotes_and_raised_signs_in_markdown_are_read():
    document = read_markdown(
        "# 课\n\n共 10<sup>6</sup> 个[^1]，**注意：**下面有表。\n\n"
        "<table><tr><th>项目</th><th>费用</th></tr><tr><td>体检</td><td>30元</td>"
        "</tr></table>\n\n<details>\n<summary>答</summary>\n\n折起来的 **话**。\n\n</details>\n\n"
        "| 步骤 | 说明 |\n|---|---|\n| 一 | 剪枝<br>施肥 |\n\n[^1]: 脚注里的话没有空格\n"
    )
    assert [block.text for block in document.blocks] == [
        "共 10⁶ 个[1]，注意：下面有表。",
        "| 项目 | 费用 |\n| --- | --- |\n| 体检 | 30元 |",
        "答",
        "折起来的 话。",
        "| 步骤 | 说明 |\n| --- | --- |\n| 一 | 剪枝 施肥 |",
        "脚注里的话没有空格",
    ]


_MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def test_word_s_numbers_and_formulas_are_read_and_hidden_text_is_not(tmp_path):
    import docx
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    from course_index.sources.word import read_docx

    word = docx.Document()
    numbering = word.part.numbering_part.element
    numbering.insert(
        0,
        parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="90"><w:lvl w:ilvl="0"><w:start w:val="11"/>'
            '<w:numFmt w:val="chineseCounting"/><w:lvlText w:val="第%1条"/></w:lvl></w:abstractNum>'
        ),
    )
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="90"><w:abstractNumId w:val="90"/></w:num>'))
    for said in ("本条例适用于全省。", "本条例自公布之日起施行。"):
        word.add_paragraph(said)._p.get_or_add_pPr().append(
            parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="90"/></w:numPr>')
        )
    formula = word.add_paragraph("面积是 ")
    formula._p.append(
        parse_xml(
            f'<m:oMath xmlns:m="{_MATH}"><m:f><m:num><m:r><m:t>πd</m:t></m:r></m:num>'
            "<m:den><m:r><m:t>4</m:t></m:r></m:den></m:f></m:oMath>"
        )
    )
    formula.add_run("，第 3")
    formula.add_run("2").font.superscript = True
    formula.add_run("答案是 B").font.hidden = True
    word.save(str(tmp_path / "a.docx"))
    assert [block.text for block in read_docx(tmp_path / "a.docx").blocks] == [
        "第十一条 本条例适用于全省。",
        "第十二条 本条例自公布之日起施行。",
        "面积是 $\\frac{πd}{4}$，第 3²",
    ]


def test_a_slide_is_told_as_it_is_shown_without_what_stands_on_each(tmp_path):
    import copy

    import pptx
    from lxml import etree
    from PIL import Image
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    from course_index.sources.office import read_pptx

    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text, body = "接线", slide.placeholders[1].text_frame
    body.text = "先断电"
    below = body.add_paragraph()
    below.text, below.level = "验电", 1
    for furniture in show.slide_layouts[1].placeholders:
        if furniture.element.ph.get("type") in ("ftr", "sldNum", "dt"):
            slide.shapes._spTree.append(copy.deepcopy(furniture._element))
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    slide.shapes.add_picture(str(tmp_path / "a.png"), 0, 6_000_000)._element.nvPicPr.cNvPr.set("descr", "接线示意图")
    hidden = slide.shapes.add_textbox(0, 0, 9, 9)
    hidden.text_frame.text = "答案"
    hidden._element.nvSpPr.cNvPr.set("hidden", "1")
    grid = slide.shapes.add_table(2, 2, 0, 6_100_000, 9, 9).table
    grid.cell(0, 0).text, grid.cell(0, 1).text, grid.cell(1, 0).text = "甲", "乙", "30 元"
    grid.cell(1, 0).merge(grid.cell(1, 1))
    figures = CategoryChartData()
    figures.categories = ["2025", "2026"]
    figures.add_series("人数", (12, 15.5))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 6_200_000, 9, 9, figures)
    both = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:p='
        '"http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/'
        f'2006/main" xmlns:m="{_MATH}" xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main"><mc:Choice><p:sp>'
        '<p:nvSpPr><p:cNvPr id="99" name=""/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:p><a:r>'
        "<a:t>即 </a:t></a:r><a14:m><m:oMath><m:r><m:t>U=IR</m:t></m:r></m:oMath></a14:m></a:p></p:txBody></p:sp>"
        "</mc:Choice><mc:Fallback/></mc:AlternateContent>"
    )
    slide.shapes._spTree.append(etree.fromstring(both))
    show.slides.add_slide(show.slide_layouts[5]).shapes.title.text = "只有一句：安全第一"
    show.save(str(tmp_path / "a.pptx"))
    assert [(block.place.first, block.text) for block in read_pptx(tmp_path / "a.pptx").blocks] == [
        (1, "接线"),
        (1, "即 $U=IR$"),
        (1, "- 先断电\n  - 验电"),
        (1, "接线示意图"),
        (1, "| 甲 | 乙 |\n| --- | --- |\n| 30 元 | 30 元 |"),
        (1, "|  | 人数 |\n| --- | --- |\n| 2025 | 12 |\n| 2026 | 15.5 |"),
        (2, "只有一句：安全第一"),
        (2, "只有一句：安全第一"),
    ]
