"""Backups of Moodle 1.9, where all that is written is in one file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from course_index.course import Course
from course_index.errors import SourceProblem
from course_index.sources.document import Block, Document, Place
from course_index.sources.formats import LESSON_SUFFIXES
from course_index.sources.html import words_of
from course_index.sources.lesson_file import LessonFile, LessonSource, PackagedLesson, under
from course_index.sources.moodle_activities import INTRODUCED, READ, html_of, with_title
from course_index.sources.moodle_backup import Reading, notices_of
from course_index.sources.moodle_packages import PLAYED
from course_index.sources.package import Package, Wishes, course_id, inside
from course_index.sources.xml import raw_of, read_xml, text_of

_TEXTS = ("SUMMARY", "INTRO", "ALLTEXT", "CONTENT", "DESCRIPTION")


def read_old(folder: Path, where: str, wishes: Wishes) -> Package:
    """The course below `folder`."""
    root = read_xml(folder / "moodle.xml")
    header = root.find("COURSE/HEADER")
    if header is None:
        raise SourceProblem("its moodle.xml has no course; back the course up again")
    reading = Reading(folder, where, wishes, wishes.url)
    modules = {(text_of(mod, "MODTYPE"), text_of(mod, "ID")): mod for mod in root.iterfind("COURSE/MODULES/MOD")}
    lessons: list[LessonSource] = []
    for section in root.iterfind("COURSE/SECTIONS/SECTION"):
        if text_of(section, "VISIBLE") == "0" and not wishes.hidden:
            reading.hidden += 1
            continue
        reading.outline["section"] += 1
        number = text_of(section, "NUMBER")
        if words_of(raw_of(section, "SUMMARY")):
            facts = ("section", number, (text_of(header, "FULLNAME"),))
            lessons.append(
                PackagedLesson(
                    f"section/{number}", f"{where}!section {number}", (folder / "moodle.xml",), _read_part, facts
                )
            )
        for listed in section.iterfind("MODS/MOD"):
            kind, instance = text_of(listed, "TYPE"), text_of(listed, "INSTANCE")
            module = modules.get((kind, instance))
            if module is None or (text_of(listed, "VISIBLE") == "0" and not wishes.hidden):
                reading.hidden += module is not None
                continue
            lessons += _module(reading, module, kind, instance, ())
    course = Course(
        course_id(text_of(header, "SHORTNAME") or text_of(header, "FULLNAME")),
        text_of(header, "FULLNAME") or folder.name,
        wishes.provider,
    )
    return Package(course, tuple(lessons), dict(reading.outline), tuple(notices_of(reading)), reading.hidden)


def _module(
    reading: Reading, module: Element, kind: str, instance: str, above: tuple[str, ...]
) -> Iterator[LessonSource]:
    name = text_of(module, "NAME")
    where = f"{reading.where}!{name}"
    reference = text_of(module, "REFERENCE")
    file = inside(reading.folder, f"course_files/{reference}") if kind == "resource" and reference else None
    if kind not in READ | INTRODUCED or kind in PLAYED:
        reading.unread[kind].append(name)
    if file and file.suffix.lower() in LESSON_SUFFIXES:
        reading.outline[kind] += 1
        yield LessonFile(file, f"course_files/{reference}", shown=where, title=name or None, above=above)
    elif (
        any(words_of(raw_of(module, tag)) for tag in _TEXTS)
        or module.find(".//ENTRY") is not None
        or module.find(".//CHAPTER") is not None
    ):
        reading.outline[kind] += 1
        facts = (kind, instance, above)
        yield PackagedLesson(f"{kind}/{instance}", where, (reading.folder / "moodle.xml",), _read_part, facts)


def _read_part(files: tuple[Path, ...], facts: Any) -> Document:
    kind, instance, above = facts
    root = read_xml(files[0])
    if kind == "section":
        section = next(one for one in root.iterfind("COURSE/SECTIONS/SECTION") if text_of(one, "NUMBER") == instance)
        return Document(above[0], tuple(html_of(raw_of(section, "SUMMARY"), None)))
    module = next(
        one
        for one in root.iterfind("COURSE/MODULES/MOD")
        if (text_of(one, "MODTYPE"), text_of(one, "ID")) == (kind, instance)
    )
    place = Place("block", anchor=f"{kind}-{instance}")
    blocks = [block for tag in _TEXTS for block in html_of(raw_of(module, tag), place)]
    for entry in module.iter("ENTRY"):
        blocks += [
            Block("paragraph", f"{text_of(entry, 'CONCEPT')}: {words_of(raw_of(entry, 'DEFINITION'))}", place=place)
        ]
    for chapter in module.iter("CHAPTER"):
        blocks += with_title(text_of(chapter, "TITLE"), raw_of(chapter, "CONTENT"), 1, place)
    return under(above, Document(text_of(module, "NAME") or kind, tuple(blocks)))
