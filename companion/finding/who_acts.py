"""老板不跟我签合同会怎样: the article on what the employer does, and not the one on the worker who does not sign."""

import re
from collections.abc import Callable, Sequence

from companion.checking.actors import case_is_anothers, tells_who, who_acts
from companion.checking.clauses import clauses
from companion.checking.provisos import ARTICLE, of_note, rules_in
from companion.finding.found import Found
from companion.quoting.extract import read_closely
from course_index.analyze import normalise
from retrieval.hit import Hit

_NOT = re.compile(r"没(?!收)有?|冇|唔(?!该)|未(?!成年|来|必)")
# How high an article has to rank, of what would be quoted, to lead in its place.
_NEAR_ENOUGH = 0.7
_AS_NEAR = 0.85


def of_who_acts(found: Found, nearest: Callable[[], Sequence[Hit]]) -> Found:
    """`found` of a law, led by an article in which he acts who does so in the question, where in the first quoted only
    others do. No answer where its case is that the other side does not do what the question says of this one, and no
    article near is on that.
    """
    asked = _plain(found.query.mandarin)
    acting = who_acts(asked)
    first = found.quotes[0]
    if not acting or not _is_article(found, first.hit):
        return found
    turned = _has_anothers_case(asked, first.text)
    if not turned and not _is_anothers(acting, first.text):
        return found
    near = [
        hit
        for hit in nearest()
        if _is_article(found, hit)
        and hit.score >= _NEAR_ENOUGH * first.hit.score
        and acting & who_acts(_plain(hit.passage.text))
        and not _has_anothers_case(asked, hit.passage.text)
    ]
    # 未与劳动者订立书面劳动合同的 tells the very case.
    of_the_case = [hit for hit in near if _has_the_case(asked, acting, hit.passage.text)]
    as_near = [hit for hit in near if hit.score >= _AS_NEAR * first.hit.score]
    read = read_closely(found.search, found.query, of_the_case or as_near)
    if read.quotes:
        return found.led_by([read.quotes[0]])
    return found.judged(answers=False) if turned else found


def _plain(text: str) -> str:
    """A text, normalised, without the number of its article, that denies with 不 whatever it denies."""
    return _NOT.sub("不", ARTICLE.sub("", normalise(text)))


def _is_article(found: Found, hit: Hit) -> bool:
    return hit.passage.locator_kind == "article" and hit.passage.language == found.query.language


def _is_anothers(acting: set[str], text: str) -> bool:
    others = who_acts(_plain(text))
    return bool(others) and not acting & others


def _has_anothers_case(asked: str, text: str) -> bool:
    """Whether a case of an article is what the question says, with who acts and who is acted upon in each other's
    place.
    """
    return any(case_is_anothers(clause, case) for clause, case in _same_cases(asked, text))


def _has_the_case(asked: str, acting: set[str], text: str) -> bool:
    return any(acting & who_acts(case) for _, case in _same_cases(asked, text))


def _same_cases(asked: str, text: str) -> list[tuple[str, str]]:
    """The clauses of a question that say who does something or does not, each with the cases of an article that say so
    in some of its words.
    """
    cases = [case for rule in rules_in(_plain(text)) for case in rule.conditions]
    return [
        (clause, case)
        for clause in clauses(asked)
        for case in cases
        if tells_who(case, clause) and of_note(case) & of_note(clause)
    ]
