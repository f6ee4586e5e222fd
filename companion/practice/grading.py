"""Grading a reply to a question against the passage it was made from, without a model."""

import re
from dataclasses import dataclass, replace
from string import ascii_uppercase
from typing import Literal

from companion.practice.questions import QuizQuestion
from companion.quantities import quantities
from companion.words import Locale, to_traditional
from course_index.analyze import normalise, terms

Verdict = Literal["right", "partly", "wrong"]

_YES = re.compile(r"^(?:是|对|啱|正确|正確|没错|系|t|true|yes|y|right|correct|√|✓|✔|○)(?:的|嘅|呀|啊|了)?$")
_NO = re.compile(r"^(?:不是|不对|错|唔啱|唔係|唔系|不正确|否|f|false|no|n|wrong|incorrect|×|✗|✘|x)(?:的|嘅|呀|啊|了)?$")
_UNKNOWN = re.compile(
    r"^(?:我)?(?:不知道|不清楚|不会|不懂|不记得|忘了|唔知|唔识|唔记得|跳过|下一题|下一个|过|pass|skip|next|no idea|i don't know|don't know)"  # noqa: E501
)
_OPTION = re.compile(
    r"^(?:选|我选|答案是?|选项|第)?\s*([a-lａ-ｄ一二三四]|1[0-2]|[1-9])(?:个|项|[.、)）])?(?:\s|$|[.、，,)）。！!])"
)
_EDGES = re.compile(r"^[\s，,。.！!；;：:、]+|[\s，,。.！!；;、]+$")
_NUMBERED = re.compile(
    r"(?:^|[\s，,；;。])\s*(?:第)?(\d{1,2}|[一二三四五六七八九十])(?:题)?\s*[.、:：)）]\s*(?!\d+\s*[.、:：)）])"
)
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


def grade(question: QuizQuestion, reply: str, locale: Locale) -> Grade:
    """Whether a reply is right, with the reason from the passage."""
    said = _EDGES.sub("", normalise(reply))
    if is_no_answer(reply):
        return told("unknown", question, locale)
    return told(_verdict(question, said), question, locale)


def is_no_answer(reply: str) -> bool:
    """Whether a reply says that one does not know, or wants to go on: no model is asked about that."""
    said = _EDGES.sub("", normalise(reply))
    return not said or bool(_UNKNOWN.match(said))


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


def replies(reply: str, count: int) -> list[str]:
    """A message that answers several questions, cut at its numbers, or else at its lines or commas; at most `count`."""
    marks = list(_NUMBERED.finditer(reply))
    if marks and count > 1:
        ends = [*(mark.start() for mark in marks[1:]), len(reply)]
        return [_EDGES.sub("", reply[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)][:count]
    for cut in (r"\n+", r"[，,；;、\s]+"):
        parts = [part for part in re.split(cut, reply.strip()) if part]
        if 1 < len(parts) <= count:
            return parts
    return [reply]


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
    if _YES.match(said):
        return "right" if holds else "wrong"
    if _NO.match(said):
        return "wrong" if holds else "right"
    return _in_own_words(question, said)


def _chosen(question: QuizQuestion, said: str) -> Verdict:
    if found := _OPTION.match(said):
        at = "abcdefghijkl".find(found[1])
        place = at if at >= 0 else "一二三四".find(found[1]) if found[1] in "一二三四" else int(found[1]) - 1
        if place < len(question.options):
            return "right" if question.options[place] == question.answers[0] else "wrong"
    named = [option for option in question.options if normalise(option) in said]
    if len(named) == 1:
        return "right" if named[0] == question.answers[0] else "wrong"
    return "wrong"


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
