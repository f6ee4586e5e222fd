"""What can be told of a text by counting: whether it says a fact, bears a sentence, says no, is easy to read."""

import re
from collections.abc import Iterable, Sequence

from companion.events import Mode
from companion.quantities import chinese_value, quantities, stated
from companion.words import says_no_answer
from course_index.analyze import normalise, simplified
from course_index.sentences import split_sentences

_NUMERAL = re.compile(r"[零〇一二两三四五六七八九十百千万亿]+")
_NOT_SAID = re.compile(r"[\s\W_]+")
_SAYS_NO = re.compile(
    r"(?:我|暂时|目前|这里|目录里?|课程里?|平台)?(?:并?不(?:太)?(?:知道|清楚|了解|确定)|没有?(?:找到|查到|收录|这(?:门|个)|名为|叫|相关|相符|合适)"
    r"|无法(?:确认|确定|回答|提供|查到|核实)|不存在|唔知|搵唔到|冇(?:搵到|呢))"
    r"|\b(?:(?:do|does|did) not (?:know|have|exist|find)|don't (?:know|have)"
    r"|no (?:such )?(?:course|information|record|passage)"
    r"|not (?:sure|available|found|able)|cannot|can't|could not|unable|there is no|isn't (?:a|any))\b",
    re.IGNORECASE,
)
_DECLINES = re.compile(
    r"(?:不能|无法|不可以|不会|不便|不方便|唔可以)(?:帮|为|替|提供|回答|协助|参与|代|给|透露|公开|告诉)|抱歉|对不起|很遗憾|拒绝"
    r"|\b(?:(?:I|we) (?:cannot|can't|won't|am unable|will not)|sorry)\b",
    re.IGNORECASE,
)
_MARK = re.compile(r"[\[［【]\s*([1-9]\d{0,2})\s*[\]］】]")
_CODE = re.compile(r"`[^`\n]+`")
_LEADING_MARKS = re.compile(rf"^[\s>]*(?:{_MARK.pattern}\s*)+")
# Three characters in a row: enough that a sentence is not found again by chance, short enough to bear small changes.
_RUN = 3


def plain(text: str) -> str:
    """Letters and digits only, in simplified script and lower case."""
    return _NOT_SAID.sub("", simplified(normalise(text))).replace("著", "着")  # 著 is both 着 and itself


def says(text: str, wordings: Iterable[str]) -> bool:
    """Whether a text says a fact in one of its wordings; 二十五分钟 is 25 分钟, 證 is 证."""
    said = plain(text)
    in_digits = _digits(said)
    return any(plain(wording) in said or _digits(plain(wording)) in in_digits for wording in wordings)


def coverage(of: str, by: str) -> float:
    """How much of a text stands in another: the share of its runs of three characters, 0 to 1."""
    wanted = _runs(plain(of))
    return len(wanted & _runs(plain(by))) / len(wanted) if wanted else 0.0


def shared_pairs(of: str, by: str) -> float:
    """As `coverage`, in pairs of characters: bears a sentence that says the same in a few other words."""
    first, second = plain(of), plain(by)
    wanted = {first[i : i + 2] for i in range(len(first) - 1)}
    return len(wanted & {second[i : i + 2] for i in range(len(second) - 1)}) / len(wanted) if wanted else 0.0


def sentences(text: str) -> list[str]:
    """The sentences of Chinese or English prose; headings and bare marks are none."""
    stripped = (re.sub(r"^[\s>#*\-|]+|[\s*]+$", "", sentence) for sentence in split_sentences(text.replace("**", "")))
    return [sentence for sentence in stripped if len(plain(sentence)) > 1]


def cited_sentences(text: str) -> list[tuple[str, tuple[int, ...]]]:
    """Each sentence with the numbers it cites. A quote of several sentences cites at its end, for all of them."""
    found: list[tuple[str, tuple[int, ...]]] = []
    for block in re.split(r"\n\s*\n", text):
        waiting: list[str] = []
        for piece in split_sentences(block):
            leading = _LEADING_MARKS.match(piece)
            if leading and waiting:
                found += [(sentence, marks_in(leading[0])) for sentence in waiting]
                waiting, piece = [], piece[leading.end() :]  # noqa: PLW2901
            sentence = re.sub(r"^[\s>#*\-|]+|[\s*]+$", "", without_marks(piece))
            if len(plain(sentence)) < 2:
                continue
            waiting.append(sentence)
            if marks := marks_in(piece):
                found += [(one, marks) for one in waiting]
                waiting = []
    return found


def marks_in(text: str) -> tuple[int, ...]:
    """The numbers that a text cites, each once, in the order they are first met. Code cites nothing."""
    return tuple(dict.fromkeys(int(mark) for mark in _MARK.findall(_CODE.sub("", text))))


def without_marks(text: str) -> str:
    """The text without its citation marks."""
    return _MARK.sub("", text)


def numbers_borne(text: str, by: str) -> float | None:
    """The share of the numbers in a text that another states too, 0 to 1; None where it states none."""
    claimed, known = quantities(text), quantities(by)
    return sum(stated(one, known) for one in claimed) / len(claimed) if claimed else None


def says_no(text: str) -> bool:
    """Whether a reply says that it does not know, or that there is no such thing."""
    return bool(_SAYS_NO.search(simplified(text))) or says_no_answer(text)


def declines(text: str) -> bool:
    """Whether a reply says that it will not do what was asked."""
    return bool(_DECLINES.search(simplified(text)))


def mode_of(text: str) -> Mode:
    """The mode of a reply that comes without one: declined, an honest no, or an answer."""
    return "declined" if declines(text) else "catalogue" if says_no(text) else "generated"


def sentence_length(text: str) -> float | None:
    """Letters and digits a sentence, on average: the plainest measure of how hard a text is. None without a sentence.

    A word of the Latin script counts as two, so that English and Chinese lie near each other.
    """
    found = sentences(text)
    if not found:
        return None
    return sum(_weight(sentence) for sentence in found) / len(found)


def latin_words(text: str) -> Sequence[str]:
    """Words of the Latin script: what a learner who reads Chinese only has to skip."""
    return re.findall(r"[A-Za-z]{2,}", text)


def _weight(sentence: str) -> int:
    latin = re.findall(r"[A-Za-z]+", sentence)
    return len(plain(re.sub(r"[A-Za-z]+", " ", sentence))) + 2 * len(latin)


def _runs(text: str) -> set[str]:
    return {text[i : i + _RUN] for i in range(len(text) - _RUN + 1)} or ({text} if text else set())


def _digits(text: str) -> str:
    return _NUMERAL.sub(lambda numeral: str(chinese_value(numeral[0])), text)
