import numpy as np
import pytest

from retrieval.query import content_parts, query_terms, read_query


@pytest.mark.parametrize(
    ("asked", "content"),
    [
        ("快件丢了怎么赔", ["快件丢", "赔"]),
        ("What is a binary heap?", ["binary", "heap"]),
        ("what’s a caliper used for, and where's it kept", ["caliper", "used", "kept"]),
        ("whats a caliper, i dont know anybody who has one", ["caliper", "know", "one"]),
        ("点样申请学分？", ["申请学分"]),
        ("怎么样", []),
        ("", []),
    ],
)
def test_a_question_is_parted_into_what_is_asked_about_and_the_asking(asked, content):
    parts = content_parts(asked)
    assert "".join(part for part, _ in parts) == asked
    assert [part for part, says in parts if says] == content


def test_simplified_words_are_not_taken_for_taiwan_s():
    assert "程序" in query_terms("小程序怎么打开")
    assert "哈希" in query_terms("雜湊是什麼")


def encode(parts, _language):
    """One token a part, all alike."""
    vector = np.ones(2, np.float32) / np.sqrt(np.float32(2))
    return vector, np.tile(vector, (len(parts), 1)), np.arange(len(parts))


def test_only_what_is_asked_about_weighs():
    query = read_query("快件丢了怎么赔", encode)
    assert len(query.tokens) == 2
    np.testing.assert_allclose(query.weights, [0.5, 0.5])


def test_a_question_of_asking_alone_keeps_all_its_tokens():
    query = read_query("怎么样？", encode)
    assert len(query.tokens) == len(query.weights) == 1


def test_a_question_without_tokens_is_one_all_the_same():
    query = read_query("快件", lambda _parts, _language: (np.ones(2, np.float32), None, None))
    assert query.tokens is None
    assert query.terms
