"""Suggestions and spelling terms of one generation, in the file of its records."""

import json
from collections.abc import Collection
from typing import Any, get_args

from sqlalchemy import Connection, Engine, bindparam, delete, inspect, literal_column, select

from course_index.spellings import Term
from course_index.store.connections import Connections
from course_index.store.tables import suggestion_keys, suggestions, terms
from course_index.suggestions import RANKS, Suggestion, SuggestionKind, ranked_keys

_BATCH = 1_000
_KINDS = get_args(SuggestionKind)
_LAST_CHARACTER = "\U0010ffff"

# SQLite walks the ranks in order and reads each at its keys: no sorting, and never more rows than asked for.
_SUGGESTED = (
    select(
        suggestions.c.text, suggestions.c.kind, suggestions.c.course_id, suggestions.c.weight, suggestion_keys.c.rank
    )
    .join(suggestions, suggestions.c.id == suggestion_keys.c.suggestion_id)
    .where(suggestion_keys.c.rank.in_([literal_column(str(rank)) for rank in range(RANKS)]))
    .where(suggestion_keys.c.key >= bindparam("first"), suggestion_keys.c.key < bindparam("beyond"))
    .order_by(suggestion_keys.c.rank)
    .limit(bindparam("rows"))
)
# Each question that nothing answers is looked through for slips: these go to SQLite as they stand (see records.py).
# One bound value, however many are looked up: the statement stays prepared.
_SOUNDING = "SELECT text, sound, weight FROM terms WHERE sound IN (SELECT value FROM json_each(?))"
_BEGINNING = "SELECT text, sound, weight FROM terms WHERE text >= ? AND text < ?"
_KNOWN = "SELECT text FROM terms WHERE text IN (SELECT value FROM json_each(?))"
_LATIN = "SELECT text, sound, weight FROM terms WHERE sound = ''"


class Phrases:
    """Reading is safe from many threads. A generation built before there were phrases simply has none."""

    def __init__(self, engine: Engine, connections: Connections) -> None:
        self._engine = engine
        self._connections = connections
        self._present = False

    # -- writing -----------------------------------------------------------------------------------------------------

    def keep_suggestions(self, wanted: set[Suggestion]) -> None:
        """Add and remove what it takes to hold exactly `wanted`."""
        with self._engine.begin() as connection:
            rows = connection.execute(select(suggestions)).all()
            present = {Suggestion(row.text, row.kind, row.course_id, row.weight): row.id for row in rows}
            _remove(connection, [id_ for one, id_ in present.items() if one not in wanted])
            first_id = max(present.values(), default=0) + 1
            _add(connection, sorted(wanted - present.keys(), key=repr), first_id)

    def keep_terms(self, wanted: set[Term]) -> None:
        """Add and remove what it takes to hold exactly `wanted`."""
        with self._engine.begin() as connection:
            present = {Term(row.text, row.sound, row.weight) for row in connection.execute(select(terms))}
            gone = [one.text for one in present - wanted]
            for start in range(0, len(gone), _BATCH):
                connection.execute(delete(terms).where(terms.c.text.in_(gone[start : start + _BATCH])))
            if added := wanted - present:
                rows = [{"text": one.text, "sound": one.sound, "weight": one.weight} for one in added]
                connection.execute(terms.insert(), rows)

    # -- reading -----------------------------------------------------------------------------------------------------

    def suggested(self, prefix: str, rows: int) -> list[Suggestion]:
        """The suggestions with a key that begins with `prefix`, best rank first, from at most `rows` keys.

        One that has several such keys comes several times.
        """
        values = {"first": prefix, "beyond": prefix + _LAST_CHARACTER, "rows": rows}
        if not self._exist():
            return []
        with self._engine.connect() as connection:
            found = [(row.rank, Suggestion(*row[:4])) for row in connection.execute(_SUGGESTED, values)]
        found.sort(key=lambda one: (one[0], _KINDS.index(one[1].kind), -one[1].weight, one[1].text))
        return [suggestion for _, suggestion in found]

    def sounding(self, sounds: Collection[str]) -> list[Term]:
        """The terms that sound like one of `sounds`."""
        return [Term(*row) for row in self._rows(_SOUNDING, json.dumps(list(sounds)))]

    def beginning(self, start: str) -> list[Term]:
        """The terms that begin with `start`."""
        return [Term(*row) for row in self._rows(_BEGINNING, start, start + _LAST_CHARACTER)]

    def known(self, texts: Collection[str]) -> set[str]:
        """Those of `texts` that are terms."""
        return {text for (text,) in self._rows(_KNOWN, json.dumps(list(texts)))}

    def latin(self) -> list[Term]:
        """All terms in Latin letters."""
        return [Term(*row) for row in self._rows(_LATIN)]

    def _rows(self, statement: str, *values: str) -> list[Any]:
        if not self._exist():
            return []
        with self._connections.own() as connection:
            return connection.execute(statement, values).fetchall()

    def _exist(self) -> bool:
        self._present = self._present or inspect(self._engine).has_table(terms.name)
        return self._present


def _remove(connection: Connection, ids: list[int]) -> None:
    if not ids:
        return
    for start in range(0, len(ids), _BATCH):
        connection.execute(delete(suggestions).where(suggestions.c.id.in_(ids[start : start + _BATCH])))
    # One pass over all keys: an index for this would double their size.
    connection.execute(delete(suggestion_keys).where(suggestion_keys.c.suggestion_id.not_in(select(suggestions.c.id))))


def _add(connection: Connection, added: list[Suggestion], first_id: int) -> None:
    for start in range(0, len(added), _BATCH):
        batch = list(enumerate(added[start : start + _BATCH], first_id + start))
        rows = [
            {"id": id_, "text": one.text, "kind": one.kind, "course_id": one.course_id, "weight": one.weight}
            for id_, one in batch
        ]
        keys = [
            {"rank": rank, "key": key, "suggestion_id": id_} for id_, one in batch for rank, key in ranked_keys(one)
        ]
        connection.execute(suggestions.insert(), rows)
        if keys:
            connection.execute(suggestion_keys.insert(), keys)
