"""Whether a passage is on something else than what a question names, however near it comes."""

from retrieval.hit import Hit
from retrieval.of_paper import of_another_paper
from retrieval.of_place import of_another_place
from retrieval.of_thing import of_another_thing
from retrieval.query import Query
from retrieval.without import takes_what_is_missing


def of_another(query: Query, hit: Hit) -> bool:
    """Whether a passage has another place's rule, how another thing is made or with what is missing, or how another
    paper is got.
    """
    return (
        of_another_place(query.text, hit)
        or of_another_thing(query, hit)
        or of_another_paper(query, hit)
        or takes_what_is_missing(query, hit)
    )
