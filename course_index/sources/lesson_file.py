"""A lesson as a source has it: what it is made of, its fingerprint, its Document."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from course_index.chunk import CHUNKER_VERSION
from course_index.errors import SourceProblem
from course_index.sources.decode import decode
from course_index.sources.document import Block, Document
from course_index.sources.formats import is_text, reader_of

# A text lesson larger than this is a dump, not a lesson; other formats have limits of their own.
MAX_FILE_BYTES = 20_000_000
# Mark-up can be written so that its parsers take the square of its length: beyond this it is read apart.
_PLAIN_BYTES = 50_000
# Raise this when a reader reads the same bytes otherwise: unchanged files are then read anew.
_READERS_VERSION = 5
_DATE = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_ORDER_MARK = re.compile(r"^\d{1,3}[-_. ]+(?=\D)")
_CHUNK = 1 << 20


class LessonSource(Protocol):
    """A lesson that is not read yet. It travels to the process that reads it, so it holds plain values only."""

    @property
    def relative(self) -> str:
        """What names it within its course, for as long as it is the same lesson."""
        ...

    @property
    def where(self) -> str:
        """What a report calls it."""
        ...

    @property
    def is_plain(self) -> bool:
        """Whether reading it can do no harm: text that our own process may parse."""
        ...

    def fingerprint(self) -> str:
        """Changes when what it is made of does. Raises SourceProblem when that is gone or too large."""
        ...

    def document(self) -> Document:
        """The lesson, read, with a title. Raises SourceProblem for what cannot be read."""
        ...


@dataclass(frozen=True, slots=True)
class LessonFile:
    """One file that is a lesson.

    A package calls the file otherwise than the disk does: `name` is then the file's own name, `shown` what a report
    says, `title` the lesson's. `above` are the parts of the course that it stands in, the outermost first; `url`
    opens it.
    """

    path: Path
    relative: str
    name: str = ""
    shown: str = ""
    title: str | None = None
    above: tuple[str, ...] = ()
    url: str | None = None

    @property
    def where(self) -> str:
        """What a report calls it."""
        return self.shown or str(self.path)

    @property
    def is_text(self) -> bool:
        """Whether it is text by its name."""
        return is_text(self.name or self.path.name)

    @property
    def is_plain(self) -> bool:
        """Whether it is text, and no more than even the worst of it takes a moment to read."""
        try:
            return self.is_text and self.path.stat().st_size <= _PLAIN_BYTES
        except OSError:
            return self.is_text  # reading it says what is wrong

    def read_bytes(self) -> bytes:
        """The bytes of a text file. Raises SourceProblem for what is no lesson: too large, empty, unreadable."""
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

    def fingerprint(self) -> str:
        """Of the bytes, and of what the package says of them."""
        if self.is_text:
            self.read_bytes()  # refuses what is too large before anything reads it
        facts = (self.title, self.above, self.url)
        return fingerprint([self.path], facts if any(facts) else ())

    def document(self) -> Document:
        """The file by its content, or else by its name."""
        document = read_safely(lambda: reader_of(self.path, self.name or self.path.name)(self.path, self.url))
        stem = Path(self.name or self.path.name).stem
        return under(
            self.above,
            replace(
                document,
                title=self.title or document.title or title_from(stem),
                updated_at=document.updated_at or _date_in(stem),
                url=self.url,
            ),
        )


@dataclass(frozen=True, slots=True)
class PackagedLesson:
    """A lesson that a package puts together: `read(files, facts)` makes the Document.

    `read` is a function of a module, and `facts` are plain values that say the same in every build: no paths.
    """

    relative: str
    where: str
    files: tuple[Path, ...]
    read: Callable[[tuple[Path, ...], Any], Document]
    facts: Any

    @property
    def is_plain(self) -> bool:
        """XML of strangers is read apart."""
        return False

    def fingerprint(self) -> str:
        """Of the files' bytes and the facts."""
        return fingerprint(self.files, self.facts)

    def document(self) -> Document:
        """What `read` makes of it."""
        return read_safely(lambda: self.read(self.files, self.facts))


def read_safely(read: Callable[[], Document]) -> Document:
    """The document that `read` gives. Raises SourceProblem for whatever it fails on, and for one without content."""
    try:
        document = read()
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError, IndexError, OverflowError) as error:
        raise SourceProblem(f"it cannot be parsed ({type(error).__name__}); export it again") from error
    except MemoryError as error:
        raise SourceProblem("it takes more memory than a lesson may; split it") from error
    except OSError as error:
        raise SourceProblem(f"it cannot be read ({error.strerror}); mend its permissions or take it out") from error
    if not any(block.kind != "heading" for block in document.blocks) and not document.questions:
        raise SourceProblem("it has headings or mark-up but no text; add content or take it out")
    return document


def under(above: tuple[str, ...], document: Document) -> Document:
    """The document with the parts of the course that it stands in as its outermost headings."""
    if not above or not document.blocks:
        return document
    place = document.blocks[0].place
    heads = tuple(Block("heading", name, min(level, 6), place) for level, name in enumerate(above, 1))
    below = (
        replace(block, level=min(block.level + len(above), 6)) if block.kind == "heading" else block
        for block in document.blocks
    )
    return replace(document, blocks=(*heads, *below))


def fingerprint(files: Iterable[Path], facts: Any) -> str:
    """Changes when the files' bytes or the facts do, or when we would read or cut the same otherwise."""
    digest = hashlib.sha256(b"%d:%d:" % (CHUNKER_VERSION, _READERS_VERSION))
    digest.update(repr(facts).encode("utf-8", "replace") if facts else b"")
    try:
        for path in files:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
            digest.update(b"\0")
    except OSError as error:
        raise SourceProblem(f"it cannot be read ({error.strerror}); mend its permissions or take it out") from error
    return digest.hexdigest()


def content_hash(data: bytes) -> str:
    """The fingerprint of bytes that no file holds."""
    return hashlib.sha256(b"%d:%d:" % (CHUNKER_VERSION, _READERS_VERSION) + data).hexdigest()


def decoded(lesson: LessonFile) -> str:
    """The text of a text lesson. Raises SourceProblem as reading does."""
    return decode(lesson.read_bytes())[0]


def title_from(stem: str) -> str:
    """A file or folder name as a title: without its order number and date."""
    bare = _DATE.sub("", _ORDER_MARK.sub("", stem)).replace("()", "").replace("（）", "")
    return bare.replace("_", " ").strip(" -") or stem


def _date_in(stem: str) -> date | None:
    try:
        return date(*map(int, found.groups())) if (found := _DATE.search(stem)) else None
    except ValueError:
        return None
