"""Jupyter notebooks: what is written, the code, and what it printed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course_index.errors import SourceProblem
from course_index.sources.document import Block, Document
from course_index.sources.html import page_blocks
from course_index.sources.markdown import read_markdown

_MOST_BYTES = 200_000_000
# Of what a cell printed: more is a log.
_MOST_PRINTED = 1_500


def read_notebook(path: Path) -> Document:
    """Its title is the first heading. Raises SourceProblem for what is no notebook."""
    if path.stat().st_size > _MOST_BYTES:
        raise SourceProblem(f"it has more than {_MOST_BYTES / 1e6:.0f} MB; clear its outputs and save it again")
    try:
        book = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise SourceProblem("it is no notebook; save it again") from error
    cells = book.get("cells") if isinstance(book, dict) else None
    if cells is None and isinstance(book, dict):  # notebooks of before 2015
        cells = [cell for sheet in book.get("worksheets") or () for cell in sheet.get("cells") or ()]
    if not isinstance(cells, list):
        raise SourceProblem("it has no cells; save it again")
    language = str(
        _at(book, "metadata", "kernelspec", "language") or _at(book, "metadata", "language_info", "name") or ""
    )
    blocks = [block for cell in cells if isinstance(cell, dict) for block in _cell(cell, language)]
    title = blocks.pop(0).text if blocks and blocks[0].kind == "heading" and blocks[0].level == 1 else None
    return Document(title, tuple(blocks))


def _cell(cell: dict[str, Any], language: str) -> Iterator[Block]:
    match cell.get("cell_type"):
        case "markdown":
            yield from _markdown(_text(cell.get("source")))
        case "heading":
            yield Block("heading", _text(cell.get("source")), min(int(cell.get("level") or 1), 6))
        case "code":
            yield from _code(_text(cell.get("source") or cell.get("input")), language)
            for output in cell.get("outputs") or ():
                yield from _printed(output)
        case "raw":
            if said := _text(cell.get("source")).strip():
                yield Block("paragraph", said)


def _markdown(text: str) -> Iterator[Block]:
    document = read_markdown(text)
    if document.title:
        yield Block("heading", document.title, 1)
    yield from document.blocks


def _code(text: str, language: str = "") -> Iterator[Block]:
    if text.strip():
        yield Block("code", f"```{language}\n{text.strip()}\n```")


def _printed(output: dict[str, Any]) -> Iterator[Block]:
    """A table as one, other results as they were printed; pictures and errors are passed over."""
    data = output.get("data") or {}
    if "<table" in (page := _text(data.get("text/html"))):
        yield from page_blocks(page)
    elif said := _text(data.get("text/markdown")):
        yield from _markdown(said)
    elif not any(kind.startswith("image/") for kind in data):
        yield from _code(_text(output.get("text") or data.get("text/plain"))[:_MOST_PRINTED])


def _text(lines: Any) -> str:
    return "".join(map(str, lines)) if isinstance(lines, list) else str(lines or "")


def _at(node: Any, *names: str) -> Any:
    for name in names:
        node = node.get(name) if isinstance(node, dict) else None
    return node
