"""What a platform exports: one course with its lessons in order, and how it is told from a folder of files."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from course_index.course import Course
from course_index.sources.document import Notice
from course_index.sources.lesson_file import LessonSource

# Of one kind that a notice tells.
_MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the operator wants a source read.

    `url` is the platform's address, for deep links; `links` name the address of single files, by their path; `hidden`
    takes in what the platform does not show to learners; `provider` stands for courses that name none.
    """

    url: str | None = None
    hidden: bool = False
    provider: str | None = None
    links: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Package:
    """A course as exported. `outline` counts its parts as the platform calls them, as {"chapter": 6}; `hidden` those
    that were left out because the platform does not show them.
    """

    course: Course
    lessons: tuple[LessonSource, ...]
    outline: dict[str, int]
    notices: tuple[Notice, ...] = ()
    hidden: int = 0


# (folder, what a report calls it, wishes) -> Packages. Raises SourceProblem when the export is broken.
PackageReader = Callable[[Path, str, Wishes], Package | tuple[Package, ...]]


def course_id(text: str) -> str:
    """A platform's own identifier as a course id."""
    plain = unicodedata.normalize("NFKC", re.sub(r"^https?://", "", text))
    # Numbers that are no digits (², ①) are word characters to Python and none to the record's own check.
    worded = "".join("-" if unicodedata.category(sign) == "No" else sign for sign in plain)
    return re.sub(r"[^\w.:+-]+", "-", worded).strip("-.")[:100].rstrip("-.") or "course"


def inside(folder: Path, href: str) -> Path | None:
    """The file that `href` names within the package; None when it leads out, or there is none."""
    bare = href.split("#", maxsplit=1)[0].split("?", maxsplit=1)[0].strip().replace("\\", "/")
    if not bare or "\0" in bare or re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", bare):
        return None
    try:
        path = (folder / bare.lstrip("/")).resolve()
        return path if path.is_relative_to(folder.resolve()) and path.is_file() else None
    except (OSError, ValueError):
        return None


def all_inside(folder: Path, pattern: str) -> list[Path]:
    """The files of the package that match, in order; links that lead out are left behind."""
    home = folder.resolve()
    return [path for path in sorted(folder.glob(pattern)) if path.is_file() and path.resolve().is_relative_to(home)]


def passed_over(where: str, unread: Mapping[str, Sequence[str]]) -> Notice:
    """Which parts are of kinds that are not read, by kind with their names."""
    kinds = ", ".join(f"{len(names)} {kind} ({listed(names)})" for kind, names in sorted(unread.items()))
    return Notice(where, f"parts of kinds that are not read were passed over: {kinds}", skipped=False)


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def hidden_notice(where: str, count: int) -> Notice:
    """That something is left out because the platform does not show it."""
    what = (
        f"{count} part{'s' * (count != 1)} that learners do not see on the platform (unpublished, hidden, staff only) "
        f"{'were' if count != 1 else 'was'} left out; --hidden takes them in"
    )
    return Notice(where, what, skipped=False)
