"""What an answer is written from and checked against."""

from collections.abc import Sequence
from dataclasses import dataclass

from companion.checking.grounds import Ground, grounds_of
from companion.checking.support import Judge
from companion.events import Source
from companion.finding.found import Found
from companion.sources import sources_of
from retrieval.context import Context
from retrieval.search import Hit, Search


@dataclass(frozen=True, slots=True)
class Material:
    """Found passages as sources, as a model reads them, as grounds by number, and the judge of what they support."""

    found: Found
    contexts: tuple[Context, ...]
    sources: tuple[Source, ...]
    grounds: dict[int, Ground]
    judge: Judge


def material_of(found: Found) -> Material:
    """The material of an answer."""
    numbers = {hit.passage.id: found.number(hit) for hit in found.hits}
    contexts = tuple(found.contexts())
    grounds = grounds_of(found.search, contexts, numbers)
    return Material(found, contexts, sources_of(found), grounds, Judge(found.search, found.query.text))


def material_of_passages(search: Search, question: str, hits: Sequence[Hit]) -> Material:
    """The material when the passages are given, as those of a lesson."""
    query = search.query(question)
    return material_of(Found(search, query, tuple(hits), to_read=tuple(hits)))
