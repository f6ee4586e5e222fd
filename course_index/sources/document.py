"""What every reader returns: a Document of Blocks, in reading order."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

BlockKind = Literal["heading", "paragraph", "list", "code", "table", "quote"]


@dataclass(frozen=True, slots=True)
class Block:
    """A structural unit of a lesson. `level` is 1 to 6 for headings, else 0."""

    kind: BlockKind
    text: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """One course file, read. The title is what the file calls itself, or None."""

    title: str | None
    blocks: tuple[Block, ...]
    updated_at: date | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the operator should know of one file or line; `skipped` when it did not get in."""

    where: str
    what: str
    skipped: bool = True
