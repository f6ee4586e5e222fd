"""The embedder behind an endpoint: a build and a search through a real one, and endpoints that misbehave."""

import math

import pytest
from pydantic import ValidationError

from course_index.build import build_index
from course_index.embedders.openai_compatible import EmbedderUnavailable
from course_index.embedders.prefixes import ByRole, prefixes_of
from course_index.errors import IndexMismatch
from course_index.parts import make_embedder
from course_index.searchable import refuse_mismatch
from course_index.settings import IndexSettings
from course_index.store.generations import IndexHome
from retrieval.live import LiveIndex
from tests.conftest import LIBRARY
from tests.loopback import Loopback, always


def embedder_at(url, **settings):
    given = {"embedder": "openai", "embedder_model": "m", "embedder_base_url": f"{url}/v1", **settings}
    return make_embedder(IndexSettings(**given))


def vectors(dimension, value=1.0):
    def answer(body):
        rows = [
            {"object": "embedding", "index": n, "embedding": [value] * dimension} for n in range(len(body["input"]))
        ]
        return always(200, {"object": "list", "data": rows, "model": "m", "usage": {}})(body)

    return answer


@pytest.fixture
def server():
    with Loopback(vectors(4)) as loopback:
        yield loopback


def test_a_library_is_built_and_searched_through_an_endpoint(tmp_path, nano_serve):
    settings = IndexSettings(
        data_dir=tmp_path,
        embedder="openai",
        embedder_model="e5",
        embedder_base_url=nano_serve,
        embedder_seconds=100,  # it shares two cores with other tests
        embedder_query_type="query",
        embedder_passage_type="passage",
    )
    home, embedder = IndexHome(tmp_path), make_embedder(settings)
    assert build_index([LIBRARY], home, embedder).totals.courses == 4
    live = LiveIndex(home, embedder)
    hits = live.search.passages(live.search.query("快件丢了谁来赔"))
    live.close()
    assert hits[0].passage.locator.startswith("第一条")


def test_texts_go_out_with_their_prefix_in_batches_and_with_the_key(server):
    embedder = embedder_at(
        server.url, embedder_model="intfloat/e5-base", embedder_batch_texts=2, embedder_api_key="sk-secret"
    )
    assert embedder.embed(["一", "二", "三"], "passage").shape == (3, 4)
    _probe, first, second = server.asked
    assert (first["input"], second["input"]) == (["passage: 一", "passage: 二"], ["passage: 三"])
    assert first["authorization"] == "Bearer sk-secret"
    assert first["path"] == "/v1/embeddings"
    assert "input_type" not in first


def test_a_server_that_is_told_the_role_gets_no_prefix(server):
    embedder_at(server.url, embedder_model="e5-base", embedder_query_type="query").embed(["一"], "query")
    assert server.asked[-1]["input"] == ["一"]
    assert server.asked[-1]["input_type"] == "query"


def test_vectors_are_put_in_the_order_of_their_texts(server):
    rows = [{"index": 1, "embedding": [0, 2]}, {"index": 0, "embedding": [3, 0]}]
    embedder = embedder_at(server.url)
    server.answer = lambda body: always(200, {"data": rows[-len(body["input"]) :]})(body)
    assert embedder.embed(["一", "二"], "passage").tolist() == [[1, 0], [0, 1]]


def test_a_prefix_that_is_set_counts_more_than_the_table_even_when_empty(server):
    embedder_at(server.url, embedder_model="e5-base", embedder_query_prefix="").embed(["一"], "query")
    assert server.asked[-1]["input"] == ["一"]


def test_nothing_is_asked_before_the_first_use(server):
    embedder_at(server.url)
    assert not server.asked


def test_an_index_of_another_model_prefix_or_dimension_is_refused(server):
    meta = {"embedder": embedder_at(server.url).fingerprint}
    refuse_mismatch(meta, embedder_at(server.url))
    for other in ({"embedder_model": "n"}, {"embedder_query_prefix": "q: "}, {"embedder_passage_type": "passage"}):
        with pytest.raises(IndexMismatch, match="--rebuild"):
            refuse_mismatch(meta, embedder_at(server.url, **other))
    server.answer = vectors(8)
    with pytest.raises(IndexMismatch, match="--rebuild"):
        refuse_mismatch(meta, embedder_at(server.url))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (always(500, {"error": {"message": "boom"}}), "answered 500"),
        (always(401, {"error": {"message": "who?"}}), "COMPANION_EMBEDDER_API_KEY"),
        (always(404, b"no such page"), "COMPANION_EMBEDDER_MODEL"),
        (always(413, b""), "COMPANION_EMBEDDER_BATCH_TEXTS"),
        (always(200, b"<html>welcome</html>"), "no list of 1 embeddings"),
        (always(200, b"[]"), "no list of 1 embeddings"),
        (always(200, b"null"), "no list of 1 embeddings"),
        (always(200, {}), "no list of 1 embeddings"),
        (always(200, {"data": []}), "no list of 1 embeddings"),
        (always(200, {"data": [{"index": 0}]}), "no list of 1 embeddings"),
        (always(200, {"data": [{"index": 0, "embedding": "words"}]}), "no list of 1 embeddings"),
        (vectors(4, math.nan), "no list of 1 embeddings"),
        (vectors(4, 0.0), "no list of 1 embeddings"),
        (vectors(0), "no list of 1 embeddings"),
    ],
)
def test_what_cannot_be_used_is_said_with_what_to_set(server, answer, said):
    server.answer = answer
    with pytest.raises(EmbedderUnavailable, match=said):
        embedder_at(server.url).embed(["一"], "query")


def test_another_dimension_than_before_is_refused(server):
    embedder = embedder_at(server.url)
    embedder.embed(["一"], "passage")
    server.answer = vectors(8)
    with pytest.raises(EmbedderUnavailable, match="length 8 and 4 before"):
        embedder.embed(["一"], "passage")


def test_an_endpoint_that_hangs_is_given_up(server):
    server.answer = server.hang
    with pytest.raises(EmbedderUnavailable, match=r"within 0\.2 s"):  # else what it sends at last would be told of
        embedder_at(server.url, embedder_seconds=0.2).embed(["一"], "query")


def test_an_endpoint_that_is_down_is_said_without_its_address():
    with Loopback(always(200, b"")) as gone:
        url = gone.url
    with pytest.raises(EmbedderUnavailable, match="Start it") as caught:
        embedder_at(url).embed(["一"], "query")
    assert url not in str(caught.value)


def test_a_build_asks_again_after_a_busy_moment(server):
    embedder = embedder_at(server.url)
    assert embedder.dimension == 4
    answers = [always(503, b""), vectors(4)]
    server.answer = lambda body: answers.pop(0)(body)  # noqa: PLW0108 another one each time
    assert embedder.embed(["一"], "passage").shape == (1, 4)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"embedder": "openai", "embedder_base_url": "http://x/v1"}, "EMBEDDER_MODEL"),
        ({"embedder": "openai", "embedder_model": "m"}, "EMBEDDER_BASE_URL"),
        ({"embedder": "openai", "embedder_model": "m", "embedder_base_url": "x:80"}, "must begin with http"),
        ({"embedder": "sentence-transformers"}, "EMBEDDER_MODEL"),
        ({"embedder_model": "m"}, "EMBEDDER=openai or sentence-transformers"),
        ({"embedder_base_url": "http://x/v1"}, "EMBEDDER=openai"),
    ],
)
def test_settings_that_lack_something_are_refused_at_start(given, said):
    with pytest.raises(ValidationError, match=said):
        IndexSettings(**given)


@pytest.mark.parametrize(
    ("model", "query", "passage"),
    [
        ("intfloat/multilingual-e5-large", "query: ", "passage: "),
        ("/models/e5-small-v2", "query: ", "passage: "),
        ("intfloat/multilingual-e5-large-instruct", "Instruct: ", ""),
        ("BAAI/bge-large-zh-v1.5", "为这个句子", ""),
        ("BAAI/bge-small-en-v1.5", "Represent ", ""),
        ("BAAI/bge-m3", "", ""),
        ("Qwen/Qwen3-Embedding-0.6B", "Instruct: ", ""),
        ("nomic-ai/nomic-embed-text-v1.5", "search_query: ", "search_document: "),
        ("text-embedding-3-small", "", ""),
        ("sentence-transformers/all-MiniLM-L6-v2", "", ""),
    ],
)
def test_models_have_the_prefixes_that_they_were_trained_with(model, query, passage):
    known = prefixes_of(model)
    assert known.query.startswith(query)
    assert bool(known.query) == bool(query)
    assert known.passage == passage
    assert known == ByRole(known.of("query"), known.of("passage"))
