"""What the lesson that was talked of, or what was said before, has to say on a message behind others."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from companion.finding.found import WORTH_A_LOOK, Found, read
from companion.quoting.extract import Quote
from companion.quoting.measures import measure_asked, measure_told, states
from companion.understanding.follow_up import asks_whether, terms_named
from course_index.analyze import normalise, terms
from retrieval.exercises import begins_an_exercise, is_exercise
from retrieval.query import Query, query_terms
from retrieval.rank import CANDIDATES
from retrieval.search import Hit, Search

# What was said before counts so much for the closest passage, and so much of the message by itself has to be in it. Of
# our second turns that were shown nothing, 4 of 6 follow-ups then get the right one, and 7 of 67 others a wrong one.
_THREAD_WEIGHT, _SHARED = 2.0, 0.2
# For a short question that stands alone what the lesson talked of says counts for more: it is taken where it scores at
# least so much of the best elsewhere. Of our second turns that were taken by themselves and led elsewhere, 4 of 4
# follow-ups then find their passage (1 before), and of 97 others 81 theirs (82).
_IN_THREAD = 0.55
# So many of the letters carried along have to be in a passage that has none of their pairs.
_OF_IT = 0.25
# So much of what a follow-up names has to be in a passage that is to lead. Of 80 of our follow-ups 4 are led by another
# passage so: by the right one 3 times, and by none worse the fourth.
_NAMED = 0.5


def find_in_thread(search: Search, found: Found, passages: int, thread: Sequence[str]) -> Found:
    """What `thread`, the passages of the lesson that was talked of, has on a short question that was taken by itself
    (要放多少糖 after a recipe), unless what was found elsewhere is clearly nearer.
    """
    if not found.hits or found.reach != "everything" or found.hits[0].passage.id in thread:
        return found
    there = search.choice_among(found.query, passages, thread)
    if not there:
        return found
    # Scores of passages in another language are of another kind.
    alike = [hit.score for hit in found.hits if hit.passage.language == there[0].passage.language]
    if there[0].score < _IN_THREAD * max(alike, default=0.0):
        return found
    again = read(search, found.query, there, "everything")
    # What names its own subject, is answered, and not by the lesson: how do I take notes after a talk on exams.
    own = found.answers and found.near and found.hits[0].passage.language == found.query.language
    if not again.quotes or (own and not again.answers):
        return found
    # What names no subject is near none; the lesson is what is talked of.
    on_subject = max(again.confidence.on_subject or 0.0, WORTH_A_LOOK)
    return again.judged(on_subject=on_subject)


def find_measure(search: Search, found: Found, message: str, thread: Sequence[str], reply: str) -> Found:
    """`found`, led by the sentence of the lesson that was talked of which states the measure that a short message asks
    for (要多久), where `reply` told of it and what was found is elsewhere, or states none.
    """
    kind = measure_asked(message)
    quote = measure_told(message, search.placed(thread), reply) if kind else None
    if not kind or not quote:
        return found
    return found if found.answers and states_it(found.quotes[0], kind, thread) else found.surely((quote,))


def states_it(quote: Quote, kind: str, thread: Sequence[str]) -> bool:
    """Whether a quote is of the lesson talked of, and states a measure there; an exercise states that of its case."""
    posed = is_exercise(quote.hit) or begins_an_exercise(quote.text)
    return quote.hit.passage.id in thread and states(quote.text, kind) and not posed


def strays(found: Found, message: str, talked_of: Collection[str]) -> bool:
    """Whether what answers a follow-up is off what it follows: of another course than those `talked_of`, in a passage
    that says nothing of what is carried along (一定要公证吗 after 老人怎么立遗嘱, answered by the registry of houses).
    """
    hit = found.quotes[0].hit
    carried = {*found.query.terms, *found.query.added} - {*query_terms(message)}
    if hit.course.id in talked_of or not carried:
        return False
    if hit.passage.language != found.query.language:
        return True  # hardly ever what was meant, where the course was not talked of
    said = _said_in(hit)
    words = [term for term in carried if not _is_letter(term)]
    letters = [term for term in carried if _is_letter(term)]
    of_it = sum(letter in said for letter in letters)
    return not any(word in said for word in words) and of_it < _OF_IT * max(len(letters), 1)


def led_by_own_language(found: Found, thread: Collection[str]) -> Found:
    """What is found for a follow-up, led by the lesson that was talked of, `thread`, where what leads is in another
    language than the question and that lesson was found as well.
    """
    own = [hit for hit in found.hits if hit.passage.language == found.query.language and hit.passage.id in thread]
    if not own or found.quotes[0].hit.passage.language == found.query.language:
        return found
    again = read(found.search, found.query, own, found.reach)
    return found.led_by(again.quotes) if again.near else found


def led_by_what_is_new(found: Found, message: str, before: Collection[str]) -> Found:
    """What is found for a follow-up, led by a passage that has what the message itself names (喝醉了的呢) where the
    first has nothing of it: what was carried along finds the passages of `before` again.

    What only asks whether (会疼吗), of which no passage has anything, is not answered by what was told before.
    """
    names = terms_named(message)
    hits = [hit for hit in found.hits if hit.passage.language == found.query.language]
    if not (names and hits and found.answers) or found.quotes[0].hit.passage.language != found.query.language:
        return found
    shares = {hit.passage.id: _share_in(hit, names) for hit in hits}
    if whether := asks_whether(message):  # 销 of 报销 is in 远销
        shares = {id_: float(share == 1.0) for id_, share in shares.items()}
    if shares.get(found.quotes[0].hit.passage.id, 1.0) > 0:
        return found
    best = max(hits, key=lambda hit: shares[hit.passage.id])
    if shares[best.passage.id] >= _NAMED:
        new = read(found.search, found.search.query(message), [best], found.reach).quotes
        told = {*before, best.passage.id}
        return found.led_by((*new[:1], *(quote for quote in found.quotes if quote.hit.passage.id not in told)))
    if whether and not any(shares.values()) and found.quotes[0].hit.passage.id in before:
        return found.judged(answers=False, on_subject=0.0)
    return found


def _share_in(hit: Hit, names: Sequence[str]) -> float:
    said = _said_in(hit)
    words = set(terms(said))  # there is no "long" in "belonging"
    return sum(name in words if name.isascii() else name in said for name in names) / len(names)


def _said_in(hit: Hit) -> str:
    return normalise(" ".join((hit.course.title, hit.lesson.title, *hit.passage.heading_path, hit.passage.text)))


def _is_letter(term: str) -> bool:
    return len(term) == 1 and not term.isascii()


def in_the_course_of(before: Sequence[str], found: Found) -> Found:
    """What is found without quotes of other courses, where the first is of the passage that came first `before`."""
    if not found.quotes or found.quotes[0].hit.passage.id not in before[:1]:
        return found
    course = found.quotes[0].hit.course.id
    return replace(found, quotes=tuple(quote for quote in found.quotes if quote.hit.course.id == course))


def closest_in_thread(search: Search, alone: Query, thread: str) -> Found | None:
    """The passage that is near a message both by itself and after what was said before (`thread`), if any is.

    For a message that seemed to stand alone and is answered by nothing: 已经转了两千块，先做什么 after a talk on scams.
    """
    together = search.query(thread)
    by_itself = {hit.passage.id: hit for hit in search.passages(alone, CANDIDATES)}
    both = [hit for hit in search.passages(together, CANDIDATES) if hit.passage.id in by_itself]
    if not both:
        return None
    best = max(both, key=lambda hit: by_itself[hit.passage.id].score + _THREAD_WEIGHT * hit.score)
    if by_itself[best.passage.id].ranked.covered < _SHARED:
        return None
    found = read(search, together, [best], "everything")
    return found if found.near else None
