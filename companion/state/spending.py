"""What the model has used up today, counted for all workers together."""

from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, insert, select, update

from companion.state.database import transaction
from companion.state.tables import spending
from companion.writing.usage import Usage


class StoredSpending:
    """A row a day (UTC)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, used: Usage) -> None:
        """Count one call."""
        transaction(self._engine, lambda connection: _add(connection, used))

    def tokens_today(self) -> int:
        """Tokens read and written since midnight UTC."""
        total = select(spending.c.prompt_tokens + spending.c.completion_tokens).where(spending.c.day == _today())
        return transaction(self._engine, lambda connection: connection.scalar(total)) or 0


def _add(connection: Connection, used: Usage) -> None:
    amounts = {
        "prompt_tokens": used.prompt_tokens,
        "completion_tokens": used.completion_tokens,
        "cost": used.cost,
    }
    more = {name: spending.c[name] + amount for name, amount in amounts.items()}
    if not connection.execute(update(spending).where(spending.c.day == _today()).values(more)).rowcount:
        connection.execute(insert(spending).values(day=_today(), **amounts))


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
