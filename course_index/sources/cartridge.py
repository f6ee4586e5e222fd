"""Packages with an imsmanifest.xml: Common Cartridge, Canvas exports, IMS content packages, SCORM 1.2 and 2004."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from course_index.course import Course
from course_index.errors import SourceProblem
from course_index.sources.document import Document, Notice
from course_index.sources.formats import DOCUMENTS, is_lesson
from course_index.sources.html import read_html, words_of
from course_index.sources.lesson_file import LessonFile, LessonSource, PackagedLesson, title_from, under
from course_index.sources.package import Package, Wishes, course_id, inside, passed_over
from course_index.sources.questions import questions_in
from course_index.sources.xml import attribute, children, raw_of, read_xml, text_of

_DEEPEST = 20
# Parts of a Canvas export that tell of the course and are no lessons.
_NOT_LESSONS = ("course_settings/", "non_cc_assessments/", "lti_resource_links/")
_HIDDEN_STATES = ("unpublished", "deleted")


@dataclass(frozen=True, slots=True)
class _Resource:
    id: str
    type: str
    href: str
    files: tuple[str, ...]
    depends_on: tuple[str, ...]
    variant_of: str = ""


@dataclass(slots=True)
class _Reading:
    folder: Path
    where: str
    wishes: Wishes
    resources: dict[str, _Resource]
    concealed: set[str]
    outline: Counter[str] = field(default_factory=Counter)
    notices: list[Notice] = field(default_factory=list)
    unread: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    taken: set[str] = field(default_factory=set)
    left_out: set[str] = field(default_factory=set)
    hidden: int = 0

    def conceals(self, *ids: str) -> bool:
        """Whether learners do not see one of these; counts what is left out for it."""
        concealed = self.concealed.intersection(ids)
        if self.wishes.hidden or not concealed:
            return False
        self.hidden += not concealed <= self.left_out  # an item and its resource are one part
        self.left_out |= {*ids}
        return True


def is_cartridge(folder: Path) -> bool:
    """Whether the folder is an unpacked package with a manifest."""
    return (folder / "imsmanifest.xml").is_file()


def read_cartridge(folder: Path, where: str, wishes: Wishes) -> Package:
    """The course below `folder`, its lessons in the order of the manifest, then what no module names."""
    manifest = read_xml(folder / "imsmanifest.xml")
    if manifest.tag != "manifest":
        raise SourceProblem("its imsmanifest.xml is no manifest; export it again")
    resources = {one.id: one for one in _resources(manifest)}
    reading = _Reading(folder, where, wishes, resources, _concealed(folder))
    organization = _organization(manifest)
    lessons: list[LessonSource] = []
    syllabus = inside(folder, "course_settings/syllabus.html")
    if syllabus:
        lessons.append(_file(reading, syllabus, None, ()))
    if organization is not None:
        lessons += _items(reading, organization, (), 0)
    lessons += _rest(reading)
    if reading.unread:
        reading.notices.append(passed_over(where, reading.unread))
    metadata = manifest.find("metadata")
    title = (
        _lom(metadata, "title") or text_of(organization, "title") or text_of(_settings(folder), "title") or folder.name
    )
    course = Course(
        course_id(manifest.get("identifier") or title),
        title[:500],
        wishes.provider,
        summary=_lom(metadata, "description")[:2_000] or None,
        language=_language(text_of(metadata, ".//general/language") or text_of(metadata, ".//language")),
        subjects=_keywords(metadata),
        url=wishes.url,
    )
    return Package(course, tuple(lessons), dict(reading.outline), tuple(reading.notices), reading.hidden)


# -- the manifest ------------------------------------------------------------------------------------------------------


def _resources(manifest: Element) -> Iterator[_Resource]:
    for listed in manifest.iter("resources"):
        base = attribute(listed, "base") or ""
        for one in children(listed, "resource"):
            own = base + (attribute(one, "base") or "")
            yield _Resource(
                one.get("identifier") or "",
                one.get("type") or "",
                own + one.get("href", "") if one.get("href") else "",
                tuple(own + (file.get("href") or "") for file in children(one, "file")),
                tuple(needed.get("identifierref") or "" for needed in children(one, "dependency")),
                next((variant.get("identifierref") or "" for variant in one.iter("variant")), ""),
            )


def _organization(manifest: Element) -> Element | None:
    organizations = manifest.find("organizations")
    every = list(children(organizations, "organization"))
    wanted = organizations.get("default") if organizations is not None else None
    return next((one for one in every if one.get("identifier") == wanted), every[0] if every else None)


def _items(reading: _Reading, parent: Element, above: tuple[str, ...], depth: int) -> Iterator[LessonSource]:
    for item in children(parent, "item"):
        title = text_of(item, "title")
        reference = item.get("identifierref") or ""
        concealed = (item.get("isvisible") or "").lower() == "false" and not reading.wishes.hidden
        if concealed:
            reading.hidden += 1
        if concealed or reading.conceals(item.get("identifier") or "", reference):
            continue
        if reference:
            reading.outline["item"] += 1
            yield from _lessons_of(reading, reference, title, above)
        elif title:
            reading.outline["module"] += 1
        if depth < _DEEPEST:
            yield from _items(reading, item, (*above, title) if title and not reference else above, depth + 1)


def _lessons_of(reading: _Reading, reference: str, title: str, above: tuple[str, ...]) -> Iterator[LessonSource]:
    resource = reading.resources.get(reference)
    if resource is None:
        what = f"the manifest names the resource {reference} and does not have it"
        reading.notices.append(Notice(f"{reading.where}!{title or reference}", what))
    elif reference not in reading.taken:
        reading.taken.add(reference)
        yield from _resource(reading, resource, title, above)


def _resource(reading: _Reading, resource: _Resource, title: str, above: tuple[str, ...]) -> Iterator[LessonSource]:
    kind = resource.type.lower()
    if "imsqti" in kind or "assessment" in kind or "question-bank" in kind:
        yield from _questions(reading, resource, title, above)
    elif "imsdt" in kind:
        yield from _texts(reading, resource, title, above, "topic", _read_topic)
    elif "assignment_xml" in kind:
        yield from _texts(reading, resource, title, above, "assignment", _read_assignment)
    elif "imswl" in kind or "imsbasiclti" in kind:
        reading.outline["link"] += 1
    else:
        yield from _content(reading, resource, title, above)


def _content(reading: _Reading, resource: _Resource, title: str, above: tuple[str, ...]) -> Iterator[LessonSource]:
    """The files of a resource that can be read: the one that is opened first, then what it brings along."""
    missing = []
    yielded = False
    named = dict.fromkeys(unquote(href) for href in (resource.href, *resource.files) if href)
    for href in named:
        path = inside(reading.folder, href)
        if path is None:
            missing += [href] if not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", href) else []
        elif str(path) not in reading.taken and not href.startswith(_NOT_LESSONS) and is_lesson(path):
            if reading.conceals(str(path)):
                reading.taken.add(str(path))
                continue
            yielded = True
            first = href == unquote(resource.href) or len(named) == 1
            yield _file(reading, path, title if first else None, above)
        elif path.suffix.lower() in DOCUMENTS and not is_lesson(path) and not href.startswith(_NOT_LESSONS):
            reading.unread[f"file ({path.suffix.lower()})"].append(path.name)
    if missing and not yielded:
        what = f"the manifest names files that are not in the package: {', '.join(missing[:3])}"
        reading.notices.append(Notice(f"{reading.where}!{title or resource.id}", what))


def _file(reading: _Reading, path: Path, title: str | None, above: tuple[str, ...]) -> LessonFile:
    reading.taken.add(str(path))
    relative = path.relative_to(reading.folder.resolve()).as_posix()
    reading.outline["page" if path.suffix.lower() in (".html", ".htm", ".xhtml") else "document"] += 1
    usable = title if title and title != path.name else None
    return LessonFile(
        path, relative, shown=f"{reading.where}!{relative}", title=usable or _own_title(path), above=above
    )


def _own_title(path: Path) -> str | None:
    """None lets the page speak for itself; a document that is called by its file's name is."""
    return None if path.suffix.lower() in (".html", ".htm", ".xhtml") else title_from(path.stem)


def _texts(
    reading: _Reading, resource: _Resource, title: str, above: tuple[str, ...], kind: str, read: Any
) -> Iterator[PackagedLesson]:
    href = resource.href or next(iter(resource.files), "")
    path = inside(reading.folder, href)
    if path is None:
        reading.notices.append(Notice(f"{reading.where}!{title or resource.id}", "its file is not in the package"))
        return
    reading.taken.add(str(path))
    reading.outline[kind] += 1
    yield PackagedLesson(f"{kind}/{resource.id}", f"{reading.where}!{href}", (path,), read, (title, above))


def _questions(reading: _Reading, resource: _Resource, title: str, above: tuple[str, ...]) -> Iterator[PackagedLesson]:
    # Canvas keeps the richer form of a quiz beside the cartridge's own.
    own = [f"non_cc_assessments/{resource.id}.xml.qti", resource.href, *resource.files]
    needed = [reading.resources[id_] for id_ in resource.depends_on if id_ in reading.resources]
    meta = next(
        (path for one in needed for href in (one.href, *one.files) if (path := inside(reading.folder, href))), None
    )
    path = next((path for href in own if href and (path := inside(reading.folder, href))), None)
    if path is None:
        reading.notices.append(
            Notice(f"{reading.where}!{title or resource.id}", "its questions are not in the package")
        )
        return
    reading.taken.update(str(found) for href in own if (found := inside(reading.folder, href)))
    reading.taken.update(resource.depends_on)
    reading.outline["quiz"] += 1
    files = (path, meta) if meta and meta.suffix == ".xml" else (path,)
    yield PackagedLesson(f"quiz/{resource.id}", f"{reading.where}!{path.name}", files, _read_quiz, (title, above))


def _rest(reading: _Reading) -> Iterator[LessonSource]:
    """Pages, tasks, quizzes and documents that no module names; of two forms of one thing the richer was read."""
    for resource in sorted(reading.resources.values(), key=lambda one: bool(one.variant_of)):
        if resource.variant_of in reading.taken:
            continue
        if resource.id not in reading.taken and not reading.conceals(resource.id):
            reading.taken.add(resource.id)
            yield from _resource(reading, resource, "", ())


# -- what Canvas tells besides -----------------------------------------------------------------------------------------


def _settings(folder: Path) -> Element | None:
    path = inside(folder, "course_settings/course_settings.xml")
    try:
        return read_xml(path) if path else None
    except SourceProblem:
        return None


def _concealed(folder: Path) -> set[str]:
    """Identifiers and files of what is not published: of items of modules, pages, tasks, topics and quizzes."""
    found = set()
    modules = inside(folder, "course_settings/module_meta.xml")
    if modules:
        try:
            for item in read_xml(modules).iter("item"):
                if text_of(item, "workflow_state") in _HIDDEN_STATES:
                    found |= {item.get("identifier") or "", text_of(item, "identifierref")}
        except SourceProblem:
            pass
    for page in sorted((folder / "wiki_content").glob("*.html")) if (folder / "wiki_content").is_dir() else ():
        head = page.read_text("utf-8", "replace")[:2_000]
        if re.search(r'name="workflow_state"\s+content="(?:unpublished|deleted)"', head):
            found.add(str(page.resolve()))
    for settings in sorted(folder.glob("*/assignment_settings.xml")):
        try:
            hidden = text_of(read_xml(settings), "workflow_state") in _HIDDEN_STATES
        except SourceProblem:
            continue
        if hidden:
            found |= {str(path.resolve()) for path in settings.parent.glob("*.html")}
            found.add(settings.parent.name)
    for told in (*sorted(folder.glob("*.xml")), *sorted(folder.glob("*/assessment_meta.xml"))):
        with told.open("rb") as file:
            if not re.search(rb"<(?:topicMeta|quiz)\b", file.read(1_000)):
                continue
        with suppress(SourceProblem):
            root = read_xml(told)
            if text_of(root, "workflow_state") in _HIDDEN_STATES or text_of(root, "available") == "false":
                found.add(text_of(root, "topic_id") if root.tag == "topicMeta" else root.get("identifier") or "")
    return found - {""}


# -- readers, run apart ------------------------------------------------------------------------------------------------


def _read_topic(files: tuple[Path, ...], facts: Any) -> Document:
    title, above = facts
    root = read_xml(files[0])
    return _titled(text_of(root, "title") or title, above, raw_of(root, "text"))


def _read_assignment(files: tuple[Path, ...], facts: Any) -> Document:
    title, above = facts
    root = read_xml(files[0])
    return _titled(text_of(root, "title") or title, above, raw_of(root, "text") or raw_of(root, "instructor_text"))


def _titled(title: str, above: tuple[str, ...], page: str) -> Document:
    document = read_html(f"<html><body>{page}</body></html>")
    return under(above, Document(title or document.title or "Topic", document.blocks))


def _read_quiz(files: tuple[Path, ...], facts: Any) -> Document:
    title, above = facts
    root = read_xml(files[0])
    bank = questions_in(root)
    meta = read_xml(files[1]) if len(files) > 1 else None
    assessment = root.find("assessment")
    named = title or text_of(meta, "title") or (assessment.get("title") if assessment is not None else None) or "Quiz"
    introduction = read_html(f"<html><body>{raw_of(meta, 'description')}</body></html>") if meta is not None else None
    blocks = introduction.blocks if introduction else ()
    return under(above, Document(named, blocks, questions=tuple(bank.questions), looks=bank.looks()))


# -- metadata ----------------------------------------------------------------------------------------------------------


def _lom(metadata: Element | None, name: str) -> str:
    """A text of the learning object metadata, in whatever dialect of it."""
    found = metadata.find(f".//general/{name}") if metadata is not None else None
    return words_of(text_of(found)) if found is not None else ""


def _keywords(metadata: Element | None) -> tuple[str, ...]:
    if metadata is None:
        return ()
    return tuple(dict.fromkeys(said for one in metadata.findall(".//general/keyword") if (said := text_of(one))))[:20]


def _language(code: str) -> str | None:
    return code if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", code) else None
