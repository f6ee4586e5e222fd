"""What of a course's record a message asks for, where it asks for nothing else: 要上多少课时, 这两个有什么区别."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from companion.guidance.places import names_of_places
from companion.guidance.subject import beside_each_other
from companion.patterns import Patterns, for_normalised, read_at_start
from companion.understanding.wholly import Kind, kinds_in, says_something, without_titles
from course_index.analyze import normalise

# 线上的呢, 免费的有吗, 有便宜点的吗 say what another course is to be.
_ASKS_WHICH = "(?!.*(?:谁|边|几|多少|什么|咩|哪|最))"
_WANTED = for_normalised(
    rf"^{_ASKS_WHICH}.*(?:的|嘅)(?:呢|有吗|有没有|有冇|有无|先)?[?？\s]*$"
    rf"|^(?:那么?|咁|请问)*(?:还|仲)?有(?:没有|冇|无)?{_ASKS_WHICH}.*(?:的|嘅)(?:课程?|班)?(?:吗|么|呀|㗎|冇|没有)?[?？\s]*$"
)
_CLAUSE_ENDS = for_normalised(r"[，。；！,;!]+|\.(?=\s)|(?<=[\u3400-\u9fff])\s+")
# 边个教 asks of one course, and 截止日期是什么时候 of no session.
_SAYS_MORE = (
    ("teacher", "compare"), ("updated", "when"), ("updated", "deadline"), ("deadline", "when"), ("deadline", "times"),
    ("times", "when"),
)  # fmt: skip
# 广州在哪里 asks of the place itself.
_OF_THE_PLACE = ("where",)
# A thing has so many letters, and so many are set beside each other.
_A_THING, _COMPARED = 2, 3
_WITH = for_normalised(r"\s+(?:with|vs\.?|versus|than)\s+|相比|比起")
# 上册 is of whatever was talked of.
_A_PART = for_normalised(r"[上中下前后](?:一)?[册部篇集卷]|第?[一二三四五六]册")
_POINTS = for_normalised(r"[这那呢嗰它佢]|\b(?:it|this|that)\b")
_MORE_THAN_ALL = for_normalised(
    r"最(?:长|久|贵|难|高|多|旧)|\b(?:longest|hardest|oldest|dearest|most (?:expensive|difficult|advanced))\b"
)
_THE_MOST = for_normalised(r"最|\b\w+est\b")
FILE = Path(__file__).with_name("facts.toml")
_TELLING = Patterns(FILE, "telling")


def facts_asked(message: str, titles: Sequence[str] = ()) -> tuple[str, ...]:
    """The facts that a message asks for, as facts.toml calls them, `compare` for who asks of two courses which; none
    where it says anything else than that, where one is, who one is, and the `titles`, which are normalised.
    """
    named = without_titles(message, titles)
    said = without_telling(names_of_places().sub("@", named))
    asks = said and not _WANTED.match(said)
    kinds = [kind for kind in kinds_in(FILE) if asks and kind.is_said(said)]
    left = said
    for kind in kinds:
        left = kind.says.sub(" ", left)
    for kind in kinds:
        left = kind.beside.sub(" ", left)
    names = [kind.name for kind in kinds]
    for name, instead in _SAYS_MORE:
        if name in names and instead in names:
            names.remove(instead)
    of_the_place = names == list(_OF_THE_PLACE) and said.startswith("@") and not said.startswith(("@的", "@嘅"))
    return () if says_something(left) or of_the_place else tuple(names)


def without_telling(said: str) -> str:
    """What is said, normalised, without clauses that only tell of who asks (我脚不好，有电梯吗), if others are left."""
    clauses = [clause.strip() for clause in _CLAUSE_ENDS.split(said)]
    left = [clause for clause in clauses if clause and not _TELLING["of_oneself"].fullmatch(clause)]
    return " ".join(left) if left and len(left) < len(clauses) else said


def set_beside(message: str) -> list[str]:
    """The things that a message wants compared, normalised: 粤剧 and 急救 of 比较粤剧和急救这两门课. One of them where
    it points at the other: 这个和小实验那门有什么区别.
    """
    said = without_titles(message, ())
    kinds = [kind for kind in kinds_in(FILE) if said and kind.is_said(said)]
    if not any(kind.name == "compare" for kind in kinds):
        return []
    parts = [part for one in beside_each_other(said) for part in _WITH.split(one)]
    named = {part: _trimmed(part, kinds) for part in parts}
    things = [thing for thing in named.values() if len(thing) >= _A_THING and not _A_PART.fullmatch(thing)]
    points = any(not thing and (not part or _POINTS.search(part)) for part, thing in named.items())
    return things if 2 <= len(things) + points <= _COMPARED and len(things) == sum(map(bool, named.values())) else []


def wants_the_most(message: str) -> bool:
    """Whether a message asks which is the cheapest, shortest or the like, of however many."""
    return bool(_THE_MOST.search(normalise(message)))


def wants_more_than_all(message: str) -> bool:
    """Whether a message asks which of several is the longest, dearest or hardest, and not which the least."""
    return bool(_MORE_THAN_ALL.search(normalise(message)))


def _trimmed(part: str, kinds: Sequence[Kind]) -> str:
    """A part of a message without what asks, and then what may stand beside that, before and behind what it names."""
    for patterns in 2 * ([kind.says for kind in kinds], [kind.beside for kind in kinds]):  # 比 is before 呢 in 比呢
        asks = {at for one in patterns for found in one.finditer(part) for at in range(*found.span())}
        kept = [at for at, letter in enumerate(part) if at not in asks and letter.isalnum()]
        part = part[kept[0] : kept[-1] + 1] if kept else ""
    return part


read_at_start(partial(kinds_in, FILE))
