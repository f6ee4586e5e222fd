"""What learners who took one course went on to take: counted, never for fewer than five."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

# No figure is formed of fewer learners: two friends would recognise each other.
AT_LEAST = 5
# Of a learner's courses so many after one are taken as what followed it.
_NEXT = 3


@dataclass(frozen=True, slots=True)
class Following:
    """By course, how many learners took which other within their next three; and how many took each at all."""

    next_of: dict[str, dict[str, int]]
    takers: dict[str, int]
    # By course: by how many it was rated, and their mean from 0 to 1.
    ratings: dict[str, tuple[int, float]]

    def after(self, finished: Iterable[str]) -> dict[str, tuple[float, int]]:
        """Of the courses taken after these: the highest share of takers, and by how many that was."""
        best: dict[str, tuple[float, int]] = {}
        for course_id in finished:
            takers = self.takers.get(course_id, 0)
            for other, count in self.next_of.get(course_id, {}).items():
                share = count / takers
                if share > best.get(other, (0.0, 0))[0]:
                    best[other] = (share, count)
        return best


NOBODY = Following({}, {}, {})


def following(
    taken: Iterable[tuple[str, str, datetime]], ratings: dict[str, tuple[int, float]] | None = None
) -> Following:
    """Count (learner, course, when), which come by learner and then by time."""
    pairs: dict[str, Counter[str]] = {}
    takers: Counter[str] = Counter()
    for _, own in groupby(taken, key=lambda row: row[0]):
        courses = [course_id for _, course_id, _ in own]
        takers.update(set(courses))
        for at, course_id in enumerate(courses):
            pairs.setdefault(course_id, Counter()).update(set(courses[at + 1 : at + 1 + _NEXT]) - {course_id})
    kept = {
        course_id: {other: count for other, count in others.items() if count >= AT_LEAST}
        for course_id, others in pairs.items()
    }
    return Following(
        {course_id: others for course_id, others in kept.items() if others},
        {course_id: count for course_id, count in takers.items() if count >= AT_LEAST},
        {course_id: given for course_id, given in (ratings or {}).items() if given[0] >= AT_LEAST},
    )
