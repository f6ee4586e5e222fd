"""Second turns over the sample courses: does a question keep its own subject, and a follow-up the one before?

python -m eval.second_turns   # a table: the right passage among the first three, by what the question is

Short questions of our own are put behind conversations on something else; the follow-ups are those of follow-ups.jsonl
that lean on what was said. Beside each: always carrying the turns before along, and never.
"""

import asyncio
import json
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from companion.conversation import brought_along
from companion.finding.find import Scope, find
from companion.turn import Companion
from companion.understanding.follow_up import carried, depends, leans
from eval.stories import storyteller

CASES = Path(__file__).with_name("cases")
_BEHIND = 2  # conversations that each short question is put behind
_LOOKED_AT = 3
_QUOTED = 25  # so many characters of a quote tell its passage


@dataclass(frozen=True, slots=True)
class SecondTurn:
    """A message behind others, and a stretch of the passage that answers it."""

    kind: str
    before: tuple[str, ...]
    message: str
    quote: str


def second_turns() -> list[SecondTurn]:
    """All of them; the same each time."""
    led = [row for row in _rows("follow-ups") if row["library"] == "samples" and row["turns"]]
    found = [
        SecondTurn("follow-up", tuple(row["turns"]), row["message"], row["quote"]) for row in led if row["depends"]
    ]
    for file in sorted(CASES.glob("retrieval-*.jsonl")):
        for row in _rows(file.stem):
            message = row["question"]
            if row.get("library", "samples") == "samples" and depends(message) and not leans(message):
                others = random.Random(message).sample(led, _BEHIND)
                found += [SecondTurn("own", tuple(one["turns"]), message, row["gold"][0]["quote"]) for one in others]
    return found


async def figures(companion: Companion) -> dict[str, dict[str, float]]:
    """By kind, the share whose passage is among the first three: as the tutor takes them, carried along, and alone."""
    first = cache(partial(_first, companion))  # many readings are the same
    told: dict[str, dict[str, list[bool]]] = {}
    for turn in second_turns():
        taken = await companion.hearing.stands_alone(
            turn.message, brought_along("second", [(one, "") for one in turn.before])
        )
        plain = carried(turn.message, turn.before)
        for reading, question in (("ours", taken), ("always carried", plain), ("never", turn.message)):
            told.setdefault(turn.kind, {}).setdefault(reading, []).append(
                any(_bare(turn.quote)[:_QUOTED] in passage for passage in first(question))
            )
    return {kind: {name: sum(hits) / len(hits) for name, hits in by.items()} for kind, by in told.items()}


def _first(companion: Companion, question: str) -> list[str]:
    hits = find(companion.index.search, question, 4, Scope()).hits[:_LOOKED_AT]
    return [_bare(hit.passage.text) for hit in hits]


def _bare(text: str) -> str:
    return "".join(text.split())


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CASES / f"{name}.jsonl").read_text("utf-8").splitlines()]


def main() -> None:
    """Measure, and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        companion, state = storyteller(Path(folder))
        found = asyncio.run(figures(companion))
        companion.index.close()
        state.close()
    table = Table("second turns", *next(iter(found.values())))
    form: Callable[[float], str] = "{:.3f}".format
    for kind, shares in found.items():
        table.add_row(kind, *map(form, shares.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
