import numpy as np
import pytest

from course_index.analyze import terms
from course_index.store.lexical import LexicalIndex
from course_index.store.tokens import PassageVectors, TokenStore, in_bytes
from course_index.store.vectors import VectorIndex
from retrieval import rank
from retrieval.interaction import stretch_scores
from retrieval.query import Query


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """400 passages of three stretches, with tokens or without."""
    folder = tmp_path_factory.mktemp("rank")
    rng = np.random.default_rng(3)
    vectors = unit(rng.standard_normal((400, 16)))
    words = ["快件", "荔枝", "血压", "方程", "粤剧", "heap"]
    texts = [" ".join(rng.choice(words, size=rng.integers(1, 6))) for _ in vectors]
    ids = [f"p{n:03}" for n in range(len(texts))]
    passages = {
        id_: PassageVectors(
            "zh" if n % 3 else "en",
            vectors[n],
            in_bytes(unit(rng.standard_normal((9, 8)))),
            np.array([2, 2, 9], np.int32),
        )
        for n, id_ in enumerate(ids)
    }
    index = VectorIndex(folder / "vectors")
    collection = index.collection("passages")
    collection.upsert(ids, vectors)
    lexical = LexicalIndex(folder / "terms")
    lexical.change(list(zip(ids, texts, strict=True)), [])
    tokens = TokenStore(folder / "tokens.db")
    tokens.put(passages.items())
    yield passages, collection, lexical, tokens, dict(zip(ids, texts, strict=True))
    tokens.close()
    index.close()


def in_a_row(folder, passages):
    tokens = TokenStore(folder / "row.db")
    tokens.put((f"p{n}", passage) for n, passage in enumerate(passages))
    rows = tokens.tokens([f"p{n}" for n in range(len(passages))])
    tokens.close()
    return rows


def query(asked, vector, tokens=None):
    weights = np.full(0 if tokens is None else len(tokens), 0.5, np.float32)
    words = tuple(((term,), ("荔枝",)) for term in terms(asked))
    return Query(
        asked, "zh", tuple(terms(asked)), (), unit(vector), tokens, np.ones(len(weights), bool), weights, words
    )


@pytest.mark.parametrize("asked", ["快件 荔枝", "heap", "粤剧方程", "没有的词"])
@pytest.mark.parametrize("with_tokens", [True, False])
def test_the_best_are_those_of_scoring_every_candidate(store, asked, with_tokens, monkeypatch):
    passages, collection, lexical, tokens, texts = store
    given = unit(np.random.default_rng(5).standard_normal((2, 8))) if with_tokens else None
    question = query(asked, passages["p007"].vector + 0.4 * passages["p011"].vector, given)
    said = dict(lexical.search(question.terms, rank.CANDIDATES))
    translated = dict(lexical.search_ways(question.other_words, rank.CANDIDATES))
    cosines = {id_: float(passage.vector @ question.vector) for id_, passage in passages.items()}
    rarity = lexical.rarity(question.letters)
    candidates = {*sorted(cosines, key=lambda id_: -cosines[id_])[: rank.CANDIDATES], *said, *translated}

    def score(id_):
        same, cosine = passages[id_].language == "zh", cosines[id_]
        share = (said if same else translated).get(id_, 0.0)
        if given is None:
            return cosine + 0.5 * share if same else 1.2 * cosine + 0.5 * share - 0.05
        of_token = given @ (passages[id_].tokens.astype(np.float32) / 127).T
        best = max((of_token[:, :2].max(axis=1)).mean(), (of_token[:, 2:].max(axis=1)).mean())
        if same:
            had = set(terms(texts[id_]))
            covered = sum(weight for term, weight in rarity.items() if term in had) / sum(rarity.values())
            return 1.2 * cosine + 0.25 * min(share, 0.33) + 1.5 * max(best, 0) ** 2 + 0.25 * covered
        return 2.2 * cosine + 0.75 * best + 0.9 * max(best, 0) ** 2 + 1.05 * share - 0.3

    monkeypatch.setattr(rank, "CLOSELY", 100)
    got = rank.ranked(question, 8, collection, lexical, tokens)
    assert np.allclose([one.score for one in got], sorted(map(score, candidates), reverse=True)[:8], atol=2e-3)
    assert all(np.isclose(one.cosine, cosines[one.id], atol=2e-3) for one in got)


def test_a_stretch_is_scored_by_the_nearest_token_to_each_of_the_question(tmp_path):
    east, north = np.eye(2, dtype=np.float32)
    passage = PassageVectors("zh", east, in_bytes(np.stack([east, north, -east])), np.array([1, 1, 3], np.int32))
    both = np.ones(2, bool)
    question = Query("", "zh", (), (), east, np.stack([east, north]), both, np.array([0.75, 0.25], np.float32))
    # The first stretch says the first token only; the second is empty; the third says the second and denies the first.
    (scores,) = stretch_scores(question, in_a_row(tmp_path, [passage]))
    np.testing.assert_allclose(scores, [0.75, -1, 0.25], atol=0.01)


def test_without_tokens_there_is_nothing_to_compare(tmp_path):
    bare = PassageVectors("zh", np.ones(1, np.float32), np.zeros((0, 1), np.int8), np.zeros(0, np.int32))
    (scores,) = stretch_scores(
        query("快件", np.ones(1, np.float32), np.ones((1, 1), np.float32)), in_a_row(tmp_path, [bare])
    )
    assert not len(scores)


def test_passages_are_scored_together_as_each_alone(store):
    passages, _, _, tokens, _ = store
    question = query("快件", passages["p001"].vector, unit(np.random.default_rng(8).standard_normal((2, 8))))
    several = tokens.tokens([f"p{n:03}" for n in range(5)])
    alone = [stretch_scores(question, tokens.tokens([id_]))[0] for id_ in several.ids]
    for one, together in zip(alone, stretch_scores(question, several), strict=True):
        np.testing.assert_allclose(one, together, atol=1e-6)


def test_stored_vectors_come_back_and_go(store, tmp_path):
    passages, *_ = store
    tokens = TokenStore(tmp_path / "tokens.db")
    tokens.put([("a", passages["p001"]), ("b", passages["p002"])])
    tokens.put([("a", passages["p003"])])
    tokens.delete(["b"])
    assert tokens.ids() == {"a"}
    (back,) = tokens.get(["a", "b", "c"]).values()
    np.testing.assert_allclose(back.vector, passages["p003"].vector, atol=1e-3)
    assert np.array_equal(back.tokens, passages["p003"].tokens)
    assert np.array_equal(back.ends, passages["p003"].ends)
    tokens.close()
