"""Search over one generation of the index: passages that may answer, and courses that fit."""

from dataclasses import dataclass

from course_index.analyze import normalise, simplified, terms
from course_index.card import card_text, course_id_of
from course_index.centring import Vectors, load_centring
from course_index.course import Course, Lesson, Passage
from course_index.embedders.embedder import Embedder
from course_index.language import language_of
from course_index.store.generations import Generation
from course_index.store.lexical import LexicalIndex
from course_index.store.records import CourseFilter
from course_index.store.vectors import VectorCollection
from retrieval.query import Query, read_query
from retrieval.rank import CANDIDATES, Fused, dense, fuse, lexical

# Below this a course has nothing to do with what was asked: chance hits of an unrelated query end here.
COURSE_FLOOR = 0.33


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that may answer, with where it stands and why it is here."""

    passage: Passage
    lesson: Lesson
    course: Course
    score: float
    fit: float


@dataclass(frozen=True, slots=True)
class CourseHit:
    """A course that fits, with the passage inside that fits best, if one does."""

    course: Course
    score: float
    passage_id: str | None = None


@dataclass(frozen=True, slots=True)
class CoursePage:
    """One page of a course search: the hits on it, how many fit in all, and the facets of all that fit."""

    hits: tuple[CourseHit, ...]
    total: int
    facets: dict[str, dict[str, int]]


class Search:
    """All searching of one opened generation. Safe to call from many threads."""

    def __init__(self, generation: Generation, embedder: Embedder) -> None:
        self.generation = generation
        self.records = generation.records
        self._embedder = embedder
        self._centring = load_centring(generation.folder)

    def query(self, typed: str) -> Query:
        """What was typed, made ready for this index."""

        def embed(text: str, language: str) -> Vectors:
            centred = self._centring.apply(self._embedder.embed([text], "query"), "query", [language])
            return centred.reshape(-1)

        return read_query(typed, embed)

    def embed_texts(self, texts: list[str]) -> Vectors:
        """The centred unit vectors of texts as passages, shape (len(texts), dimension)."""
        raw = self._embedder.embed([simplified(text) for text in texts], "passage")
        return self._centring.apply(raw, "passage", [language_of(text) for text in texts])

    def passages(self, query: Query, k: int = 8) -> list[Hit]:
        """The `k` passages most likely to answer, best first."""
        return self._hits(self._passage_candidates(query)[:k])

    def courses(self, query: Query, k: int = 5) -> list[CourseHit]:
        """The `k` courses that fit best, by their cards and by the passages inside; fewer when fewer fit at all."""
        return self._course_hits(query)[:k]

    def catalogue(self, query: Query | None, wanted: CourseFilter, page: int, page_size: int) -> CoursePage:
        """One page (from 1) of the courses that pass the filter: best first for a query, else by title."""
        allowed = self.records.course_ids(wanted)
        if query is None:
            ranked: list[tuple[str, float, str | None]] = [(id_, 0.0, None) for id_ in allowed]
        else:
            permitted = set(allowed)
            hits = self._course_hits(query)
            ranked = [(hit.course.id, hit.score, hit.passage_id) for hit in hits if hit.course.id in permitted]
        ids = [id_ for id_, _, _ in ranked]
        shown = ranked[(page - 1) * page_size : page * page_size]
        courses = self.records.courses([id_ for id_, _, _ in shown])
        return CoursePage(
            tuple(CourseHit(courses[id_], score, passage) for id_, score, passage in shown),
            len(ranked),
            self.records.facets(ids),
        )

    def _passage_candidates(self, query: Query) -> list[Fused]:
        found = _candidates(query, self.generation.passage_vectors, self.generation.passage_terms)
        passages = self.records.passages(list(found.cosines))
        languages = {id_: passage.language for id_, passage in passages.items()}
        return fuse(query, {id_: found.cosines[id_] for id_ in passages}, found.shares, languages)

    def _hits(self, candidates: list[Fused]) -> list[Hit]:
        passages = self.records.passages([candidate.id for candidate in candidates])
        lessons = self.records.lessons_by_id(list({passage.lesson_id for passage in passages.values()}))
        courses = self.records.courses(list({passage.course_id for passage in passages.values()}))
        return [
            Hit(
                passage=(passage := passages[candidate.id]),
                lesson=lessons[passage.lesson_id],
                course=courses[passage.course_id],
                score=candidate.score,
                fit=candidate.fit,
            )
            for candidate in candidates
        ]

    def _course_hits(self, query: Query) -> list[CourseHit]:
        """Every course that fits at all, by its card or by the best passage inside."""
        hits = [*self._by_card(query), *self._by_passage(query)]
        best: dict[str, CourseHit] = {}
        for hit in sorted(hits, key=lambda hit: (-hit.score, hit.course.id)):
            best.setdefault(hit.course.id, hit)
        return list(best.values())

    def _by_card(self, query: Query) -> list[CourseHit]:
        found = _candidates(query, self.generation.course_vectors, self.generation.course_terms)
        courses = self.records.courses([course_id_of(card) for card in found.cosines])
        languages = {card: language_of(courses[course_id_of(card)].title) for card in found.cosines}
        fused = fuse(query, found.cosines, found.shares, languages)
        found_courses = ((courses[course_id_of(card.id)], card) for card in fused)
        return [
            CourseHit(course, card.score)
            for course, card in found_courses
            if card.fit >= COURSE_FLOOR or _says_all(query, card_text(course))
        ]

    def _by_passage(self, query: Query) -> list[CourseHit]:
        hits = self._hits(self._passage_candidates(query)[:CANDIDATES])
        return [
            CourseHit(hit.course, hit.score, hit.passage.id)
            for hit in hits
            if hit.fit >= COURSE_FLOOR or _says_all(query, hit.passage.text)
        ]


def _says_all(query: Query, text: str) -> bool:
    """Whether a text holds every word of the query: a name of two characters says little to a vector."""
    wanted = {term for term in query.terms if len(term) > 1}
    return bool(wanted) and wanted.issubset(terms(normalise(text)))


@dataclass(frozen=True, slots=True)
class _Candidates:
    cosines: dict[str, float]
    shares: dict[str, float]


def _candidates(query: Query, vectors: VectorCollection, terms: LexicalIndex) -> _Candidates:
    """What either leg found, every one with its cosine: those that only terms found get theirs computed."""
    cosines = {hit.id: hit.score for hit in dense(vectors)(query, CANDIDATES)}
    shares = {hit.id: hit.score for hit in lexical(terms)(query, CANDIDATES)}
    unseen = vectors.get([id_ for id_ in shares if id_ not in cosines])
    cosines.update({id_: float(stored @ query.vector) for id_, stored in unseen.items()})
    return _Candidates(cosines, shares)
