"""Vectors in memory find what comparing every vector finds, and the ranking over them is the plain one."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from course_index.store.held import HeldPassages, HeldVectors
from course_index.store.records import CourseFilter
from course_index.store.tokens import PassageVectors, TokenStore, in_bytes
from course_index.store.vectors import VectorIndex
from retrieval import catalogue, rank
from retrieval.catalogue import Catalogue

QUESTIONS = (
    "快件丢了谁来赔", "哈希冲突怎么解决", "what is a binary heap", "醒狮", "骑车要戴头盔吗",
    "how are hash collisions resolved", "包裝爛咗可唔可以拒收", "广州塔有多高",
)  # fmt: skip


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def in_clusters(count, dimension):
    """Vectors as courses have them: many near copies, which rough comparison tells apart badly."""
    rng = np.random.default_rng(4)
    centres = rng.standard_normal((count // 50, dimension))
    return unit(centres[rng.integers(len(centres), size=count)] + 0.3 * rng.standard_normal((count, dimension)))


def bare(vector):
    return PassageVectors("zh", vector, np.zeros((0, 1), np.int8), np.zeros(0, np.int32))


@pytest.fixture
def passages(tmp_path):
    """Four passages, in the store and in Chroma under other vectors: so it shows which of the two was asked."""
    vectors = np.eye(4, dtype=np.float32)
    store, index = TokenStore(tmp_path / "tokens.db"), VectorIndex(tmp_path / "vectors")
    store.put((f"p{n}", bare(vector)) for n, vector in enumerate(vectors))
    leg = index.collection("passages")
    leg.upsert([f"p{n}" for n in range(4)], vectors[::-1])
    yield store, leg
    store.close()
    index.close()


@pytest.mark.parametrize("dimension", [16, 128, 384, 1_024])
@pytest.mark.parametrize("k", [1, 30, 200])
def test_next_to_none_of_the_nearest_is_missed_and_they_come_best_first(dimension, k):
    vectors = in_clusters(4_000, dimension).astype(np.float16)
    held = HeldVectors([f"p{n}" for n in range(len(vectors))], vectors, ["zh"] * len(vectors))
    missed = 0
    for question in unit(in_clusters(4_000, dimension)[::80] + np.float32(0.01)):
        cosines = vectors.astype(np.float32) @ question
        found = held.search(question, k)
        assert [cosine for _, cosine in found] == pytest.approx([cosines[int(id_[1:])] for id_, _ in found], abs=1e-6)
        assert found == sorted(found, key=lambda one: -one[1])
        missed += sum(cosine < np.sort(cosines)[-k] - 1e-6 for _, cosine in found)
    assert missed <= max(1, 50 * k / 1_000)


def test_more_than_there_are_is_all_of_them_and_of_none_there_is_nothing():
    vectors = np.eye(5, dtype=np.float16)
    assert [id_ for id_, _ in HeldVectors("abcde", vectors, ["zh"] * 5).search(unit(np.arange(5)), 9)] == list("edcba")
    assert HeldVectors([], np.zeros((0, 0), np.float16), []).search(np.ones(3, np.float32), 3) == []


def test_vectors_are_told_of_those_that_there_are_as_the_store_has_them(passages):
    store, leg = passages
    held = HeldPassages(store, leg)
    for source in (held, store):
        rows = source.vectors(["p2", "none", "p0"])
        assert dict(zip(rows.ids, rows.vectors.argmax(axis=1).tolist(), strict=True)) == {"p0": 0, "p2": 2}
        assert rows.languages == ["zh", "zh"]
        assert source.vectors(["none"]).cosines(np.ones(4, np.float32)) == []


def test_above_so_many_the_leg_is_asked_that_keeps_them(passages):
    store, leg = passages
    east = np.eye(4, dtype=np.float32)[0]
    assert HeldPassages(store, leg, most_numbers=16).search(east, 1)[0][0] == "p0"
    assert HeldPassages(store, leg, most_numbers=15).search(east, 1)[0][0] == "p3"
    assert HeldPassages(store, leg, most_numbers=15).vectors(["p0"]).cosines(east) == [1.0]


def test_many_threads_may_ask_before_the_vectors_are_read(passages):
    held = HeldPassages(*passages)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: held.search(np.eye(4, dtype=np.float32)[1], 1)[0][0], range(64)))
    assert set(found) == {"p1"}


def plainly(search, query, k):
    """The ranking as one would write it down: every passage compared, each token with each, one after the other."""
    stored = search.generation.passage_tokens.get(sorted(search.records.passage_ids()))
    cosines = {id_: float(passage.vector @ query.vector) for id_, passage in stored.items()}
    shares = dict(search.generation.passage_terms.search(query.terms, rank.CANDIDATES, query.added))
    translated = dict(search.generation.passage_terms.search_ways(query.other_words, rank.CANDIDATES))
    near = sorted(cosines, key=lambda id_: -cosines[id_])[: rank.CANDIDATES]
    covered = search.generation.passage_terms.coverage(query.letters, stored)

    def share(id_):
        return (shares if stored[id_].language == query.language else translated).get(id_, 0.0)

    def promise(id_):
        return cosines[id_] + rank.PLAIN[1] * min(share(id_), rank.LEXICAL_ENOUGH)

    def score(id_):
        begins = [0, *stored[id_].ends[:-1]]
        best = max(
            sum(
                weight * max(float(token @ other.astype(np.float32)) / 127 for other in stored[id_].tokens[begin:end])
                for token, weight in zip(query.tokens, query.weights, strict=True)
            )
            for begin, end in zip(begins, stored[id_].ends, strict=True)
            if end > begin
        )
        if stored[id_].language == query.language:
            lexical = rank.LEXICAL_WEIGHT * min(share(id_), rank.LEXICAL_ENOUGH)
            coverage = rank.COVERAGE_WEIGHT * covered.get(id_, 0.0)
            return rank.COSINE_WEIGHT * cosines[id_] + lexical + rank.STRETCH_WEIGHT * max(best, 0) ** 2 + coverage
        straight, squared = rank.OTHER_STRETCH_WEIGHTS
        near = rank.OTHER_COSINE_WEIGHT * cosines[id_] + straight * best + squared * max(best, 0) ** 2
        return near + rank.TRANSLATED_WEIGHT * share(id_) + rank.OTHER_LEVEL

    hopeful = sorted({*near, *shares, *translated}, key=lambda id_: (-promise(id_), id_))[: rank.CLOSELY]
    return sorted(((score(id_), id_) for id_ in hopeful), key=lambda one: (-one[0], one[1]))[:k]


@pytest.mark.parametrize("question", QUESTIONS)
def test_real_courses_are_ranked_as_the_plain_way_ranks_them(index, question):
    search = index.search
    query = search.query(question)
    assert search.legs.passages.held is not None
    found, plain = search.ranked(query, 8), plainly(search, query, 8)
    assert [one.score for one in found] == pytest.approx([score for score, _ in plain], abs=1e-5)
    assert [one.id for one in found] == [id_ for _, id_ in plain]


@pytest.mark.parametrize("wanted", [CourseFilter(), CourseFilter(language="zh"), CourseFilter(audience="courier")])
def test_a_catalogue_of_more_passages_than_are_held_finds_the_same(index, wanted, monkeypatch):
    search = index.search
    held = [search.catalogue(search.query(question), wanted, 1, 20) for question in QUESTIONS]
    monkeypatch.setattr(catalogue, "MOST_HELD", 0)
    asked = Catalogue(search.generation, search.legs)
    assert [asked.page(search.query(question), wanted, "relevance", 1, 20) for question in QUESTIONS] == held


def test_a_placed_passage_is_what_the_records_have_of_it_its_lesson_and_its_course(index):
    records = index.search.records
    ids = sorted(records.passage_ids())
    placed = records.placed([*ids, "none"])
    assert sorted(placed) == ids
    assert {id_: passage for id_, (passage, _, _) in placed.items()} == records.passages(ids)
    lessons = records.lessons_by_id([passage.lesson_id for passage, _, _ in placed.values()])
    for passage, lesson, course in placed.values():
        assert lesson == lessons[passage.lesson_id]
        assert records.courses([passage.course_id]) == {course.id: course}


def test_tokens_are_read_in_a_row_and_one_by_one_alike(tmp_path):
    rng = np.random.default_rng(6)
    store = TokenStore(tmp_path / "tokens.db")
    vectors, of_tokens = unit(rng.standard_normal((3, 4))), in_bytes(unit(rng.standard_normal((8, 8))))
    some = {
        "a": PassageVectors("zh", vectors[0], of_tokens[:5], np.array([2, 2, 5], np.int32)),
        "b": bare(vectors[1]),
        "c": PassageVectors("en", vectors[2], of_tokens[5:], np.array([3], np.int32)),
    }
    store.put(some.items())
    rows = store.tokens(["c", "b", "a", "none"])
    assert sorted(rows.ids) == ["a", "b", "c"]
    alone = store.get(rows.ids)
    assert np.array_equal(rows.tokens, np.concatenate([alone[id_].tokens for id_ in rows.ids if len(alone[id_].ends)]))
    assert np.array_equal(rows.ends, np.concatenate([alone[id_].ends for id_ in rows.ids]))
    assert rows.counts.tolist() == [len(some[id_].ends) for id_ in rows.ids]
    assert len(store) == 3
    store.close()
