"""EPUB books: the chapters of the spine, in order, each read as the page it is."""

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from course_index.errors import SourceProblem
from course_index.sources.decode import decode
from course_index.sources.document import Block, Document
from course_index.sources.html import page_links, read_html
from course_index.sources.xml import parse_xml, text_of

_MOST_CHAPTER = 20_000_000
_MOST_ALL = 300_000_000


def read_epub(path: Path) -> Document:
    """The whole book; each chapter begins with its title as a heading.

    Raises SourceProblem for a book that is broken or under copy protection.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _book(archive)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise SourceProblem(f"it is broken, or no EPUB ({type(error).__name__}); export it again") from error


def _book(archive: zipfile.ZipFile) -> Document:
    names = set(archive.namelist())
    if "META-INF/encryption.xml" in names and b"rights" in b"".join(name.encode() for name in names):
        raise SourceProblem("it is under copy protection; export it without")
    container = parse_xml(_part(archive, "META-INF/container.xml"), "container.xml")
    root = next((one.get("full-path") for one in container.iter("rootfile")), None)
    if root is None:
        raise SourceProblem("its container names no book; export it again")
    package = parse_xml(_part(archive, root), "the package file")
    title = next((said for one in package.iter("title") if (said := text_of(one))), None)
    folder = posixpath.dirname(root)
    contents = _contents(archive, package, folder)
    locked = _locked(archive) if "META-INF/encryption.xml" in names else set()
    looks: list[str] = []
    blocks: list[Block] = []
    left = _MOST_ALL
    for href in _spine(package, folder):
        if href in locked:
            raise SourceProblem("it is under copy protection; export it without")
        try:
            page = _part(archive, href)
        except KeyError:
            looks.append(f"its chapter {href} is missing; export it again")
            continue
        left -= len(page)
        if left < 0:
            raise SourceProblem(f"its chapters have more than {_MOST_ALL / 1e6:.0f} MB; split it")
        blocks += _chapter(page, contents.get(href), title)
    return Document(title, tuple(blocks), looks=tuple(looks[:5]))


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _MOST_CHAPTER:
        raise SourceProblem(f"{name} in it has more than {_MOST_CHAPTER / 1e6:.0f} MB; split it")
    with archive.open(name) as part:
        return part.read(_MOST_CHAPTER)


def _spine(package: Element, folder: str) -> Iterator[str]:
    hrefs = {
        item.get("id"): item.get("href") or ""
        for item in package.iter("item")
        if "nav" not in (item.get("properties") or "").split()
    }
    for reference in package.iter("itemref"):
        href = hrefs.get(reference.get("idref"))
        if href:
            yield posixpath.normpath(posixpath.join(folder, unquote(href.split("#")[0])))


def _locked(archive: zipfile.ZipFile) -> set[str]:
    """The parts that are encrypted; fonts often are, which is no copy protection."""
    listed = parse_xml(_part(archive, "META-INF/encryption.xml"), "encryption.xml")
    return {unquote(one.get("URI") or "") for one in listed.iter("CipherReference")}


def _contents(archive: zipfile.ZipFile, package: Element, folder: str) -> dict[str, str]:
    """What the book's table of contents calls each of its files: EPUB 3 has it as a page, EPUB 2 as NCX."""
    named: dict[str, str] = {}
    for item in package.iter("item"):
        is_page = "nav" in (item.get("properties") or "").split()
        if not is_page and item.get("media-type") != "application/x-dtbncx+xml":
            continue
        href = posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))
        try:
            part = _part(archive, href)
            entries = list(page_links(decode(part)[0]) if is_page else _points(part))
        except (KeyError, SourceProblem):
            continue
        for target, said in entries:
            file = posixpath.normpath(posixpath.join(posixpath.dirname(href), unquote(target.split("#")[0])))
            named.setdefault(file, said)
    return named


def _points(ncx: bytes) -> Iterator[tuple[str, str]]:
    for point in parse_xml(ncx, "the table of contents").iter("navPoint"):
        content = point.find("content")
        if content is not None and (said := text_of(point, "navLabel")):
            yield content.get("src") or "", said


def _chapter(page: bytes, called: str | None, book: str | None) -> Iterator[Block]:
    """The chapter under its own title, or else what the contents call it: many pages have the book's title."""
    text, _ = decode(page)
    document = read_html(text)
    title = document.title if document.title and document.title != book else called or document.title
    below = [
        replace(block, level=min(block.level + 1, 6)) if block.kind == "heading" else block
        for block in document.blocks
        if block.kind != "heading" or block.text != title
    ]
    if title and below:
        yield Block("heading", title, 1)
    yield from below
