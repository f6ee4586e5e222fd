"""Sources that an operator names become courses with their lessons, and a list of what was left out and why."""

import shutil
import tempfile
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from course_index.course import Course
from course_index.errors import SourceProblem
from course_index.record import CourseRecord, first_problem
from course_index.sources.archive import is_archive, unpack
from course_index.sources.catalogue_file import CatalogueFile, Placed, is_catalogue
from course_index.sources.course_ids import Taken
from course_index.sources.document import Notice
from course_index.sources.feeds import feed_records
from course_index.sources.folder import FRONT_PAGES, Folder
from course_index.sources.formats import SILENT, TABLES, is_lesson, not_read
from course_index.sources.lesson_file import LessonFile, LessonSource, title_from
from course_index.sources.opencourseware import is_open_courseware
from course_index.sources.package import Package, PackageReader, Wishes, hidden_notice, listed
from course_index.sources.platforms import package_folders, package_reader
from course_index.sources.source import Source, read_sources, source_at

# Beyond this many bad lines a file is no catalogue, and its report says so instead of repeating itself.
_MOST_NOTICES_A_FILE = 20
# Of one package; the rest is counted.
_MOST_NOTICES_A_PACKAGE = 8
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
    # Courses whose records are unsound now, which stay as they are too, and where the lessons of such records lie: they
    # are in no other course.
    unsound: set[str] = field(default_factory=set)
    withheld: list[Path] = field(default_factory=list)
    taken: Taken = field(default_factory=Taken)
    _scratch: Path | None = None

    def is_gone(self, id_: str, source: str) -> bool:
        """Whether a course that was indexed from `source`, and was not found now, was deleted there."""
        came_from = any(below(source, root) for root in self.roots)
        return came_from and id_ not in self.unsound and not any(below(source, kept) for kept in self.unreadable)

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


def below(source: str, root: str) -> bool:
    """Whether a source is `root` or lies in it."""
    return source == root or source.startswith(f"{root.rstrip('/')}/")


def missing_place(source: str) -> Path | None:
    """The outermost place on the way to a source at which nothing is; None where the source is there, or is no path."""
    here = Path(source)
    missing = [one for one in (here, *here.parents) if not one.exists()] if here.is_absolute() else []
    # What lies in an archive is there while the archive is.
    return missing[-1] if missing and missing[-1].parent.is_dir() else None


def sources_at(paths: list[Path]) -> list[Source]:
    """Paths as sources; a .toml file names its own. Raises SourceProblem for one that is not sound."""
    return [
        source for path in paths for source in (read_sources(path) if path.suffix == ".toml" else [source_at(path)])
    ]


def read_library(
    sources: Sequence[Path | Source], known_ids: Mapping[str, str], retired: Mapping[str, str] = MappingProxyType({})
) -> Library:
    """Find the courses in `sources`. `known_ids` says which source each indexed course id came from, `retired` the same
    in digests of those that were taken out: no other course gets their ids by chance.

    Exports of platforms, unpacked or not, are a course each. Catalogue files (.jsonl, .jsonld, .json, tables) name
    courses and their content; what lesson files remain in a folder are one course, called after the folder. A lesson
    file named directly is a course of its own. A source that cannot be read is told, and what it gave before stays.
    """
    library = Library(taken=Taken(known_ids, retired))
    for source in sources:
        _read_source(source if isinstance(source, Source) else source_at(source), library)
    return library


def _read_source(source: Source, library: Library) -> None:
    if source.feed is not None:
        _read_feed(source, library)
        return
    assert source.path is not None  # a source is a path or a feed
    if not source.path.exists():
        what = "there is nothing at this path; check its spelling. What came from it before stays"
        library.says(str(source.path), f"{what}: companion-index remove takes courses out")
        return
    library.roots.append(source.name)
    if source.path.is_dir():
        _read_folder(Folder(source.path, str(source.path), source.name, source.wishes), library)
    else:
        folder = source.path.parent
        _read_file(source.path, Folder(folder, str(folder), source.name, source.wishes, is_for_one_file=True), library)


def _read_feed(source: Source, library: Library) -> None:
    assert source.feed is not None
    try:
        records = list(feed_records(source.feed, source.wishes))
    except SourceProblem as error:
        library.says(source.name, f"{error}. What came from it before stays")
        return
    library.roots.append(source.name)
    placed = ((f"{source.feed.url} record {number}", record) for number, record in enumerate(records, 1))
    library.drafts.extend(_checked(placed, source.name, library, []))


# -- folders and files -------------------------------------------------------------------------------------------------


def _read_folder(folder: Folder, library: Library) -> None:
    files = list(folder.files(library.says))
    if not files:
        library.says(folder.shown, "the folder has no files; name the folder that holds the course")
        return
    claimed: set[Path] = set()
    for package in package_folders(files):
        _read_package(package, folder, library)
        claimed.update(path for path in files if path.is_relative_to(package))
    others: dict[str, list[str]] = defaultdict(list)
    loose = []
    for path in files:
        suffix = path.suffix.lower()
        if path in claimed:
            continue
        if is_open_courseware(path):
            _read_package(path, folder, library)
        elif is_catalogue(path, folder.wishes):
            for draft in _read_catalogue(path, folder, library):
                claimed.update(lesson.path for lesson in draft.lessons if isinstance(lesson, LessonFile))
                library.drafts.append(draft)
        elif is_lesson_safely(path):
            loose.append(path)
        elif suffix not in (*SILENT, *TABLES) and is_archive(path):  # a workbook is a ZIP too
            _read_archive(path, folder, library)
        elif suffix not in SILENT:
            others[suffix].append(path.name)
    claimed.update(path for path in loose for content in library.withheld if path.is_relative_to(content))
    if loose := [path for path in loose if path not in claimed]:
        library.drafts.append(_course_of(folder, loose, library.taken))
    for suffix, names in sorted(others.items()):
        library.says(folder.shown, f"{listed(names)}: {_why_left_out(suffix)}")


def _why_left_out(suffix: str) -> str:
    if suffix not in TABLES:
        return not_read(suffix)
    what = "no column is a course's title beside its provider"
    return f"{what}; if it lists courses, map its columns in a sources file"


def is_lesson_safely(path: Path) -> bool:
    """Whether it can be read as a lesson; one that cannot even be opened is told when it is read."""
    try:
        return is_lesson(path)
    except SourceProblem:
        return False


def _read_file(path: Path, folder: Folder, library: Library) -> None:
    """A file that is a source by itself."""
    wishes, source = folder.wishes, folder.source(path)
    if is_open_courseware(path):
        _read_package(path, folder, library)
    elif is_catalogue(path, wishes):
        library.drafts.extend(_read_catalogue(path, folder, library))
    elif is_lesson_safely(path) or path.suffix.lower() in (*TABLES, ".xml"):
        lesson = LessonFile(path, path.name, url=wishes.links.get(path.name) or wishes.url)
        title = title_from(path.stem)
        course = Course(library.taken.the_one_of(source) or library.taken.free(title, source), title, wishes.provider)
        library.drafts.append(CourseDraft(course, source, (lesson,)))
    elif is_archive(path):
        _read_archive(path, folder, library)
    else:
        library.says(str(path), not_read(path.suffix.lower()))


def _read_archive(path: Path, folder: Folder, library: Library) -> None:
    where = folder.where(path)
    if folder.depth >= _DEEPEST_ARCHIVE:
        library.says(where, "it is an archive in an archive in an archive; unpack it once")
        return
    unpacked = library.scratch()
    try:
        told = unpack(path, unpacked)
    except SourceProblem as error:
        library.says(where, str(error))
        library.unreadable.append(folder.source(path))
        return
    library.notices += [replace(one, where=one.where.replace(str(path), where)) for one in told]
    _read_folder(folder.unpacked(path, unpacked), library)


def _course_of(folder: Folder, files: list[Path], taken: Taken) -> CourseDraft:
    """The lesson files of a folder as one course, called after its front page or else its own name."""
    lessons = tuple(_lesson_file(path, folder, folder.path) for path in files)
    name = folder.path.name if not folder.depth else Path(folder.shown.rsplit("!", 1)[-1]).stem
    id_ = taken.the_one_of(folder.key) or taken.free(name, folder.key)
    title = _title_of_front_page(folder.path, lessons) or title_from(name)
    return CourseDraft(Course(id_, title, folder.wishes.provider), folder.key, lessons)


def _lesson_file(path: Path, folder: Folder, base: Path) -> LessonFile:
    relative = path.relative_to(base).as_posix()
    where = folder.where(path)
    return LessonFile(path, relative, shown="" if where == str(path) else where, url=folder.link(path))


def _title_of_front_page(folder: Path, lessons: Iterable[LessonFile]) -> str | None:
    for lesson in lessons:
        if lesson.path.parent == folder and lesson.path.stem.lower() in FRONT_PAGES and lesson.is_plain:
            try:
                return lesson.document().title
            except SourceProblem:
                return None
    return None


# -- packages ----------------------------------------------------------------------------------------------------------


def _read_package(path: Path, folder: Folder, library: Library) -> None:
    """A platform's export, which is a folder or one file."""
    read = package_reader(path)
    assert read is not None  # who calls this has asked
    where, source = folder.where(path), folder.source(path)
    try:
        packages = _published(read, path, where, folder.wishes, library)
    except SourceProblem as error:
        library.says(where, str(error))
        library.unreadable.append(source)
        return
    for package in packages:
        _take(package, where, source, library)


def _take(package: Package, where: str, source: str, library: Library) -> None:
    library.notices += package.notices[:_MOST_NOTICES_A_PACKAGE]
    if (more := len(package.notices) - _MOST_NOTICES_A_PACKAGE) > 0:
        library.says(where, f"{more} more parts are missing or broken; export it again with its content")
    if not package.lessons:
        library.says(where, "nothing in it can be read: no page, document or description; export it with its content")
        return
    id_ = library.taken.free(package.course.id, source)
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


def _read_catalogue(path: Path, folder: Folder, library: Library) -> Iterator[CourseDraft]:
    source = folder.source(path)
    file = CatalogueFile(path, folder.where(path), folder.wishes)
    yield from _checked(
        _noted(file, source, library),
        source,
        library,
        file.problems,
        lambda record: _content(record, path, folder),
        path,
    )


def _noted(file: CatalogueFile, source: str, library: Library) -> Iterator[Placed]:
    """The records of a file; behind them the library is told of the file."""
    yield from file.records()
    library.notices += file.notices
    if file.is_unreadable:
        library.unreadable.append(source)


def _checked(
    records: Iterable[Placed],
    source: str,
    library: Library,
    problems: list[Notice],
    lessons_of: Callable[[CourseRecord], Iterable[LessonSource]] = lambda _: (),
    catalogue: Path | None = None,
) -> Iterator[CourseDraft]:
    """The courses whose records are sound; the rest is reported a record at a time, with the `problems` of its file."""
    standing = {draft.course.id for draft in library.drafts}
    for where, record in records:
        try:
            checked = CourseRecord.model_validate(record)
            if (owner := library.taken.get(checked.id, source)) != source:
                raise SourceProblem(_of_another(checked.id, owner))
            if checked.id in standing:
                without = "a course without one is called by its provider and title"
                raise SourceProblem(f"the id {checked.id} stands twice; give one of them another ({without})")
            lessons = tuple(lessons_of(checked))
        except ValidationError as error:
            stays = _waits(record, source, library, catalogue)
            problems.append(Notice(where, f"{first_problem(error)}; mend this record{stays}"))
        except SourceProblem as error:
            problems.append(Notice(where, f"{error}{_waits(record, source, library, catalogue)}"))
        else:
            library.taken[checked.id] = source
            standing.add(checked.id)
            yield CourseDraft(checked.course(), source, lessons)
    library.notices.extend(problems[:_MOST_NOTICES_A_FILE])
    if (more := len(problems) - _MOST_NOTICES_A_FILE) > 0:
        library.says(source, f"{more} more records have problems; is this a course catalogue?")


def _of_another(id_: str, owner: str) -> str:
    told = f"the id {id_} belongs to {owner}"
    if missing_place(owner):
        return f"{told}, where nothing is now; if it was moved: companion-index moved OLD NEW, else remove that course"
    return f"{told}; give it another or remove that one"


def _waits(record: Any, source: str, library: Library, catalogue: Path | None) -> str:
    """What happens until a record is mended: its lessons are in no other course, and what it was stays."""
    if not isinstance(record, dict):
        return ""
    content, id_ = record.get("content"), record.get("id")
    if catalogue and isinstance(content, str):
        library.withheld.append((catalogue.parent / content.replace("\0", "")).resolve())
    if not isinstance(id_, str) or library.taken.get(id_) != source:
        return ""
    library.unsound.add(id_)
    return ". Until then the former version stays"


def _content(record: CourseRecord, catalogue: Path, folder: Folder) -> Iterator[LessonSource]:
    """The lessons that a record points at: a file, a platform's export or a folder."""
    if record.content is None:
        return
    content = (catalogue.parent / record.content).resolve()
    if not content.is_relative_to(folder.path.resolve()):
        raise SourceProblem("its content points outside the catalogue's folder; move the lessons inside")
    if content.is_file() and is_lesson_safely(content):
        yield _lesson_file(content, folder, content.parent)
        return
    inner = Library()
    if content.is_dir() and package_reader(content):
        _read_package(content, folder, inner)
        yield from (lesson for draft in inner.drafts for lesson in draft.lessons)
        return
    below = replace(folder, path=content, shown=str(content))
    lessons = [path for path in below.files(inner.says) if is_lesson_safely(path)] if content.is_dir() else []
    if not lessons:
        raise SourceProblem(f"its content {record.content} has no lesson file; check the path or leave `content` out")
    for path in lessons:
        yield LessonFile(path, path.relative_to(content).as_posix(), url=folder.link(path))
