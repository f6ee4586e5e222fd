"""What a Moodle backup lists: activities, stored files, people; and the account of reading it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

from course_index.errors import SourceProblem
from course_index.sources.document import Notice
from course_index.sources.package import Wishes, inside, passed_over
from course_index.sources.xml import children, read_xml, text_of

_TEACHERS = frozenset({"editingteacher", "teacher", "manager", "coursecreator"})


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity as the backup lists it."""

    id: str
    kind: str
    title: str
    directory: str
    section: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of the backup: of which part, chapter or section it is, and under which name it is stored."""

    area: str
    item: str
    hash: str
    folder: str
    name: str


@dataclass(slots=True)
class Reading:
    """The account of reading a backup: what is known of it, and what was met on the way and left out."""

    folder: Path
    where: str
    wishes: Wishes
    site: str | None
    outline: Counter[str] = field(default_factory=Counter)
    notices: list[Notice] = field(default_factory=list)
    # By kind the names of what is not read.
    unread: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    files: dict[str, list[Stored]] = field(default_factory=dict)
    teachers: frozenset[str] = frozenset()
    hidden: int = 0

    def conceals(self, element: Element | None) -> bool:
        """Whether learners do not see it; counts what is left out for it."""
        if self.wishes.hidden or text_of(element, "visible") != "0":
            return False
        self.hidden += 1
        return True

    def url_of(self, activity: Activity) -> str | None:
        """Where an activity opens on the platform."""
        return f"{self.site}/mod/{activity.kind}/view.php?id={activity.id}" if self.site else None


def notices_of(reading: Reading) -> Iterator[Notice]:
    """What is to be said of the backup."""
    yield from reading.notices
    if reading.unread:
        yield passed_over(reading.where, reading.unread)


def blob_of(reading: Reading, stored: Stored) -> Path | None:
    """Where a stored file is, if the backup has it."""
    return inside(reading.folder, f"files/{stored.hash[:2]}/{stored.hash}")


def files_of(reading: Reading) -> dict[str, list[Stored]]:
    """By context the files of the backup, without those that nobody named."""
    path = inside(reading.folder, "files.xml")
    found: dict[str, list[Stored]] = {}
    for one in children(read_xml(path), "file") if path else ():
        facts = (text_of(one, tag) for tag in ("filearea", "itemid", "contenthash", "filepath", "filename"))
        stored = Stored(*facts)
        if stored.name not in ("", ".") and re.fullmatch(r"[0-9a-f]{40}", stored.hash):
            found.setdefault(text_of(one, "contextid"), []).append(stored)
    return found


def teachers_of(reading: Reading) -> frozenset[str]:
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
