"""What advice reads and writes of learners, over one database."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, Row, delete, insert, select

from companion.guidance.book import Unmet
from companion.guidance.credits import Entry
from companion.guidance.following import Following, following
from companion.guidance.profile import Kept, LearningEvent
from companion.guidance.progress import Practised, passage_of, reviewed
from companion.state.credit_ledger import CreditLedger
from companion.state.database import in_turn, transaction
from companion.state.learning_events import LearningEvents
from companion.state.profiles import Profiles
from companion.state.reviews import Review, Reviews
from companion.state.tables import feedback, turns, unmet_needs


@dataclass(frozen=True, slots=True)
class NotedNeed:
    """A need as it was counted."""

    who: str
    known: bool
    at: datetime
    reason: str
    words: str
    language: str
    audience: str | None
    place: str | None


class StoredBook:
    """Profiles, events, credits and unmet needs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.profiles = Profiles(engine)
        self.learning = LearningEvents(engine)
        self.credits = CreditLedger(engine)
        self.reviews = Reviews(engine)

    def kept(self, owner: str) -> Kept:
        """What the learner has told, and whether it may be used."""
        return self.profiles.get(owner) if owner else Kept()

    def events(self, owner: str) -> tuple[LearningEvent, ...]:
        """What the learner has learned, the oldest first."""
        return self.learning.of(owner) if owner else ()

    def entries(self, owner: str) -> tuple[Entry, ...]:
        """The learner's credits."""
        return self.credits.of(owner) if owner else ()

    def following(self) -> Following:
        """What learners went on to take, counted over all."""
        return following(self.learning.completions(), self.learning.ratings())

    def note(self, unmet: Unmet) -> None:
        """Count a need that no course met."""
        row = insert(unmet_needs).values(
            id=str(uuid.uuid4()),
            owner=unmet.owner,
            who=unmet.who,
            at=datetime.now(UTC),
            reason=unmet.reason,
            words=unmet.words,
            language=unmet.language,
            audience=unmet.audience,
            place=unmet.place,
            turn_id=unmet.turn_id,
        )
        in_turn(self._engine, lambda connection: connection.execute(row))

    def practised(self, owner: str, turn_id: str, answers: Sequence[Practised]) -> None:
        """Keep how practice went, and when each item is due again."""
        now = datetime.now(UTC)
        events = []
        for number, answer in enumerate(answers):
            before = self.reviews.get(owner, answer.item)
            card, due = reviewed(before.card if before else None, answer, now)
            self.reviews.put(owner, Review(answer.item, answer.course_id, None, card, due))
            id_ = f"{turn_id}:{number}"
            events.append(LearningEvent(id_, now, "practised", answer.course_id, success=answer.right))
        self.learning.add(owner, events)

    def due(self, owner: str) -> tuple[str, ...]:
        """The passages of the items that are due for review, the longest due first."""
        due = self.reviews.due(owner, datetime.now(UTC)) if owner else []
        return tuple(dict.fromkeys(passage_of(review.item) for review in due))

    def unmet(self, since: datetime, until: datetime) -> list[NotedNeed]:
        """The needs of a time, the oldest first, disliked answers among them."""
        noted = (
            select(unmet_needs)
            .where(unmet_needs.c.at >= since, unmet_needs.c.at < until)
            .order_by(unmet_needs.c.at, unmet_needs.c.id)
        )
        disliked = (
            select(feedback.c.owner, feedback.c.conversation_id, feedback.c.given_at, turns.c.question)
            .join(turns, turns.c.id == feedback.c.turn_id)
            .where(feedback.c.rating == "down", feedback.c.given_at >= since, feedback.c.given_at < until)
        )
        rows = transaction(self._engine, lambda connection: connection.execute(noted).all())
        thumbs = transaction(self._engine, lambda connection: connection.execute(disliked).all())
        needs = [_need(row) for row in rows]
        needs += [
            NotedNeed(
                row.owner or row.conversation_id,
                bool(row.owner),
                row.given_at,
                "disliked",
                row.question,
                "",
                None,
                None,
            )
            for row in thumbs
        ]
        return sorted(needs, key=lambda need: need.at)

    def forget_before(self, days: int) -> int:
        """Erase needs that are older; how many."""
        old = delete(unmet_needs).where(unmet_needs.c.at < datetime.now(UTC) - timedelta(days=days))
        return transaction(self._engine, lambda connection: connection.execute(old)).rowcount


def _need(row: Row[tuple[object, ...]]) -> NotedNeed:
    return NotedNeed(row.who, bool(row.owner), row.at, row.reason, row.words, row.language, row.audience, row.place)
