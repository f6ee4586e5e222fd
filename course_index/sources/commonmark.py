"""CommonMark's syntax tree as blocks."""

import re
from collections.abc import Callable, Iterable, Iterator

from markdown_it.tree import SyntaxTreeNode

from course_index.sources.document import Block, BlockKind
from course_index.sources.inline import picture_words, raised

# What a stretch of HTML between paragraphs holds.
OfHtml = Callable[[str], Iterable[Block]]

# What a picture shows stands apart from the words around it.
_BESIDE = "\ue004"
_PARTED = re.compile(f" *{_BESIDE}[ {_BESIDE}]*")
_BLANK_RUN = re.compile(r"\n{3,}")
_TAG = re.compile(r"<(/?)(\w+)")
_ALT = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
# Where a line's raised signs begin and end while its parts are put together.
_UP, _DOWN = "\ue002", "\ue003"
_RAISED = re.compile(f"{_UP}([^{_UP}{_DOWN}]*){_DOWN}")
# How books name a listing that is kept in a file of its own: MkDocs, mdBook, VitePress, Hello Algo.
_PUT_IN = re.compile(r"\s*(?:;?-+8<-+|\{\{ ?#\w*include |<<< ?\S|\[file\]\{[^}]*\}|$)")
# **重点：**后文 is bold to authors and not to CommonMark, which wants a space behind the mark.
_LEFT_BOLD = re.compile(r"\*\*(?=[^*\n]*[\u3000-\u9fff\uff00-\uffef])([^*\n]+)\*\*")


def blocks_of(parent: SyntaxTreeNode, of_html: OfHtml = lambda _: ()) -> Iterator[Block]:
    """The blocks below a node, in order; emphasis, links and pictures give way to their words."""
    for node in parent.children:
        match node.type:
            case "heading":
                yield from _block("heading", _inline(node), int(node.tag[1]))
            case "paragraph" | "admonition_title":
                yield from _block("paragraph", _inline(node))
            case "bullet_list" | "ordered_list":
                yield from _block("list", _list(node, of_html))
            case "fence" | "code_block" if not _is_elsewhere(node):
                yield from _block("code", _fenced(node.info.strip(), node.content.rstrip()))
            case "table":
                yield from _block("table", _table(node))
            case "blockquote":
                yield from _block("quote", "\n".join(block.text for block in blocks_of(node, of_html)))
            case "math_block":
                yield from _block("paragraph", f"$${node.content.strip()}$$")
            case "html_block":
                yield from of_html(node.content)
            case "admonition" | "footnote_block" | "footnote":
                yield from blocks_of(node, of_html)


def _block(kind: BlockKind, text: str, level: int = 0) -> Iterator[Block]:
    text = _BLANK_RUN.sub("\n\n", text).strip()
    if text:
        yield Block(kind, text, level)


def _is_elsewhere(node: SyntaxTreeNode) -> bool:
    """Whether a listing only points at the file that it is put in from when the book is built."""
    lines = node.content.strip().splitlines()
    return node.info.startswith("{literalinclude}") or bool(lines and all(map(_PUT_IN.match, lines)))


def _fenced(language: str, listing: str) -> str:
    """The listing between fences longer than any inside it."""
    longest = max((len(run) for run in re.findall(r"`{3,}", listing)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{listing}\n{fence}"


def _inline(node: SyntaxTreeNode, break_: str = "\n") -> str:
    """The words of a node; `break_` parts its lines."""
    said = "".join(_words(child, break_) for child in node.children).strip()
    said = _RAISED.sub(lambda found: raised(found[1]), said).replace(_UP, "").replace(_DOWN, "")
    return _PARTED.sub(" ", said).strip()


def _words(node: SyntaxTreeNode, break_: str) -> str:
    if node.type in _SAID:
        return _SAID[node.type](node, break_)
    return "".join(_words(child, break_) for child in node.children)


# By what a node is the words that it gives, with what parts lines; all others give those of what is in them.
_SAID: dict[str, Callable[[SyntaxTreeNode, str], str]] = {
    "text": lambda node, _: _LEFT_BOLD.sub(r"\1", node.content),
    "code_inline": lambda node, _: f"`{node.content}`",
    "math_inline": lambda node, _: f"${node.content}$",
    "math_inline_double": lambda node, _: f"${node.content}$",
    "softbreak": lambda _, break_: break_,
    "hardbreak": lambda _, break_: break_,
    "image": lambda node, _: f"{_BESIDE}{picture_words(node.content, node.attrs.get('src'))}{_BESIDE}",
    "html_inline": lambda node, break_: _of_tag(node.content, break_),
    "footnote_ref": lambda node, _: f"[{node.meta['id'] + 1}]",
    "footnote_anchor": lambda *_: "",
}


def _of_tag(tag: str, break_: str) -> str:
    found = _TAG.match(tag)
    match found and (found[1], found[2].lower()):
        case ("", "br"):
            return break_
        case ("", "sup"):
            return _UP
        case ("/", "sup"):
            return _DOWN
        case ("", "img"):
            said = _ALT.search(tag)
            return f"{_BESIDE}{picture_words(said and (said[1] or said[2]))}{_BESIDE}"
        case _:
            return ""


def _list(node: SyntaxTreeNode, of_html: OfHtml, indent: str = "") -> str:
    lines = []
    number = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
    for item in node.children:
        marker = "-" if number is None else f"{number}."
        parts = [
            _list(child, of_html, indent + "  ")
            if child.type.endswith("_list")
            else _within_item(child, of_html, indent)
            for child in item.children
        ]
        lines.append(f"{indent}{marker} " + "\n".join(parts).lstrip())
        number = None if number is None else number + 1
    return "\n".join(lines)


def _within_item(node: SyntaxTreeNode, of_html: OfHtml, indent: str) -> str:
    inner = blocks_of(_parent_of(node), of_html)
    text = _inline(node) if node.type == "paragraph" else "\n".join(block.text for block in inner)
    return "\n".join(f"{indent}  {line}" for line in text.splitlines())


def _parent_of(node: SyntaxTreeNode) -> SyntaxTreeNode:
    parent = SyntaxTreeNode()
    parent.children = [node]
    return parent


def _table(node: SyntaxTreeNode) -> str:
    rows = [[_inline(cell, " ") for cell in row.children] for part in node.children for row in part.children]
    if not any(map(any, rows)):
        return ""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)
