"""Reads a data set in BEIR's layout: corpus.jsonl, queries.jsonl and qrels/test.tsv in one folder."""

import csv
import json
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any

from eval.collections.collection import Collection, Entry, told
from eval.errors import DataProblem


def read_beir(folder: Path, limit: int | None = None) -> Collection:
    """Read a folder; with `limit` only the first so many questions. Raises DataProblem, naming file and line."""
    corpus = tuple(_entry(row, at) for row, at in _json_lines(folder / "corpus.jsonl"))
    queries = _queries(folder / "queries.jsonl")
    known = {entry.id for entry in corpus}
    if len(known) < len(corpus):
        raise DataProblem(
            f"{folder / 'corpus.jsonl'}: {len(corpus) - len(known)} entries repeat an _id; give each its own"
        )
    relevant: dict[str, dict[str, int]] = {}
    judged: dict[tuple[str, str], int] = {}
    twice = 0
    for query, entry, grade in _judgements(folder / "qrels" / "test.tsv"):
        twice += (query, entry) in judged
        judged[query, entry] = grade
    for (query, entry), grade in judged.items():
        if grade > 0 and query in queries:
            relevant.setdefault(query, {})[entry] = grade
    missing = {entry for of in relevant.values() for entry in of} - known
    notes = told(
        (len(missing), "entries judged relevant are not in corpus.jsonl and count as not found"),
        (len({query for query, _ in judged} - queries.keys()), "questions in qrels are not in queries.jsonl"),
        (len(queries) - len(relevant), "questions have no entry judged relevant and are left out"),
        (twice, "judgements repeat a question and an entry; the last counts"),
    )
    asked = [id_ for id_ in queries if id_ in relevant][:limit]
    if not asked or not any(entry in known for of in relevant.values() for entry in of):
        raise DataProblem(
            f"{folder}: no question in queries.jsonl has a relevant entry that corpus.jsonl holds; check the ids"
        )
    kept = {id_: relevant[id_] for id_ in asked}
    return Collection(folder.resolve().name, corpus, {id_: queries[id_] for id_ in asked}, kept, notes)


def _queries(path: Path) -> dict[str, str]:
    queries: dict[str, str] = {}
    for row, at in _json_lines(path):
        id_, text = _field(row, "_id", at), _field(row, "text", at)
        if queries.setdefault(id_, text) != text:
            raise DataProblem(f"{at}: another question has the _id {id_!r}; give each its own")
    return queries


def _entry(row: dict[str, Any], at: str) -> Entry:
    return Entry(_field(row, "_id", at), str(row.get("title") or "").strip(), _field(row, "text", at))


def _field(row: dict[str, Any], name: str, at: str) -> str:
    if not isinstance(row.get(name), str | int):
        raise DataProblem(f"{at}: every line needs {name!r}, a string")
    return str(row[name])


def _json_lines(path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    with _opened(path) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            at = f"{path}, line {number}"
            try:
                row = json.loads(line)
            except ValueError as error:
                raise DataProblem(f"{at}: this is no JSON ({error})") from error
            if not isinstance(row, dict):
                raise DataProblem(f"{at}: a JSON object is wanted")
            yield row, at


def _judgements(path: Path) -> Iterator[tuple[str, str, int]]:
    with _opened(path) as file:
        for number, row in enumerate(csv.reader(file, delimiter="\t"), 1):
            grade = _grade(row[-1]) if row else None
            if not row or (number == 1 and grade is None):
                continue  # a heading
            if len(row) not in {3, 4} or grade is None:
                raise DataProblem(
                    f"{path}, line {number}: three columns are wanted: query-id, corpus-id, score, a whole number"
                )
            if not grade.is_integer():
                raise DataProblem(f"{path}, line {number}: the score {row[-1]} is no whole number")
            # TREC's form has a fourth column, second.
            yield row[0], row[-2], int(grade)


def _grade(cell: str) -> float | None:
    """The number that a cell holds; None for words, such as those of a heading."""
    try:
        grade = float(cell)
    except ValueError:
        return None
    return grade if isfinite(grade) else None


def _opened(path: Path) -> Any:
    try:
        return path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise DataProblem(
            f"{path} cannot be read ({error.strerror}); a BEIR folder has corpus.jsonl, queries.jsonl, qrels/test.tsv"
        ) from error
