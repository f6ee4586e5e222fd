import openpyxl
import pytest

from course_index.sources.library import read_library
from course_index.sources.spreadsheet import read_spreadsheet


def workbook(path, sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if len(rows[0]) == 1:
            sheet.merge_cells("A1:C1")
    book.save(path)
    return path


PRICES = [["广东省农作物收购价公告"], ["品种", "一级价", "二级价"], ["荔枝", 12.5, 9], ["龙眼", 8, 6]]
TEA = [["茶叶", "一级价", "二级价"], ["英红九号", 300, 180]]


def test_a_title_over_the_table_and_every_sheet_of_a_lesson_are_read(tmp_path):
    document = read_spreadsheet(workbook(tmp_path / "收购价.xlsx", {"水果": PRICES, "茶叶": TEA}))
    assert [(block.kind, block.text.splitlines()[-1]) for block in document.blocks] == [
        ("heading", "水果"),
        ("heading", "广东省农作物收购价公告"),
        ("table", "| 龙眼 | 8 | 6 |"),
        ("heading", "茶叶"),
        ("table", "| 英红九号 | 300 | 180 |"),
    ]
    assert document.blocks[2].text.startswith("| 品种 | 一级价 | 二级价 |")


def test_columns_without_a_heading_and_with_the_same_one_stay_in_a_lesson(tmp_path):
    rows = [["品种", "价", "价"], ["荔枝", 1, 2, "缺货"], ["龙眼", 3, 4]]
    (block,) = read_spreadsheet(workbook(tmp_path / "a.xlsx", {"表": rows})).blocks
    assert "| 荔枝 | 1 | 2 | 缺货 |" in block.text


def test_a_line_of_two_cells_over_a_wide_table_is_not_its_headings(tmp_path):
    rows = [["收费公示", None, None, None, "单位：元"], ["一", "二", "三", "四", "五"], [1, 2, 3, 4, 5]]
    blocks = read_spreadsheet(workbook(tmp_path / "a.xlsx", {"表": rows})).blocks
    assert blocks[-1].text.startswith("| 一 | 二 | 三 | 四 | 五 |")
    assert blocks[0].text == "收费公示 单位：元"


def courses(*titles):
    return [["课程名称", "开课单位", "学时"], *([title, "校", 8] for title in titles)]


def test_the_courses_of_every_sheet_go_in_and_a_sheet_of_notes_is_told(tmp_path):
    sheets = {
        "2026春": [["2026年春季开课表"], *courses("插秧", "育秧")],
        "2026秋": [*courses("晒田"), [None, "校", 8]],
        "说明": [["填表说明"], ["请填写完整"]],
    }
    library = read_library([workbook(tmp_path / "c.xlsx", sheets)], {})
    assert [draft.course.title for draft in library.drafts] == ["插秧", "育秧", "晒田"]
    said = [f"{one.where} {one.what}" for one in library.notices]
    assert any("c.xlsx:说明 this sheet is left out" in one for one in said)
    assert any("c.xlsx:2026秋!3 " in one for one in said)


def test_a_catalogue_may_begin_on_the_second_sheet(tmp_path):
    library = read_library([workbook(tmp_path / "c.xlsx", {"封面": [["课程目录"]], "课程": courses("插秧")})], {})
    assert [draft.course.title for draft in library.drafts] == ["插秧"]


def test_hidden_sheets_stay_out(tmp_path):
    path = workbook(tmp_path / "c.xlsx", {"a": courses("插秧"), "b": courses("内部")})
    book = openpyxl.load_workbook(path)
    book["b"].sheet_state = "hidden"
    book.save(path)
    assert [draft.course.title for draft in read_library([path], {}).drafts] == ["插秧"]


@pytest.mark.parametrize(
    ("shown_as", "currency"),
    [("General", "CNY"), ('"US$"#,##0.00', "USD"), ("[$HK$-C04]#,##0", "HKD"), ("[$€-2] #,##0", "EUR"),
     ("¥#,##0", "CNY"), ("[$-804]0.00", "CNY")],
)  # fmt: skip
def test_the_currency_that_excel_shows_is_the_price_s(tmp_path, shown_as, currency):
    path = workbook(tmp_path / "c.xlsx", {"a": [["课程名称", "学校", "费用"], ["插秧", "校", 49]]})
    book = openpyxl.load_workbook(path)
    book["a"]["C2"].number_format = shown_as
    book.save(path)
    (draft,) = read_library([path], {}).drafts
    assert (draft.course.price.amount, draft.course.price.currency) == (49, currency)


def test_a_workbook_that_is_no_catalogue_is_told_as_a_table_in_a_folder_and_not_unpacked(tmp_path):
    workbook(tmp_path / "收购价.xlsx", {"水果": PRICES})
    (tmp_path / "a.md").write_text("# 荔枝\n\n正文。", "utf-8")
    (told,) = read_library([tmp_path], {}).notices
    assert "收购价.xlsx: no column is a course's title" in told.what


def test_a_workbook_that_is_broken_is_told_once(tmp_path):
    (tmp_path / "c.xlsx").write_text("课程名称,学校\n插秧,校\n", "utf-8")
    (tmp_path / "a.md").write_text("# 荔枝\n\n正文。", "utf-8")
    (told,) = read_library([tmp_path], {}).notices
    assert "a table .csv" in told.what


def test_what_a_cell_over_several_rows_says_is_said_of_each_of_them(tmp_path):
    book = openpyxl.Workbook()
    rows = [
        ["2026 年秋季课程"],
        ["学校", "课程名称", "学时"],
        ["", "", "（小时）"],
        ["甲校", "电工", 40],
        ["", "焊工", 20],
        ["乙校", "月嫂", 30],
    ]
    for row in rows:
        book.active.append(row)
    for cells in ("A1:C1", "A2:A3", "B2:B3", "A4:A5"):
        book.active.merge_cells(cells)
    book.save(tmp_path / "a.xlsx")
    library = read_library([tmp_path / "a.xlsx"], {})
    courses = [(draft.course.provider, draft.course.title) for draft in library.drafts]
    assert courses == [("甲校", "电工"), ("甲校", "焊工"), ("乙校", "月嫂")]
