import asyncio
import contextlib
import json
import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle, islice

import httpx2
import pytest
from typer.testing import CliRunner

from companion.events import Done, TextAdded, TurnStarted
from companion.heard import Ask
from companion.state.cli import commands
from companion.state.database import StateUnavailable
from companion.state.turn_log import LoggedTurn
from companion.turns import KeyUsedOtherwise, TooManyTurns, Turns
from tests.scripted_model import BORNE
from tests.servers import serving
from tests.test_service import bearer

LOST = "快件丢了谁来赔"


class Slow:
    """A model that says a sentence, and then as many more as it is let; it knows when its connection was closed."""

    def __init__(self, sentences=40, seconds=0.05):
        self.sentences, self.seconds = sentences, seconds
        self.calls = 0
        self.said = 0
        self.closed = threading.Event()

    async def write(self, prompt, max_tokens=None):
        if prompt.name != "answer":
            return
        self.calls += 1
        try:
            for sentence in islice(cycle(BORNE), self.sentences):
                self.said += 1
                yield sentence
                await asyncio.sleep(self.seconds)
        finally:
            self.closed.set()


def replying(texts, seconds=0.0, end=True):
    """A tutor that says these texts."""

    async def reply(ask):
        yield TurnStarted(f"turn-{id(ask)}", ask.conversation_id or "c")
        for text in texts:
            await asyncio.sleep(seconds)
            yield TextAdded(text)
        if end is True:
            yield Done("extracted", True)
        elif end:
            raise end

    return reply


async def told(turns, turn_id, after=0, **wishes):
    return plain([event async for event in turns.follow(turn_id, after, **wishes) if event])


def plain(events):
    # As they go over the wire: what comes back from the log has lists for tuples.
    return [replace(event, data=json.loads(json.dumps(event.data))) for event in events]


def test_a_reader_who_comes_late_or_back_gets_what_is_missing_and_one_end(state):
    async def talk():
        turns = Turns(replying("abcde", 0.02), state.turn_log)
        turn_id = await turns.begin(Ask("x", learner="anna"))
        first = []
        async with contextlib.aclosing(turns.follow(turn_id)) as following:
            async for event in following:
                first.append(event)
                if event.number == 3:
                    break
        rest = await told(turns, turn_id, after=3)
        await turns.drain(1)
        again = await told(turns, turn_id)
        return plain(first), rest, again

    first, rest, again = asyncio.run(talk())
    assert [event.number for event in first + rest] == list(range(1, 8))
    assert again == first + rest
    assert [event.name for event in again].count("done") == 1


def test_another_process_tells_the_same_events(state):
    async def talk():
        here, there = (Turns(replying("abcde", 0.2), state.turn_log) for _ in range(2))
        turn_id = await here.begin(Ask("x"))
        await asyncio.sleep(0.7)
        return await asyncio.gather(told(here, turn_id), told(there, turn_id))

    one, other = asyncio.run(talk())
    assert one == other
    assert one[-1].name == "done"


def test_a_turn_that_is_stopped_before_its_first_step_has_an_end(state):
    async def talk():
        turns = Turns(replying("abcde", 0.2), state.turn_log)

        async def asked():
            return await told(turns, await turns.begin(Ask("x", learner="anna")))

        reading = asyncio.create_task(asked())
        while not turns.under_way:
            await asyncio.sleep(0)
        await turns.stop_all_of("anna")  # the turn's task is there, and has not run yet
        return await asyncio.wait_for(reading, 5)

    events = asyncio.run(talk())
    assert [event.name for event in events] == ["turn", "error"]
    assert events[-1].data["status"] == 409


@pytest.mark.parametrize("writes", [1, 2])
def test_what_is_written_down_late_does_not_undo_the_end(state, monkeypatch, writes):
    write, slow = state.turn_log.write, []

    def late(turn, is_new=True):
        if not turn.ended:
            slow.append(turn)
            if len(slow) == writes:
                time.sleep(1)  # as a thread that gets no turn on a busy host
        return write(turn, is_new)

    monkeypatch.setattr(state.turn_log, "write", late)

    async def talk():
        turns = Turns(replying("ab", 0.3 * writes), state.turn_log)
        turn_id = await turns.begin(Ask("x"))
        await told(turns, turn_id)
        await asyncio.sleep(1.5)
        return await asyncio.to_thread(state.turn_log.read, turn_id)

    logged = asyncio.run(talk())
    assert len(slow) == writes
    assert (logged.ended, logged.events[-1][0]) == (True, "done")


def test_a_turn_is_stopped_from_another_process(state):
    async def talk():
        here, there = (Turns(replying("a" * 100, 0.1), state.turn_log) for _ in range(2))
        turn_id = await here.begin(Ask("x"))
        await asyncio.sleep(0.7)
        await there.cancel(turn_id)
        return await told(here, turn_id)

    events = asyncio.run(talk())
    assert (events[-1].name, events[-1].data["status"]) == ("error", 409)
    assert len(events) < 30


class Jumping(datetime):
    """The machine's clock, which may be set."""

    off = timedelta()

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + cls.off


@pytest.mark.parametrize("hours", [5, -5])
def test_a_clock_that_jumps_costs_no_turn(state, monkeypatch, hours):
    monkeypatch.setattr("companion.state.turn_log.datetime", Jumping)

    async def talk():
        here, there = (Turns(replying("a" * 8, 0.3), state.turn_log) for _ in range(2))
        turn_id = await here.begin(Ask("x", learner="anna"), "one")
        await asyncio.sleep(0.8)
        monkeypatch.setattr(Jumping, "off", timedelta(hours=hours))
        state.turn_log.sweep()
        other = await there.begin(Ask("y", learner="bert"), "two")
        again = await there.begin(Ask("x", learner="anna"), "one")
        return turn_id, again, await asyncio.gather(told(here, turn_id), told(there, turn_id), told(there, other))

    turn_id, again, each = asyncio.run(talk())
    assert again == turn_id
    assert [events[-1].name for events in each] == ["done"] * 3
    assert each[0] == each[1]


def test_a_turn_that_nobody_reads_is_ended_after_its_grace(state):
    async def talk():
        turns = Turns(replying("a" * 100, 0.1), state.turn_log, grace_seconds=0.2)
        turn_id = await turns.begin(Ask("x"))
        await asyncio.sleep(1.5)
        return await told(turns, turn_id), turns.under_way

    events, under_way = asyncio.run(talk())
    assert (events[-1].name, under_way) == ("error", 0)


@pytest.mark.parametrize(
    ("reply", "wishes", "status"),
    [
        (replying("ab", end=RuntimeError("SECRET")), {}, 500),
        (replying("a" * 100, 0.1), {"turn_seconds": 0.3}, 504),
    ],
)
def test_a_turn_that_breaks_or_hangs_ends_once_and_says_so(state, caplog, reply, wishes, status):
    async def talk():
        turns = Turns(reply, state.turn_log, **wishes)
        return await told(turns, await turns.begin(Ask("x")))

    events = asyncio.run(talk())
    assert [event.data.get("status") for event in events if event.name in ("done", "error")] == [status]
    assert "SECRET" not in json.dumps([event.data for event in events])


def test_a_tutor_that_ends_without_a_word_is_given_an_end(state):
    async def talk():
        turns = Turns(replying("ab", end=False), state.turn_log)
        return await told(turns, await turns.begin(Ask("x")))

    assert [event.name for event in asyncio.run(talk())] == ["turn", "text", "text", "error"]


def test_a_stop_that_comes_after_the_end_adds_no_second_one(state):
    async def slow_to_close(ask):
        yield TurnStarted("turn", "c")
        yield Done("extracted", True)
        await asyncio.sleep(5)

    async def talk():
        turns = Turns(slow_to_close, state.turn_log)
        turn_id = await turns.begin(Ask("x"))
        events = await told(turns, turn_id)
        await turns.drain(0.1)
        return events, await told(turns, turn_id)

    events, logged = asyncio.run(talk())
    assert [event.name for event in events] == ["turn", "done"]
    assert logged == events


def test_a_key_that_cannot_be_kept_costs_no_answer(state, caplog):
    class Gone:
        def claim(self, turn, key):
            raise StateUnavailable("gone")

        def write(self, turn, is_new=False):
            raise StateUnavailable("gone")

    async def talk():
        turns = Turns(replying("ab"), Gone())
        return await told(turns, await turns.begin(Ask("x"), "k"))

    assert asyncio.run(talk())[-1].name == "done"


def test_a_request_that_comes_twice_at_once_is_answered_once_without_the_database_too():
    class Gone:
        def claim(self, turn, key):
            time.sleep(0.2)
            raise StateUnavailable("gone")

        def write(self, turn, is_new=False):
            raise StateUnavailable("gone")

    async def talk():
        turns = Turns(replying("ab", 0.1), Gone())
        ids = await asyncio.gather(*(turns.begin(Ask("x", learner=who), "k") for who in ("anna", "anna", "bert")))
        return ids, [await told(turns, one) for one in ids]

    ids, events = asyncio.run(talk())
    assert ids[0] == ids[1] != ids[2]
    assert [one[-1].name for one in events] == ["done"] * 3


def test_silence_is_filled_with_beats(state):
    async def talk():
        turns = Turns(replying("ab", 0.3), state.turn_log)
        return [event async for event in turns.follow(await turns.begin(Ask("x")), beat_seconds=0.1)]

    events = asyncio.run(talk())
    assert events.count(None) >= 4
    assert [event.name for event in events if event] == ["turn", "text", "text", "done"]


def test_one_key_is_answered_once_and_another_request_with_it_is_refused(state):
    async def talk():
        turns = Turns(replying("ab", 0.05), state.turn_log)
        ids = [await turns.begin(Ask("x", learner="anna"), "k") for _ in range(3)]
        with pytest.raises(KeyUsedOtherwise):
            await turns.begin(Ask("y", learner="anna"), "k")
        other = await turns.begin(Ask("y", learner="bert"), "k")
        return ids, other, await told(turns, ids[0]), await told(turns, other)

    ids, other, events, others = asyncio.run(talk())
    assert len(set(ids)) == 1
    assert other != ids[0]
    assert events[-1].name == others[-1].name == "done"


def test_a_turn_whose_machine_died_is_not_passed_off_as_whole(state, monkeypatch):
    monkeypatch.setattr("companion.turns.DEAD_AFTER_SECONDS", 0.5)
    monkeypatch.setattr("companion.state.turn_log._BEAT_SECONDS", 60.0)  # as of a process that is gone

    async def talk():
        dead = Turns(replying("a" * 100, 0.2), state.turn_log)
        turn_id = await dead.begin(Ask("x"))
        await asyncio.sleep(0.8)
        task = dead._running[turn_id].task
        there = Turns(replying("a"), state.turn_log)
        events = await told(there, turn_id)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return events

    events = asyncio.run(talk())
    assert [event.name for event in events if event.name in ("done", "error")] == ["error"]
    assert "again" in events[-1].data["detail"]


@pytest.mark.parametrize("ahead", [0, 1, 5])
def test_a_reader_who_had_more_than_was_written_down_hears_that_it_broke_off(state, monkeypatch, ahead):
    monkeypatch.setattr("companion.turns.DEAD_AFTER_SECONDS", 0.3)
    written = (("turn", {"turn_id": "t"}), ("text", {"text": "a"}))
    state.turn_log.write(LoggedTurn("t", "", "c", "digest", written))

    async def talk():
        there = Turns(replying("a"), state.turn_log)
        return [await told(there, "t", after=len(written) + ahead) for _ in range(2)]

    for events in asyncio.run(talk()):
        assert [(event.name, event.number) for event in events] == [("error", len(written) + ahead + 1)]
        assert "again" in events[0].data["detail"]


def test_more_turns_than_it_takes_on_are_refused(state):
    async def talk():
        turns = Turns(replying("ab", 0.1), state.turn_log, at_once=2)
        ids = [await turns.begin(Ask("x")) for _ in range(2)]
        with pytest.raises(TooManyTurns):
            await turns.begin(Ask("x"))
        for turn_id in ids:
            await told(turns, turn_id)
        await turns.drain(1)
        return await turns.begin(Ask("x"))

    assert asyncio.run(talk())


def test_draining_lets_turns_end_and_ends_those_that_take_too_long(state):
    async def talk():
        quick, slow = Turns(replying("ab", 0.05), state.turn_log), Turns(replying("a" * 99, 0.1), state.turn_log)
        one, other = await quick.begin(Ask("x")), await slow.begin(Ask("x"))
        following = asyncio.create_task(told(slow, other))
        await asyncio.gather(quick.drain(2), slow.drain(0.3))
        return (await told(quick, one))[-1], (await following)[-1]

    ended, cut = asyncio.run(talk())
    assert (ended.name, cut.name, cut.data["status"]) == ("done", "error", 503)


def test_a_log_that_fails_costs_no_answer(state, caplog):
    class Broken:
        def write(self, turn, is_new=False):
            raise OSError("disk full")

    async def talk():
        turns = Turns(replying("ab", 0.4), Broken())
        return await told(turns, await turns.begin(Ask("x")))

    assert [event.name for event in asyncio.run(talk())] == ["turn", "text", "text", "done"]


# From here on over a real server.


def events_of(lines):
    """(id, event, data) of server-sent events."""
    fields = {}
    for line in lines:
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif not line and fields:
            yield int(fields["id"]), fields["event"], json.loads(fields["data"])
            fields = {}


def test_a_learner_who_lost_the_connection_goes_on_where_it_broke(service, provider):
    anna, model = bearer(provider.token("anna")), Slow()
    stream = anna | {"Accept": "text/event-stream"}
    with serving(service(model)) as url, httpx2.Client(base_url=url, timeout=20) as client:
        before = []
        with client.stream("POST", "/v1/chat", json={"message": LOST}, headers=stream) as response:
            for event in events_of(response.iter_lines()):
                before.append(event)
                if len(before) == 4:
                    break
        turn_id, last = before[0][2]["turn_id"], before[-1][0]
        path = f"/v1/chat/turns/{turn_id}/events"
        bert = bearer(provider.token("bert"))
        assert client.get(path, headers=bert).status_code == 404
        with client.stream("GET", path, headers=stream | {"Last-Event-ID": str(last)}) as response:
            after = list(events_of(response.iter_lines()))
        whole = client.get(path, headers=anna | {"Accept": "application/json"}).json()
    assert [number for number, _, _ in before + after] == list(range(1, len(before + after) + 1))
    assert [name for _, name, _ in before + after if name in ("done", "error")] == ["done"]
    assert whole["text"] == "".join(data["text"] for _, name, data in before + after if name == "text")
    assert model.calls == 1


def test_a_learner_who_stops_a_turn_stops_the_model(service, provider):
    anna, model = bearer(provider.token("anna")), Slow(1_000)
    with serving(service(model)) as url, httpx2.Client(base_url=url, timeout=20, headers=anna) as client:
        with client.stream(
            "POST", "/v1/chat", json={"message": LOST}, headers={"Accept": "text/event-stream"}
        ) as response:
            events = []
            for event in events_of(response.iter_lines()):
                events.append(event)
                if len(events) == 3:
                    turn_id = events[0][2]["turn_id"]
                    bert = bearer(provider.token("bert"))
                    assert client.delete(f"/v1/chat/turns/{turn_id}", headers=bert).status_code == 404
                    assert client.delete(f"/v1/chat/turns/{turn_id}").status_code == 202
        assert model.closed.wait(2)
    assert (events[-1][1], events[-1][2]["status"]) == ("error", 409)
    assert model.said < 100


@pytest.mark.parametrize(
    ("door", "asked"),
    [
        ("/v1/chat", {"message": LOST}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": LOST}]}),
    ],
)
def test_who_waits_for_the_whole_and_leaves_stops_the_model_too(service, provider, door, asked):
    model = Slow(1_000, 0.4)
    with serving(service(model, turn_grace_seconds=1)) as url:
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.post(f"{url}{door}", json=asked, headers=bearer(provider.token("anna")), timeout=1)
        assert model.closed.wait(10)
    assert model.said < 8  # of eight sentences, after which it would have ended by itself


def test_a_request_that_is_sent_twice_is_answered_once(service, provider):
    anna, model = bearer(provider.token("anna")) | {"Idempotency-Key": "one"}, Slow(3)
    with serving(service(model)) as url, httpx2.Client(base_url=url, timeout=20, headers=anna) as client:
        answers = []
        threads = [
            threading.Thread(target=lambda: answers.append(client.post("/v1/chat", json={"message": LOST}).json()))
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        later = client.post("/v1/chat", json={"message": LOST}).json()
        assert client.post("/v1/chat", json={"message": "别的"}).status_code == 422
        conversations = client.get("/v1/conversations").json()["conversations"]
    assert len({answer["turn_id"] for answer in [*answers, later]}) == 1
    assert len({json.dumps(answer) for answer in [*answers, later]}) == 1
    assert (model.calls, len(conversations)) == (1, 1)


def erase_myself(client):
    client.delete("/v1/learners/me")


def erase_the_conversation(client):
    assert client.delete("/v1/conversations/c-anna").status_code == 204


def have_an_operator_erase_me(client):
    me = client.get("/v1/learners/me").json()["id"]
    assert CliRunner().invoke(commands, ["erase", me]).exit_code == 0


@pytest.mark.parametrize("erase", [erase_myself, erase_the_conversation, have_an_operator_erase_me])
def test_what_is_erased_in_the_middle_of_a_turn_leaves_nothing(service, provider, tmp_path, monkeypatch, erase):
    anna, model = bearer(provider.token("anna")), Slow(1_000, 0.4)
    monkeypatch.setenv("COMPANION_DATA_DIR", str(tmp_path))
    app = service(model, tmp_path / "state.db")
    with serving(app) as url, httpx2.Client(base_url=url, timeout=20, headers=anna) as client:
        asked = {"message": f"{LOST}独一无二", "conversation_id": "c-anna"}
        with client.stream("POST", "/v1/chat", json=asked, headers={"Accept": "text/event-stream"}) as response:
            lines = events_of(response.iter_lines())
            for _ in range(4):
                next(lines)
            erase(client)
            assert [name for _, name, _ in lines][-1] == "error"
        time.sleep(0.5)
        assert not any(client.get("/v1/learners/me/export").json().values())
    for file in tmp_path.rglob("state.db*"):
        assert "独一无二".encode() not in file.read_bytes(), file


def test_a_slow_reader_does_not_hold_up_the_others(service, provider):
    anna, bert = (bearer(provider.token(name)) for name in ("anna", "bert"))
    stream = {"Accept": "text/event-stream"}
    with (
        serving(service()) as url,
        httpx2.Client(base_url=url, timeout=20) as client,
        contextlib.ExitStack() as open_streams,
    ):
        for _ in range(30):
            response = client.stream("POST", "/v1/chat", json={"message": LOST}, headers=anna | stream)
            open_streams.enter_context(response)  # and read nothing
        answer = client.post("/v1/chat", json={"message": LOST}, headers=bert).json()
    assert answer["mode"] == "extracted"


def test_events_are_ascii_and_end_once_in_json_lines_too(service, provider):
    anna = bearer(provider.token("anna")) | {"Accept": "application/x-ndjson"}
    with serving(service(Slow(2))) as url:
        response = httpx2.post(f"{url}/v1/chat", json={"message": LOST}, headers=anna)
    names = [json.loads(line)["event"] for line in response.text.splitlines()]
    assert response.content.isascii()
    assert [name for name in names if name in ("done", "error")] == names[-1:]
