"""Each part fails, for real: no turn lost, none answered twice, no half answer passed off as whole."""

import json
import signal
import sqlite3
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import quote

import httpx2
import psycopg
import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from companion.state.database import _left_alone_until, open_database
from course_index.build import build_index
from course_index.parts import index_home
from course_index.settings import IndexSettings
from tests.conftest import LIBRARY, MODELS
from tests.loopback import listening
from tests.servers import Served, serving
from tests.streaming_llm import StreamingLLM
from tests.test_service import bearer
from tests.test_turns import LOST, Slow, events_of

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, str(ROOT / "api.py")]


@pytest.fixture(scope="session")
def data(tmp_path_factory, put_library):
    """A data folder with the tiny library, for one process."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "models").symlink_to(MODELS)
    put_library(folder)
    return folder


@pytest.fixture(scope="session")
def shared_data(tmp_path_factory, embedder, chroma):
    """For several, with the vectors on a server."""
    folder = tmp_path_factory.mktemp("shared")
    (folder / "models").symlink_to(MODELS)
    build_index([LIBRARY], index_home(IndexSettings(data_dir=folder, chroma_url=chroma.url)), embedder)
    return folder


@pytest.fixture
def served(request, tmp_path):
    """Makes the real service as a process, with state of its own."""
    running = []
    mine = tmp_path / "data"

    def start(llm=None, workers=1, **settings):
        model = {"llm_base_url": llm.url, "llm_model": "m"} if llm else {}
        if workers > 1:
            settings["chroma_url"] = request.getfixturevalue("chroma").url
        if not mine.exists():
            mine.mkdir()
            for part in request.getfixturevalue("shared_data" if workers > 1 else "data").iterdir():
                if not part.name.startswith("state.db"):
                    (mine / part.name).symlink_to(part)
        command = [*COMMAND, "--workers", str(workers)]
        running.append(Served(command, {"data_dir": mine, **model, **settings}, tmp_path))
        return running[-1]

    yield start
    for one in running:
        one.__exit__()


def streaming(url, **headers):
    accept = {"Accept": "text/event-stream", **headers}
    return httpx2.stream("POST", f"{url}/v1/chat", json={"message": LOST}, headers=accept, timeout=30)


def ends(events):
    return [name for _, name, _ in events if name in ("done", "error")]


def test_a_service_that_is_asked_to_stop_lets_its_turns_end(served):
    with StreamingLLM(6, seconds=0.3) as llm:
        service, events = served(llm), []
        with streaming(service.url) as response:
            for one in events_of(response.iter_lines()):
                events.append(one)
                if len(events) == 4:
                    service.process.send_signal(signal.SIGTERM)
        assert ends(events) == ["done"]
        assert service.process.wait(20) == -signal.SIGTERM, service.log.read_text()


@pytest.mark.parametrize(("accept", "workers"), [("application/json", 1), ("text/event-stream", 2)])
def test_a_service_that_is_asked_to_stop_while_its_model_hangs_answers_without_it(served, accept, workers):
    with StreamingLLM(6, hangs=True) as llm, ThreadPoolExecutor(1) as learner:
        service = served(llm, workers, drain_seconds=1, llm_first_token_seconds=60, llm_answer_seconds=60)
        headers = {"Accept": accept}
        reply = learner.submit(
            httpx2.post, f"{service.url}/v1/chat", json={"message": LOST}, headers=headers, timeout=30
        )
        assert llm.asked.wait(20)
        service.process.send_signal(signal.SIGTERM)
        answer = reply.result()
        assert answer.status_code == 200
        if accept == "application/json":
            told = answer.json()
        else:
            name, told = [(name, data) for _, name, data in events_of(iter(answer.text.splitlines()))][-1]
            assert name == "done"
        assert (told["mode"], told["fallback"]["reason"]) == ("extracted", "llm_slow")
        service.process.wait(20)


def test_a_service_that_is_killed_leaves_no_half_answer_and_answers_again(served):
    with StreamingLLM(6, seconds=0.6) as llm:
        service, events = served(llm), []

        def read_and_kill():
            with streaming(service.url, **{"Idempotency-Key": "one"}) as response:
                for one in events_of(response.iter_lines()):
                    events.append(one)
                    if len(events) == 4:
                        time.sleep(1)  # it is written down by now
                        service.process.kill()

        with pytest.raises(httpx2.HTTPError):
            read_and_kill()
        assert ends(events) == []
        again, turn_id = served(llm), events[0][2]["turn_id"]
        path = f"{again.url}/v1/chat/turns/{turn_id}/events"
        with httpx2.stream("GET", path, headers={"Last-Event-ID": "1"}, timeout=30) as response:
            resumed = list(events_of(response.iter_lines()))
        assert ends(resumed) == ["error"]
        assert resumed[-1][2]["status"] == 503
        with streaming(again.url, **{"Idempotency-Key": "one"}) as response:
            anew = list(events_of(response.iter_lines()))
        assert (anew[0][2]["turn_id"] != turn_id, ends(anew)) == (True, ["done"])


def test_a_kill_in_the_middle_of_writes_leaves_a_sound_database(served, tmp_path):
    service = served()
    stop, answered = threading.Event(), threading.Event()

    def ask():
        while not stop.is_set():
            try:
                httpx2.post(f"{service.url}/v1/chat", json={"message": LOST}, timeout=30)
                answered.set()
            except httpx2.HTTPError:
                return

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert answered.wait(30)
    time.sleep(0.5)
    service.process.kill()
    stop.set()
    for thread in threads:
        thread.join()
    with sqlite3.connect(tmp_path / "data" / "state.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        kept = database.execute("SELECT count(*) FROM turns").fetchone()[0]
        assert kept > 0
        orphans = "SELECT count(*) FROM turns WHERE conversation_id NOT IN (SELECT id FROM conversations)"
        assert database.execute(orphans).fetchone() == (0,)
    database.close()
    assert httpx2.post(f"{served().url}/v1/chat", json={"message": LOST}, timeout=10).json()["mode"] == "extracted"


def test_a_model_that_hangs_in_the_middle_costs_no_answer(served):
    with StreamingLLM(hangs=True) as llm:
        service = served(llm, llm_first_token_seconds=2, llm_answer_seconds=3)
        answer = httpx2.post(f"{service.url}/v1/chat", json={"message": LOST}, timeout=30).json()
    assert (answer["mode"], answer["fallback"]) in (
        ("extracted", {"reason": "llm_slow"}),
        ("generated", {"reason": "llm_slow"}),
    )
    assert answer["text"]


def test_several_workers_know_each_others_turns_and_log_and_count_as_one(served):
    with StreamingLLM(8, seconds=0.3) as llm, served(llm, workers=2, log_format="json") as two:
        with streaming(two.url) as response:
            turn_id = next(events_of(response.iter_lines()))[2]["turn_id"]
            got = []
            for _ in range(4):  # whichever worker answers
                path = f"{two.url}/v1/chat/turns/{turn_id}/events"
                with httpx2.stream("GET", path, headers={"Accept": "text/event-stream"}, timeout=30) as other:
                    got.append(list(events_of(other.iter_lines())))
        for _ in range(6):  # each by a connection of its own: either worker may answer
            assert httpx2.post(f"{two.url}/v1/chat", json={"message": "谢谢"}, timeout=20).status_code == 200
        time.sleep(1)
        figures = httpx2.get(f"{two.url}/metrics", timeout=20).text
        lines = [json.loads(line) for line in two.log.read_text().splitlines()]
    assert [ends(events) for events in got] == [["done"]] * 4
    assert all(events == got[0] for events in got)
    assert 'companion_turns_total{fallback="",kind="other",mode="catalogue"} 6.0' in figures
    assert 'companion_turns_total{fallback="",kind="question",mode="generated"} 1.0' in figures
    assert 'companion_index_size{kind="courses"} 4.0' in figures
    assert sum(line["logger"] == "companion.turn" for line in lines) == 7
    assert sum(line["logger"] == "companion.access" and line["route"] == "/v1/chat" for line in lines) == 7


def test_postgresql_may_restart_in_the_middle_of_a_turn(service, provider, postgres, postgres_url):
    anna = bearer(provider.token("anna"))
    with serving(service(Slow(12, 0.2), where=postgres_url)) as url:
        with streaming(url, **anna) as response:
            events = []
            for one in events_of(response.iter_lines()):
                events.append(one)
                if len(events) == 4:
                    postgres.stop()
                    threading.Timer(0.5, postgres.start).start()
        assert ends(events) == ["done"]
        assert len(kept_of(events, url, anna, at_least=1)) == 1


def kept_of(events, url, who, at_least):
    """The turns of a conversation, once so many are there: however long the server takes to come back."""
    path, deadline = f"{url}/v1/conversations/{events[0][2]['conversation_id']}", time.monotonic() + 60
    while True:
        answer = httpx2.get(path, headers=who, timeout=30)
        turns = answer.json()["turns"] if answer.status_code == 200 else []
        if len(turns) >= at_least or time.monotonic() > deadline:
            return turns
        time.sleep(0.2)


def test_what_ends_while_postgresql_is_away_is_kept_told_once_and_gone_on_with(
    service, provider, postgres, postgres_url
):
    anna, bert = bearer(provider.token("anna")), bearer(provider.token("bert"))
    model = Slow(3, 0.1)
    with serving(service(model, where=postgres_url)) as url:
        before = asked(url, **anna)
        conversation = before[0][2]["conversation_id"]
        postgres.stop()
        try:
            first = asked(url, conversation, **anna, **{"Idempotency-Key": "one"})
            calls = model.calls
            again = asked(url, conversation, **anna, **{"Idempotency-Key": "one"})
            assert (again, model.calls) == (first, calls)
            path = f"{url}/v1/chat/turns/{first[0][2]['turn_id']}/events"
            with httpx2.stream("GET", path, headers={"Last-Event-ID": "1", **anna}, timeout=30) as response:
                assert list(events_of(response.iter_lines())) == first[1:]
            repeated = asked(url, conversation, "再说一遍", **anna)
            of_another = httpx2.post(
                f"{url}/v1/chat", json={"message": LOST, "conversation_id": conversation}, headers=bert, timeout=30
            )
        finally:
            postgres.start()
        kept = kept_of(before, url, anna, at_least=3)
        thumb = {"turn_id": first[0][2]["turn_id"], "rating": "up"}
        given = httpx2.post(f"{url}/v1/feedback", json=thumb, headers=anna, timeout=30)
        told = asked(url, conversation, **anna, **{"Idempotency-Key": "one"})
    assert [ends(events) for events in (first, repeated)] == [["done"]] * 2
    assert of_another.status_code == 404  # who knows the id of what waits
    assert [turn["id"] for turn in kept] == [events[0][2]["turn_id"] for events in (before, first, repeated)]
    assert text_of(repeated) == text_of(first) != ""
    assert (given.status_code, told) == (204, first)


def test_what_is_erased_after_postgresql_was_away_does_not_come_after(service, provider, postgres, postgres_url):
    anna = bearer(provider.token("anna"))
    app = service(where=postgres_url)
    with serving(app) as url, httpx2.Client(base_url=url, headers=anna, timeout=30) as client:
        postgres.stop()
        try:
            one, other = asked(url, **anna), asked(url, **anna)
            refused = client.delete("/v1/learners/me")
        finally:
            postgres.start()
        deadline = time.monotonic() + 60
        while client.delete(f"/v1/conversations/{one[0][2]['conversation_id']}").status_code != 204:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert kept_of(other, url, anna, at_least=1)
        assert client.delete("/v1/learners/me").status_code == 200
        time.sleep(2)  # twice as long as it is between two looks for what waits
        assert refused.status_code == 503
        assert not any(client.get("/v1/learners/me/export").json().values())


def asked(url, conversation=None, message=LOST, **headers):
    """The events of a turn, read to its end."""
    body = {"message": message, "conversation_id": conversation}
    accept = {"Accept": "text/event-stream", **headers}
    with httpx2.stream("POST", f"{url}/v1/chat", json=body, headers=accept, timeout=60) as response:
        return list(events_of(response.iter_lines()))


def text_of(events):
    return "".join(data["text"] for _, name, data in events if name == "text")


def test_without_postgresql_learners_are_answered_all_the_same(
    service, provider, postgres, postgres_url, monkeypatch, caplog
):
    monkeypatch.setattr("companion.state.database._LEFT_ALONE_SECONDS", 60)
    anna = bearer(provider.token("anna"))
    with serving(service(where=postgres_url)) as url, httpx2.Client(base_url=url, headers=anna, timeout=60) as client:
        postgres.stop()
        try:
            client.post("/v1/chat", json={"message": LOST}, headers={"Idempotency-Key": "one"})
            waited = caplog.text.count("trying again")
            answer = client.post("/v1/chat", json={"message": LOST}, headers={"Idempotency-Key": "two"})
            own = client.get("/v1/conversations")
        finally:
            postgres.start()
            _left_alone_until.clear()
        assert waited > 0
        assert (
            caplog.text.count("trying again") == waited
        )  # of five parts that need the database none waits for it again
        assert (answer.status_code, answer.json()["mode"]) == (200, "extracted")
        assert (own.status_code, own.headers["retry-after"]) == (503, "5")
        deadline = time.monotonic() + 10
        while client.get("/v1/conversations").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_a_budget_that_cannot_be_read_is_not_spent_and_what_was_spent_is_counted_later(
    service, provider, postgres, postgres_url
):
    anna = bearer(provider.token("anna"))
    app = service(Slow(3, 0.3), where=postgres_url, llm_daily_tokens=1_000_000)
    with serving(app) as url:
        asked(url, **anna)
        with streaming(url, **anna) as response:
            lines = events_of(response.iter_lines())
            begun = [next(lines) for _ in range(4)]
            postgres.stop()
            try:
                cut_off = [*begun, *lines]
                quoted = asked(url, **anna)
            finally:
                postgres.start()
        kept_of(cut_off, url, anna, at_least=1)
        told = [events[-1][2] for events in (cut_off, quoted, asked(url, **anna))]
        spending, deadline = service.states[-1].spending, time.monotonic() + 30
        each = sum(told[2]["usage"][name] for name in ("prompt_tokens", "completion_tokens"))
        while spending.tokens_today() < 3 * each and time.monotonic() < deadline:
            time.sleep(0.2)
    assert [(end["mode"], end["fallback"]) for end in told] == [
        ("generated", None),
        ("extracted", {"reason": "llm_budget"}),
        ("generated", None),
    ]
    assert spending.tokens_today() == 3 * each


def test_while_postgresql_hangs_learners_are_answered_and_nothing_is_lost(
    service, provider, postgres, postgres_url, monkeypatch
):
    monkeypatch.setattr("companion.state.database._SILENT_SECONDS", 1)
    monkeypatch.setattr("companion.state.database._SECONDS_TO_CONNECT", 2)
    anna = bearer(provider.token("anna"))
    with serving(service(where=postgres_url)) as url, ThreadPoolExecutor(8) as learners:
        first = asked(url, **anna)
        conversation = first[0][2]["conversation_id"]
        list(learners.map(lambda _: asked(url, **anna), range(8)))  # now connections are open that will hang
        postgres.hang()
        try:
            during = list(learners.map(lambda _: asked(url, conversation, **anna), range(12)))
        finally:
            postgres.hang(False)
        kept = kept_of(first, url, anna, at_least=13)
    assert [ends(events) for events in during] == [["done"]] * 12
    assert {turn["id"] for turn in kept} == {events[0][2]["turn_id"] for events in (first, *during)}


def test_while_postgresqls_tables_are_rewritten_learners_are_answered_all_the_same(
    service, provider, postgres_url, monkeypatch
):
    monkeypatch.setattr("companion.state.database._SECONDS_FOR_A_LOCK", 1)
    anna = bearer(provider.token("anna"))
    with serving(service(where=postgres_url)) as url, httpx2.Client(base_url=url, headers=anna, timeout=20) as client:
        with psycopg.connect(postgres_url.replace("+psycopg", "")) as wiping:
            wiping.execute("LOCK TABLE conversations, turns, turn_log, learners IN ACCESS EXCLUSIVE MODE")
            answer = client.post("/v1/chat", json={"message": LOST, "conversation_id": "c"})
        assert (answer.status_code, answer.json()["mode"]) == (200, "extracted")
        deadline = time.monotonic() + 10
        while client.get("/v1/conversations").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_on_a_full_disk_learners_are_answered_and_nothing_breaks(service, provider, tmp_path):
    anna = bearer(provider.token("anna"))
    full = tmp_path / "full.db"
    open_database(full).dispose()
    app = service(where=full)
    state = service.states[-1]
    pages = sqlite3.connect(full).execute("PRAGMA page_count").fetchone()[0]
    event.listen(state.engine, "connect", lambda connection, _: connection.execute(f"PRAGMA max_page_count = {pages}"))
    state.engine.dispose()
    with TestClient(app) as client:
        for _ in range(10):
            answer = client.post("/v1/chat", json={"message": LOST * 20}, headers=anna)
            assert answer.status_code == 200
        complaint = client.post("/v1/complaints", json={"kind": "complaint", "words": "x" * 4_000}, headers=anna)
        assert complaint.status_code == 503


class RefusingLLM:
    """A model's server that refuses every prompt, and quotes it whole, as some do."""

    def __init__(self):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
                told = json.dumps(
                    {"error": {"message": f"too long: {asked}", "type": "invalid_request_error"}}
                ).encode()
                self.send_response(400)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *_):
                pass

        self._server, address = listening(Handler)
        self.url = f"{address}/v1"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_nothing_that_is_typed_at_any_door_gets_into_the_log(served, log_format):
    typed = "独一无二"
    for_tools = {"Accept": "application/json, text/event-stream"}
    with RefusingLLM() as llm:
        service = served(llm, log_format=log_format)
        with httpx2.Client(base_url=service.url, timeout=30) as client:
            for body in (
                {"message": f"{LOST}{typed}"},
                {"message": LOST, "conversation_id": typed, typed: typed},
            ):
                client.post("/v1/chat", json=body)
            client.post("/v1/chat", content=f'{{"message": "{typed}'.encode())
            client.post("/v1/chat/completions", json={"model": typed, "messages": [{"role": "user", "content": typed}]})
            client.post("/v1/complaints", json={"kind": "complaint", "words": typed})
            client.get("/v1/courses", params={"q": typed, "city": typed})
            client.get(f"/v1/passages/{typed}")
            for name in (typed, "search_courses"):
                call = {"name": name, "arguments": {"query": typed, "level": typed}}
                asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
                client.post("/mcp", json=asked, headers=for_tools)
            standing = client.get("/readyz").text
        service.__exit__()
    logged = service.log.read_text()
    assert logged.count("/v1/chat") >= 3
    for written in (typed, json.dumps(typed)[1:-1], quote(typed)):
        assert written not in logged
        assert written not in standing
