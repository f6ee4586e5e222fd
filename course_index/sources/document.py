"""What every reader returns: a Document of Blocks, in reading order."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from course_index.course import PracticeQuestion

BlockKind = Literal["heading", "paragraph", "list", "code", "table", "quote"]
PlaceKind = Literal["page", "slide", "time", "block"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block stands beyond its headings: on a page or slide (from 1), at seconds of a recording, in a block.

    `anchor` is a platform's block id; `url` opens the place, as far as the source says.
    """

    kind: PlaceKind
    first: float = 0
    last: float = 0
    anchor: str = ""
    url: str | None = None

    def up_to(self, other: "Place") -> "Place":
        """From here to the end of `other`, which comes behind it in the same file."""
        return replace(self, last=max(self.last, other.last)) if other.kind == self.kind else self

    def told(self, chinese: bool) -> str:
        """The place in a reader's words; empty for a block, which its headings name."""
        match self.kind:
            case "page" | "slide":
                numbers = f"{self.first:.0f}" if self.first == self.last else f"{self.first:.0f}–{self.last:.0f}"
                if chinese:
                    return f"第{numbers}{'页' if self.kind == 'page' else '张幻灯片'}"
                return f"{self.kind}{'s' * (self.first != self.last)} {numbers}"
            case "time":
                return f"{clock(self.first)}–{clock(self.last)}"
            case "block":
                return ""

    @property
    def machine(self) -> str:
        """The place in a machine's word: a number, whole seconds, an id."""
        return self.anchor or f"{int(self.first)}"


def clock(seconds: float) -> str:
    """Seconds as HH:MM:SS."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}"


@dataclass(frozen=True, slots=True)
class Block:
    """A structural unit of a lesson. `level` is 1 to 6 for headings, else 0."""

    kind: BlockKind
    text: str
    level: int = 0
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One lesson, read. The title is what the file calls itself, or None; `looks` are what somebody should look at.

    `url` opens the whole, for what has no place of its own in it.
    """

    title: str | None
    blocks: tuple[Block, ...]
    updated_at: date | None = None
    questions: tuple[PracticeQuestion, ...] = ()
    looks: tuple[str, ...] = field(default=())
    url: str | None = None


def placed(document: Document, place: Place) -> Document:
    """The document with every block at `place`."""
    return replace(document, blocks=tuple(replace(block, place=place) for block in document.blocks))


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the operator should know of one file or line; `skipped` when it did not get in."""

    where: str
    what: str
    skipped: bool = True
