"""What teachers write in the activities of a Moodle backup; their readers are run apart."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from course_index.course import PracticeQuestion
from course_index.errors import SourceProblem
from course_index.sources.document import Block, Document, Place
from course_index.sources.html import page_blocks, words_of
from course_index.sources.lesson_file import under
from course_index.sources.moodle_packages import PLAYED, read_hvp, read_played
from course_index.sources.questions import moodle_answers
from course_index.sources.xml import raw_of, read_xml, text_of

# What learners fill, or is a door to elsewhere: all that a teacher wrote of it is read.
INTRODUCED = frozenset(
    "assign assignment forum hsuforum choice feedback questionnaire survey data workshop wiki chat url".split()
)
READ = frozenset({"page", "book", "label", "glossary", "quiz", "lesson", "resource", "folder", "hvp", *PLAYED})
# Where what a teacher wrote stands beside what learners did.
SHARED = frozenset({"forum", "hsuforum", "data", "wiki"})
# How a lesson's pages are called that ask something, by their number.
_ASKED_ON_PAGES = {"1": "shortanswer", "2": "truefalse", "3": "multichoice", "8": "numerical"}
NULL = "$@NULL@$"
# What teachers write above an activity, how they say that it is to be done, and what they say when it is over.
_INTRODUCTIONS = ("intro", "activity", "instructauthors", "instructreviewers", "conclusion")


def read_activity(files: tuple[Path, ...], facts: Any) -> Document:
    """An activity's own file, and what it plays."""
    kind, title, id_, above, url, questions, hidden, names, wrote = facts
    root = read_xml(files[0])
    inner = root.find(kind)
    if inner is None:
        raise SourceProblem(f"its {kind} is missing; back the course up again")
    place = Place("block", anchor=f"{kind}-{id_}", url=url)
    blocks = [block for tag in _INTRODUCTIONS for block in html_of(raw_of(inner, tag), place)]
    blocks += _content(kind, inner, place, hidden) if kind not in SHARED else _written(kind, inner, wrote, place)
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
            yield from html_of(raw_of(activity, "content"), place)
        case "book":
            for chapter in activity.iter("chapter"):
                yield from _chapter(chapter, place, hidden)
        case "glossary":
            for entry in activity.iter("entry"):
                yield from _entry(entry, place)
        case "lesson":
            for page in activity.iter("page"):
                yield from with_title(text_of(page, "title"), raw_of(page, "contents"), 1, place)
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
                yield from with_title(text_of(discussion, "name"), raw_of(first, "message"), 1, place)
    elif kind == "wiki":
        for page in activity.iter("page"):
            versions = sorted(page.iter("version"), key=lambda one: int(text_of(one, "version") or 0))
            if text_of(versions[-1] if versions else page, "userid") in wrote:
                yield from with_title(text_of(page, "title"), raw_of(page, "cachedcontent"), 1, place)
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
    return with_title(text_of(chapter, "title"), raw_of(chapter, "content"), level, own)


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


def with_title(title: str, page: str, level: int, place: Place) -> list[Block]:
    """A page below its title; nothing for an empty one."""
    below = list(html_of(page, place, level))
    return [Block("heading", title, level, place), *below] if title and below else below


def html_of(page: str, place: Place | None, below: int = 0) -> Iterator[Block]:
    """The blocks of what was written in the editor."""
    return page_blocks("" if page == NULL else page, place, below)


def _day(seconds: str) -> date | None:
    return datetime.fromtimestamp(int(seconds), UTC).date() if re.fullmatch(r"[1-9]\d{8,9}", seconds) else None


def says_something(kind: str, activity: Element, wrote: tuple[str, ...]) -> bool:
    """Whether there is anything to read in an activity."""
    if kind in READ - {"label", "quiz", "resource", "folder", *PLAYED}:
        return True
    said = any(words_of(raw_of(activity, tag)) for tag in _INTRODUCTIONS)
    return said or any(True for _ in _written(kind, activity, wrote, Place("block")))
