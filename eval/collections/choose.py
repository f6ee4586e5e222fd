"""Which reader a data set wants, told by what it holds."""

import json
from pathlib import Path
from typing import Any

from eval.collections.beir import read_beir
from eval.collections.collection import Collection, read_json
from eval.collections.reading import read_cmrc, read_dureader, read_squad
from eval.errors import DataProblem

_KNOWN = (
    "known are: a BEIR folder (corpus.jsonl, queries.jsonl, qrels/test.tsv); SQuAD's form (DRCD, CMRC 2018); CMRC's "
    "list of contexts; DuReader's search logs, JSON lines with documents"
)


def read_collection(path: Path, limit: int | None = None) -> Collection:
    """Read a data set, whatever its form; with `limit` only the first so many questions.

    A folder with a single JSON file is read as that file. Raises DataProblem, saying what is known.
    """
    if not path.exists():
        raise DataProblem(f"{path} does not exist; {_KNOWN}")
    if path.is_dir():
        files = [file for file in sorted(path.iterdir()) if file.suffix in (".json", ".jsonl")]
        if (path / "corpus.jsonl").exists() or len(files) != 1:
            return read_beir(path, limit)
        return read_collection(files[0], limit)
    first = _first_line(path)
    if isinstance(first, dict) and "documents" in first:
        return read_dureader(path, limit)
    whole = read_json(path)
    if isinstance(whole, dict) and "data" in whole:
        return read_squad(path, limit)
    if isinstance(whole, list) and whole and isinstance(whole[0], dict) and "context_text" in whole[0]:
        return read_cmrc(path, limit)
    raise DataProblem(f"{path}: its form is not known; {_KNOWN}")


def _first_line(path: Path) -> Any:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        try:
            return json.loads(file.readline())
        except ValueError:
            return None
