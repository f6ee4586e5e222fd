"""Sets of reading comprehension: SQuAD's form (DRCD, CMRC 2018), CMRC's own list, DuReader's search logs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eval.collections.collection import Asked, Collection, collected, need, read_json
from eval.errors import DataProblem


def read_squad(path: Path, limit: int | None = None) -> Collection:
    """Every paragraph an entry, every question answered by its paragraph unless it is impossible.

    Raises DataProblem, naming the place.
    """
    return collected(path, _squad(read_json(path), path), limit)


def _squad(content: Any, path: Path) -> Iterator[Asked]:
    for a, article in enumerate(need(content, "data", str(path))):
        title = str(article.get("title") or "")
        for p, paragraph in enumerate(need(article, "paragraphs", f"{path}, article {a}")):
            at = f"{path}, article {a}, paragraph {p}"
            text = str(need(paragraph, "context", at))
            for question in need(paragraph, "qas", at):
                id_, asked = str(need(question, "id", at)), str(need(question, "question", at))
                # SQuAD 2.0 asks also what the paragraph does not answer.
                yield Asked(id_, asked, title, text, relevant=not question.get("is_impossible", False))


def read_cmrc(path: Path, limit: int | None = None) -> Collection:
    """CMRC 2018's own form, a list of contexts with their questions. Raises DataProblem, naming the place."""
    return collected(path, _cmrc(read_json(path), path), limit)


def _cmrc(content: Any, path: Path) -> Iterator[Asked]:
    for number, context in enumerate(content):
        at = f"{path}, context {number}"
        text = str(need(context, "context_text", at))
        for question in need(context, "qas", at):
            query = str(need(question, "query_text", at))
            yield Asked(str(need(question, "query_id", at)), query, str(context.get("title") or ""), text)


def read_dureader(path: Path, limit: int | None = None) -> Collection:
    """DuReader's search logs, JSON lines: every document found an entry, those that annotators selected relevant.

    Raises DataProblem, naming file and line.
    """
    return collected(path, _dureader(path), limit)


def _dureader(path: Path) -> Iterator[Asked]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            at = f"{path}, line {number}"
            try:
                row = json.loads(line)
            except ValueError as error:
                raise DataProblem(f"{at}: this is no JSON ({error})") from error
            id_, question = str(need(row, "question_id", at)), str(need(row, "question", at))
            answered_from = set(row.get("answer_docs") or ())
            for place, document in enumerate(need(row, "documents", at)):
                text = "\n".join(need(document, "paragraphs", at))
                if text.strip():
                    marked = document.get("is_selected", place in answered_from)
                    yield Asked(id_, question, str(document.get("title") or ""), text, bool(marked))
