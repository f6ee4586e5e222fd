"""What was learned, as learning platforms told it: one row a statement, and one what was rated or practised."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select

from companion.guidance.profile import LearningEvent
from companion.state.database import transaction
from companion.state.tables import learning_events

_READ = 5_000


class LearningEvents:
    """All learners' events; each learner reads their own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, owner: str, events: Sequence[LearningEvent]) -> int:
        """Keep events; one whose id the learner has already is passed over. How many were new."""
        return transaction(self._engine, lambda connection: _add(connection, owner, events))

    def of(self, owner: str) -> tuple[LearningEvent, ...]:
        """A learner's own, the oldest first, at most the last 5,000."""
        query = (
            select(learning_events)
            .where(learning_events.c.owner == owner)
            .order_by(learning_events.c.at.desc(), learning_events.c.id)
            .limit(_READ)
        )
        rows = transaction(self._engine, lambda connection: connection.execute(query).all())
        return tuple(_event(row) for row in reversed(rows))

    def completions(self) -> Iterable[tuple[str, str, datetime]]:
        """(learner, course, when) of every course completed or begun, by learner and time."""
        table = learning_events
        query = (
            select(table.c.owner, table.c.course_id, func.min(table.c.at).label("at"))
            .where(table.c.verb.in_(("started", "completed")), table.c.lesson_id.is_(None))
            .group_by(table.c.owner, table.c.course_id)
            .order_by(table.c.owner, func.min(table.c.at))
        )
        rows = transaction(self._engine, lambda connection: connection.execute(query).all())
        return [(row.owner, row.course_id, _time(row.at)) for row in rows]

    def ratings(self) -> dict[str, tuple[int, float]]:
        """By course: by how many it was rated, and the mean from 0 to 1. The last rating of each learner counts."""
        query = (
            select(learning_events.c.owner, learning_events.c.course_id, learning_events.c.score)
            .where(learning_events.c.verb == "rated", learning_events.c.score.is_not(None))
            .order_by(learning_events.c.at)
        )
        last = {
            (row.owner, row.course_id): row.score
            for row in transaction(self._engine, lambda connection: connection.execute(query).all())
        }
        scores: dict[str, list[float]] = {}
        for (_, course_id), score in last.items():
            scores.setdefault(course_id, []).append(score)
        return {course_id: (len(given), sum(given) / len(given)) for course_id, given in scores.items()}

    def begun_and_completed(self, since: datetime, until: datetime) -> dict[str, tuple[set[str], set[str]]]:
        """By course: who began it in that time, and who of all completed it by its end."""
        table = learning_events
        query = select(table.c.owner, table.c.course_id, table.c.verb, table.c.at).where(
            table.c.verb.in_(("started", "completed")), table.c.lesson_id.is_(None), table.c.at < until
        )
        found: dict[str, tuple[set[str], set[str]]] = {}
        for row in transaction(self._engine, lambda connection: connection.execute(query).all()):
            begun, completed = found.setdefault(row.course_id, (set(), set()))
            if row.verb == "completed":
                completed.add(row.owner)
            elif row.at >= since:
                begun.add(row.owner)
        return found


def _time(value: Any) -> datetime:
    """SQLite's MIN forgets what type it had."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def _add(connection: Connection, owner: str, events: Sequence[LearningEvent]) -> int:
    ids = [event.id for event in events]
    known = set(
        connection.scalars(
            select(learning_events.c.id).where(learning_events.c.owner == owner, learning_events.c.id.in_(ids))
        )
    )
    fresh = list({event.id: event for event in events if event.id not in known}.values())
    if fresh:
        connection.execute(insert(learning_events), [_row(owner, event) for event in fresh])
    return len(fresh)


def _row(owner: str, event: LearningEvent) -> dict[str, Any]:
    return {
        "owner": owner,
        "id": event.id,
        "at": event.at,
        "verb": event.verb,
        "course_id": event.course_id,
        "lesson_id": event.lesson_id,
        "skill": event.skill,
        "score": event.score,
        "success": event.success,
    }


def _event(row: Row[Any]) -> LearningEvent:
    return LearningEvent(row.id, row.at, row.verb, row.course_id, row.lesson_id, row.skill, row.score, row.success)
