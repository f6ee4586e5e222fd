"""Markdown lessons: headings, paragraphs, lists, code, tables, formulas and admonitions."""

import re
from collections.abc import Iterator
from datetime import date

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from course_index.sources.document import Block, BlockKind, Document

_PARSER = MarkdownIt("commonmark").enable("table").use(front_matter_plugin).use(dollarmath_plugin).use(admon_plugin)
_FRONT_MATTER_LINE = re.compile(r"^(\w+):\s*(.+?)\s*$", re.MULTILINE)
_TAB = re.compile(r"""^===\+?\s+["'](.+)["']\s*$""")
_FOLDED = re.compile(r"^\?\?\?\+? ")
_BLANK_RUN = re.compile(r"\n{3,}")


def read_markdown(text: str) -> Document:
    """The text as a Document; its title is the front matter's, or the first level-1 heading."""
    tree = SyntaxTreeNode(_PARSER.parse(_without_mkdocs_indents(text)))
    matter = _front_matter(tree)
    blocks = list(_blocks(tree))
    title = matter.get("title")
    if title is None and blocks and blocks[0].kind == "heading" and blocks[0].level == 1:
        title = blocks.pop(0).text
    return Document(title, tuple(blocks), _date(matter.get("updated_at") or matter.get("date")))


def _without_mkdocs_indents(text: str) -> str:
    """MkDocs' tabs (=== "Python") as plain headings of what they hold, and folded admonitions (???) as open ones."""
    lines: list[str] = []
    in_tab = False
    for line in text.splitlines():
        if tab := _TAB.match(line):
            lines += ["", tab[1], ""]
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


def _blocks(parent: SyntaxTreeNode) -> Iterator[Block]:
    for node in parent.children:
        match node.type:
            case "heading":
                yield from _block("heading", _inline(node), int(node.tag[1]))
            case "paragraph":
                yield from _block("paragraph", _inline(node))
            case "bullet_list" | "ordered_list":
                yield from _block("list", _list(node))
            case "fence" | "code_block":
                yield from _block("code", _fenced(node.info.strip(), node.content.rstrip()))
            case "table":
                yield from _block("table", _table(node))
            case "blockquote":
                yield from _block("quote", "\n".join(block.text for block in _blocks(node)))
            case "math_block":
                yield from _block("paragraph", f"$${node.content.strip()}$$")
            case "admonition":
                yield from _blocks(node)
            case "admonition_title":
                yield from _block("paragraph", _inline(node))


def _block(kind: BlockKind, text: str, level: int = 0) -> Iterator[Block]:
    text = _BLANK_RUN.sub("\n\n", text).strip()
    if text:
        yield Block(kind, text, level)


def _fenced(language: str, listing: str) -> str:
    """The listing between fences longer than any inside it."""
    longest = max((len(run) for run in re.findall(r"`{3,}", listing)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{listing}\n{fence}"


def _inline(node: SyntaxTreeNode) -> str:
    """The words of a node: emphasis, links and inline HTML give way to their text, pictures go."""
    if not node.children:
        return ""
    return "".join(_words(child) for child in node.children).strip()


def _words(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text":
            return node.content
        case "code_inline":
            return f"`{node.content}`"
        case "math_inline" | "math_inline_double":
            return f"${node.content}$"
        case "softbreak" | "hardbreak":
            return "\n"
        case "image" | "html_inline":
            return ""
        case _:
            return "".join(_words(child) for child in node.children)


def _list(node: SyntaxTreeNode, indent: str = "") -> str:
    lines = []
    number = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
    for item in node.children:
        marker = "-" if number is None else f"{number}."
        parts = [
            _list(child, indent + "  ") if child.type.endswith("_list") else _within_item(child, indent)
            for child in item.children
        ]
        lines.append(f"{indent}{marker} " + "\n".join(parts).lstrip())
        number = None if number is None else number + 1
    return "\n".join(lines)


def _within_item(node: SyntaxTreeNode, indent: str) -> str:
    text = _inline(node) if node.type == "paragraph" else "\n".join(block.text for block in _blocks(_parent_of(node)))
    return "\n".join(f"{indent}  {line}" for line in text.splitlines())


def _parent_of(node: SyntaxTreeNode) -> SyntaxTreeNode:
    parent = SyntaxTreeNode()
    parent.children = [node]
    return parent


def _table(node: SyntaxTreeNode) -> str:
    rows = [row for part in node.children for row in part.children]
    if not any(_inline(cell) for row in rows for cell in row.children):
        return ""
    lines = ["| " + " | ".join(_inline(cell) for cell in row.children) + " |" for row in rows]
    if lines:
        lines.insert(1, "|" + " --- |" * len(rows[0].children))
    return "\n".join(lines)
