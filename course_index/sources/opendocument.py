"""OpenDocument files, as LibreOffice and OnlyOffice save them: their text and slides as HTML, their sheets as rows."""

import html
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree.ElementTree import Element, tostring

from course_index.errors import SourceProblem
from course_index.sources.document import Block, Document, Place
from course_index.sources.html import page_blocks, read_html, words_of
from course_index.sources.office import check_office
from course_index.sources.xml import attribute, parse_xml, text_of

_MOST_PART = 100_000_000
# What its reader does not see, or sees elsewhere: comments, what was deleted, contents, running heads.
_NOT_CONTENT = frozenset(
    "annotation annotation-end tracked-changes table-of-content alphabetical-index illustration-index table-index "
    "bibliography hidden-text hidden-paragraph forms sequence-decls event-listeners notes soft-page-break".split()
)
_SIGNS = {"s": " ", "tab": " ", "line-break": "<br>", "image": "", "covered-table-cell": ""}
_TAGS = {"p": "p", "list": "ul", "list-item": "li", "list-header": "li", "table": "table", "table-row": "tr"}
_MOST_COLUMNS, _MOST_ROWS = 60, 2_000
_FURNITURE = frozenset({"page-number", "date-time", "footer", "header"})
_BROKEN = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, OSError, NotImplementedError, RuntimeError)


def read_opendocument(path: Path, url: str | None = None) -> Document:
    """A text or a presentation. Raises SourceProblem for one that is broken or has a password."""
    check_office(path)
    try:
        with zipfile.ZipFile(path) as archive:
            content, title = _parts(archive)
            reading = _Reading(archive, *_styles(content))
            body = next(iter(content.iter("presentation")), None)
            if body is not None:
                return Document(title, tuple(_slides(body, reading, url)))
            document = read_html(f"<html><body>{reading.told(content.find('body'))}{reading.endnotes()}</body></html>")
            return replace(document, title=title or document.title, blocks=tuple(_with_title(document, title)))
    except _BROKEN as error:
        raise SourceProblem(f"it is broken ({type(error).__name__}); save it again") from error


def is_opendocument(path: Path) -> bool:
    """Whether an archive says that it is one."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "mimetype" in archive.namelist() and b"opendocument" in archive.read("mimetype")[:100]
    except _BROKEN:
        return False


def opendocument_sheets(path: Path) -> Iterator[tuple[str, Iterator[list[str]]]]:
    """The name and rows of each sheet. Raises SourceProblem as `read_opendocument`."""
    check_office(path)
    try:
        with zipfile.ZipFile(path) as archive:
            content, _ = _parts(archive)
    except _BROKEN as error:
        raise SourceProblem(f"it is broken ({type(error).__name__}); save it again") from error
    sheets = list(content.iter("table"))
    for sheet in sheets:
        yield (attribute(sheet, "name") or "") if len(sheets) > 1 else "", _rows(sheet)


def _parts(archive: zipfile.ZipFile) -> tuple[Element, str | None]:
    names = archive.namelist()
    if "META-INF/manifest.xml" in names and b"encryption-data" in _part(archive, "META-INF/manifest.xml"):
        raise SourceProblem("it has a password; save it without one")
    meta = parse_xml(_part(archive, "meta.xml"), "meta.xml") if "meta.xml" in names else None
    title = next((said for one in meta.iter("title") if (said := text_of(one))), None) if meta is not None else None
    return parse_xml(_part(archive, "content.xml"), "content.xml"), title


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _MOST_PART:
        raise SourceProblem(f"{name} in it has more than {_MOST_PART / 1e6:.0f} MB; split it")
    with archive.open(name) as part:
        return part.read(_MOST_PART)


def _with_title(document: Document, title: str | None) -> Iterator[Block]:
    """The first heading is the title only where the file has none of its own."""
    if title and document.title and document.title != title:
        yield Block("heading", document.title, 1)
    yield from document.blocks


def _styles(content: Element) -> tuple[frozenset[str], frozenset[str]]:
    """The names of styles that raise letters, and of those that hide: text, or a slide."""
    up, hidden = set(), set()
    for style in content.iter("style"):
        name = attribute(style, "name") or ""
        for properties in style:
            position = attribute(properties, "text-position") or ""
            if position.startswith("super") or re.match(r"[1-9]", position):
                up.add(name)
            if attribute(properties, "display") == "none" or attribute(properties, "visibility") == "hidden":
                hidden.add(name)
    return frozenset(up), frozenset(hidden)


@dataclass(slots=True)
class _Reading:
    archive: zipfile.ZipFile
    up: frozenset[str]
    hidden: frozenset[str]
    notes: list[str] = field(default_factory=list)

    def told(self, element: Element | None) -> str:
        """The element as HTML."""
        if element is None or element.tag in _NOT_CONTENT or attribute(element, "style-name") in self.hidden:
            return ""
        if element.tag in _SIGNS:
            return _SIGNS[element.tag]
        if element.tag == "note":
            return self._note(element)
        if element.tag == "object":
            return self._formula(attribute(element, "href") or "")
        # What an author calls a frame is read only where nothing else in it can be.
        named = ("title", "desc") if element.tag == "frame" else ()
        inner = html.escape(element.text or "") + "".join(
            ("" if child.tag in named else self.told(child)) + html.escape(child.tail or "") for child in element
        )
        return self._marked(element, inner)

    def _marked(self, element: Element, inner: str) -> str:
        """What stands in the element, in the mark-up that a page has for it."""
        match element.tag:
            case "h":
                level = _times(element, "outline-level", most=6)
                return f"<h{level}>{inner}</h{level}>"
            case "span":
                return f"<sup>{inner}</sup>" if attribute(element, "style-name") in self.up else inner
            case "table-cell":
                spans = "".join(
                    f' {name}="{attribute(element, long) or 1}"'
                    for name, long in (("colspan", "number-columns-spanned"), ("rowspan", "number-rows-spanned"))
                )
                return f"<td{spans}>{inner}</td>" * _times(element, "number-columns-repeated")
            case "frame":
                said = html.escape(text_of(element, "desc") or text_of(element, "title"))
                return inner if inner.strip() or not said else f'<img alt="{said}">'
            case tag:
                name = _TAGS.get(tag)
                return f"<{name}>{inner}</{name}>" if name else inner

    def _note(self, note: Element) -> str:
        self.notes.append("".join(self.told(child) for body in note.iter("note-body") for child in body))
        return f"[{len(self.notes)}]"

    def _formula(self, href: str) -> str:
        name = f"{href.removeprefix('./')}/content.xml"
        if name not in self.archive.namelist():
            return ""
        root = parse_xml(_part(self.archive, name), name)
        for element in root.iter():
            element.attrib = {}
        return tostring(root, "unicode") if root.tag == "math" else ""

    def endnotes(self) -> str:
        """The notes, by their numbers."""
        notes, self.notes = self.notes, []
        return f"<ol>{''.join(f'<li>{note}</li>' for note in notes)}</ol>" if notes else ""


def _times(element: Element, name: str, most: int = _MOST_COLUMNS) -> int:
    said = attribute(element, name) or "1"
    return max(1, min(int(said), most)) if said.isdecimal() and len(said) < 9 else 1


def _slides(body: Element, reading: _Reading, url: str | None) -> Iterator[Block]:
    for number, page in enumerate(body.iter("page"), 1):
        if attribute(page, "style-name") in reading.hidden:
            continue
        place = Place("slide", number, number, url=url)
        blocks: list[Block] = []
        title = ""
        for frame in page:
            kind = attribute(frame, "class") or ""
            if kind in _FURNITURE or frame.tag in _NOT_CONTENT:
                continue
            if kind == "title" and not title:
                title = words_of(reading.told(frame))
            else:
                blocks += page_blocks(reading.told(frame) + reading.endnotes(), place, 2)
        for note in page.iter("notes"):
            for frame in note:
                if (attribute(frame, "class") or "") == "notes":
                    blocks += page_blocks(reading.told(frame), place, 2)
        if title:
            yield Block("heading", title, 2, place)
        # A slide of nothing but a title says just that.
        yield from blocks or ([Block("paragraph", title, place=place)] if title else ())


def _rows(sheet: Element) -> Iterator[list[str]]:
    """Each row, with what the cells say that reach down to it; empty rows that fill the sheet are one."""
    held: dict[int, tuple[int, str]] = {}  # by column, in how many more rows and what
    for row in sheet.iter("table-row"):
        cells: list[str] = []
        for cell in row:
            if cell.tag not in ("table-cell", "covered-table-cell"):
                continue
            said = "\n".join(text_of(one) for one in cell if one.tag == "p")
            for _ in range(_times(cell, "number-columns-repeated")):
                left, above = held.pop(len(cells), (0, ""))
                if left > 1:
                    held[len(cells)] = (left - 1, above)
                if (down := _times(cell, "number-rows-spanned", _MOST_ROWS)) > 1:
                    held[len(cells)] = (down - 1, said)
                cells.append(said or (above if cell.tag == "covered-table-cell" else ""))
        yield cells
