"""Minors' time, a word after two hours, and clocks that jump."""

from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

import companion.pace
import companion.remembering
import companion.turns
from companion.identity import NotAdmitted, Visitors
from companion.pace import Pace, in_use, today, without_pause
from companion.settings import CompanionSettings
from tests.conftest import SECRET
from tests.servers import serving
from tests.test_service import bearer
from tests.test_turns import LOST

# Nine in the evening in Guangdong.
EVENING = datetime(2026, 3, 2, 13, tzinfo=UTC)


def every(minutes, count, until=EVENING):
    return [until - timedelta(minutes=minutes * n) for n in range(count, 0, -1)]


def at(moment, **limits):
    return Pace(now=lambda: moment, **limits)


def test_what_lies_between_two_questions_counts_up_to_a_pause():
    asked = [EVENING - timedelta(minutes=m) for m in (90, 80, 40, 30)]
    assert in_use(asked, EVENING) == timedelta(minutes=10 + 15 + 10 + 15)
    assert without_pause(every(10, 4), EVENING) == timedelta(minutes=40)
    assert without_pause([], EVENING) == timedelta()


def test_the_day_is_the_learners_whatever_the_servers_clock_says():
    assert today(lambda: EVENING).isoformat() == "2026-03-02"
    assert today(lambda: EVENING + timedelta(hours=3)).isoformat() == "2026-03-03"  # 16:00 in UTC


def test_a_child_has_an_hour_a_day_and_a_youth_two():
    hour, two = every(10, 6), every(10, 12)
    pace = at(EVENING)
    assert not pace.used_up("under_14", every(10, 5))
    assert pace.used_up("under_14", hour)
    assert not pace.used_up("14_to_17", hour)
    assert pace.used_up("14_to_17", two)
    assert not pace.used_up("adult", two)
    assert not pace.used_up(None, two)
    assert not at(EVENING + timedelta(hours=24)).used_up("under_14", hour)  # a new day


@pytest.mark.parametrize(("hour", "night"), [(21, False), (22, True), (23, True), (2, True), (5, True), (6, False)])
def test_the_night_is_the_learners_and_not_the_servers(hour, night):
    local = datetime(2026, 3, 2, hour, 30 if hour != 6 else 0, tzinfo=UTC) - timedelta(hours=8)
    assert at(local).is_night() is night
    assert not at(local, night=None).is_night()


def test_one_is_told_once_in_two_hours_without_a_pause():
    asked, told = [], []
    for minute in range(0, 300, 10):
        moment = EVENING + timedelta(minutes=minute)
        if at(moment).reminds(asked):
            told.append(minute)
        asked.append(moment)
    assert told == [120, 240]
    assert not at(EVENING, reminder_minutes=None).reminds(every(10, 12))


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(hours=-3), timedelta(hours=3), timedelta(days=400)])
def test_a_clock_that_jumps_locks_nobody_out_and_reminds_nobody(jump):
    asked = every(10, 3)
    jumped = at(EVENING + jump)
    assert not jumped.used_up("under_14", asked)
    assert in_use(asked, EVENING + jump) <= timedelta(minutes=20 + 15)
    assert not jumped.reminds(asked)


@pytest.mark.parametrize("night", ["late", "22:00", "25:00-06:00"])
def test_a_night_that_is_none_is_refused(night, monkeypatch):
    monkeypatch.setenv("COMPANION_MINOR_NIGHT", night)
    with pytest.raises(ValidationError, match="22:00-06:00"):
        CompanionSettings()


@pytest.fixture
def clock(monkeypatch):
    """The wall clock of the service, which a test may set."""
    now = [datetime.now(UTC).replace(hour=4, minute=0)]

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return now[0].astimezone(tz)

    for module in (companion.pace, companion.remembering):
        monkeypatch.setattr(module, "datetime", Clock)
    return now


def test_a_minor_is_sent_to_bed_and_after_the_days_minutes_home(service, provider, clock):
    anna = bearer(provider.token("anna"))
    with TestClient(service(minor_14_to_17_minutes=20)) as client:
        client.patch("/v1/learners/me", json={"age_band": "14_to_17"}, headers=anna)
        statuses = []
        for _ in range(4):
            statuses.append(client.post("/v1/chat", json={"message": LOST}, headers=anna).status_code)
            clock[0] += timedelta(minutes=10)
        assert statuses == [200, 200, 403, 403]
        clock[0] += timedelta(hours=20)
        assert client.post("/v1/chat", json={"message": LOST}, headers=anna).status_code == 200
        clock[0] = clock[0].replace(hour=15)
        night = client.post("/v1/chat", json={"message": LOST}, headers=anna)
        assert (night.status_code, night.json()["detail"][-9:]) == (403, "请休息，明天早上再来。"[-9:])
        assert "22:00" in night.json()["detail"]
        for locale, word in (("en", "rests at night"), ("zh-HK", "請休息")):
            told = client.post("/v1/chat", json={"message": "ok", "locale": locale}, headers=anna)
            assert word in told.json()["detail"]
        client.patch("/v1/learners/me", json={"age_band": "adult"}, headers=anna)
        assert client.post("/v1/chat", json={"message": LOST}, headers=anna).status_code == 200


def test_whoever_learns_two_hours_on_end_is_told_so_once(service, provider, clock):
    anna = bearer(provider.token("anna"))
    with TestClient(service()) as client:
        texts = []
        for _ in range(14):
            texts.append(client.post("/v1/chat", json={"message": LOST}, headers=anna).json()["text"])
            clock[0] += timedelta(minutes=10)
        assert [n for n, text in enumerate(texts) if "两个小时" in text] == [12]
        whole = client.get("/v1/learners/me/export", headers=anna).json()
    assert not [turn for turn in whole["turns"] if "两个小时" in turn["reply"]]


@pytest.mark.parametrize(("jump", "holds"), [(-20, True), (20, True), (-3_600, False), (3_600, False)])
def test_a_visitors_token_bears_clocks_that_differ_a_little_and_no_more(jump, holds, monkeypatch):
    import companion.identity as identity

    visitors, real = Visitors(SECRET, 30), identity.time.time
    token = visitors.admit("https://portal.example").token
    monkeypatch.setattr(identity.time, "time", lambda: real() + jump)
    if holds:
        assert visitors.caller(token, "https://portal.example").kind == "visitor"
    else:
        with pytest.raises(NotAdmitted, match="POST /v1/sessions"):
            visitors.caller(token, "https://portal.example")
    fresh = visitors.admit("https://portal.example").token  # and the page that asks for one goes on
    assert visitors.caller(fresh, "https://portal.example").kind == "visitor"


def test_a_turn_ends_once_and_is_resumed_though_the_wall_clock_jumps_in_it(service, provider, monkeypatch):
    from tests.test_turns import Slow, events_of

    anna, real = bearer(provider.token("anna")), companion.turns.time.time
    with serving(service(Slow(8, 0.2))) as url:
        accept = {"Accept": "text/event-stream", **anna}
        with httpx2.stream("POST", f"{url}/v1/chat", json={"message": LOST}, headers=accept, timeout=30) as response:
            events = []
            for one in events_of(response.iter_lines()):
                events.append(one)
                if len(events) == 3:
                    monkeypatch.setattr("time.time", lambda: real() + 86_400)
                if len(events) == 5:
                    monkeypatch.setattr("time.time", lambda: real() - 86_400)
        monkeypatch.setattr("time.time", real)
        turn_id = events[0][2]["turn_id"]
        path = f"{url}/v1/chat/turns/{turn_id}/events"
        with httpx2.stream("GET", path, headers=accept, timeout=30) as response:
            again = list(events_of(response.iter_lines()))
    assert [name for _, name, _ in events if name in ("done", "error")] == ["done"]
    assert again == events
