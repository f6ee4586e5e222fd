"""Moodle backups (.mbz): what teachers put into a course; never users, grades or what learners wrote."""

import ipaddress
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from course_index.course import Course, PracticeQuestion
from course_index.errors import SourceProblem
from course_index.sources.document import Block, Document, Notice, Place
from course_index.sources.formats import LESSON_SUFFIXES, SILENT
from course_index.sources.html import page_blocks, words_of
from course_index.sources.lesson_file import LessonFile, LessonSource, PackagedLesson, under
from course_index.sources.moodle_packages import PLAYED, read_hvp, read_played
from course_index.sources.package import Package, Wishes, course_id, inside, passed_over
from course_index.sources.questions import moodle_answers
from course_index.sources.xml import children, raw_of, read_xml, text_of

# What learners fill, or is a door to elsewhere: all that a teacher wrote of it is read.
_INTRODUCED = frozenset(
    "assign assignment forum hsuforum choice feedback questionnaire survey data workshop wiki chat url".split()
)
_READ = frozenset({"page", "book", "label", "glossary", "quiz", "lesson", "resource", "folder", "hvp", *PLAYED})
# What teachers write above an activity, how they say that it is to be done, and what they say when it is over.
_INTRODUCTIONS = ("intro", "activity", "instructauthors", "instructreviewers", "conclusion")
# Where the files of teachers are; those that learners hand in have other places.
_AREAS = frozenset(
    "content intro introattachment activityattachment chapter page_contents mediafile instructauthors "
    "instructreviewers conclusion".split()
)
_TEACHERS = frozenset({"editingteacher", "teacher", "manager", "coursecreator"})
# Where what a teacher wrote stands beside what learners did.
_SHARED = frozenset({"forum", "hsuforum", "data", "wiki"})
# How a lesson's pages are called that ask something, by their number.
_ASKED_ON_PAGES = {"1": "shortanswer", "2": "truefalse", "3": "multichoice", "8": "numerical"}
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
    # By kind the names of what is not read.
    unread: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    files: "dict[str, list[_Stored]]" = field(default_factory=dict)
    teachers: frozenset[str] = frozenset()
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


@dataclass(frozen=True, slots=True)
class _Stored:
    """A file of the backup: of which part, chapter or section it is, and under which name it is stored."""

    area: str
    item: str
    hash: str
    folder: str
    name: str


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
        yield passed_over(reading.where, reading.unread)


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
    reading.files, reading.teachers = _files(reading), _teachers(reading)
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
    questions: "_Questions",
) -> Iterator[LessonSource]:
    path = inside(reading.folder, f"{activity.directory}/{activity.kind}.xml")
    module = inside(reading.folder, f"{activity.directory}/module.xml")
    if path is None:
        reading.notices.append(Notice(f"{reading.where}!{activity.title}", "the backup lists it and does not have it"))
        return
    if module and reading.conceals(read_xml(module)):
        return
    is_known = activity.kind in _READ | _INTRODUCED
    if not is_known:
        reading.unread[activity.kind].append(activity.title)
    reading.outline[activity.kind] += 1
    where = f"{reading.where}!{activity.title}"
    url = reading.url_of(activity)
    asked: tuple[PracticeQuestion, ...] = ()
    played: tuple[tuple[str, Path], ...] = ()
    wrote = tuple(sorted(reading.teachers)) if activity.kind in _SHARED else ()
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
        if not asked and not played and inner is not None and not _says_something(activity.kind, inner, wrote):
            if activity.kind in PLAYED:
                what = "what it plays is not in the backup; back it up with its files"
                reading.notices.append(Notice(where, what))
            return
    names = tuple(name for name, _ in played)
    facts = (activity.kind, activity.title, activity.id, above, url, asked, reading.wishes.hidden, names, wrote)
    files = (path, *(blob for _, blob in played))
    yield PackagedLesson(f"{activity.kind}/{activity.id}", where, files, _read_activity, facts)


def _says_something(kind: str, activity: Element, wrote: tuple[str, ...]) -> bool:
    if kind in _READ - {"label", "quiz", "resource", "folder", *PLAYED}:
        return True
    said = any(words_of(raw_of(activity, tag)) for tag in _INTRODUCTIONS)
    return said or any(True for _ in _written(kind, activity, wrote, Place("block")))


def _played(reading: _Reading, activity: _Activity, stored: list[_Stored]) -> tuple[tuple[str, Path], ...]:
    """The files of what an activity plays, with their names: one that is the package, or else all that is in it."""
    for area in PLAYED.get(activity.kind, ()):
        found = [
            (f"{one.folder}{one.name}", blob)
            for one in stored
            if one.area == area
            and Path(one.name).suffix.lower() not in SILENT
            and (blob := _blob(reading, one)) is not None
        ]
        if found:
            return tuple(found)
    return ()


def _blob(reading: _Reading, stored: _Stored) -> Path | None:
    return inside(reading.folder, f"files/{stored.hash[:2]}/{stored.hash}")


def _shown(stored: list[_Stored], root: Element, hidden: bool) -> list[_Stored]:
    """The files without those of chapters that learners do not see."""
    unseen = {one.get("id") for one in root.iter("chapter") if text_of(one, "hidden") == "1" and not hidden}
    return [one for one in stored if one.area != "chapter" or one.item not in unseen]


def _stored(
    reading: _Reading, activity: _Activity, stored: list[_Stored], above: tuple[str, ...], url: str | None
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
    reading: _Reading,
    stored: _Stored,
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
    elif (blob := _blob(reading, stored)) is None:
        reading.notices.append(Notice(where, "the backup lists the file and does not have it; back it up again"))
    else:
        yield LessonFile(blob, relative, name=stored.name, shown=where, title=title, above=above, url=url)


def _files(reading: _Reading) -> dict[str, list[_Stored]]:
    """By context the files of the backup, without those that nobody named."""
    path = inside(reading.folder, "files.xml")
    found: dict[str, list[_Stored]] = {}
    for one in children(read_xml(path), "file") if path else ():
        facts = (text_of(one, tag) for tag in ("filearea", "itemid", "contenthash", "filepath", "filename"))
        stored = _Stored(*facts)
        if stored.name not in ("", ".") and re.fullmatch(r"[0-9a-f]{40}", stored.hash):
            found.setdefault(text_of(one, "contextid"), []).append(stored)
    return found


def _teachers(reading: _Reading) -> frozenset[str]:
    """The users who teach the course; nobody where the backup has no people in it."""
    defined, assigned = (inside(reading.folder, name) for name in ("roles.xml", "course/roles.xml"))
    if defined is None or assigned is None:
        return frozenset()
    try:
        roles = {
            one.get("id")
            for one in read_xml(defined).iter("role")
            if {text_of(one, "shortname"), text_of(one, "archetype")} & _TEACHERS
        }
        return frozenset(
            text_of(one, "userid") for one in read_xml(assigned).iter("assignment") if text_of(one, "roleid") in roles
        )
    except SourceProblem:
        return frozenset()


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
    kind, title, id_, above, url, questions, hidden, names, wrote = facts
    root = read_xml(files[0])
    inner = root.find(kind)
    if inner is None:
        raise SourceProblem(f"its {kind} is missing; back the course up again")
    place = Place("block", anchor=f"{kind}-{id_}", url=url)
    blocks = [block for tag in _INTRODUCTIONS for block in _html(raw_of(inner, tag), place)]
    blocks += _content(kind, inner, place, hidden) if kind not in _SHARED else _written(kind, inner, wrote, place)
    questions = (*questions, *(_asked_on_pages(inner) if kind == "lesson" else ()))
    looks: tuple[str, ...] = ()
    if kind in PLAYED or kind == "hvp":
        try:
            played = read_hvp(inner, place) if kind == "hvp" else read_played(kind, files[1:], names, place, hidden)
        except SourceProblem as problem:
            if not blocks:
                raise
            looks = (f"only what is written above it was read: {problem}",)
        else:
            blocks += [replace(block, place=block.place or place) for block in played.blocks]
            questions, looks = (*questions, *played.questions), played.looks
    day = _day(text_of(inner, "timemodified"))
    return under(above, Document(title or text_of(inner, "name"), tuple(blocks), day, questions, looks))


def _content(kind: str, activity: Element, place: Place, hidden: bool) -> Iterator[Block]:
    """What teachers alone write in an activity."""
    match kind:
        case "page":
            yield from _html(raw_of(activity, "content"), place)
        case "book":
            for chapter in activity.iter("chapter"):
                yield from _chapter(chapter, place, hidden)
        case "glossary":
            for entry in activity.iter("entry"):
                yield from _entry(entry, place)
        case "lesson":
            for page in activity.iter("page"):
                yield from _with_title(text_of(page, "title"), raw_of(page, "contents"), 1, place)
        case "choice":
            options = [f"- {words}" for one in activity.iter("option") if (words := text_of(one, "text"))]
            yield from [Block("list", "\n".join(options), place=place)] if options else []
        case "url":
            address = text_of(activity, "externalurl")
            said = any(words_of(raw_of(activity, tag)) for tag in _INTRODUCTIONS)
            yield from [Block("paragraph", address, place=place)] if address and said else []


def _written(kind: str, activity: Element, wrote: tuple[str, ...], place: Place) -> Iterator[Block]:
    """What teachers wrote where learners write too; announcements are of one run of the course, and no content."""
    if kind in ("forum", "hsuforum") and text_of(activity, "type") != "news":
        for discussion in activity.iter("discussion"):
            first = next((one for one in discussion.iter("post") if text_of(one, "parent") in ("", "0")), None)
            if first is not None and text_of(first, "userid") in wrote:
                yield from _with_title(text_of(discussion, "name"), raw_of(first, "message"), 1, place)
    elif kind == "wiki":
        for page in activity.iter("page"):
            versions = sorted(page.iter("version"), key=lambda one: int(text_of(one, "version") or 0))
            if text_of(versions[-1] if versions else page, "userid") in wrote:
                yield from _with_title(text_of(page, "title"), raw_of(page, "cachedcontent"), 1, place)
    elif kind == "data":
        names = {one.get("id"): text_of(one, "name") for one in activity.iter("field")}
        for record in activity.iter("record"):
            cells = [(text_of(one, "fieldid"), words_of(raw_of(one, "content"))) for one in record.iter("content")]
            said = [f"- {names.get(field, field)}：{words}" for field, words in cells if field and words]
            if said and text_of(record, "userid") in wrote and text_of(record, "approved") != "0":
                yield Block("list", "\n".join(said), place=place)


def _asked_on_pages(lesson: Element) -> Iterator[PracticeQuestion]:
    """The questions of a lesson's pages: right is what scores, or where nothing is scored what leads on."""
    scored = text_of(lesson, "custom") == "1"
    for page in lesson.iter("page"):
        answers = [
            (
                words_of(raw_of(one, "answer_text")),
                float(text_of(one, "score") not in ("", "0") if scored else text_of(one, "jumpto") not in ("", "0")),
                words_of(raw_of(one, "response")),
            )
            for one in page.iter("answer")
        ]
        kind = _ASKED_ON_PAGES.get(text_of(page, "qtype"), "")
        if question := moodle_answers(kind, words_of(raw_of(page, "contents")), answers, ""):
            yield question


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
    return page_blocks("" if page == _NULL else page, place, below)


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
    if kind not in _READ | _INTRODUCED or kind in PLAYED:
        reading.unread[kind].append(name)
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
