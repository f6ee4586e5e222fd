"""Open edX's OLX: chapters, sequentials and verticals; each vertical is a lesson that cites by block."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import Element

from course_index.course import Course, PracticeQuestion
from course_index.errors import SourceProblem
from course_index.sources.document import Block, Document, Notice, Place, placed
from course_index.sources.formats import DOCUMENTS, is_lesson
from course_index.sources.html import read_html, words_of
from course_index.sources.lesson_file import LessonFile, LessonSource, PackagedLesson, under
from course_index.sources.package import Package, Wishes, all_inside, course_id, inside
from course_index.sources.questions import problem_questions, problem_words
from course_index.sources.subtitles import at_second, read_subtitles
from course_index.sources.xml import children, parse_xml, read_xml

# A component's name that says nothing about what it holds.
_GENERIC = frozenset(
    "text|raw html|html|video|iframe|problem|blank common problem|announcement|multiple choice|checkboxes|dropdown|"
    "文本|视频|问题".split("|")
)
_WRAPPERS = ("library_content", "split_test", "randomize", "conditional", "wrapper", "itembank", "problem-builder")
_SEQUENTIALS = ("sequential", "videosequence")
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class _Component:
    """A block of a vertical. `files` are the numbers of its files in the lesson's."""

    kind: str
    id: str
    name: str
    xml: str
    files: tuple[int, ...] = ()
    languages: tuple[str, ...] = ()


@dataclass(slots=True)
class _Walk:
    """What is found on the way through a course."""

    folder: Path
    where: str
    key: str
    wishes: Wishes
    language: str | None
    outline: Counter[str] = field(default_factory=Counter)
    notices: list[Notice] = field(default_factory=list)
    hidden: int = 0
    unread: Counter[str] = field(default_factory=Counter)

    def opened(self, element: Element, kind: str, seen: int = 0) -> Element | None:
        """The element itself, or the file that it points at; None with a notice when that is missing."""
        name = element.get("url_name")
        if seen > _DEEPEST:
            return None
        if name and not len(element) and set(element.attrib) <= {"url_name", "slug", "display_name"}:
            path = inside(self.folder, f"{kind}/{name.replace(':', '/')}.xml")
            if path is None:
                self.notices.append(Notice(f"{self.where}!{kind}/{name}", "the course names it and it is not there"))
                return None
            try:
                found = read_xml(path)
            except SourceProblem as error:
                self.notices.append(Notice(f"{self.where}!{kind}/{name}", str(error)))
                return None
            found.set("url_name", name)
            return found
        return element

    def is_hidden(self, element: Element) -> bool:
        """Whether only staff see it; counts those that are left out for it."""
        staff = (element.get("visible_to_staff_only") or "").lower() == "true"
        if staff and not self.wishes.hidden:
            self.hidden += 1
            return True
        return False

    def block_id(self, kind: str, name: str) -> str:
        """The platform's id of a block."""
        run = self.key.partition(":")[2]
        head = "lib-block-v1" if self.key.startswith("library") else "block-v1"
        return f"{head}:{run}+type@{kind}+block@{name}"

    def url_of(self, block: str) -> str | None:
        """Where a block opens on the platform."""
        if not self.wishes.url or self.key.startswith("library"):
            return None
        return f"{self.wishes.url.rstrip('/')}/courses/{quote(self.key, safe=':+')}/jump_to/{quote(block, safe=':+@')}"


def is_olx(folder: Path) -> bool:
    """Whether the folder is the root of an exported course or library."""
    return (folder / "course.xml").is_file() or (folder / "library.xml").is_file()


def read_olx(folder: Path, where: str, wishes: Wishes) -> Package:
    """The course below `folder`, which holds course.xml or library.xml."""
    if not (folder / "course.xml").is_file():
        return _library(folder, where, wishes)
    pointer = read_xml(folder / "course.xml")
    run = pointer.get("url_name") or "course"
    found = inside(folder, f"course/{run}.xml")
    root = read_xml(found) if found else pointer
    key = f"course-v1:{pointer.get('org') or 'org'}+{pointer.get('course') or 'course'}+{run}"
    policy = _policy(folder, run)
    walk = _Walk(folder, where, key, wishes, policy.get("language") or root.get("language"))
    about = {path.stem: path for path in all_inside(folder, "about/*.html")}
    title = str(policy.get("display_name") or root.get("display_name") or run)
    lessons: list[LessonSource] = []
    if "overview" in about:
        name = "about/overview.html"
        lessons.append(LessonFile(about["overview"], name, shown=f"{where}!{name}", title=title))
    lessons += _lessons(walk, root)
    lessons += _pages(walk, policy)
    lessons += _handouts(walk)
    course = Course(
        course_id(key),
        title,
        wishes.provider or pointer.get("org"),
        summary=_summary(about),
        language=_language(walk.language),
        url=f"{wishes.url.rstrip('/')}/courses/{quote(key, safe=':+')}/about" if wishes.url else None,
    )
    return Package(course, tuple(lessons), dict(walk.outline), tuple(_notices(walk)), walk.hidden)


def _library(folder: Path, where: str, wishes: Wishes) -> Package:
    root = read_xml(folder / "library.xml")
    name = root.get("library") or folder.name
    key = f"library-v1:{root.get('org') or 'org'}+{name}"
    walk = _Walk(folder, where, key, wishes, None)
    lessons = []
    for child in root:
        components = list(_components(walk, child, []))
        if components:
            lessons.append(
                _lesson(walk, child.get("url_name") or "", root.get("display_name") or name, (), components, child.tag)
            )
    course = Course(course_id(key), root.get("display_name") or name, wishes.provider or root.get("org"))
    return Package(course, tuple(lessons), dict(walk.outline), tuple(_notices(walk)), walk.hidden)


def _notices(walk: _Walk) -> Iterator[Notice]:
    yield from walk.notices
    if walk.unread:
        listed = ", ".join(f"{count} {kind}" for kind, count in sorted(walk.unread.items()))
        yield Notice(walk.where, f"blocks of kinds without text of their own were passed over: {listed}", skipped=False)


def _policy(folder: Path, run: str) -> dict[str, Any]:
    path = inside(folder, f"policies/{run}/policy.json")
    if path is None:
        return {}
    try:
        policies = json.loads(path.read_text("utf-8"))
        found = policies.get(f"course/{run}") if isinstance(policies, dict) else None
    except (ValueError, OSError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _summary(about: dict[str, Path]) -> str | None:
    for name in ("short_description", "subtitle", "description"):
        if name in about:
            said = words_of(about[name].read_text("utf-8", "replace"))
            if said:
                return said[:1_000]
    return None


def _language(code: Any) -> str | None:
    return str(code).replace("_", "-") if code and len(str(code)) <= 12 else None


def _lessons(walk: _Walk, root: Element) -> Iterator[PackagedLesson]:
    for chapter in _below(walk, root, "chapter"):
        yield from _directly_in(walk, chapter, ())
        for sequential in _below(walk, chapter, *_SEQUENTIALS):
            yield from _directly_in(walk, sequential, tuple(filter(None, (_name(chapter),))))
            for vertical in _below(walk, sequential, "vertical"):
                above = tuple(filter(None, (_name(chapter), _name(sequential))))
                components = [one for child in vertical for one in _components(walk, child, [])]
                name = vertical.get("url_name") or f"{walk.outline['vertical']}"
                if components:
                    yield _lesson(
                        walk, name, _name(vertical) or _name(sequential) or name, above, components, "vertical"
                    )


def _directly_in(walk: _Walk, part: Element, above: tuple[str, ...]) -> Iterator[PackagedLesson]:
    """What stands in a part without a vertical around it, as older courses have it."""
    loose = (child for child in part if child.tag not in ("vertical", *_SEQUENTIALS))
    components = [one for child in loose for one in _components(walk, child, [])]
    if components:
        name = part.get("url_name") or f"{walk.outline[part.tag]}"
        yield _lesson(walk, name, _name(part) or name, above, components, part.tag)


def _below(walk: _Walk, parent: Element, *tags: str) -> Iterator[Element]:
    for child in children(parent, *tags):
        opened = walk.opened(child, child.tag)
        if opened is not None and not walk.is_hidden(opened):
            walk.outline[child.tag] += 1
            yield opened


def _name(element: Element) -> str:
    return (element.get("display_name") or "").strip()


# -- the parts of a vertical -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Files:
    component: _Component
    paths: list[Path]


def _components(walk: _Walk, child: Element, parents: list[str], depth: int = 0) -> Iterator[_Files]:
    opened = walk.opened(child, child.tag, depth)
    if opened is None or walk.is_hidden(opened):
        return
    if child.tag in _WRAPPERS or child.tag == "vertical":
        walk.outline[child.tag] += 1
        if depth < _DEEPEST:
            for inner in opened:
                yield from _components(walk, inner, parents, depth + 1)
        return
    if parents is not None and child.tag not in ("html", "video", "problem", "annotatable"):
        walk.unread[child.tag] += 1
        return
    walk.outline[child.tag] += 1
    name = opened.get("url_name") or child.get("url_name") or str(walk.outline[child.tag])
    paths, languages = _files_of(walk, opened, child.tag, name)
    body = _own_xml(opened)
    yield _Files(_Component(child.tag, name, _name(opened), body, languages=languages), paths)


def _own_xml(element: Element) -> str:
    from xml.etree.ElementTree import tostring

    return tostring(element, encoding="unicode")


def _files_of(walk: _Walk, element: Element, kind: str, name: str) -> tuple[list[Path], tuple[str, ...]]:
    if kind == "html":
        page = inside(walk.folder, f"html/{element.get('filename') or name}.html")
        return ([page] if page else []), ()
    if kind != "video":
        return [], ()
    paths, languages = [], []
    for language, file in _transcripts(element).items():
        path = inside(walk.folder, f"static/{file}")
        if path is None:
            what = "its transcript is not in the export"
            walk.notices.append(Notice(f"{walk.where}!static/{file}", what))
        elif _is_read(language, walk.language):
            paths.append(path)
            languages.append(language)
        else:
            walk.unread[f"transcript in {language}"] += 1
    return paths, tuple(languages)


def _is_read(language: str, course: str | None) -> bool:
    """Chinese, English and the course's own language: in others nobody asks here, and they would answer in them."""
    wanted = {"zh", "en", (course or "en").replace("_", "-").split("-")[0].lower()}
    return language.replace("_", "-").split("-")[0].lower() in wanted


def _transcripts(video: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    try:
        stated = json.loads(video.get("transcripts") or "{}")
        found |= {str(language): str(file) for language, file in stated.items()} if isinstance(stated, dict) else {}
    except ValueError:
        pass
    found |= {
        one.get("language") or "en": one.get("src") or "" for one in children(video, "transcript") if one.get("src")
    }
    if not found and video.get("sub"):
        found["en"] = f"subs_{video.get('sub')}.srt.sjson"
    return found


def _lesson(
    walk: _Walk, name: str, title: str, above: tuple[str, ...], parts: list[_Files], kind: str
) -> PackagedLesson:
    files: list[Path] = []
    components = []
    for part in parts:
        numbers = tuple(range(len(files), len(files) + len(part.paths)))
        files += part.paths
        components.append(replace(part.component, files=numbers))
    ids = tuple((walk.block_id(one.kind, one.id), walk.url_of(walk.block_id(one.kind, one.id))) for one in components)
    facts = (title, above, tuple(components), ids)
    return PackagedLesson(f"{kind}/{name}", f"{walk.where}!{kind}/{name}", tuple(files), _read_lesson, facts)


def _read_lesson(files: tuple[Path, ...], facts: Any) -> Document:
    title, above, components, ids = facts
    blocks: list[Block] = []
    questions: list[PracticeQuestion] = []
    looks: list[str] = []
    for component, (id_, url) in zip(components, ids, strict=True):
        place = Place("block", anchor=id_, url=url)
        try:
            document = _read_component(component, [files[number] for number in component.files], place)
        except SourceProblem as error:
            looks.append(f"{component.kind} {component.id}: {error}")
            continue
        name = component.name
        if name and name.lower() not in _GENERIC and name != title and document.blocks:
            blocks.append(Block("heading", name, 1, document.blocks[0].place))
        blocks += document.blocks
        questions += document.questions
        looks += document.looks
    return under(above, Document(title, tuple(blocks), questions=tuple(questions), looks=tuple(looks)))


def _read_component(component: _Component, files: list[Path], place: Place) -> Document:
    element = parse_xml(component.xml.encode("utf-8", "xmlcharrefreplace"))
    match component.kind:
        case "html":
            # Without a file the page stands in the element: as elements, or as text where it was escaped (CDATA).
            inner = component.xml if len(element) else element.text or ""
            page = files[0].read_text("utf-8", "replace") if files else f"<html><body>{inner}</body></html>"
            return placed(_page(page), place)
        case "problem":
            return placed(_problem(element), place)
        case "video":
            return _video(component, element, files, place)
        case _:
            return placed(_page(component.xml), place)


def _page(page: str) -> Document:
    document = read_html(page)
    own = (Block("heading", document.title, 1),) if document.title and document.blocks else ()
    below = (
        replace(block, level=min(block.level + 1, 6)) if block.kind == "heading" else block for block in document.blocks
    )
    return replace(document, title=None, blocks=(*own, *below))


def _problem(element: Element) -> Document:
    """What it asks and its explanation. Which choice is right is in its questions alone."""
    statement, explanation = problem_words(element)
    bank = problem_questions(element)
    explained = [Block("paragraph", part) for part in explanation.split("\n\n") if part.strip()]
    return Document(None, (*_page(statement).blocks, *explained), questions=tuple(bank.questions))


def _video(component: _Component, element: Element, files: list[Path], place: Place) -> Document:
    recording = _recording(element)
    blocks: list[Block] = []
    looks: list[str] = []
    for path, language in zip(files, component.languages, strict=True):
        try:
            document = read_subtitles(path)
        except SourceProblem as error:
            looks.append(f"transcript {path.name}: {error}")
            continue
        if len(files) > 1:
            blocks.append(Block("heading", f"{component.name or 'Video'} ({language})", 2, document.blocks[0].place))
        for block in document.blocks:
            second = block.place.first if block.place else 0.0
            url = at_second(recording, second) if recording else place.url
            at = Place(
                "time", second, block.place.last if block.place else second, f"{place.anchor}#t={int(second)}", url
            )
            blocks.append(replace(block, place=at))
    return Document(None, tuple(blocks), looks=tuple(looks))


def _recording(video: Element) -> str | None:
    try:
        sources = json.loads(video.get("html5_sources") or "[]")
    except ValueError:
        sources = []
    sources = [*(sources if isinstance(sources, list) else []), *(one.get("src") for one in children(video, "source"))]
    youtube = video.get("youtube_id_1_0")
    if youtube and youtube.replace("-", "").replace("_", "").isalnum():
        return f"https://www.youtube.com/watch?v={youtube}"
    return next((str(one) for one in sources if str(one).startswith(("https://", "http://"))), None)


def _pages(walk: _Walk, policy: dict[str, Any]) -> Iterator[LessonFile]:
    """The pages beside the course, as a syllabus, and the sheet of handouts."""
    tabs = policy.get("tabs")
    known = {str(tab.get("url_slug")): tab for tab in tabs if isinstance(tab, dict)} if isinstance(tabs, list) else {}
    for path in all_inside(walk.folder, "tabs/*.html"):
        tab = known.get(path.stem, {})
        if (tab.get("is_hidden") or tab.get("course_staff_only")) and not walk.wishes.hidden:
            walk.hidden += 1
            continue
        walk.outline["page"] += 1
        name = f"tabs/{path.name}"
        yield LessonFile(path, name, shown=f"{walk.where}!{name}", title=str(tab.get("name") or "") or None)
    handouts = inside(walk.folder, "info/handouts.html")
    if handouts and words_of(handouts.read_text("utf-8", "replace")):
        walk.outline["page"] += 1
        yield LessonFile(handouts, "info/handouts.html", shown=f"{walk.where}!info/handouts.html")


def _handouts(walk: _Walk) -> Iterator[LessonFile]:
    """Documents among the course's files."""
    for path in all_inside(walk.folder, "static/**/*"):
        if path.suffix.lower() in DOCUMENTS and is_lesson(path):
            walk.outline["document"] += 1
            relative = path.relative_to(walk.folder).as_posix()
            yield LessonFile(path, relative, shown=f"{walk.where}!{relative}")
