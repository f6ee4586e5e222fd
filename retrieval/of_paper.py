"""Whether a passage is on another paper than the one that a question asks after: 行驶证 is no 身份证."""

import re
import tomllib
from functools import cache
from importlib.resources import files

from course_index.analyze import normalise
from retrieval.hit import Hit
from retrieval.query import Query

# Of a name, and no clause.
_LETTER = r"[^\W\d_的了被我你他她它这那给把在有是没会着去到办补换领考和与或怎么样哪里]"
# A long name says first whom it is for, and at its end what it is (摩托车驾驶证).
_LONG, _END = 5, 3


def of_another_paper(query: Query, hit: Hit) -> bool:
    """Whether a question asks what to do about a paper, and a passage in its language nowhere speaks of that paper."""
    paper = paper_asked(query.mandarin or query.text)
    if paper is None or hit.passage.language != query.language:
        return False
    names = {paper, *map(normalise, query.called), *((paper[-_END:],) if len(paper) >= _LONG else ())}
    titles = normalise(f"{hit.course.title} {hit.passage.titles(hit.lesson.title)}")
    text = normalise(hit.passage.text)
    if any(_named(name).search(titles) for name in names):
        return False
    # 毕业证丢了，先回原来的学校 tells of that paper, though the sentence after it names an identity card.
    told = [match["paper"] for one in _patterns()[1] for match in one.finditer(text)]
    if told and not any(_named(name).search(one) for name in names for one in told):
        return True
    return not any(_named(name).search(text) for name in names)


def paper_asked(question: str) -> str | None:
    """The paper of which a question asks how it is got, renewed or replaced, normalised; None for any other."""
    asks, about = _patterns()
    asked = normalise(question)
    found = next((match for one in about if (match := one.search(asked))), None)
    return found["paper"] if found and asks.search(asked) else None


def _named(name: str) -> re.Pattern[str]:
    """A name where it ends: 身份证明 and 身份证号 are no 身份证."""
    return re.compile(re.escape(name) + ("(?![明号])" if name.endswith("证") else ""))


@cache
def _patterns() -> tuple[re.Pattern[str], list[re.Pattern[str]]]:
    told = tomllib.loads((files("retrieval") / "of_paper.toml").read_text("utf-8"))
    paper = rf"(?P<paper>{_LETTER}{{0,6}}(?:{'|'.join(told['ends'])}))"
    return re.compile("|".join(told["asks"])), [re.compile(one.replace("{paper}", paper)) for one in told["about"]]
