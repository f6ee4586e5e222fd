"""A passage that a search found."""

from dataclasses import dataclass

from course_index.course import Course, Lesson, Passage
from retrieval.rank import Ranked


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    """A passage that may answer, with where it stands and why it is here."""

    passage: Passage
    lesson: Lesson
    course: Course
    ranked: Ranked

    @property
    def score(self) -> float:
        """What orders it among the passages that one question found."""
        return self.ranked.score
