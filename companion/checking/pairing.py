"""Does a sentence say of one thing what its passage says of another? Words and numbers all stand there, but apart.

内存 for 硬盘, or the eighteen months of grade five for grade six.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from companion.checking.clauses import clauses
from companion.checking.provisos import of_note, share
from companion.quantities import quantities, stated

_NUMBER = re.compile(r"\d|[一二两三四五六七八九十百千万]{2}")
_SENTENCE = re.compile(r"[;。!?\n]")
# What is told in a row, each by its like: 黄色的叫刘备狮，红色的叫关公狮.
_ROW = re.compile(r"[。!?\n]")
_TOLD_AS = re.compile(r"([^,;:]{2,12}?)的?(是(?!否)|叫做?|称为?|为(?!了)|用于|用来|指)([^,;]{2,12})")
# What fails, beside what succeeds: 洗不干净 and 洗干净.
_FAILS = re.compile(r"(?P<verb>[\u4e00-\u9fff])不(?P<how>[\u4e00-\u9fff]{1,2})")
# A sentence says what comes of the one where it has so much of that, and so much less of what comes of the other.
_SAYS, _LESS = 0.5, 0.25
_HAN = re.compile(r"[\u4e00-\u9fff]{2,}")
# How alike two clauses are that say the same but for one word.
_ALIKE = 0.7
# What stands for a name, or joins, names nothing.
_NAMES_NOTHING = re.compile(
    r"^(?:[是于为的在由和与及或而并且但也都又其把被让]|他们?|她们?|它们?|我们?|你们?|您|这[里个些]?|那[里个些]?|或者|因为|所以|如果)+$"
)
_LONGER_BY = 2


def mixes(claim: str, ground: str) -> bool:
    """Whether a sentence pairs what its ground keeps apart; both as `normalise` leaves them."""
    theirs = clauses(ground)
    if any(_crosses(one, row) for row in _rows(ground) for one in clauses(claim)):
        return True
    if any(_has_the_others_outcome(claim, ground, *pair) for pair in _contraries(ground)):
        return True
    return any(_has_anothers_number(one, theirs) or _has_anothers_name(one, theirs) for one in clauses(claim))


def _rows(ground: str) -> list[list[tuple[str, str]]]:
    """The pairs that a sentence tells in a row: 刘备狮 beside 黄色, 关公狮 beside 红色."""
    found: list[list[tuple[str, str]]] = []
    for sentence in _ROW.split(ground):
        pairs = [_TOLD_AS.fullmatch(one.strip()) for one in re.split("[,;:]", sentence)]
        for how in {pair[2] for pair in pairs if pair}:
            row = [(pair[1].strip(), pair[3].strip()) for pair in pairs if pair and pair[2] == how]
            found += [row] if len(row) > 1 else []
    return found


def _crosses(clause: str, row: Sequence[tuple[str, str]]) -> bool:
    """Whether it has one side of one pair of a row and the other side of another, and no whole pair."""
    here = [(one in clause, other in clause) for one, other in row]
    return (True, True) not in here and (True, False) in here and (False, True) in here


def _contraries(ground: str) -> set[tuple[str, str]]:
    """What a text tells as failing and as succeeding."""
    found: set[tuple[str, str]] = set()
    for fails in _FAILS.finditer(ground):
        for how in (fails["how"], fails["how"][0]):
            if fails["verb"] + how in ground:
                found.add((f"{fails['verb']}不{how}", fails["verb"] + how))
                break
    return found


def _has_the_others_outcome(claim: str, ground: str, one: str, other: str) -> bool:
    """Whether it tells one of two contrary cases with what comes of the other: 洗不干净也可以回收."""
    if (one in claim) == (other in claim):
        return False
    told, untold = (one, other) if one in claim else (other, one)
    said = of_note(claim.split(told, 1)[1])
    own, others = (share(said, of_note(_outcome(*pair, ground))) for pair in ((told, untold), (untold, told)))
    return others >= _SAYS and own < others - _LESS


def _outcome(case: str, contrary: str, ground: str) -> str:
    """What stands behind a case, up to the end of its sentence or to the contrary one."""
    behind = (_SENTENCE.split(rest)[0] for rest in ground.split(case)[1:])
    return "\n".join(rest.split(contrary)[0] for rest in behind)


def _has_anothers_number(claim: str, theirs: Sequence[str]) -> bool:
    """Whether one of its numbers stands in the ground, but its words stand by another of that unit."""
    for number in quantities(claim):
        with_it: set[str] = set()
        beside: list[str] = []
        for clause in theirs:
            said = quantities(clause)
            if stated(number, said):
                with_it |= of_note(clause)
            elif any(other.unit == number.unit for other in said):
                beside.append(clause)
        words = of_note(claim)
        if with_it and any(_belongs(words - with_it, words & with_it, of_note(clause)) for clause in beside):
            return True
    return False


def _belongs(strange: set[str], shared: set[str], clause: set[str]) -> bool:
    """Whether a clause has words of a sentence that the clause with its number lacks, and lacks none that this has."""
    return any(not _NUMBER.search(word) for word in strange & clause) and all(
        _NUMBER.search(word) for word in shared - clause
    )


def _has_anothers_name(claim: str, theirs: Sequence[str]) -> bool:
    """Whether it is a clause of the ground but for one word, in whose place it has another of the ground's."""
    closest, how = "", _ALIKE
    matcher = SequenceMatcher(None, b=claim, autojunk=False)
    for clause in theirs:
        matcher.set_seq1(clause)
        if matcher.real_quick_ratio() >= how and matcher.quick_ratio() >= how and matcher.ratio() >= how:
            closest, how = clause, matcher.ratio()
    if not closest or not all(stated(number, quantities(closest)) for number in quantities(claim)):
        return False
    matcher.set_seq1(closest)
    elsewhere = "\n".join(clause for clause in theirs if clause != closest)
    for kind, start, end, from_, to in matcher.get_opcodes():
        theirs, own = closest[start:end], claim[from_:to]
        if kind != "replace" or abs(len(own) - len(theirs)) > _LONGER_BY:
            continue
        if _NAMES_NOTHING.match(own) or _NAMES_NOTHING.match(theirs) or _NUMBER.search(own + theirs):
            continue
        # A single character is taken with either neighbour: 夜 of 夜班, 轮 of 前轮.
        named = {own} if len(own) > 1 else {claim[max(0, from_ - 1) : to], claim[from_ : to + 1]}
        if any(_HAN.fullmatch(name) and name in elsewhere and name not in closest for name in named):
            return True
    return False
