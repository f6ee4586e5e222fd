"""Markdown lessons: headings, paragraphs, lists, code, tables, formulas, footnotes and admonitions."""

import re
from collections.abc import Iterable
from datetime import date

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from course_index.sources.commonmark import blocks_of
from course_index.sources.document import Block, Document
from course_index.sources.html import read_html

_PARSER = MarkdownIt("commonmark").enable("table").use(front_matter_plugin).use(dollarmath_plugin).use(admon_plugin)
_PARSER.use(footnote_plugin, inline=False)
_FRONT_MATTER_LINE = re.compile(r"^(\w+):\s*(.+?)\s*$", re.MULTILINE)
_TAB = re.compile(r"""^===\+?\s+["'](.+)["']\s*$""")
_FOLDED = re.compile(r"^\?\?\?\+? ")


def read_markdown(text: str) -> Document:
    """The text as a Document; its title is the front matter's, or the first level-1 heading."""
    tree = SyntaxTreeNode(_PARSER.parse(_without_mkdocs_indents(text)))
    matter = _front_matter(tree)
    blocks = list(blocks_of(tree, _of_html))
    title = matter.get("title")
    if title is None and blocks and blocks[0].kind == "heading" and blocks[0].level == 1:
        title = blocks.pop(0).text
    return Document(title, tuple(blocks), _date(matter.get("updated_at") or matter.get("date")))


def _without_mkdocs_indents(text: str) -> str:
    """MkDocs' tabs (=== "Python") as what they hold under their name, if that is a word and no "<1>" of a row of
    pictures, and folded admonitions (???) as open ones.
    """
    lines: list[str] = []
    in_tab = False
    for line in text.splitlines():
        if tab := _TAB.match(line):
            lines += ["", tab[1], ""] if any(map(str.isalpha, tab[1])) else [""]
            in_tab = True
        elif in_tab and (line.startswith("    ") or not line.strip()):
            lines.append(line[4:])
        else:
            in_tab = False
            lines.append(_FOLDED.sub("!!! ", line))
    return "\n".join(lines)


def _front_matter(tree: SyntaxTreeNode) -> dict[str, str]:
    for node in tree.children:
        if node.type == "front_matter":
            return {key: value.strip("'\"") for key, value in _FRONT_MATTER_LINE.findall(node.content)}
    return {}


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None


def _of_html(piece: str) -> Iterable[Block]:
    """The blocks of HTML between paragraphs: a table, what is folded up, what stands in the middle."""
    document = read_html(piece)
    title = (Block("heading", document.title, 1),) if document.title else ()
    return (*title, *document.blocks)
