"""HTML lessons: the page's own words as Markdown, then read like any Markdown."""

import re
import warnings
from dataclasses import replace

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


def read_html(text: str) -> Document:
    """The page as a Document; its title is the first h1, or else <title>."""
    page = _page(text)
    for node in page.select(",".join(_NOT_CONTENT)):
        node.decompose()
    heading, head_title = page.find("h1"), page.find("title")
    title = next((node.get_text(" ", strip=True) for node in (heading, head_title) if node), None)
    if head_title:
        head_title.decompose()
    formulas = _without_formulas(page)
    body = page.find("main") or page.find("article") or page.body or page
    markdown = MarkdownConverter(heading_style="ATX", escape_underscores=False).convert_soup(body)
    document = read_markdown(markdown.replace("\xa0", " "))
    blocks = tuple(
        replace(block, text=_FORMULA.sub(lambda found: formulas[int(found[1])], block.text))
        for block in document.blocks
        if not (block.kind == "heading" and block.text == title)
    )
    return replace(document, title=title or document.title, blocks=blocks)


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
    for node in piece.select(",".join(_NOT_CONTENT)):
        node.decompose()
    return " ".join(piece.get_text(" ").split())
