"""CSV and Excel tables, as rows of text with their headings."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

from course_index.errors import SourceProblem
from course_index.sources.decode import decode
from course_index.sources.document import Block, Document
from course_index.sources.html import table_rows
from course_index.sources.office import check_office
from course_index.sources.office import table as as_markdown
from course_index.sources.opendocument import is_opendocument, opendocument_sheets

_MOST_ROWS = 1_000_000
_MOST_BYTES = 200_000_000
# A lesson's table is cut into pieces of this many rows, each with the headings again.
_ROWS_A_BLOCK = 20
# How far down the headings are looked for, and how many rows say which columns there are.
_ROWS_LOOKED_AT = 12
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*?\bref="([A-Z]+)(\d+):[A-Z]+(\d+)"')
# As in [$HK$-C04] #,##0 and "US$"#,##0.00
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|meta|table|div)\b", re.IGNORECASE)
_CURRENCY = re.compile(r"\[\$([^\]-]+)|((?:[A-Z]{1,3})?[$¥￥€£](?!-))")


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet, or a whole CSV: its headings, the lines that stand above them, and the rows below.

    `name` is the sheet's where a file has several, else empty. Rows are read as they are asked for.
    """

    name: str
    above: tuple[str, ...]
    headings: list[str]
    rows: Iterator[tuple[int, list[str]]]

    def records(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Each row by its headings, with its place in the file, as 3 or 2026秋!3; the first of two equal headings."""
        for number, row in self.rows:
            cells: dict[str, str] = {}
            for heading, cell in zip(self.headings, row, strict=False):
                if heading:
                    cells.setdefault(heading, cell)
            said = [(heading, cell) for heading, cell in cells.items() if cell]
            again = sum(heading == cell for heading, cell in said)  # headings stand on each page, or in two rows
            if said and 2 * again < len(said):
                yield f"{self.name}!{number}" if self.name else str(number), cells


def read_tables(path: Path) -> Iterator[Table]:
    """The table of a CSV, or of each visible sheet that holds anything.

    Raises SourceProblem when the file cannot be read, or holds nothing.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise SourceProblem(f"it has more than {_MOST_BYTES / 1e6:.0f} MB; split it")
    if not path.stat().st_size:
        raise SourceProblem("it is empty; add content or take it out")
    found = False
    for name, rows in _sheets(path):
        if table := _table(name, rows):
            found = True
            yield table
    if not found:
        raise SourceProblem("its first row has no column headings; add them")


def _sheets(path: Path) -> Iterator[tuple[str, Iterator[list[str]]]]:
    """By content: what systems export as .xls is often a page with a table, or text."""
    with path.open("rb") as file:
        head = file.read(400)
    if head.startswith(b"PK") and is_opendocument(path):
        return opendocument_sheets(path)
    if _PAGE.match(head):
        tables = table_rows(decode(path.read_bytes())[0])
        return (("", iter(rows)) for rows in tables)
    if head.startswith((b"PK", b"\xd0\xcf")) or path.suffix.lower() in (".xlsx", ".xlsm", ".ods"):
        return _excel_sheets(path)
    return iter([("", _csv_rows(path))])


def _table(name: str, rows: Iterator[list[str]]) -> Table | None:
    numbered = _numbered(rows)
    first = list(islice(numbered, _ROWS_LOOKED_AT))
    if not first:
        return None
    head = _heading_row([row for _, row in first])
    above = tuple(" ".join(filter(None, row)) for _, row in first[:head])
    return Table(name, above, first[head][1], chain(first[head + 1 :], numbered))


def _heading_row(rows: list[list[str]]) -> int:
    """The first row with two cells or more that names most of the columns which the rows below fill: a title over the
    table, or a line on its units, does not.
    """
    filled = [{column for column, cell in enumerate(row) if cell} for row in rows]
    for number, columns in enumerate(filled):
        if len(columns) > 1 and 2 * len(columns) > len(set().union(*filled[number + 1 :])):
            return number
    return 0


def _numbered(rows: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Each row that says anything, with its number in the file."""
    for number, row in enumerate(rows, 1):
        if number > _MOST_ROWS:
            raise SourceProblem(f"it has more than {_MOST_ROWS:,} rows; split it")
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield number, cells


def read_spreadsheet(path: Path) -> Document:
    """A table that is a lesson itself, each sheet a section of it."""
    blocks = []
    for table in read_tables(path):
        if table.name:
            blocks.append(Block("heading", table.name, 2))
        for number, line in enumerate(table.above):
            blocks.append(Block("paragraph", line) if number else Block("heading", line, 3))
        rows = (row for _, row in table.rows)
        while piece := list(islice(rows, _ROWS_A_BLOCK)):
            blocks.append(_block([table.headings, *piece]))
    return Document(None, tuple(blocks))


def _block(rows: list[list[str]]) -> Block:
    return Block("table", as_markdown([[" ".join(cell.replace("|", "/").split()) for cell in row] for row in rows]))


def _csv_rows(path: Path) -> Iterator[list[str]]:
    text, _ = decode(path.read_bytes())
    text = text.replace("\0", "")
    sample = text[:8_000].splitlines()[0] if text.strip() else ""
    delimiter = max(",\t;|", key=sample.count)
    csv.field_size_limit(10_000_000)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise SourceProblem(f"it is no CSV ({error}); save it again as UTF-8 CSV") from error


def _excel_sheets(path: Path) -> Iterator[tuple[str, Iterator[list[str]]]]:
    import openpyxl

    check_office(path)
    # Opened here: by its name openpyxl refuses a workbook that is called .xls or .et.
    with path.open("rb") as file:
        with _openpyxl_explained():
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        try:
            for sheet in sheets:
                yield sheet.title if len(sheets) > 1 else "", _told_below(_excel_rows(sheet), _merged(sheet))
        finally:
            book.close()


def _excel_rows(sheet: Any) -> Iterator[list[str]]:
    with _openpyxl_explained():
        for row in sheet.iter_rows():
            yield [_cell(cell.value, cell.number_format) for cell in row]


def _merged(sheet: Any) -> dict[int, list[tuple[int, int]]]:
    """The cells over several rows: by the row where each begins its column and its last row, all from 1.

    openpyxl does not tell them of a sheet that it reads row by row.
    """
    from openpyxl.utils import column_index_from_string

    with _openpyxl_explained(), sheet.parent._archive.open(sheet._worksheet_path) as part:
        below = part.read().rpartition(b"sheetData>")[2]
    found: dict[int, list[tuple[int, int]]] = {}
    for column, first, last in _MERGED.findall(below):
        if int(first) < int(last):
            found.setdefault(int(first), []).append((column_index_from_string(column.decode()), int(last)))
    return found


def _told_below(rows: Iterator[list[str]], merged: dict[int, list[tuple[int, int]]]) -> Iterator[list[str]]:
    """The rows, each with what the cells say that reach down to it."""
    held: dict[int, tuple[int, str]] = {}  # by column, down to which row and what
    for number, row in enumerate(rows, 1):
        held = {column: (last, said) for column, (last, said) in held.items() if number <= last}
        if any(row):
            row.extend([""] * (max(held, default=0) - len(row)))
            for column, (_, said) in held.items():
                row[column - 1] = row[column - 1] or said
        for column, last in merged.get(number, ()):
            if column <= len(row):
                held[column] = (last, row[column - 1])
        yield row


@contextmanager
def _openpyxl_explained() -> Iterator[None]:
    try:
        yield
    except SourceProblem:
        raise
    except Exception as error:  # openpyxl lets KeyError, ValueError and its own through
        raise SourceProblem(f"Excel's own parts are missing in it ({type(error).__name__}); save it again") from error


def _cell(value: Any, shown_as: str) -> str:
    if isinstance(value, int | float) and (currency := _CURRENCY.search(shown_as)):
        # The sign that Excel shows is in the format of the cell and not in its value.
        return f"{currency[1] or currency[2]}{_plain(value)}"
    return _plain(value)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time().isoformat() == "00:00:00" else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
