"""PDF lessons: each page's text as paragraphs that know their page; scanned pages by OCR where that is installed."""

import re
import statistics
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2

from course_index.errors import SourceProblem
from course_index.sources.document import Block, Document, Place
from course_index.sources.office import table as as_markdown
from course_index.sources.pdf_tables import PageTable, tables_on

_MOST_PAGES = 5_000
_MOST_BYTES = 500_000_000
# A page with fewer characters than this, and a picture on it, is a scan.
_SCANNED = 16
# Rendered at this many pixels a point (72 points are an inch): small print is read from 150 dots an inch on.
_SCALE = 2.5
_MOST_PIXELS = 25_000_000
_IMAGE = 3
# Letters so much larger than most are a heading's, on a line no longer than this.
_LARGER = 1.12
_MOST_SIZES = 8
_LONGEST_HEADING = 80
# A running head or foot and a page's number may stand between the two parts of a table.
_MOST_ABOVE = 3
# Of scanned lines: boxes of one size differ by a tenth, so a heading stands out by a quarter. Sizes in points.
_STANDS_OUT = 1.25
_BODY, _HEADING = 10.0, 14.0
_SENTENCE_END = re.compile(r"[.!?。！？；;:：…][\"'”’」』)）]*$")
_LISTED = re.compile(
    r"^\s*(?:[•·●▪◦○■□➢]\s*|[–-]\s*(?!\d)|\d{1,2}[.)、．](?!\d)\s*"  # 3.5 and -5 are numbers
    r"|[(（]\d{1,2}[)）]\s*|[a-zA-Z][.)]\s+|第[一二三四五六七八九十百千零〇两\d]+[条條章节節编編])"
)
_RADICALS = re.compile(r"[\u2e80-\u2fdf]")
_HAN_END, _HAN_START = re.compile(r"[\u3000-\u9fff\uff00-\uffef]$"), re.compile(r"^[\u3000-\u9fff\uff00-\uffef]")


def read_pdf(path: Path, url: str | None = None) -> Document:
    """The pages in order; `url` opens the file, and with `#page=3` one of its pages.

    Raises SourceProblem for a PDF that is broken, encrypted, too large, or all pictures.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise SourceProblem(f"it has more than {_MOST_BYTES / 1e6:.0f} MB; split it")
    try:
        pdf = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        said = str(error).lower()
        if "password" in said or "security" in said:
            raise SourceProblem("it is encrypted; save it without a password") from error
        raise SourceProblem("it is broken, or no PDF; export it again") from error
    try:
        return _document(pdf, url, path.stem)
    except pypdfium2.PdfiumError as error:
        raise SourceProblem("a page of it is broken; export it again") from error
    finally:
        pdf.close()


def _document(pdf: Any, url: str | None, stem: str) -> Document:
    if len(pdf) > _MOST_PAGES:
        raise SourceProblem(f"it has {len(pdf):,} pages, and a lesson may have {_MOST_PAGES:,}; split it")
    pages, unread = _pages(pdf)
    pages = list(_with_headings(pages))
    outline = _outline(pdf)
    levels = _levels([line for lines in pages for line in lines])
    furniture = _furniture(pages, levels)
    blocks = [
        replace(block, place=Place("page", number, number, url=url and f"{url.split('#')[0]}#page={number}"))
        for number, lines in enumerate(pages, 1)
        for block in _blocks(
            [line for place, line in enumerate(lines) if (number - 1, place) not in furniture],
            outline.get(number, {}),
            levels,
        )
    ]
    if not blocks:
        raise SourceProblem(f"its {len(pages)} pages have no text{_way_out(unread)}")
    title = " ".join((pdf.get_metadata_value("Title") or "").split())
    # Software writes the file's name there, and its own.
    plausible = title not in ("", stem) and not re.search(
        r"\.(?:docx?|pdf|pptx?|indd|tex|xlsx?)$|^\(?(?:untitled|anonymous|microsoft)", title, re.I
    )
    if not plausible and blocks[0].kind == "heading":
        title = blocks.pop(0).text
        plausible = bool(blocks)
    return Document(title if plausible else None, tuple(blocks), looks=_looks(unread))


def _way_out(unread: list[int]) -> str:
    return "; they are pictures: install the extra `ocr`, or save it with a text layer" if unread else ""


def _looks(unread: list[int]) -> tuple[str, ...]:
    if not unread:
        return ()
    listed = ", ".join(map(str, unread[:8])) + (" and more" if len(unread) > 8 else "")
    return (f"pages {listed} are pictures of text and were not read; install the extra `ocr`",)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line with the size of its letters as the font names it; 0 where nothing tells. Or a table in its place."""

    text: str
    size: float = 0.0
    table: PageTable | None = None


def _pages(pdf: Any) -> tuple[list[list[_Line]], list[int]]:
    """The lines of each page, and the numbers of pages that are pictures nobody could read."""
    pages, unread = [], []
    for number in range(len(pdf)):
        page = pdf[number]
        lines = _lines(page)
        if sum(len(line.text) + 99 * bool(line.table) for line in lines) < _SCANNED and any(
            page.get_objects(filter=[_IMAGE], max_depth=3)
        ):
            read = _by_ocr(page)
            if read is None:
                unread.append(number + 1)
            lines = read or lines
        pages.append(lines)
        page.close()
    return pages, unread


def _lines(page: Any) -> list[_Line]:
    """The page's lines as they stand in the file, and each of its tables where its first line would be."""
    text = page.get_textpage()
    tables = tables_on(page, text, _in_cell)
    waiting = list(tables)
    lines, start = [], 0
    for raw in text.get_text_range().splitlines(keepends=True):
        at = start + len(raw) - len(raw.lstrip())
        start += len(raw)
        said = _said(raw)
        if not said:
            continue
        table = next((one for one in tables if one.holds(text.get_charbox(at))), None) if tables else None
        if table is None:
            lines.append(_Line(said, pypdfium2.raw.FPDFText_GetFontSize(text.raw, at)))
        elif table in waiting:
            waiting.remove(table)
            lines += [_Line(table.title)] if table.title else []
            lines.append(_Line("", table=table))
    return lines


def _said(raw: str) -> str:
    # pdfium writes U+FFFE for a hyphen at which a word is parted.
    words = " ".join(raw.replace("\ufffe", "-").replace("\0", "").split())
    return _RADICALS.sub(lambda found: unicodedata.normalize("NFKC", found[0]), words)


def _levels(lines: list[_Line]) -> dict[float, int]:
    """The level of a heading by the size of its letters: what is larger than most of the text, the largest first."""
    letters: Counter[float] = Counter()
    for line in lines:
        letters[round(line.size, 1)] += len(line.text)
    if not letters or not letters.most_common(1)[0][0]:
        return {}
    usual = letters.most_common(1)[0][0]
    larger = sorted((size for size in letters if size >= _LARGER * usual), reverse=True)
    # Where there are many sizes, they are a layout and no outline.
    return {size: level for level, size in enumerate(larger[:4], 1)} if len(larger) <= _MOST_SIZES else {}


def _in_cell(raw: str) -> str:
    """The lines of a cell as one."""
    return reduce(_with, filter(None, map(_said, raw.splitlines())), "").replace("|", "/")


def _with_headings(pages: list[list[_Line]]) -> Iterator[list[_Line]]:
    """The pages; a table that goes on from the page before has its headings again."""
    before: PageTable | None = None
    for lines in pages:
        told = list(lines)
        for place, line in enumerate(lines[:_MOST_ABOVE]):
            if line.table is not None:
                if before is not None and line.table.goes_on(before) and line.table.rows[0] != before.rows[0]:
                    rows = (before.rows[0], *line.table.rows)
                    told[place] = replace(line, table=replace(line.table, rows=rows))
                break
        before = next((line.table for line in reversed(told[-_MOST_ABOVE:]) if line.table), None)
        yield told


_reader: Any = None


def _by_ocr(page: Any) -> list[_Line] | None:
    """The lines of a picture from top to bottom, or None without the extra `ocr`."""
    global _reader  # noqa: PLW0603 - its models load once a process
    try:
        from rapidocr import RapidOCR
    except ImportError:
        return None
    if _reader is None:
        _reader = RapidOCR(params={"Global.log_level": "error"})
    width, height = page.get_size()
    scale = min(_SCALE, (_MOST_PIXELS / max(width * height, 1)) ** 0.5)
    found = _reader(page.render(scale=scale).to_numpy())
    if found.txts is None:
        return []
    lines = sorted(zip(found.boxes, found.txts, strict=True), key=lambda one: (one[0][:, 1].mean(), one[0][:, 0].min()))
    return _sized([(" ".join(text.split()), _height(box)) for box, text in _by_rows(lines)])


def _height(box: Any) -> float:
    """Of the line itself: its left and right edge, also where the page lies askew."""
    return float(np.linalg.norm(box[3] - box[0]) + np.linalg.norm(box[2] - box[1])) / 2


def _sized(lines: list[tuple[str, float]]) -> list[_Line]:
    """The lines in two sizes, by the height of their boxes."""
    usual = statistics.median(height for _, height in lines) if lines else 0.0
    return [_Line(text, _HEADING if height >= _STANDS_OUT * usual else _BODY) for text, height in lines]


def _by_rows(lines: list[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """Boxes of one row put together, from left to right."""
    rows: list[list[tuple[Any, str]]] = []
    for box, text in lines:
        if rows and abs(rows[-1][0][0][:, 1].mean() - box[:, 1].mean()) < _height(box) / 2:
            rows[-1].append((box, text))
        else:
            rows.append([(box, text)])
    return [(row[0][0], " ".join(text for _, text in sorted(row, key=lambda one: one[0][:, 0].min()))) for row in rows]


def _outline(pdf: Any) -> dict[int, dict[str, int]]:
    """By page the titles of the document's own contents, each with its level from 1."""
    found: dict[int, dict[str, int]] = {}
    try:
        for bookmark in pdf.get_toc(max_depth=6):
            target = bookmark.get_dest()
            page = target.get_index() if target else None
            title = "".join((bookmark.get_title() or "").split())
            if page is not None and title:
                found.setdefault(page + 1, {})[title] = min(bookmark.level + 1, 6)
    except pypdfium2.PdfiumError:
        return {}
    return found


def _furniture(pages: Sequence[list[_Line]], levels: dict[float, int]) -> set[tuple[int, int]]:
    """Running heads and feet, by page and line from 0: first or last two lines that stand on a third of the pages.

    They may differ in a number that grows with the pages; 第2章, set large, is no foot because 第1章 stood there.
    """
    if len(pages) < 4:
        return set()
    alike: dict[tuple[str, int | None], list[tuple[int, int]]] = {}
    for page, lines in enumerate(pages):
        for place in {0, 1, len(lines) - 2, len(lines) - 1} & set(range(len(lines))):
            line = lines[place]
            alike.setdefault((line.text, None), []).append((page, place))
            if round(line.size, 1) not in levels:
                bare = re.sub(r"\d+", "", line.text)
                for number in set(re.findall(r"\d{1,5}", line.text)):
                    alike.setdefault((bare, int(number) - page), []).append((page, place))
    enough = max(3, len(pages) / 3)
    return {at for places in alike.values() if len({page for page, _ in places}) >= enough for at in places}


def _blocks(lines: list[_Line], titles: dict[str, int], levels: dict[float, int]) -> Iterator[Block]:
    """Lines joined to paragraphs: a short line that ends a sentence, or a new item, ends one."""
    if not lines:
        return
    usual = statistics.quantiles([len(one.text) for one in lines], n=10)[-1] if len(lines) > 1 else len(lines[0].text)
    held = ""
    for one in lines:
        if one.table is not None:
            yield from _paragraph(held)
            held = ""
            yield Block("table", as_markdown([list(row) for row in one.table.rows]))
            continue
        line = one.text
        level = titles.get("".join(line.split()))
        if level is None and len(line) <= _LONGEST_HEADING and not _SENTENCE_END.search(line):
            level = levels.get(round(one.size, 1))
        if level or _LISTED.match(line):
            yield from _paragraph(held)
            held = ""
        if level:
            yield Block("heading", line, level)
            continue
        held = _with(held, line)
        if _SENTENCE_END.search(line) and len(line) < 0.85 * usual:
            yield from _paragraph(held)
            held = ""
    yield from _paragraph(held)


def _with(held: str, line: str) -> str:
    if not held:
        return line
    if held.endswith("-") and re.match(r"[a-z]", line) and re.search(r"[a-z]-$", held):
        return held[:-1] + line
    together = _HAN_END.search(held) and _HAN_START.match(line)
    return held + ("" if together else " ") + line


def _paragraph(text: str) -> Iterator[Block]:
    if not re.fullmatch(r"\W*(?:\d{1,4}\W*)?", text):  # a bare page number
        yield Block("paragraph", text)
