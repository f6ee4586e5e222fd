"""OpenStax books: collections of CNXML modules, each collection a course, each module a lesson."""

from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from course_index.course import Course
from course_index.sources.document import Document, Notice
from course_index.sources.html import read_html
from course_index.sources.lesson_file import LessonSource, PackagedLesson, under
from course_index.sources.package import Package, Wishes, all_inside, course_id, inside
from course_index.sources.xml import children, read_xml, text_of

_INLINE = {"emphasis": "strong", "term": "strong", "code": "code", "sub": "sub", "sup": "sup"}
_BLOCKS = {"para": "p", "item": "li", "list": "ul", "quote": "blockquote", "entry": "td", "row": "tr", "table": "table"}
# What answers an exercise, and what is no text.
_PASSED_OVER = ("solution", "commentary", "media", "iframe", "metadata")
_DEEPEST_HEADING = 6


def is_openstax(folder: Path) -> bool:
    """Whether the folder holds collections and their modules."""
    return (folder / "modules").is_dir() and any((folder / "collections").glob("*.collection.xml"))


def read_openstax(folder: Path, where: str, wishes: Wishes) -> tuple[Package, ...]:
    """Every collection below `folder` as a course of its own."""
    files = all_inside(folder, "collections/*.collection.xml")
    return tuple(_collection(folder, path, where, wishes) for path in files)


def _collection(folder: Path, path: Path, where: str, wishes: Wishes) -> Package:
    root = read_xml(path)
    metadata = next(children(root, "metadata"), None)
    outline: Counter[str] = Counter()
    notices: list[Notice] = []
    content = next(children(root, "content"), None)
    lessons: list[LessonSource] = list(_modules(folder, where, content, (), outline, notices))
    title = text_of(metadata, "title") or path.name.removesuffix(".collection.xml")
    course = Course(
        course_id(text_of(metadata, "slug") or title),
        title,
        wishes.provider or "OpenStax",
        language=text_of(metadata, "language") or None,
        url=wishes.url,
        licence=next((one.get("url") or text_of(one) for one in children(metadata, "license")), None) or None,
    )
    return Package(course, tuple(lessons), dict(outline), tuple(notices))


def _modules(
    folder: Path,
    where: str,
    content: Element | None,
    above: tuple[str, ...],
    outline: Counter[str],
    notices: list[Notice],
) -> Iterator[PackagedLesson]:
    for child in children(content, "module", "subcollection"):
        if child.tag == "subcollection":
            outline["chapter"] += 1
            title = text_of(child, "title")
            inner = next(children(child, "content"), None)
            yield from _modules(folder, where, inner, (*above, title) if title else above, outline, notices)
            continue
        name = child.get("document") or ""
        path = inside(folder, f"modules/{name}/index.cnxml")
        if path is None:
            notices.append(Notice(f"{where}!modules/{name}", "the collection names it and it is not there"))
            continue
        outline["module"] += 1
        yield PackagedLesson(f"modules/{name}", f"{where}!modules/{name}", (path,), _read_module, above)


def _read_module(files: tuple[Path, ...], above: Any) -> Document:
    root = read_xml(files[0])
    pages = "".join(_as_html(one, 1) for one in children(root, "content"))
    document = read_html(f"<html><body>{pages}</body></html>")
    return under(above, Document(text_of(root, "title") or files[0].parent.name, document.blocks))


def _as_html(element: Element, depth: int) -> str:
    """CNXML's elements as those of HTML that mean the same; sections are as deep as their headings."""
    tag = element.tag
    if tag in _PASSED_OVER:
        return ""
    deeper = depth + (tag == "section")
    inner = escape(element.text or "") + "".join(
        _as_html(child, deeper) + escape(child.tail or "") for child in element
    )
    if tag == "title":
        level = min(depth, _DEEPEST_HEADING)
        return f"<h{level}>{inner}</h{level}>" if depth > 1 else f"<p><strong>{inner}</strong></p>"
    if tag == "math":
        return _as_it_stands(element)
    name = _BLOCKS.get(tag) or _INLINE.get(tag) or ("div" if tag in ("section", "note", "example", "figure") else "")
    return f"<{name}>{inner}</{name}>" if name else inner


def _as_it_stands(element: Element) -> str:
    inner = escape(element.text or "") + "".join(_as_it_stands(child) + escape(child.tail or "") for child in element)
    return f"<{element.tag}>{inner}</{element.tag}>"
