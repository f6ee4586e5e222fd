"""Does a sentence say of one what its passage says of another: who acts upon whom, who is faster than whom?

用人单位提前三十日通知员工 of a passage in which the worker tells the employer. The words are the passage's, and near.
"""

import re
import tomllib
from collections.abc import Collection, Iterator
from functools import cache
from itertools import product
from pathlib import Path

from companion.checking.provisos import of_note, share
from course_index.analyze import normalise

_UNIT = re.compile(r"[;。!?\n]+|\.(?=\s|$)")
_CLAUSE = re.compile(r"[,;:。!?\n]+|\.(?=\s|$)")
_ITEM = re.compile(r"^[\s\"'“”‘’「」`*#>|-]*(?:\d+[.)、]|\([一二三四五六七八九十\d]+\))?[\s\"'“”‘’「」`*|]*")
# What stands before who acts: 但, 这时, a word for how or when.
_BEFORE = re.compile(
    r"^(?:但是?|不过|而且?|并且?|则|即|所以|因此|另外|此外|同时|如果|若|只有|那么?|一般|通常|原则上|依法"
    r"|the |a |an |if |when |your )*"
)
# On whose two sides stand who does and to whom it is done, what is compared, or what is whose (是…的).
_BETWEEN = re.compile(
    r"比(?!如|例|较|赛|方|喻|重|分)|(?<![方导趋倾])向(?!导|上|下|前|后)|(?<![送还交供寄分])给(?!予)|被(?!子)|\bthan\b"
    r"|(?<!不)是(?=[\u4e00-\u9fff]{1,10}的[\u4e00-\u9fff])"
)
# With whom or to whom, and by whom, something is done.
_WITH = re.compile(r"[跟和与同向给对替为]|\b(?:with|to|for) (?:the |my |your )?")
_PASSIVE = re.compile(r"被(?!子)|俾(?=老)")
# By whom it is done.
_BY = re.compile(r"(?<![自缘理])由(?!于|此)")
_AND = re.compile(r"(?:和|与|及|以及|或者?|、| and | or )(?:其|the )?")
# Who acts in a clause stands among so many characters.
_SO_NEAR = 8
# With so many words of what is said of somebody, a sentence says the same; of whoever has nearly as many as well.
_SAME_DEED = 0.6
_AS_MUCH = 0.25
_AT_ONCE = 4
_DENIES = re.compile(r"[不未无勿冇唔]|没(?!收)|\b(?:not|never|no)\b")
# What tells two things of a kind apart stands in so many characters: 三星鼓 and 七星鼓.
_NAME = 3
# What a sentence says of its own subject is elsewhere when so much of it stands with another and so little here.
_ELSEWHERE, _HERE = 0.7, 0.35
_POINTS = re.compile(
    r"^(?:它|他|她|这|那|此|该|其|本|同时|因此|所以|但|而|如|若|当|在|为|不|即|并|从|对|由|按|the|this|it|they)"
)
_LABEL = re.compile(r"^[^,;:。!?\n]{1,12}?(?:[:(]|是(?!否)|叫|为(?!了)|指)")
_HAN = re.compile(r"[\u4e00-\u9fff]{2,}")


def of_another(claim: str, ground: str) -> bool:
    """Whether a sentence has an actor or a subject that its ground has not for it; both as `normalise` leaves them."""
    return _turns_round(claim, ground) or _acts_for_another(claim, ground) or _has_anothers_part(claim, ground)


def case_is_anothers(condition: str, told: str) -> bool:
    """Whether a clause tells a case with those who act and those acted upon in each other's place: 老板不跟我签合同 of
    劳动者不与用人单位订立合同的. Whether it is on the same deed at all is not asked here.
    """
    acting, acted_upon = _roles(condition)
    others, upon = _roles(told)
    return bool(acting and not acting & others and (acted_upon & others or acting & upon))


def who_acts(text: str) -> set[str]:
    """The sides that act in the clauses of a text, as `normalise` leaves it."""
    return {side for clause in _CLAUSE.split(text) for side in _roles(clause)[0]}


def tells_who(condition: str, told: str) -> bool:
    """Whether both name who acts, or upon whom, and both or neither deny it."""
    return bool(
        _roles(condition)[0] and any(_roles(told)) and bool(_DENIES.search(condition)) == bool(_DENIES.search(told))
    )


def _roles(clause: str) -> tuple[set[str], set[str]]:
    """The sides that act in a clause, and those that it is done with or to."""
    bare = _BEFORE.sub("", _ITEM.sub("", clause))
    by = _PASSIVE.search(bare)
    acting, behind = _sides_at_start(bare[by.end() :] if by else bare)
    with_whom = (_sides_at_start(behind[found.end() :])[0] for found in _WITH.finditer(behind))
    return set(acting), {side for sides in with_whom for side in sides} - set(acting)


def _turns_round(claim: str, ground: str) -> bool:
    """Whether what stands on the two sides of a word like 比 or 向 has changed places."""
    theirs = [sides for clause in _CLAUSE.split(ground) for sides in _sides(clause)]
    for clause in _CLAUSE.split(claim):
        for word, left, right in _sides(clause):
            one, other = left - right, right - left
            as_here = [(before - behind, behind - before) for same, before, behind in theirs if same == word]
            turned = [(one & behind, other & before) for before, behind in as_here if one & behind and other & before]
            if any(not any(x & before and y & behind for before, behind in as_here) for x, y in turned):
                return True
    return False


def _sides(clause: str) -> Iterator[tuple[str, set[str], set[str]]]:
    for found in _BETWEEN.finditer(clause):
        before, behind = clause[: found.start()], clause[found.end() :]
        if before.strip() and behind.strip():
            yield found[0], _named(before), _named(behind)


def _named(text: str) -> set[str]:
    """What a side of a clause names: its words, and the sides of actors by what they are."""
    return of_note(text) | {f"<{side}>" for side in _all_sides(text)}


def _acts_for_another(claim: str, ground: str) -> bool:
    """Whether what one side does there is done by another here, and by none of its own there."""
    theirs = [deed for unit in _UNIT.split(ground) for deed in _deeds(unit)]
    for unit in _UNIT.split(claim):
        for side, said in _deeds(unit):
            wanted = of_note(said)
            if len(wanted) < 2:
                continue
            by_side: dict[str, float] = {}
            for other, deed in theirs:
                if other == side and bool(_DENIES.search(deed[:_AT_ONCE])) != bool(_DENIES.search(said[:_AT_ONCE])):
                    continue  # 职工个人不缴纳 is nothing that they do
                by_side[other] = max(share(wanted, of_note(deed)), by_side.get(other, 0.0))
            most = max(by_side.values(), default=0.0)
            if most >= _SAME_DEED and by_side.get(side, 0.0) < most - _AS_MUCH:
                return True
    return False


def _deeds(unit: str) -> Iterator[tuple[str, str]]:
    """Who acts in the clauses of a sentence, by side, and what is said of them."""
    acting: list[str] = []
    for clause in _CLAUSE.split(unit):
        bare = _BEFORE.sub("", _ITEM.sub("", clause))
        by = _BY.search(bare)
        named, behind = _sides_at_start(bare[by.end() :] if by else bare)
        said = (bare[: by.start()] if by else "") + behind
        # A clause that names nobody goes on with who acted before it.
        if named or by or _all_sides(bare[:_SO_NEAR]):
            acting = named
        if said.strip():
            yield from ((side, said) for side in acting)


def _sides_at_start(text: str) -> tuple[list[str], str]:
    """The sides that a text begins with, and what comes behind; none where that is something of theirs (员工的)."""
    sides: list[str] = []
    behind = text
    while found := next(((word, side) for word, side in _sides_by_word() if behind.startswith(word)), None):
        sides, behind = [*sides, found[1]], behind[len(found[0]) :]
        joined = _AND.match(behind)
        if not joined:
            break
        behind = behind[joined.end() :]
    return ([], text) if behind.startswith(("的", "'s")) else (sides, behind)


def _all_sides(text: str) -> set[str]:
    found: set[str] = set()
    for word, side in _sides_by_word():
        if word in text:
            found.add(side)
            text = text.replace(word, " ")
    return found


@cache
def _sides_by_word() -> tuple[tuple[str, str], ...]:
    sides = tomllib.loads(Path(__file__).with_name("actors.toml").read_text("utf-8"))
    words = [(normalise(word), side) for side, called in sides.items() for word in called]
    return tuple(sorted(words, key=lambda one: -len(one[0])))


def _has_anothers_part(claim: str, ground: str) -> bool:
    """Whether it begins with the name of one thing and goes on with what the ground says of its like.

    七星鼓用于行进 of 三星鼓三下一组，用于行进；七星鼓打得紧密.
    """
    units = [_ITEM.sub("", unit) for unit in _UNIT.split(ground)]
    for unit in (_ITEM.sub("", one) for one in _UNIT.split(claim)):
        own = [one for one in units if len(_common_start(unit, one)) > 1]
        name = max((_common_start(unit, one) for one in own), key=len, default="")
        wanted = of_note(unit[len(name) :])
        if not own or len(wanted) < 3 or share(wanted, _notes(own)) > _HERE:
            continue
        for other, mine in product(units, own):
            if share(wanted, of_note(other)) >= _ELSEWHERE and _are_alike(mine, other, unit):
                return True
    return False


def _common_start(one: str, other: str) -> str:
    """The Han characters that both begin with."""
    length = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs or not _HAN.match(mine * 2):
            break
        length += 1
    return one[:length]


def _notes(units: Collection[str]) -> set[str]:
    return set().union(*map(of_note, units))


def _are_alike(mine: str, other: str, claim: str) -> bool:
    """Whether two sentences are on two things of a kind: their names have a character in common, or both are labels."""
    if other[:2] in claim or _POINTS.match(other):
        return False
    return bool(_HAN.match(other) and set(mine[:_NAME]) & set(other[:_NAME])) or bool(
        _LABEL.match(mine) and _LABEL.match(other)
    )
