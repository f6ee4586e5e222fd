"""One course file on disk: its bytes, its fingerprint, its Document."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from course_index.chunk import CHUNKER_VERSION
from course_index.errors import SourceProblem
from course_index.sources.decode import decode
from course_index.sources.document import Document
from course_index.sources.html import read_html
from course_index.sources.markdown import read_markdown
from course_index.sources.plain_text import read_plain_text

# A lesson larger than this is a dump, not a lesson.
MAX_FILE_BYTES = 20_000_000
READERS: dict[str, Callable[[str], Document]] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".txt": read_plain_text,
}
_LOOKS_LIKE_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_DATE = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_ORDER_MARK = re.compile(r"^\d{1,3}[-_. ]+(?=\D)")


@dataclass(frozen=True, slots=True)
class LessonFile:
    """Where a lesson stands in its course and on disk."""

    path: Path
    relative: str

    def read_bytes(self) -> bytes:
        """The file's bytes. Raises SourceProblem for what is no lesson: too large, empty, unreadable."""
        try:
            size = self.path.stat().st_size
            if size > MAX_FILE_BYTES:
                raise SourceProblem(
                    f"it has {size / 1e6:,.0f} MB, and a file may have {MAX_FILE_BYTES / 1e6:.0f}; split it"
                )
            data = self.path.read_bytes()
        except OSError as error:
            raise SourceProblem(f"it cannot be read ({error.strerror}); mend its permissions or take it out") from error
        if not data.strip():
            raise SourceProblem("it is empty; add content or take it out")
        return data

    def document(self, data: bytes) -> tuple[Document, str]:
        """The file as a Document that has a title, and the encoding it was read with."""
        text, encoding = decode(data)
        reader = read_html if _LOOKS_LIKE_HTML.match(text) else READERS[self.path.suffix.lower()]
        try:
            document = reader(text)
        except (ValueError, RecursionError) as error:
            raise SourceProblem(f"it cannot be parsed ({type(error).__name__}); export it again") from error
        if not document.blocks:
            raise SourceProblem("it has headings or mark-up but no text; add content or take it out")
        return (
            replace(
                document,
                title=document.title or title_from(self.path.stem),
                updated_at=document.updated_at or _date_in(self.path.stem),
            ),
            encoding,
        )


def content_hash(data: bytes) -> str:
    """Changes when the file's bytes do, or when we would cut the same bytes otherwise."""
    return hashlib.sha256(b"%d:" % CHUNKER_VERSION + data).hexdigest()


def title_from(stem: str) -> str:
    """A file or folder name as a title: without its order number and date."""
    bare = _DATE.sub("", _ORDER_MARK.sub("", stem)).replace("()", "").replace("（）", "")
    return bare.replace("_", " ").strip(" -") or stem


def _date_in(stem: str) -> date | None:
    try:
        return date(*map(int, found.groups())) if (found := _DATE.search(stem)) else None
    except ValueError:
        return None
