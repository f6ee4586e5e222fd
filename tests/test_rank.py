import numpy as np
import pytest

from course_index.analyze import terms
from course_index.store.lexical import LexicalIndex
from course_index.store.vectors import VectorIndex
from retrieval.query import Query
from retrieval.rank import CANDIDATES, LEXICAL_WEIGHT, OTHER_LANGUAGE_WEIGHT, fused


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rank")
    rng = np.random.default_rng(3)
    vectors = rng.standard_normal((400, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    words = ["快件", "荔枝", "血压", "方程", "粤剧", "heap"]
    texts = [" ".join(rng.choice(words, size=rng.integers(1, 6))) for _ in vectors]
    languages = ["zh" if n % 3 else "en" for n in range(len(texts))]
    ids = [f"p{n:03}" for n in range(len(texts))]
    index = VectorIndex(folder / "vectors")
    collection = index.collection("passages")
    collection.upsert(ids, vectors, languages)
    lexical = LexicalIndex(folder / "terms")
    lexical.change(list(zip(ids, texts, strict=True)), [])
    yield ids, vectors, languages, collection, lexical
    index.close()


@pytest.mark.parametrize("asked", ["快件 荔枝", "heap", "粤剧方程", "没有的词"])
@pytest.mark.parametrize("k", [1, 4, 8])
def test_the_best_are_those_of_scoring_every_candidate(store, asked, k):
    ids, vectors, languages, collection, lexical = store
    vector = vectors[7] + 0.4 * vectors[11]
    query = Query(asked, "zh", tuple(terms(asked)), (vector / np.linalg.norm(vector)).astype(np.float32))
    cosines = dict(zip(ids, vectors @ query.vector, strict=True))
    shares = dict(lexical.search(query.terms, CANDIDATES))
    nearest = sorted(ids, key=lambda id_: -cosines[id_])[:CANDIDATES]
    weight = {
        id_: LEXICAL_WEIGHT if lang == "zh" else OTHER_LANGUAGE_WEIGHT for id_, lang in zip(ids, languages, strict=True)
    }
    scores = {id_: cosines[id_] + weight[id_] * shares.get(id_, 0.0) for id_ in {*nearest, *shares}}
    best = sorted(scores.values(), reverse=True)[:k]
    got = fused(query, k, collection, lexical)
    assert np.allclose([one.score for one in got], best, atol=1e-5)
    assert all(np.isclose(one.cosine, cosines[one.id], atol=1e-5) for one in got)
