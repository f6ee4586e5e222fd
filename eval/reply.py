"""A turn as it was heard from outside: its events, whoever sent them, and what they come to."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from companion.events import (
    Aigc,
    CourseCard,
    CoursesFound,
    Done,
    Event,
    Failed,
    Fallback,
    Source,
    SourcesFound,
    TextAdded,
    TurnStarted,
    name_of,
    payload,
)
from eval.errors import DataProblem
from eval.text import marks_in


@dataclass(frozen=True, slots=True)
class Reply:
    """The events of one turn, and the milliseconds after which each came."""

    events: tuple[Event, ...]
    at_ms: tuple[float, ...] = ()

    @property
    def text(self) -> str:
        """All that was said."""
        return "".join(event.text for event in self.events if isinstance(event, TextAdded))

    @property
    def sources(self) -> tuple[Source, ...]:
        """The passages shown."""
        return tuple(source for event in self.events if isinstance(event, SourcesFound) for source in event.sources)

    @property
    def courses(self) -> tuple[CourseCard, ...]:
        """The courses shown, best first."""
        return tuple(card for event in self.events if isinstance(event, CoursesFound) for card in event.courses)

    @property
    def done(self) -> Done | None:
        """The end of a turn that went well."""
        return next((event for event in self.events if isinstance(event, Done)), None)

    @property
    def mode(self) -> str:
        """How the turn ended; `failed` when it did not end well."""
        return self.done.mode if self.done else "failed"

    @property
    def answered(self) -> bool:
        """Whether the question itself got an answer, written or quoted."""
        return self.mode in ("generated", "extracted")

    @property
    def marks(self) -> tuple[int, ...]:
        """The numbers that the text cites, in the order they are first met."""
        return marks_in(self.text)

    @property
    def cited(self) -> tuple[Source, ...]:
        """The sources that the text cites, or that the turn says it cites."""
        numbers = {*self.marks, *(self.done.cited if self.done else ())}
        return tuple(source for source in self.sources if source.n in numbers)

    @property
    def total_ms(self) -> float:
        """How long the turn took."""
        return self.at_ms[-1] if self.at_ms else 0.0

    @property
    def first_text_ms(self) -> float | None:
        """When the first words came."""
        return next(
            (at for at, event in zip(self.at_ms, self.events, strict=False) if isinstance(event, TextAdded)), None
        )

    @property
    def failed(self) -> str | None:
        """Why the turn did not come to its end; None where it did."""
        if self.done:
            return None
        error = next((event for event in self.events if isinstance(event, Failed)), None)
        return f"{error.title}: {error.detail}" if error else "the turn ended without done or error"

    def faults(self) -> list[str]:
        """Where the turn breaks the rules that every turn is held to, in the words of the report."""
        ends = [event for event in self.events if isinstance(event, Done | Failed)]
        numbers = {source.n for source in self.sources}
        written = any(isinstance(event, TextAdded) and event.ai for event in self.events)
        aigc = self.done.aigc if self.done else None
        found = next((i for i, event in enumerate(self.events) if isinstance(event, SourcesFound)), 0)
        before = "".join(event.text for event in self.events[:found] if isinstance(event, TextAdded))
        told = [
            (len(ends) != 1 or self.events[-1] is not ends[-1], "一轮应当恰好以一个 done 或 error 结束"),
            (any(mark not in numbers for mark in self.marks), "有引用编号没有对应的出处"),
            (written and aigc is None, "模型写的文字没有 AI 标识"),
            (aigc is not None and not written, "不是模型写的文字带了 AI 标识"),
            (bool(marks_in(before)), "出处来得比它支持的文字晚"),
        ]
        return [said for holds, said in told if holds]


# -- on the wire and on disk -------------------------------------------------------------------------------------------


def to_wire(reply: Reply) -> list[dict[str, Any]]:
    """The events as JSON objects, each with its name and its time."""
    return [
        {"event": name_of(event), "at_ms": round(at, 1), **payload(event)}
        for event, at in zip(reply.events, reply.at_ms, strict=True)
    ]


def from_wire(rows: Iterable[Mapping[str, Any]]) -> Reply:
    """A turn that was kept by `to_wire`. Raises DataProblem for what is no event."""
    rows = list(rows)
    return Reply(tuple(event_of(row) for row in rows), tuple(float(row.get("at_ms", 0.0)) for row in rows))


def event_of(row: Mapping[str, Any]) -> Event:
    """An event from its JSON object; fields that this version does not know are left aside. Raises DataProblem."""
    try:
        parse: Callable[[Mapping[str, Any]], Event] = _PARSERS[row["event"]]
        return parse(row)
    except (KeyError, TypeError) as error:
        raise DataProblem(f"this is no event of a turn: {str(dict(row))[:200]}") from error


def _known(kind: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    return {one.name: row[one.name] for one in fields(kind) if one.name in row}


def _sources(row: Mapping[str, Any]) -> Event:
    return SourcesFound(tuple(Source(**_known(Source, source)) for source in row["sources"]))


def _courses(row: Mapping[str, Any]) -> Event:
    own = ("course_id", "title", "reason", "sample")
    cards = (
        CourseCard(
            course["course_id"],
            course["title"],
            course.get("reason", ""),
            course.get("sample", False),
            {name: value for name, value in course.items() if name not in own},
        )
        for course in row["courses"]
    )
    return CoursesFound(tuple(cards))


def _done(row: Mapping[str, Any]) -> Event:
    known = _known(Done, row)
    known["cited"] = tuple(known.get("cited", ()))
    known["fallback"] = Fallback(row["fallback"]["reason"]) if row.get("fallback") else None
    known["aigc"] = Aigc(**_known(Aigc, row["aigc"])) if row.get("aigc") else None
    return Done(**known)


_PARSERS: Mapping[str, Any] = {
    "turn": lambda row: TurnStarted(row["turn_id"], row["conversation_id"]),
    "sources": _sources,
    "courses": _courses,
    "text": lambda row: TextAdded(row["text"], row.get("ai", False)),
    "done": _done,
    "error": lambda row: Failed(row["title"], row["detail"], row["status"]),
}


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage found, with its text."""

    id: str
    course_id: str
    text: str


@dataclass(slots=True)
class Record:
    """What one case drew from a subject: a reply to each message, or passages in the order they were found."""

    case: str
    repetition: int = 0
    said: list[str] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    found: list[Passage] | None = None
    # The whole text of the passages cited, by id; where it could not be had, the quote stands in.
    passages: dict[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> str | None:
        """Why a message drew no reply that came to its end; None where all did."""
        return next((reply.failed for reply in self.replies if reply.failed), None)

    def text_behind(self, sources: Sequence[Source]) -> str:
        """What the sources say."""
        return "\n".join(f"{self.passages.get(source.passage_id, '')}\n{source.quote}" for source in sources)
