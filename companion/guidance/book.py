"""What advice reads and writes of learners, and of needs that no course met."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from companion.guidance.credits import Entry
from companion.guidance.following import NOBODY, Following
from companion.guidance.profile import Kept, LearningEvent
from companion.guidance.progress import Practised

UnmetReason = Literal["no_answer", "low_confidence", "no_course", "no_place", "refused", "disliked"]


@dataclass(frozen=True, slots=True)
class Unmet:
    """A need that no course met. `who` tells learners apart where nobody has to say who they are."""

    owner: str
    who: str
    reason: UnmetReason
    words: str
    language: str
    audience: str | None = None
    place: str | None = None
    turn_id: str | None = None


class Book(Protocol):
    """Where it is kept. All calls may block for some milliseconds: one thread hop each."""

    def kept(self, owner: str) -> Kept:
        """What the learner has told, and whether it may be used."""
        ...

    def events(self, owner: str) -> tuple[LearningEvent, ...]:
        """What the learner has learned, the oldest first."""
        ...

    def entries(self, owner: str) -> tuple[Entry, ...]:
        """The learner's credits."""
        ...

    def following(self) -> Following:
        """What learners went on to take, counted over all."""
        ...

    def note(self, unmet: Unmet) -> None:
        """Count a need that no course met."""
        ...

    def practised(self, owner: str, turn_id: str, answers: Sequence[Practised]) -> None:
        """Keep how practice went, and when each item is due again."""
        ...

    def due(self, owner: str) -> tuple[str, ...]:
        """The passages of the items that are due for review, the longest due first."""
        ...


class NoBook:
    """Nothing is kept of anybody."""

    def kept(self, owner: str) -> Kept:  # noqa: ARG002
        """Nothing."""
        return Kept()

    def events(self, owner: str) -> tuple[LearningEvent, ...]:  # noqa: ARG002
        """None."""
        return ()

    def entries(self, owner: str) -> tuple[Entry, ...]:  # noqa: ARG002
        """None."""
        return ()

    def following(self) -> Following:
        """Nobody."""
        return NOBODY

    def note(self, unmet: Unmet) -> None:
        """Not at all."""

    def practised(self, owner: str, turn_id: str, answers: Sequence[Practised]) -> None:
        """Not at all."""

    def due(self, owner: str) -> tuple[str, ...]:  # noqa: ARG002
        """None."""
        return ()
