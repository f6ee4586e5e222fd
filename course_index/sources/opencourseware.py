"""MIT OpenCourseWare's exports: one JSON file a course, whose pages and recordings are the lessons."""

import json
import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from course_index.course import Course
from course_index.errors import SourceProblem
from course_index.sources.document import Document, Place, placed
from course_index.sources.html import read_html, words_of
from course_index.sources.lesson_file import LessonFile, LessonSource, PackagedLesson, decoded
from course_index.sources.package import Package, Wishes, course_id

_SITE = "https://ocw.mit.edu"
_PROVIDER = "MIT OpenCourseWare"
_SUBJECTS = ("ocw_speciality", "ocw_subfeature")
# The parts of a page that hold its words, in the order in which the site shows them.
_WORDS = ("text", "bottomtext", "about_this_resource_text", "optional_text", "transcript")
_DAY = re.compile(r"(\d{4})[/-](\d{2})[/-](\d{2})")


def is_open_courseware(path: Path) -> bool:
    """Whether a file is such an export: JSON of a course that lists its pages."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    try:
        text = decoded(LessonFile(path, path.name))
    except SourceProblem:
        return False
    return '"course_pages"' in text and '"short_url"' in text


def read_open_courseware(path: Path, where: str, wishes: Wishes) -> Package:
    """The course of one file. Raises SourceProblem for what is no JSON."""
    try:
        told = json.loads(decoded(LessonFile(path, path.name)))
    except (json.JSONDecodeError, RecursionError) as error:
        raise SourceProblem("this is not JSON; export it again") from error
    site = (wishes.url or _SITE).rstrip("/")
    updated = _day(told.get("last_published_to_production"))
    parts = [("page", page) for page in told.get("course_pages") or ()]
    parts += [("recording", one) for one in (told.get("course_embedded_media") or {}).values()]
    outline: Counter[str] = Counter()
    lessons: list[LessonSource] = []
    for kind, part in sorted(parts, key=lambda one: int(one[1].get("order_index") or 0)):
        words = "".join(str(part.get(name) or "") for name in _WORDS)
        if words_of(words):
            outline[kind] += 1
            url = part.get("technical_location") or f"{site}{part.get('url') or ''}"
            # The words themselves are the facts, so that a page that did not change is not read again.
            facts = (str(part.get("title") or ""), words, str(url), updated)
            lessons.append(PackagedLesson(str(part["uid"]), f"{where}!{part.get('short_url')}", (), _read, facts))
    if files := len(told.get("course_files") or ()):
        outline["file"] = files
    course = Course(
        course_id(f"ocw-{told['short_url']}"),
        str(told["title"]),
        wishes.provider or _PROVIDER,
        summary=words_of(str(told.get("description") or "")) or None,
        language=str(told.get("language") or "").partition("-")[0] or None,
        subjects=_subjects(told),
        url=f"{site}{told['url']}" if told.get("url") else None,
        updated_at=updated,
    )
    return Package(course, tuple(lessons), dict(outline))


def _read(_: tuple[Path, ...], facts: Any) -> Document:
    title, words, url, updated = facts
    document = read_html(f"<html><body>{words}</body></html>")
    return placed(Document(title, document.blocks, updated), Place("block", url=url))


def _subjects(told: dict[str, Any]) -> tuple[str, ...]:
    named = (str(one.get(key) or "") for one in told.get("course_collections") or () for key in _SUBJECTS)
    return tuple(dict.fromkeys(name for name in named if name))


def _day(text: Any) -> date | None:
    found = _DAY.match(str(text or ""))
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
