"""CSV and Excel tables, as rows of text with their headings."""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from course_index.errors import SourceProblem
from course_index.sources.decode import decode
from course_index.sources.document import Block, Document
from course_index.sources.office import check_office, table

_MOST_ROWS = 1_000_000
_MOST_BYTES = 200_000_000
# A lesson's table is cut into pieces of this many rows, each with the headings again.
_ROWS_A_BLOCK = 20


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row that says anything by its column headings, with its number in the file (the headings are row 1).

    Raises SourceProblem when the file cannot be read, or has no headings.
    """
    rows = _rows(path)
    first = next(rows, None)
    headings = [heading.strip() for heading in first] if first else []
    if not any(headings):
        raise SourceProblem("its first row has no column headings; add them")
    for number, row in enumerate(rows, 2):
        if number > _MOST_ROWS:
            raise SourceProblem(f"it has more than {_MOST_ROWS:,} rows; split it")
        cells = {heading: cell.strip() for heading, cell in zip(headings, row, strict=False) if heading}
        if any(cells.values()):
            yield number, cells


def read_spreadsheet(path: Path) -> Document:
    """A table that is a lesson itself."""
    blocks = []
    held: list[dict[str, str]] = []
    for _, row in read_rows(path):
        held.append(row)
        if len(held) == _ROWS_A_BLOCK:
            blocks.append(_block(held))
            held = []
    if held:
        blocks.append(_block(held))
    return Document(None, tuple(blocks))


def _block(rows: list[dict[str, str]]) -> Block:
    cells = [list(rows[0]), *(list(row.values()) for row in rows)]
    return Block("table", table([[" ".join(cell.replace("|", "/").split()) for cell in row] for row in cells]))


def _rows(path: Path) -> Iterator[list[str]]:
    if path.stat().st_size > _MOST_BYTES:
        raise SourceProblem(f"it has more than {_MOST_BYTES / 1e6:.0f} MB; split it")
    return _excel_rows(path) if path.suffix.lower() in (".xlsx", ".xlsm") else _csv_rows(path)


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


def _excel_rows(path: Path) -> Iterator[list[str]]:
    import openpyxl

    check_office(path)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible":
                for row in sheet.iter_rows(values_only=True):
                    yield [_cell(value) for value in row]
                break  # a catalogue is the first sheet; the others are notes
        book.close()
    except SourceProblem:
        raise
    except Exception as error:  # openpyxl lets KeyError, ValueError and its own through
        raise SourceProblem(f"Excel's own parts are missing in it ({type(error).__name__}); save it again") from error


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time().isoformat() == "00:00:00" else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
