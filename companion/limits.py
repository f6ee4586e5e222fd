"""How often one may ask: by learner and by address, in memory or for all machines together in Redis."""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError

if TYPE_CHECKING:
    from redis.asyncio import ConnectionPool

log = logging.getLogger(__name__)
T = TypeVar("T")
_REDIS_SECONDS = 0.3
# After a failure Redis is left alone for so long, and each process counts for itself.
_REDIS_PAUSE_SECONDS = 5.0

# `tool`: what an agent asks, which may be as much work as a turn and mostly is not.
Sort = Literal["turn", "tool", "request", "session"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands with the tightest of the limits. Times are in seconds."""

    allowed: bool
    name: str
    quota: int
    window: int
    remaining: int
    reset: int


class Limits:
    """Limits a minute by learner and by address, and tokens of the model a day by learner. None is no limit."""

    def __init__(
        self,
        redis_url: str | None = None,
        *,
        turns_a_minute: int = 20,
        address_turns_a_minute: int = 120,
        requests_a_minute: int = 240,
        address_requests_a_minute: int = 1_440,
        sessions_a_minute: int = 60,
        tokens_a_day: int | None = None,
    ) -> None:
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._redis = _redis(redis_url) if redis_url else None
        self._shared = _over_redis(self._redis) if self._redis else None
        self._shared_again_at = 0.0
        self._turns = RateLimitItemPerMinute(turns_a_minute, namespace="turns")
        self._address_turns = RateLimitItemPerMinute(address_turns_a_minute, namespace="turns-address")
        self._requests = RateLimitItemPerMinute(requests_a_minute, namespace="requests")
        self._address_requests = RateLimitItemPerMinute(address_requests_a_minute, namespace="requests-address")
        self._sessions = RateLimitItemPerMinute(sessions_a_minute, namespace="sessions")
        self._tokens = RateLimitItemPerDay(tokens_a_day, namespace="tokens") if tokens_a_day else None

    async def take(self, sort: Sort, learner: str, address: str) -> Standing:
        """Count one, and say where the caller stands; what is over a limit is not counted."""
        match sort:
            case "session":
                asked: list[tuple[RateLimitItem, str]] = [(self._sessions, address)]
            case "request":
                asked = [(self._requests, learner or address), (self._address_requests, address)]
            case "tool":
                asked = [(self._requests, learner or address), (self._address_turns, address)]
            case "turn":
                asked = [(self._turns, learner or address), (self._address_turns, address)]
        return await self._counted(lambda limiter: _take(limiter, asked))

    async def has_tokens(self, learner: str) -> bool:
        """Whether the day's tokens of this learner are not used up."""
        if not (day := self._tokens) or not learner:
            return True
        return await self._counted(lambda limiter: limiter.test(day, learner))

    async def spend(self, learner: str, tokens: int) -> None:
        """A turn of this learner took so many tokens of the model."""
        day = self._tokens
        if not (day and learner and tokens > 0):
            return

        async def counted(limiter: SlidingWindowCounterRateLimiter) -> None:
            # The limiter takes all of a cost or nothing: what goes over the budget is counted up to it.
            left = (await limiter.get_window_stats(day, learner)).remaining
            await limiter.hit(day, learner, cost=max(1, min(tokens, left)))

        await self._counted(counted)

    async def close(self) -> None:
        """Let the connections to Redis go."""
        if self._redis:
            await self._redis.disconnect()

    async def _counted(self, count: Callable[[SlidingWindowCounterRateLimiter], Awaitable[T]]) -> T:
        """Count in Redis, or in this process where there is none or it does not answer."""
        if self._shared and time.monotonic() >= self._shared_again_at:
            try:
                return await count(self._shared)
            except (StorageError, OSError) as error:
                log.warning("Redis does not answer (%s): each process counts for itself for now", type(error).__name__)
                self._shared_again_at = time.monotonic() + _REDIS_PAUSE_SECONDS
        return await count(self._own)


async def _take(store: SlidingWindowCounterRateLimiter, asked: Sequence[tuple[RateLimitItem, str]]) -> Standing:
    standings = []
    for item, who in asked:
        allowed = await store.hit(item, who)
        stats = await store.get_window_stats(item, who)
        reset = max(1, round(stats.reset_time - time.time()))
        standings.append(Standing(allowed, item.namespace, item.amount, item.get_expiry(), stats.remaining, reset))
        if not allowed:
            break
    return min(standings, key=lambda standing: (standing.allowed, standing.remaining))


def _redis(url: str) -> "ConnectionPool":
    from redis.asyncio import ConnectionPool

    return ConnectionPool.from_url(url, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS)


def _over_redis(pool: "ConnectionPool") -> SlidingWindowCounterRateLimiter:
    from limits.aio.storage import RedisStorage

    # The address is the pool's; the storage only wants to see what kind of store it is.
    storage = RedisStorage(
        "async+redis://",
        wrap_exceptions=True,
        implementation="redispy",
        connection_pool=pool,  # type: ignore[arg-type]
    )
    return SlidingWindowCounterRateLimiter(storage)
