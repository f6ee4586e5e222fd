"""What a learner typed, made ready for searching."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from course_index.analyze import normalise, simplified, terms
from course_index.language import language_of

# A question longer than this is a pasted text; its beginning says what is asked.
MAX_QUERY_CHARACTERS = 2_000

# Words by which one asks, not what one asks about (in simplified script; 点样, 乜嘢 and the like are Cantonese).
_ASKING = re.compile(
    "请问|请教|想问|问一下|一下|什么时候|什么样|是什么|为什么|有什么|什么|为啥|是啥|啥是|为何|怎么样|怎么办|怎么|怎样|如何|咋办|咋样|"
    "能不能|可不可以|可以|应该|需要|多少|哪些|哪里|哪个|哪种|是不是|有没有|会不会|要不要|我想|我要|我们|你们|他们|"
    "点样|点解|边度|边个|乜嘢|系咪|可唔可以|唔该|有冇|几多|"
    r"\b(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|be|been|do|does|did|can|could|should|would|will|"
    r"may|might|must|shall|a|an|the|of|to|in|on|at|for|and|or|by|with|from|as|it|its|this|that|these|those|there|i|me|"
    r"my|you|your|we|our|they|their|he|she|his|her|have|has|had|if|so|not|no|about|please|tell|explain|mean|means)\b"
)
_FUNCTION_CHARACTERS = frozenset(
    "的了吗呢吧啊呀么嘛哦呗嘅咩啲咗喺係是在和与及或就都也还又很把被让给对从到于之其这那有个我你他她它们谁哪几"
)


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """The text as typed (cleaned and capped), its language, the terms worth matching, and its centred unit vector."""

    text: str
    language: str
    terms: tuple[str, ...]
    vector: NDArray[np.float32]


def read_query(typed: str, embed: Callable[[str, str], NDArray[np.float32]]) -> Query:
    """Make a query of whatever was typed; `embed` takes text and language to a vector, shape (dimension,)."""
    text = typed.replace("\x00", " ").encode("utf-8", "replace").decode("utf-8")[:MAX_QUERY_CHARACTERS].strip()
    language = language_of(text)
    return Query(text, language, query_terms(text), embed(simplified(text, recipe="tw2sp"), language))


def query_terms(text: str) -> tuple[str, ...]:
    """The terms of a query without the words by which one asks, unless there are no others."""
    normalised = normalise(text, recipe="tw2sp")
    content = terms(_ASKING.sub(" ", normalised)) or terms(normalised)
    kept = tuple(dict.fromkeys(term for term in content if not _FUNCTION_CHARACTERS.issuperset(term)))
    return kept or tuple(dict.fromkeys(content))
