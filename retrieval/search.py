"""Search over one generation of the index: passages that may answer, and courses that fit."""

from dataclasses import dataclass

from course_index.analyze import normalise, simplified, terms
from course_index.card import card_text, course_id_of
from course_index.centring import Vectors, load_centring
from course_index.course import Course, Lesson, Passage
from course_index.embedders.embedder import Embedder
from course_index.language import language_of
from course_index.store.generations import Generation
from course_index.store.records import CourseFilter
from retrieval.catalogue import COURSE_FLOOR, Catalogue, CourseHit, CourseOrder, CoursePage
from retrieval.query import Query, read_query
from retrieval.rank import CANDIDATES, Fused, fused
from retrieval.spelling import Spelling


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that may answer, with where it stands and why it is here."""

    passage: Passage
    lesson: Lesson
    course: Course
    score: float
    fit: float


class Search:
    """All searching of one opened generation. Safe to call from many threads."""

    def __init__(self, generation: Generation, embedder: Embedder) -> None:
        self.generation = generation
        self.records = generation.records
        self._embedder = embedder
        self._centring = load_centring(generation.folder)
        self._catalogue = Catalogue(generation)
        self.spelling = Spelling(generation.records, (generation.passage_terms, generation.course_terms))

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
        return self._hits(self._passage_candidates(query, k))

    def courses(self, query: Query, k: int = 5) -> list[CourseHit]:
        """The `k` courses that fit best, by their cards and by the passages inside; fewer when fewer fit at all."""
        return self._course_hits(query)[:k]

    def catalogue(
        self, query: Query | None, wanted: CourseFilter, page: int, page_size: int, order: CourseOrder = "relevance"
    ) -> CoursePage:
        """One page (from 1) of the courses that pass the filter: best first for a query, else by title."""
        return self._catalogue.page(query, wanted, order, page, page_size)

    def _hits(self, candidates: list[Fused]) -> list[Hit]:
        found = self.records.placed([candidate.id for candidate in candidates])
        return [Hit(*found[one.id], score=one.score, fit=one.fit) for one in candidates if one.id in found]

    def _passage_candidates(self, query: Query, k: int) -> list[Fused]:
        return fused(query, k, self.generation.passage_vectors, self.generation.passage_terms)

    def _course_hits(self, query: Query) -> list[CourseHit]:
        """Every course that fits at all, by its card or by the best passage inside."""
        hits = [*self._by_card(query), *self._by_passage(query)]
        best: dict[str, CourseHit] = {}
        for hit in sorted(hits, key=lambda hit: (-hit.score, hit.course.id)):
            best.setdefault(hit.course.id, hit)
        return list(best.values())

    def _by_card(self, query: Query) -> list[CourseHit]:
        cards = fused(query, CANDIDATES, self.generation.course_vectors, self.generation.course_terms)
        courses = self.records.courses([course_id_of(card.id) for card in cards])
        found = ((courses[course_id_of(card.id)], card) for card in cards)
        return [
            CourseHit(course, card.score)
            for course, card in found
            if card.fit >= COURSE_FLOOR or _says_all(query, card_text(course))
        ]

    def _by_passage(self, query: Query) -> list[CourseHit]:
        hits = self._hits(self._passage_candidates(query, CANDIDATES))
        return [
            CourseHit(hit.course, hit.score, hit.passage.id)
            for hit in hits
            if hit.fit >= COURSE_FLOOR or _says_all(query, hit.passage.text)
        ]


def _says_all(query: Query, text: str) -> bool:
    """Whether a text holds every word of the query: a name of two characters says little to a vector."""
    wanted = {term for term in query.terms if len(term) > 1}
    return bool(wanted) and wanted.issubset(terms(normalise(text)))
