"""What a passage says only for some case: 失去反应的，放平在地上 is no advice for all who choke."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from course_index.analyze import normalise, terms

# A clause with the marks that close it. 、 lists, and parts no clauses.
_CLAUSE = re.compile(r"([^,;:。!?\n]+)([,;:。!?\n]*)")
_ITEM = re.compile(r"^\s*(?:\d+[.)、]|[-*•]|\([一二三四五六七八九十\d]+\))\s*")
ARTICLE = re.compile(r"^\s*第[\d一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十]+)?\s+", re.MULTILINE)
# How a clause begins that says in what case: by a word for it, or by what happens.
_BEGINS = re.compile(
    r"^(?:但是?|不过|另外|而|即)?\s*(?:如果|如(?!何|下|同|此|实|今|图|上|意)|若(?!干)|假[如使若]|倘若|要是|一旦|除非|只有|只要|万一|遇到|遇上|碰到|碰上"
    r"|发生|出现|发现|(?:有?人|孩子|老人)?失去|没有|未经|对于|当(?=.{2,}时)|在(?=.{2,}(?:情况|情形|前提)下)"
    r"|(?:if|when|unless|once|in case|whenever|provided|as long as)\b)"
)
# How it ends: 及时 and 小时 are no cases, nor is what a thing is (柠檬汁是酸的).
_ENDS = re.compile(
    r"(?:(?<![同及随小当平按准定临届此暂顿即计])时|的时候|之时|(?<!种)情况下|情形下|前提下|的话|嘅话|嗰阵|(?<![是好有目真似别])的)\s*$"
)
# For whom or for which of a kind it holds, ahead of what does: 老树、挂果多的树，先施肥. What is done to them is not.
_FOR_SOME = re.compile(
    r"^(?![扶帮给让把请找看照陪带送叫教问抱搬剪])[^是的]{2,}的"
    r"(?:[老病女男客]?人|孩子|小孩|儿童|患者|孕妇|妇女|[职员学]工|学[生员]|家庭|[果老小]?树|[秧树小]?苗|[水旱]?田|[沙山]?地|日子|季节|天气?)$"
)
# What only points at a case told elsewhere, or says what something is.
_POINTS = re.compile(r"下列|以下|上述|前款|前条|前两|本条|如下|[这此该]种|是[^,]*的\s*$")
# A case within a clause: 劳动者在试用期内提前三日通知用人单位.
_WITHIN = re.compile(r"在([^,在]{1,12}?(?:期间|期内|情况下|情形下|前提下))")
# What makes a case worse is said of the case before it: 存放易燃物的，责令改正；逾期不改的，处五百元罚款.
_GOES_ON = re.compile(r"^(?:逾期|拒不|经责令|仍(?:不|未)|情节|后果|造成|构成)")
# A case behind what holds in it, as English puts it.
_BEHIND = re.compile(r"\s(?:(?:only )?if|unless|provided that|as long as|in case)\s")
_CLOSES = frozenset(";。!?\n")
_SHORTEST = 2
_HALF = 0.5
# A condition that has so much of another's words is a special case of it.
_LIKE = 0.6
_HAN = re.compile(r"[\u4e00-\u9fff]")
_PERMITS = re.compile(
    r"(?<![不唔])可(?=[先再把用以])|(?<![不才只可功])能(?![力源耗量够])|能够|允许|不妨|\b(?:may|can)\b(?! ?not)"
)
# Words that take in every case, shut out all others or say what matters most, with those of a passage that say as much.
_WIDENING = (
    (
        re.compile(r"不管|无论|不论|唔理|\b(?:whether or not|regardless|no matter)\b"),
        re.compile(
            r"不管|无论|不论|不分|任何|所有|一切|一律|凡|每|都|均|各|\b(?:whether|regardless|however|any|all|every|each)\b"
        ),
    ),
    (
        re.compile(r"所有|任何|一切|一律|总是|永远|从来|必定|肯定(?!的|会)|\b(?:always|every|all)\b"),
        re.compile(
            r"所有|任何|一切|一律|全|凡|每|都|均|各|总(?!体|之|而言|的来)|从|必|不得|禁止|\b(?:always|every|each|all|any|whole|never|no)\b"
        ),
    ),
    (
        re.compile(r"秘诀|诀窍|窍门|关键|最重要|最要紧|\b(?:secret|the key (?:to|is)|most important)\b"),
        re.compile(
            r"秘诀|诀窍|窍门|关键|要[点领诀]|重要|首要|紧要|最|\b(?:secrets?|key|important|crucial|essential|vital)\b"
        ),
    ),
    (
        re.compile(r"只有|唯有|仅有|\bonly (?:if|when|for|those)\b"),
        re.compile(r"[只仅唯才除]|\b(?:only|unless|except|just)\b"),
    ),
)


_NO_EXCEPTION = re.compile(r"(?:没有?|无|冇|唔会有)(?:任何)?例外|\bwithout exception\b|\bno exceptions?\b")
_EXCEPTION = re.compile(r"除外|除[^,。]{1,20}(?:外|以外|之外)|例外|\b(?:except|unless|other than)\b")


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds, and in what case: all of its `conditions` together."""

    conditions: tuple[str, ...]
    outcome: str

    def is_used_by(self, claim: Collection[str]) -> bool:
        """Whether a sentence of these terms says at least half of some clause of what holds."""
        return any(share(of_note(clause), claim) >= _HALF for clause in self.outcome.split(","))


def of_note(text: str) -> set[str]:
    """The terms of a text by which it is recognised: single characters only where it has no others."""
    found = terms(text)
    return {term for term in found if len(term) > 1} or set(found)


def share(wanted: Collection[str], present: Collection[str]) -> float:
    """What share of the terms that are wanted is present; none where none is wanted."""
    return sum(term in present for term in wanted) / len(wanted) if wanted else 0.0


def rules_in(text: str) -> list[Rule]:
    """The rules that a text states, which has been normalised."""
    found: list[Rule] = []
    conditions: list[str] = []
    outcome: list[str] = []
    before: list[str] = []  # what the case of the clauses before was, in this sentence

    def end() -> None:
        goes_on = not conditions or _GOES_ON.search(conditions[0])
        case = [*(before if goes_on else []), *conditions]
        if case and outcome:
            found.append(Rule(tuple(case), ",".join(outcome)))
            before[:] = [one for one in case if not _GOES_ON.search(one)]
        conditions.clear()
        outcome.clear()

    for clause in _CLAUSE.finditer(text):
        said, marks = ARTICLE.sub("", _ITEM.sub("", clause[1])).strip(), clause[2]
        behind = _BEHIND.search(said)
        begins = not conditions and not outcome and _FOR_SOME.search(said)
        if (_is_a_condition(said) or begins) and marks[:1] in (",", ":"):
            if outcome:
                end()
            conditions.append(said)
        elif behind and not conditions:
            found.append(Rule((said[behind.start() :].strip(),), said[: behind.start()]))
        elif said:
            outcome.append(said)
            within = _WITHIN.search(said)
            if within and within.end() < len(said) and not _POINTS.search(within[0]):
                found.append(Rule((within[0],), said[: within.start()] + said[within.end() :]))
        if _CLOSES & set(marks):
            end()
        if _CLOSES & set(marks) - {";"}:
            before.clear()
    end()
    return found


def is_special(condition: str, plain: str) -> set[str]:
    """What makes a condition a special case of another: 再次 of 再次饮酒后驾驶机动车 beside 饮酒后驾驶机动车; nothing
    where it is none.
    """
    return set(_HAN.findall(condition)) - set(_HAN.findall(plain)) if _is_nearly(condition, plain) else set()


def _is_nearly(condition: str, plain: str) -> bool:
    return condition != plain and share(of_note(plain), of_note(condition)) >= _LIKE


def lead_in(stretches: Sequence[str], at: int) -> str:
    """What leads in the list that a stretch is an item of; "" where it is of none."""
    while at > 0 and _ITEM.match(normalise(stretches[at])):
        at -= 1
        if stretches[at].rstrip().endswith(("：", ":")):
            return stretches[at].strip()
    return ""


def _is_a_condition(clause: str) -> bool:
    return bool(
        len(clause) > _SHORTEST and not _POINTS.search(clause) and (_BEGINS.search(clause) or _ENDS.search(clause))
    )


def breaks_off(text: str) -> bool:
    """Whether a sentence ends without a mark, having told a case alone: 卧床不能自己翻身的."""
    *before, last = _CLAUSE.finditer(text.rstrip())
    cases = [_is_a_condition(_ITEM.sub("", one[1]).strip()) for one in (*before, last)]
    return all(cases) and not _CLOSES & set(last[2])


def widens(claim: str, ground: str) -> bool:
    """Whether a sentence says that it is so in every case, or in one alone, or that this is what matters, and its
    ground says no such thing, or that there is no exception where there is one.
    """
    if _NO_EXCEPTION.search(claim) and _EXCEPTION.search(ground):
        return True
    return any(says.search(claim) and not bears.search(ground) for says, bears in _WIDENING)


def what_is_permitted(clause: str) -> str:
    """What stands behind 可以 in a clause that permits something."""
    says = _PERMITS.search(clause)
    return clause[says.end() :].strip() if says else ""


def clauses_that_permit(text: str) -> list[str]:
    """The clauses of a sentence, normalised, that say what one may do."""
    return [clause[1] for clause in _CLAUSE.finditer(text) if len(clause[1]) > _SHORTEST and _PERMITS.search(clause[1])]
