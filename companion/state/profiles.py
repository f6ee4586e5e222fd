"""What learners have told of themselves for advice, and what they took back of what is believed of them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, insert, select, update

from companion.guidance.profile import Kept, Profile
from companion.state.database import alone, transaction
from companion.state.tables import profiles

_LOCK = 7_214_033
_PROFILE = TypeAdapter(Profile)


class Profiles:
    """Profiles by a learner's pseudonym; who has told nothing has no row."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, owner: str) -> Kept:
        """What was told; nothing for who is not known."""
        return transaction(self._engine, lambda connection: _get(connection, owner))

    def change(
        self,
        owner: str,
        told: Mapping[str, Any] | None = None,
        rejected: Sequence[str] = (),
        personalised: bool | None = None,
    ) -> Kept:
        """Replace the fields of `told` (None takes one back) and the switch; `rejected` are more beliefs taken back."""

        def changed(connection: Connection) -> Kept:
            alone(connection, _LOCK)  # two pages of a learner may tell different things at once
            before = _get(connection, owner)
            fields = {**_PROFILE.dump_python(before.profile, mode="json"), **(told or {})}
            after = Kept(
                _PROFILE.validate_python(_without_nothing(fields)),
                tuple(sorted({*before.rejected, *rejected})),
                before.personalised if personalised is None else personalised,
            )
            _put(connection, owner, after)
            return after

        return transaction(self._engine, changed)


def _get(connection: Connection, owner: str) -> Kept:
    row = connection.execute(select(profiles).where(profiles.c.owner == owner)).first()
    if row is None:
        return Kept()
    return Kept(_PROFILE.validate_python(row.told), tuple(row.rejected), row.personalised)


def _put(connection: Connection, owner: str, kept: Kept) -> None:
    values = {
        "told": _PROFILE.dump_python(kept.profile, mode="json"),
        "rejected": list(kept.rejected),
        "personalised": kept.personalised,
        "changed_at": datetime.now(UTC),
    }
    if not connection.execute(update(profiles).where(profiles.c.owner == owner).values(values)).rowcount:
        connection.execute(insert(profiles).values(owner=owner, **values))


def _without_nothing(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
