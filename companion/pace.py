"""How long somebody has been learning, from when they asked: limits for minors, and a word after two hours.

Only differences of recorded times count, each up to a pause: a clock that jumps, in either direction, adds at most one
pause to what was used and locks nobody out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise

from companion.state.learners import AgeBand

# Who asks nothing for so long has paused.
PAUSE = timedelta(minutes=15)
# China's one time zone: a day, and the night, are the learners', not the server's.
_LOCAL = timezone(timedelta(hours=8))
# A day's use is counted from so many hours back at most, and a stretch without a pause from as many.
LOOKED_BACK = timedelta(hours=24)


def now_utc() -> datetime:
    """The time."""
    return datetime.now(UTC)


def today(now: Callable[[], datetime] = now_utc) -> date:
    """The day where the learners are: on a server in UTC it is still yesterday until eight in their morning."""
    return now().astimezone(_LOCAL).date()


@dataclass(frozen=True, slots=True)
class Pace:
    """What holds for minors, in minutes a day and hours of the night; None is without limit. For everybody, after how
    many minutes without a pause one is reminded of it.
    """

    under_14_minutes: int | None = 60
    from_14_minutes: int | None = 120
    night: tuple[time, time] | None = (time(22), time(6))
    reminder_minutes: int | None = 120
    now: Callable[[], datetime] = now_utc

    def is_night(self) -> bool:
        """Whether minors are asleep."""
        if self.night is None:
            return False
        begins, ends = self.night
        clock = self.now().astimezone(_LOCAL).time()
        return clock >= begins or clock < ends if begins > ends else begins <= clock < ends

    def minutes_a_day(self, age_band: AgeBand | None) -> int | None:
        """How long somebody of that age may learn here a day; None for as long as they like."""
        if age_band is None:
            return None
        return {"under_14": self.under_14_minutes, "14_to_17": self.from_14_minutes, "adult": None}[age_band]

    def used_up(self, age_band: AgeBand | None, asked: Sequence[datetime]) -> bool:
        """Whether the day's minutes are over for somebody who asked at these times."""
        allowed = self.minutes_a_day(age_band)
        if allowed is None:
            return False
        now = self.now()
        midnight = now.astimezone(_LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
        return in_use([at for at in asked if at >= midnight], now) >= timedelta(minutes=allowed)

    def reminds(self, asked: Sequence[datetime]) -> bool:
        """Whether this turn is the first since another so many minutes without a pause went by."""
        if self.reminder_minutes is None or not asked:
            return False
        now, step = self.now(), timedelta(minutes=self.reminder_minutes)
        last = max((at for at in asked if at <= now), default=now)
        return without_pause(asked, now) // step > without_pause(asked, last) // step


def in_use(asked: Sequence[datetime], now: datetime) -> timedelta:
    """How long somebody was learning who asked at these times: from each question to the next, or to a pause.

    What lies in the future is not believed. It never becomes less as time goes by: who has used a day up waits for the
    next.
    """
    times = sorted([*(at for at in asked if at <= now), now])
    gaps = (later - earlier for earlier, later in pairwise(times))
    return sum((min(gap, PAUSE) for gap in gaps), timedelta())


def without_pause(asked: Sequence[datetime], now: datetime) -> timedelta:
    """How long somebody has been learning without a pause until now."""
    since = now
    for at in sorted((at for at in asked if at <= now), reverse=True):
        if since - at > PAUSE:
            break
        since = at
    return now - since
