"""Search over one generation of the index: passages that may answer, and courses that fit."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from course_index.analyze import normalise, simplified, simplified_question, terms
from course_index.card import card_text, course_id_of
from course_index.centring import Vectors, load_centring
from course_index.course import Course
from course_index.embedders.embedder import Embedder, TokenEmbedder
from course_index.language import language_of
from course_index.store.generation import Generation
from course_index.store.records import CourseFilter
from course_index.stretches import stretches
from retrieval.answerability import answerability
from retrieval.catalogue import COURSE_FLOOR, Catalogue, CourseHit, CourseOrder, CoursePage
from retrieval.choose import choose
from retrieval.context import REACH, Context, contexts
from retrieval.e5_cross_encoder import E5CrossEncoder, Section
from retrieval.enduring import enduring
from retrieval.exercises import lessons_first
from retrieval.hit import Hit
from retrieval.interaction import stretch_scores
from retrieval.query import Query, read_query
from retrieval.rank import CANDIDATES, LEXICAL_REACH, Ranked, ranked, ranked_among
from retrieval.rerank.gate import DEPTH, Gate
from retrieval.spelling import Spelling
from retrieval.taught import Said, taught
from retrieval.wording import Wording, shipped_wording

__all__ = ["Hit", "Search"]

# How deep the choice of passages looks: two editions and their copies stand near each other.
CHOSEN_FROM = 16
# How many a cross-encoder reads, and what that adds, in log odds of which more than so many say no more: of .02 to .2
# what is best for everyday questions on laws and textbooks (docs/decisions/0014-cross-encoder.md).
READ_TOGETHER = 8
READING_WEIGHT = 0.04
READING_ENOUGH = 5.0

# What is made or sold for a deed is another word than the deed: 化妆品, 清洁剂.
_MADE_FOR_IT = "品具剂"


class Search:
    """All searching of one opened generation. Safe to call from many threads."""

    def __init__(
        self,
        generation: Generation,
        embedder: Embedder,
        reranker: Gate | None = None,
        wording: Wording | None = None,
        cross_encoder: E5CrossEncoder | None = None,
    ) -> None:
        self.generation = generation
        self.records = generation.records
        self._embedder = embedder
        # Asked once: looking through a protocol takes as long as fusing two legs.
        self._token_embedder = embedder if isinstance(embedder, TokenEmbedder) else None
        self._reranker = reranker
        self._wording = wording or shipped_wording()
        self._cross_encoder = cross_encoder
        self._centring = load_centring(generation.folder)
        self.legs = enduring(generation)
        self._catalogue = Catalogue(generation, self.legs)
        texts = (generation.passage_terms, generation.course_terms)
        self.spelling = Spelling(generation.records, texts, self._wording.chinese_of)

    def query(self, typed: str) -> Query:
        """What was typed, made ready for this index."""
        return read_query(typed, self._encode_query, self._wording, self.legs.languages)

    def in_the_other_language(self, subject: str) -> str:
        """What a subject of courses is called in the other language, as far as our dictionary goes; else empty."""
        return self._wording.translated(normalise(subject))

    def in_course_words(self, question: str) -> str:
        """A question in simplified script, its everyday words replaced by those of courses; empty without any."""
        return self._wording.in_course_words(self._wording.in_mandarin(simplified_question(question)))

    def _encode_query(
        self, parts: Sequence[str], language: str
    ) -> tuple[Vectors, Vectors | None, NDArray[np.int64] | None]:
        if self._token_embedder:
            (encoded,) = self._token_embedder.encode([parts], "query", [language])
            vector, tokens, stretches = encoded.vector[None, :], encoded.tokens, encoded.stretches
        else:
            vector, tokens, stretches = self._embedder.embed(["".join(parts)], "query"), None, None
        return self._centring.apply(vector, "query", [language])[0], tokens, stretches

    def embed_texts(self, texts: list[str]) -> Vectors:
        """The centred unit vectors of texts as passages, shape (len(texts), dimension)."""
        raw = self._embedder.embed([simplified(text) for text in texts], "passage")
        return self._centring.apply(raw, "passage", [language_of(text) for text in texts])

    @property
    def embedder_fingerprint(self) -> str:
        """Which embedder it is: vectors of another are not comparable."""
        return self._embedder.fingerprint

    def embed_plainly(self, texts: list[str]) -> Vectors:
        """The unit vectors of texts as passages, not centred, shape (len(texts), dimension): for sets of their own."""
        return self._embedder.embed([simplified(text) or " " for text in texts], "passage")

    def passages(self, query: Query, k: int = 8) -> list[Hit]:
        """The `k` passages nearest to what is asked, best first."""
        return self._ordered(query, k, self.ranked)[:k]

    def choice(self, query: Query, k: int) -> list[Hit]:
        """The `k` passages to answer from: the ranking without repetition and superseded editions, over lessons."""
        return choose(lessons_first(self._ordered(query, CHOSEN_FROM, self.read)), k, date.today())

    def choice_among(self, query: Query, k: int, ids: Sequence[str]) -> list[Hit]:
        """The `k` passages to answer from of those in `ids`, best first; ids that are no more are passed over."""
        best = ranked_among(query, CHOSEN_FROM, ids, self.legs.passage_terms, self.legs.passages)
        return choose(lessons_first(self._hits(self.read_together(query, best))), k, date.today())

    def called(self, name: str) -> list[str]:
        """What courses call a name otherwise: spreadsheets for Excel."""
        return self._wording.added(normalise(name)).split()

    def naming(self, name: str) -> list[str]:
        """The ids of passages that have a name in them or in their titles, at most LEXICAL_REACH."""
        return self.legs.passage_terms.holding(terms(normalise(name)), LEXICAL_REACH)

    def nearness(self, query: Query, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """How near each stretch of the passages `ids` comes to the text, titles first; none without token vectors."""
        stored = self.legs.passages.tokens(ids)
        return dict(zip(stored.ids, stretch_scores(query, stored), strict=True))

    def answerability(self, query: Query, hits: Sequence[Hit]) -> list[float]:
        """How each passage bears on what is asked, beyond how near it is, in log odds."""
        known = {hit.passage.id: hit.ranked.bears for hit in hits if hit.ranked.bears is not None}
        unknown = [] if query.asked is None else [hit.passage.id for hit in hits if hit.passage.id not in known]
        if unknown:
            stored = self.generation.passage_tokens.get(unknown)
            known |= zip(unknown, answerability(query, [stored[id_] for id_ in unknown]), strict=True)
        return [known.get(hit.passage.id) or 0.0 for hit in hits]

    def read_together(self, query: Query, best: Sequence[Ranked]) -> list[Ranked]:
        """The first READ_TOGETHER of the passages ranked in the order of what a cross-encoder makes of them as well.

        As they were where there is none, or where the best leads by more than it can turn. Eight passages of 110 pieces
        take 180 ms on one core, some twenty times the rest of a search.
        """
        turned = 2 * READING_WEIGHT * READING_ENOUGH
        if self._cross_encoder is None or len(best) < 2 or best[0].score - best[1].score > turned:
            return list(best)
        first = self._hits(list(best[:READ_TOGETHER]))
        asked = self._wording.in_mandarin(simplified_question(query.text))
        odds = self._cross_encoder.log_odds(asked, [_section(hit) for hit in first])
        counted = np.clip(odds, -READING_ENOUGH, READING_ENOUGH).tolist()
        read = [
            replace(hit.ranked, score=hit.ranked.score + READING_WEIGHT * log_odds)
            for hit, log_odds in zip(first, counted, strict=True)
        ]
        read.sort(key=lambda one: (-one.score, one.id))
        last = read[-1].score if read else 0.0
        return [*read, *(replace(one, score=min(one.score, last)) for one in best[READ_TOGETHER:])]

    def _ordered(self, query: Query, k: int, rank: Callable[[Query, int], list[Ranked]]) -> list[Hit]:
        """At least the best `k`, in the reranker's order where there is one and it is in doubt."""
        if self._reranker is None:
            return self._hits(rank(query, k))
        hits = self._hits(rank(query, max(k, DEPTH)))
        return self._reranker.reordered(query.text, hits, lambda hit: hit.score, lambda hit: hit.passage.text)

    def placed(self, ids: Sequence[str]) -> list[Hit]:
        """The passages `ids` that exist, in that order, as hits that nobody ranked."""
        found = self.records.placed(ids)
        unranked = np.zeros(0, np.float32)
        return [Hit(*found[id_], ranked=Ranked(id_, 0.0, 0.0, 0.0, 0.0, 0.0, unranked)) for id_ in ids if id_ in found]

    def contexts(self, hits: Sequence[Hit]) -> list[Context]:
        """`hits` with what their sections say around them, for a model to read."""
        return contexts(hits, self.records.neighbours([hit.passage for hit in hits], REACH))

    def courses(self, query: Query, k: int = 5) -> list[CourseHit]:
        """The `k` courses that fit best, by their cards and by the passages inside; fewer when fewer fit at all."""
        return self._course_hits(query)[:k]

    def nearest_courses(self, query: Query, k: int) -> list[CourseHit]:
        """The `k` courses nearest to the query, whether or not any is on it: for who wants some course.

        A course's score is how well its card fits and how well its best passage does, summed: of everyday wishes (the
        blind half of eval/cases) that has the right course among the first three for 91 of 100, the better of the two
        alone for 87. How high the sum is hardly tells whether there is such a course.
        """
        cards = {course_id_of(card.id): card for card in self._ranked_cards(query)}
        near = self.ranked(query, CANDIDATES)
        course_of = self.records.courses_of_passages([one.id for one in near])
        inside: dict[str, Ranked] = {}
        for one in near:
            if one.id in course_of:
                inside.setdefault(course_of[one.id], one)
        courses = self.records.courses([*(cards | inside)])
        said = {id_: _share_said(query, card_text(courses[id_])) for id_ in cards if id_ in courses}
        texts = self.records.passages([one.id for one in inside.values()])
        said_inside = {id_: _share_said(query, texts[one.id].text) for id_, one in inside.items() if one.id in texts}
        on_it = taught(query, cards, inside, Said(said, said_inside), COURSE_FLOOR)
        found = []
        for id_, course in courses.items():
            card, best = cards.get(id_), inside.get(id_)
            fits = (card.fit if card else 0.0, best.fit if best else 0.0)
            by_passage = best is not None and fits[1] > fits[0]
            teaches = id_ in on_it or _names(query, course)
            passage_id = best.id if best and by_passage else None
            score = max(0.0, fits[0]) + max(0.0, fits[1])
            found.append(CourseHit(course, score, passage_id, teaches))
        return sorted(found, key=lambda hit: (-hit.score, hit.course.id))[:k]

    def courses_among(self, query: Query, ids: Sequence[str], k: int) -> list[CourseHit]:
        """The `k` of the courses `ids` that fit best, every one of them compared; fewer when fewer fit at all."""
        return self._catalogue.among(query, ids, k)

    def catalogue(
        self, query: Query | None, wanted: CourseFilter, page: int, page_size: int, order: CourseOrder = "relevance"
    ) -> CoursePage:
        """One page (from 1) of the courses that pass the filter: best first for a query, else by title."""
        return self._catalogue.page(query, wanted, order, page, page_size)

    def _hits(self, candidates: list[Ranked]) -> list[Hit]:
        found = self.records.placed([candidate.id for candidate in candidates])
        return [Hit(*found[one.id], ranked=one) for one in candidates if one.id in found]

    def ranked(self, query: Query, k: int) -> list[Ranked]:
        """The ids of the `k` passages nearest to what is asked, best first, with their scores."""
        legs = self.legs
        return ranked(query, k, legs.passage_vectors, legs.passage_terms, legs.passages)

    def answering(self, query: Query, k: int) -> list[Ranked]:
        """The ids of the `k` passages most likely to answer, best first, with their scores."""
        legs = self.legs
        return ranked(query, k, legs.passage_vectors, legs.passage_terms, legs.passages, answering=True)

    def read(self, query: Query, k: int) -> list[Ranked]:
        """As `answering`, after a cross-encoder has read the best where there is one."""
        return self.read_together(query, self.answering(query, max(k, READ_TOGETHER)))[:k]

    def _course_hits(self, query: Query) -> list[CourseHit]:
        """Every course that fits at all, by its card or by the best passage inside."""
        hits = [*self._by_card(query), *self._by_passage(query)]
        best: dict[str, CourseHit] = {}
        for hit in sorted(hits, key=lambda hit: (-hit.score, hit.course.id)):
            best.setdefault(hit.course.id, hit)
        return list(best.values())

    def _by_card(self, query: Query) -> list[CourseHit]:
        cards = self._ranked_cards(query)
        courses = self.records.courses([course_id_of(card.id) for card in cards])
        found = ((courses[course_id_of(card.id)], card) for card in cards)
        return [
            CourseHit(course, card.score)
            for course, card in found
            if card.fit >= COURSE_FLOOR or _says_all(query, card_text(course))
        ]

    def _ranked_cards(self, query: Query) -> list[Ranked]:
        legs = self.legs
        return ranked(query, CANDIDATES, legs.course_vectors, legs.course_terms, legs.courses)

    def _by_passage(self, query: Query) -> list[CourseHit]:
        hits = self._hits(self.ranked(query, CANDIDATES))
        return [
            CourseHit(hit.course, hit.score, hit.passage.id)
            for hit in hits
            if hit.ranked.fit >= COURSE_FLOOR or _says_all(query, hit.passage.text)
        ]


def _section(hit: Hit) -> Section:
    scores = hit.ranked.stretches[1:]  # the first is that of the titles
    closest = int(scores.argmax()) if len(scores) else 0
    return Section(
        hit.passage.titles(hit.lesson.title), tuple(one.text for one in stretches(hit.passage.text)), closest
    )


def _names(query: Query, course: Course) -> bool:
    """Whether a skill or subject of the record is said in so many words or in others, or its name has all that is said.

    Only Latin words end where they end: 木工 is in 土木工程.
    """
    said, names = normalise(query.text), [normalise(name) for name in (*course.skills, *course.subjects)]
    if any((len(name) > 2 and name in said) or name in query.called for name in names):
        return True
    called = " ".join((course.title, *course.skills, *course.subjects))
    return all(term.isascii() for term in query.terms) and _says_all(query, called)


def _share_said(query: Query, text: str) -> float:
    """Which share of the words of a query a text says, none that is only of what is made for it: 化妆 in 化妆品."""
    wanted, plain = {term for term in query.terms if len(term) > 1}, normalise(text)
    in_text = set(terms(plain))
    said = [
        one
        for one in wanted
        if one in in_text and (one.isascii() or re.search(f"{re.escape(one)}(?![{_MADE_FOR_IT}])", plain))
    ]
    return len(said) / len(wanted) if wanted else 0.0


def _says_all(query: Query, text: str) -> bool:
    """Whether a text holds every word of the query: a name of two characters says little to a vector."""
    wanted = {term for term in query.terms if len(term) > 1}
    return bool(wanted) and wanted.issubset(terms(normalise(text)))
