"""How turns went: by day, by what was wanted, by where they were asked."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Engine, Row, Select, select

from companion.state.database import transaction
from companion.state.tables import feedback, turns, unmet_needs


class Quality:
    """Counts over what is kept; nobody's words are read."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def since(self, when: datetime) -> dict[str, Any]:
        """By day (UTC): turns by mode, thumbs up and down, needs not met by reason; all of them together; and how turns
        went: see `_how`.
        """
        asked = select(
            turns.c.asked_at,
            turns.c.mode,
            turns.c.wish,
            turns.c.grounded,
            turns.c.seconds,
            turns.c.usage,
            turns.c.course_id,
            turns.c.passages,
        ).where(turns.c.asked_at >= when)
        thumbs = select(feedback.c.given_at, feedback.c.rating).where(feedback.c.given_at >= when)
        unmet = select(unmet_needs.c.at, unmet_needs.c.reason).where(unmet_needs.c.at >= when)
        told = self._rows(asked)
        counts: dict[str, Counter[str]] = {}
        for rows, prefix in ((told, "mode"), (self._rows(thumbs), "thumb"), (self._rows(unmet), "unmet")):
            for row in rows:
                at, value, *_ = row
                counts.setdefault(at.date().isoformat(), Counter())[f"{prefix}:{value}"] += 1
        total: Counter[str] = sum(counts.values(), Counter())
        by_day: defaultdict[str, list[Row[Any]]] = defaultdict(list)
        for row in told:
            by_day[row.asked_at.date().isoformat()].append(row)
        return {
            "days": {day: _nested(counts[day]) | _how(by_day[day]) for day in sorted(counts)},
            "total": _nested(total) | _how(told),
            "wishes": dict(Counter(row.wish for row in told).most_common()),
            "asked_on": dict(Counter(row.course_id for row in told if row.course_id).most_common(20)),
            "cited": dict(Counter(row.passages[0] for row in told if row.passages and row.grounded).most_common(200)),
        }

    def _rows(self, query: Select[Any]) -> Sequence[Any]:
        return transaction(self._engine, lambda connection: connection.execute(query).all())


def _how(rows: Sequence[Row[Any]]) -> dict[str, Any]:
    """The share of answers from the courses whose every claim stood in its source, how long turns took in seconds, and
    what they cost. None where there is nothing to tell from.
    """
    claimed = [row.grounded for row in rows if row.grounded is not None]
    seconds = [row.seconds for row in rows if row.seconds is not None]
    p50, p95 = np.percentile(seconds, (50, 95)) if seconds else (None, None)
    return {
        "grounded": round(sum(claimed) / len(claimed), 4) if claimed else None,
        "seconds_p50": p50 and round(float(p50), 3),
        "seconds_p95": p95 and round(float(p95), 3),
        "tokens": int(sum(row.usage.get("prompt_tokens", 0) + row.usage.get("completion_tokens", 0) for row in rows)),
        "cost": round(sum(row.usage.get("cost", 0.0) for row in rows), 6),
    }


def _nested(counted: Counter[str]) -> dict[str, dict[str, int]]:
    told: dict[str, dict[str, int]] = {"mode": {}, "thumb": {}, "unmet": {}}
    for name, count in sorted(counted.items()):
        kind, value = name.split(":", 1)
        told[kind][value] = count
    return told
