"""What a written sentence is held against: what stands behind a citation, with the vectors of its tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from companion.safety.untrusted import is_an_order
from course_index.analyze import normalise, terms
from course_index.store.tokens import PassageVectors
from course_index.stretches import stretches
from retrieval.context import Context
from retrieval.search import Search


@dataclass(frozen=True, slots=True)
class Ground:
    """What a citation points at, cut in stretches, with the vectors of the tokens of each. `titles` are those of its
    course and lesson, and where in that it stands; `normalised` and `terms` are of these and the text, and `said` are
    the stretches, normalised: once for all sentences of an answer.
    """

    titles: tuple[str, ...]
    normalised: str
    terms: frozenset[str]
    language: str
    stretches: tuple[str, ...]
    said: tuple[str, ...]
    tokens: tuple[NDArray[np.float32], ...]


def grounds_of(search: Search, contexts: Sequence[Context], numbers: dict[str, int]) -> dict[int, Ground]:
    """By the number that each chosen passage is cited by: what stands there, with the rest of its section."""
    stored = search.generation.passage_tokens.get([one.id for context in contexts for one in context.passages])
    found: dict[int, Ground] = {}
    for context in contexts:
        ground = _ground(context, stored)
        found |= {numbers[hit.passage.id]: ground for hit in context.hits}
    return found


def _ground(context: Context, stored: Mapping[str, PassageVectors]) -> Ground:
    """What a context says, without what of it is an order to the model."""
    texts: list[str] = []
    tokens: list[NDArray[np.float32]] = []
    said: list[str] = []
    for passage in context.passages:
        cut = stretches(passage.text)
        parts = _of_stretches(stored.get(passage.id), len(cut))
        kept = [(one.text, part) for one, part in zip(cut, parts, strict=True) if not is_an_order(one)]
        texts += [text for text, _ in kept]
        tokens += [part for _, part in kept]
        said.append("".join(text for text, _ in kept))
    first = context.hits[0]
    titles = first.course.title, first.lesson.title, first.passage.locator
    whole = normalise("\n\n".join((" ".join(titles), *said)))
    plain = tuple(map(normalise, texts))
    return Ground(titles, whole, frozenset(terms(whole)), first.passage.language, tuple(texts), plain, tuple(tokens))


def _of_stretches(vectors: PassageVectors | None, count: int) -> list[NDArray[np.float32]]:
    """The vectors of each stretch of a passage; empty ones where none are kept, or of another cut."""
    if vectors is None or len(vectors.ends) != count + 1:  # what comes first is the titles
        return [np.zeros((0, 0), np.float32)] * count
    per_stretch = np.split(vectors.tokens, vectors.ends[:-1])[1:]
    return [part.astype(np.float32) / np.float32(127) for part in per_stretch]
