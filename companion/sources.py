"""Found passages as the learner sees them and as a prompt has them."""

from collections.abc import Sequence

from companion.events import Source
from companion.finding.found import Found
from companion.pace import today
from companion.safety.untrusted import for_prompt, without_orders
from retrieval.choose import is_outdated
from retrieval.context import Context
from retrieval.search import Hit


def sources_of(found: Found) -> tuple[Source, ...]:
    """The passages with their numbers, each with what is quoted of it, else with its text."""
    quotes = {quote.hit.passage.id: quote.text for quote in found.quotes}
    return tuple(
        source_of(hit, number, quotes.get(hit.passage.id, hit.passage.text)) for number, hit in enumerate(found.hits, 1)
    )


def source_of(hit: Hit, number: int, quote: str) -> Source:
    """One passage as a source."""
    return Source(
        n=number,
        passage_id=hit.passage.id,
        course_id=hit.course.id,
        course_title=hit.course.title,
        lesson_title=hit.lesson.title,
        locator=hit.passage.locator,
        url=hit.passage.url or hit.course.url,
        quote=quote,
        as_of=hit.lesson.updated_at.isoformat() if hit.lesson.updated_at else None,
        sample=hit.course.sample,
        anchor=hit.passage.anchor,
        expired=hit.course.valid_until.isoformat() if hit.course.valid_until and is_outdated(hit, today()) else None,
    )


def passages_for(found: Found, contexts: Sequence[Context]) -> str:
    """The contexts with their numbers, for a prompt."""
    return "\n\n".join(
        f"{''.join(f'[{found.number(hit)}]' for hit in context.hits)} {for_prompt(_heading(context.hits[0]))}\n"
        f"{for_prompt(without_orders(context.text))}"
        for context in contexts
    )


def _heading(hit: Hit) -> str:
    return f"{hit.lesson.title} {hit.passage.locator}"
