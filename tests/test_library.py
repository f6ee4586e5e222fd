import json
from pathlib import Path

import pytest

from course_index.sources.folder import natural_order
from course_index.sources.library import read_library
from tests import exported

GOOD = {"id": "good", "title": "好课", "provider": "校"}


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(*paths: Path, known=None):
    return read_library(list(paths), known or {})


def notices(library):
    return " | ".join(f"{notice.where}: {notice.what}" for notice in library.notices)


def test_a_folder_of_lessons_is_one_course_called_after_its_front_page(tmp_path):
    write(tmp_path / "kurs" / "index.md", "# 我的课\n\n介绍。")
    write(tmp_path / "kurs" / "chapter_10" / "a.md", "# 十\n\n正文。")
    write(tmp_path / "kurs" / "chapter_2" / "a.md", "# 二\n\n正文。")
    (draft,) = read(tmp_path / "kurs").drafts
    assert (draft.course.id, draft.course.title, draft.course.provider) == ("kurs", "我的课", None)
    assert [lesson.relative for lesson in draft.lessons] == ["index.md", "chapter_2/a.md", "chapter_10/a.md"]


def test_a_broken_catalogue_line_is_named_and_the_rest_is_read(tmp_path):
    lines = [
        json.dumps(GOOD),
        "{not json",
        json.dumps({"id": "x", "title": "没有机构"}),
        json.dumps({**GOOD, "id": "y", "level": 9}),
        '{"id": "z", "title": "数", "provider": "甲", "hours": ' + "1" * 5_000 + "}",
        json.dumps({**GOOD, "id": "u", "summary": "一行\u2028又一行"}, ensure_ascii=False),
    ]
    library = read(write(tmp_path / "c.jsonl", "\n".join(lines)))
    assert [draft.course.id for draft in library.drafts] == ["good", "u"]
    said = notices(library)
    assert "c.jsonl:2: this is not JSON" in said
    assert "c.jsonl:3: provider: Field required" in said
    assert "c.jsonl:4: level:" in said
    assert "c.jsonl:5: this is not JSON" in said


def test_a_notice_never_repeats_what_a_record_holds(tmp_path):
    library = read(write(tmp_path / "c.jsonl", json.dumps({**GOOD, "level": "SECRET-13800138000"})))
    assert "SECRET" not in notices(library)


def test_an_id_that_stands_twice_or_belongs_to_another_source_is_refused(tmp_path):
    library = read(write(tmp_path / "c.jsonl", "\n".join([json.dumps(GOOD)] * 2)), known={})
    assert len(library.drafts) == 1
    assert "stands twice" in notices(library)
    library = read(tmp_path / "c.jsonl", known={"good": "/elsewhere/c.jsonl"})
    assert not library.drafts
    assert "/elsewhere/c.jsonl" in notices(library)


@pytest.mark.parametrize("content", ["../outside", "/etc", "missing", "../../etc/passwd"])
def test_content_outside_or_missing_is_refused_by_name(tmp_path, content):
    write(tmp_path / "outside" / "a.md", "# 外\n\n正文。")
    library = read(write(tmp_path / "in" / "c.jsonl", json.dumps({**GOOD, "content": content})).parent)
    assert not library.drafts
    assert "c.jsonl:1" in notices(library)


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    secret = write(tmp_path / "secret.md", "# 秘密\n\n密码。")
    write(tmp_path / "kurs" / "a.md", "# 甲\n\n正文。")
    (tmp_path / "kurs" / "b.md").symlink_to(secret)
    (tmp_path / "kurs" / "c").symlink_to(tmp_path / "kurs")
    library = read(tmp_path / "kurs")
    assert [lesson.relative for lesson in library.drafts[0].lessons] == ["a.md"]
    assert "b.md: it links to a place outside" in notices(library)
    assert "c: it links to a folder" in notices(library)


def test_empty_folders_missing_paths_and_unread_formats_are_reported(tmp_path):
    (tmp_path / "empty").mkdir()
    write(tmp_path / "mixed" / "a.md", "# 甲\n\n正文。")
    write(tmp_path / "mixed" / "b.psd", b"8BPS")
    write(tmp_path / "mixed" / "c.psd", b"8BPS")
    said = notices(read(tmp_path / "empty", tmp_path / "nowhere", tmp_path / "mixed"))
    assert "the folder has no files" in said
    assert "nothing at this path" in said
    assert "b.psd, c.psd: this format (.psd) is not read" in said


def test_a_table_that_is_no_catalogue_is_told_what_it_lacks(tmp_path):
    for number in range(5):
        write(tmp_path / f"{number}.csv", "a,b\n1,2\n")
    said = notices(read(tmp_path))
    assert "0.csv, 1.csv, 2.csv and 2 more: no column is a course's title" in said
    assert "map its columns in a sources file" in said


def test_signs_that_are_no_letters_cost_no_record(tmp_path):
    write(tmp_path / "c.csv", "title,university\n网络安全① ½,(ISC)² 学院\n")
    (draft,) = read(tmp_path / "c.csv").drafts
    assert (draft.course.title, draft.course.provider) == ("网络安全① ½", "(ISC)² 学院")


def test_two_folders_of_one_name_get_two_ids_and_keep_them(tmp_path):
    for parent in ("one", "two"):
        write(tmp_path / parent / "zh" / "a.md", "# 甲\n\n正文。")
    first = read(tmp_path / "one" / "zh", tmp_path / "two" / "zh")
    assert [draft.course.id for draft in first.drafts] == ["zh", "zh-2"]
    known = {draft.course.id: draft.source for draft in first.drafts}
    again = read(tmp_path / "two" / "zh", known=known)
    assert again.drafts[0].course.id == "zh-2"


def test_exports_with_one_id_are_told_apart_in_the_order_of_their_names(tmp_path):
    for number in range(1, 11):
        exported.write(tmp_path / f"export-{number}", exported.cmi5())
    found = {draft.source.rsplit("-", 1)[-1]: draft.course.id for draft in read_library([tmp_path], {}).drafts}
    own = found["1"]
    assert found == {"1": own} | {str(number): f"{own}-{number}" for number in range(2, 11)}


def test_a_file_that_is_no_catalogue_does_not_flood_the_report(tmp_path):
    library = read(write(tmp_path / "c.jsonl", "\n".join(["{}"] * 5_000)))
    assert len(library.notices) == 21
    assert "4980 more records have problems" in library.notices[-1].what


def test_natural_order_counts_as_people_do():
    assert sorted(["b10", "b9", "a", "index.md"], key=natural_order) == ["index.md", "a", "b9", "b10"]


def catalogue(tmp_path, text):
    library = read(write(tmp_path / "c.csv", text))
    return [draft.course for draft in library.drafts], notices(library)


@pytest.mark.parametrize(
    ("cell", "price"),
    [
        ("480", (480, "CNY")), ("1,200元", (1200, "CNY")), ("￥49.5", (49.5, "CNY")), ("480元/人", (480, "CNY")),
        ("RMB 480", (480, "CNY")), ("免费", (0, "CNY")), ("$49", (49, "USD")), ("US$49", (49, "USD")),
        ("HK$480", (480, "HKD")), ("480港元", (480, "HKD")), ("€200", (200, "EUR")), ("200 EUR", (200, "EUR")),
        ("£30", (30, "GBP")),
    ],
)  # fmt: skip
def test_a_price_is_in_the_currency_that_the_cell_names(tmp_path, cell, price):
    (course,), said = catalogue(tmp_path, f'课程名称,学校,费用\n甲,校,"{cell}"\n')
    assert (course.price.amount, course.price.currency) == price
    assert not said


@pytest.mark.parametrize("cell", ["-100", "约480元", "480元起", "C$49", "€1.200", "1.200,50 €", "$49元", "100-200"])
def test_a_price_that_is_not_certain_is_left_out_and_told(tmp_path, cell):
    (course,), said = catalogue(tmp_path, f'课程名称,学校,费用\n甲,校,"{cell}"\n')
    assert course.price is None
    assert "column 费用: no certain value in 2" in said


def test_a_heading_may_name_the_currency(tmp_path):
    (course,), _ = catalogue(tmp_path, "课程名称,学校,价格（美元）\n甲,校,49\n")
    assert course.price.currency == "USD"
    (course,), said = catalogue(tmp_path, "课程名称,学校,价格（万元）\n甲,校,2\n")
    assert course.price is None
    assert "价格（万元）" in said


@pytest.mark.parametrize(
    ("heading", "cell", "hours"),
    [
        ("学时", "45", 45), ("学时", "共1,020学时", 1020), ("课时（分钟）", "45", .75), ("课时（分钟）", "90分钟", 1.5),
        ("Duration (weeks)", "8", None), ("学时", "约3", None), ("学时", "-2", None), ("学时", "8周", None),
        ("学时", "3元", None),
    ],
)  # fmt: skip
def test_hours_are_read_where_hours_or_minutes_are_said(tmp_path, heading, cell, hours):
    (course,), said = catalogue(tmp_path, f'课程名称,学校,{heading}\n甲,校,"{cell}"\n')
    assert course.hours == hours
    assert (heading in said) == (hours is None)


def test_cells_that_are_not_read_are_told_once_a_column_and_not_repeated(tmp_path):
    rows = "".join(f"课{number},校,约{number}\n" for number in range(9)) + "丙,校,-\n"
    _, said = catalogue(tmp_path, f"课程名称,学校,学分\n{rows}")
    assert said.count("column 学分") == 1
    assert "2, 3, 4 and 6 more" in said
    assert "约" not in said
