"""WeChat's access token in the database, sealed by who brings it: many workers ask WeChat for one once."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, delete, insert, select, update

from companion.state.database import transaction
from companion.state.tables import wechat_token

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class KeptToken:
    """A token that only who has the secret can read, and when it ends."""

    sealed: str
    expires_at: datetime


class WechatTokens:
    """One token an app id."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, app_id: str) -> KeptToken | None:
        """The token that was kept last, which may have ended; None where it was dropped."""
        query = select(wechat_token).where(wechat_token.c.app_id == app_id)
        row = transaction(self._engine, lambda connection: connection.execute(query).first())
        return KeptToken(row.sealed, row.expires_at) if row and row.sealed else None

    def may_ask(self, app_id: str, seconds: float) -> bool:
        """Whether this worker is the one to ask WeChat for the next token, within so many seconds."""
        return transaction(self._engine, lambda connection: _may_ask(connection, app_id, seconds))

    def keep(self, app_id: str, token: KeptToken) -> None:
        """Replace the token."""
        transaction(self._engine, lambda connection: _keep(connection, app_id, token))

    def drop(self, app_id: str, sealed: str) -> None:
        """WeChat did not take this token: nobody shall use it again."""
        bad = (wechat_token.c.app_id == app_id) & (wechat_token.c.sealed == sealed)
        transaction(self._engine, lambda connection: connection.execute(delete(wechat_token).where(bad)))


def _may_ask(connection: Connection, app_id: str, seconds: float) -> bool:
    now = datetime.now(UTC)
    until = now + timedelta(seconds=seconds)
    # When two come at once, the later insert fails, and its transaction is done again: then the row is there.
    if connection.execute(select(wechat_token.c.app_id).where(wechat_token.c.app_id == app_id)).first() is None:
        fresh = {"app_id": app_id, "sealed": "", "expires_at": _LONG_AGO, "asked_until": until}
        connection.execute(insert(wechat_token).values(fresh))
        return True
    free = (wechat_token.c.app_id == app_id) & (wechat_token.c.asked_until < now)
    return bool(connection.execute(update(wechat_token).where(free).values(asked_until=until)).rowcount)


def _keep(connection: Connection, app_id: str, token: KeptToken) -> None:
    values = {"sealed": token.sealed, "expires_at": token.expires_at, "asked_until": _LONG_AGO}
    if not connection.execute(update(wechat_token).where(wechat_token.c.app_id == app_id).values(values)).rowcount:
        connection.execute(insert(wechat_token).values(app_id=app_id, **values))
