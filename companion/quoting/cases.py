"""哪些情况可以认定工伤: the passage that lists the cases in which it is so, not the one that lists when it is not."""

import re
from collections.abc import Sequence

from companion.patterns import for_normalised
from companion.quoting.extract import WHOLE_TOKENS, Quote, stretch_around
from companion.safety.untrusted import is_an_order
from course_index.analyze import normalise, terms
from course_index.stretches import stretches
from retrieval.exercises import in_exercise
from retrieval.search import Hit

# 工伤怎么认定 asks for them too.
_ASKED = re.compile(
    r"(?:怎么|怎样|如何|点样)才?(?=认定|算得?是|算得上)|(?<!是)(?:哪些|哪种|哪几种|边啲|什么样?的?)(?:情况|情形|条件)(?:之?下)?"
    r"|\b(?:in which cases|under (?:what|which) conditions)\b"
)
_LISTED = for_normalised(r"(?:下列|以下|如下)[^，。；：]{0,6}(?:情形|情况|条件)|\bfollowing (?:cases|conditions)\b")
_ASKING = re.compile(r"才?(?:可以|能够?|会|要|算是?|属于|需要|应当|应该|是)|[吗呢的]")
# So much of what is asked the sentence has to say that leads into the list.
_ENOUGH = 0.6
# 未成年人 and 不动产 deny nothing, nor does 会不会.
_EITHER_WAY = re.compile(r"(.)不\1")
_DENIED = re.compile(r"不(?!动产|足|良|利|同)|未(?!成年|来)|无须|禁止|严禁|拒绝")


def asks_for_cases(question: str) -> bool:
    """Whether a question asks in which cases something is so."""
    return bool(_ASKED.search(normalise(question)))


def cases(question: str, hits: Sequence[Hit]) -> Quote | None:
    """The list of the best of `hits` that is introduced as the cases asked for, denied only where that is asked."""
    asked = normalise(question)
    found = _ASKED.search(asked)
    if not found:
        return None
    about = _ASKING.sub(" ", asked[: found.start()] + " " + asked[found.end() :])
    wanted = {term for term in terms(about) if len(term) > 1}
    for hit in hits if wanted else ():
        units = stretches(hit.passage.text)
        for place, (unit, posed) in enumerate(zip(units, in_exercise(hit, units), strict=True)):
            said = normalise(unit.text)
            if posed or is_an_order(unit) or not (listed := _LISTED.search(said)):
                continue
            # What comes of the cases stands after them in Chinese, else before.
            rule = said[listed.end() :] if len(said) - listed.end() > len(about) // 2 else said
            has = sum(term in terms(said) for term in wanted) / len(wanted)
            if has >= _ENOUGH and denies(rule) == denies(asked):
                return Quote(hit, stretch_around(hit, units, place, WHOLE_TOKENS), hit.score)
    return None


def denies(text: str) -> bool:
    """Whether a text, normalised, denies or forbids something."""
    return bool(_DENIED.search(_EITHER_WAY.sub("", text)))
