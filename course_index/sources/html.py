"""HTML lessons: the page's own words as Markdown, then read like any Markdown."""

import email
import email.policy
import re
import warnings
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning
from bs4.element import NavigableString, Tag
from bs4.exceptions import ParserRejectedMarkup
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from markdownify import MarkdownConverter

from course_index.errors import SourceProblem
from course_index.sources.commonmark import blocks_of
from course_index.sources.decode import decode
from course_index.sources.document import Block, Document, Place
from course_index.sources.formulas import tex_of_mathml
from course_index.sources.inline import picture_words, raised

# Everything that means something to it is escaped in what it reads, so that `vector<int>` and `# 1` stay what they are.
_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
# Of a page's own marks only blocks are wanted. A table without marked headings, as Word's, has them in its first row.
_CONVERTER = MarkdownConverter(
    heading_style="ATX", table_infer_header=True, escape_misc=True, strong_em_symbol="", strip=["a", "del", "s"]
)

# A formula's place while the page is turned to Markdown, which would eat its backslashes and asterisks.
_FORMULA = re.compile("\ue000(\\d+)\ue001")
# Bounded: a page of opening marks without a closing one would be read to its end from each of them.
_TEX = re.compile(r"\\\((.{1,2000}?)\\\)|\\\[(.{1,2000}?)\\\]|\$\$(.{1,2000}?)\$\$", re.DOTALL)

# Furniture of a page, and text that its reader never sees.
_NOT_CONTENT = [
    "script", "style", "noscript", "template", "nav", "footer", "form", "iframe", "svg", "button", "select", "textarea",
    "audio", "video", "[hidden]", "[aria-hidden=true]",
]  # fmt: skip
# A form that holds a page (ASP.NET puts all of it into one), and a button that folds what is under a heading.
_CONTENT_ALL_THE_SAME = "form:has(p, h1, h2, h3, table, li), :is(h1, h2, h3, h4, h5, h6, dt, summary) button"
# Where words part though no space says so.
_PARTING = (
    "address blockquote br dd div dt figcaption h1 h2 h3 h4 h5 h6 hr li ol p pre section table td th tr ul".split()
)
_UNSEEN = re.compile(r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
# Beyond which a table is nobody's: a span is a number that anybody may write.
_MOST_COLUMNS, _MOST_ROWS = 60, 2_000


def read_html(text: str) -> Document:
    """The page as a Document; its title is the first h1, or else <title>."""
    page = _page(text)
    formulas = _said_plainly(page)
    heading, head_title = page.find("h1"), page.find("title")
    title = next((_line(node) for node in (heading, head_title) if isinstance(node, Tag)), None)
    if head_title:
        head_title.decompose()
    for table, rows in _tables(page):
        _spread(table, rows)
    markdown = _CONVERTER.convert_soup(_content(page)).replace("\xa0", " ")
    blocks = (
        replace(block, text=_with_formulas(block.text, formulas))
        for block in blocks_of(SyntaxTreeNode(_PARSER.parse(markdown)))
    )
    title = title and _with_formulas(title, formulas)
    return Document(title or None, tuple(block for block in blocks if block.kind != "heading" or block.text != title))


def read_web_archive(path: Path) -> Document:
    """A page saved with its pictures in one file, as Word saves it for the web, and some systems export as .doc.

    Raises SourceProblem for one without a page.
    """
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    part = message.get_body(("html", "plain"))
    if part is None:
        part = next((one for one in message.walk() if one.get_content_type() == "text/html"), None)
    if part is None:
        raise SourceProblem("it has no page in it; save it as .docx or HTML")
    data = part.get_payload(decode=True)
    text, _ = decode(data if isinstance(data, bytes) else b"")
    return read_html(text)


def page_links(text: str) -> list[tuple[str, str]]:
    """The (address, words) of a page's links in order."""
    links = ((str(link.get("href") or ""), _line(link)) for link in _page(text).find_all("a"))
    return [(href, said) for href, said in links if href and said]


def table_rows(text: str) -> list[list[list[str]]]:
    """The cells of a page's tables, a table after the other."""
    page = _page(text)
    _said_plainly(page)
    for table, rows in _tables(page):
        _spread(table, rows)
    return [[[_line(cell) for cell in _cells(row)] for row in table.find_all("tr")] for table in page.find_all("table")]


def page_blocks(page: str, place: Place | None = None, below: int = 0) -> Iterator[Block]:
    """The blocks of a piece of HTML that stands under a heading of the level `below`, at `place`."""
    if not page:
        return
    document = read_html(f"<html><body>{page}</body></html>")
    if document.title:
        yield Block("heading", document.title, min(below + 1, 6), place)
    for block in document.blocks:
        level = min(block.level + below, 6) if block.kind == "heading" else 0
        yield Block(block.kind, block.text, level, place)


def _content(page: BeautifulSoup) -> Tag:
    """The part that a page marks as its own; several articles are all of it."""
    articles = [one for one in page.find_all("article") if one.find_parent("article") is None]
    found = page.find("main") or (articles[0] if len(articles) == 1 else page.body)
    return found if isinstance(found, Tag) else page


def _said_plainly(page: BeautifulSoup) -> list[str]:
    """Leave of a page what its reader sees, as text; its formulas are taken out and returned."""
    _drop_unseen(page)
    formulas = _without_formulas(page)
    _tell_pictures(page)
    for summary in page.find_all("summary"):
        summary.name = "p"
    inner: set[int] = set()
    for sup in page.find_all("sup"):
        if id(sup) not in inner:
            inner.update(map(id, sup.find_all("sup")))
            sup.replace_with(NavigableString(raised(sup.get_text())))
    return formulas


def _with_formulas(text: str, formulas: list[str]) -> str:
    return _FORMULA.sub(lambda found: formulas[int(found[1])], text)


def _line(node: Tag) -> str:
    """All the words in the node in one line."""
    for inner in node.find_all(_PARTING):
        inner.insert_before(NavigableString(" "))
        inner.insert_after(NavigableString(" "))
    return " ".join(node.get_text().split())


def _drop_unseen(page: BeautifulSoup) -> None:
    for node in page.select(_CONTENT_ALL_THE_SAME):
        node.name = "div" if node.name == "form" else "span"
    for node in page.select(",".join(_NOT_CONTENT)):
        node.decompose()
    for node in page.find_all(style=_UNSEEN):
        node.decompose()


def _tell_pictures(page: BeautifulSoup) -> None:
    """What pictures show, in the words that their authors gave them for who cannot see them."""
    for image in page.find_all("img"):
        said = picture_words(image.get("alt"))
        if said and image.get("role") not in ("presentation", "none"):
            image.replace_with(NavigableString(f" {said} "))
        else:
            image.decompose()


def _tables(page: BeautifulSoup) -> Iterator[tuple[Tag, list[Tag]]]:
    """Each table with its own rows; asked of each table for itself, thousands within each other would take minutes."""
    rows: dict[int, list[Tag]] = {}
    for row in page.find_all("tr"):
        rows.setdefault(id(row.find_parent("table")), []).append(row)
    yield from [(table, rows.get(id(table), [])) for table in page.find_all("table")]


def _spread(table: Tag, rows: list[Tag]) -> None:
    """Say in every row and column what a cell over several of them says: a row is read alone."""
    if table.find(["table", "pre"]) or sum(len(_cells(row)) for row in rows) == 1:
        _take_apart(table, rows)
        return
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
                told.append(_empty_cell())
                continue
            wide, high = _span(cell, "colspan"), _span(cell, "rowspan")
            told.append(cell)
            told += [copy(cell) for _ in range(wide - 1)]
            below |= {column + n: (high - 1, cell) for n in range(wide) if high > 1}
            cell = next(cells, None)
        held = below
        row.extend(told)  # moves those that stood in it already to their places
    # A row beyond the first has no more columns than that to Markdown: the rest would be lost.
    width = max((len(_cells(row)) for row in rows), default=0)
    rows = _without_title(table, rows)
    for row in rows:
        row.extend(_empty_cell() for _ in range(width - len(_cells(row))))
    _join_headings(rows)


def _empty_cell() -> Tag:
    return Tag(name="td")


def _take_apart(table: Tag, rows: list[Tag]) -> None:
    """A table that is there for the layout, or a frame around something: what it holds, one after the other."""
    around = [row.parent for row in rows if row.parent is not None]  # as tbody
    for part in (table, *around, *rows, *(cell for row in rows for cell in _cells(row))):
        part.name = "div"


def _without_title(table: Tag, rows: list[Tag]) -> list[Tag]:
    """The rows without a first one that is a single cell: that is the table's title, and goes above it."""
    said = [_line(cell) for cell in _cells(rows[0])] if len(rows) > 2 else []
    if len(set(said)) != 1 or len(said) == len(_cells(rows[1])) == 1:
        return rows
    title = Tag(name="p")
    title.string = said[0]
    table.insert_before(title)
    rows[0].decompose()
    return rows[1:]


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
            said = tex_of_mathml(math)
            math.replace_with(NavigableString(mark(said) if said else ""))
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
    formulas = _said_plainly(piece)
    return _with_formulas(_line(piece), formulas)
