"""The questions that one message asks: 标的斤数要不要连箱子算？交快递前该问清楚什么 asks two."""

import re
from pathlib import Path

from companion.patterns import Patterns
from companion.understanding.wish import speaks_of_oneself, without_what_is_told
from course_index.analyze import normalise
from retrieval.query import content_parts

_CLAUSE = re.compile(r"[^，,；;。？?！!：:\n]+[，,；;。？?！!：:\n]*")
_ENGLISH_AND = re.compile(r",?\s+and\s+(?=(?:how|what|which|when|where|who|why|should|can|do|must)\b)", re.IGNORECASE)
_ENGLISH_END = re.compile(r"(?<=\w)\.\s")
# What asks, in simplified script and lower case.
_ASKS = re.compile(
    r"多少|多[久长大高重深远快宽厚]|几|怎么|怎样|点样|点算|点(?=[整煮做炒蒸煲搞学])|咋|如何|什么|甚么|啥|咩|乜|哪|边[个度啲处]|谁|为何|点解|吗|㗎|呢$|(.)[不唔](?:\1|可以)"
    r"|有没有|有冇|行不行|得唔得|还是|真的?假的?|行吧|可以不|干嘛|做咩|点(?:样|先|救|摆|落|用|处理|照顾|防|教|讲|读|写)"
    r"|\b(?:how|what|which|when|where|who|why|can i|should|must|do i|does|is it|are there)\b"
    r"|^\s*(?:and |but |so |please |can you |could you )*(?:(?:what|how|where|who|when|why)s|is|are|was|were|do"
    r"|does|did|can|could|would|will|may|has|have|explain|define|describe|solve|calculate)\b"
)
# A part with fewer letters of content stands for nothing by itself.
_SHORTEST = 3
# A need that is told has at least so many.
_AT_LENGTH = 6
_MOST = 3
# A question without who asks it has at least so many.
_SAYS_ENOUGH = 2
_INTRODUCING = Patterns(Path(__file__).with_name("introducing.toml"))


def asks_anything(message: str) -> bool:
    """Whether a message asks at all; who tells of a need (楼下换了四个桶，我每次都扔错) does not."""
    said = without_what_is_told(normalise(message))
    return bool(_ASKS.search(said)) or message.rstrip().endswith(("?", "？"))


def tells_of_a_need(message: str) -> bool:
    """Whether a message tells, at some length, of one's own need or wish, whatever it asks besides."""
    if not speaks_of_oneself(message) or _content(message) < _AT_LENGTH:
        return False
    clauses = [clause for part in _ENGLISH_END.split(message) for clause in _CLAUSE.findall(part)]
    return any(_content(clause) >= _SHORTEST and not asks_anything(clause) for clause in clauses)


def parts_of(message: str) -> tuple[str, ...]:
    """The questions of a message, each with the words that lead up to it; one, when it asks but one.

    What is said before the first question belongs to every one of them.
    """
    asked: list[str] = []
    lead, waiting = "", ""
    for clause in _CLAUSE.findall(_ENGLISH_AND.sub("? ", message)):
        waiting += clause
        if _ASKS.search(normalise(clause)) and _content(waiting) >= _SHORTEST:
            if not asked:
                lead = waiting[: len(waiting) - len(clause)]
            asked.append(waiting)
            waiting = ""
    if len(asked) < 2 or len(asked) > _MOST:
        return (message,)
    asked[-1] += waiting
    first, *others = asked
    return (first, *(f"{lead}{other}" for other in others))


def without_introduction(message: str) -> str | None:
    """The question of who says first who they are, if it stands without that; None for any other message."""
    said = message.strip()
    text = normalise(said)
    found = _INTRODUCING["introduces"].match(text)
    if not found:
        return None
    # As it was typed, where normalising has not moved the letters.
    rest = (said if len(said) == len(text) else text)[found.end() :].strip()
    return rest if _content(rest) >= _SAYS_ENOUGH and asks_anything(rest) else None


def _content(text: str) -> int:
    """Letters of what is asked about; a word of the Latin script counts as two."""
    told = " ".join(part for part, says in content_parts(text) if says)
    latin = re.findall(r"[a-z]+", told)
    return len(re.sub(r"[a-z\s]+", "", told)) + 2 * len(latin)
