"""What a turn counts as it goes; its `done` event and what is remembered of it are made of this."""

import time
from dataclasses import dataclass, field, replace
from typing import Any

from companion.checking.check import Sentence
from companion.conversation import Pending
from companion.events import CourseCard, CoursesFound, Done, Event, SourcesFound, TextAdded
from companion.guidance.book import UnmetReason
from companion.guidance.progress import Practised
from companion.sentences import cited_in
from companion.writing.usage import Usage


@dataclass(slots=True)
class Ledger:
    """The account of one turn. Times are in milliseconds since it began."""

    turn_id: str
    started: float = field(default_factory=time.perf_counter)
    timing_ms: dict[str, float] = field(default_factory=dict)
    checked: int = 0
    released: int = 0
    rejected: list[Sentence] = field(default_factory=list)
    cited: set[int] = field(default_factory=set)
    usage: Usage = field(default_factory=Usage)
    text: str = ""
    ai: bool = False
    confidence: float | None = None
    passages: tuple[str, ...] = ()
    pending: Pending | None = None
    unmet: UnmetReason | None = None
    # What of the question was not met, where that is not the whole of it.
    unmet_words: str | None = None
    practised: list[Practised] = field(default_factory=list)
    shown: tuple[CourseCard, ...] = ()
    to_pick: tuple[str, ...] = ()  # the ids of the courses of which the next message may pick one
    call: tuple[str, ...] = ()  # telephone numbers, in an emergency
    # What is known of the learner has shaped the answer: it is nobody else's.
    personal: bool = False

    def note(self, sentence: Sentence) -> None:
        """A sentence was judged."""
        self.checked += 1
        if not sentence.supported:
            self.rejected.append(sentence)
            return
        if not self.released:
            self.mark("first_text")
        self.released += 1

    def replaced(self, sentence: Sentence) -> None:
        """A rewritten sentence stands in the place of one that failed."""
        if self.rejected:
            self.rejected.pop()
            self.checked -= 1
        self.note(sentence)

    def see(self, event: Event) -> None:
        """An event goes out to the learner."""
        if isinstance(event, TextAdded):
            self.text += event.text
            self.ai = self.ai or event.ai
            if event.ai:
                self.cited.update(cited_in(event.text))
        if isinstance(event, CoursesFound):
            self.shown = event.courses
            self.to_pick = tuple(card.course_id for card in event.courses)
        if isinstance(event, SourcesFound):
            self.passages = tuple(source.passage_id for source in event.sources)

    def count(self, used: Usage) -> None:
        """The model was called."""
        self.usage = self.usage + used

    def seconds(self) -> float:
        """How long the turn has taken so far."""
        return time.perf_counter() - self.started

    def mark(self, name: str) -> None:
        """Something happened now."""
        self.timing_ms[name] = round((time.perf_counter() - self.started) * 1_000, 1)

    def finished(self, done: Done) -> Done:
        """The `done` event with the account of the turn."""
        self.mark("total")
        return replace(
            done,
            cited=tuple(sorted(self.cited)),
            checked=self.checked,
            released=self.released,
            support=round(self.released / self.checked, 3) if self.checked else None,
            confidence=None if self.confidence is None else round(self.confidence, 3),
            call=self.call,
            more=bool(self.pending and self.pending.kind == "rest"),
            usage=self.used(),
            timing_ms=self.timing_ms,
        )

    def used(self) -> dict[str, Any]:
        """The tokens, and their cost where prices are set; nothing for a turn without the model."""
        if self.usage == Usage():
            return {}
        tokens = {"prompt_tokens": self.usage.prompt_tokens, "completion_tokens": self.usage.completion_tokens}
        return tokens | ({"cost": round(self.usage.cost, 6)} if self.usage.cost else {})
