"""A file that lists courses (JSON lines, schema.org, a table): its records as they stand, and what of it is unsound."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from course_index.errors import SourceProblem
from course_index.sources.decode import decode
from course_index.sources.document import Notice
from course_index.sources.formats import TABLES
from course_index.sources.lesson_file import LessonFile
from course_index.sources.package import Wishes, listed
from course_index.sources.schema_org import courses_in, record_from_json_ld
from course_index.sources.spreadsheet import read_tables
from course_index.sources.table_catalogue import TableRecord, columns_of, is_course_table, record_of, records_of

_LINES = (".jsonl", ".ndjson")
_JSON = (*_LINES, ".jsonld", ".json")

# Where a record stands, and what it says.
Placed = tuple[str, Any]


def is_catalogue(path: Path, wishes: Wishes) -> bool:
    """Whether a file lists courses. A table that cannot be read is told as a catalogue: what it gave before stays."""
    suffix = path.suffix.lower()
    if suffix not in TABLES:
        return suffix in _JSON
    try:
        return any(bool(wishes.columns) or is_course_table(table.headings, wishes) for table in read_tables(path))
    except SourceProblem:
        return True


class CatalogueFile:
    """A file that lists courses. Once they are read, `problems` tells which records are unsound, `notices` the rest."""

    def __init__(self, path: Path, where: str, wishes: Wishes) -> None:
        self._path = path
        self._where = where
        self._wishes = wishes
        self.problems: list[Notice] = []
        self.notices: list[Notice] = []
        self.is_unreadable = False

    def records(self) -> Iterator[Placed]:
        """Its records, not checked yet."""
        suffix = self._path.suffix.lower()
        try:
            if suffix in TABLES:
                yield from self._told(self._rows())
                return
            text, _ = decode(LessonFile(self._path, self._path.name).read_bytes())
        except SourceProblem as error:
            self.problems.append(Notice(self._where, str(error)))
            self.is_unreadable = True
            return
        yield from self._of_lines(text) if suffix in _LINES else self._of_document(text)

    def _of_lines(self, text: str) -> Iterator[Placed]:
        # Not splitlines: what a record says may hold U+2028, which JSON leaves as it is.
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip():
                continue
            for where, data in self._parsed(f"{self._where}:{number}", line):
                is_json_ld = isinstance(data, dict) and "@type" in data
                yield where, record_from_json_ld(data) if is_json_ld else data

    def _of_document(self, text: str) -> Iterator[Placed]:
        for where, data in self._parsed(self._where, text):
            nodes = list(courses_in(data))
            if not nodes and isinstance(data, list) and self._wishes.columns:
                yield from self._told(self._items(data))
                return
            if not nodes:
                what = "it holds no schema.org Course; other JSON needs its columns in a sources file"
                self.problems.append(Notice(where, what))
            for number, node in enumerate(nodes, 1):
                yield f"{where} course {number}", record_from_json_ld(node)

    def _parsed(self, where: str, text: str) -> Iterator[Placed]:
        """What JSON says; nothing where it is none, which is noted."""
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:  # of numbers beyond 4,300 digits a plain ValueError
            at = f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else None
            reason = at or ("nesting" if isinstance(error, RecursionError) else "a number of thousands of digits")
            self.problems.append(Notice(where, f"this is not JSON ({reason}); mend it"))
        else:
            yield where, data

    def _rows(self) -> Iterator[TableRecord]:
        def says(sheet: str, what: str) -> None:
            self.notices.append(Notice(f"{self._where}:{sheet}", what))

        for row in records_of(self._path, self._wishes, says):
            yield replace(row, where=f"{self._where}:{row.where}")

    def _items(self, data: list[Any]) -> Iterator[TableRecord]:
        rows = [row for row in data if isinstance(row, dict)]
        headings = list(dict.fromkeys(key for row in rows for key in row))
        columns = columns_of(headings, self._wishes)
        for number, row in enumerate(rows, 1):
            yield record_of(f"{self._where} item {number}", row, columns, self._wishes)

    def _told(self, rows: Iterable[TableRecord]) -> Iterator[Placed]:
        """The records of a table. What no certain value was made of is said once a column, and not repeated."""
        unread: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            for column in row.not_read:
                unread[column].append(row.where.removeprefix(self._where).strip(": "))
            yield row.where, row.record
        for column, places in unread.items():
            what = f"column {column}: no certain value in {listed(places)}; the course goes in without it"
            self.notices.append(Notice(self._where, f"{what}. docs/formats.md says what is read", skipped=False))
