import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from api import serve
from companion.starting import SAMPLES, StartersUnreadable, Starting, _about, read_starters

API = Path(__file__).parent.parent / "api.py"


@pytest.mark.parametrize("text", ["[]", '{"en": "one"}', '{"en": [" "]}', '{"en": [5]}', "no json", ""])
def test_a_file_of_starting_questions_that_cannot_be_used_is_named(tmp_path, text):
    path = tmp_path / "starters.json"
    path.write_text(text, "utf-8")
    with pytest.raises(StartersUnreadable, match=r"starters\.json"):
        read_starters(path)
    with pytest.raises(StartersUnreadable):
        read_starters(tmp_path / "none.json")


def test_questions_that_the_library_does_not_answer_are_not_shown(index):
    told = {"zh-Hans": ("火星上怎么种土豆", "快件丢了谁来赔")}
    found = Starting(index, told).questions("zh-Hans")
    assert "快件丢了谁来赔" in found
    assert "火星上怎么种土豆" not in found


def test_an_audience_gets_questions_of_its_courses_and_a_wish_for_more(index):
    found = Starting(index, read_starters(SAMPLES)).questions("zh-Hant", "courier")
    assert found[-1] == "有適合快遞員和騎手的課程嗎？"
    assert len(found) > 1


def test_an_audience_gets_the_written_questions_that_its_courses_answer(index):
    written = {"zh-Hans": ("快件丢了谁来赔", "链表为什么按下标访问很慢", "快递员和骑手的快件丢了谁来赔")}
    youth = Starting(index, written).questions("zh-Hans", "youth")
    assert youth[0] == "链表为什么按下标访问很慢"
    assert not any("快件" in question for question in youth)
    couriers = Starting(index, written).questions("zh-Hans", "courier")
    assert couriers[0] == "快件丢了谁来赔"
    assert written["zh-Hans"][2] not in couriers  # who they are is known


@pytest.mark.parametrize(
    ("heading", "question"),
    [
        ("什么是保价", "什么是保价？"),
        ("快件丢了怎么办", "快件丢了怎么办？"),
        ("雨天怎样骑", "雨天怎样骑？"),
        ("谁来赔？", "谁来赔？"),
        ("保价规则", "“保价规则”讲了什么？"),
        ("几何图形", "“几何图形”讲了什么？"),
    ],
)
def test_a_heading_that_asks_is_a_question_as_it_stands(heading, question):
    assert _about(heading, "zh-Hans") == question


def test_a_courses_page_offers_practice_and_a_plan_in_the_learners_language(index):
    starting = Starting(index, {})
    assert starting.questions("en", course_id="heaps")[-2:] == [
        "Quiz me on this course",
        "Make me a study plan for three hours a week",
    ]
    assert starting.questions("en", course_id="none") == []


def test_what_the_library_does_not_know_costs_nothing_more(index):
    starting = Starting(index, {"zh-Hans": ("快件丢了谁来赔",)})
    plain = starting.questions("zh-Hans")
    for number in range(5):
        assert starting.questions("zh-Hans", f"nobody-{number}") == plain
        assert starting.questions("zh-Hans", course_id=f"none-{number}") == []
    assert starting.questions("zh-Hans", course_id="lion-dance") == plain  # a record without lessons
    of_course = starting.questions("zh-Hans", course_id="parcels")
    assert starting.questions("zh-Hans", course_id="parcels", lesson_id="none") == of_course
    assert starting._worked_out.cache_info().misses == 2  # the library and the course


@pytest.fixture
def ended(monkeypatch, tmp_path):
    """What the command says of these settings, and its exit code; it is not to serve."""

    def served(*_args, **_kwargs):
        raise AssertionError("it serves")

    monkeypatch.setattr("uvicorn.run", served)
    monkeypatch.setattr("api.log_to_stderr", lambda _format: None)  # it would keep this test's
    app = typer.Typer()
    app.command()(serve)

    def run(*arguments, **told):
        told.setdefault("data_dir", tmp_path)
        environment = {f"COMPANION_{name.upper()}": str(value) for name, value in told.items()}
        return CliRunner().invoke(app, list(arguments), env=environment)

    return run


@pytest.mark.parametrize("name", ["starters", "occupations", "credit_rules", "moderation_rules"])
def test_an_operators_file_that_cannot_be_used_is_told_in_one_line_at_the_start(ended, tmp_path, name):
    (tmp_path / "bad.json").write_text('{"x": 1}', "utf-8")
    told = ended(**{name: tmp_path / "bad.json"})
    assert told.exit_code == 2
    (line,) = told.stderr.strip().splitlines()
    assert "bad.json" in line


def test_a_service_that_cannot_start_says_in_one_line_what_to_do(ended, tmp_path):
    (tmp_path / "file").write_text("no folder", "utf-8")
    told = ended(data_dir=tmp_path / "file")
    assert (told.exit_code, "COMPANION_DATA_DIR" in told.stderr) == (2, True)
    told = ended(moderation_rules="gone.toml")
    assert (told.exit_code, "gone.toml" in told.stderr) == (2, True)


def test_it_does_not_start_where_others_could_reach_it_unknown(ended):
    told = ended("--host", "0.0.0.0")
    assert (told.exit_code, "COMPANION_SESSION_SECRET" in told.stderr) == (2, True)


def test_several_workers_over_vectors_of_one_process_are_refused_with_the_way_out(ended):
    told = ended("--workers", "2")
    assert (told.exit_code, "COMPANION_CHROMA_URL" in told.stderr) == (2, True)


def test_its_process_ends_without_a_trace_or_a_secret(tmp_path):
    told = {**os.environ, "COMPANION_DATABASE_URL": "postgresql://u:geheim@127.0.0.1:9/x"}
    command = {"args": [sys.executable, API], "cwd": tmp_path, "env": told}
    done = subprocess.run(**command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "COMPANION_DATABASE_URL" in done.stderr.strip().splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert "geheim" not in done.stderr
