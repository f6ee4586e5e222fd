"""What every data set becomes, and what its readers share."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.errors import DataProblem


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a corpus: a passage as it is, with a title or an empty one."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """A corpus, the questions asked of it, and for each question how relevant which entries are (above 0: relevant).

    Only questions with a relevant entry are kept; the others cannot be scored. An entry that is judged relevant and is
    not in the corpus stays: it was to be found, as trec_eval counts. `notes` say in words what was left out or missing.
    """

    name: str
    corpus: tuple[Entry, ...]
    queries: dict[str, str]
    relevant: dict[str, dict[str, int]]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the text that answers it, as sets of reading comprehension have them."""

    id: str
    question: str
    title: str
    text: str
    relevant: bool = True


def collected(path: Path, asked: Iterable[Asked], limit: int | None) -> Collection:
    """A collection of questions with their texts: a text that stands twice is one entry. Raises DataProblem."""
    entries: dict[tuple[str, str], Entry] = {}
    queries: dict[str, str] = {}
    relevant: dict[str, dict[str, int]] = {}
    for one in asked:
        key = (one.title, one.text)
        entry = entries.setdefault(key, Entry(f"text-{len(entries)}", one.title, one.text))
        if one.id in queries and queries[one.id] != one.question:
            raise DataProblem(f"{path}: two questions have the id {one.id!r}; give each its own")
        queries[one.id] = one.question
        if one.relevant:
            relevant.setdefault(one.id, {})[entry.id] = 1
    kept = [id_ for id_ in queries if id_ in relevant][:limit]
    if not kept:
        raise DataProblem(f"{path}: no question has a text that answers it")
    chosen = {id_: queries[id_] for id_ in kept}
    notes = told((len(queries) - len(relevant), "questions have no text that answers them and are left out"))
    return Collection(path.stem, tuple(entries.values()), chosen, {id_: relevant[id_] for id_ in kept}, notes)


def told(*counts: tuple[int, str]) -> tuple[str, ...]:
    """In words what there is any of."""
    return tuple(f"{count} {of}" for count, of in counts if count)


def read_json(path: Path) -> Any:
    """The JSON of a file. Raises DataProblem."""
    try:
        return json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise DataProblem(f"{path} cannot be read as JSON ({error})") from error


def need(row: Any, name: str, at: str) -> Any:
    """A field of a JSON object. Raises DataProblem, saying where it is missing."""
    if not isinstance(row, Mapping) or name not in row:
        raise DataProblem(f"{at}: {name!r} is missing")
    return row[name]
