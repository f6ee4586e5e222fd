import pytest

from retrieval.rerank.gate import CLEAR_LEAD, PAUSE_SECONDS, Gate
from retrieval.rerank.reranker import RerankerUnavailable
from retrieval.search import Search


class Backwards:
    """Prefers the last passage, and remembers what it was asked; fails while `broken`."""

    def __init__(self):
        self.asked = []
        self.broken = False

    def scores(self, query, passages):
        self.asked.append((query, list(passages)))
        if self.broken:
            raise RerankerUnavailable("no answer")
        return list(range(len(passages)))


@pytest.fixture
def reranker():
    return Backwards()


def reordered(gate, scores):
    return gate.reordered("问", scores, lambda score: score, str)


def test_in_doubt_the_reranker_orders(reranker):
    assert reordered(Gate(reranker), [0.5, 0.45, 0.4]) == [0.4, 0.45, 0.5]


def test_a_clear_lead_is_left_alone(reranker):
    clear = [0.5 + CLEAR_LEAD, 0.5, 0.4]
    assert reordered(Gate(reranker), clear) == clear
    assert not reranker.asked


def test_a_broken_reranker_costs_nothing_but_its_order_and_is_left_alone(reranker):
    now = [0.0]
    gate = Gate(reranker, clock=lambda: now[0])
    reranker.broken = True
    assert reordered(gate, [0.5, 0.4]) == [0.5, 0.4]
    reranker.broken = False
    assert reordered(gate, [0.5, 0.4]) == [0.5, 0.4]
    assert len(reranker.asked) == 1
    now[0] = PAUSE_SECONDS
    assert reordered(gate, [0.5, 0.4]) == [0.4, 0.5]


def test_a_search_gives_its_best_to_the_reranker(index, embedder, reranker):
    plain = index.search
    search = Search(plain.generation, embedder, Gate(reranker))
    question = "学习"
    found = search.passages(search.query(question), 3)
    (asked,) = reranker.asked
    assert asked[0] == question
    assert [hit.passage.text for hit in found] == asked[1][::-1][:3]
