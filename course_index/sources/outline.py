"""OPML outlines, as mind maps and outliners export them."""

from pathlib import Path
from xml.etree.ElementTree import Element

from course_index.sources.document import Block, Document
from course_index.sources.html import words_of
from course_index.sources.xml import children, read_xml, text_of

_DEEPEST = 30


def read_outline(path: Path) -> Document:
    """What has parts is a heading, and its parts a list below it."""
    root = read_xml(path)
    blocks: list[Block] = []
    alone: list[str] = []
    for one in children(root.find("body"), "outline"):
        if one.find("outline") is None:
            alone += _lines(one, 0)
            continue
        blocks += _as_list(alone)
        alone = []
        heading, *notes = _said(one)
        blocks += [Block("heading", heading, 1), *(Block("paragraph", note) for note in notes)]
        blocks += _as_list([line for part in children(one, "outline") for line in _lines(part, 0)])
    return Document(text_of(root, "head/title") or None, (*blocks, *_as_list(alone)))


def _as_list(lines: list[str]) -> list[Block]:
    return [Block("list", "\n".join(lines))] if lines else []


def _lines(one: Element, depth: int) -> list[str]:
    told = [f"{'  ' * depth}- {'：'.join(_said(one))}"] if any(_said(one)) else []
    below = children(one, "outline") if depth < _DEEPEST else ()
    return [*told, *(line for part in below for line in _lines(part, depth + 1))]


def _said(one: Element) -> list[str]:
    """What it is called, and the note beside it if there is one."""
    name = words_of(one.get("text") or one.get("title") or "")
    note = words_of(one.get("_note") or one.get("description") or "")
    return [name, note] if note else [name]
