"""Office files are checked as archives; presentations are read by python-pptx."""

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from lxml import etree

from course_index.errors import SourceProblem
from course_index.sources.document import Block, Document, Place
from course_index.sources.formulas import tex_of
from course_index.sources.inline import picture_words, raised

_MOST_PART = 100_000_000
_MOST_ALL = 400_000_000
_RATIO = 300
# Rows of a chart's figures: more are a curve, and say nothing one by one.
_MOST_FIGURES = 40
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_OLD = (
    ("WordDocument", "Word", "docx"),
    ("PowerPoint Document", "PowerPoint", "pptx"),
    ("Workbook", "Excel", "xlsx"),
)
_ENTITIES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def check_office(path: Path) -> None:
    """Raise SourceProblem unless the file is a sound OOXML archive: no bomb, no entities, no password."""
    try:
        if not zipfile.is_zipfile(path):
            with path.open("rb") as file:
                head = file.read(8)
            if not head:
                raise SourceProblem("it is empty; add content or take it out")
            if head == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
                raise SourceProblem(_of_before_2007(path))
            if re.fullmatch(rb"[\t\n\r\x20-\x7e\x80-\xff]{8}", head):
                raise SourceProblem("it is text under the name of an Office file; call it .txt, a table .csv")
            raise SourceProblem("it is broken; save it again")
        with zipfile.ZipFile(path) as archive:
            _check_parts(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise SourceProblem(f"it is broken ({type(error).__name__}); save it again") from error


def _of_before_2007(path: Path) -> str:
    """Which of the files that the older container holds it is, and what to do."""
    data = path.read_bytes() if path.stat().st_size <= _MOST_ALL else b""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return "it has a password; save it without one"
    for stream, program, suffix in _OLD:
        if stream.encode("utf-16-le") in data:
            many = f"many at once: soffice --headless --convert-to {suffix} FILE..."
            one = f"open it in {program} or WPS and save it as .{suffix}"
            return f"it is in {program}'s format of before 2007; {one} ({many})"
    return "it has a password, or is in a format of before 2007; save it as .docx, .pptx or .xlsx without one"


def _check_parts(archive: zipfile.ZipFile) -> None:
    total = 0
    for info in archive.infolist():
        total += info.file_size
        grown = info.file_size > 5_000_000 and info.file_size > _RATIO * max(info.compress_size, 1)
        if info.file_size > _MOST_PART or total > _MOST_ALL or grown:
            raise SourceProblem("it unpacks to more than such a file may hold; split it, or leave pictures out")
        if info.filename.endswith((".xml", ".rels")):
            with archive.open(info) as part:
                if _ENTITIES.search(part.read(100_000)):
                    raise SourceProblem("it defines entities, which may be an attack; save it again")


def read_pptx(path: Path, url: str | None = None) -> Document:
    """A presentation slide by slide: title, text, tables, and the speaker's notes."""
    from pptx.package import Package

    check_office(path)
    try:
        # Not pptx.Presentation, which refuses a show (.ppsx), though it reads one.
        presentation = Package.open(str(path)).main_document_part.presentation
        blocks = [
            replace(block, place=Place("slide", number, number, url=url))
            for number, slide in enumerate(presentation.slides, 1)
            for block in _slide(slide)
        ]
        title = (presentation.core_properties.title or "").strip()
    except Exception as error:  # python-pptx lets lxml's and its own errors through, which share no base
        raise SourceProblem(
            f"PowerPoint's own parts are missing in it ({type(error).__name__}); save it again"
        ) from error
    usual = re.fullmatch(
        r"(?i)powerpoint presentation|powerpoint 演示文稿|演示文稿\d*|幻灯片 ?\d*|presentation\d*", title
    )
    return Document(None if usual else title or None, tuple(blocks))


def _slide(slide: Any) -> Iterator[Block]:
    if slide.element.get("show") == "0":
        return
    _take_choices(slide.shapes._spTree)
    title = slide.shapes.title
    said = _line(title) if title is not None and title.has_text_frame else ""
    blocks = [
        block
        for shape in _in_reading_order(slide.shapes)
        if title is None or shape.shape_id != title.shape_id
        for block in _shape(shape)
    ]
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None:
        blocks += [Block("paragraph", note) for one in frame.paragraphs if (note := _said(one))]
    if said:
        yield Block("heading", said, 2)
    # A slide of nothing but a title says just that.
    yield from blocks or ([Block("paragraph", said)] if said else ())


def _take_choices(tree: Any) -> None:
    """Where there is a form for newer programs, as of formulas, take that: python-pptx passes over both."""
    for both in list(tree.iter(f"{_MC}AlternateContent")):
        newer = both.find(f"{_MC}Choice")
        for part in list(newer) if newer is not None else ():
            both.addprevious(part)
        both.getparent().remove(both)


def _in_reading_order(shapes: Any) -> list[Any]:
    shown = (shape for shape in shapes if not _is_furniture(shape))
    return sorted(shown, key=lambda shape: (shape.top or 0, shape.left or 0))


def _is_furniture(shape: Any) -> bool:
    """Whether it is hidden, or the number, date or foot that stands on every slide."""
    named = next(shape._element.iter(f"{_P}cNvPr"), None)
    if named is not None and named.get("hidden") in ("1", "true"):
        return True
    return bool(shape.is_placeholder) and shape.element.ph.get("type") in ("sldNum", "dt", "ftr", "hdr")


def _shape(shape: Any) -> Iterator[Block]:
    if hasattr(shape, "shapes"):  # a group; python-pptx does not know the type of each shape, and fails for the others
        for inner in _in_reading_order(shape.shapes):
            yield from _shape(inner)
    elif getattr(shape, "has_table", False) and shape.has_table:
        rows = [
            [" ".join(_cell(shape.table, row, column).split()) for column in range(len(shape.table.columns))]
            for row in range(len(shape.table.rows))
        ]
        if text := table(rows):
            yield Block("table", text)
    elif getattr(shape, "has_chart", False) and shape.has_chart:
        if shape.chart.has_title and shape.chart.chart_title.has_text_frame:
            yield from _paragraphs(shape.chart.chart_title.text_frame.paragraphs)
        yield from _figures(shape.chart)
    elif shape.has_text_frame:
        yield from _paragraphs(shape.text_frame.paragraphs)
    else:
        yield from _drawn(shape)


def _figures(chart: Any) -> Iterator[Block]:
    """What a chart is drawn of, where it has categories."""
    for plot in chart.plots:
        series = list(plot.series)
        columns = [[str(name) for name in plot.categories], *([_number(one) for one in of.values] for of in series)]
        rows = [["", *(of.name for of in series)], *map(list, zip(*columns, strict=False))]
        if len(rows) > 1 and (text := table(rows[:_MOST_FIGURES])):
            yield Block("table", text)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _cell(of: Any, row: int, column: int) -> str:
    """A cell's words; one that is spanned says what the cell does that it is part of."""
    cell = of.cell(row, column)
    while cell.is_spanned and (row or column):
        row, column = (row, column - 1) if cell._tc.hMerge else (row - 1, column)
        cell = of.cell(row, column)
    return str(cell.text).replace("|", "/")


def _drawn(shape: Any) -> Iterator[Block]:
    """The words of a diagram (SmartArt), which are in a part of their own, or what its author says of a picture."""
    for named in shape._element.iter(f"{_DIAGRAM}relIds"):
        part = shape.part.related_part(named.get(f"{_R}dm"))
        points = etree.fromstring(part.blob, etree.XMLParser(resolve_entities=False)).iter(f"{_DIAGRAM}pt")
        said = [words for point in points if (words := _text_of(point).strip())]
        yield from _listed([(words, 0) for words in said])
        return
    named = next(shape._element.iter(f"{_P}cNvPr"), None)
    if words := picture_words(named.get("descr") if named is not None else ""):
        yield Block("paragraph", words)


def _paragraphs(paragraphs: Iterable[Any]) -> Iterator[Block]:
    yield from _listed([(words, one.level) for one in paragraphs if (words := _said(one))])


def _listed(said: list[tuple[str, int]]) -> Iterator[Block]:
    if len(said) > 1:
        yield Block("list", "\n".join(f"{'  ' * level}- {' '.join(line.split())}" for line, level in said))
    elif said:
        yield Block("paragraph", said[0][0])


def _line(shape: Any) -> str:
    return " ".join(" ".join(map(_said, shape.text_frame.paragraphs)).split())


def _said(paragraph: Any) -> str:
    return _text_of(paragraph._p).replace("\x0b", "\n").strip()


def _text_of(element: Any) -> str:
    """The words in an element, with raised signs as a line can hold them, and formulas as TeX."""
    said = ""
    for part in element:
        if part.tag == f"{_M}oMath":
            said += f"${tex_of(part)}$"
        elif part.tag in (f"{_A}r", f"{_A}fld"):
            words = "".join(one.text or "" for one in part.iter(f"{_A}t"))
            properties = part.find(f"{_A}rPr")
            up = properties is not None and (properties.get("baseline") or "0").lstrip("-").isdecimal()
            up = up and int(properties.get("baseline") or 0) > 0
            said += raised(words) if up else words
        elif part.tag == f"{_A}br":
            said += "\n"
        else:
            said += _text_of(part)
    return said


def table(rows: list[list[str]]) -> str:
    """Rows of cells as a Markdown table; empty when no cell says anything."""
    rows = [row for row in rows if any(row)]
    if not rows:
        return ""
    width = max(map(len, rows))
    lines = ["| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])
