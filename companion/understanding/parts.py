"""The questions that one message asks: 标的斤数要不要连箱子算？交快递前该问清楚什么 asks two."""

import re

from retrieval.query import content_parts

_CLAUSE = re.compile(r"[^，,；;。？?！!：:\n]+[，,；;。？?！!：:\n]*")
_ENGLISH_AND = re.compile(r",?\s+and\s+(?=(?:how|what|which|when|where|who|why|should|can|do|must)\b)", re.IGNORECASE)
_ASKS = re.compile(
    r"多少|多久|多长|多長|多大|多高|多重|几|幾|怎么|怎麼|怎样|怎樣|点样|點樣|點算|咋|如何|什么|什麼|甚麼|啥|咩|乜|哪|边[个度]|邊[個度]|谁|誰"
    r"|为何|為何|点解|點解|吗|嗎|㗎|呢$|(.)[不唔](?:\1|可以)|有没有|有沒有|有冇|行不行|得唔得|还是|還是"
    r"|\b(?:how|what|which|when|where|who|why|can i|should|must|do i|does|is it|are there)\b",
    re.IGNORECASE,
)
# A part with fewer letters of content stands for nothing by itself.
_SHORTEST = 4
_MOST = 3


def parts_of(message: str) -> tuple[str, ...]:
    """The questions of a message, each with the words that lead up to it; one, when it asks but one.

    What is said before the first question belongs to every one of them.
    """
    asked: list[str] = []
    lead, waiting = "", ""
    for clause in _CLAUSE.findall(_ENGLISH_AND.sub("? ", message)):
        waiting += clause
        if _ASKS.search(clause) and _content(waiting) >= _SHORTEST:
            if not asked:
                lead = waiting[: len(waiting) - len(clause)]
            asked.append(waiting)
            waiting = ""
    if len(asked) < 2 or len(asked) > _MOST:
        return (message,)
    asked[-1] += waiting
    first, *others = asked
    return (first, *(f"{lead}{other}" for other in others))


def _content(text: str) -> int:
    """Letters of what is asked about; a word of the Latin script counts as two."""
    told = " ".join(part for part, says in content_parts(text) if says)
    latin = re.findall(r"[a-z]+", told)
    return len(re.sub(r"[a-z\s]+", "", told)) + 2 * len(latin)
