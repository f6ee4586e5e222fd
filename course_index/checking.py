"""The provider's report: what would go in, what would not and why, and what would make it easier to find."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from course_index.analyze import normalise
from course_index.chunk import MIN_TOKENS
from course_index.errors import SourceProblem
from course_index.language import language_of
from course_index.reading import LessonReaders, ReadLesson
from course_index.sources.document import Notice
from course_index.sources.lesson_file import LessonFile, LessonSource, PackagedLesson
from course_index.sources.library import read_library
from course_index.sources.package import inside
from course_index.sources.source import Source

# A lesson with fewer tokens than two of the smallest passages has nothing that a question could be answered from.
_THIN = 2 * MIN_TOKENS
# Two passages are near-duplicates when so many of their sketches' values are the same.
_SKETCH, _SAME = 16, 13
_SHINGLE = 8
_LINK = re.compile(
    r"""(?:href|src)\s*=\s*["']([^"'<>\n]{1,400})["']|\]\(([^)\s<>]{1,400})(?:\s+"[^"]*")?\)""", re.IGNORECASE
)
_ELSEWHERE = re.compile(
    r"^(?:[a-zA-Z][a-zA-Z0-9+.-]*:|//|#|\$|%24|\{|@|/(?!static/)|[0-9a-f]{32}$|.*\.(?:css|js)(?:\?|$))"
)
# What a record lacks, and what that costs.
_WANTED = {
    "summary": "its card is found by title alone",
    "provider": "learners do not see whose it is",
    "language": "it is in no language filter",
    "subjects": "no one who browses by subject meets it",
    "audience": "it is recommended to nobody in particular",
    "hours": "nobody can plan time for it",
    "url": "a citation cannot lead to it",
}
_MOST_LISTED = 200


@dataclass(slots=True)
class CheckedCourse:
    """A course that would go in. Tokens are cl100k; `passage_tokens` are those of each passage in order."""

    id: str
    title: str
    source: str
    lessons: int = 0
    passages: int = 0
    tokens: int = 0
    questions: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    locators: Counter[str] = field(default_factory=Counter)
    outline: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    passage_tokens: list[int] = field(default_factory=list)
    links: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Check:
    """All that a build would do with some sources, and what its provider should look at."""

    courses: list[CheckedCourse] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    thin: list[tuple[str, int]] = field(default_factory=list)
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    dead_links: list[tuple[str, str]] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether everything would go in."""
        return not any(notice.skipped for notice in self.notices)


def check_sources(
    sources: Sequence[Path | Source],
    workers: int = 1,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Check:
    """Read `sources` as a build would, and index nothing."""
    library = read_library(sources, {})
    check = Check(notices=list(library.notices))
    sketches: dict[int, list[str]] = defaultdict(list)
    total, done = sum(len(draft.lessons) for draft in library.drafts), 0
    with LessonReaders(workers) as readers:
        for draft in library.drafts:
            course = CheckedCourse(draft.course.id, draft.course.title, draft.source, outline=draft.outline)
            for lesson, read in readers.read(draft.lessons):
                done += 1
                progress("reading", done, total)
                if isinstance(read, SourceProblem):
                    check.notices.append(Notice(lesson.where, str(read)))
                    continue
                _take(course, lesson, read, check)
                _look_for_duplicates(lesson, read, check, sketches)
                dead = [link for link in _dead_links(lesson) if link not in course.links]
                check.dead_links += [(lesson.where, link) for link in dead]
                course.links.update(dead)
            if course.lessons or not draft.lessons:
                course.missing = [name for name in _WANTED if not getattr(draft.course, name)]
                check.courses.append(course)
    library.close()
    return check


def _take(course: CheckedCourse, lesson: LessonSource, read: ReadLesson, check: Check) -> None:
    tokens = sum(piece.tokens for piece in read.pieces)
    course.lessons += 1
    course.passages += len(read.pieces)
    course.tokens += tokens
    course.questions += len(read.questions)
    course.passage_tokens += [piece.tokens for piece in read.pieces]
    course.locators.update(piece.locator_kind for piece in read.pieces)
    course.languages.update(language_of(piece.text) for piece in read.pieces)
    if tokens < _THIN and not read.questions:
        check.thin.append((lesson.where, tokens))
    check.notices += [Notice(lesson.where, look, skipped=False) for look in read.looks]


def _look_for_duplicates(lesson: LessonSource, read: ReadLesson, check: Check, sketches: dict[int, list[str]]) -> None:
    """Compare by the smallest hashes of their shingles: what shares nearly all of them says nearly the same."""
    for number, piece in enumerate(read.pieces):
        values = _sketch(piece.text)
        if len(values) < _SKETCH:
            continue
        shared = Counter(name for value in values for name in sketches[value])
        same = next((name for name, count in shared.most_common(1) if count >= _SAME), None)
        name = f"{lesson.where} ({piece.locator or number})"
        if same is not None and same != name:
            check.duplicates.append((name, same))
        for value in values:
            sketches[value].append(name)


def _sketch(text: str) -> list[int]:
    bare = re.sub(r"\W+", "", normalise(text))
    shingles = {bare[start : start + _SHINGLE] for start in range(len(bare) - _SHINGLE + 1)}
    hashes = (
        int.from_bytes(hashlib.blake2b(one.encode("utf-8", "replace"), digest_size=8).digest()) for one in shingles
    )
    return sorted(hashes)[:_SKETCH]


def _dead_links(lesson: LessonSource) -> list[str]:
    """Links of a page to a file beside it that is not there."""
    if isinstance(lesson, LessonFile) and lesson.is_text:
        pages = [lesson.path]
    elif isinstance(lesson, PackagedLesson):
        pages = [path for path in lesson.files if path.suffix == ".html"]
    else:
        pages = []
    dead = []
    for page in pages:
        text = page.read_text("utf-8", "replace")
        links = dict.fromkeys(unquote(one[1] or one[2] or "") for one in _LINK.finditer(text))
        dead += [link for link in links if link and not _ELSEWHERE.match(link) and not _is_there(page, link)]
    return dead


def _is_there(page: Path, link: str) -> bool:
    bare = link.split("#", maxsplit=1)[0].split("?", maxsplit=1)[0]
    if bare.startswith("/static/"):
        static = page.parent.parent / "static"
        return (
            inside(static, bare.removeprefix("/static/")) is not None
            or inside(static, bare.removeprefix("/static/").replace("_", " ")) is not None
        )
    try:
        target = page.parent / bare
        return not bare or target.exists() or target.with_suffix(".md").exists()
    except (OSError, ValueError):
        return False


# -- telling it ------------------------------------------------------------------------------------------------------


def check_as_plain(check: Check) -> dict[str, Any]:
    """The report as plain values, whole."""
    totals = {
        name: sum(getattr(course, name) for course in check.courses)
        for name in ("lessons", "passages", "tokens", "questions")
    }
    return {
        "sound": check.sound,
        "totals": {"courses": len(check.courses), **totals},
        "courses": [_course_as_plain(course) for course in check.courses],
        "left_out": [{"where": one.where, "why": one.what} for one in check.notices if one.skipped],
        "to_look_at": [{"where": one.where, "what": one.what} for one in check.notices if not one.skipped],
        "thin_lessons": [{"where": where, "tokens": tokens} for where, tokens in check.thin],
        "near_duplicates": [{"passage": one, "of": other} for one, other in check.duplicates],
        "dead_links": [{"where": where, "link": link} for where, link in check.dead_links],
        "missing_fields": {name: _lacking(check, name) for name in _WANTED if _lacking(check, name)},
        "why_it_matters": _WANTED,
    }


def _course_as_plain(course: CheckedCourse) -> dict[str, Any]:
    names = ("id", "title", "source", "lessons", "passages", "tokens", "questions", "outline", "missing")
    counted = {"languages": dict(course.languages), "locators": dict(course.locators)}
    return {name: getattr(course, name) for name in names} | counted


def _lacking(check: Check, name: str) -> int:
    return sum(name in course.missing for course in check.courses)


def check_as_text(check: Check) -> str:
    """The report for a terminal."""
    plain = check_as_plain(check)
    totals = plain["totals"]
    lines = [
        f"{totals['courses']} courses would go in: {totals['lessons']} lessons, {totals['passages']} passages, "
        f"{totals['tokens']:,} tokens, {totals['questions']} practice questions",
        "",
    ]
    taught = [course for course in check.courses if course.lessons]
    for course in taught[:_MOST_LISTED]:
        outline = ", ".join(f"{count} {part}" for part, count in course.outline.items())
        told = f"{course.lessons} lessons, {course.passages} passages, {course.tokens:,} tokens"
        lines.append(f"  {course.title} ({course.id}): {told}{f' [{outline}]' if outline else ''}")
    if len(taught) > _MOST_LISTED:
        lines.append(f"  and {len(taught) - _MOST_LISTED} more courses: --json lists them all")
    if bare := len(check.courses) - len(taught):
        lines.append(
            f"  and {bare} catalogue records without lessons, which are found and recommended by what they say"
        )
    for title, rows in _sections(plain):
        lines += ["", f"{title} ({len(rows)})", *(f"  {' - '.join(row)}" for row in rows[:_MOST_LISTED])]
        if len(rows) > _MOST_LISTED:
            lines.append(f"  and {len(rows) - _MOST_LISTED} more: --json lists them all")
    return "\n".join(lines)


def _sections(plain: dict[str, Any]) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    parts: tuple[tuple[str, list[tuple[str, ...]]], ...] = (
        ("Left out", [(one["where"], one["why"]) for one in plain["left_out"]]),
        ("To be looked at", [(one["where"], one["what"]) for one in plain["to_look_at"]]),
        ("Too thin to teach", [(one["where"], f"{one['tokens']} tokens") for one in plain["thin_lessons"]]),
        ("Near-duplicates", [(one["passage"], one["of"]) for one in plain["near_duplicates"]]),
        ("Dead links", [(one["where"], one["link"]) for one in plain["dead_links"]]),
        (
            "Fields that are missing",
            [(name, f"{count} courses: {_WANTED[name]}") for name, count in plain["missing_fields"].items()],
        ),
    )
    yield from ((title, rows) for title, rows in parts if rows)


def check_as_html(check: Check) -> str:
    """The report as one page that loads nothing, with a picture of each course's passages."""
    from jinja2 import Environment, PackageLoader, select_autoescape

    pages = Environment(loader=PackageLoader("course_index", "pages"), autoescape=select_autoescape(["html"]))
    plain = check_as_plain(check)
    largest = max((course.tokens for course in check.courses), default=1) or 1
    taught = [course for course in check.courses if course.lessons]
    drawn = sorted(taught, key=lambda course: -course.tokens)[:40]
    return pages.get_template("check.html").render(
        plain=plain,
        bars=[(course, 100 * course.tokens / largest) for course in drawn],
        histogram=_histogram([tokens for course in check.courses for tokens in course.passage_tokens]),
        sections=[(title, rows[:_MOST_LISTED], len(rows)) for title, rows in _sections(plain)],
        more=len(taught) - len(drawn),
        bare=len(check.courses) - len(taught),
    )


def _histogram(tokens: list[int]) -> list[tuple[str, int, float]]:
    """(from, passages, share of the fullest step in percent) of passage sizes, in steps of 50 tokens."""
    steps = Counter(min(size // 50, 9) for size in tokens)
    fullest = max(steps.values(), default=1)
    labels = [str(50 * step) for step in range(9)] + ["450+"]
    return [(label, steps[step], 100 * steps[step] / fullest) for step, label in enumerate(labels)]
