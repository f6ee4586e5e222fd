"""RTF files: their text, and tables as rows. Which lines are headings the format does not say."""

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from striprtf.striprtf import rtf_to_text

from course_index.errors import SourceProblem
from course_index.sources.document import Block, Document
from course_index.sources.office import table

_MOST_BYTES = 50_000_000
# Pictures are most of a file, in digits.
_PICTURE = re.compile(r"(?<=[\s}])[0-9a-fA-F\s]{2000,}")
_TITLE = re.compile(r"\{\\title ([^{}]{1,800})\}")
_CODE_PAGE = re.compile(r"\\ansicpg\d{1,5}")


def read_rich_text(path: Path) -> Document:
    """Raises SourceProblem for what cannot be read."""
    if path.stat().st_size > _MOST_BYTES:
        raise SourceProblem(f"it has more than {_MOST_BYTES / 1e6:.0f} MB; save it as .docx")
    source = _PICTURE.sub("", path.read_bytes().decode("latin-1"))
    try:
        text = _plain(source)
        title = _TITLE.search(source)
        page = _CODE_PAGE.search(source)
        called = _plain(f"{{\\rtf1\\ansi{page[0] if page else ''} {title[1]}}}").strip() if title else ""
    except Exception as error:  # whatever its patterns and codecs let through
        raise SourceProblem(f"it cannot be parsed ({type(error).__name__}); save it as .docx") from error
    return Document(called or None, tuple(_blocks(text.splitlines())))


def _plain(source: str) -> str:
    return str(rtf_to_text(source, errors="ignore"))  # type: ignore[no-untyped-call]


def _blocks(lines: list[str]) -> Iterator[Block]:
    for is_row, group in groupby(lines, lambda line: line.rstrip().endswith("|")):
        if is_row:
            rows = [[cell.strip() for cell in line.rstrip().removesuffix("|").split("|")] for line in group]
            yield from [Block("table", text)] if (text := table(rows)) else []
        else:
            yield from (Block("paragraph", said) for line in group if (said := " ".join(line.split())))
