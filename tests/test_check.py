import asyncio

import pytest

from companion.check import Evidence, checked_sentences

PASSAGES = {
    1: "快件丢失、损坏的，保过价的，按寄件时约定的保价规则赔。赔偿申请应当在签收后三十日内提出。",
    2: "链表由节点组成，插入很快，访问很慢。",
}


def release(*deltas, cosine=lambda claim, passages: 0.0, question="快件丢了怎么赔"):
    async def run():
        async def stream():
            for delta in deltas:
                yield delta

        return [sentence async for sentence in checked_sentences(stream(), Evidence(PASSAGES, cosine, question))]

    return asyncio.run(run())


def text(sentences):
    return "".join(sentence.text for sentence in sentences if sentence.supported)


def test_a_cited_and_supported_sentence_is_released():
    assert text(release("快件丢失的，保过价的按保价规则赔。[1]")) == "快件丢失的，保过价的按保价规则赔。[1]"


@pytest.mark.parametrize("mark", ["[1]", "【1】", "［1］", "[^1]", "[ 1 ]", "[1, 1]"])
def test_citations_are_understood_however_they_are_written(mark):
    assert text(release(f"快件丢失按保价规则赔{mark}。")) == "快件丢失按保价规则赔。[1]"


@pytest.mark.parametrize(
    "answer",
    [
        "快件丢失按保价规则赔。",  # no citation
        "快件丢失按保价规则赔。[7]",  # a citation of nothing
        "快件丢失赔 500 元，按保价规则赔。[1]",  # a number that nobody gave
        "赔偿申请在签收后 60 日内提出。[1]",
        "番茄要在春天播种，夏天收获。[1]",  # another subject
        "链表插入很快，访问很慢。[1]",  # the right words, the wrong source
    ],
)
def test_what_its_source_does_not_bear_is_dropped(answer):
    assert text(release(answer)) == ""


def test_numbers_may_be_written_as_digits_or_in_chinese():
    assert text(release("赔偿申请应当在签收后 30 日内提出。[1]")) != ""
    assert text(release("赔偿申请应当在签收后 3 日内提出。[1]")) == ""


def test_a_sentence_waits_for_the_citation_of_its_paragraph():
    answer = "快件丢失的，按保价规则赔。申请在签收后三十日内提出。[1]\n\n链表插入很快。"
    assert text(release(answer)) == "快件丢失的，按保价规则赔。[1]申请在签收后三十日内提出。[1]\n\n"


def test_a_line_that_leads_in_stands_or_falls_with_what_follows():
    assert text(release("赔偿规则如下：\n- 快件丢失按保价规则赔。[1]\n")).startswith("赔偿规则如下：")
    assert text(release("赔偿规则如下：\n- 赔 500 元。[1]\n")) == ""


def test_the_result_is_the_same_however_the_stream_is_cut():
    answer = "快件丢失的，按保价规则赔。[1] 链表插入很快，访问很慢[2]。编造 999 元。[1]\n尾巴没有出处"
    whole = text(release(answer))
    assert whole == text(release(*answer)) == text(release(answer[:9], answer[9:13], answer[13:]))
    assert whole == "快件丢失的，按保价规则赔。[1] 链表插入很快，访问很慢。[2]"


def test_the_first_sentence_is_released_before_the_stream_ends():
    async def run():
        async def stream():
            yield "快件丢失的，按保价规则赔。[1]\n"
            yield "下一句"
            raise RuntimeError("the stream goes on")

        sentences = checked_sentences(stream(), Evidence(PASSAGES, lambda *_: 0.0, ""))
        first = await anext(sentences)
        await sentences.aclose()
        return first

    assert asyncio.run(run()).supported


def test_across_languages_closeness_decides():
    claim = "A linked list is made of nodes and inserts fast.[2]"
    assert text(release(claim, cosine=lambda *_: 0.9)) != ""
    assert text(release(claim, cosine=lambda *_: 0.1)) == ""


def test_ten_is_not_found_inside_thirty():
    assert text(release("申请在签收后 10 日内提出。[1]")) == ""
