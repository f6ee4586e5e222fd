"""In which language an answer is found: the question's own where it can be, else another, if on the subject."""

from dataclasses import replace

from companion.finding.found import Found, read
from course_index.language import ZH
from retrieval.of_paper import paper_asked
from retrieval.of_thing import says_the_thing, thing_made
from retrieval.rank import CANDIDATES

# How likely what is in English has to answer to be shown as the closest to who asks in Chinese.
_LIKELY_IN_ANOTHER = 0.5


def in_own_language(found: Found, passages: int) -> Found:
    """`found`, in the question's own language where something in it answers as surely, or, where nothing answers, is on
    the subject: what is merely closest helps only who can read it, and who asks in Chinese may not read English.
    """
    language = found.query.language
    shown = [quote.hit for quote in found.quotes] if found.answers else list(found.hits[:1])
    if all(hit.passage.language == language for hit in shown):
        return found
    if found.answers and shown[0].passage.language == language:
        return replace(found, quotes=tuple(one for one in found.quotes if one.hit.passage.language == language))
    near = found.search.passages(found.query, CANDIDATES)
    own = [hit for hit in near if hit.passage.language == language][:passages]
    again = read(found.search, found.query, own, found.reach)
    if again.near and (not found.answers or _as_sure(again, found) or _is_nearer(again, found)):
        return again
    if found.answers:
        return found
    if language != ZH or (found.confidence.probability or 0.0) >= _LIKELY_IN_ANOTHER:
        return found
    return found.judged(on_subject=0.0)


def _as_sure(found: Found, other: Found) -> bool:
    return found.answers and (found.confidence.probability or 0.0) >= (other.confidence.probability or 0.0)


def _is_nearer(found: Found, other: Found) -> bool:
    """Whether what is plainer on the subject speaks against the other: a law on 预算, for a budget of one's own."""
    return (found.confidence.on_subject or 0.0) > (other.confidence.on_subject or 0.0)


def may_lack_the_thing(found: Found) -> bool:
    """Whether one asks how to make a thing or get a paper, and the passage cited first is in another language: it is
    mostly on another thing, unless it answers and has the words that a dictionary knows for this one.
    """
    thing = thing_made(found.query.text) or paper_asked(found.query.mandarin)
    if not found.hits or thing is None:
        return False
    hit = found.hits[0]
    if hit.passage.language == found.query.language:
        return False
    told = f"{hit.passage.titles(hit.lesson.title)} {hit.passage.text}"
    return not (found.answers and says_the_thing(found.search.query(thing).other_words, told))
