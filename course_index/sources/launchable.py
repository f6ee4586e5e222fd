"""cmi5, Tin Can and AICC packages: titles and descriptions of what they launch, and the pages that they bring."""

import configparser
import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from course_index.course import Course
from course_index.errors import SourceProblem
from course_index.sources.decode import decode
from course_index.sources.document import Block, Document
from course_index.sources.formats import is_lesson
from course_index.sources.lesson_file import LessonFile, LessonSource, PackagedLesson, under
from course_index.sources.package import Package, Wishes, course_id, inside
from course_index.sources.xml import children, read_xml, text_of


def is_launchable(folder: Path) -> bool:
    """Whether the folder is an unpacked package of one of the three."""
    return any((folder / name).is_file() for name in ("cmi5.xml", "tincan.xml")) or bool(_aicc(folder))


def _aicc(folder: Path) -> Path | None:
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".crs")
    return found[0] if found else None


def read_launchable(folder: Path, where: str, wishes: Wishes) -> Package:
    """The course below `folder`."""
    if (folder / "cmi5.xml").is_file():
        return _cmi5(folder, where, wishes)
    if (folder / "tincan.xml").is_file():
        return _tin_can(folder, where, wishes)
    return _of_aicc(folder, where, wishes)


def _cmi5(folder: Path, where: str, wishes: Wishes) -> Package:
    root = read_xml(folder / "cmi5.xml")
    course = root.find("course")
    if root.tag != "courseStructure" or course is None:
        raise SourceProblem("its cmi5.xml is no course structure; export it again")
    outline: Counter[str] = Counter()
    units: list[tuple[str, str, str, tuple[str, ...]]] = []
    _units(root, (), units, outline)
    title = _said(course, "title") or folder.name
    return Package(
        Course(
            course_id(course.get("id") or title),
            title,
            wishes.provider,
            _said(course, "description") or None,
            url=wishes.url,
        ),
        tuple(_lessons(folder, where, units)),
        dict(outline),
    )


def _units(
    parent: Element, above: tuple[str, ...], units: list[tuple[str, str, str, tuple[str, ...]]], outline: Counter[str]
) -> None:
    for child in children(parent, "au", "block"):
        outline[child.tag] += 1
        title = _said(child, "title")
        if child.tag == "au":
            units.append((title, _said(child, "description"), text_of(child, "url"), above))
        elif len(above) < 10:
            _units(child, (*above, title) if title else above, units, outline)


def _said(element: Element, tag: str) -> str:
    """The text in Chinese, else in English, else as it comes."""
    spoken = {(one.get("lang") or "").lower(): text_of(one) for one in children(element.find(tag), "langstring")}
    for language in ("zh", "en"):
        for code, said in spoken.items():
            if code.startswith(language):
                return said
    return next(iter(spoken.values()), text_of(element, tag))


def _tin_can(folder: Path, where: str, wishes: Wishes) -> Package:
    root = read_xml(folder / "tincan.xml")
    activities = list(root.iter("activity"))
    if not activities:
        raise SourceProblem("its tincan.xml names no activity; export it again")
    units = [(text_of(one, "name"), text_of(one, "description"), text_of(one, "launch"), ()) for one in activities]
    first = activities[0]
    return Package(
        Course(
            course_id(first.get("id") or units[0][0]), units[0][0] or folder.name, wishes.provider, units[0][1] or None
        ),
        tuple(_lessons(folder, where, units)),
        {"activity": len(activities)},
    )


def _of_aicc(folder: Path, where: str, wishes: Wishes) -> Package:
    crs = _aicc(folder)
    assert crs is not None  # is_launchable saw it
    settings = configparser.RawConfigParser(strict=False, allow_no_value=True, comment_prefixes=(";",))
    text, _ = decode(crs.read_bytes())
    try:
        settings.read_string(text)
    except configparser.Error:
        settings = configparser.RawConfigParser()
        settings.read_string(
            "[Course]\n" + "\n".join(line for line in text.splitlines() if line.lower().startswith("course_"))
        )
    section = next((name for name in settings.sections() if name.lower() == "course"), None)
    facts = dict(settings.items(section)) if section else {}
    names = {row.get("system_id", ""): row for row in _rows(folder, ".des")}
    units = [
        (names.get(id_, {}).get("title", ""), names.get(id_, {}).get("description", ""), row.get("file_name", ""), ())
        for row in _rows(folder, ".au")
        if (id_ := row.get("system_id", ""))
    ]
    title = facts.get("course_title") or crs.stem
    return Package(
        Course(course_id(facts.get("course_id") or crs.stem), title, wishes.provider, url=wishes.url),
        tuple(_lessons(folder, where, units)),
        {"au": len(units)},
    )


def _rows(folder: Path, suffix: str) -> list[dict[str, str]]:
    path = next((one for one in sorted(folder.iterdir()) if one.suffix.lower() == suffix), None)
    if path is None:
        return []
    text, _ = decode(path.read_bytes())
    rows = list(csv.reader(io.StringIO(text, newline="")))
    head = [name.strip().lower() for name in rows[0]] if rows else []
    return [dict(zip(head, (cell.strip() for cell in row), strict=False)) for row in rows[1:]]


def _lessons(folder: Path, where: str, units: Sequence[tuple[str, str, str, tuple[str, ...]]]) -> list[LessonSource]:
    """What each unit says of itself; then the page that it launches, once, if the package brings it."""
    lessons: list[LessonSource] = []
    taken: set[Path] = set()
    for number, (title, description, launched, above) in enumerate(units, 1):
        if title or description:
            facts = (title or description[:60], description or title, above)
            lessons.append(PackagedLesson(f"unit/{number}", f"{where}!{title or number}", (), _read_unit, facts))
        page = inside(folder, launched)
        if page and page not in taken and is_lesson(page):
            taken.add(page)
            relative = page.relative_to(folder.resolve()).as_posix()
            lessons.append(
                LessonFile(page, relative, shown=f"{where}!{relative}", above=(*above, title) if title else above)
            )
    return lessons


def _read_unit(_: tuple[Path, ...], facts: Any) -> Document:
    title, description, above = facts
    return under(above, Document(title, (Block("paragraph", description),)))
