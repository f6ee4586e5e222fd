"""Course search that leaves nothing out: filters, facets and order over every course that a query finds."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, islice
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from course_index.analyze import normalise
from course_index.card import course_id_of
from course_index.course import Course
from course_index.store.generation import Generation
from course_index.store.held import MOST_HELD
from course_index.store.records import MULTIPLE_FACETS, SINGLE_FACETS, CatalogueRow, CourseFilter
from retrieval.enduring import Legs
from retrieval.query import Query
from retrieval.rank import LEXICAL_FIT, OTHER_LANGUAGE_FIT, PLAIN, PLAIN_OTHER, Shares

CourseOrder = Literal["relevance", "title", "updated", "hours"]

# Below this a course has nothing to do with what was asked: chance hits of an unrelated query end here.
COURSE_FLOOR = 0.33
# How many passages of the whole library are looked at, by vectors and by terms.
_NEAR_PASSAGES = 200
_LEXICAL_DEPTH = 1_000
# Where the permitted courses have no more passages than this, each of them is compared: 20 ms at most.
_COMPARED_PASSAGES = 200
_TOO_MANY = _COMPARED_PASSAGES + 1

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CourseHit:
    """A course that fits, with the passage inside that fits best, if one does.

    `certain` is False for the nearest of courses none of which clearly is on what was asked.
    """

    course: Course
    score: float
    passage_id: str | None = None
    certain: bool = True


@dataclass(frozen=True, slots=True)
class CoursePage:
    """One page of a course search: the hits on it and how many fit in all.

    The counts of a facet leave its own filter aside and keep to the query and all other filters: they say how many
    courses choosing another value would show.
    """

    hits: tuple[CourseHit, ...]
    total: int
    facets: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class _Facet:
    """Which course (`rows`) has which value (`codes` into `values`)."""

    values: tuple[str, ...]
    rows: NDArray[np.intp]
    codes: NDArray[np.intp]

    def having(self, name: str, wanted: str, courses: int) -> Mask:
        """The courses that have the value, a variant of a language, or a city called with or without its 市."""
        fitting = [_is_as_wanted(name, value, wanted) for value in self.values]
        mask = np.zeros(courses, np.bool_)
        mask[self.rows[np.asarray(fitting, np.bool_)[self.codes]]] = True
        return mask

    def counts(self, among: Mask) -> dict[str, int]:
        """How many courses of `among` have each value, most frequent first."""
        counted = np.bincount(self.codes[among[self.rows]], minlength=len(self.values))
        pairs = [(value, int(count)) for value, count in zip(self.values, counted, strict=True) if count]
        return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))


@dataclass(frozen=True, slots=True)
class _Cards:
    """All card vectors, by the id of the card, and the row of the course that each belongs to."""

    number_of: dict[str, int]
    rows: NDArray[np.intp]
    vectors: NDArray[np.float32]
    languages: NDArray[np.str_]


@dataclass(slots=True)
class _Found:
    """What a query finds: a score for each course, -inf where it does not fit, and the passage that gave it."""

    scores: NDArray[np.float32]
    passages: dict[int, str]

    def note(self, row: int, score: float, passage_id: str) -> None:
        if score > self.scores[row]:
            self.scores[row], self.passages[row] = score, passage_id


class Catalogue:
    """The courses of one generation, held in memory: 15 MB of card vectors for 10,000 courses.

    Every card is compared, which takes .9 ms for 10,000 (Chroma takes 4.9 ms for its best 30, and 96 ms to hand over
    the vectors of 1,000 permitted courses). Safe to call from many threads.
    """

    def __init__(self, generation: Generation, legs: Legs) -> None:
        self._generation = generation
        self._legs = legs
        self._records = generation.records

    def page(
        self, query: Query | None, wanted: CourseFilter, order: CourseOrder, page: int, page_size: int
    ) -> CoursePage:
        """One page (from 1) of the courses that pass the filter; without a query, relevance is the order of titles."""
        permitted = self._passing(wanted)
        found = self._everything if query is None else self._find(query, permitted)
        fitting = np.isfinite(found.scores)
        order = "title" if query is None and order == "relevance" else order
        rows = self._ordered(np.flatnonzero(fitting & permitted), found.scores, order)
        shown = rows[(page - 1) * page_size : page * page_size].tolist()
        courses = self._records.courses([self._rows[row].id for row in shown])
        hits = (CourseHit(courses[self._rows[n].id], float(found.scores[n]), found.passages.get(n)) for n in shown)
        return CoursePage(tuple(hits), len(rows), self._counts(fitting, wanted))

    def among(self, query: Query, ids: Collection[str], k: int) -> list[CourseHit]:
        """The `k` of these courses that fit the query best, best first; fewer when fewer fit at all."""
        permitted = np.zeros(len(self._rows), np.bool_)
        permitted[[self._row_of[id_] for id_ in ids if id_ in self._row_of]] = True
        found = self._find(query, permitted)
        rows = self._ordered(np.flatnonzero(np.isfinite(found.scores) & permitted), found.scores, "relevance")[:k]
        courses = self._records.courses([self._rows[row].id for row in rows.tolist()])
        return [
            CourseHit(courses[self._rows[row].id], float(found.scores[row]), found.passages.get(row))
            for row in rows.tolist()
        ]

    # -- what is held ------------------------------------------------------------------------------------------------

    @cached_property
    def _rows(self) -> list[CatalogueRow]:
        """By title. GB 18030 has the common characters in the order of their pinyin, as a dictionary has them."""
        rows = self._records.catalogue_rows()
        return sorted(rows, key=lambda row: (row.title.casefold().encode("gb18030", "replace"), row.id))

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {row.id: number for number, row in enumerate(self._rows)}

    @cached_property
    def _facets(self) -> dict[str, _Facet]:
        return {name: _facet(self._rows, name) for name in (*SINGLE_FACETS, *MULTIPLE_FACETS)}

    @cached_property
    def _cards(self) -> _Cards:
        ids, vectors, languages = self._generation.course_tokens.everything()
        of_courses = [number for number, id_ in enumerate(ids) if course_id_of(id_) in self._row_of]
        return _Cards(
            {ids[number]: place for place, number in enumerate(of_courses)},
            np.asarray([self._row_of[course_id_of(ids[number])] for number in of_courses], np.intp),
            vectors[of_courses].astype(np.float32),
            np.asarray(languages)[of_courses],
        )

    @cached_property
    def _course_of(self) -> dict[str, int] | None:
        """The row of the course that each passage is in; None where they are too many to hold."""
        if len(self._generation.passage_tokens) > MOST_HELD:
            return None
        return {id_: self._row_of[course_id] for id_, course_id in self._records.courses_of_passages().items()}

    @cached_property
    def _passages_of(self) -> list[list[str]] | None:
        """The passages of the course of each row; None where they are too many to hold."""
        if self._course_of is None:
            return None
        found: list[list[str]] = [[] for _ in self._rows]
        for id_, row in self._course_of.items():
            found[row].append(id_)
        return found

    @property
    def _everything(self) -> _Found:
        return _Found(np.zeros(len(self._rows), np.float32), {})

    # -- filters and facets ------------------------------------------------------------------------------------------

    def _passing(self, wanted: CourseFilter) -> Mask:
        mask = np.ones(len(self._rows), np.bool_)
        for name, facet in self._facets.items():
            if (value := getattr(wanted, name)) is not None:
                mask &= facet.having(name, str(value), len(self._rows))
        return mask

    def _counts(self, fitting: Mask, wanted: CourseFilter) -> dict[str, dict[str, int]]:
        passing = self._passing(wanted)
        return {
            name: facet.counts(
                fitting & (passing if getattr(wanted, name) is None else self._passing(replace(wanted, **{name: None})))
            )
            for name, facet in self._facets.items()
        }

    def _ordered(self, rows: NDArray[np.intp], scores: NDArray[np.float32], order: CourseOrder) -> NDArray[np.intp]:
        """The rows in order; what is not known comes last. Rows come by title, and equals stay in that order."""
        if order == "relevance":
            return rows[np.argsort(-scores[rows], kind="stable")]
        if order == "hours":
            hours = np.asarray([self._rows[row].hours or np.inf for row in rows.tolist()])
            return rows[np.argsort(hours, kind="stable")]
        if order == "updated":
            newest_first = sorted(rows.tolist(), key=lambda row: self._rows[row].updated_at or "", reverse=True)
            return np.asarray(newest_first, np.intp)
        return rows

    # -- a query -----------------------------------------------------------------------------------------------------

    def _find(self, query: Query, permitted: Mask) -> _Found:
        found = self._by_card(query)
        self._add_by_passage(query, permitted, found)
        return found

    def _by_card(self, query: Query) -> _Found:
        cards, index = self._cards, self._legs.course_terms
        found = _Found(np.full(len(self._rows), -np.inf, np.float32), {})
        number_of = cards.number_of
        if not number_of:
            return found
        same = cards.languages == query.language
        shares, said_in = np.zeros(len(number_of), np.float32), Shares.of(query, _LEXICAL_DEPTH, index)
        for id_ in {*said_in.same, *said_in.other} & number_of.keys():
            shares[number_of[id_]] = said_in(id_, bool(same[number_of[id_]]))
        cosines = cards.vectors @ query.vector
        fits = _fits(same, cosines, shares)
        said = index.holding(_words(query), len(number_of))
        fits[[number_of[id_] for id_ in said if id_ in number_of]] = True
        found.scores[cards.rows[fits]] = _scores(same, cosines, shares)[fits]
        return found

    def _add_by_passage(self, query: Query, permitted: Mask, found: _Found) -> None:
        """Add the courses with a passage that fits."""
        index, stored = self._legs.passage_terms, self._legs.passages
        near = dict(self._legs.passage_vectors.search(query.vector, _NEAR_PASSAGES))
        shares = Shares.of(query, _LEXICAL_DEPTH, index)
        said = set(index.holding(_words(query), _NEAR_PASSAGES))
        # Nothing that the vectors left out is nearer than the farthest that they brought.
        farthest = min(near.values()) if len(near) == _NEAR_PASSAGES else -1.0
        if not self._legs.vectors.answers:
            farthest = 1.0  # it is not known how near any is
        hopeful = {id_ for id_, share in shares.same.items() if farthest + LEXICAL_FIT * share >= COURSE_FLOOR}
        candidates = sorted({*near, *hopeful, *said, *self._few_passages(permitted)})
        rows = stored.vectors(candidates)
        cosines = np.asarray(rows.cosines(query.vector))
        same = np.asarray([language == query.language for language in rows.languages], np.bool_)
        share = np.asarray([shares(*one) for one in zip(rows.ids, same.tolist(), strict=True)])
        fits = _fits(same, cosines, share)
        fits |= np.asarray([id_ in said for id_ in rows.ids], np.bool_)
        scores = _scores(same, cosines, share)
        fitting = [(rows.ids[number], float(scores[number])) for number in np.flatnonzero(fits).tolist()]
        course_of = self._courses_of([id_ for id_, _ in fitting])
        for id_, score in fitting:
            if id_ in course_of:
                found.note(course_of[id_], score, id_)

    def _courses_of(self, passage_ids: list[str]) -> dict[str, int]:
        """The rows of the courses of these passages, perhaps among others."""
        if self._course_of is not None:
            return self._course_of
        courses = self._records.courses_of_passages(passage_ids)
        return {id_: self._row_of[course_id] for id_, course_id in courses.items()}

    def _few_passages(self, permitted: Mask) -> set[str]:
        """The passages of the permitted courses, where these are so few that the nearest of all may miss them."""
        rows = np.flatnonzero(permitted)
        if len(rows) == len(self._rows) or not 0 < len(rows) <= _COMPARED_PASSAGES:
            return set()
        if self._passages_of is not None:
            passages = list(islice(chain.from_iterable(self._passages_of[row] for row in rows.tolist()), _TOO_MANY))
        else:
            passages = self._records.passages_of_courses([self._rows[row].id for row in rows.tolist()], _TOO_MANY)
        return set(passages) if len(passages) < _TOO_MANY else set()


def _fits(same: Mask, cosines: NDArray[np.float32], shares: NDArray[np.floating[Any]]) -> Mask:
    """Which texts, in the question's language (`same`) or not, are on what is asked at all."""
    return np.asarray(cosines + np.where(same, LEXICAL_FIT, OTHER_LANGUAGE_FIT) * shares >= COURSE_FLOOR, np.bool_)


def _scores(same: Mask, cosines: NDArray[np.float32], shares: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """What orders them."""
    (weight, lexical, level), (other_weight, other_lexical, other_level) = PLAIN, PLAIN_OTHER
    in_other = other_weight * cosines + other_lexical * shares + other_level
    return np.where(same, weight * cosines + lexical * shares + level, in_other)


def _words(query: Query) -> Collection[str]:
    """What a text that says all of the query holds: a name of two characters says little to a vector."""
    return {term for term in query.terms if len(term) > 1}


def _is_as_wanted(name: str, value: str, wanted: str) -> bool:
    if name == "city":
        return normalise(value).removesuffix("市") == normalise(wanted).removesuffix("市")
    return value == wanted or (name == "language" and value.startswith(f"{wanted}-"))


def _facet(rows: list[CatalogueRow], name: str) -> _Facet:
    pairs = [(number, value) for number, row in enumerate(rows) for value in row.facets[name]]
    values = tuple(sorted({value for _, value in pairs}))
    code_of = {value: code for code, value in enumerate(values)}
    return _Facet(
        values,
        np.asarray([number for number, _ in pairs], np.intp),
        np.asarray([code_of[value] for _, value in pairs], np.intp),
    )
