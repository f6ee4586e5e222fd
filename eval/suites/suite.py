"""What a suite is, and how its cases are held as conversations."""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from companion.heard import Ask, Style
from eval.case import Case
from eval.reply import Record
from eval.score import Metric, Score
from eval.subjects.subject import Subject, heard

# The catalogue that recommendations are held against: records by id.
Catalogue = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Suite:
    """How cases of one form are asked (of a subject, in a repetition), scored and summed up.

    `ask` raises NotAsked when the subject has nothing that the case could be asked of. `overall` are the figures that
    no single case has.
    """

    name: str
    title: str
    metrics: tuple[Metric, ...]
    ask: Callable[[Any, Subject, int], Awaitable[Record]]
    score: Callable[[Any, Record, Catalogue], Score]
    overall: Callable[[Sequence[Case], Mapping[str, Record], Mapping[str, Score], Catalogue], dict[str, float]]


class NotAsked(Exception):
    """The subject cannot be asked such a case; the message says why."""


def nothing_more(*_: Any) -> dict[str, float]:
    """For a suite all of whose figures are means over its cases."""
    return {}


async def converse(
    case: Case,
    subject: Subject,
    messages: Iterable[str],
    repetition: int,
    *,
    audience: str | None = None,
    style: Style = "answer",
    course_id: str | None = None,
    lesson: str | None = None,
) -> Record:
    """Say the messages one after the other in a conversation of their own."""
    record = Record(case.id, repetition)
    for message in messages:
        await say(record, subject, message, case, audience, style, course_id, lesson)
    await keep_passages(record, subject)
    return record


async def say(
    record: Record,
    subject: Subject,
    message: str,
    case: Case,
    audience: str | None = None,
    style: Style = "answer",
    course_id: str | None = None,
    lesson: str | None = None,
) -> None:
    """One message more, and the reply to it."""
    ask = Ask(
        message,
        conversation_id=_conversation(case, record.repetition, subject),
        locale="zh-Hant" if case.language == "yue" else case.language,
        audience=audience,
        style=style,
        course_id=course_id,
        lesson_id=f"{course_id}/{lesson}" if course_id and lesson else None,
    )
    record.said.append(message)
    record.replies.append(await heard(subject, ask))


def _conversation(case: Case, repetition: int, subject: Subject) -> str:
    """The same in every run: what a tutor draws by lot, as the questions of a quiz, it draws by the conversation."""
    return f"eval-{hashlib.sha256(case.id.encode()).hexdigest()[:16]}-{repetition}{subject.salt}"


async def keep_passages(record: Record, subject: Subject) -> None:
    """The whole texts of what the last reply shows, since a source holds only what is quoted of its passage."""
    for source in record.replies[-1].sources:
        if source.passage_id not in record.passages:
            record.passages[source.passage_id] = await subject.passage(source.passage_id) or source.quote
