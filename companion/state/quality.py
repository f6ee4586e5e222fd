"""How turns ended, day by day."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, Select, select

from companion.state.database import transaction
from companion.state.tables import feedback, turns, unmet_needs


class Quality:
    """Counts over what is kept; nobody's words are read."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def since(self, when: datetime) -> dict[str, Any]:
        """By day (UTC): turns by mode, thumbs up and down, needs not met by reason; and all of them together."""
        asked = select(turns.c.asked_at, turns.c.mode).where(turns.c.asked_at >= when)
        thumbs = select(feedback.c.given_at, feedback.c.rating).where(feedback.c.given_at >= when)
        unmet = select(unmet_needs.c.at, unmet_needs.c.reason).where(unmet_needs.c.at >= when)
        counts: dict[str, Counter[str]] = {}
        for query, prefix in ((asked, "mode"), (thumbs, "thumb"), (unmet, "unmet")):
            for row in self._rows(query):
                at, value = row[0], row[1]
                counts.setdefault(at.date().isoformat(), Counter())[f"{prefix}:{value}"] += 1
        total: Counter[str] = sum(counts.values(), Counter())
        return {"days": {day: _nested(counts[day]) for day in sorted(counts)}, "total": _nested(total)}

    def _rows(self, query: Select[datetime, str]) -> Sequence[Row[datetime, str]]:
        return transaction(self._engine, lambda connection: connection.execute(query).all())


def _nested(counted: Counter[str]) -> dict[str, dict[str, int]]:
    told: dict[str, dict[str, int]] = {"mode": {}, "thumb": {}, "unmet": {}}
    for name, count in sorted(counted.items()):
        kind, value = name.split(":", 1)
        told[kind][value] = count
    return told
