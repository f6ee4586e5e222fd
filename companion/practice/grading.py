"""Grading a reply to a question against the passage it was made from, without a model."""

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from string import ascii_uppercase
from typing import Literal

from companion.patterns import for_normalised
from companion.practice.questions import QuizQuestion
from companion.quantities import chinese_value, quantities
from companion.words import Locale, to_traditional
from course_index.analyze import normalise, terms

Verdict = Literal["right", "partly", "wrong"]

# Where what judges or chooses has to end, so that 对于 judges nothing.
_ENDS = r"(?=$|[,。.;:!?、)\s]|因|[的嘅了吧啦呀啊㗎])"
_LETTER = r"(?<![a-z])([a-l])(?![a-z])"
_OPTION = re.compile(rf"第?\s*([a-l一二三四]|1[0-2]|[1-9])(?:个|项|[.、)])?{_ENDS}")
# Not A but B; a or b, I take b.
_TAKEN = re.compile(rf"(?<!不)(?<!唔)(?:[选拣是系])\s*{_LETTER}")
_REFUSED = re.compile(r"(?:不|唔|非|\bnot )(?:应该|会)?(?:是|系|选|拣)?\s*$")
_EDGES = re.compile(r"^[\s，,。.！!；;：:、]+|[\s，,。.！!；;、?？]+$")
_NUMBERED = re.compile(
    r"(?:^|[\s，,；;。])\s*(?:第|q|question )?(\d{1,2}|[一二三四五六七八九十])(?:题|題)?\s*[.、:：)）\-]\s*"
    r"(?!\d+\s*[.、:：)）])",
    re.IGNORECASE,
)
# 1B 2对 3三十: without a mark behind the number, which then has to count on from the one before.
_COUNTED = re.compile(
    r"(?:^|(?<=[\s，,；;。]))(?:第(\d{1,2}|[一二三四五六七八九十])[题題]|q?(\d{1,2})(?![\d.]))\s*", re.IGNORECASE
)
# 1对2错3不知道: as many as there are questions.
_RUN_ON = re.compile(r"(?<![\d.])(?:第(\d{1,2})题|(\d{1,2})(?![\d.]))\s*")
_ONE_EACH = re.compile(r"[a-l对错對錯√×✓✗]+", re.IGNORECASE)
# A reply of one's own words is right with this share of the answer's words, and partly right with half of that.
_SAME = 0.6
_PARTLY = 0.3


@dataclass(frozen=True, slots=True)
class Grade:
    """The verdict, its reason in words, and the sentence that it stands on."""

    verdict: Verdict
    reason: str
    sentence: str


_SAID: dict[str, dict[Verdict | Literal["unknown"], str]] = {
    "zh-Hans": {
        "right": "答对了。课程里说：“{sentence}”",
        "partly": "对了一部分。完整的答案是“{answer}”。课程里说：“{sentence}”",
        "wrong": "不对，应该是“{answer}”。课程里说：“{sentence}”",
        "unknown": "没关系，答案是“{answer}”。课程里说：“{sentence}”",
    },
    "en": {
        "right": "Right. The course says: “{sentence}”",
        "partly": "Partly right. The whole answer is “{answer}”. The course says: “{sentence}”",
        "wrong": "Not quite: it is “{answer}”. The course says: “{sentence}”",
        "unknown": "Never mind: it is “{answer}”. The course says: “{sentence}”",
    },
}


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """How learners reply, by the names of grading.toml."""
    told = tomllib.loads(Path(__file__).with_name("grading.toml").read_text("utf-8"))
    any_of = {name: f"(?:{'|'.join(alternatives)})" for name, alternatives in told.items()}
    shapes = {
        "before": f"{any_of['before']}+",
        "behind": f"{any_of['behind']}+$",
        "yes": f"{any_of['yes']}{_ENDS}",
        "no": f"{any_of['no']}{_ENDS}",
        "unknown": f"我?{any_of['unknown']}",
    }
    return {name: for_normalised(shape) for name, shape in shapes.items()}


def grade(question: QuizQuestion, reply: str, locale: Locale) -> Grade:
    """Whether a reply is right, with the reason from the passage."""
    if is_no_answer(reply):
        return told("unknown", question, locale)
    return told(_verdict(question, _said(reply)), question, locale)


def is_no_answer(reply: str) -> bool:
    """Whether a reply says that one does not know, or wants to go on: no model is asked about that."""
    said = _said(reply)
    return not said or bool(_patterns()["unknown"].match(said))


def reads_as_answer(question: QuizQuestion, reply: str) -> bool:
    """Whether a reply is of the form that the question asks for, right or wrong: 错了 judges, 好的 does not."""
    said = _said(reply)
    match question.kind:
        case "true_false":
            return _judgement(said) is not None
        case "choice":
            return _option(question, said) is not None
        case "fill_in":
            return bool(quantities(said) or quantities(f"{said}个"))
    return False


def _said(reply: str) -> str:
    return _EDGES.sub("", normalise(reply))


def _bare(said: str) -> str:
    """What is left of a reply without what is said around it."""
    found = _patterns()["before"].match(said)
    left = said[found.end() :] if found else said
    return _patterns()["behind"].sub("", left) or said


def told(verdict: Verdict | Literal["unknown"], question: QuizQuestion, locale: Locale) -> Grade:
    """A verdict in words."""
    sentence = question.sentence
    answer = (question.rubric if _several(question) else question.answers[0]).rstrip("。.")
    if locale == "en":
        frame = _SAID["en"][verdict]
        frame = frame if sentence else frame.partition(" The course says")[0]
        reason = frame.format(answer=answer, sentence=sentence)
    else:
        frame = _SAID["zh-Hans"][verdict]
        frame = frame if sentence else frame.partition("课程里说")[0]
        if locale == "zh-Hant":  # the frame alone: what is quoted stays to the letter
            frame = to_traditional(frame)
        reason = frame.format(answer=answer, sentence=sentence)
    return Grade("wrong" if verdict == "unknown" else verdict, reason, sentence)


def replies(reply: str, count: int, first: int = 1) -> list[str]:
    """A message that answers several questions, cut at its numbers, or else at its lines or commas; at most `count`.

    `first` is the number of the first of them. What stands under no number before the last one is empty.
    """
    reply = re.sub("[①-⑩]", lambda found: f" {ord(found[0]) - ord('①') + 1}. ", reply)
    if count == 1:
        alone = _NUMBERED.match(reply)
        is_label = alone and _number(alone) == first and not re.match(r"\d|\W*$", reply[alone.end() :])
        return [reply[alone.end() :] if alone and is_label else reply]
    marks = list(_NUMBERED.finditer(reply)) or _counted(_COUNTED, reply) or _counted(_RUN_ON, reply, count)
    if marks:
        ends = [*(mark.start() for mark in marks[1:]), len(reply)]
        parts = [_EDGES.sub("", reply[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]
        numbers = [_number(mark) - first for mark in marks]
        if numbers == sorted(set(numbers)) and numbers[0] >= 0 and numbers[-1] < count:
            placed = dict(zip(numbers, parts, strict=True))
            return [placed.get(number, "") for number in range(numbers[-1] + 1)]
        return parts[:count]
    if len(reply.strip()) == count and _ONE_EACH.fullmatch(reply.strip()):
        return list(reply.strip())
    for cut in (r"\n+", r"[，,；;、\s]+"):
        parts = [part for part in re.split(cut, reply.strip()) if part]
        if 1 < len(parts) <= count:
            return parts
    return [reply]


def _counted(numbers: re.Pattern[str], reply: str, count: int = 2) -> list[re.Match[str]]:
    """The numbers of 1B 2对 3三十, which count on, at least `count` of them; 1次 2米 are answers."""
    marks: list[re.Match[str]] = []
    for mark in numbers.finditer(reply):
        counts_on = not marks or _number(mark) == _number(marks[-1]) + 1
        counts_things = not mark[1] and any(one.unit for one in quantities(reply[mark.start() :])[:1])
        if counts_on and not counts_things:
            marks.append(mark)
    return marks if len(marks) >= count else []


def _number(mark: re.Match[str]) -> int:
    numeral = next(filter(None, mark.groups()))
    return int(numeral) if numeral.isdecimal() else chinese_value(numeral)


def _verdict(question: QuizQuestion, said: str) -> Verdict:
    match question.kind:
        case "true_false":
            return _judged(question, said)
        case "choice":
            return _chosen(question, said)
        case "fill_in":
            return _filled(question, said)
    return _all_chosen(question, said) if _several(question) else _in_own_words(question, said)


def _judged(question: QuizQuestion, said: str) -> Verdict:
    holds = question.answers[0] in ("对", "true")
    judged = _judgement(said)
    if judged is None:
        return _in_own_words(question, said)
    return "right" if judged == holds else "wrong"


def _judgement(said: str) -> bool | None:
    """What a reply says of a statement; None where it says nothing of it."""
    for one in (said, _bare(said)):
        if _patterns()["yes"].match(one):
            return True
        if _patterns()["no"].match(one):
            return False
    return None


def _chosen(question: QuizQuestion, said: str) -> Verdict:
    return "right" if _option(question, said) == question.answers[0] else "wrong"


def _option(question: QuizQuestion, said: str) -> str | None:
    """The one of the options that a reply takes; None where that is not plain."""
    options = question.options
    bare = _bare(said)
    alike = next((option for option in options if normalise(option) in (said, bare)), None)
    if alike is not None:
        return alike
    if found := _OPTION.match(bare):
        at = "abcdefghijkl".find(found[1])
        place = at if at >= 0 else "一二三四".find(found[1]) if found[1] in "一二三四" else int(found[1]) - 1
        return options[place] if place < len(options) else None
    taken = {found[1] for found in _TAKEN.finditer(said)}
    if len(taken) == 1 and (place := ord(taken.pop()) - ord("a")) < len(options):
        return options[place]
    named = [one for one in options if (at := said.find(normalise(one))) >= 0 and not _REFUSED.search(said[:at])]
    return named[0] if len(named) == 1 else None


def _several(question: QuizQuestion) -> bool:
    """Whether more than one of the options is right: then its rubric is their letters."""
    return question.kind == "open" and bool(question.options)


def _all_chosen(question: QuizQuestion, said: str) -> Verdict:
    letters = {
        one.upper()
        for run in re.findall(r"(?<![a-z])[a-l](?![a-z])|(?<![a-z])[a-l]{2,12}(?![a-z])", said)
        for one in run
    }
    named = {
        letter for letter, option in zip(ascii_uppercase, question.options, strict=False) if normalise(option) in said
    }
    chosen, wanted = letters or named, set(question.rubric)
    return "right" if chosen == wanted else "partly" if chosen & wanted else "wrong"


def _filled(question: QuizQuestion, said: str) -> Verdict:
    if len(question.answers) > 1:
        verdicts = [_filled(replace(question, answers=(answer,)), said) for answer in question.answers]
        return "right" if "right" in verdicts else "partly" if "partly" in verdicts else "wrong"
    (wanted,) = quantities(question.answers[0])[:1] or (None,)
    given = quantities(said) or quantities(f"{said}个")
    if wanted is None:
        answer = normalise(question.answers[0])
        return "right" if answer == said or (len(answer) > 2 and answer in said) else "wrong"
    same = [
        one
        for one in given
        if one.value == wanted.value
        and (one.unit is None or one.unit == wanted.unit or (f"{said}个" != said and not _has_unit(said)))
    ]
    if not same:
        return "wrong"
    return "right" if len({one.value for one in given}) == 1 else "partly"


def _has_unit(said: str) -> bool:
    return any(one.unit for one in quantities(said))


def _in_own_words(question: QuizQuestion, said: str) -> Verdict:
    wanted = {term for term in terms(normalise(question.answers[0])) if len(term) > 1}
    stated = {one.value for one in quantities(question.answers[0])}
    if stated and not stated <= {one.value for one in quantities(said)}:
        return "wrong"
    share = len(wanted & set(terms(said))) / len(wanted) if wanted else 0.0
    return "right" if share >= _SAME else "partly" if share >= _PARTLY else "wrong"
