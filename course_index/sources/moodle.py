"""Moodle backups (.mbz): what teachers put into a course; never users, grades or what learners wrote."""

import ipaddress
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from course_index.course import Course, PracticeQuestion
from course_index.errors import SourceProblem
from course_index.sources.document import Document, Notice
from course_index.sources.formats import LESSON_SUFFIXES, SILENT
from course_index.sources.html import words_of
from course_index.sources.lesson_file import LessonFile, LessonSource, PackagedLesson
from course_index.sources.moodle_activities import (
    INTRODUCED,
    NULL,
    READ,
    SHARED,
    html_of,
    read_activity,
    says_something,
)
from course_index.sources.moodle_backup import Activity, Reading, Stored, blob_of, files_of, notices_of, teachers_of
from course_index.sources.moodle_old import read_old
from course_index.sources.moodle_packages import PLAYED
from course_index.sources.moodle_questions import QuestionBank, question_bank
from course_index.sources.package import Package, Wishes, course_id, inside
from course_index.sources.xml import raw_of, read_xml, text_of

# Where the files of teachers are; those that learners hand in have other places.
_AREAS = frozenset(
    "content intro introattachment activityattachment chapter page_contents mediafile instructauthors "
    "instructreviewers conclusion".split()
)


def is_moodle(folder: Path) -> bool:
    """Whether the folder is an unpacked backup, of Moodle 2 and later or of 1.9."""
    return (folder / "moodle_backup.xml").is_file() or (folder / "moodle.xml").is_file()


def read_moodle(folder: Path, where: str, wishes: Wishes) -> Package:
    """The course below `folder`."""
    if not (folder / "moodle_backup.xml").is_file():
        return read_old(folder, where, wishes)
    backup = read_xml(folder / "moodle_backup.xml") if (folder / "moodle_backup.xml").stat().st_size else None
    information = backup.find("information") if backup is not None else None
    if information is None:
        raise SourceProblem("its moodle_backup.xml is empty; back the course up again")
    reading = Reading(folder, where, wishes, _site(wishes, text_of(information, "original_wwwroot")))
    described = inside(folder, "course/course.xml")
    about = read_xml(described) if described else None
    title = text_of(information, "original_course_fullname") or text_of(about, "fullname") or folder.name
    lessons = list(_sections(reading, information, title))
    short = text_of(information, "original_course_shortname") or title
    course = Course(
        course_id(short),
        title,
        wishes.provider,
        summary=words_of(raw_of(about, "summary"))[:2_000] or None,
        language=_language(text_of(about, "lang")),
        url=f"{reading.site}/course/view.php?id={text_of(information, 'original_course_id')}" if reading.site else None,
    )
    return Package(course, tuple(lessons), dict(reading.outline), tuple(notices_of(reading)), reading.hidden)


def _site(wishes: Wishes, root: str) -> str | None:
    """The platform's address: as the operator says, else the backup's own unless it is a machine of nobody's."""
    if wishes.url:
        return wishes.url.rstrip("/")
    host = urlsplit(root).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        public = "." in host and not host.endswith((".local", ".localdomain", ".test", ".example", ".invalid"))
        return root.rstrip("/") if public and root.startswith(("https://", "http://")) else None
    return None


def _language(code: str) -> str | None:
    found = re.fullmatch(r"([a-z]{2,3})(?:[_-]([a-zA-Z]{2,4}))?", code)
    return "-".join(part.upper() if n else part for n, part in enumerate(found.groups()) if part) if found else None


def _sections(reading: Reading, information: Element, title: str) -> Iterator[LessonSource]:
    reading.files, reading.teachers = files_of(reading), teachers_of(reading)
    questions = question_bank(reading)
    activities: dict[str, list[Activity]] = {}
    for listed in information.iterfind("contents/activities/activity"):
        activity = Activity(
            *(text_of(listed, tag) for tag in ("moduleid", "modulename", "title", "directory", "sectionid"))
        )
        activities.setdefault(activity.section, []).append(activity)
    for section in _in_order(reading, information):
        id_ = section.get("id") or ""
        mine = activities.pop(id_, [])
        if reading.conceals(section):
            continue
        reading.outline["section"] += 1
        name = _value(section, "name")
        path = inside(reading.folder, f"sections/section_{id_}/section.xml")
        if path and words_of(raw_of(section, "summary")):
            yield PackagedLesson(
                f"section/{id_}", f"{reading.where}!section {id_}", (path,), _read_section, (name or title,)
            )
        for stored in [one for listed in reading.files.values() for one in listed]:
            if (stored.area, stored.item) == ("section", id_):
                relative = f"section/{id_}{stored.folder}{stored.name}"
                yield from _stored_file(reading, stored, relative, stored.name, None, (name,) if name else (), None)
        order = {module: place for place, module in enumerate(text_of(section, "sequence").split(","))}
        for activity in sorted(mine, key=lambda one: order.get(one.id, len(order))):
            yield from _activity(reading, activity, (name,) if name else (), questions)
    for left in activities.values():
        for activity in left:
            if not any(one.get("id") == activity.section for one in _in_order(reading, information)):
                yield from _activity(reading, activity, (), questions)
    if unasked := questions.unasked():
        yield PackagedLesson("questions", f"{reading.where}!questions.xml", (), _read_bank, (title, unasked))


def _in_order(reading: Reading, information: Element) -> list[Element]:
    found = []
    for listed in information.iterfind("contents/sections/section"):
        path = inside(reading.folder, f"{text_of(listed, 'directory')}/section.xml")
        if path:
            found.append(read_xml(path))
    return sorted(found, key=lambda one: int(text_of(one, "number") or 0))


def _value(element: Element, tag: str) -> str:
    said = text_of(element, tag)
    return "" if said == NULL else said


def _activity(
    reading: Reading,
    activity: Activity,
    above: tuple[str, ...],
    questions: QuestionBank,
) -> Iterator[LessonSource]:
    path = inside(reading.folder, f"{activity.directory}/{activity.kind}.xml")
    module = inside(reading.folder, f"{activity.directory}/module.xml")
    if path is None:
        reading.notices.append(Notice(f"{reading.where}!{activity.title}", "the backup lists it and does not have it"))
        return
    if module and reading.conceals(read_xml(module)):
        return
    is_known = activity.kind in READ | INTRODUCED
    if not is_known:
        reading.unread[activity.kind].append(activity.title)
    reading.outline[activity.kind] += 1
    where = f"{reading.where}!{activity.title}"
    url = reading.url_of(activity)
    asked: tuple[PracticeQuestion, ...] = ()
    played: tuple[tuple[str, Path], ...] = ()
    wrote = tuple(sorted(reading.teachers)) if activity.kind in SHARED else ()
    try:
        root = read_xml(path)
    except SourceProblem:
        pass  # reading it says why, and what was read of it before stays
    else:
        stored = reading.files.get(root.get("contextid") or "", [])
        played = _played(reading, activity, stored)
        yield from _stored(reading, activity, _shown(stored, root, reading.wishes.hidden), above, url)
        asked = questions.of_quiz(root) if activity.kind == "quiz" else ()
        inner = root.find(activity.kind)
        if inner is None and not is_known:
            return
        if inner is not None and text_of(inner, "type") == "news" and next(inner.iter("post"), None) is not None:
            reading.unread["forum of announcements"].append(activity.title)
        if not asked and not played and inner is not None and not says_something(activity.kind, inner, wrote):
            if activity.kind in PLAYED:
                what = "what it plays is not in the backup; back it up with its files"
                reading.notices.append(Notice(where, what))
            return
    names = tuple(name for name, _ in played)
    facts = (activity.kind, activity.title, activity.id, above, url, asked, reading.wishes.hidden, names, wrote)
    files = (path, *(blob for _, blob in played))
    yield PackagedLesson(f"{activity.kind}/{activity.id}", where, files, read_activity, facts)


def _played(reading: Reading, activity: Activity, stored: list[Stored]) -> tuple[tuple[str, Path], ...]:
    """The files of what an activity plays, with their names: one that is the package, or else all that is in it."""
    for area in PLAYED.get(activity.kind, ()):
        found = [
            (f"{one.folder}{one.name}", blob)
            for one in stored
            if one.area == area
            and Path(one.name).suffix.lower() not in SILENT
            and (blob := blob_of(reading, one)) is not None
        ]
        if found:
            return tuple(found)
    return ()


def _shown(stored: list[Stored], root: Element, hidden: bool) -> list[Stored]:
    """The files without those of chapters that learners do not see."""
    unseen = {one.get("id") for one in root.iter("chapter") if text_of(one, "hidden") == "1" and not hidden}
    return [one for one in stored if one.area != "chapter" or one.item not in unseen]


def _stored(
    reading: Reading, activity: Activity, stored: list[Stored], above: tuple[str, ...], url: str | None
) -> Iterator[LessonFile]:
    """The documents that a teacher put into an activity, or beside what is written in it."""
    alone = activity.kind == "resource"
    learners_own = activity.kind in ("data", "forum", "hsuforum")  # whose area of content is filled by all
    for one in stored:
        if one.area not in _AREAS or (one.area == "content" and (activity.kind in PLAYED or learners_own)):
            continue
        title = activity.title if alone and Path(one.name).stem != activity.title else None
        parts = above if alone else (*above, activity.title)
        part = f"/{one.item}" if one.item not in ("", "0") else ""
        relative = f"{activity.kind}/{activity.id}{part}{one.folder}{one.name}"
        yield from _stored_file(reading, one, relative, f"{activity.title}/{one.name}", title, parts, url)


def _stored_file(
    reading: Reading,
    stored: Stored,
    relative: str,
    shown: str,
    title: str | None,
    above: tuple[str, ...],
    url: str | None,
) -> Iterator[LessonFile]:
    suffix = Path(stored.name).suffix.lower()
    where = f"{reading.where}!{shown}"
    if suffix in SILENT:
        return
    if suffix not in LESSON_SUFFIXES:
        reading.unread[f"file ({suffix or 'no extension'})"].append(stored.name)
    elif (blob := blob_of(reading, stored)) is None:
        reading.notices.append(Notice(where, "the backup lists the file and does not have it; back it up again"))
    else:
        yield LessonFile(blob, relative, name=stored.name, shown=where, title=title, above=above, url=url)


def _read_section(files: tuple[Path, ...], facts: Any) -> Document:
    (name,) = facts
    root = read_xml(files[0])
    return Document(name, tuple(html_of(raw_of(root, "summary"), None)))


def _read_bank(_: tuple[Path, ...], facts: Any) -> Document:
    title, questions = facts
    return Document(title, (), questions=questions)
