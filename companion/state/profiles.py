"""What learners have told of themselves for advice, and what they took back of what is believed of them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, insert, select, update

from companion.guidance.profile import Kept, Profile
from companion.state.database import transaction
from companion.state.tables import profiles

_PROFILE = TypeAdapter(Profile)


class Profiles:
    """Profiles by a learner's pseudonym; who has told nothing has no row."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, owner: str) -> Kept:
        """What was told; nothing for who is not known."""
        query = select(profiles).where(profiles.c.owner == owner)
        row = transaction(self._engine, lambda connection: connection.execute(query).first())
        if row is None:
            return Kept()
        return Kept(_PROFILE.validate_python(row.told), tuple(row.rejected), row.personalised)

    def change(self, owner: str, told: Mapping[str, Any] | None, rejected: tuple[str, ...], personalised: bool) -> Kept:
        """Replace the fields of `told` (None takes one back), the beliefs taken back, and the switch."""
        before = self.get(owner).profile
        fields = {**_PROFILE.dump_python(before, mode="json"), **(told or {})}
        whole = _PROFILE.dump_python(_PROFILE.validate_python(_without_nothing(fields)), mode="json")
        values = {
            "told": whole,
            "rejected": sorted(set(rejected)),
            "personalised": personalised,
            "changed_at": datetime.now(UTC),
        }
        transaction(self._engine, lambda connection: _put(connection, owner, values))
        return self.get(owner)


def _put(connection: Connection, owner: str, values: dict[str, Any]) -> None:
    if not connection.execute(update(profiles).where(profiles.c.owner == owner).values(values)).rowcount:
        connection.execute(insert(profiles).values(owner=owner, **values))


def _without_nothing(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
