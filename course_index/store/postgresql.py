"""The lexical index in PostgreSQL: GIN finds the candidates, BM25 (k1 = 1.2, b = .75) scores them.

A collection is two tables: texts with the numbers of their terms and how often each is said, and how many texts say a
term. A table's name is its generation's place: what is dropped is gone at once, and what is built is seen by nobody.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from course_index.errors import PartUnavailable
from course_index.store.bags import Bags, bags_of, matches, number_of, row_of
from course_index.store.legs import Word
from course_index.store.lexical import ADDED_WEIGHT, SATURATION, idf, weighed_words

_SCHEMA = "companion_index"
_KINDS = ("passages", "courses")
_K1, _B = 1.2, 0.75
# So many texts are scored for the rarest terms of a query; more only while others could still come among the best, and
# of them so many: beyond it nDCG@10 stays the same and the time does not (docs/decisions/0011-many-machines.md).
_CANDIDATES = 300
_MOST_CANDIDATES = 600
_SECONDS_TO_CONNECT = 3
_SECONDS = 5
_LEFT_ALONE_SECONDS = 3.0
# Of so many terms it is remembered how many texts say them: 5 MB.
_REMEMBERED = 50_000
T = TypeVar("T")


class PostgresTerms:
    """The lexical legs of generations in one database. Nothing is asked of it before it is needed."""

    def __init__(self, url: str) -> None:
        address = make_url(url)
        # Parameters are hidden: the words of a question are some, and what goes wrong is logged.
        self._writing = create_engine(
            address, hide_parameters=True, pool_size=2, connect_args={"connect_timeout": _SECONDS_TO_CONNECT}
        )
        # Each round trip counts here: no transaction for one statement, no question before it whether anybody is there
        # (what was cut is tried once more), and its time limit is the connection's.
        self._reading = create_engine(
            address,
            hide_parameters=True,
            isolation_level="AUTOCOMMIT",
            pool_size=8,
            max_overflow=8,
            connect_args={
                "connect_timeout": _SECONDS_TO_CONNECT,
                "options": f"-c statement_timeout={1_000 * _SECONDS}",
            },
        )
        self._left_alone_until = 0.0

    def leg(self, place: str, kind: str) -> "PostgresLexical":
        """One collection of the generation at `place`."""
        return PostgresLexical(self, f"{place}_{kind}")

    def make(self, place: str) -> None:
        """Make the collections of a generation, empty whatever was there. Raises PartUnavailable."""

        def work(connection: Connection) -> None:
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}"))
            for kind in _KINDS:
                self.leg(place, kind).make(connection)

        self.drop(place)
        self.do(work)

    def copy(self, before: str, place: str) -> None:
        """Fill the collections of a generation from those of another. Raises PartUnavailable."""

        def work(connection: Connection) -> None:
            for kind in _KINDS:
                self.leg(place, kind).fill(connection, self.leg(before, kind))

        self.do(work)

    def drop(self, place: str) -> None:
        """Forget the collections of a generation. Raises PartUnavailable."""

        def work(connection: Connection) -> None:
            for kind in _KINDS:
                self.leg(place, kind).drop(connection)

        self.do(work)

    def close(self) -> None:
        """Give back the connections."""
        self._writing.dispose()
        self._reading.dispose()

    def do(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in one transaction, once more when its connection was cut. Raises PartUnavailable."""
        return self._done(self._writing, work)

    def read(self, work: Callable[[Connection], T]) -> T:
        """Read what a learner waits for. Raises PartUnavailable."""
        return self._done(self._reading, work)

    def _done(self, engine: Engine, work: Callable[[Connection], T]) -> T:
        if time.monotonic() < self._left_alone_until:
            raise PartUnavailable("PostgreSQL does not answer; see COMPANION_DATABASE_URL")
        try:
            try:
                with engine.begin() as connection:
                    return work(connection)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                with engine.begin() as connection:
                    return work(connection)
        except DBAPIError as error:
            self._left_alone_until = time.monotonic() + _LEFT_ALONE_SECONDS
            said = type(error.orig).__name__
            raise PartUnavailable(f"PostgreSQL does not answer ({said}); see COMPANION_DATABASE_URL") from error


@dataclass(frozen=True, slots=True)
class _Size:
    """How many texts a collection has, and how many terms they have on average."""

    texts: int
    average: float


class PostgresLexical:
    """BM25 over one collection. Reading is safe from many threads; one writer at a time."""

    def __init__(self, database: PostgresTerms, name: str) -> None:
        # The name is made of a place and a kind of ours: letters, digits and underscores.
        self._database = database
        self._texts, self._terms = f"{_SCHEMA}.{name}_texts", f"{_SCHEMA}.{name}_terms"
        self._index = f"{name}_index"
        self._size: _Size | None = None
        self._frequencies: dict[int, int] = {}
        # None: whoever opened it to read does not know, since it was sealed before it was published.
        self._sealed: bool | None = None

    # -- the collection as a whole -----------------------------------------------------------------------------------

    def make(self, connection: Connection) -> None:
        """Make its table; what it is searched by comes with `seal`."""
        connection.execute(
            text(
                f"CREATE TABLE {self._texts} (id text PRIMARY KEY, length integer NOT NULL, terms bigint[] NOT NULL, "
                # Whole in the row up to 8 kB: else each text would be fetched from elsewhere and unpacked.
                "said bytea NOT NULL) WITH (toast_tuple_target = 8160)"
            )
        )

    def fill(self, connection: Connection, other: "PostgresLexical") -> None:
        """Take over what another collection has."""
        connection.execute(text(f"INSERT INTO {self._texts} SELECT * FROM {other._texts}"))  # nosec B608
        self._sealed = False

    def drop(self, connection: Connection) -> None:
        """Forget its tables."""
        connection.execute(text(f"DROP TABLE IF EXISTS {self._texts}, {self._terms}"))

    def seal(self) -> None:
        """Make what was written ready to be searched: at once that is twenty times faster than text by text."""

        def work(connection: Connection) -> None:
            connection.execute(text(f"CREATE INDEX {self._index} ON {self._texts} USING gin (terms)"))
            connection.execute(
                text(
                    f"CREATE TABLE {self._terms} AS SELECT unnest(terms) AS term, count(*)::integer AS texts "  # nosec B608
                    f"FROM {self._texts} GROUP BY 1"
                )
            )
            connection.execute(text(f"ALTER TABLE {self._terms} ADD PRIMARY KEY (term)"))
            for table in (self._texts, self._terms):
                connection.execute(text(f"ANALYZE {table}"))

        self._unseal()
        self._database.do(work)
        self._sealed = True

    def _unseal(self) -> None:
        def work(connection: Connection) -> None:
            connection.execute(text(f"DROP INDEX IF EXISTS {_SCHEMA}.{self._index}"))
            connection.execute(text(f"DROP TABLE IF EXISTS {self._terms}"))

        self._database.do(work)
        self._sealed, self._size, self._frequencies = False, None, {}

    # -- writing -----------------------------------------------------------------------------------------------------

    def change(self, upserts: Collection[tuple[str, str]], deletes: Collection[str]) -> None:
        """Replace the text of the ids in `upserts` and forget `deletes`, in one transaction."""
        if not upserts and not deletes:
            return
        rows = [row_of(id_, written) for id_, written in upserts]
        forget = text(f"DELETE FROM {self._texts} WHERE id = ANY(:ids)")  # nosec B608
        insert = text(f"INSERT INTO {self._texts} VALUES (:id, :length, CAST(:terms AS bigint[]), :said)")  # nosec B608

        def work(connection: Connection) -> None:
            connection.execute(forget, {"ids": [*deletes, *(row["id"] for row in rows)]})
            if rows:
                connection.execute(insert, rows)

        if self._sealed is not False:
            self._unseal()
        self._database.do(work)

    def clear(self) -> None:
        """Forget everything."""
        self._unseal()
        self._database.do(lambda connection: connection.execute(text(f"TRUNCATE {self._texts}")))

    # -- reading -----------------------------------------------------------------------------------------------------

    def search(self, query_terms: Sequence[str], k: int, added: Sequence[str] = ()) -> list[tuple[str, float]]:
        """The best `k` ids with BM25 as a share of the most that this query could score, 0 to 1; best first.

        `added` terms count ADDED_WEIGHT where they are found, and nothing against a text that lacks them.
        """
        asked = list(dict.fromkeys(query_terms))
        if not asked or k < 1:
            return []
        return self._read(lambda connection: self._best(connection, asked, k, [t for t in added if t not in asked]))

    def _best(self, connection: Connection, asked: list[str], k: int, added: list[str]) -> list[tuple[str, float]]:
        size = self._sized(connection)
        found = self._found_in(connection, [*asked, *added])
        worth = {term: idf(size.texts, found.get(number_of(term), 0)) for term in (*asked, *added)}
        total = sum(worth[term] for term in asked)
        weights = {number_of(term): worth[term] for term in asked}
        weights |= {number_of(term): ADDED_WEIGHT * worth[term] for term in added}
        present = sorted((number for number in weights if found.get(number)), key=lambda number: -weights[number])
        if not present:
            return []
        reach = _few(present, found, _CANDIDATES)
        ids, scores = self._scored(connection, size, weights, present, reach)
        enough = len(present) if len(ids) < k else _enough(present, weights, np.sort(scores)[-k])
        if enough > reach:
            # Of a library so big that this would be too many, those are left out that say its commonest words alone.
            reach = min(enough, _few(present, found, _MOST_CANDIDATES))
            ids, scores = self._scored(connection, size, weights, present, reach)
        order = np.lexsort((np.asarray(ids), -scores))[:k]
        return [(ids[n], min(1.0, float(scores[n]) / (SATURATION * total))) for n in order.tolist()]

    def _scored(
        self, connection: Connection, size: _Size, weights: dict[int, float], present: list[int], reach: int
    ) -> tuple[list[str], NDArray[np.float64]]:
        """BM25 of every text that says one of the first `reach` terms."""
        bags = self._bags(connection, "terms && CAST(:wanted AS bigint[])", {"wanted": present[:reach]})
        texts, counts, worth = matches(bags, {number: weights[number] for number in present})
        norm = _K1 * (1 - _B + _B * bags.lengths[texts] / size.average)
        parts = worth * counts * (_K1 + 1) / (counts + norm)
        return bags.ids, np.bincount(texts, parts, minlength=len(bags.ids)).astype(np.float64)

    def search_ways(self, words: Sequence[Word], k: int) -> list[tuple[str, float]]:
        """The best `k` ids for words each of which may be put in several ways (see `LexicalSearch`); best first."""
        asked = list(dict.fromkeys(term for word in words for way in word for term in way))
        if not asked or k < 1:
            return []
        return self._read(lambda connection: self._best_ways(connection, words, asked, k))

    def _best_ways(
        self, connection: Connection, words: Sequence[Word], asked: list[str], k: int
    ) -> list[tuple[str, float]]:
        size, numbers = self._sized(connection), {term: number_of(term) for term in asked}
        found = self._found_in(connection, asked)
        weighed = weighed_words(words, size.texts, {term: found.get(number, 0) for term, number in numbers.items()})
        present = {numbers[term] for _, ways in weighed for way in ways for term in way}
        rarest_first = sorted(present, key=lambda number: found[number])
        if not rarest_first:
            return []
        # Of a library so big that this would be too many, those are left out that say the commonest terms alone.
        wanted = rarest_first[: _few(rarest_first, found, _MOST_CANDIDATES)]
        bags = self._bags(connection, "terms && CAST(:wanted AS bigint[])", {"wanted": wanted})
        column_of = {number: column for column, number in enumerate(rarest_first)}
        texts, counts, columns = matches(bags, {number: float(column) for number, column in column_of.items()})
        norm = _K1 * (1 - _B + _B * bags.lengths[texts] / size.average)
        said = np.zeros((len(bags.ids), len(column_of)))
        said[texts, columns.astype(np.intp)] = counts * (_K1 + 1) / (counts + norm)
        scores = np.zeros(len(bags.ids))
        for weight, ways in weighed:
            of_ways = [said[:, [column_of[numbers[term]] for term in way]] for way in ways]
            if of_ways:
                scores += weight * np.max([np.where(one.all(1), one.mean(1), 0.0) for one in of_ways], axis=0)
        most = SATURATION * sum(weight for weight, _ in weighed)
        order = np.lexsort((np.asarray(bags.ids), -scores))[:k]
        return [(bags.ids[n], min(1.0, float(scores[n]) / most)) for n in order.tolist() if scores[n] > 0]

    def coverage(self, wanted: Sequence[str], ids: Collection[str]) -> dict[str, float]:
        """How much of what is wanted each text has, 0 to 1: the share of its terms, rare ones counting most."""
        weights = self.rarity(list(dict.fromkeys(wanted)))
        total = sum(weights.values())
        if not ids or not total:
            return {}
        bags = self._read(lambda connection: self._bags(connection, "id = ANY(:ids)", {"ids": list(ids)}))
        texts, _, worth = matches(bags, {number_of(term): weight for term, weight in weights.items()})
        shares = np.bincount(texts, worth, minlength=len(bags.ids)) / total
        return {id_: min(1.0, float(share)) for id_, share in zip(bags.ids, shares, strict=True)}

    def rarity(self, wanted: Sequence[str]) -> dict[str, float]:
        """How much each term tells: its inverse document frequency, as BM25 has it."""
        if not wanted:
            return {}

        def work(connection: Connection) -> dict[str, float]:
            size, found = self._sized(connection), self._found_in(connection, wanted)
            return {term: idf(size.texts, found.get(number_of(term), 0)) for term in wanted}

        return self._read(work)

    def holding(self, wanted: Collection[str], k: int) -> list[str]:
        """Up to `k` ids of texts that hold every one of these terms; none for no terms."""
        if not wanted or k < 1:
            return []
        statement = text(f"SELECT id FROM {self._texts} WHERE terms @> CAST(:wanted AS bigint[]) LIMIT :k")  # nosec B608
        values = {"wanted": [number_of(term) for term in wanted], "k": k}
        return self._read(lambda connection: list(connection.scalars(statement, values)))

    def ids(self) -> set[str]:
        """The ids of all documents."""
        statement = text(f"SELECT id FROM {self._texts}")  # nosec B608
        return self._database.do(lambda connection: set(connection.scalars(statement)))

    def _read(self, work: Callable[[Connection], T]) -> T:
        if self._sealed is False:
            self.seal()
        return self._database.read(work)

    def _sized(self, connection: Connection) -> _Size:
        """Counted once: whoever reads a generation reads what no longer changes."""
        if self._size is None:
            statement = text(f"SELECT count(*), coalesce(avg(length), 1) FROM {self._texts}")  # nosec B608
            texts, average = connection.execute(statement).one()
            self._size = _Size(texts, max(1.0, float(average)))
        return self._size

    def _found_in(self, connection: Connection, wanted: Sequence[str]) -> dict[int, int]:
        """In how many texts each term is, by its number; asked once for each, since what is read no longer changes."""
        numbers = {number_of(term) for term in wanted}
        known = self._frequencies
        if unknown := numbers - known.keys():
            # As a new one: another thread may be reading the one before.
            known = known | self._asked_for(connection, unknown)
            self._frequencies = known if len(known) <= _REMEMBERED else {}
        return {number: texts for number in numbers if (texts := known[number])}

    def _asked_for(self, connection: Connection, numbers: set[int]) -> dict[int, int]:
        statement = text(f"SELECT term, texts FROM {self._terms} WHERE term = ANY(CAST(:terms AS bigint[]))")  # nosec B608
        told = {row.term: row.texts for row in connection.execute(statement, {"terms": list(numbers)})}
        return {number: told.get(number, 0) for number in numbers}

    def _bags(self, connection: Connection, condition: str, values: dict[str, Any]) -> Bags:
        statement = text(f"SELECT id, length, said FROM {self._texts} WHERE {condition}")  # nosec B608
        return bags_of(connection.execute(statement, values).all())


def _few(present: list[int], found: dict[int, int], most: int) -> int:
    """How many of the terms, the rarest first, are said by no more than so many texts together; one at least."""
    texts = np.cumsum([found[number] for number in present])
    return max(1, int(np.searchsorted(texts, most, side="right")))


def _enough(present: list[int], weights: dict[int, float], least: float) -> int:
    """How many of the terms must be looked up for none that says only the others to come among the best."""
    left = np.cumsum([SATURATION * weights[number] for number in present[::-1]])
    return len(present) - int(np.searchsorted(left, least, side="left"))
