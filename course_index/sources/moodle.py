"""Moodle backups (.mbz): sections, pages, books, labels, glossaries, quizzes, files; never users, grades or posts."""

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from course_index.course import Course, PracticeQuestion
from course_index.errors import SourceProblem
from course_index.sources.document import Block, Document, Notice, Place
from course_index.sources.formats import LESSON_SUFFIXES, SILENT
from course_index.sources.html import read_html, words_of
from course_index.sources.lesson_file import LessonFile, LessonSource, PackagedLesson, under
from course_index.sources.package import Package, Wishes, course_id, inside
from course_index.sources.questions import moodle_answers
from course_index.sources.xml import children, raw_of, read_xml, text_of

# What the activities of learners fill: only what the teacher wrote above it is read.
_INTRODUCED = frozenset(
    "assign assignment forum hsuforum choice feedback questionnaire survey data workshop wiki chat lti scorm imscp url "
    "h5pactivity bigbluebuttonbn".split()
)
_READ = frozenset({"page", "book", "label", "glossary", "quiz", "lesson", "resource", "folder"}) | _INTRODUCED
# What is no lesson where its teacher wrote nothing above it.
_EMPTY_WITHOUT_WORDS = frozenset({"label", "quiz", "resource", "folder"}) | _INTRODUCED
# What teachers write above an activity, and how they say that it is to be done.
_INTRODUCTIONS = ("intro", "activity", "instructauthors", "instructreviewers")
_NULL = "$@NULL@$"


@dataclass(frozen=True, slots=True)
class _Activity:
    """An activity as the backup lists it."""

    id: str
    kind: str
    title: str
    directory: str
    section: str


@dataclass(slots=True)
class _Reading:
    folder: Path
    where: str
    wishes: Wishes
    site: str | None
    outline: Counter[str] = field(default_factory=Counter)
    notices: list[Notice] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)
    hidden: int = 0

    def conceals(self, element: Element | None) -> bool:
        """Whether learners do not see it; counts what is left out for it."""
        if self.wishes.hidden or text_of(element, "visible") != "0":
            return False
        self.hidden += 1
        return True

    def url_of(self, activity: _Activity) -> str | None:
        """Where an activity opens on the platform."""
        return f"{self.site}/mod/{activity.kind}/view.php?id={activity.id}" if self.site else None


def is_moodle(folder: Path) -> bool:
    """Whether the folder is an unpacked backup, of Moodle 2 and later or of 1.9."""
    return (folder / "moodle_backup.xml").is_file() or (folder / "moodle.xml").is_file()


def read_moodle(folder: Path, where: str, wishes: Wishes) -> Package:
    """The course below `folder`."""
    if not (folder / "moodle_backup.xml").is_file():
        return _read_old(folder, where, wishes)
    backup = read_xml(folder / "moodle_backup.xml") if (folder / "moodle_backup.xml").stat().st_size else None
    information = backup.find("information") if backup is not None else None
    if information is None:
        raise SourceProblem("its moodle_backup.xml is empty; back the course up again")
    reading = _Reading(folder, where, wishes, _site(wishes, text_of(information, "original_wwwroot")))
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
    return Package(course, tuple(lessons), dict(reading.outline), tuple(_notices(reading)), reading.hidden)


def _notices(reading: _Reading) -> Iterator[Notice]:
    yield from reading.notices
    if reading.unread:
        listed = ", ".join(f"{count} {kind}" for kind, count in sorted(reading.unread.items()))
        yield Notice(reading.where, f"activities of kinds that are not read were passed over: {listed}", skipped=False)


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


def _sections(reading: _Reading, information: Element, title: str) -> Iterator[LessonSource]:
    files = _files(reading)
    questions = _question_bank(reading)
    activities: dict[str, list[_Activity]] = {}
    for listed in information.iterfind("contents/activities/activity"):
        activity = _Activity(
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
        order = {module: place for place, module in enumerate(text_of(section, "sequence").split(","))}
        for activity in sorted(mine, key=lambda one: order.get(one.id, len(order))):
            yield from _activity(reading, activity, (name,) if name else (), files, questions)
    for left in activities.values():
        for activity in left:
            if not any(one.get("id") == activity.section for one in _in_order(reading, information)):
                yield from _activity(reading, activity, (), files, questions)
    if unasked := questions.unasked():
        yield PackagedLesson("questions", f"{reading.where}!questions.xml", (), _read_bank, (title, unasked))


def _in_order(reading: _Reading, information: Element) -> list[Element]:
    found = []
    for listed in information.iterfind("contents/sections/section"):
        path = inside(reading.folder, f"{text_of(listed, 'directory')}/section.xml")
        if path:
            found.append(read_xml(path))
    return sorted(found, key=lambda one: int(text_of(one, "number") or 0))


def _value(element: Element, tag: str) -> str:
    said = text_of(element, tag)
    return "" if said == _NULL else said


def _activity(
    reading: _Reading,
    activity: _Activity,
    above: tuple[str, ...],
    files: dict[str, list[tuple[str, str, str]]],
    questions: "_Questions",
) -> Iterator[LessonSource]:
    path = inside(reading.folder, f"{activity.directory}/{activity.kind}.xml")
    module = inside(reading.folder, f"{activity.directory}/module.xml")
    if activity.kind not in _READ:
        reading.unread[activity.kind] += 1
        return
    if path is None:
        reading.notices.append(Notice(f"{reading.where}!{activity.title}", "the backup lists it and does not have it"))
        return
    if module and reading.conceals(read_xml(module)):
        return
    reading.outline[activity.kind] += 1
    where = f"{reading.where}!{activity.title}"
    url = reading.url_of(activity)
    asked: tuple[PracticeQuestion, ...] = ()
    try:
        root = read_xml(path)
    except SourceProblem:
        pass  # reading it says why, and what was read of it before stays
    else:
        if activity.kind in ("resource", "folder"):
            yield from _stored(reading, activity, files.get(root.get("contextid") or "", []), above, url)
        asked = questions.of_quiz(root) if activity.kind == "quiz" else ()
        inner = root.find(activity.kind)
        if not asked and activity.kind in _EMPTY_WITHOUT_WORDS and inner is not None and not _introduction(inner):
            return
    facts = (activity.kind, activity.title, activity.id, above, url, asked, reading.wishes.hidden)
    yield PackagedLesson(f"{activity.kind}/{activity.id}", where, (path,), _read_activity, facts)


def _introduction(activity: Element) -> str:
    return "".join(words_of(raw_of(activity, tag)) for tag in _INTRODUCTIONS)


def _stored(
    reading: _Reading, activity: _Activity, stored: list[tuple[str, str, str]], above: tuple[str, ...], url: str | None
) -> Iterator[LessonFile]:
    several = activity.kind == "folder"
    for hash_, folder, name in stored:
        suffix = Path(name).suffix.lower()
        blob = inside(reading.folder, f"files/{hash_[:2]}/{hash_}")
        where = f"{reading.where}!{activity.title}/{name}"
        if suffix in SILENT:
            continue
        if suffix not in LESSON_SUFFIXES:
            reading.unread[f"file ({suffix or 'no extension'})"] += 1
        elif blob is None:
            reading.notices.append(Notice(where, "the backup lists the file and does not have it; back it up again"))
        else:
            relative = f"{activity.kind}/{activity.id}{folder}{name}"
            title = None if several or Path(name).stem == activity.title else activity.title
            parts = (*above, activity.title) if several else above
            yield LessonFile(blob, relative, name=name, shown=where, title=title, above=parts, url=url)


def _files(reading: _Reading) -> dict[str, list[tuple[str, str, str]]]:
    """By context the (hash, folder, name) of the files that teachers put there; what learners handed in stays out."""
    path = inside(reading.folder, "files.xml")
    found: dict[str, list[tuple[str, str, str]]] = {}
    if path is None:
        return found
    for one in children(read_xml(path), "file"):
        hash_, name = text_of(one, "contenthash"), text_of(one, "filename")
        if name in ("", ".") or text_of(one, "filearea") != "content" or not re.fullmatch(r"[0-9a-f]{40}", hash_):
            continue
        folder = text_of(one, "filepath")
        found.setdefault(text_of(one, "contextid"), []).append((hash_, folder, name))
    return found


# -- questions ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Questions:
    """The bank: questions by their own id and, from Moodle 4 on, by the id of their entry."""

    by_id: dict[str, PracticeQuestion] = field(default_factory=dict)
    by_entry: dict[str, PracticeQuestion] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def of_quiz(self, root: Element) -> tuple[PracticeQuestion, ...]:
        """Those that a quiz asks, in its order."""
        quiz = root.find("quiz")
        if quiz is None:
            return ()
        ids = [text_of(one, "question") for one in quiz.iter("question_instance")]
        ids += text_of(quiz, "questions").split(",")
        entries = [text_of(one) for one in quiz.iter("questionbankentryid")]
        found = [self.by_id[id_] for id_ in ids if id_ in self.by_id]
        found += [self.by_entry[id_] for id_ in entries if id_ in self.by_entry]
        self.asked.update(one.id for one in found)
        return tuple(dict.fromkeys(found))

    def unasked(self) -> tuple[PracticeQuestion, ...]:
        """Those of the bank that no quiz has asked."""
        return tuple(one for one in self.by_id.values() if one.id not in self.asked)


def _question_bank(reading: _Reading) -> _Questions:
    path = inside(reading.folder, "questions.xml")
    bank = _Questions()
    if path is None:
        return bank
    left_out: Counter[str] = Counter()
    try:
        root = read_xml(path)
    except SourceProblem as error:
        reading.notices.append(Notice(f"{reading.where}!questions.xml", str(error)))
        return bank
    entry_of = {
        question: entry.get("id") or ""
        for entry in root.iter("question_bank_entry")
        for question in entry.iter("question")
    }
    former = _former_versions(root)
    for question in root.iter("question"):
        kind = text_of(question, "qtype")
        if not kind or text_of(question, "hidden") == "1" or question in former:
            continue
        made = moodle_answers(
            kind,
            words_of(raw_of(question, "questiontext")),
            list(_answers(question)),
            words_of(raw_of(question, "generalfeedback")),
        )
        if made is None:
            left_out[kind] += 1
            continue
        reading.outline["question"] += 1
        bank.by_id[question.get("id") or ""] = made
        if question in entry_of:
            bank.by_entry[entry_of[question]] = made
    if left_out:
        listed = ", ".join(f"{count} {kind}" for kind, count in sorted(left_out.items()))
        what = f"questions of kinds that are not practised here were left out: {listed}"
        reading.notices.append(Notice(reading.where, what, skipped=False))
    return bank


def _former_versions(root: Element) -> set[Element]:
    """The questions that a later version took the place of, and those that are drafts or hidden."""
    former: set[Element] = set()
    for entry in root.iter("question_bank_entry"):
        versions = sorted(entry.iter("question_versions"), key=lambda one: int(text_of(one, "version") or 0))
        ready = [one for one in versions if text_of(one, "status") in ("", "ready")]
        former.update(question for one in versions if one not in ready[-1:] for question in one.iter("question"))
    return former


def _answers(question: Element) -> Iterator[tuple[str, float, str]]:
    for answer in question.iter("answer"):
        text = raw_of(answer, "answertext") or raw_of(answer, "answer_text")
        try:
            share = float(text_of(answer, "fraction") or 0)
        except ValueError:
            share = 0.0
        if text:
            yield words_of(text), share, words_of(raw_of(answer, "feedback"))


# -- readers, run apart ------------------------------------------------------------------------------------------------


def _read_section(files: tuple[Path, ...], facts: Any) -> Document:
    (name,) = facts
    root = read_xml(files[0])
    return Document(name, tuple(_html(raw_of(root, "summary"), None)))


def _read_bank(_: tuple[Path, ...], facts: Any) -> Document:
    title, questions = facts
    return Document(title, (), questions=questions)


def _read_activity(files: tuple[Path, ...], facts: Any) -> Document:
    kind, title, id_, above, url, questions, hidden = facts
    root = read_xml(files[0])
    inner = root.find(kind)
    if inner is None:
        raise SourceProblem(f"its {kind} is missing; back the course up again")
    place = Place("block", anchor=f"{kind}-{id_}", url=url)
    blocks = [block for tag in _INTRODUCTIONS for block in _html(raw_of(inner, tag), place)]
    match kind:
        case "page":
            blocks += _html(raw_of(inner, "content"), place)
        case "book":
            for chapter in inner.iter("chapter"):
                blocks += _chapter(chapter, place, hidden)
        case "glossary":
            for entry in inner.iter("entry"):
                blocks += _entry(entry, place)
        case "lesson":
            for page in inner.iter("page"):
                blocks += _with_title(text_of(page, "title"), raw_of(page, "contents"), 1, place)
        case "url":
            address = text_of(inner, "externalurl")
            blocks += [Block("paragraph", address, place=place)] if address and blocks else []
        case _:
            pass
    return under(
        above, Document(title or text_of(inner, "name"), tuple(blocks), _day(text_of(inner, "timemodified")), questions)
    )


def _chapter(chapter: Element, place: Place, hidden: bool) -> list[Block]:
    if text_of(chapter, "hidden") == "1" and not hidden:
        return []
    number = chapter.get("id") or ""
    url = f"{place.url}&chapterid={number}" if place.url else None
    own = Place("block", anchor=f"{place.anchor}-chapter-{number}", url=url)
    level = 2 if text_of(chapter, "subchapter") == "1" else 1
    return _with_title(text_of(chapter, "title"), raw_of(chapter, "content"), level, own)


def _entry(entry: Element, place: Place) -> list[Block]:
    """A term and what it means; an entry that no teacher approved is a learner's draft."""
    if text_of(entry, "approved") == "0":
        return []
    concept = text_of(entry, "concept")
    said = words_of(raw_of(entry, "definition"))
    return (
        [
            Block(
                "paragraph",
                f"{concept}：{said}" if re.search(r"[\u4e00-\u9fff]", concept + said) else f"{concept}: {said}",
                place=place,
            )
        ]
        if said
        else []
    )


def _with_title(title: str, page: str, level: int, place: Place) -> list[Block]:
    below = list(_html(page, place, level))
    return [Block("heading", title, level, place), *below] if title and below else below


def _html(page: str, place: Place | None, below: int = 0) -> Iterator[Block]:
    if not page or page == _NULL:
        return
    document = read_html(f"<html><body>{page}</body></html>")
    if document.title:
        yield Block("heading", document.title, min(below + 1, 6), place)
    for block in document.blocks:
        level = min(block.level + below, 6) if block.kind == "heading" else 0
        yield Block(block.kind, block.text, level, place)


def _day(seconds: str) -> date | None:
    return datetime.fromtimestamp(int(seconds), UTC).date() if re.fullmatch(r"[1-9]\d{8,9}", seconds) else None


# -- Moodle 1.9 --------------------------------------------------------------------------------------------------------


def _read_old(folder: Path, where: str, wishes: Wishes) -> Package:
    root = read_xml(folder / "moodle.xml")
    header = root.find("COURSE/HEADER")
    if header is None:
        raise SourceProblem("its moodle.xml has no course; back the course up again")
    reading = _Reading(folder, where, wishes, wishes.url)
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
                    f"section/{number}", f"{where}!section {number}", (folder / "moodle.xml",), _read_old_part, facts
                )
            )
        for listed in section.iterfind("MODS/MOD"):
            kind, instance = text_of(listed, "TYPE"), text_of(listed, "INSTANCE")
            module = modules.get((kind, instance))
            if module is None or (text_of(listed, "VISIBLE") == "0" and not wishes.hidden):
                reading.hidden += module is not None
                continue
            lessons += _old_module(reading, module, kind, instance, ())
    course = Course(
        course_id(text_of(header, "SHORTNAME") or text_of(header, "FULLNAME")),
        text_of(header, "FULLNAME") or folder.name,
        wishes.provider,
    )
    return Package(course, tuple(lessons), dict(reading.outline), tuple(_notices(reading)), reading.hidden)


def _old_module(
    reading: _Reading, module: Element, kind: str, instance: str, above: tuple[str, ...]
) -> Iterator[LessonSource]:
    name = text_of(module, "NAME")
    where = f"{reading.where}!{name}"
    reference = text_of(module, "REFERENCE")
    file = inside(reading.folder, f"course_files/{reference}") if kind == "resource" and reference else None
    if file and file.suffix.lower() in LESSON_SUFFIXES:
        reading.outline[kind] += 1
        yield LessonFile(file, f"course_files/{reference}", shown=where, title=name or None, above=above)
    elif (
        any(words_of(raw_of(module, tag)) for tag in _OLD_TEXTS)
        or module.find(".//ENTRY") is not None
        or module.find(".//CHAPTER") is not None
    ):
        reading.outline[kind] += 1
        facts = (kind, instance, above)
        yield PackagedLesson(f"{kind}/{instance}", where, (reading.folder / "moodle.xml",), _read_old_part, facts)


_OLD_TEXTS = ("SUMMARY", "INTRO", "ALLTEXT", "CONTENT", "DESCRIPTION")


def _read_old_part(files: tuple[Path, ...], facts: Any) -> Document:
    kind, instance, above = facts
    root = read_xml(files[0])
    if kind == "section":
        section = next(one for one in root.iterfind("COURSE/SECTIONS/SECTION") if text_of(one, "NUMBER") == instance)
        return Document(above[0], tuple(_html(raw_of(section, "SUMMARY"), None)))
    module = next(
        one
        for one in root.iterfind("COURSE/MODULES/MOD")
        if (text_of(one, "MODTYPE"), text_of(one, "ID")) == (kind, instance)
    )
    place = Place("block", anchor=f"{kind}-{instance}")
    blocks = [block for tag in _OLD_TEXTS for block in _html(raw_of(module, tag), place)]
    for entry in module.iter("ENTRY"):
        blocks += [
            Block("paragraph", f"{text_of(entry, 'CONCEPT')}: {words_of(raw_of(entry, 'DEFINITION'))}", place=place)
        ]
    for chapter in module.iter("CHAPTER"):
        blocks += _with_title(text_of(chapter, "TITLE"), raw_of(chapter, "CONTENT"), 1, place)
    return under(above, Document(text_of(module, "NAME") or kind, tuple(blocks)))
