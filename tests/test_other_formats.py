"""Formats that providers hand over beside the usual ones, and files that are not what their names say."""

import json
import zipfile

import openpyxl
import pptx
import pytest

from course_index.errors import SourceProblem
from course_index.reading import read_lesson
from course_index.sources.lesson_file import LessonFile
from course_index.sources.library import read_library
from tests import exported

OPEN = 'xmlns:office="o" xmlns:text="t" xmlns:table="b" xmlns:draw="d" xmlns:presentation="p" xmlns:style="s" xmlns:xlink="x"'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def open_document(path, kind, body, styles="", **parts):
    content = (
        f"<office:document-content {OPEN}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    mimetype = f"application/vnd.oasis.opendocument.{kind}"
    return exported.zipped(
        path, {"mimetype": mimetype, "content.xml": content, "META-INF/manifest.xml": "<m/>", **parts}
    )


def rtf(text):
    return "".join(c if c.isascii() else "".join(f"\\'{byte:02x}" for byte in c.encode("gbk")) for c in text)


def texts(path):
    return [block.text for block in LessonFile(path, path.name).document().blocks]


def test_an_open_document_is_read_as_it_is_shown(tmp_path):
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>".format
    formula = '<math xmlns="http://www.w3.org/1998/Math/MathML"><mfrac><mi>a</mi><mi>b</mi></mfrac></math>'
    body = (
        '<text:tracked-changes><text:p>删掉的话</text:p></text:tracked-changes><text:h text:outline-level="1">灭火</text:h>'
        '<text:p>面积<text:s/>10<text:span text:style-name="up">6</text:span>，比是'
        '<draw:frame><draw:object xlink:href="./Object 1"/></draw:frame><text:note><text:note-citation>1</text:note-citation>'
        "<text:note-body><text:p>油火不用水。</text:p></text:note-body></text:note><office:annotation><text:p>批注</text:p>"
        '</office:annotation></text:p><text:p text:style-name="no">藏起来的话</text:p>'
        "<text:list><text:list-item><text:p>先断电</text:p></text:list-item></text:list><table:table><table:table-row>"
        f'{cell("类别")}{cell("用什么")}</table:table-row><table:table-row><table:table-cell table:number-rows-spanned="2">'
        f"<text:p>电气</text:p></table:table-cell>{cell('干粉')}</table:table-row><table:table-row>"
        f"<table:covered-table-cell/>{cell('二氧化碳')}</table:table-row></table:table>"
    )
    styles = (
        '<style:style style:name="up"><style:text-properties style:text-position="super 58%"/></style:style>'
        '<style:style style:name="no"><style:text-properties text:display="none"/></style:style>'
    )
    path = open_document(tmp_path / "a.odt", "text", body, styles, **{"Object 1/content.xml": formula})
    document = LessonFile(path, path.name).document()
    assert document.title == "灭火"
    assert [block.text for block in document.blocks] == [
        "面积 10⁶，比是$\\frac{a}{b}$[1]",
        "- 先断电",
        "| 类别 | 用什么 |\n| --- | --- |\n| 电气 | 干粉 |\n| 电气 | 二氧化碳 |",
        "1. 油火不用水。",
    ]
    frame = '<draw:frame presentation:class="{}"><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>'.format
    notes = f"<presentation:notes>{frame('notes', '讲案例')}</presentation:notes>"
    slides = (
        f"<draw:page>{frame('title', '逃生')}{frame('outline', '弯腰走')}{frame('page-number', '7')}{notes}</draw:page>"
        f'<draw:page draw:style-name="no">{frame("outline", "不放的一张")}</draw:page>'
    )
    path = open_document(tmp_path / "b.odp", "presentation", slides, styles)
    read = LessonFile(path, path.name).document().blocks
    assert [(block.text, block.place.first) for block in read] == [("逃生", 1), ("弯腰走", 1), ("讲案例", 1)]
    rows = "".join(
        f"<table:table-row>{cell(a)}{cell(b)}</table:table-row>" for a, b in (("课程名称", "机构"), ("面点", "学院"))
    )
    path = open_document(tmp_path / "c.ods", "spreadsheet", f"<table:table>{rows}</table:table>")
    assert [draft.course.title for draft in read_library([path], {}).drafts] == ["面点"]


NOTEBOOK = {
    "metadata": {"kernelspec": {"language": "python"}},
    "cells": [
        {"cell_type": "markdown", "source": ["# 清洗\n", "\n", "先看缺失的比例。"]},
        {
            "cell_type": "code",
            "source": "df.dropna()",
            "outputs": [
                {"output_type": "stream", "text": ["剩 90 行\n"]},
                {"data": {"text/html": "<table><tr><th>列</th></tr><tr><td>年龄</td></tr></table>", "text/plain": "x"}},
                {"data": {"image/png": "iVBOR", "text/plain": "<Figure>"}},
            ],
        },
    ],
}
CAPTIONS = ["电动车充电不要进楼道。充满以后要马上拔掉插头"]
TTML = (
    '<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="00:00:01.000" end="00:00:04.000">电动车充电不要进楼道</p>'
    '<p begin="00:00:05.000" end="00:00:09.000">充满以后要马上拔掉插头</p></div></body></tt>'
)
MHT = 'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="x"\n\n--x\nContent-Type: text/html; charset="gb2312"\n\n'
READ = [
    ("a.ipynb", json.dumps(NOTEBOOK), ["先看缺失的比例。", "```python\ndf.dropna()\n```", "```\n剩 90 行\n```", "| 列 |\n| --- |\n| 年龄 |"]),
    ("a.ttml", TTML, CAPTIONS),
    ("a.dfxp", TTML, CAPTIONS),
    ("a.sbv", "0:00:01.000,0:00:04.000\n电动车充电不要进楼道\n\n0:00:05.000,0:00:09.000\n充满以后要马上拔掉插头\n", CAPTIONS),
    ("a.lrc", "[ti:充电]\n[00:05.50]充满以后拔掉插头\n[00:01.00][00:09.00]充电不进楼道\n", ["充电不进楼道，充满以后拔掉插头，充电不进楼道"]),
    ("a.vtt", "WEBVTT\n\nSTYLE\n::cue {color: red}\n\n00:01.000 --> 00:04.000\n充电不进楼道。\n\nNOTE 校对过\n\n00:05.000 --> 00:06.000\n拔掉插头。\n", ["充电不进楼道。拔掉插头。"]),
    ("a.srt", "1\n00:00:01,000 --> 00:00:04,000\n充电不进楼道。\n廊下で充電しないでください。\n", ["充电不进楼道。", "廊下で充電しないでください。"]),
    ("a.opml", '<opml><head><title>大纲</title></head><body><outline text="和面"><outline text="醒面" _note="二十分钟"/></outline><outline text="发酵"/></body></opml>', ["和面", "- 醒面：二十分钟", "- 发酵"]),
    ("a.rtf", r"{\rtf1\ansi\ansicpg936{\info{\title " + rtf("消防") + r"}}\pard " + rtf("先断电。") + r"\par\trowd\cellx2000 " + rtf("类别") + r"\cell " + rtf("用什么") + r"\cell\row " + rtf("电气") + r"\cell " + rtf("干粉") + r"\cell\row}", ["先断电。", "| 类别 | 用什么 |\n| --- | --- |\n| 电气 | 干粉 |"]),
    ("a.doc", MHT.encode() + "<html><body><p>先刮后擦。</p></body></html>\n--x--\n".encode("gb18030"), ["先刮后擦。"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "said"), READ, ids=[row[0] for row in READ])
def test_what_providers_hand_over_besides_is_read(tmp_path, name, data, said):
    (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    (lesson,) = read_library([tmp_path], {}).drafts[0].lessons
    assert [block.text for block in lesson.document().blocks] == said


@pytest.mark.parametrize("edition", [2, 3])
def test_chapters_of_a_book_are_called_what_its_contents_call_them(tmp_path, edition):
    files = exported.epub()
    for name in ("one", "two"):  # without titles of their own
        page = files[f"OEBPS/{name}.xhtml"]
        body = page[page.index("<p>") : page.index("</body>")]
        files[f"OEBPS/{name}.xhtml"] = f"<html><head><title>粤曲入门</title></head><body>{body}</body></html>"
    links = "".join(
        f'<li><a href="{name}.xhtml#s">{said}</a></li>' for name, said in (("one", "说板眼"), ("two", "说梆黄"))
    )
    points = "".join(
        f'<navPoint><navLabel><text>{said}</text></navLabel><content src="{name}.xhtml"/></navPoint>'
        for name, said in (("one", "说板眼"), ("two", "说梆黄"))
    )
    files["OEBPS/nav.xhtml"] = f"<html><body><nav><ol>{links}</ol></nav></body></html>"
    if edition == 2:
        old = '<item id="nav" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
        files["OEBPS/book.opf"] = files["OEBPS/book.opf"].replace(
            '<item id="nav" href="nav.xhtml" properties="nav"/>', old
        )
        files["OEBPS/toc.ncx"] = f"<ncx><navMap>{points}</navMap></ncx>"
    path = exported.zipped(tmp_path / "a.epub", files)
    heads = [block.text for block in LessonFile(path, path.name).document().blocks if block.kind == "heading"]
    assert heads == ["说板眼", "说梆黄"]


def test_a_table_that_a_system_exports_as_xls_lists_its_courses(tmp_path):
    page = "<html><body><table><tr><td>课程名称</td><td>开课院校</td><td>总学时</td><td>收费标准</td></tr>"
    (tmp_path / "a.xls").write_text(
        f"{page}<tr><td>面点</td><td>学院</td><td>24</td><td>免费</td></tr></table></body></html>", "utf-8"
    )
    book = openpyxl.Workbook()
    for row in (["课程名称", "主办方"], ["剪纸", "文化馆"]):
        book.active.append(row)
    book.save(tmp_path / "b.xlsx")
    (tmp_path / "b.xlsx").rename(tmp_path / "b.et")
    drafts = read_library([tmp_path], {}).drafts
    facts = [(one.course.title, one.course.provider, one.course.hours) for one in drafts]
    assert facts == [("面点", "学院", 24), ("剪纸", "文化馆", None)]
    assert drafts[0].course.price.amount == 0


def test_a_show_is_read_like_a_presentation(tmp_path):
    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = "逃生路线"
    deck.save(tmp_path / "a.pptx")
    with zipfile.ZipFile(tmp_path / "a.pptx") as old, zipfile.ZipFile(tmp_path / "a.ppsx", "w") as new:
        for name in old.namelist():
            new.writestr(
                name, old.read(name).replace(b"presentationml.presentation.main", b"presentationml.slideshow.main")
            )
    assert texts(tmp_path / "a.ppsx") == ["逃生路线", "逃生路线"]


TOLD = [
    ("a.doc", OLE + "WordDocument".encode("utf-16-le"), "Word's format of before 2007"),
    ("a.ppt", OLE + "PowerPoint Document".encode("utf-16-le"), "soffice --headless --convert-to pptx"),
    ("a.wps", OLE + "WordDocument".encode("utf-16-le"), "save it as .docx"),
    ("a.xls", OLE + "Workbook".encode("utf-16-le"), "save it as .xlsx"),
    ("a.docx", OLE + "EncryptedPackage".encode("utf-16-le"), "it has a password"),
    ("b.docx", "先刮后擦，从上往下走。".encode(), "it is text under the name"),
    ("a.rar", b"Rar!\x1a\x07\x01\x00", "put its files into a ZIP"),
    ("a.caj", b"HN\x00\x00", "save it as PDF"),
    ("a.tex", b"\\section{x}", "the PDF that LaTeX makes"),
    ("a.pdf", b"", "it is empty"),
    ("b.xlsx", b"", "it is empty"),
    ("a.zip", b"", "it is empty"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "told"), TOLD, ids=[f"{row[0]}-{row[2][:12]}" for row in TOLD])
def test_what_cannot_be_read_is_told_with_what_to_do(tmp_path, name, data, told):
    (tmp_path / name).write_bytes(data)
    library = read_library([tmp_path / name], {})
    said = [notice.what for notice in library.notices]
    for lesson in (lesson for draft in library.drafts for lesson in draft.lessons):
        with pytest.raises(SourceProblem) as problem:
            read_lesson(lesson)
        said.append(str(problem.value))
    assert len(said) == 1
    assert told in said[0]


def test_a_book_whose_chapters_are_locked_is_told_and_one_with_locked_fonts_is_read(tmp_path):
    locked = (
        '<encryption><EncryptedData><CipherData><CipherReference URI="{}"/></CipherData></EncryptedData></encryption>'
    )
    files = exported.epub()
    path = exported.zipped(tmp_path / "a.epub", files | {"META-INF/encryption.xml": locked.format("OEBPS/f.otf")})
    assert len(texts(path)) == 4
    path = exported.zipped(tmp_path / "b.epub", files | {"META-INF/encryption.xml": locked.format("OEBPS/one.xhtml")})
    with pytest.raises(SourceProblem, match="copy protection"):
        texts(path)
