import errno
import os
import shutil
import sqlite3

import pytest
from typer.testing import CliRunner

import companion.cli
import course_index.cli
from companion.build import build
from course_index.errors import IndexDamaged, IndexProblem
from course_index.store.disk import disk_explained
from course_index.store.generations import IndexHome
from retrieval.live import LiveIndex
from tests.conftest import LIBRARY

run = CliRunner()


@pytest.fixture
def data(tmp_path, monkeypatch, embedder):
    monkeypatch.setenv("COMPANION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(course_index.cli, "make_embedder", lambda *_: embedder)
    monkeypatch.setattr(companion.cli, "build", lambda settings, state: build(settings, embedder, state))
    return tmp_path / "data"


@pytest.fixture
def ordered(data, model_folder):
    """The dictionary that the first question would put in order, for five seconds each time."""
    data.mkdir()
    (data / "models").symlink_to(model_folder)


@pytest.mark.usefixtures("ordered")
def test_build_status_ask_and_remove_from_the_terminal(data):
    built = run.invoke(course_index.cli.app, ["build", str(LIBRARY)])
    assert built.exit_code == 0
    assert "the index holds 4 courses" in built.stdout
    again = run.invoke(course_index.cli.app, ["build", str(LIBRARY), "--json"])
    assert '"embedded": 0' in again.stdout
    status = run.invoke(course_index.cli.app, ["status", "--courses"])
    assert "lion-dance" in status.stdout
    asked = run.invoke(companion.cli.app, ["ask", "快件丢了谁来赔"])
    assert "保价规则" in asked.stdout
    assert "[1] 快递服务规则 / 快件赔偿规则 / 第一条, 2026-09-01" in asked.stdout
    assert "extracted" in asked.stdout
    courses = run.invoke(companion.cli.app, ["ask", "有没有醒狮的课"])
    assert "示例数据" in courses.stdout
    removed = run.invoke(course_index.cli.app, ["remove", "parcels"])
    assert removed.stdout.strip() == "removed 1 course"
    assert "保价规则" not in run.invoke(companion.cli.app, ["ask", "快件丢了谁来赔"]).stdout


@pytest.mark.usefixtures("ordered")
def test_chat_goes_on_until_an_empty_line(data, put_library):
    put_library(data)
    talk = run.invoke(companion.cli.app, ["chat"], input="快件丢了谁来赔\nwhat is a binary heap\n\n")
    assert talk.exit_code == 0
    assert talk.stdout.count("extracted") == 2


@pytest.mark.usefixtures("ordered")
def test_what_can_be_mended_is_said_in_a_sentence(data, monkeypatch):
    asked = run.invoke(companion.cli.app, ["ask", "x"])
    assert asked.exit_code == 2
    assert "companion-index build" in asked.output
    assert "Traceback" not in asked.output
    assert run.invoke(course_index.cli.app, ["status"]).exit_code == 2
    assert run.invoke(course_index.cli.app, ["build", "/nowhere"]).exit_code == 1
    monkeypatch.setenv("COMPANION_LLM_MODLE", "SECRET")
    wrong = run.invoke(companion.cli.app, ["ask", "x"])
    assert "COMPANION_LLM_MODEL" in wrong.output
    assert "SECRET" not in wrong.output


def test_a_build_that_could_read_nothing_says_so_by_its_exit_code_and_publishes_nothing(data, put_library, tmp_path):
    put_library(data)
    (tmp_path / "c.csv").write_text("课程,学校\n插秧,校\n", "utf-8")
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[[source]]\nname = "c"\npath = "c.csv"\n[source.columns]\n"没有" = "title"\n', "utf-8")
    feed = tmp_path / "feed.toml"
    feed.write_text('[[source]]\nname = "f"\nfeed = "oai-pmh"\nurl = "http://127.0.0.1:9/oai"\n', "utf-8")
    for source in (tmp_path / "gone", mapping, feed):
        built = run.invoke(course_index.cli.app, ["build", str(source)])
        assert (built.exit_code, "skipped" in built.stdout) == (2, True), built.output
        assert "nothing could be read" in built.stderr
    assert (data / "index" / "CURRENT").read_text() == "1"
    assert not (data / "index" / "draft").exists()


def said_in_a_line(result):
    """The sentence on standard error of a command that ended with 2 and without a trace."""
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    return result.stderr


def test_a_data_folder_that_is_a_file_is_said_in_a_line(data):
    data.write_text("a file", "utf-8")
    for command in (["build", str(LIBRARY)], ["status"], ["remove", "x"]):
        assert "COMPANION_DATA_DIR" in said_in_a_line(run.invoke(course_index.cli.app, command))


def test_a_folder_that_is_not_ours_is_said_in_a_line(data, monkeypatch):
    def denied(*_, **__):
        raise PermissionError(13, "Permission denied", str(data))

    monkeypatch.setattr(course_index.cli, "make_embedder", denied)
    assert "COMPANION_DATA_DIR" in said_in_a_line(run.invoke(course_index.cli.app, ["build", str(LIBRARY)]))


def damage(data):
    (data / "index" / "generations" / "1" / "records.db").write_bytes(os.urandom(100))


def cut(data):
    whole = (data / "index" / "generations" / "1" / "records.db").read_bytes()
    (data / "index" / "generations" / "1" / "records.db").write_bytes(whole[: len(whole) // 2])


def point_nowhere(data):
    (data / "index" / "CURRENT").write_text("7")


@pytest.mark.parametrize("harm", [damage, cut, point_nowhere])
def test_a_damaged_index_is_said_in_a_line_and_can_be_built_anew(data, put_library, harm, embedder):
    put_library(data)
    harm(data)
    for command in (["status"], ["build", str(LIBRARY)], ["remove", "parcels"]):
        assert "--rebuild" in said_in_a_line(run.invoke(course_index.cli.app, command))
    with pytest.raises(IndexDamaged):  # a service that starts on it says the same
        LiveIndex(IndexHome(data), embedder).refresh()
    again = run.invoke(course_index.cli.app, ["build", "--rebuild", str(LIBRARY)])
    assert again.exit_code == 0, again.output
    assert "made anew" in again.stdout
    assert "lion-dance" in run.invoke(course_index.cli.app, ["status", "--courses"]).stdout


def test_an_index_of_a_newer_version_serves_and_is_built_on_by_that_alone(data, put_library, embedder):
    put_library(data)
    with sqlite3.connect(data / "index" / "generations" / "1" / "records.db") as records:
        records.execute("UPDATE alembic_version SET version_num = '9001'")
    records.close()
    for command in (["build", str(LIBRARY)], ["remove", "parcels"]):
        told = said_in_a_line(run.invoke(course_index.cli.app, command))
        assert ("newer version" in told, "9001" in told, "--rebuild" in told) == (True, True, True)
    live = LiveIndex(IndexHome(data), embedder)
    live.refresh()
    assert live.generation == "1"
    live.close()
    again = run.invoke(course_index.cli.app, ["build", "--rebuild", str(LIBRARY)])
    assert (again.exit_code, "made anew" in again.stdout) == (0, True)
    assert run.invoke(course_index.cli.app, ["build", str(LIBRARY)]).exit_code == 0


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/x"), "the disk is full"),
        (shutil.Error([("a", "b", "[Errno 27] File too large: 'b'")]), "the disk is full"),
        (sqlite3.OperationalError("database or disk is full"), "the disk is full"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "COMPANION_DATA_DIR"),
        (PermissionError(errno.EACCES, "Permission denied", "/x/build.lock"), "/x/build.lock: Permission denied"),
    ],
)
def test_trouble_of_the_disk_says_what_to_do(error, told):
    with pytest.raises(IndexProblem, match=told), disk_explained():
        raise error


def test_trouble_that_is_not_the_disk_s_is_not_taken_for_it():
    with pytest.raises(ConnectionResetError), disk_explained():
        raise ConnectionResetError(errno.ECONNRESET, "reset")


@pytest.mark.usefixtures("ordered")
def test_course_text_cannot_steer_the_terminal(tmp_path):
    (tmp_path / "evil.md").write_text("# 电梯安全\n\n电梯困人先按[bold red]警铃[/]，\x1b[2J不要扒门。" * 4, "utf-8")
    run.invoke(course_index.cli.app, ["build", str(tmp_path / "evil.md")])
    asked = run.invoke(companion.cli.app, ["ask", "电梯困人怎么办"])
    assert "[bold red]警铃[/]" in asked.stdout
    assert "\x1b" not in asked.stdout


def test_settings_of_the_service_are_checked_before_it_starts(monkeypatch):
    import api

    monkeypatch.setenv("COMPANION_LLM_BASE_URL", "ftp://x")
    import typer

    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(api.serve)
    started = run.invoke(app, [])
    assert started.exit_code == 2
    assert "http://" in started.output


def test_settings_that_cannot_work_are_said_in_a_sentence_to_the_builder(monkeypatch, tmp_path):
    monkeypatch.setenv("COMPANION_EMBEDDER", "openai")
    built = run.invoke(course_index.cli.app, ["build", str(LIBRARY)])
    assert built.exit_code == 2
    assert "COMPANION_EMBEDDER=openai needs COMPANION_EMBEDDER_MODEL" in built.stderr
