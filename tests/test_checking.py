"""The provider's report: what would go in, what not, and what would make it easier to find."""

import json

import pytest
from typer.testing import CliRunner

from course_index.checking import check_as_html, check_as_plain, check_as_text, check_sources
from course_index.cli import app
from tests import exported

LONG = "。".join(f"第{n}步要把快件放平，对准标签，再扫一次码，听到响声才放手" for n in range(12)) + "。"


@pytest.fixture
def folder(tmp_path):
    exported.tarred(tmp_path / "rider.olx.tar.gz", exported.olx())
    lessons = tmp_path / "kurs"
    lessons.mkdir()
    (lessons / "a.md").write_text(f"# 扫码\n\n{LONG}\n\n看[称重](b.md)和[不在的一课](missing.md)。\n", "utf-8")
    (lessons / "b.md").write_text(f"# 扫码（副本）\n\n{LONG}\n", "utf-8")
    (lessons / "c.md").write_text("# 短\n\n太短。\n", "utf-8")
    (lessons / "d.pdf").write_bytes(b"%PDF-1.4 broken")
    return tmp_path


def test_the_report_counts_what_would_go_in_and_names_what_would_not(folder):
    check = check_sources([folder])
    plain = check_as_plain(check)
    rider = next(course for course in plain["courses"] if course["id"] == exported.RIDER)
    assert (rider["outline"]["chapter"], rider["outline"]["sequential"], rider["lessons"]) == (2, 2, 3)
    assert rider["questions"] == 1
    assert [one["where"].rsplit("/", 1)[-1] for one in plain["left_out"]] == ["d.pdf"]
    assert [one["where"].rsplit("/", 1)[-1] for one in plain["thin_lessons"]][-1] == "c.md"
    assert [one["link"] for one in plain["dead_links"]] == ["missing.md"]
    assert any("b.md" in one["passage"] and "a.md" in one["of"] for one in plain["near_duplicates"])
    assert not any("c.md" in one["passage"] for one in plain["near_duplicates"])
    assert plain["missing_fields"]["provider"] == 1
    assert not plain["sound"]
    text = check_as_text(check)
    assert "Left out (1)" in text
    assert "2 chapter" in text


def test_the_page_is_one_file_that_loads_nothing_and_shows_names_as_names(folder):
    evil = folder / "kurs" / "<img src=x onerror=alert(1)>.md"
    evil.write_text("# <script>alert(1)</script>\n\n正文。\n", "utf-8")
    page = check_as_html(check_sources([folder]))
    assert "<img" not in page
    assert "<script" not in page
    assert "http" not in page
    assert page.count("<rect") > 5


def test_two_processes_report_what_one_does(folder):
    one, two = (check_as_plain(check_sources([folder], workers)) for workers in (1, 2))
    assert one == two


def test_the_command_writes_text_json_and_a_page_and_ends_with_1_when_something_is_left_out(folder, tmp_path):
    run = CliRunner().invoke
    told = run(app, ["check", str(folder)])
    assert (told.exit_code, "d.pdf" in told.output) == (1, True)
    as_json = run(app, ["check", str(folder), "--json", "--html", str(tmp_path / "report.html")])
    assert json.loads(as_json.stdout)["totals"]["lessons"] == 6
    assert (tmp_path / "report.html").read_text("utf-8").startswith("<!doctype html>")
    (folder / "kurs" / "d.pdf").unlink()
    assert run(app, ["check", str(folder)]).exit_code == 0
