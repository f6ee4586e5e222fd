"""Word and PowerPoint files: checked as archives first, then read by mammoth and python-pptx."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from course_index.errors import SourceProblem
from course_index.sources.document import Block, Document, Place
from course_index.sources.html import read_html

_MOST_PART = 100_000_000
_MOST_ALL = 400_000_000
_RATIO = 300
_ENTITIES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
# Word's own styles for titles, which mammoth does not know by their names in Chinese.
_STYLES = "\n".join(
    [
        "p[style-name='Title'] => h1:fresh",
        "p[style-name='标题'] => h1:fresh",
        *(f"p[style-name='标题 {level}'] => h{level}:fresh" for level in range(1, 7)),
        *(f"p[style-name='標題 {level}'] => h{level}:fresh" for level in range(1, 7)),
    ]
)


def check_office(path: Path) -> None:
    """Raise SourceProblem unless the file is a sound OOXML archive: no bomb, no entities, no password."""
    try:
        if not zipfile.is_zipfile(path):
            with path.open("rb") as file:
                if file.read(8) == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
                    raise SourceProblem(
                        "it is encrypted, or in the format before 2007; save it as .docx, .pptx or .xlsx"
                    )
            raise SourceProblem("it is broken; save it again")
        with zipfile.ZipFile(path) as archive:
            _check_parts(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise SourceProblem(f"it is broken ({type(error).__name__}); save it again") from error


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


def read_docx(path: Path) -> Document:
    """A Word file by its styles: headings, lists, tables and notes."""
    import mammoth

    check_office(path)
    try:
        with path.open("rb") as file:
            html = mammoth.convert_to_html(
                file, style_map=_STYLES, convert_image=mammoth.images.img_element(lambda _: {})
            ).value
    except (KeyError, ValueError, AttributeError, TypeError, IndexError, OSError, zipfile.BadZipFile) as error:
        raise SourceProblem(f"Word's own parts are missing in it ({type(error).__name__}); save it again") from error
    except Exception as error:  # expat's errors come without a base of their own
        raise SourceProblem(f"it cannot be read ({type(error).__name__}); save it again") from error
    return read_html(f"<html><body>{html}</body></html>")


def read_pptx(path: Path, url: str | None = None) -> Document:
    """A presentation slide by slide: title, text, tables, and the speaker's notes."""
    import pptx

    check_office(path)
    try:
        presentation = pptx.Presentation(str(path))
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
    title = slide.shapes.title
    if title is not None and title.has_text_frame and (said := _words(title.text_frame.text)):
        yield Block("heading", " ".join(said.split()), 2)
    for shape in _in_reading_order(slide.shapes):
        if title is None or shape.shape_id != title.shape_id:
            yield from _shape(shape)
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None:
        for paragraph in frame.text.split("\n"):
            if said := _words(paragraph):
                yield Block("paragraph", said)


def _in_reading_order(shapes: Any) -> list[Any]:
    return sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0))


def _shape(shape: Any) -> Iterator[Block]:
    if shape.shape_type == 6:  # a group
        for inner in _in_reading_order(shape.shapes):
            yield from _shape(inner)
    elif getattr(shape, "has_table", False) and shape.has_table:
        rows = [
            [_words(cell.text).replace("|", "/").replace("\n", " ") for cell in row.cells] for row in shape.table.rows
        ]
        if text := table(rows):
            yield Block("table", text)
    elif getattr(shape, "has_chart", False) and shape.has_chart and shape.chart.has_title:
        yield from _paragraphs([shape.chart.chart_title.text_frame.text])
    elif shape.has_text_frame:
        yield from _paragraphs([paragraph.text for paragraph in shape.text_frame.paragraphs])


def _paragraphs(texts: list[str]) -> Iterator[Block]:
    said = [words for text in texts if (words := _words(text))]
    if len(said) > 1:
        yield Block("list", "\n".join(f"- {' '.join(line.split())}" for line in said))
    elif said:
        yield Block("paragraph", said[0])


def _words(text: str) -> str:
    return text.replace("\x0b", "\n").strip()


def table(rows: list[list[str]]) -> str:
    """Rows of cells as a Markdown table; empty when no cell says anything."""
    rows = [row for row in rows if any(row)]
    if not rows:
        return ""
    width = max(map(len, rows))
    lines = ["| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])
