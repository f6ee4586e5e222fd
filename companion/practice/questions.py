"""Questions made from a lesson's own sentences: a number to fill in, a rule to judge, a term to choose."""

import hashlib
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from companion.quantities import quantities
from course_index.course import Passage
from course_index.language import ZH
from course_index.stretches import stretches

Kind = Literal["fill_in", "true_false", "choice", "open"]

_SHORTEST, _LONGEST = 12, 110
# What only makes sense after the sentence before it, and what is no statement.
_LEANS = re.compile(
    r"^(?:它|他|她|这|那|此|其|该|因此|所以|但|而|不过|然而|同时|另外|例如|比如|如图|如下|前者|后者|上述|以上|否则|也|又|还|再|于是|接着|然后|"
    r"it|this|that|these|those|they|he|she|so|but|however|therefore|also|then|for example|such)(?![a-z])",
    re.IGNORECASE,
)
# And what points at something beside it wherever it stands: 都可以这样算. Not below 5 °C, nor above the heart.
_POINTS = re.compile(
    r"(?:这|那)(?:样|么)|如此|(?:这|那)(?:个|些|条|种|几|一)|上[面述]|下[面列述]"
    r"|\b(?:this way|that way|like (?:this|that)|(?:above|below)(?! (?:\d|the |an? |your |zero))|following)\b",
    re.IGNORECASE,
)
_EXERCISE = re.compile(r"练习|习题|思考|想一想|小测|exercise|practice|quiz", re.IGNORECASE)
_NO_STATEMENT = re.compile(r"[?？：:|`$]|^\s*[#>]|https?://|你|您|我|^(?:不?能|不?可以|不?是|不?对|不?行)[，,]")
_MARKS = re.compile(r"\*\*|__|^\s*(?:[-*+]|\d+[.)、])\s+|^\s*第[一二三四五六七八九十百零\d]+条\s+")
_NUMBER_ZH = re.compile(
    r"(?:\d+(?:\.\d+)?|[一二两三四五六七八九十百千半]{1,5})(?:个?(?:小时|工作日|月|星期)|分钟|周岁|厘米|毫米|公里|公斤|千克|[天日年周岁次米度元倍克斤种类步条])(?!半|多|左右会)"
)
_NUMBER_EN = re.compile(
    r"\b(?:\d+(?:\.\d+)?|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|sixty)[ -]"
    r"(?:minutes?|hours?|days?|weeks?|months?|years?|metres?|meters?|times|centimetres?|degrees|steps|litres?)\b",
    re.IGNORECASE,
)
# What turns a rule into its contrary, and back; the longer first.
_CONTRARY = (
    ("绝不能", "可以"), ("决不能", "可以"),
    ("不得", "可以"), ("不能", "可以"), ("不可以", "可以"), ("禁止", "允许"), ("应当", "不必"), ("必须", "不必"), ("不要", "可以"),  # noqa: E501
    ("有权", "无权"), ("可以", "不可以"),
    (" must not ", " may "), (" must ", " need not "), (" should not ", " should "), (" never ", " always "), (" cannot ", " can "),  # noqa: E501
)  # fmt: skip
# What has no plain contrary, would not be Chinese when turned (绝不能, 能不能), or gives a reason for what is not so.
_NOT_TURNED = ("除外", "但", "能不能", "可不可以", "不能不", "不得不", "因为", "unless", "except", "because")
_TERM = re.compile(r"\*\*([^*\n]{2,16})\*\*|《([^》\n]{2,16})》")
# 四周 and the like look like numbers and are none.
_NO_NUMBER = re.compile(r"四周|四面|三轮|一些|一般|十分(?!钟)|百分")


@dataclass(frozen=True, slots=True)
class QuizQuestion:
    """A question with the answers that are right, what counts, and the sentence of the passage that it stands on."""

    id: str
    kind: Kind
    prompt: str
    answers: tuple[str, ...]
    rubric: str
    passage_id: str
    sentence: str
    options: tuple[str, ...] = ()


def question_id(kind: str, text: str) -> str:
    """The same for the same question."""
    return hashlib.sha256(f"{kind}\n{text}".encode()).hexdigest()[:12]


def questions(passages: Sequence[Passage], count: int, seed: int) -> list[QuizQuestion]:
    """Up to `count` questions, spread over the passages, no two on one sentence; the same for the same seed."""
    dice = random.Random(seed)
    by_passage = [made for passage in passages if (made := _of_passage(passage, passages, dice))]
    dice.shuffle(by_passage)
    for made in by_passage:
        dice.shuffle(made)
    kept: list[QuizQuestion] = []
    while len(kept) < count and any(by_passage):
        for made in by_passage:
            # The kind that there are fewest of so far comes next.
            made.sort(key=lambda one: sum(one.kind == other.kind for other in kept))
            while made:
                one = made.pop(0)
                if all(one.sentence != other.sentence for other in kept):
                    kept.append(one)
                    break
    return kept[:count]


def _of_passage(passage: Passage, all_passages: Sequence[Passage], dice: random.Random) -> list[QuizQuestion]:
    if _EXERCISE.search(" ".join(passage.heading_path)):
        return []
    makers: tuple[Callable[..., QuizQuestion | None], ...] = (_fill_in, _true_false, _choice)
    found: list[QuizQuestion] = []
    for stretch in stretches(passage.text):
        sentence = _MARKS.sub("", stretch.text.strip()).strip()
        if stretch.is_code or not _stands_alone(sentence):
            continue
        made = (make(stretch.text.strip(), sentence, passage, all_passages, dice) for make in makers)
        found.extend(question for question in made if question)
    return found


def _stands_alone(sentence: str) -> bool:
    return (
        _SHORTEST <= len(sentence) <= 2 * _LONGEST
        and (len(sentence) <= _LONGEST or not any("\u4e00" <= one <= "\u9fff" for one in sentence))
        and not _LEANS.match(sentence)
        and not _POINTS.search(sentence)
        and not _NO_STATEMENT.search(sentence)
        and sentence[-1] in "。.！!；;"
    )


def _fill_in(_: str, sentence: str, passage: Passage, __: Sequence[Passage], ___: random.Random) -> QuizQuestion | None:
    """The one number of a sentence left out."""
    pattern = _NUMBER_ZH if passage.language == ZH else _NUMBER_EN
    numbers = list(pattern.finditer(sentence))
    if len(numbers) != 1 or len(quantities(sentence)) != 1 or _NO_NUMBER.search(sentence):
        return None
    number = numbers[0]
    prompt = f"{sentence[: number.start()]}____{sentence[number.end() :]}"
    told = "填空：" if passage.language == ZH else "Fill in: "
    return QuizQuestion(
        question_id("fill_in", prompt), "fill_in", told + prompt, (number[0],), number[0], passage.id, sentence
    )


def _true_false(
    _: str, sentence: str, passage: Passage, __: Sequence[Passage], dice: random.Random
) -> QuizQuestion | None:
    """A rule as it stands, or turned into its contrary."""
    turns = [(said, contrary) for said, contrary in _CONTRARY if sentence.count(said) == 1]
    clear = [turn for turn in turns if not any(turn[0] in other[0] and turn != other for other in turns)]
    if len(clear) != 1 or any(word in sentence for word in _NOT_TURNED):
        return None
    said, contrary = clear[0]
    holds = dice.random() < 0.5
    stated = sentence if holds else sentence.replace(said, contrary)
    chinese = passage.language == ZH
    prompt = f"判断对错：{stated}" if chinese else f"True or false: {stated}"
    answers = ("对",) if holds and chinese else ("错",) if chinese else ("true",) if holds else ("false",)
    return QuizQuestion(
        question_id("true_false", prompt), "true_false", prompt, answers, answers[0], passage.id, sentence
    )


def _choice(
    marked: str, sentence: str, passage: Passage, all_passages: Sequence[Passage], dice: random.Random
) -> QuizQuestion | None:
    """An emphasised term left out, to be chosen among others of the lesson."""
    terms = [next(filter(None, found.groups())) for found in _TERM.finditer(marked)]
    if len(terms) != 1 or sentence.count(terms[0]) != 1:
        return None
    right = terms[0]
    others = {
        term
        for one in all_passages
        if one.language == passage.language
        for found in _TERM.finditer(one.text)
        for term in filter(None, found.groups())
        if term not in sentence and right not in term and term not in right and abs(len(term) - len(right)) <= 6
    }
    if len(others) < 2:
        return None
    options = [right, *dice.sample(sorted(others), min(3, len(others)))]
    dice.shuffle(options)
    told = "选择：" if passage.language == ZH else "Choose: "
    listed = "　".join(f"{letter}. {option}" for letter, option in zip("ABCD", options, strict=False))
    prompt = f"{told}{sentence.replace(right, '____')}\n{listed}"
    letter = "ABCD"[options.index(right)]
    return QuizQuestion(
        question_id("choice", prompt), "choice", prompt, (right, letter), right, passage.id, sentence, tuple(options)
    )
