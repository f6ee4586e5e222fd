"""What a learner typed, made ready for searching."""

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from course_index.analyze import simplified_question, terms
from course_index.language import language_of
from course_index.store.legs import Word
from retrieval.wording import Wording, shipped_wording

# A question longer than this is a pasted text; its beginning says what is asked.
MAX_QUERY_CHARACTERS = 2_000

# Words by which one asks, not what one asks about (in simplified script; 点样, 乜嘢 and the like are Cantonese).
_ASKING = re.compile(
    "请问|请教|想问|问一下|一下|什么时候|什么样|是什么|为什么|有什么|什么|为啥|是啥|啥是|为何|怎么样|怎么办|怎么|怎样|如何|咋办|咋样|"
    "能不能|可不可以|可以|应该|需要|多少|哪些|哪里|哪个|哪种|是不是|有没有|会不会|要不要|我想|我要|我们|你们|他们|"
    "点样|点解|边度|边个|乜嘢|系咪|可唔可以|唔该|有冇|几多|"
    r"\b(?:(?:what|who|where|when|why|how|that|there)(?:['’]?s|['’](?:ll|d|re))|"
    r"(?:do|does|did|is|are|was|were|ca|wo|could|should|would)n['’]?t|i['’]?(?:m|ve)|i['’](?:d|ll)|(?:you|we|they)['’](?:re|ve|ll|d)|"
    r"what|which|who|whom|whose|when|where|why|how|is|are|was|were|be|been|do|does|did|can|could|should|would|will|"
    r"may|might|must|shall|a|an|the|of|to|in|on|at|for|and|or|by|with|from|as|it|its|this|that|these|those|there|i|me|"
    r"my|you|your|we|our|they|their|he|she|his|her|have|has|had|if|so|not|no|about|please|tell|explain|mean|means|"
    r"(?:some|any)(?:one|body|thing))\b"
)
FUNCTION_CHARACTERS = frozenset(
    "的了吗呢吧啊呀么嘛哦呗嘅咩啲咗喺係是在和与及或就都也还又很把被让给对从到于之其这那有个我你他她它们谁哪几"
)


# Parts of a question and its language to its unit vector, (dimension,), and, for late interaction, its tokens' vectors,
# (tokens, token dimension), with the part each token ends in.
EncodeQuery = Callable[
    [Sequence[str], str], tuple[NDArray[np.float32], NDArray[np.float32] | None, NDArray[np.int64] | None]
]


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """The text as typed (cleaned, capped, in one Unicode form), its language, its terms and its centred unit vector.

    `mandarin` is the text in simplified script without Cantonese wording. `called` are other words for the same, by
    which courses may call it, and `added` their terms; `other_words` is what its words may be called in the other
    language, where the library has texts in it.

    For late interaction also the unit vectors of its tokens, shape (tokens, token dimension), which of them say what is
    asked about (the others are those by which one asks), and what share of the question each of these is, together 1;
    None and none where the embedder gives no tokens.
    """

    text: str
    language: str
    terms: tuple[str, ...]
    added: tuple[str, ...]
    vector: NDArray[np.float32]
    asked: NDArray[np.float32] | None
    content: NDArray[np.bool_]
    weights: NDArray[np.float32]
    called: frozenset[str] = frozenset()
    other_words: tuple[Word, ...] = ()
    mandarin: str = ""

    @property
    def tokens(self) -> NDArray[np.float32] | None:
        """The vectors of its content, shape (content tokens, token dimension)."""
        return None if self.asked is None else self.asked[self.content]

    @property
    def letters(self) -> tuple[str, ...]:
        """Its Han characters, or its words where it has none."""
        return tuple(term for term in self.terms if len(term) == 1) or self.terms


def read_query(
    typed: str, encode: EncodeQuery, wording: Wording | None = None, languages: Collection[str] = ()
) -> Query:
    """Make a query of whatever was typed, with the dictionaries that ship unless others are given.

    `languages` are those of the texts that are searched.
    """
    wording = wording or shipped_wording()
    encodable = typed[:MAX_QUERY_CHARACTERS].replace("\x00", " ").encode("utf-8", "replace").decode("utf-8")
    # One Unicode form from here on, so that the same text finds the same however it was typed.
    text = unicodedata.normalize("NFKC", encodable)[:MAX_QUERY_CHARACTERS].strip()
    language = language_of(text)
    asked = wording.in_mandarin(simplified_question(text))
    parts = content_parts(asked)
    vector, tokens, part_of = encode([part for part, _ in parts], language)
    found = query_terms(text)
    if asked != text:
        found = tuple(dict.fromkeys((*found, *query_terms(asked))))
    more = wording.added(asked)
    added, called = query_terms(more) if more else (), frozenset(more.split())
    asked_about = [part.lower() for part, is_content in parts if is_content]
    other_words = wording.in_other_words(asked_about, language) if {*languages} - {language} else ()
    if tokens is None or part_of is None or not len(tokens):
        nothing = np.zeros(0, np.bool_), np.zeros(0, np.float32)
        return Query(text, language, found, added, vector, None, *nothing, called, other_words, asked)
    says = np.array([is_content for _, is_content in parts])[part_of]
    kept = says if says.any() else np.ones_like(says)
    weights = np.full(int(kept.sum()), 1 / kept.sum(), np.float32)
    return Query(text, language, found, added, vector, tokens, kept, weights, called, other_words, asked)


def content_parts(text: str) -> list[tuple[str, bool]]:
    """The text in runs of what is asked about (True) and of the words and marks by which one asks (False)."""
    masked = _ASKING.sub(lambda asking: " " * len(asking[0]), text.lower())
    if len(masked) != len(text):  # a character whose lower case is longer than itself
        masked = text
    flags = [letter.isalnum() and letter not in FUNCTION_CHARACTERS for letter in masked]
    runs = ("".join(text[at] for at, _ in run) for _, run in groupby(enumerate(flags), key=lambda flag: flag[1]))
    starts = [flag for flag, _ in groupby(flags)]
    return list(zip(runs, starts, strict=True)) or [(text, False)]


def query_terms(text: str) -> tuple[str, ...]:
    """The terms of a query without the words by which one asks, unless there are no others."""
    normalised = simplified_question(text).lower()
    content = terms(_ASKING.sub(" ", normalised)) or terms(normalised)
    kept = tuple(dict.fromkeys(term for term in content if not FUNCTION_CHARACTERS.issuperset(term)))
    return kept or tuple(dict.fromkeys(content))
