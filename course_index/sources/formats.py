"""Which reader a lesson file has: by its first bytes, and only then by its name."""

import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from course_index.errors import SourceProblem
from course_index.sources.decode import decode
from course_index.sources.document import Document
from course_index.sources.epub import read_epub
from course_index.sources.h5p import read_h5p
from course_index.sources.html import read_html, read_web_archive
from course_index.sources.markdown import read_markdown
from course_index.sources.notebook import read_notebook
from course_index.sources.office import read_pptx
from course_index.sources.opendocument import read_opendocument
from course_index.sources.outline import read_outline
from course_index.sources.pdf import read_pdf
from course_index.sources.plain_text import read_plain_text
from course_index.sources.questions import read_question_file
from course_index.sources.rich_text import read_rich_text
from course_index.sources.spreadsheet import read_spreadsheet
from course_index.sources.subtitles import read_subtitles
from course_index.sources.word import read_docx

# Reads a file; the address is where the file itself opens, if anybody knows.
Reader = Callable[[Path, str | None], Document]

_TEXT: dict[str, Callable[[str], Document]] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".txt": read_plain_text,
}
_OTHER: dict[str, Reader] = {
    ".pdf": read_pdf,
    ".docx": lambda path, _: read_docx(path),
    ".pptx": read_pptx,
    ".epub": lambda path, _: read_epub(path),
    ".h5p": lambda path, _: read_h5p(path),
    ".srt": read_subtitles,
    ".vtt": read_subtitles,
    ".ass": read_subtitles,
    ".ssa": read_subtitles,
    ".sami": read_subtitles,
    ".smi": read_subtitles,
    ".ttml": read_subtitles,
    ".dfxp": read_subtitles,
    ".sbv": read_subtitles,
    ".lrc": read_subtitles,
    ".odt": read_opendocument,
    ".odp": read_opendocument,
    ".rtf": lambda path, _: read_rich_text(path),
    ".ipynb": lambda path, _: read_notebook(path),
    ".opml": lambda path, _: read_outline(path),
    ".mht": lambda path, _: read_web_archive(path),
    ".mhtml": lambda path, _: read_web_archive(path),
    ".ods": lambda path, _: read_spreadsheet(path),
    ".xlsx": lambda path, _: read_spreadsheet(path),
    ".csv": lambda path, _: read_spreadsheet(path),
    ".tsv": lambda path, _: read_spreadsheet(path),
    ".qti": lambda path, _: read_question_file(path),
    ".xml": lambda path, _: read_question_file(path),
}
# What a folder's loose files may be, to be lessons. A table in a folder is one only where a catalogue says so, and a
# stray XML file is mostly somebody's settings.
LESSON_SUFFIXES = frozenset({*_TEXT, *_OTHER} - {".csv", ".tsv", ".xlsx", ".ods", ".xml"})
TABLES = (".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".et", ".ods")
# What to do with files that are not read.
_WAYS_OUT = {
    ".rar": "unpack it and put its files into a ZIP",
    ".7z": "unpack it and put its files into a ZIP",
    ".tex": "hand over the PDF that LaTeX makes of it",
    ".rst": "hand over the HTML that Sphinx or rst2html makes of it",
    ".adoc": "hand over the HTML that Asciidoctor makes of it",
    ".asciidoc": "hand over the HTML that Asciidoctor makes of it",
    ".caj": "open it in CAJViewer and save it as PDF",
    ".mobi": "convert it to EPUB",
    ".azw3": "convert it to EPUB",
    ".chm": "unpack it to its HTML pages",
}
# Files that are handed out as they are; what cannot be read of them is told.
DOCUMENTS = frozenset(
    ".pdf .docx .doc .wps .odt .rtf .pptx .ppsx .ppt .dps .odp .epub .h5p .ipynb .xlsx .xls .et .ods .csv .zip".split()
    + list(_WAYS_OUT)
)
# Media that subtitles belong to, and what a page is dressed with: nobody misses them in a report.
SILENT = frozenset(
    ".mp4 .m4v .mov .webm .mkv .mp3 .m4a .wav .ogg .png .jpg .jpeg .gif .svg .ico .webp .bmp .css .js .map .ttf .otf "
    ".woff .woff2 .eot .xsd .dtd".split()
)
# Somebody's mail is no lesson, though it is written as a page that is saved in one file is.
_LETTERS = (".eml", ".msg")
# Possessive (*+): what is no HTML after forty comments is not tried again with each of them cut otherwise.
_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*+<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_OPEN_DOCUMENT = {"text": ".odt", "presentation": ".odp", "spreadsheet": ".ods"}
_IN_ARCHIVE = (("word/document.xml", ".docx"), ("ppt/presentation.xml", ".pptx"), ("xl/workbook.xml", ".xlsx"))
_LEGACY_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def is_text(name: str) -> bool:
    """Whether files of this name are text that we parse ourselves."""
    return Path(name).suffix.lower() in _TEXT


def is_lesson(path: Path) -> bool:
    """Whether a file can be read as a lesson, by its name or, where that says nothing, by its content."""
    suffix = path.suffix.lower()
    by_name = {*_OTHER, *SILENT, *_LETTERS}
    return suffix in LESSON_SUFFIXES or (suffix not in by_name and kind_of(path) in LESSON_SUFFIXES)


def reader_of(path: Path, name: str) -> Reader:
    """Raises SourceProblem for what no reader here reads."""
    suffix = Path(name).suffix.lower()
    kind = kind_of(path) or suffix
    if not path.stat().st_size:
        raise SourceProblem("it is empty; add content or take it out")
    if kind in (".html", ".htm", ".xhtml") or (kind in _TEXT and suffix not in _OTHER):
        return _text_reader(_TEXT[kind])
    if kind in _OTHER:
        return _OTHER[kind]
    raise SourceProblem(not_read(suffix))


def not_read(suffix: str) -> str:
    """That files with this suffix are not read, and what to do."""
    way_out = _WAYS_OUT.get(suffix, "export it as PDF, DOCX, HTML or text")
    return f"this format ({suffix or 'no extension'}) is not read; {way_out}"


def kind_of(path: Path) -> str | None:
    """The suffix that the content stands for, or None when it does not show."""
    try:
        with path.open("rb") as file:
            head = file.read(4_096)
    except OSError as error:
        raise SourceProblem(f"it cannot be read ({error.strerror}); mend its permissions or take it out") from error
    if b"%PDF-" in head[:1_024]:
        return ".pdf"
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_archive(path)
    if head.startswith(_LEGACY_OFFICE):
        return ".docx"  # whose reader says what to do
    return _kind_of_text(head.decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace"))


def _kind_of_text(text: str) -> str | None:
    if text.lstrip().startswith("WEBVTT"):
        return ".vtt"
    if "[Script Info]" in text[:200]:
        return ".ass"
    if text.startswith("{\\rtf"):
        return ".rtf"
    if re.match(r"(?:[\w-]+:[^\n]*\r?\n[ \t]?){0,12}?MIME-Version:", text, re.IGNORECASE):
        return ".mht"
    if re.match(r"\s*\d*\s*\d{1,2}:\d{2}:\d{2}[,.]\d{1,3}\s*-->", text):
        return ".srt"
    return ".html" if _HTML.match(text) else None


def _kind_of_archive(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            kind = archive.read("mimetype")[:100].decode("ascii", "replace") if "mimetype" in names else ""
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, NotImplementedError, RuntimeError):
        return None
    if found := re.match(r"application/vnd\.oasis\.opendocument\.(\w+)", kind):
        return _OPEN_DOCUMENT.get(found[1])
    if "META-INF/container.xml" in names:
        return ".epub"
    if "h5p.json" in names:
        return ".h5p"
    return next((suffix for part, suffix in _IN_ARCHIVE if part in names), None)


def _text_reader(read: Callable[[str], Document]) -> Reader:
    return _TextReader(read).read


class _TextReader:
    def __init__(self, read: Callable[[str], Document]) -> None:
        self._read = read

    def read(self, path: Path, _: str | None) -> Document:
        """The decoded text, read; a doubtful encoding is told."""
        data = path.read_bytes()
        if not data.strip():
            raise SourceProblem("it is empty; add content or take it out")
        text, encoding = decode(data)
        document = self._read(text)
        if encoding.startswith("utf"):
            return document
        told = f"it was read as {encoding.upper()}; look at it once, and save it as UTF-8 if it reads wrong"
        return Document(document.title, document.blocks, document.updated_at, document.questions, (told,))
