"""HTML lessons: the page's own words as Markdown, then read like any Markdown."""

from dataclasses import replace

from bs4 import BeautifulSoup
from markdownify import MarkdownConverter

from course_index.sources.document import Document
from course_index.sources.markdown import read_markdown

# Furniture of a page, and text that its reader never sees.
_NOT_CONTENT = [
    "script", "style", "noscript", "template", "nav", "footer", "form", "iframe", "svg", "button",
    "[hidden]", "[aria-hidden=true]",
]  # fmt: skip


def read_html(text: str) -> Document:
    """The page as a Document; its title is the first h1, or else <title>."""
    page = BeautifulSoup(text, "html.parser")
    for node in page.select(",".join(_NOT_CONTENT)):
        node.decompose()
    heading, head_title = page.find("h1"), page.find("title")
    title = next((node.get_text(" ", strip=True) for node in (heading, head_title) if node), None)
    if head_title:
        head_title.decompose()
    body = page.find("main") or page.find("article") or page.body or page
    markdown = MarkdownConverter(heading_style="ATX", escape_underscores=False).convert_soup(body)
    document = read_markdown(markdown)
    blocks = tuple(block for block in document.blocks if not (block.kind == "heading" and block.text == title))
    return replace(document, title=title or document.title, blocks=blocks)


def words_of(text: str) -> str:
    """The words of a piece of HTML in one line, as of a question or a summary."""
    if "<" not in text and "&" not in text:
        return " ".join(text.split())
    piece = BeautifulSoup(text, "html.parser")
    for node in piece.select(",".join(_NOT_CONTENT)):
        node.decompose()
    return " ".join(piece.get_text(" ").split())
