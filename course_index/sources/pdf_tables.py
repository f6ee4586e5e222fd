"""Tables on a page of a PDF, as rows of cells: by the lines that are ruled around cells, or by columns standing apart.

pdfplumber finds ruled ones too, at 60 to 350 ms a page, and by its other strategy takes pages of prose for tables.
"""

import ctypes
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import Any

import pypdfium2

# Left, bottom, right, top, in points: 72 are an inch.
Box = tuple[float, float, float, float]

_PATH, _FORM = 2, 5
_LINE_TO = 0
# Lines so near each other are one: a border is drawn once for each of the cells beside it, or as a thin rectangle.
_NEAR = 3.0
_SHORTEST_RULE = 6.0
# Beyond which the lines of a page are a drawing.
_MOST_RULES, _MOST_CELLS = 3_000, 4_000
# A cell that says so much is a part of a layout.
_LONGEST_CELL = 600
# Words of one cell stand nearer than this many heights of their letters, those of two cells further apart.
_APART = 0.8
# Rows of a table that the next one is held against.
_LOOKED_BACK = 40
# On average, and of each of the first column. Letters count one, Han characters two.
_MOST_WIDTH_OF_CELLS = 36
_HAN = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]")
_MARKER = re.compile(
    r"\W*(?:(?:\d{1,3}\W+)*\d{0,3}|[a-zA-Z]|[一二三四五六七八九十]{1,3}|第[一二三四五六七八九十百零\d]+[章节條条编部]"
    r"|(?:chapter|section) \d+)\W*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PageTable:
    """Rows of cells where they stand on the page; `title` is a first row of one cell over all columns.

    `columns` are where the columns begin and the last one ends.
    """

    box: Box
    rows: tuple[tuple[str, ...], ...]
    columns: tuple[float, ...]
    title: str = ""

    def holds(self, box: Box) -> bool:
        """Whether the middle of `box` is in the table."""
        left, bottom, right, top = self.box
        return left <= (box[0] + box[2]) / 2 <= right and bottom <= (box[1] + box[3]) / 2 <= top

    def goes_on(self, before: "PageTable") -> bool:
        """Whether this one, first on its page, is the rest of the one that the page before ended with."""
        return len(self.columns) == len(before.columns) and all(
            abs(one - other) <= _NEAR for one, other in zip(self.columns, before.columns, strict=True)
        )


def tables_on(page: Any, text: Any, said: Callable[[str], str]) -> list[PageTable]:
    """The tables of a page of pypdfium2 with its text page, from the top down; `said` cleans what a cell says."""
    if page.get_rotation():
        return []  # its rows are columns to pdfium, which tells places as they are before a page is turned
    ruled = list(_ruled(page, text, said))
    boxes = [text.get_rect(number) for number in range(text.count_rects())]
    free = [box for box in boxes if not any(table.holds(box) for table in ruled)]
    return sorted(
        [*ruled, *aligned(free, lambda box: said(text.get_text_bounded(*box)))], key=lambda table: -table.box[3]
    )


# -- ruled -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rule:
    """A line at `at`, from `start` to `end` the other way."""

    at: float
    start: float
    end: float


def _ruled(page: Any, text: Any, said: Callable[[str], str]) -> Iterator[PageTable]:
    across, down = _rules(page)
    if len(across) < 2 or len(down) < 2 or len(across) + len(down) > _MOST_RULES:
        return
    for rows, columns in _crossing(across, down):
        if table := _grid(rows, columns, text, said):
            yield table


def _rules(page: Any) -> tuple[list[_Rule], list[_Rule]]:
    """The lines of the page's drawings that run across it and down, those in line with each other joined."""
    across: list[_Rule] = []
    down: list[_Rule] = []
    for drawn in _drawings(page):
        for (x, y), (to_x, to_y) in _strokes(drawn):
            if abs(y - to_y) < 1 and abs(x - to_x) >= _SHORTEST_RULE:
                across.append(_Rule((y + to_y) / 2, min(x, to_x), max(x, to_x)))
            elif abs(x - to_x) < 1 and abs(y - to_y) >= _SHORTEST_RULE:
                down.append(_Rule((x + to_x) / 2, min(y, to_y), max(y, to_y)))
        if len(across) + len(down) > 4 * _MOST_RULES:
            return [], []
    return _joined(across), _joined(down)


def _drawings(page: Any) -> Iterator[Any]:
    """The paths of the page and of the forms on it; not by `get_objects`, where each letter may be an object."""
    for number in range(pypdfium2.raw.FPDFPage_CountObjects(page)):
        raw = pypdfium2.raw.FPDFPage_GetObject(page, number)
        kind = pypdfium2.raw.FPDFPageObj_GetType(raw)
        if kind not in (_PATH, _FORM):
            continue
        drawn = pypdfium2.PdfObject(raw, page=page, pdf=page.pdf)
        if kind == _PATH:
            yield drawn
        else:
            yield from page.get_objects(filter=[_PATH], max_depth=3, form=drawn, level=1)


def _strokes(drawn: Any) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    matrix = drawn.get_matrix()
    if drawn.container is not None:  # a form has a place of its own on the page
        matrix = matrix.multiply(drawn.container.get_matrix())
    x, y = ctypes.c_float(), ctypes.c_float()
    here = start = None
    for number in range(min(pypdfium2.raw.FPDFPath_CountSegments(drawn), _MOST_RULES)):
        segment = pypdfium2.raw.FPDFPath_GetPathSegment(drawn, number)
        if not pypdfium2.raw.FPDFPathSegment_GetPoint(segment, x, y):
            return
        there = matrix.on_point(x.value, y.value)
        if pypdfium2.raw.FPDFPathSegment_GetType(segment) == _LINE_TO and here is not None:
            yield here, there
        else:
            start = there
        here = there
        if start is not None and pypdfium2.raw.FPDFPathSegment_GetClose(segment):
            yield here, start


def _joined(rules: list[_Rule]) -> list[_Rule]:
    places = _snapped([rule.at for rule in rules])
    by_place: dict[float, list[_Rule]] = defaultdict(list)
    for rule in rules:
        by_place[places[rule.at]].append(rule)
    found: list[_Rule] = []
    for at, inline in by_place.items():
        held: _Rule | None = None
        for rule in sorted(inline, key=lambda one: one.start):
            if held is not None and rule.start <= held.end + _NEAR:
                held = _Rule(at, held.start, max(held.end, rule.end))
            else:
                found += [held] if held else []
                held = _Rule(at, rule.start, rule.end)
        found += [held] if held else []
    return found


def _snapped(values: Iterable[float]) -> dict[float, float]:
    """Each value with the one that stands for it and those near it."""
    places: dict[float, float] = {}
    group: list[float] = []
    for value in [*sorted(set(values)), float("inf")]:
        if group and value - group[-1] > _NEAR:
            places.update(dict.fromkeys(group, statistics.fmean(group)))
            group = []
        group.append(value)
    return places


def _crossing(across: list[_Rule], down: list[_Rule]) -> Iterator[tuple[list[_Rule], list[_Rule]]]:
    """The lines in sets of those that touch each other."""
    left_across, left_down = set(across), set(down)
    while left_across:
        rows, columns, news = {left_across.pop()}, set(), True
        while news:
            more_down = {one for one in left_down if any(_touch(row, one) for row in rows)}
            left_down -= more_down
            columns |= more_down
            more_across = {one for one in left_across if any(_touch(one, column) for column in columns)}
            left_across -= more_across
            rows |= more_across
            news = bool(more_down or more_across)
        if len(rows) > 1 and len(columns) > 1:
            yield list(rows), list(columns)


def _touch(row: _Rule, column: _Rule) -> bool:
    return row.start - _NEAR <= column.at <= row.end + _NEAR and column.start - _NEAR <= row.at <= column.end + _NEAR


def _grid(rows: list[_Rule], columns: list[_Rule], text: Any, said: Callable[[str], str]) -> PageTable | None:
    """The cells between the lines; the outermost columns and rows may be open to the side."""
    xs = _edges([one.at for one in columns], [end for one in rows for end in (one.start, one.end)])
    ys = _edges([one.at for one in rows], [end for one in columns for end in (one.start, one.end)])[::-1]
    wide, high = len(xs) - 1, len(ys) - 1
    if wide < 2 or high < 2 or wide * high > _MOST_CELLS:
        return None
    areas = _areas(xs, ys, rows, columns)
    words = {area: said(text.get_text_bounded(*_shrunk(_around(cells, xs, ys)))) for area, cells in areas.items()}
    filled = sum(bool(one) for one in words.values())
    if filled < 4 or 3 * filled < len(words) or max(map(len, words.values())) > _LONGEST_CELL:
        return None
    area_of = {cell: area for area, cells in areas.items() for cell in cells}
    told = [tuple(words[area_of[row, column]] for column in range(wide)) for row in range(high)]
    whole = {area_of[0, column] for column in range(wide)}
    title = told[0][0] if len(whole) == 1 else ""
    told = [row for row in told[1 if title else 0 :] if any(row)]
    # Within one row everything that stands in two columns is a cell over both: then there is but one column.
    if len(told) < 2 or not any(len({area_of[row, column] for column in range(wide)}) > 1 for row in range(high)):
        return None
    return PageTable((xs[0], ys[-1], xs[-1], ys[0]), tuple(told), tuple(xs), title)


def _edges(lines: list[float], ends: list[float]) -> list[float]:
    outermost = [end for end in (min(ends), max(ends)) if all(abs(end - line) > _NEAR for line in lines)]
    return sorted(set(_snapped([*lines, *outermost]).values()))


def _areas(
    xs: list[float], ys: list[float], rows: list[_Rule], columns: list[_Rule]
) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """By their first one the places of the grid that no line parts: a cell over several rows or columns is several."""
    at_x = [[rule for rule in columns if abs(rule.at - x) <= _NEAR] for x in xs]
    at_y = [[rule for rule in rows if abs(rule.at - y) <= _NEAR] for y in ys]
    first: dict[tuple[int, int], tuple[int, int]] = {}
    for row, (top, bottom) in enumerate(pairwise(ys)):
        for column, (left, right) in enumerate(pairwise(xs)):
            beside = column > 0 and not _parts(at_x[column], (top + bottom) / 2)
            below = row > 0 and not _parts(at_y[row], (left + right) / 2)
            place = first[row, column - 1] if beside else first[row - 1, column] if below else (row, column)
            first[row, column] = place
    areas: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for cell, place in first.items():
        areas[place].append(cell)
    return areas


def _parts(rules: list[_Rule], where: float) -> bool:
    return any(rule.start <= where <= rule.end for rule in rules)


def _around(cells: list[tuple[int, int]], xs: list[float], ys: list[float]) -> Box:
    return (
        min(xs[column] for _, column in cells),
        min(ys[row + 1] for row, _ in cells),
        max(xs[column + 1] for _, column in cells),
        max(ys[row] for row, _ in cells),
    )


def _shrunk(box: Box) -> Box:
    """pdfium gives every letter that the box touches, also those of the cells beside it."""
    return box[0] + 1, box[1] + 1, box[2] - 1, box[3] - 1


# -- aligned -----------------------------------------------------------------------------------------------------------


def aligned(boxes: Iterable[Box], words: Callable[[Box], str]) -> list[PageTable]:
    """Tables without lines, of the boxes around words: three rows or more, of cells that stand apart and below each
    other. `words` tells what stands in a box.
    """
    runs: list[list[list[Box]]] = [[]]
    lines = list(map(_together, _lines(boxes)))
    for line in lines:
        run = runs[-1]
        near = bool(run) and run[-1][0][1] - _middle(line[0]) < 3 * _height(line)
        above = _cells_above(line, run[-1]) if near else []
        if above:
            for number, box in zip(above, line, strict=True):
                run[-1][number] = _around_both(run[-1][number], box)
        elif len(line) > 1 and near and _fits(line, run):
            run.append(line)
        else:
            runs.append([line] if len(line) > 1 else [])
    tables = [table for run in runs if len(run) > 2 and (table := _columned(run, words))]
    # Pages have two columns, seldom three.
    sure = [table for table in tables if len(table.columns) > 3]
    others = [box for line in lines for box in line if not any(table.holds(box) for table in sure)]
    return [table for table in tables if table in sure or not _is_layout(table, others)]


def _is_layout(table: PageTable, words: list[Box]) -> bool:
    """Whether the second of two columns is a column of the page: more of the other words begin behind where it does
    than reach across.
    """
    second = table.columns[1]
    others = [box for box in words if not table.holds(box)]
    behind = sum(box[0] >= second - _NEAR for box in others)
    return behind > max(2, sum(box[0] < second - _NEAR and box[2] > second for box in others))


def _height(line: list[Box]) -> float:
    return max(box[3] - box[1] for box in line)


def _middle(box: Box) -> float:
    return (box[1] + box[3]) / 2


def _lines(boxes: Iterable[Box]) -> Iterator[list[Box]]:
    """The boxes in lines from the top down, each from left to right."""
    line: list[Box] = []
    bottom = height = 0.0  # of the line
    for box in sorted((one for one in boxes if one[3] > one[1]), key=_middle, reverse=True):
        # Commas hang, and raised signs do the contrary.
        if line and bottom - height / 4 <= _middle(box):
            line.append(box)
            bottom, height = min(bottom, box[1]), max(height, box[3] - box[1])
        else:
            yield from [sorted(line)] if line else []
            line, bottom, height = [box], box[1], box[3] - box[1]
    yield from [sorted(line)] if line else []


def _together(line: list[Box]) -> list[Box]:
    height = _height(line)
    joined = [line[0]]
    for box in line[1:]:
        if box[0] - joined[-1][2] <= _APART * height:
            joined[-1] = _around_both(joined[-1], box)
        else:
            joined.append(box)
    return joined


def _around_both(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _cells_above(line: list[Box], row: list[Box]) -> list[int]:
    """The cells of the row above that a line goes on with, or none: a new row begins with the first cell."""
    if row[0][1] - line[0][3] > _height(line):
        return []
    lefts = [box[0] for box in row]
    found = [next((n for n, left in enumerate(lefts) if n and abs(left - box[0]) <= _NEAR), 0) for box in line]
    return found if all(found) and len(set(found)) == len(found) else []


def _fits(line: list[Box], run: list[list[Box]]) -> bool:
    """Whether no cell of the line would stand in two of the columns so far, nor two of them in one."""
    columns = _columns(box for row in run[-_LOOKED_BACK:] for box in row)
    over = [{n for n, (left, right) in enumerate(columns) if left <= box[2] and box[0] <= right} for box in line]
    return all(len(one) < 2 for one in over) and sum(map(len, over)) == len(set().union(*over))


def _columned(run: list[list[Box]], words: Callable[[Box], str]) -> PageTable | None:
    columns = _columns(box for line in run for box in line)
    placed = [_in_columns(line, columns) for line in run]
    if len(columns) < 2 or any(row is None for row in placed):
        return None
    rows = [tuple(words(box) if box else "" for box in row) for row in placed if row is not None]
    cells = [cell for row in rows for cell in row if cell]
    if 5 * len(cells) < 3 * len(rows) * len(columns) or statistics.fmean(map(_width, cells)) > _MOST_WIDTH_OF_CELLS:
        return None
    if _is_prose([_width(row[0]) for row in rows]):
        return None
    if len(columns) == 2 and all(_MARKER.fullmatch(row[0]) for row in rows):
        return None  # the numbers of a list, or its bullets
    if not all(_stand_below(column, run) for column in columns):
        return None
    around = reduce(_around_both, (box for line in run for box in line))
    return PageTable(around, tuple(rows), (*(left for left, _ in columns), columns[-1][1]))


def _is_prose(widths: list[int]) -> bool:
    """Whether the lines of a first column are a text's: what a row of a table is about is said in a few words, and
    those are not all equally many.
    """
    widest = max(widths)
    filled = sum(width >= 0.85 * widest for width in widths) >= 0.6 * len(widths)
    return widest > (_MOST_WIDTH_OF_CELLS if not filled else 2 * _MOST_WIDTH_OF_CELLS // 3)


def _columns(boxes: Iterable[Box]) -> list[tuple[float, float]]:
    """Where words stand, seen from above: what overlaps is a column."""
    columns: list[tuple[float, float]] = []
    for left, _, right, _ in sorted(boxes):
        if columns and left <= columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], right))
        else:
            columns.append((left, right))
    return columns


def _in_columns(line: list[Box], columns: list[tuple[float, float]]) -> list[Box | None] | None:
    """The line's cells by column; None where two are in one."""
    cells: list[Box | None] = [None] * len(columns)
    for box in line:
        number = next(n for n, (left, right) in enumerate(columns) if left <= box[0] <= right)
        if cells[number]:
            return None
        cells[number] = box
    return cells


def _stand_below(column: tuple[float, float], run: list[list[Box]]) -> bool:
    """Whether most of a column's cells are in line by their left, right or middle."""
    boxes = [box for line in run for box in line if column[0] <= box[0] <= column[1]]
    ends = ([box[0] for box in boxes], [box[2] for box in boxes], [(box[0] + box[2]) / 2 for box in boxes])
    return any(
        max(Counter(map(_snapped(places).__getitem__, places)).values()) >= max(2, 0.6 * len(boxes)) for places in ends
    )


def _width(text: str) -> int:
    return len(text) + len(_HAN.findall(text))
