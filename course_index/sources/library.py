"""Paths that an operator names become courses with their lesson files, and a list of what was left out and why."""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from course_index.course import Course
from course_index.errors import SourceProblem
from course_index.record import CourseRecord, first_problem
from course_index.sources.decode import decode
from course_index.sources.document import Notice
from course_index.sources.lesson_file import READERS, LessonFile, title_from
from course_index.sources.schema_org import courses_in, record_from_json_ld

_CATALOGUES = (".jsonl", ".ndjson", ".jsonld", ".json")
_FRONT_PAGES = ("index", "readme")
# Beyond this many bad lines a file is no catalogue, and its report says so instead of repeating itself.
_MOST_NOTICES_A_FILE = 20


@dataclass(frozen=True, slots=True)
class CourseDraft:
    """A course as found, before its lessons are read."""

    course: Course
    source: str
    lessons: tuple[LessonFile, ...]


@dataclass(slots=True)
class Library:
    """All that was found under some paths."""

    drafts: list[CourseDraft] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    # What was looked through: a course that came from here and is no more found was deleted upstream.
    roots: list[str] = field(default_factory=list)


def read_library(paths: list[Path], known_ids: dict[str, str]) -> Library:
    """Find the courses under `paths`. `known_ids` says which source each indexed course id came from.

    A folder's catalogue files (.jsonl, .jsonld, .json) name courses and their content; what lesson files remain are
    one course, called after the folder. A lesson file named directly is a course of its own.
    """
    library = Library()
    taken = dict(known_ids)
    for path in paths:
        root = path.resolve()
        library.roots.append(str(root))
        if not root.exists():
            library.notices.append(Notice(str(path), "there is nothing at this path; check its spelling"))
        elif root.is_dir():
            _read_folder(root, library, taken)
        else:
            _read_file(root, library, taken)
    return library


def _read_folder(root: Path, library: Library, taken: dict[str, str]) -> None:
    files = list(_files(root, library))
    if not files:
        library.notices.append(Notice(str(root), "the folder has no files; name the folder that holds the course"))
        return
    claimed: set[Path] = set()
    for path in files:
        if path.suffix.lower() in _CATALOGUES:
            for draft in _catalogue(path, root, library, taken):
                claimed.update(lesson.path for lesson in draft.lessons)
                library.drafts.append(draft)
    loose = [path for path in files if path.suffix.lower() in READERS and path not in claimed]
    if loose:
        library.drafts.append(_folder_course(root, loose, taken))
    others = Counter(
        path.suffix.lower() or "no extension" for path in files if path.suffix.lower() not in (*READERS, *_CATALOGUES)
    )
    for suffix, count in sorted(others.items()):
        what = (
            f"{count} file{'s' * (count > 1)} ({suffix}): this format is not read yet; export as Markdown, HTML or text"
        )
        library.notices.append(Notice(str(root), what))


def _read_file(path: Path, library: Library, taken: dict[str, str]) -> None:
    suffix = path.suffix.lower()
    if suffix in _CATALOGUES:
        library.drafts.extend(_catalogue(path, path.parent, library, taken))
    elif suffix in READERS:
        lesson = LessonFile(path, path.name)
        id_ = _free_id(title_from(path.stem), str(path), taken)
        library.drafts.append(CourseDraft(Course(id_, title_from(path.stem), None), str(path), (lesson,)))
    else:
        what = f"this format ({suffix or 'no extension'}) is not read yet; export it as Markdown, HTML or text"
        library.notices.append(Notice(str(path), what))


def _files(root: Path, library: Library) -> Iterator[Path]:
    """Every file below `root` that is really below it, hidden ones left out, in natural order."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted((name for name in folders if not name.startswith(".")), key=natural_order)
        for name in sorted((name for name in names if not name.startswith(".")), key=natural_order):
            path = Path(folder, name)
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                library.notices.append(Notice(str(path), "it links to a place outside the folder; copy the file in"))
            elif path.is_file():
                yield path
            elif not path.exists():
                library.notices.append(Notice(str(path), "it links to a file that does not exist; mend the link"))


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """A sort key by which chapter_2 comes before chapter_10, and front pages before all."""
    front = 0 if name.lower().split(".")[0] in _FRONT_PAGES else 1
    parts = re.split(r"(\d+)", name.lower())
    return [(front, 0, "")] + [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts if part]


def _folder_course(root: Path, files: list[Path], taken: dict[str, str]) -> CourseDraft:
    lessons = tuple(LessonFile(path, path.relative_to(root).as_posix()) for path in files)
    id_ = _free_id(root.name, str(root), taken)
    return CourseDraft(Course(id_, _folder_title(root, lessons), None), str(root), lessons)


def _folder_title(root: Path, lessons: tuple[LessonFile, ...]) -> str:
    """The title of the folder's front page, or the folder's own name."""
    for lesson in lessons:
        if lesson.path.parent == root and lesson.path.stem.lower() in _FRONT_PAGES:
            try:
                document, _ = lesson.document(lesson.read_bytes())
            except SourceProblem:
                break
            return document.title or title_from(root.name)
    return title_from(root.name)


def _free_id(name: str, source: str, taken: dict[str, str]) -> str:
    """An id made of the name: the one this source has already, or the first that no other source has."""
    base = re.sub(r"[^\w.+-]+", "-", name).strip("-") or "course"
    number, id_ = 1, base
    while taken.get(id_, source) != source:
        number += 1
        id_ = f"{base}-{number}"
    taken[id_] = source
    return id_


def _catalogue(path: Path, root: Path, library: Library, taken: dict[str, str]) -> Iterator[CourseDraft]:
    """The courses of a catalogue file whose records are sound; the rest is reported, a record at a time."""
    notices: list[Notice] = []
    for where, record in _records(path, notices):
        try:
            checked = CourseRecord.model_validate(record)
            if (owner := taken.get(checked.id, str(path))) != str(path):
                raise SourceProblem(f"the id {checked.id} belongs to {owner}; give it another or remove that one")
            if checked.id in {draft.course.id for draft in library.drafts}:
                raise SourceProblem(f"the id {checked.id} stands twice; give one of them another")
            lessons = tuple(_content(checked, path, root))
        except ValidationError as error:
            notices.append(Notice(where, f"{first_problem(error)}; mend this record"))
        except SourceProblem as error:
            notices.append(Notice(where, str(error)))
        else:
            taken[checked.id] = str(path)
            yield CourseDraft(checked.course(), str(path), lessons)
    library.notices.extend(notices[:_MOST_NOTICES_A_FILE])
    if len(notices) > _MOST_NOTICES_A_FILE:
        more = len(notices) - _MOST_NOTICES_A_FILE
        library.notices.append(Notice(str(path), f"{more} more records have problems; is this a course catalogue?"))


def _records(path: Path, notices: list[Notice]) -> Iterator[tuple[str, Any]]:
    try:
        text, _ = decode(LessonFile(path, path.name).read_bytes())
    except SourceProblem as error:
        notices.append(Notice(str(path), str(error)))
        return
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                yield from _parsed(f"{path}:{number}", line, notices)
        return
    for _, data in _parsed(str(path), text, notices, several=True):
        nodes = list(courses_in(data))
        if not nodes:
            notices.append(Notice(str(path), "it holds no schema.org Course; only those are read from .json files"))
        for number, node in enumerate(nodes, 1):
            yield f"{path} course {number}", record_from_json_ld(node)


def _parsed(where: str, text: str, notices: list[Notice], *, several: bool = False) -> Iterator[tuple[str, Any]]:
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        reason = f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else "nesting"
        notices.append(Notice(where, f"this is not JSON ({reason}); mend it"))
        return
    if several or not isinstance(data, dict) or "@type" not in data:
        yield where, data
    else:
        yield where, record_from_json_ld(data)


def _content(record: CourseRecord, catalogue: Path, root: Path) -> Iterator[LessonFile]:
    if record.content is None:
        return
    content = (catalogue.parent / record.content).resolve()
    if not content.is_relative_to(root):
        raise SourceProblem("its content points outside the catalogue's folder; move the lessons inside")
    if content.is_file() and content.suffix.lower() in READERS:
        yield LessonFile(content, content.name)
        return
    inner = Library()
    lessons = [path for path in _files(content, inner) if path.suffix.lower() in READERS] if content.is_dir() else []
    if not lessons:
        raise SourceProblem(f"its content {record.content} has no lesson file; check the path or leave `content` out")
    for path in lessons:
        yield LessonFile(path, path.relative_to(content).as_posix())
