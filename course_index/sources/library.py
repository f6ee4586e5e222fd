"""Sources that an operator names become courses with their lessons, and a list of what was left out and why."""

import hashlib
import json
import os
import re
import shutil
import tempfile
import weakref
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from course_index.course import Course
from course_index.errors import SourceProblem
from course_index.record import CourseRecord, first_problem
from course_index.sources.archive import is_archive, unpack
from course_index.sources.cartridge import is_cartridge, read_cartridge
from course_index.sources.decode import decode
from course_index.sources.document import Notice
from course_index.sources.feeds import feed_records
from course_index.sources.formats import SILENT, TABLES, is_lesson, not_read
from course_index.sources.launchable import is_launchable, read_launchable
from course_index.sources.lesson_file import LessonFile, LessonSource, title_from
from course_index.sources.moodle import is_moodle, read_moodle
from course_index.sources.olx import is_olx, read_olx
from course_index.sources.opencourseware import is_open_courseware, read_open_courseware
from course_index.sources.openstax import is_openstax, read_openstax
from course_index.sources.package import Package, PackageReader, Wishes, hidden_notice
from course_index.sources.schema_org import courses_in, record_from_json_ld
from course_index.sources.source import Source, read_sources, source_at
from course_index.sources.spreadsheet import read_tables
from course_index.sources.table_catalogue import TableRecord, columns_of, is_course_table, record_of, records_of

_CATALOGUES = (".jsonl", ".ndjson", ".jsonld", ".json")
_PACKAGES: tuple[tuple[Any, PackageReader], ...] = (
    (is_open_courseware, read_open_courseware),
    (is_cartridge, read_cartridge),
    (is_moodle, read_moodle),
    (is_olx, read_olx),
    (is_openstax, read_openstax),
    (is_launchable, read_launchable),
)
# The files by which a package's folder is known without asking each folder.
_MARKS = ("imsmanifest.xml", "moodle_backup.xml", "moodle.xml", "course.xml", "library.xml", "cmi5.xml", "tincan.xml")
_FRONT_PAGES = ("index", "readme")
_JUNK = ("__MACOSX",)
# Beyond this many bad lines a file is no catalogue, and its report says so instead of repeating itself.
_MOST_NOTICES_A_FILE = 20
# Of one package; the rest is counted.
_MOST_NOTICES_A_PACKAGE = 8
# Files of one kind that a notice names.
_MOST_NAMES = 3
# Archives within archives: an export that was zipped once more.
_DEEPEST_ARCHIVE = 2


@dataclass(frozen=True, slots=True)
class CourseDraft:
    """A course as found, before its lessons are read. `outline` counts the parts that a package's platform knows."""

    course: Course
    source: str
    lessons: tuple[LessonSource, ...]
    outline: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, weakref_slot=True)
class Library:
    """All that was found under some sources. `close` throws away what was unpacked."""

    drafts: list[CourseDraft] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    # What was looked through: a course that came from here and is no more found was deleted upstream.
    roots: list[str] = field(default_factory=list)
    # What could not be read this time: the courses from there stay as they are.
    unreadable: list[str] = field(default_factory=list)
    _scratch: Path | None = None

    def is_gone(self, source: str) -> bool:
        """Whether a course that was indexed from `source`, and was not found now, was deleted there."""
        came_from = any(_below(source, root) for root in self.roots)
        return came_from and not any(_below(source, kept) for kept in self.unreadable)

    def scratch(self) -> Path:
        """A new folder to unpack into, which goes when the library does."""
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="companion-index-"))
            weakref.finalize(self, shutil.rmtree, self._scratch, True)
        return Path(tempfile.mkdtemp(dir=self._scratch))

    def close(self) -> None:
        """Throw away what was unpacked; the lessons in it cannot be read any more."""
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def says(self, where: str, what: str, *, skipped: bool = True) -> None:
        """Note something for the operator."""
        self.notices.append(Notice(where, what, skipped))


def _below(source: str, root: str) -> bool:
    return source == root or source.startswith(f"{root.rstrip('/')}/")


@dataclass(frozen=True, slots=True)
class _Root:
    """A folder that is looked through: on disk, what a report calls it, and which source it belongs to."""

    path: Path
    shown: str
    key: str
    wishes: Wishes
    depth: int = 0

    def where(self, path: Path) -> str:
        """What a report calls a file in it."""
        if path == self.path:
            return self.shown
        relative = path.relative_to(self.path).as_posix()
        return str(path) if self.shown == str(self.path) else f"{self.shown}!{relative}"

    def source(self, path: Path) -> str:
        """What is noted of a course as its source."""
        return self.key if path == self.path else f"{self.key.rstrip('/')}/{path.relative_to(self.path).as_posix()}"

    def below(self, path: Path, unpacked: Path) -> "_Root":
        """An archive in it, unpacked."""
        return _Root(unpacked, self.where(path), self.source(path), self.wishes, self.depth + 1)


def sources_at(paths: list[Path]) -> list[Source]:
    """Paths as sources; a .toml file names its own. Raises SourceProblem for one that is not sound."""
    return [
        source for path in paths for source in (read_sources(path) if path.suffix == ".toml" else [source_at(path)])
    ]


class Taken(dict[str, str]):
    """Which source each course id belongs to.

    `retired` has the digests of ids that were taken out, and of their sources: of what is gone nothing else is kept.
    """

    def __init__(self, known: Mapping[str, str], retired: Mapping[str, str]) -> None:
        super().__init__(known)
        self._retired = retired

    def is_of_another(self, id_: str, source: str) -> bool:
        """Whether the id belongs to another source, or did: what learners have under it is not that source's."""
        owner = self.get(id_)
        return owner != source if owner else self._retired.get(id_digest(id_)) not in (None, id_digest(source))

    def the_one_of(self, source: str) -> str | None:
        """The id of the source's course, if it has one and no other."""
        own = [id_ for id_, owner in self.items() if owner == source]
        return own[0] if len(own) == 1 else None


def id_digest(text: str) -> str:
    """What is kept of the id of a course that is gone, and of its source."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def read_library(
    sources: Sequence[Path | Source], known_ids: Mapping[str, str], retired: Mapping[str, str] = MappingProxyType({})
) -> Library:
    """Find the courses in `sources`. `known_ids` says which source each indexed course id came from, `retired` the same
    in digests of those that were taken out: no other course gets their ids by chance.

    Exports of platforms, unpacked or not, are a course each. Catalogue files (.jsonl, .jsonld, .json, tables) name
    courses and their content; what lesson files remain in a folder are one course, called after the folder. A lesson
    file named directly is a course of its own. A source that cannot be read is told, and what it gave before stays.
    """
    library = Library()
    taken = Taken(known_ids, retired)
    for source in sources:
        _read_source(source if isinstance(source, Source) else source_at(source), library, taken)
    return library


def _read_source(source: Source, library: Library, taken: Taken) -> None:
    if source.feed is not None:
        _read_feed(source, library, taken)
        return
    assert source.path is not None  # a source is a path or a feed
    if not source.path.exists():
        what = "there is nothing at this path; check its spelling. What came from it before stays"
        library.says(str(source.path), f"{what}: companion-index remove takes courses out")
        return
    library.roots.append(source.name)
    if source.path.is_dir():
        _read_folder(_Root(source.path, str(source.path), source.name, source.wishes), library, taken)
    else:
        parent = _Root(source.path.parent, str(source.path.parent), source.name, source.wishes)
        # A source that is one file is known by the file alone.
        _read_file(source.path, replace(parent, key=str(Path(source.name).parent)), library, taken, source)


def _read_feed(source: Source, library: Library, taken: Taken) -> None:
    assert source.feed is not None
    try:
        records = list(feed_records(source.feed, source.wishes))
    except SourceProblem as error:
        library.says(source.name, f"{error}. What came from it before stays")
        return
    library.roots.append(source.name)
    where = ((f"{source.feed.url} record {number}", record) for number, record in enumerate(records, 1))
    library.drafts.extend(_checked(where, source.name, None, library, taken))


# -- folders and files -------------------------------------------------------------------------------------------------


def _read_folder(root: _Root, library: Library, taken: Taken) -> None:
    files = list(_files(root, library))
    if not files:
        library.says(root.shown, "the folder has no files; name the folder that holds the course")
        return
    claimed: set[Path] = set()
    for folder in _package_folders(files):
        _package(folder, root, library, taken)
        claimed.update(path for path in files if path.is_relative_to(folder))
    others: dict[str, list[str]] = defaultdict(list)
    loose = []
    for path in files:
        suffix = path.suffix.lower()
        if path in claimed:
            continue
        if is_open_courseware(path):
            _package(path, root, library, taken)
        elif suffix in _CATALOGUES or (suffix in TABLES and _is_course_table(path, root.wishes)):
            for draft in _catalogue(path, root, library, taken):
                claimed.update(lesson.path for lesson in draft.lessons if isinstance(lesson, LessonFile))
                library.drafts.append(draft)
        elif is_lesson_safely(path):
            loose.append(path)
        elif suffix not in (*SILENT, *TABLES) and is_archive(path):  # a workbook is a ZIP too
            _read_archive(path, root, library, taken)
        elif suffix not in SILENT:
            others[suffix].append(path.name)
    if loose := [path for path in loose if path not in claimed]:
        library.drafts.append(_folder_course(root, loose, taken))
    for suffix, names in sorted(others.items()):
        library.says(root.shown, _unread(suffix, names))


def _unread(suffix: str, names: list[str]) -> str:
    """Why files with this suffix are left out, and which they are."""
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    listed = f"{', '.join(names[:_MOST_NAMES])}{more}: "
    if suffix in TABLES:
        what = "no column is a course's title beside its provider"
        return f"{listed}{what}; if it lists courses, map its columns in a sources file"
    return f"{listed}{not_read(suffix)}"


def is_lesson_safely(path: Path) -> bool:
    """Whether it can be read as a lesson; one that cannot even be opened is told when it is read."""
    try:
        return is_lesson(path)
    except SourceProblem:
        return False


def _read_file(path: Path, root: _Root, library: Library, taken: Taken, source: Source) -> None:
    suffix = path.suffix.lower()
    key = source.name
    if is_open_courseware(path):
        _package(path, root, library, taken, key)
    elif suffix in _CATALOGUES or (suffix in TABLES and _is_course_table(path, root.wishes)):
        library.drafts.extend(_catalogue(path, root, library, taken, key))
    elif is_lesson_safely(path) or suffix in TABLES or suffix == ".xml":
        lesson = LessonFile(path, path.name, url=root.wishes.links.get(path.name) or root.wishes.url)
        id_ = taken.the_one_of(key) or _free_id(title_from(path.stem), key, taken)
        library.drafts.append(CourseDraft(Course(id_, title_from(path.stem), root.wishes.provider), key, (lesson,)))
    elif is_archive(path):
        _read_archive(path, root, library, taken, key)
    else:
        library.says(str(path), not_read(suffix))


def _read_archive(path: Path, root: _Root, library: Library, taken: Taken, key: str | None = None) -> None:
    key = key or root.source(path)
    if root.depth >= _DEEPEST_ARCHIVE:
        library.says(root.where(path), "it is an archive in an archive in an archive; unpack it once")
        return
    unpacked = library.scratch()
    try:
        library.notices += [
            replace(one, where=one.where.replace(str(path), root.where(path))) for one in unpack(path, unpacked)
        ]
    except SourceProblem as error:
        library.says(root.where(path), str(error))
        library.unreadable.append(key)
        return
    _read_folder(_Root(unpacked, root.where(path), key, root.wishes, root.depth + 1), library, taken)


def _files(root: _Root, library: Library) -> Iterator[Path]:
    """Every file below `root` that is really below it, hidden ones left out, in natural order."""
    for folder, folders, names in os.walk(root.path):
        kept = [name for name in folders if not name.startswith(".") and name not in _JUNK]
        for name in kept:
            if Path(folder, name).is_symlink():
                library.says(root.where(Path(folder, name)), "it links to a folder, which is not followed; copy it in")
        folders[:] = sorted(kept, key=natural_order)
        for name in sorted((name for name in names if not name.startswith(".")), key=natural_order):
            path = Path(folder, name)
            if path.is_symlink() and not path.resolve().is_relative_to(root.path):
                library.says(root.where(path), "it links to a place outside the folder; copy the file in")
            elif path.is_file():
                yield path
            elif not path.exists():
                library.says(root.where(path), "it links to a file that does not exist; mend the link")


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """A sort key by which chapter_2 comes before chapter_10, and front pages before all."""
    front = 0 if name.lower().split(".")[0] in _FRONT_PAGES else 1
    parts = re.split(r"(\d+)", name.lower())
    return [(front, 0, "")] + [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts if part]


def _folder_course(root: _Root, files: list[Path], taken: Taken) -> CourseDraft:
    lessons = tuple(_lesson_file(path, root, root.path) for path in files)
    name = root.path.name if not root.depth else Path(root.shown.rsplit("!", 1)[-1]).stem
    id_ = taken.the_one_of(root.key) or _free_id(name, root.key, taken)
    title = _folder_title(name, root.path, lessons)
    return CourseDraft(Course(id_, title, root.wishes.provider), root.key, lessons)


def _lesson_file(path: Path, root: _Root, base: Path) -> LessonFile:
    relative = path.relative_to(base).as_posix()
    where = root.where(path)
    return LessonFile(path, relative, shown="" if where == str(path) else where, url=_link(path, root))


def _link(path: Path, root: _Root) -> str | None:
    """The address that the operator named for a file, by its path in the source or else by its name."""
    links = root.wishes.links
    within = path.relative_to(root.path).as_posix() if path.is_relative_to(root.path) else path.name
    return links.get(within) or links.get(path.name)


def _folder_title(name: str, folder: Path, lessons: tuple[LessonFile, ...]) -> str:
    """The title of the folder's front page, or the folder's own name."""
    for lesson in lessons:
        if lesson.path.parent == folder and lesson.path.stem.lower() in _FRONT_PAGES and lesson.is_plain:
            try:
                return lesson.document().title or title_from(name)
            except SourceProblem:
                break
    return title_from(name)


def _free_id(name: str, source: str, taken: Taken) -> str:
    """An id made of the name: the one this source has already, or the first that no other source has."""
    base = re.sub(r"[^\w.:+-]+", "-", name).strip("-") or "course"
    number, id_ = 1, base
    while taken.is_of_another(id_, source):
        number += 1
        id_ = f"{base}-{number}"
    taken[id_] = source
    return id_


# -- packages ----------------------------------------------------------------------------------------------------------


def _package_folders(files: list[Path]) -> list[Path]:
    """The outermost folders that are a platform's export."""
    marked = {path.parent for path in files if path.name in _MARKS or path.suffix.lower() == ".crs"}
    marked |= {path.parent.parent for path in files if path.name.endswith(".collection.xml")}
    found: list[Path] = []
    # In an order of their own: of two with one id the first keeps it, in whatever order a set gives them.
    for folder in sorted(marked, key=lambda one: (len(one.parts), natural_order(str(one)))):
        if not any(folder.is_relative_to(outer) for outer in found) and any(known(folder) for known, _ in _PACKAGES):
            found.append(folder)
    return found


def _package(folder: Path, root: _Root, library: Library, taken: Taken, key: str | None = None) -> None:
    """A platform's export, which is a folder or one file; `key` is what is noted as its source."""
    where, source = root.where(folder), key or root.source(folder)
    read = next(reader for known, reader in _PACKAGES if known(folder))
    try:
        packages = _published(read, folder, where, root.wishes, library)
    except SourceProblem as error:
        library.says(where, str(error))
        library.unreadable.append(source)
        return
    for package in packages:
        _take(package, where, source, library, taken)


def _take(package: Package, where: str, source: str, library: Library, taken: Taken) -> None:
    library.notices += package.notices[:_MOST_NOTICES_A_PACKAGE]
    if (more := len(package.notices) - _MOST_NOTICES_A_PACKAGE) > 0:
        library.says(where, f"{more} more parts are missing or broken; export it again with its content")
    if not package.lessons:
        library.says(where, "nothing in it can be read: no page, document or description; export it with its content")
        return
    id_ = _free_id(package.course.id, source, taken)
    library.drafts.append(CourseDraft(replace(package.course, id=id_), source, package.lessons, package.outline))


def _published(read: PackageReader, folder: Path, where: str, wishes: Wishes, library: Library) -> tuple[Package, ...]:
    """The packages without what their platform hides; all of it where nothing is published yet."""
    try:
        packages = _several(read(folder, where, wishes))
        hidden = sum(package.hidden for package in packages)
        if hidden and not any(package.lessons for package in packages):
            library.says(where, "nothing in it is published on its platform; all of it was taken in", skipped=False)
            return _several(read(folder, where, replace(wishes, hidden=True)))
        if hidden:
            library.notices.append(hidden_notice(where, hidden))
        return packages
    except (ValueError, KeyError, AttributeError, TypeError, IndexError, RecursionError, OSError) as error:
        raise SourceProblem(f"its structure cannot be read ({type(error).__name__}); export it again") from error


def _several(read: Package | tuple[Package, ...]) -> tuple[Package, ...]:
    return read if isinstance(read, tuple) else (read,)


# -- catalogues --------------------------------------------------------------------------------------------------------


def _is_course_table(path: Path, wishes: Wishes) -> bool:
    """Also of one that cannot be read: it is told as a catalogue, and what it gave before stays."""
    try:
        return any(bool(wishes.columns) or is_course_table(table.headings, wishes) for table in read_tables(path))
    except SourceProblem:
        return True


def _catalogue(
    path: Path, root: _Root, library: Library, taken: Taken, key: str | None = None
) -> Iterator[CourseDraft]:
    key = key or root.source(path)
    notices: list[Notice] = []
    yield from _checked(_records(path, root, notices, library, key), key, (path, root), library, taken, notices)


def _checked(
    records: Iterator[tuple[str, Any]],
    key: str,
    at: tuple[Path, _Root] | None,
    library: Library,
    taken: Taken,
    notices: list[Notice] | None = None,
) -> Iterator[CourseDraft]:
    """The courses whose records are sound; the rest is reported, a record at a time."""
    notices = [] if notices is None else notices
    standing = {draft.course.id for draft in library.drafts}
    for where, record in records:
        try:
            checked = CourseRecord.model_validate(record)
            if (owner := taken.get(checked.id, key)) != key:
                raise SourceProblem(f"the id {checked.id} belongs to {owner}; give it another or remove that one")
            if checked.id in standing:
                without = "a course without one is called by its provider and title"
                raise SourceProblem(f"the id {checked.id} stands twice; give one of them another ({without})")
            lessons = tuple(_content(checked, *at)) if at else ()
        except ValidationError as error:
            notices.append(Notice(where, f"{first_problem(error)}; mend this record"))
        except SourceProblem as error:
            notices.append(Notice(where, str(error)))
        else:
            taken[checked.id] = key
            standing.add(checked.id)
            yield CourseDraft(checked.course(), key, lessons)
    library.notices.extend(notices[:_MOST_NOTICES_A_FILE])
    if len(notices) > _MOST_NOTICES_A_FILE:
        more = len(notices) - _MOST_NOTICES_A_FILE
        library.says(key, f"{more} more records have problems; is this a course catalogue?")


def _records(path: Path, root: _Root, notices: list[Notice], library: Library, key: str) -> Iterator[tuple[str, Any]]:
    where = root.where(path)
    try:
        if path.suffix.lower() in TABLES:
            rows = records_of(path, root.wishes, lambda sheet, what: library.says(f"{where}:{sheet}", what))
            yield from _told((replace(row, where=f"{where}:{row.where}") for row in rows), where, library)
            return
        text, _ = decode(LessonFile(path, path.name).read_bytes())
    except SourceProblem as error:
        notices.append(Notice(where, str(error)))
        library.unreadable.append(key)
        return
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        # Not splitlines: what a record says may hold U+2028, which JSON leaves as it is.
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                yield from _parsed(f"{where}:{number}", line, notices)
        return
    for _, data in _parsed(where, text, notices, several=True):
        nodes = list(courses_in(data))
        if not nodes and isinstance(data, list) and root.wishes.columns:
            yield from _told(_rows_of_list(data, where, root.wishes), where, library)
            return
        if not nodes:
            notices.append(
                Notice(where, "it holds no schema.org Course; other JSON needs its columns in a sources file")
            )
        for number, node in enumerate(nodes, 1):
            yield f"{where} course {number}", record_from_json_ld(node)


def _rows_of_list(data: list[Any], where: str, wishes: Wishes) -> Iterator[TableRecord]:
    rows = [row for row in data if isinstance(row, dict)]
    headings = list(dict.fromkeys(key for row in rows for key in row))
    columns = columns_of(headings, wishes)
    for number, row in enumerate(rows, 1):
        yield record_of(f"{where} item {number}", row, columns, wishes)


def _told(rows: Iterable[TableRecord], where: str, library: Library) -> Iterator[tuple[str, Any]]:
    """The records of a table. What no certain value was made of is said once a column, and not repeated."""
    unread: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        for column in row.not_read:
            unread[column].append(row.where.removeprefix(where).strip(": "))
        yield row.where, row.record
    for column, places in unread.items():
        more = f" and {len(places) - _MOST_NAMES} more" if len(places) > _MOST_NAMES else ""
        what = f"column {column}: no certain value in {', '.join(places[:_MOST_NAMES])}{more}"
        library.says(where, f"{what}; the course goes in without it. docs/formats.md says what is read", skipped=False)


def _parsed(where: str, text: str, notices: list[Notice], *, several: bool = False) -> Iterator[tuple[str, Any]]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:  # of numbers beyond 4,300 digits a plain ValueError
        at = f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else None
        reason = at or ("nesting" if isinstance(error, RecursionError) else "a number of thousands of digits")
        notices.append(Notice(where, f"this is not JSON ({reason}); mend it"))
        return
    if several or not isinstance(data, dict) or "@type" not in data:
        yield where, data
    else:
        yield where, record_from_json_ld(data)


def _content(record: CourseRecord, catalogue: Path, root: _Root) -> Iterator[LessonSource]:
    if record.content is None:
        return
    content = (catalogue.parent / record.content).resolve()
    if not content.is_relative_to(root.path.resolve()):
        raise SourceProblem("its content points outside the catalogue's folder; move the lessons inside")
    inner = Library()
    if content.is_file() and is_lesson_safely(content):
        yield _lesson_file(content, root, content.parent)
        return
    if content.is_dir() and any(known(content) for known, _ in _PACKAGES):
        _package(content, root, inner, Taken({}, {}))
        yield from (lesson for draft in inner.drafts for lesson in draft.lessons)
        return
    folder = replace(root, path=content, shown=str(content))
    lessons = [path for path in _files(folder, inner) if is_lesson_safely(path)] if content.is_dir() else []
    if not lessons:
        raise SourceProblem(f"its content {record.content} has no lesson file; check the path or leave `content` out")
    for path in lessons:
        yield LessonFile(path, path.relative_to(content).as_posix(), url=_link(path, root))
