"""Which of the ranked passages an answer is made from: nothing twice, the newer edition first, not one lesson only."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from course_index.analyze import normalise, terms
from retrieval.editions import date_in, work_of
from retrieval.hit import Hit

# Share of common terms (Jaccard) from which two texts with the same numbers say the same. Of the 134 articles of
# 未成年人保护法 (2020) 133 are above it in the edition of 2024.
SAME = 0.8
# From here on a passage is the other edition's wording of the same rule. An article's number alone says nothing: in
# 妇女权益保障法 (2022) 45 of the 62 articles of 2018 have numbers whose articles share less than .05 with them. Pairs
# above .4 read as one rule in two wordings; under the same number, those above .25 do, and chance ends at .2.
REWORDED = 0.4
REWORDED_UNDER_ITS_NUMBER = 0.25
# How many passages one lesson gives, unless what other lessons have is much weaker: below this share of the best score.
MOST_OF_A_LESSON = 2
MUCH_WEAKER = 0.75

# A newer edition of a course speaks of the matter, in other words, from this share of the older one's score on.
SPEAKS_OF_IT = 0.5

_LABEL = re.compile(r"^第[一二三四五六七八九十百千零〇两\d]+[条節节章](?:之[一二三四五六七八九十\d]+)?\s")
_NUMBER = re.compile(r"\d+(?:\.\d+)?|[零〇一二两三四五六七八九十百千万亿]+")


def choose(hits: Sequence[Hit], k: int, today: date | None = None) -> list[Hit]:
    """The `k` of `hits` (best first) to answer from.

    An older edition comes last, and only if there is room; so does what was valid until a day before `today`.
    """
    current, superseded = newer_editions_first(folded(hits))
    outdated = [hit for hit in current if today and is_outdated(hit, today)]
    return [*spread([hit for hit in current if hit not in outdated], k), *outdated, *superseded][:k]


def current(hits: Sequence[Hit], today: date) -> list[Hit]:
    """Those of `hits` (best first) that hold: one for all that say the same, of editions the newest, and no course that
    says of itself that it is not valid any more.
    """
    newest, _ = newer_editions_first(folded(hits))
    return [hit for hit in newest if not is_outdated(hit, today)]


def is_outdated(hit: Hit, today: date) -> bool:
    """Whether the course says of itself that it is not valid any more."""
    return hit.course.valid_until is not None and hit.course.valid_until < today


def folded(hits: Sequence[Hit]) -> list[Hit]:
    """One for all that say the same, at the best one's place: the newest, else the best."""
    kept: list[Hit] = []
    for hit in hits:
        place = next((place for place, one in enumerate(kept) if _says_the_same(one, hit)), None)
        if place is None:
            kept.append(hit)
        elif _is_newer(hit, kept[place]):
            kept[place] = hit
    return kept


def newer_editions_first(hits: Sequence[Hit]) -> tuple[list[Hit], list[Hit]]:
    """The hits with each older edition's passage replaced by the newest's, and those that were replaced."""
    current: list[Hit] = []
    superseded: list[Hit] = []
    for hit in hits:
        newest = _newest_edition(hit, hits)
        if newest is not hit:
            superseded.append(hit)
        if newest not in current:
            current.append(newest)
    return current, superseded


def spread(hits: Sequence[Hit], k: int) -> list[Hit]:
    """The first `k`, with a lesson's third passage and further ones giving way to what other lessons have as good."""
    enough = MUCH_WEAKER * max((hit.score for hit in hits), default=0.0)
    of_lesson: Counter[tuple[str, str]] = Counter()
    first: list[int] = []
    others: list[int] = []
    for place, hit in enumerate(hits):
        lesson = work_of(hit.lesson.title), work_of(hit.course.title)  # its editions are no other lessons
        of_lesson[lesson] += 1
        wanted = of_lesson[lesson] <= MOST_OF_A_LESSON and hit.score >= enough
        (first if wanted else others).append(place)
    return [hits[place] for place in sorted([*first, *others][:k])]


def _newest_edition(hit: Hit, hits: Sequence[Hit]) -> Hit:
    newer = [one for one in hits if _is_newer_edition(one, hit)]
    if not newer:
        # A course that was written anew words nothing as it did before: what it says now goes before all that it said.
        newer = [one for one in hits if _is_newer_course(one, hit)][:1]
    if not newer:
        return hit
    return _newest_edition(max(newer, key=lambda one: _overlap(one, hit)), hits)


def _is_newer_course(one: Hit, other: Hit) -> bool:
    """Whether `one` is from a newer edition of the course that `other` is from, and speaks of it too.

    An edition uploaded as a course of its own; where it hardly speaks of the matter, the older one still counts.
    """
    return (
        one.score >= SPEAKS_OF_IT * other.score
        and one.course.id != other.course.id
        and work_of(one.course.title) == work_of(other.course.title)
        and one.course.provider == other.course.provider
        and _is_newer(one, other)
    )


def _is_newer_edition(one: Hit, other: Hit) -> bool:
    """Whether `one` words what `other` says, in a newer edition of the same lesson."""
    if not (_same_work(one, other) and _is_newer(one, other)):
        return False
    same_number = one.passage.locator_kind == "article" and one.passage.locator == other.passage.locator
    return _overlap(one, other) >= (REWORDED_UNDER_ITS_NUMBER if same_number else REWORDED)


def _same_work(one: Hit, other: Hit) -> bool:
    """Whether two lessons are the same but for the edition: lessons called 导论 of two courses are not."""
    return (
        work_of(one.lesson.title) == work_of(other.lesson.title)
        and work_of(one.course.title) == work_of(other.course.title)
        and one.course.provider == other.course.provider
    )


def _says_the_same(one: Hit, other: Hit) -> bool:
    """Whether either can stand for both. Laws repeat each other word for word, and each rule is its own law's."""
    if "article" in (one.passage.locator_kind, other.passage.locator_kind) and work_of(one.lesson.title) != work_of(
        other.lesson.title
    ):
        return False
    # 1000 元 here and 2000 元 there are two facts in almost the same words.
    return _numbers(one.passage.text) == _numbers(other.passage.text) and _overlap(one, other) >= SAME


def _is_newer(one: Hit, other: Hit) -> bool:
    """Never when either's date is not known."""
    first, second = _edition_date(one), _edition_date(other)
    return first is not None and second is not None and first > second


def _edition_date(hit: Hit) -> date | None:
    """The date in the title, which a later upload leaves as it is; else when the lesson or the course was updated."""
    titled = date_in(hit.lesson.title) or date_in(hit.course.title)
    return titled or hit.lesson.updated_at or hit.course.updated_at


def _overlap(one: Hit, other: Hit) -> float:
    """The Jaccard index of the terms of two passages, 0 to 1."""
    first, second = _terms(one.passage.text), _terms(other.passage.text)
    common = len(first & second)
    together = len(first) + len(second) - common
    return common / together if together else 0.0


# Each text is compared with some thirty others; its terms take about 30 KB.
@lru_cache(maxsize=512)
def _terms(text: str) -> frozenset[str]:
    """Pairs of Han characters and whole words, without the article's number."""
    return frozenset(term for term in terms(_LABEL.sub("", normalise(text))) if len(term) > 1)


@lru_cache(maxsize=512)
def _numbers(text: str) -> tuple[str, ...]:
    return tuple(_NUMBER.findall(_LABEL.sub("", normalise(text))))
