"""Tables of PDF files are read as rows, and nothing else is taken for one."""

import re

from course_index.chunk import cut
from course_index.sources.pdf import read_pdf
from tests.exported import drawn_pdf, ruled, written


def blocks_of(tmp_path, *pages):
    path = tmp_path / "a.pdf"
    path.write_bytes(drawn_pdf(list(pages)))
    return read_pdf(path).blocks


def grid(xs, ys):
    return [ruled(xs[0], y, xs[-1], y) for y in ys] + [ruled(x, ys[0], x, ys[-1]) for x in xs]


def cells(xs, y, *said):
    return [written(x + 4, y, words) for x, words in zip(xs, said, strict=False) if words]


def test_a_ruled_table_says_in_each_row_what_a_cell_over_several_says_and_its_title_stands_above(tmp_path):
    xs = (60, 160, 260, 360)
    page = [
        written(60, 740, "学费按项目收取，报名前先看下面的表。"),
        *(ruled(60, y, 360, y) for y in (700, 680, 660, 600)),
        ruled(160, 620, 360, 620),  # 教材 stands over two rows
        *(ruled(x, 600, x, 700 if x in (60, 360) else 680) for x in xs),  # the first row is one cell
        *cells((150,), 685, "费用明细"),
        *cells(xs, 665, "项目", "类别", "金额"),
        *cells(xs, 645, "教材", "自费的学员", "80"),
        written(164, 630, "要自己带"),
        *cells(xs, 605, "", "公费", "0"),
        written(60, 570, "以上标准自一月起执行。"),
    ]
    said = [(block.kind, block.text) for block in blocks_of(tmp_path, page)]
    assert said == [
        ("paragraph", "学费按项目收取，报名前先看下面的表。"),
        ("paragraph", "费用明细"),
        (
            "table",
            "| 项目 | 类别 | 金额 |\n| --- | --- | --- |\n| 教材 | 自费的学员要自己带 | 80 |\n| 教材 | 公费 | 0 |",
        ),
        ("paragraph", "以上标准自一月起执行。"),
    ]


def test_columns_that_stand_apart_are_a_table_and_prose_in_columns_and_lists_are_not(tmp_path):
    xs = (60, 160, 260)
    table = [
        *cells(xs, 700, "险种", "单位", "个人"),
        *cells(xs, 680, "养老", "16%", "8%"),
        *cells(xs, 660, "医疗", "5.5%", "2%"),
        *cells(xs, 640, "工伤", "1%上下", "不缴"),
        written(164, 626, "按行业定"),
    ]
    prose = [written(x, y, "电动自行车充电时要放在室外通风的地方") for y in range(740, 500, -20) for x in (40, 320)]
    numbered = [
        order
        for n in range(1, 6)
        for order in (written(60, 700 - 20 * n, f"{n}."), written(90, 700 - 20 * n, "看标签"))
    ]
    chapters = [
        order
        for n, name in enumerate(("总则", "管理", "附则"))
        for order in (written(60, 700 - 20 * n, f"第{'一二三'[n]}章"), written(120, 700 - 20 * n, name))
    ]
    below = [
        order
        for n, row in enumerate((("工种", "补贴"), ("育婴员", "一千五"), ("保育师", "一千八")))
        for order in cells((60, 160), 560 - 20 * n, *row)
    ]
    both = [block.text for block in blocks_of(tmp_path, [*table, *below]) if block.kind == "table"]
    assert both[1] == "| 工种 | 补贴 |\n| --- | --- |\n| 育婴员 | 一千五 |\n| 保育师 | 一千八 |"
    read = [block.text for block in blocks_of(tmp_path, table) if block.kind == "table"]
    assert read == [
        "| 险种 | 单位 | 个人 |\n| --- | --- | --- |\n| 养老 | 16% | 8% |\n| 医疗 | 5.5% | 2% |\n"
        "| 工伤 | 1%上下按行业定 | 不缴 |"
    ]
    for page in (prose, numbered, chapters):
        assert not [block for block in blocks_of(tmp_path, page) if block.kind == "table"]


def test_what_is_drawn_and_holds_no_words_is_no_table(tmp_path):
    plot = [
        *grid(range(60, 300, 40), range(500, 700, 40)),
        written(70, 720, "速度曲线"),
        written(70, 480, "0 10 20 30"),
    ]
    assert [block.text for block in blocks_of(tmp_path, plot)] == ["速度曲线 0 10 20 30"]


def test_a_table_that_goes_on_has_its_headings_on_each_page(tmp_path):
    xs = (60, 160, 260)

    def page(rows):
        ys = [760 - 20 * n for n in range(len(rows) + 1)]
        return [*grid(xs, ys), *(order for n, row in enumerate(rows) for order in cells(xs, 745 - 20 * n, *row))]

    rows = [("城市", "最低工资"), *((f"第{n}市", f"{1000 + n}元") for n in range(40))]
    blocks = blocks_of(tmp_path, page(rows[:30]), page(rows[30:]))
    assert [block.text.splitlines()[0] for block in blocks] == ["| 城市 | 最低工资 |"] * 2
    assert sum(len(re.findall(r"\d{4}元", block.text)) for block in blocks) == 40
    path = tmp_path / "a.pdf"
    piece = next(one for one in cut(read_pdf(path), "a") if "第35市" in one.text)
    assert (piece.locator, piece.text.splitlines()[0]) == ("第2页", "| 城市 | 最低工资 |")
