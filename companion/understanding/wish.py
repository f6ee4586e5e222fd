"""What a message wants, as far as it can be told without a model: by the rules in wishes.toml."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal, cast

from companion.guidance.whom import whom, without_whom
from companion.patterns import for_normalised, pattern, read_at_start
from course_index.analyze import normalise

Wish = Literal[
    "question", "courses", "pathway", "credits", "practice", "hint", "plan", "again", "more", "smalltalk", "feedback",
    "end", "nothing",
]  # fmt: skip

# What may follow all that a message says.
_MARKS = r"[\s。！!？?~～,.，、…]*(?:谢谢|多谢|唔该|thanks)?[\s。！!？?~～,.，、…]*"
_AT_AN_END = " 。.!！?？,，~～"
_CLAUSE_ENDS = re.compile(r"[\n？?！!。，,；;]+|\.(?!\w)")
_HAN = re.compile(r"[\u3400-\u9fff]")


def wish_of(message: str) -> Wish:
    """What a message wants; a question on content where nothing says otherwise."""
    return wish_by_rules(message) or "question"


def wish_by_rules(message: str) -> Wish | None:
    """What a rule says that a message wants; None where none holds."""
    text = normalise(message).strip()
    if not any(character.isalnum() for character in text):
        return "nothing"
    # 我徒弟想学 wants what 想学 wants.
    readings = dict.fromkeys((text, without_whom(text).strip()))
    if says_undecided(text):
        return "courses"
    if asks_for_simpler(text):
        return "more"
    return next((wish for said in readings for wish, rule in _rules() if rule.search(said)), None)


@cache
def _rules() -> tuple[tuple[Wish, re.Pattern[str]], ...]:
    """Each wish with its pattern, in the order of the file."""
    entries = tomllib.loads((Path(__file__).with_name("wishes.toml")).read_text("utf-8"))
    return tuple((cast("Wish", wish), _pattern(entry)) for wish, entry in entries.items())


def _pattern(entry: dict[str, list[str]]) -> re.Pattern[str]:
    if whole := entry.get("whole"):
        return for_normalised(rf"^(?:{'|'.join(whole)}){_MARKS}$")
    return pattern(entry)


@cache
def _asking() -> dict[str, re.Pattern[str]]:
    """How messages ask, by the names of asking.toml."""
    told = tomllib.loads((Path(__file__).with_name("asking.toml")).read_text("utf-8"))
    before, behind = told.pop("before_a_subject"), told.pop("behind_a_subject")
    return {name: pattern(entry) for name, entry in told.items()} | {
        "before_a_subject": for_normalised(rf"(?:{_any(before['anywhere'])})|(?:{_any(before['words'])})(?![^\s])"),
        "behind_a_subject": for_normalised(
            rf"(?:{_any(behind['anywhere'])})$|(?:^|(?<=\s))(?:{_any(behind['words'])})$"
        ),
    }


def _any(alternatives: list[str]) -> str:
    return "|".join(alternatives)


def asks(message: str) -> bool:
    """Whether a message ends as a question does."""
    return bool(_asking()["asks"].search(normalise(message)))


def wants_to_learn(message: str) -> bool:
    """Whether a message says that its sender wants to learn something, or asks for a course by the way."""
    return bool(_asking()["wants_to_learn"].search(normalise(message)))


def says_undecided(message: str) -> bool:
    """Whether a message says that its sender does not know what to learn."""
    return bool(_asking()["undecided"].search(normalise(message)))


def asks_for_simpler(message: str) -> bool:
    """Whether all that a message says is that what was told was not understood, or is wanted in plainer words."""
    return bool(_asking()["simpler"].search(normalise(message).strip()))


def without_undecided(said: str) -> str:
    """What is said, normalised, without the words by which one says that."""
    return _asking()["undecided"].sub(" ", said)


def without_asking_for_another(message: str) -> str | None:
    """What a message says, normalised, beside asking for other courses than those shown; None where it does not ask."""
    said = normalise(message).strip(_AT_AN_END)
    left, times = _asking()["another"].subn(" ", said)
    return left.strip(f"{_AT_AN_END}的嘅") if times else None


def without_asking_for_less(message: str) -> str | None:
    """The same beside saying that a course is too dear or too long, or asking for one that is less so."""
    said = normalise(message).strip(_AT_AN_END)
    left, times = _asking()["less"].subn(" ", said)
    return left.strip(f"{_AT_AN_END}的嘅") if times else None


def speaks_of_oneself(message: str) -> bool:
    """Whether a message speaks of its sender, of their people, or of what they are after."""
    said = normalise(message)
    return bool(_asking()["of_oneself"].search(said)) or whom(said) is not None


def without_what_is_told(said: str) -> str:
    """What is said, normalised, without words that ask in a part that only tells: 不知道怎么弄, 想学学要注意啥."""
    return _asking()["tells"].sub(" ", said)


def course_subject(message: str) -> str:
    """What the courses that a message asks for are to be about; the whole message when it says nothing else."""
    subject = " ".join(filter(None, (_without_asking(part) for part in _parts_of(message))))
    return subject if any(character.isalnum() for character in subject) else message


def _parts_of(message: str) -> list[str]:
    """What stands between marks; and between blanks, where it is written without them."""
    clauses = _CLAUSE_ENDS.split(normalise(message))
    return [part for clause in clauses for part in (clause.split() if _HAN.search(clause) else [clause])]


def _without_asking(part: str) -> str:
    """A part of a message without what asks before and behind the subject."""
    left = part.strip()
    while found := _asking()["before_a_subject"].match(left):
        left = left[found.end() :].lstrip()
    while found := _asking()["behind_a_subject"].search(left):
        left = left[: found.start()].rstrip()
    return left


def practice_subject(message: str) -> str:
    """What is to be practised; empty when the message does not say."""
    return _left_of(message, _asking()["for_practice"])


def hint_subject(message: str) -> str:
    """What a hint is wanted for; empty when the message only asks for one."""
    return _left_of(message, _asking()["for_hint"])


def plan_subject(message: str) -> str:
    """What the plan is to be for; empty when the message does not say."""
    return _left_of(message, _asking()["for_plan"])


def _left_of(message: str, asks: re.Pattern[str]) -> str:
    left = re.sub(r"[\s？?！!。，,.、]+", " ", asks.sub(" ", normalise(message))).strip()
    return left if sum(character.isalnum() for character in left) >= 2 else ""


read_at_start(_rules)
read_at_start(_asking)
