"""Rerankers against a real server on loopback that speaks both protocols, well and badly."""

import sys

import pytest
from pydantic import ValidationError

from course_index.parts import make_embedder
from course_index.sentence_transformers_model import ModelMissing
from course_index.settings import IndexSettings
from retrieval.parts import make_reranker
from retrieval.rerank.reranker import RerankerUnavailable
from retrieval.settings import RetrievalSettings
from tests.loopback import Loopback, always

PASSAGES = ["荔枝要冷藏保鲜", "电动车的电池怎么充电", "骑车要戴头盔"]


def overlap(body):
    """Either protocol, best first as real servers answer: the score is how many characters are shared."""
    texts = body.get("texts") or body.get("documents")
    scored = sorted(((len(set(body["query"]) & set(text)), n) for n, text in enumerate(texts)), reverse=True)
    if "texts" in body:
        return always(200, [{"index": n, "score": score} for score, n in scored])(body)
    results = [{"index": n, "relevance_score": score, "document": {"text": texts[n]}} for score, n in scored]
    return always(200, {"id": "1", "results": results, "meta": {}})(body)


@pytest.fixture
def server():
    with Loopback(overlap) as loopback:
        yield loopback


@pytest.fixture(params=["tei", "cohere"])
def reranker(request, server):
    return reranker_at(server, reranker_protocol=request.param)


def reranker_at(server, **settings):
    return make_reranker(RetrievalSettings(reranker_url=f"{server.url}/rerank", **settings))


def test_each_passage_has_its_score_in_the_order_given(reranker):
    assert reranker.scores("电池怎么充电", PASSAGES) == [0, 5, 0]


def test_no_passages_cost_no_request(reranker, server):
    assert reranker.scores("电池", []) == []
    assert not server.asked


def test_the_model_and_the_key_are_sent(server):
    reranker_at(
        server, reranker_protocol="cohere", reranker_model="bge-reranker-v2-m3", reranker_api_key="sk-secret"
    ).scores("电池", PASSAGES)
    (asked,) = server.asked
    assert (asked["path"], asked["model"], asked["authorization"]) == (
        "/rerank",
        "bge-reranker-v2-m3",
        "Bearer sk-secret",
    )


def test_what_cannot_be_encoded_is_cleaned_first(reranker):
    assert len(reranker.scores("\ud800\x00", ["\ud800", "\x00"])) == 2


@pytest.mark.parametrize(
    "answer",
    [
        always(500, b""),
        always(401, b""),
        always(302, b""),
        always(200, b"<html>welcome</html>"),
        always(200, b"[]"),
        always(200, {"results": []}),
        always(200, b"null"),
        always(200, [{"index": 0, "score": 1}] * 3),
        always(200, [{"index": n, "score": 1} for n in (0, 1, 7)]),
        always(200, b'[{"index": 0, "score": NaN}, {"index": 1, "score": 1}, {"index": 2, "score": 1}]'),
        always(200, {"results": [{"index": n, "relevance_score": "high"} for n in range(3)]}),
    ],
)
def test_whatever_else_is_answered_the_reranker_is_unavailable(reranker, server, answer):
    server.answer = answer
    with pytest.raises(RerankerUnavailable, match="COMPANION_RERANKER_PROTOCOL"):
        reranker.scores("电池", PASSAGES)


def test_one_protocol_is_not_taken_for_the_other(server):
    server.answer = lambda body: overlap({"query": body["query"], "documents": body["texts"]})
    with pytest.raises(RerankerUnavailable, match="COMPANION_RERANKER_PROTOCOL=tei"):
        reranker_at(server).scores("电池", PASSAGES)


@pytest.mark.parametrize("manner", ["hangs", "drips"])
def test_a_slow_reranker_is_given_up_in_time(server, manner):
    if manner == "hangs":
        server.answer = server.hang
    server.drips = manner == "drips"
    # What came at last would be taken, or said to be no scores.
    with pytest.raises(RerankerUnavailable, match=r"more than 0\.3 s|ReadTimeout"):
        reranker_at(server, reranker_seconds=0.3).scores("电池", PASSAGES)


def test_a_reranker_that_is_down_is_unavailable():
    with Loopback(overlap) as gone:
        reranker = reranker_at(gone)
    with pytest.raises(RerankerUnavailable, match="COMPANION_RERANKER_URL"):
        reranker.scores("电池", PASSAGES)


def test_without_a_setting_there_is_no_reranker():
    assert make_reranker(RetrievalSettings()) is None


def test_an_address_that_is_none_is_refused_at_start():
    with pytest.raises(ValidationError, match="RERANKER_URL must begin with"):
        RetrievalSettings(reranker_url="localhost:8080/rerank")


@pytest.mark.parametrize(
    "make",
    [
        lambda: make_reranker(RetrievalSettings(reranker_model="BAAI/bge-reranker-v2-m3")),
        lambda: make_embedder(IndexSettings(embedder="sentence-transformers", embedder_model="BAAI/bge-m3")),
    ],
)
def test_without_the_extra_a_model_is_refused_with_what_to_install(monkeypatch, make):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ModelMissing, match=r"pip install 'learning-companion\[sentence-transformers\]'"):
        make()
