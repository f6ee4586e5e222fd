"""What a build did, and how it tells how far it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from course_index.sources.document import Notice
from course_index.store.records import Counts

# Called with the stage, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class BuildReport:
    """What a build did. `seconds` are wall time; `embedded` counts texts that no earlier build had embedded."""

    notices: list[Notice] = field(default_factory=list)
    courses: int = 0
    lessons_read: int = 0
    lessons_unchanged: int = 0
    lessons_removed: int = 0
    courses_removed: int = 0
    embedded: int = 0
    taken_from_journal: int = 0
    totals: Counts = field(default_factory=lambda: Counts(0, 0, 0, 0))
    seconds: float = 0.0
    generation: str = ""
    # By course the parts that its platform knows, as {"chapter": 6}.
    outlines: dict[str, dict[str, int]] = field(default_factory=dict)


def as_plain(report: BuildReport) -> dict[str, Any]:
    """A report as plain values."""
    return {
        "generation": report.generation,
        "seconds": round(report.seconds, 2),
        "courses": report.courses,
        "courses_removed": report.courses_removed,
        "lessons_read": report.lessons_read,
        "lessons_unchanged": report.lessons_unchanged,
        "lessons_removed": report.lessons_removed,
        "embedded": report.embedded,
        "taken_from_journal": report.taken_from_journal,
        "totals": {name: getattr(report.totals, name) for name in ("courses", "lessons", "passages", "tokens")},
        "outlines": {id_: outline for id_, outline in report.outlines.items() if outline},
        "notices": [{"where": n.where, "what": n.what, "skipped": n.skipped} for n in report.notices],
    }
