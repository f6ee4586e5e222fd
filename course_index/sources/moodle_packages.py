"""What an activity of Moodle plays: a SCORM or IMS package, or H5P, as part of the activity's lesson."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element

from course_index.errors import SourceProblem
from course_index.sources.archive import unpack
from course_index.sources.cartridge import is_cartridge, read_cartridge
from course_index.sources.document import Block, Document, Place
from course_index.sources.h5p import h5p_document, read_h5p
from course_index.sources.launchable import is_launchable, read_launchable
from course_index.sources.lesson_file import LessonFile, under
from course_index.sources.package import Wishes
from course_index.sources.xml import raw_of, text_of

# The kinds, each with the areas of a backup's files that hold what it plays: the package, or else what was unpacked.
PLAYED = {"scorm": ("package", "content"), "imscp": ("backup", "content"), "h5pactivity": ("package",)}
_MOST_TOLD = 5


def read_played(kind: str, files: tuple[Path, ...], names: tuple[str, ...], place: Place, hidden: bool) -> Document:
    """The package as one Document, each of its pages under its title. `names` are what the files are called in it.

    Raises SourceProblem when nothing in it can be read.
    """
    if not files:
        raise SourceProblem("what it plays is not in the backup; back it up with its files")
    if kind == "h5pactivity":
        return read_h5p(files[0])
    with tempfile.TemporaryDirectory(prefix="companion-played-") as scratch:
        folder = Path(scratch)
        if len(files) == 1 and names[0].lower().endswith(".zip"):
            unpack(files[0], folder)
        else:
            for file, name in zip(files, names, strict=True):
                target = (folder / name.lstrip("/")).resolve()
                if target.is_relative_to(folder.resolve()):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file, target)
        return _document_of(folder, place, hidden)


def _document_of(folder: Path, place: Place, hidden: bool) -> Document:
    marked = [path.parent for path in sorted(folder.rglob("imsmanifest.xml"), key=lambda one: len(one.parts))]
    root = next(iter(marked), folder)
    wishes = Wishes(hidden=hidden)
    if is_cartridge(root):
        package = read_cartridge(root, "", wishes)
    elif is_launchable(root):
        package = read_launchable(root, "", wishes)
    else:
        raise SourceProblem("its package has no manifest; export it again")
    read, looks = [], [f"{notice.where.lstrip('!')}: {notice.what}" for notice in package.notices]
    for lesson in package.lessons:
        above = lesson.above if isinstance(lesson, LessonFile) else ()
        try:
            read.append((above, (replace(lesson, above=()) if isinstance(lesson, LessonFile) else lesson).document()))
        except SourceProblem as problem:
            looks.append(f"{lesson.relative}: {problem}")
    if not read:
        why = looks[0] if looks else "its pages are made by a program, and no text is in them"
        raise SourceProblem(f"nothing in its package can be read ({why})")
    blocks = tuple(block for above, document in read for block in _under_title(above, document, place))
    questions = tuple(question for _, document in read for question in document.questions)
    return Document(None, blocks, questions=questions, looks=tuple(looks[:_MOST_TOLD]))


def _under_title(above: tuple[str, ...], document: Document, place: Place) -> Iterator[Block]:
    heads = (*above, document.title) if document.title else above
    for block in under(heads, document).blocks:
        yield replace(block, place=replace(block.place or place, url=place.url))


def read_hvp(activity: Element, place: Place) -> Document:
    """H5P of the older plugin, whose content stands in the activity itself."""
    try:
        content = json.loads(raw_of(activity, "json_content") or "{}")
    except (ValueError, RecursionError) as error:
        raise SourceProblem("its H5P is not JSON; back the course up again") from error
    return h5p_document(text_of(activity, "machine_name"), content, None, _no_part, place)


def _no_part(name: str) -> bytes:
    raise KeyError(name)
