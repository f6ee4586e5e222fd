import gzip
import os
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from companion.conversation import Conversation
from companion.state.backup import BackupProblem, back_up, restore
from companion.state.cli import commands
from companion.state.database import migrate
from companion.state.state import open_state
from companion.state.wechat_inbox import Arrival
from companion.state.wechat_people import Quota
from tests.test_state import LOGGED, TURN


@pytest.fixture
def full(database):
    state = open_state(database, conversation_days=30)
    state.conversations.add(Conversation("c", owner="anna"), TURN, None)
    state.feedback.give("anna", TURN.id, "down", ("wrong",), "不对\u2028\"'")
    state.complaints.make("anna", "complaint", "投诉", None)
    state.learners.change("anna", {"age_band": "adult", "consent_version": "1"})
    state.turn_log.write(LOGGED)
    state.audit.record("a-1", "exported")
    state.wechat_inbox.add([arrival("1"), arrival("2")], Quota())
    yield state
    state.close()


def arrival(id_):
    return Arrival(f"k-{id_}", f"n-{id_}", "p", "sealed", "text", "你好", datetime.now(UTC))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_of_either_database_comes_back_in_either(full, kind, postgres, tmp_path):
    counts = back_up(full.engine, tmp_path / "state.jsonl.gz")
    with postgres.database() as url:
        there = url.replace("postgresql://", "postgresql+psycopg://")
        other = open_state(tmp_path / "other.db" if kind == "sqlite" else there, conversation_days=30)
        assert restore(other.engine, tmp_path / "state.jsonl.gz") == counts
        assert other.learners.export("anna") == full.learners.export("anna")
        assert other.conversations.load("c") == full.conversations.load("c")
        assert other.audit.entries() == full.audit.entries()
        assert other.audit.first_broken() is None
        assert other.wechat_inbox.add([arrival("2"), arrival("3")], Quota()) == ["again", "new"]  # and life goes on
        other.close()


def test_what_learners_said_is_for_the_owner_of_the_files_alone(tmp_path):
    before = os.umask(0o022)
    try:
        state = open_state(tmp_path / "state.db", conversation_days=30)
        state.conversations.add(Conversation("c", owner="anna"), TURN, None)
        (tmp_path / "backup.gz.part").write_text("of a backup that was killed")
        back_up(state.engine, tmp_path / "backup.gz")
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
        state.close()
    finally:
        os.umask(before)
    assert {"state.db", "state.db-wal", "backup.gz"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def test_a_backup_that_breaks_off_leaves_nothing(full, tmp_path, monkeypatch):
    monkeypatch.setattr("companion.state.backup._plain", lambda value: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        back_up(full.engine, tmp_path / "backup.gz")
    assert not list(tmp_path.glob("backup*"))


def test_a_backup_of_the_version_before_is_brought_up(full, tmp_path):
    migrate(full.engine, "0001")
    back_up(full.engine, tmp_path / "old.jsonl.gz")
    migrate(full.engine)
    fresh = open_state(tmp_path / "fresh.db", conversation_days=30)
    restore(fresh.engine, tmp_path / "old.jsonl.gz")
    assert fresh.conversations.whole("c") == [TURN]
    assert fresh.learners.get("anna").age_band is None
    fresh.close()


def broken_off(file):
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    file.write_bytes(gzip.compress(b"".join(lines[:-1])))


def cut(file):
    file.write_bytes(file.read_bytes()[:-20])


def one_row_less(file):
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    file.write_bytes(gzip.compress(b"".join([*lines[:2], *lines[3:]])))


def something_else(file):
    file.write_bytes(b"SECRET")


@pytest.mark.parametrize("damage", [broken_off, cut, one_row_less, something_else])
def test_of_a_damaged_backup_nothing_is_restored(full, tmp_path, damage):
    back_up(full.engine, tmp_path / "state.jsonl.gz")
    damage(tmp_path / "state.jsonl.gz")
    fresh = open_state(tmp_path / "fresh.db", conversation_days=30)
    with pytest.raises(BackupProblem):
        restore(fresh.engine, tmp_path / "state.jsonl.gz")
    assert fresh.conversations.load("c").turns == ()
    fresh.conversations.add(Conversation("new"), replace(TURN, id="new"), None)  # it can be used
    fresh.close()


def test_a_database_with_rows_is_not_restored_over(full, tmp_path):
    back_up(full.engine, tmp_path / "state.jsonl.gz")
    with pytest.raises(BackupProblem, match="empty"):
        restore(full.engine, tmp_path / "state.jsonl.gz")
    assert full.conversations.whole("c") == [TURN]


def test_the_operators_commands_do_it_all(tmp_path, monkeypatch):
    monkeypatch.setenv("COMPANION_DATA_DIR", str(tmp_path / "data"))
    state = open_state(tmp_path / "data" / "state.db", conversation_days=30)
    state.conversations.add(Conversation("c", owner="l-1"), TURN, None)
    state.close()

    def run(*arguments):
        ended = CliRunner().invoke(commands, list(arguments))
        return ended.exit_code, ended.output

    backup = str(tmp_path / "b.gz")
    assert run("backup", backup)[0] == 0
    assert "empty" in run("restore", backup)[1]
    assert "1 conversations" in run("erase", "l-1")[1]
    code, told = run("audit")
    assert (code, "row 1" in told) == (0, True)
    assert run("audit", "--seal", told.split()[-1])[0] == 0
    assert run("audit", "--seal", "of a row that was cut off")[0] == 1
    assert run("wipe")[0] == run("sweep")[0] == run("migrate", "--to", "0001")[0] == run("migrate")[0] == 0
    monkeypatch.setenv("COMPANION_DATA_DIR", str(tmp_path / "other"))
    assert "1 conversations" in run("restore", backup)[1]
    assert run("restore", str(tmp_path / "missing.gz"))[0] == 1
