import asyncio
import gc
import io
import json
import logging
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx2
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

import api
from companion.events import Done, Failed, Fallback, TurnStarted
from companion.heard import Ask
from companion.settings import CompanionSettings
from companion.state.database import StateUnavailable
from companion.telemetry.alarm import Alarm
from companion.telemetry.logs import AsJson, OneLine
from companion.telemetry.metrics import Metrics
from companion.telemetry.observed import Observed
from companion.turns import Ended, Turns
from companion.writing.language_model import ModelUnavailable
from companion.writing.llm import OpenAICompatible
from tests.conftest import OPERATOR
from tests.loopback import listening
from tests.scripted_model import ScriptedModel
from tests.servers import serving
from tests.streaming_llm import StreamingLLM
from tests.test_service import GOOD, bearer

LOST = "快件丢了谁来赔"
UNIQUE = "独一无二"
DOCS = Path(__file__).parent.parent / "docs"


def figures(client):
    text = client.get("/metrics", headers=bearer(OPERATOR)).text
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_turns_are_counted_by_how_they_ended(service, provider):
    anna = bearer(provider.token("anna"))
    with TestClient(service(ScriptedModel(GOOD))) as client:
        client.post("/v1/chat", json={"message": LOST}, headers=anna)
        client.post("/v1/chat", json={"message": "你好"}, headers=anna)
        client.get("/v1/conversations/x", headers=anna)
        seen = figures(client)
    assert seen["companion_turns_total", "", "generated", "question"] == 1
    assert seen["companion_turns_total", "", "catalogue", "other"] == 1
    assert seen["companion_turn_seconds_count", "generated"] == 1
    assert seen["companion_first_event_seconds_count",] == 2
    assert seen["companion_llm_tokens_total", "prompt_tokens"] > 0
    assert seen["companion_turns_under_way",] == 0
    assert seen["companion_http_requests_total", "/v1/conversations/{conversation_id}", "404", "GET"] == 1
    assert seen["companion_index_size", "courses"] == 4
    assert seen["companion_index_age_seconds",] > 0
    assert seen["companion_alarm", "few_answers"] == 0


def test_a_request_keeps_the_id_it_came_with_unless_it_is_a_trick(service):
    with TestClient(service()) as client:
        assert client.get("/healthz", headers={"X-Request-ID": "page-12345"}).headers["x-request-id"] == "page-12345"
        forged = client.get("/healthz", headers={"X-Request-ID": "a b\tERROR all lost"}).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", forged)


@pytest.fixture(params=[OneLine, AsJson])
def lines(request):
    """What is logged, as text; whatever the format."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(request.param())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def test_logs_tell_of_turns_and_not_a_word_of_the_learners(service, provider, lines):
    anna = bearer(provider.token("anna"))
    with TestClient(service(ScriptedModel(ModelUnavailable("llm_unreachable", "x")))) as client:
        turn = client.post("/v1/chat", json={"message": f"{LOST}独一无二"}, headers=anna).json()
        learner = client.get("/v1/learners/me", headers=anna).json()["id"]
        client.post(
            "/v1/feedback", json={"turn_id": turn["turn_id"], "rating": "up", "comment": "秘密意见"}, headers=anna
        )
        client.get("/v1/courses", params={"q": "秘密查询"}, headers=anna)
    logged = lines.getvalue()
    assert turn["turn_id"] in logged
    assert "llm_unreachable" in logged
    assert "/v1/chat" in logged
    for secret in ("独一无二", "秘密意见", "秘密查询", learner, turn["conversation_id"], turn["text"][:10]):
        assert secret not in logged
        assert json.dumps(secret)[1:-1] not in logged


def refused():
    try:
        return {}[UNIQUE]
    except KeyError as error:
        raise StateUnavailable("The database does not answer.") from error


def several():
    raise ExceptionGroup(UNIQUE, [ValueError(UNIQUE), FileNotFoundError(2, "No such file", "courses.csv")])


@pytest.mark.parametrize(
    ("breaks", "told"),
    [
        (refused, ("in refused", "KeyError", "StateUnavailable: The database does not answer.")),
        (several, ("ExceptionGroup", "ValueError", "FileNotFoundError: [Errno 2] No such file: 'courses.csv'")),
    ],
)
def test_a_trace_in_the_log_quotes_nothing_that_was_given(lines, breaks, told):
    try:
        breaks()
    except Exception:
        logging.getLogger("companion").exception("it broke")
    logged = lines.getvalue()
    assert [logged.index(part) for part in told] == sorted(logged.index(part) for part in told)
    assert UNIQUE not in logged
    assert json.dumps(UNIQUE)[1:-1] not in logged


def test_a_task_that_nobody_looked_after_is_logged_without_what_it_was_given(lines):
    async def fails():
        {}[UNIQUE]

    async def talk():
        task = asyncio.create_task(fails())
        await asyncio.wait([task])
        del task
        gc.collect()

    asyncio.run(talk())
    logged = lines.getvalue()
    assert "never retrieved" in logged
    assert "KeyError" in logged
    assert UNIQUE not in logged
    assert json.dumps(UNIQUE)[1:-1] not in logged


def test_what_postgresql_refuses_is_logged_without_the_row_that_it_quotes(service, provider, postgres_url, lines):
    app = service(where=postgres_url)
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as later_version:
        later_version.execute("ALTER TABLE turns ADD CONSTRAINT stricter CHECK (length(message) < 5)")
    with TestClient(app) as client:
        asked = {"message": f"{LOST}{UNIQUE}"}
        answer = client.post("/v1/chat", json=asked, headers=bearer(provider.token("anna")))
    logged = lines.getvalue()
    assert answer.json()["mode"] == "extracted"
    assert "CheckViolation" in logged
    assert UNIQUE not in logged
    assert json.dumps(UNIQUE)[1:-1] not in logged


@pytest.mark.parametrize("form", [OneLine(), AsJson()])
def test_nothing_from_outside_can_begin_a_line_of_the_log(form):
    trick = "x\n2026-01-01 ERROR companion ALARM\r\x1b[2J\u2028y"
    record = logging.makeLogRecord({"msg": "said %s", "args": (trick,), "route": trick, "levelname": "INFO"})
    line = form.format(record)
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line


def asked(alarm, *modes):
    for mode in modes:
        alarm.count(mode)
    return alarm.ringing()


def test_the_alarm_rings_once_when_questions_go_unanswered_and_ends_by_itself(caplog):
    now = [0.0]
    alarm = Alarm(has_model=False, at_least=10, clock=lambda: now[0])
    assert asked(alarm, *["catalogue"] * 9) == []
    assert asked(alarm, "catalogue") == ["few_answers"]
    assert asked(alarm, *["catalogue"] * 5, *["declined"] * 50) == ["few_answers"]
    assert sum("ALARM" in record.message for record in caplog.records) == 1
    assert asked(alarm, *["extracted"] * 20) == []
    now[0] = 3_601.0
    assert asked(alarm, *["catalogue"] * 9) == []


def test_the_alarm_rings_when_the_model_is_set_and_silent():
    now = [0.0]
    quiet = Alarm(has_model=True, at_least=5, clock=lambda: now[0])
    for _ in range(5):  # two hours between two learners: a window of one hour never holds five
        now[0] += 7_200
        quiet.count("extracted")
    assert quiet.ringing() == ["model_silent"]
    assert asked(quiet, "generated") == []
    assert asked(Alarm(has_model=True, at_least=5), *["extracted"] * 5, "generated") == []
    assert asked(Alarm(has_model=False, at_least=5), *["extracted"] * 5) == []


def test_turns_count_into_the_alarm_while_others_read_it():
    alarm, failed = Alarm(has_model=True, at_least=5), []

    def often(deed):
        try:
            for _ in range(20_000):
                deed()
        except RuntimeError as error:
            failed.append(error)

    deeds = (lambda: alarm.count("generated"), alarm.ringing, alarm.ringing)
    threads = [threading.Thread(target=often, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_watch_that_breaks_costs_no_learner_the_turn(state, caplog):
    class Broken(Alarm):
        def count(self, mode):
            raise OSError("disk full")

    observed = Observed(Metrics(), Broken(has_model=False))

    async def talk():
        turns = Turns(replying(Done("extracted", True, confidence=0.9)), state.turn_log, ended=observed.note)
        return [event.name async for event in turns.follow(await turns.begin(Ask("x")))]

    assert asyncio.run(talk()) == ["turn", "done"]
    assert "OSError" in caplog.text


def test_a_turn_that_breaks_before_it_began_is_counted_too(state):
    async def crashing(ask):
        raise ValueError
        yield

    metrics = Metrics()
    assert 'companion_turn_failures_total{status="500"} 0.0' in metrics.text(lambda: None).decode()
    turns = Turns(crashing, state.turn_log, ended=Observed(metrics, Alarm(has_model=False)).note)
    with pytest.raises(ValueError):
        asyncio.run(turns.begin(Ask("x")))
    assert 'companion_turn_failures_total{status="500"} 1.0' in metrics.text(lambda: None).decode()


def test_a_service_whose_model_outlasts_every_turn_is_seen_to_fail(service, provider, monkeypatch):
    monkeypatch.setattr(api, "_longest_turn", lambda settings: 1.5)
    with StreamingLLM(hangs=True) as llm:
        model = OpenAICompatible(CompanionSettings(llm_base_url=llm.url, llm_model="m", llm_first_token_seconds=60))
        with serving(service(model, alarm_at_least=2)) as url:
            anna = bearer(provider.token("anna"))
            before = httpx2.get(f"{url}/metrics", headers=bearer(OPERATOR)).text
            for _ in range(2):
                answer = httpx2.post(f"{url}/v1/chat", json={"message": LOST}, headers=anna, timeout=30)
                assert answer.status_code == 504
            after = httpx2.get(f"{url}/metrics", headers=bearer(OPERATOR)).text
            ready = httpx2.get(f"{url}/readyz").json()
        assert llm.calls == 2
    assert 'companion_turn_failures_total{status="504"} 0.0' in before
    assert 'companion_turn_failures_total{status="504"} 2.0' in after
    assert 'status="left"' not in after
    assert "companion_turns_under_way 0.0" in after
    assert ready["alarms"] == ["few_answers"]


def test_a_turns_line_in_the_log_has_the_id_of_its_request(service, provider, lines):
    headers = bearer(provider.token("anna")) | {"X-Request-ID": "page-12345"}
    with TestClient(service()) as client:
        client.post("/v1/chat", json={"message": LOST}, headers=headers)
    told = [line for line in lines.getvalue().splitlines() if "page-12345" in line]
    assert sum("companion.turn" in line for line in told) == sum("companion.access" in line for line in told) == 1


def test_an_alarm_is_told_by_readyz_and_metrics_and_stops_nothing(service, provider):
    anna = bearer(provider.token("anna"))
    dead = ScriptedModel(ModelUnavailable("llm_unreachable", "x"))
    app = service(dead, llm_base_url="http://127.0.0.1:9/v1", alarm_at_least=2)
    with TestClient(app) as client:
        for _ in range(2):
            assert client.post("/v1/chat", json={"message": LOST}, headers=anna).json()["mode"] == "extracted"
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["alarms"]) == (200, ["model_silent"])
        assert figures(client)["companion_alarm", "model_silent"] == 1


def replying(*events):
    """A tutor that has these to tell; with none it says that it began, and nothing more."""

    async def reply(ask):
        yield TurnStarted(ask.message, "c")
        for event in events:
            yield event
        if not events:
            await asyncio.sleep(60)

    return reply


async def crashing(ask):
    yield TurnStarted(ask.message, "c")
    raise ValueError


async def cancelled(turns, turn_id):
    await turns.cancel(turn_id)


async def drained(turns, turn_id):
    await turns.drain(0)


@pytest.mark.parametrize(
    ("reply", "meanwhile", "status"),
    [
        (replying(Failed("x", "y", 503)), None, "503"),
        (crashing, None, "500"),
        (replying(), None, "504"),
        (replying(), cancelled, "left"),
        (replying(), drained, "503"),
    ],
)
def test_a_turn_is_counted_as_what_its_learner_was_told(state, reply, meanwhile, status):
    metrics = Metrics()
    observed = Observed(metrics, Alarm(has_model=False))

    async def talk():
        turns = Turns(reply, state.turn_log, turn_seconds=0.3, ended=observed.note)
        turn_id = await turns.begin(Ask("x"))
        if meanwhile:
            await meanwhile(turns, turn_id)
        return [event.data async for event in turns.follow(turn_id)][-1]

    told = asyncio.run(talk())
    counted = re.findall(r'companion_turn_failures_total{status="(.+)"} 1.0', metrics.text(lambda: None).decode())
    assert counted == [status]
    assert told["status"] == (409 if status == "left" else int(status))


def test_a_request_that_is_sent_twice_is_counted_once(state):
    metrics = Metrics()
    observed = Observed(metrics, Alarm(has_model=False))

    async def talk():
        ids = iter(("one", "two"))

        async def reply(ask):
            yield TurnStarted(next(ids), "c")
            yield Done("extracted", True, confidence=0.9)

        turns = Turns(reply, state.turn_log, ended=observed.note)
        for _ in range(2):
            turn_id = await turns.begin(Ask("x"), "key")
            assert turn_id == "one"
            assert [event.name async for event in turns.follow(turn_id)] == ["turn", "done"]

    asyncio.run(talk())
    text = metrics.text(lambda: None).decode()
    assert 'companion_turns_total{fallback="",kind="question",mode="extracted"} 1.0' in text
    assert 'status="left"' not in text


def test_spans_reach_a_collector_without_a_word_of_the_learners(service, provider):
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    collector, endpoint = listening(Handler)
    anna = bearer(provider.token("anna"))
    with TestClient(service(ScriptedModel(GOOD), otlp_endpoint=endpoint)) as client:
        turn = client.post("/v1/chat", json={"message": f"{LOST}独一无二"}, headers=anna).json()
    collector.shutdown()
    collector.server_close()
    paths, bodies = zip(*got, strict=True)
    sent = b"".join(bodies)
    assert set(paths) == {"/v1/traces"}
    for name in ("turn", "understand", "find", turn["turn_id"], "generated"):
        assert name.encode() in sent
    for secret in (LOST, "独一无二", turn["text"][:10], turn["conversation_id"]):
        assert secret.encode() not in sent


def test_several_workers_count_into_one_page(tmp_path):
    script = (
        "from pathlib import Path; import sys; from companion.telemetry.metrics import Metrics, share_figures\n"
        "if sys.argv[1] == 'first': share_figures(Path('figures'))\n"
        "import os; os.environ['PROMETHEUS_MULTIPROC_DIR'] = 'figures'\n"
        "metrics = Metrics(); metrics.failures.labels('503').inc()\n"
        "print(metrics.text(lambda: None).decode())"
    )
    root = str(Path(__file__).parent.parent)
    for which in ("first", "second"):
        done = subprocess.run(
            [sys.executable, "-c", script, which],
            cwd=tmp_path,
            env={"PYTHONPATH": root, "PATH": "", "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "figures")},
            capture_output=True,
            text=True,
            check=True,
        )
    assert 'companion_turn_failures_total{status="503"} 2.0' in done.stdout


def names_in(text):
    return set(re.findall(r"\bcompanion_[a-z_]+", text))


def known():
    text = Metrics().text(lambda: None).decode()
    return {name for line in text.splitlines() if line.startswith("# TYPE") for name in [line.split()[2]]}


@pytest.mark.parametrize("file", ["grafana/companion.json", "prometheus/alerts.yml"])
def test_dashboard_and_alerts_use_figures_that_there_are(file):
    text = (DOCS / file).read_text()
    if file.endswith("json"):
        assert json.loads(text)["panels"]
    used = names_in(text)
    base = {re.sub(r"_(bucket|count|sum)$", "", name) for name in used}
    assert used
    assert base <= known()


def test_operators_alone_read_the_figures(service, provider):
    with serving(service()) as url:
        assert httpx2.get(f"{url}/metrics", headers=bearer(OPERATOR)).text.startswith("# HELP")
        assert httpx2.get(f"{url}/metrics", headers=bearer(provider.token("anna"))).status_code == 403


def test_a_fallback_is_told_apart():
    metrics = Metrics()
    done = Done("extracted", True, fallback=Fallback("llm_slow"), confidence=0.9)
    Observed(metrics, Alarm(has_model=True)).note(Ended("t", done, 1.0))
    assert 'fallback="llm_slow",kind="question",mode="extracted"} 1.0' in metrics.text(lambda: None).decode()
