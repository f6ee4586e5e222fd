"""HTML lessons: the page's own words as Markdown, then read like any Markdown."""

import re
import warnings
from copy import copy
from dataclasses import replace
from itertools import takewhile

from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning
from bs4.element import NavigableString, Tag
from bs4.exceptions import ParserRejectedMarkup
from markdownify import MarkdownConverter

from course_index.sources.document import Document
from course_index.sources.markdown import read_markdown

# A formula's place while the page is turned to Markdown, which would eat its backslashes and asterisks.
_FORMULA = re.compile("\ue000(\\d+)\ue001")
# Bounded: a page of opening marks without a closing one would be read to its end from each of them.
_TEX = re.compile(r"\\\((.{1,2000}?)\\\)|\\\[(.{1,2000}?)\\\]|\$\$(.{1,2000}?)\$\$", re.DOTALL)

# Furniture of a page, and text that its reader never sees.
_NOT_CONTENT = [
    "script", "style", "noscript", "template", "nav", "footer", "form", "iframe", "svg", "button",
    "[hidden]", "[aria-hidden=true]",
]  # fmt: skip
_UNSEEN = re.compile(r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
# A file's name, or what Word guessed of a picture, says nothing of it.
_NO_PICTURE = re.compile(r"^\S+\.(?:png|jpe?g|gif|svg|webp|bmp)$|已自动生成|automatically generated", re.IGNORECASE)
# Beyond which a table is nobody's: a span is a number that anybody may write.
_MOST_COLUMNS, _MOST_ROWS = 60, 2_000


def read_html(text: str) -> Document:
    """The page as a Document; its title is the first h1, or else <title>."""
    page = _page(text)
    _drop_unseen(page)
    heading, head_title = page.find("h1"), page.find("title")
    title = next((node.get_text(" ", strip=True) for node in (heading, head_title) if node), None)
    if head_title:
        head_title.decompose()
    formulas = _without_formulas(page)
    _tell_pictures(page)
    for table in page.find_all("table"):
        _spread(table)
    body = page.find("main") or page.find("article") or page.body or page
    # A table without marked headings, as Word's, has them in its first row.
    converter = MarkdownConverter(heading_style="ATX", escape_underscores=False, table_infer_header=True)
    markdown = converter.convert_soup(body)
    document = read_markdown(markdown.replace("\xa0", " "))
    blocks = tuple(
        replace(block, text=_FORMULA.sub(lambda found: formulas[int(found[1])], block.text))
        for block in document.blocks
        if not (block.kind == "heading" and block.text == title)
    )
    return replace(document, title=title or document.title, blocks=blocks)


def _drop_unseen(page: BeautifulSoup) -> None:
    for node in page.select(",".join(_NOT_CONTENT)):
        node.decompose()
    for node in page.find_all(style=_UNSEEN):
        node.decompose()


def _tell_pictures(page: BeautifulSoup) -> None:
    """What pictures show, in the words that their authors gave them for who cannot see them."""
    for image in page.find_all("img"):
        said = " ".join(str(image.get("alt") or "").split())
        if said and image.get("role") not in ("presentation", "none") and not _NO_PICTURE.search(said):
            image.replace_with(NavigableString(f" {said} "))
        else:
            image.decompose()


def _spread(table: Tag) -> None:
    """Say in every row and column what a cell over several of them says: a row is read alone."""
    rows = [row for row in table.find_all("tr") if row.find_parent("table") is table]
    held: dict[int, tuple[int, Tag]] = {}  # by column, in how many more rows a cell above stands
    for row in rows:
        cells = iter(_cells(row))
        told: list[Tag] = []
        below: dict[int, tuple[int, Tag]] = {}
        cell = next(cells, None)
        while (cell is not None or any(column >= len(told) for column in held)) and len(told) < _MOST_COLUMNS:
            column = len(told)
            if column in held:
                left, above = held[column]
                told.append(copy(above))
                below |= {column: (left - 1, above)} if left > 1 else {}
                continue
            if cell is None:
                told.append(BeautifulSoup("<td></td>", "lxml").td or row)
                continue
            wide, high = _span(cell, "colspan"), _span(cell, "rowspan")
            told.append(cell)
            told += [copy(cell) for _ in range(wide - 1)]
            below |= {column + n: (high - 1, cell) for n in range(wide) if high > 1}
            cell = next(cells, None)
        held = below
        row.extend(told)  # moves those that stood in it already to their places
    _join_headings(rows)


def _span(cell: Tag, name: str) -> int:
    said = str(cell.get(name) or "")
    del cell[name]
    if not said.isdecimal() or len(said) > 4:
        return 1
    return max(1, min(int(said), _MOST_COLUMNS if name == "colspan" else _MOST_ROWS))


def _join_headings(rows: list[Tag]) -> None:
    """Several rows of headings as one, which stands above each part of a table: 缴费 over 单位 becomes 缴费 单位."""
    heads = list(takewhile(lambda row: all(cell.name == "th" for cell in _cells(row)), rows))
    if len(heads) < 2 or len(heads) == len(rows):
        return
    first, *others = (_cells(row) for row in heads)
    for cell, *below in zip(first, *others, strict=False):
        said = dict.fromkeys(" ".join(one.get_text(" ").split()) for one in (cell, *below))
        cell.string = " ".join(filter(None, said))
    for row in heads[1:]:
        row.decompose()


def _cells(row: Tag) -> list[Tag]:
    return [cell for cell in row.find_all(("td", "th"), recursive=False) if isinstance(cell, Tag)]


def _page(text: str) -> BeautifulSoup:
    """Parsed by lxml: Python's own parser takes minutes for 50 KB of marks that never close."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)  # XHTML is read as the page it is
        try:
            return BeautifulSoup(text.replace("\0", ""), "lxml")  # which ends at a NUL
        except ParserRejectedMarkup:
            return BeautifulSoup("", "lxml")


def _without_formulas(page: BeautifulSoup) -> list[str]:
    """Take the formulas out of the page, each for a mark with its number: Canvas's pictures, MathML, TeX."""
    formulas: list[str] = []

    def mark(tex: str, *, display: bool = False) -> str:
        formulas.append(f"$${tex.strip()}$$" if display else f"${tex.strip()}$")
        return f"\ue000{len(formulas) - 1}\ue001"

    for image in page.find_all("img"):
        tex = image.get("data-equation-content") or str(image.get("alt") or "").partition("LaTeX:")[2]
        if tex:
            image.replace_with(NavigableString(mark(str(tex))))
    for math in page.find_all("math"):
        if isinstance(math, Tag) and math.find_parent("math") is None:
            noted = math.find("annotation", attrs={"encoding": "application/x-tex"})
            said = noted.get_text() if noted else str(math.get("alttext") or "")
            math.replace_with(NavigableString(mark(said) if said else " ".join(math.get_text(" ").split())))
    for node in page.find_all(string=_TEX):
        if node.parent is None or node.parent.name not in ("pre", "code", "textarea"):
            told = _TEX.sub(lambda one: mark(one[1] or one[2] or one[3], display=not one[1]), str(node))
            node.replace_with(NavigableString(told))
    return formulas


def words_of(text: str) -> str:
    """The words of a piece of HTML in one line, as of a question or a summary."""
    if "<" not in text and "&" not in text:
        return " ".join(text.split())
    piece = _page(text)
    _drop_unseen(piece)
    return " ".join(piece.get_text(" ").split())
