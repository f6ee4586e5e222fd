"""Two versions over one database, with a migration between; and the migration itself, in the midst of turns."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import psycopg
import pytest
from sqlalchemy import inspect, text
from typer.testing import CliRunner

from companion.conversation import Conversation
from companion.heard import Ask
from companion.state.cli import commands
from companion.state.database import connect, is_sqlite, migrate, shape
from companion.state.state import open_state
from companion.turns import _digest
from tests.conftest import MODELS, OPERATOR, PAGE, SECRET
from tests.later_version import LATER, later_version
from tests.provider import AUDIENCE
from tests.servers import Served, serving
from tests.streaming_llm import StreamingLLM
from tests.test_faults import asked, ends, streaming
from tests.test_service import bearer
from tests.test_state import TURN
from tests.test_turns import LOST, Slow, events_of

ADDS = """
def upgrade():
    op.add_column("turns", sa.Column("mood", sa.String(16)))
    op.add_column("conversations", sa.Column("topic", sa.Text, nullable=False, server_default="unknown"))
    op.create_table(
        "notes",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
    )
    op.create_table(
        "marks",
        sa.Column("turn_id", sa.String(36), sa.ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
    )


def downgrade():
    op.drop_table("marks")
    op.drop_table("notes")
    op.drop_index("ix_turns_mode", "turns", if_exists=True)
    op.drop_column("conversations", "topic")
    op.drop_column("turns", "mood")
"""


@pytest.fixture
def later(tmp_path):
    """Where the code of a later version is."""
    (folder := tmp_path / "later").mkdir()
    return later_version(folder, ADDS, 'Index("ix_turns_mode", "mode"),')


def command(version, database, *arguments):
    """The operator's command of a version, begun."""
    where = {"COMPANION_DATA_DIR": str(database.parent)} if isinstance(database, Path) else {}
    where = where or {"COMPANION_DATABASE_URL": database}
    run = "from companion.state.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", run, *arguments],
        env={**os.environ, "PYTHONPATH": str(version), **where},
        cwd=version,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process):
    told, _ = process.communicate(timeout=60)
    return process.returncode, told


def fill_later(connection, owner, turn_id):
    for table in ("notes", "marks"):
        row = {"id": turn_id, "owner": owner, "words": f"of {owner}"}
        connection.execute(text(f"INSERT INTO {table} VALUES (:id, :owner, :words)"), row)


def rows(engine, *tables):
    with engine.connect() as connection:
        return {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in tables}


def test_two_versions_serve_one_learner_and_the_one_before_starts_again(
    service, provider, postgres_url, later, put_library, tmp_path
):
    anna = bearer(provider.token("anna"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "models").symlink_to(MODELS)
    put_library(tmp_path / "data")
    stop, answers = threading.Event(), []

    def converse(url):
        while not stop.is_set():
            answer = httpx2.post(f"{url}/v1/chat", json={"message": "谢谢"}, headers=anna, timeout=30)
            answers.append((answer.status_code, answer.elapsed.total_seconds()))
            time.sleep(0.1)

    def of_later(llm):
        settings = {
            "data_dir": tmp_path / "data", "database_url": postgres_url.replace("+psycopg", ""),
            "session_secret": SECRET, "allowed_origins": PAGE, "operator_token": OPERATOR, "turns_a_minute": 1_000,
            "oidc_issuer": provider.issuer, "oidc_audience": AUDIENCE, "llm_base_url": llm.url, "llm_model": "m",
        }  # fmt: skip
        return Served([sys.executable, str(later / "api.py")], settings, tmp_path)

    with StreamingLLM(6, 0.15) as llm, serving(service(Slow(8, 0.15), where=postgres_url)) as url:
        first = asked(url, **anna)
        conversation = first[0][2]["conversation_id"]
        talking = threading.Thread(target=converse, args=(url,))
        talking.start()
        try:
            with of_later(llm) as other:
                begun = {one: started(one, anna) for one in (url, other.url)}
                over = [resumed(other.url, begun[url], anna), resumed(url, begun[other.url], anna)]
                between = [asked(one, conversation, "再说一遍", **anna) for one in (other.url, url, other.url)]
                keyed = [asked(one, **anna, **{"Idempotency-Key": "one"}) for one in (url, other.url)]
                thumb = {"turn_id": between[0][0][2]["turn_id"], "rating": "up"}
                given = httpx2.post(f"{url}/v1/feedback", json=thumb, headers=anna, timeout=30)
                kept = [
                    httpx2.get(f"{one}/v1/conversations/{conversation}", headers=anna, timeout=30).json()
                    for one in (url, other.url)
                ]
        finally:
            stop.set()
            talking.join()
    assert answers
    assert {code for code, _ in answers} == {200}
    assert max(seconds for _, seconds in answers) < 5
    assert [ends(events) for events in over] == [["done"]] * 2
    assert [ends(events) for events in between] == [["done"]] * 3
    assert keyed[0] == keyed[1]
    assert given.status_code == 204
    assert kept[0] == kept[1]
    assert [turn["id"] for turn in kept[0]["turns"]] == [events[0][2]["turn_id"] for events in (first, *between)]
    with serving(service(where=postgres_url)) as url:
        assert ends(asked(url, conversation, "再说一遍", **anna)) == ["done"]
        again = httpx2.get(f"{url}/v1/conversations/{conversation}", headers=anna, timeout=30).json()
    assert len(again["turns"]) == 5
    engine = connect(postgres_url)
    assert shape(engine) == LATER
    assert "ix_turns_mode" in {index["name"] for index in inspect(engine).get_indexes("turns")}
    engine.dispose()


def started(url, who):
    """The id of a turn whose reader left after four events."""
    with streaming(url, **who) as response:
        events = events_of(response.iter_lines())
        (_, _, begun), *_ = (next(events) for _ in range(4))
        return begun["turn_id"]


def resumed(url, turn_id, who):
    path, headers = f"{url}/v1/chat/turns/{turn_id}/events", {"Last-Event-ID": "4", **who}
    with httpx2.stream("GET", path, headers=headers, timeout=30) as response:
        events = list(events_of(response.iter_lines()))
    assert [int(number) for number, _, _ in events] == list(range(5, 5 + len(events)))
    return events


def test_what_a_later_version_keeps_of_a_learner_is_exported_handed_over_and_erased_by_this_one(state, database, later):
    for owner in ("anna", "bert"):
        state.conversations.add(Conversation(f"c-{owner}", owner=owner), replace(TURN, id=f"t-{owner}"), None)
    assert ended(command(later, database, "migrate"))[0] == 0
    with state.engine.begin() as connection:
        for owner in ("anna", "bert"):
            fill_later(connection, owner, f"t-{owner}")
    exported = state.learners.export("anna")
    assert [row["words"] for row in (*exported["notes"], *exported["marks"])] == ["of anna"] * 2
    assert [row["topic"] for row in exported["conversations"]] == ["unknown"]
    assert exported["conversations"][0]["touched_at"].utcoffset().total_seconds() == 0
    state.wechat_people.link("anna", "o-anna")
    assert state.learners.export("anna")["notes"] == []
    assert state.learners.erase("o-anna")["notes"] == 1
    assert rows(state.engine, "notes", "marks", "turns") == {"notes": 1, "marks": 1, "turns": 1}
    state.conversations.forget("c-bert")
    assert rows(state.engine, "notes", "marks") == {"notes": 1, "marks": 0}


def test_a_migration_steps_back_from_a_table_that_is_held_and_nobody_waits_long_behind_it(postgres_url, later):
    state = open_state(postgres_url, conversation_days=30)
    state.conversations.add(Conversation("c"), TURN, None)
    stop, took = threading.Event(), []

    def write():
        while not stop.is_set():
            began = time.monotonic()
            state.conversations.add(Conversation("c"), replace(TURN, id=f"t{began}"), None)
            took.append(time.monotonic() - began)
            time.sleep(0.02)

    writing = threading.Thread(target=write)
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as reading:
        reading.execute("SELECT count(*) FROM turns")  # as a backup does, for as long as it takes
        migrating = command(later, postgres_url, "migrate")
        writing.start()
        try:
            for is_waiting in (True, False):
                deadline = time.monotonic() + 60
                while is_migration_waiting(state.engine) != is_waiting:
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
        finally:
            stop.set()
            writing.join()
    code, told = ended(migrating)
    assert (code, "holds a table" in told) == (0, True)
    assert max(took) < 2.5
    assert state.conversations.write_down() == 0
    assert shape(state.engine) == LATER
    state.close()


def is_migration_waiting(engine):
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE turns%'"
    with engine.connect() as connection:
        return connection.scalar(text(waiting)) > 0


SLEEPS = """
import os, time


def upgrade():
    op.add_column("turns", sa.Column("mood", sa.String(16)))
    if os.environ.get("SLEEPS"):
        open(os.environ["SLEEPS"], "w").close()
        time.sleep(60)
    op.create_table("notes", sa.Column("id", sa.String(36), primary_key=True), sa.Column("owner", sa.String(64)))


def downgrade():
    pass
"""


def test_a_migration_killed_half_way_leaves_nothing_and_two_that_start_at_once_do_it_once(
    state, database, tmp_path, monkeypatch
):
    (folder := tmp_path / "later").mkdir()
    later = later_version(folder, SLEEPS)
    state.conversations.add(Conversation("c"), TURN, None)
    before = shape(state.engine)
    monkeypatch.setenv("SLEEPS", str(tmp_path / "asleep"))
    half = command(later, database, "migrate")
    deadline = time.monotonic() + 30
    while not (tmp_path / "asleep").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    half.kill()
    half.communicate()
    monkeypatch.delenv("SLEEPS")
    assert (tmp_path / "asleep").exists()
    assert shape(state.engine) == before
    assert "mood" not in {column["name"] for column in inspect(state.engine).get_columns("turns")}
    assert state.conversations.load("c").turns == (TURN,)
    both = [command(later, database, "migrate") for _ in range(2)]
    assert [ended(one)[0] for one in both] == [0, 0]
    assert shape(state.engine) == LATER
    assert state.conversations.load("c").turns == (TURN,)


def test_turns_wait_while_the_tables_are_taken_back_below_this_version(state, caplog):
    migrate(state.engine, "0003")
    with ThreadPoolExecutor(4) as learners:
        turns = [replace(TURN, id=f"t{number}") for number in range(4)]
        list(learners.map(lambda turn: state.conversations.add(Conversation("c"), turn, None), turns))
    assert {turn.id for turn in state.conversations.load("c").turns} == {turn.id for turn in turns}
    migrate(state.engine)
    deadline = time.monotonic() + 10
    while state.conversations.write_down() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert {turn.id for turn in state.conversations.whole("c")} == {turn.id for turn in turns}
    assert is_sqlite(state.engine) or "taken back" in caplog.text


def test_an_operator_is_told_what_leads_nowhere_and_a_backup_changes_no_table(
    state, database, later, tmp_path, monkeypatch
):
    def of_this_version(*arguments, over=database):
        where = ("COMPANION_DATA_DIR", str(over.parent)) if isinstance(over, Path) else ("COMPANION_DATABASE_URL", over)
        monkeypatch.setenv(*where)
        told = CliRunner().invoke(commands, list(arguments))
        monkeypatch.delenv(where[0])
        return told.exit_code, told.output

    backup = str(tmp_path / "backup.gz")
    migrate(state.engine, "0004")
    assert of_this_version("backup", backup)[0] == 0
    assert shape(state.engine) == "0004"
    code, told = of_this_version("migrate", "--to", "7000")
    assert (code, "no migration 7000" in told) == (1, True)
    migrate(state.engine)
    before = shape(state.engine)
    assert ended(command(later, database, "migrate"))[0] == 0
    assert of_this_version("backup", backup)[0] == 0
    assert f"the tables are at {LATER}" in of_this_version("migrate")[1]
    code, told = of_this_version("migrate", "--to", "0003")
    assert (code, "only the version that brought them there" in told) == (1, True)
    assert ended(command(later, database, "migrate", "--to", before))[0] == 0
    assert shape(state.engine) == before
    (tmp_path / "empty").mkdir()
    code, told = of_this_version("restore", backup, over=tmp_path / "empty" / "state.db")
    assert (code, f"no migration {LATER}" in told) == (1, True)
    code, told = of_this_version("backup", backup, over=tmp_path / "none" / "state.db")
    assert (code, "is empty" in told) == (1, True)


def test_a_request_is_the_same_one_to_a_version_that_knows_of_more():
    @dataclass(frozen=True, slots=True)
    class LaterAsk(Ask):
        tone: str = "plain"

    ask, later = Ask(LOST, learner="anna"), LaterAsk(LOST, learner="anna")
    assert _digest(later) == _digest(ask)
    assert _digest(replace(later, tone="kind")) != _digest(ask)
    assert _digest(replace(ask, style="quiz")) != _digest(ask)
