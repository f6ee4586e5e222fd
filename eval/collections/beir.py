"""Reads a data set in BEIR's layout: corpus.jsonl, queries.jsonl and qrels/test.tsv in one folder."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eval.collections.collection import Collection, Entry
from eval.errors import DataProblem


def read_beir(folder: Path, limit: int | None = None) -> Collection:
    """Read a folder; with `limit` only the first so many questions. Raises DataProblem, naming file and line."""
    corpus = tuple(_entry(row, at) for row, at in _json_lines(folder / "corpus.jsonl"))
    queries = {_field(row, "_id", at): _field(row, "text", at) for row, at in _json_lines(folder / "queries.jsonl")}
    known = {entry.id for entry in corpus}
    if len(known) < len(corpus):
        raise DataProblem(
            f"{folder / 'corpus.jsonl'}: {len(corpus) - len(known)} entries repeat an _id; give each its own"
        )
    relevant: dict[str, dict[str, int]] = {}
    for query, entry, grade in _judgements(folder / "qrels" / "test.tsv"):
        if grade > 0 and query in queries and entry in known:
            relevant.setdefault(query, {})[entry] = grade
    asked = [id_ for id_ in queries if id_ in relevant][:limit]
    if not asked:
        raise DataProblem(
            f"{folder}: no question in queries.jsonl has a relevant entry in qrels/test.tsv; check the ids"
        )
    return Collection(
        folder.resolve().name, corpus, {id_: queries[id_] for id_ in asked}, {id_: relevant[id_] for id_ in asked}
    )


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
            if not row or (number == 1 and not row[-1].lstrip("-").isdigit()):
                continue  # a heading
            if len(row) not in {3, 4} or not row[-1].lstrip("-").isdigit():
                raise DataProblem(f"{path}, line {number}: three columns are wanted: query-id, corpus-id, score")
            yield row[0], row[-2], int(row[-1])  # TREC's form has a fourth column, second


def _opened(path: Path) -> Any:
    try:
        return path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise DataProblem(
            f"{path} cannot be read ({error.strerror}); a BEIR folder has corpus.jsonl, queries.jsonl, qrels/test.tsv"
        ) from error
