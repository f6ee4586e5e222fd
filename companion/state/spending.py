"""What the model has used up today, counted for all workers together."""

from datetime import UTC, datetime

from sqlalchemy import Engine, select
from sqlalchemy.dialects.sqlite import insert

from companion.state.tables import spending
from companion.usage import Usage


class StoredSpending:
    """A row a day (UTC)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, used: Usage) -> None:
        """Count one call."""
        fresh = insert(spending).values(
            day=_today(),
            prompt_tokens=used.prompt_tokens,
            completion_tokens=used.completion_tokens,
            cost=used.cost,
        )
        more = {
            name: spending.c[name] + fresh.excluded[name] for name in ("prompt_tokens", "completion_tokens", "cost")
        }
        with self._engine.begin() as connection:
            connection.execute(fresh.on_conflict_do_update(index_elements=["day"], set_=more))

    def tokens_today(self) -> int:
        """Tokens read and written since midnight UTC."""
        with self._engine.connect() as connection:
            total = select(spending.c.prompt_tokens + spending.c.completion_tokens).where(spending.c.day == _today())
            return connection.scalar(total) or 0


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
