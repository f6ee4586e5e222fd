"""Learners' stories over the sample catalogue: told to the tutor, held to what they should get, written down.

python -m eval.stories        # writes docs/stories.md
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from companion.build import assemble
from companion.events import TurnStarted, whole_answer
from companion.heard import Ask
from companion.settings import CompanionSettings
from companion.state.state import State, open_state
from companion.turn import Companion
from course_index.build import build_index
from course_index.embedders.embedder import Embedder
from course_index.parts import index_home, make_embedder
from course_index.settings import IN_A_FOLDER
from retrieval.live import LiveIndex
from retrieval.parts import make_wording
from retrieval.wording import Wording

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "course_index" / "samples"
STORIES = Path(__file__).with_name("stories.jsonl")
# The samples' sessions are in 2027: a story is told on a day before them.
TOLD_ON = date(2026, 11, 24)
_INITIATIVES = {
    "ideology": "思想",
    "academic": "学历",
    "skills": "技能",
    "culture": "文化艺术",
    "key_groups": "重点人群",
    "network": "村镇网络",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A turn of a story: what was said, what came back, and what of the expected is missing."""

    says: str
    answer: Mapping[str, Any]
    misses: tuple[str, ...]


def stories() -> list[dict[str, Any]]:
    """All of them."""
    return [json.loads(line) for line in STORIES.read_text("utf-8").splitlines() if line.strip()]


def storyteller(
    home: Path, embedder: Embedder | None = None, wording: Wording | None = None
) -> tuple[Companion, State]:
    """A tutor without a model over the sample catalogue, on the day of the stories."""
    settings = CompanionSettings(data_dir=home).model_copy(update=IN_A_FOLDER)
    chosen = embedder or make_embedder(settings)
    build_index([SAMPLES], index_home(settings), chosen)
    index = LiveIndex(index_home(settings), chosen, wording=wording or make_wording(settings))
    state = open_state(home / "state.db", 30)
    companion = assemble(
        settings, index, None, state.conversations, state.spending, book=state.book, today=lambda: TOLD_ON
    )
    return companion, state


async def tell(story: Mapping[str, Any], companion: Companion) -> list[Told]:
    """Go through a story turn by turn."""
    told, conversation = [], None
    for turn in story["turns"]:
        asked = Ask(turn["says"], conversation, audience=story.get("audience"), learner=f"story-{story['id']}")
        events = [event async for event in companion.reply(asked)]
        if isinstance(events[0], TurnStarted):
            conversation = events[0].conversation_id
        answer = whole_answer(events)
        told.append(Told(turn["says"], answer, tuple(_misses(turn, answer))))
    await companion.remembering.settle()
    return told


def _misses(turn: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    found = [course["course_id"] for course in answer["courses"]]
    said = answer["text"] + " ".join(course["reason"] for course in answer["courses"])
    misses = [f"course {id_}" for id_ in turn.get("courses", ()) if id_ not in found]
    if "first" in turn and found[:1] != [turn["first"]]:
        misses.append(f"{turn['first']} first")
    misses += [f"“{words}”" for words in turn.get("told", ()) if words not in said]
    if turn.get("courses") == [] and found:
        misses.append("no course at all")
    if "mode" in turn and answer.get("mode") != turn["mode"]:
        misses.append(f"mode {turn['mode']}")
    for fact, value in turn.get("only_meets", {}).items():
        unfit = [course["course_id"] for course in answer["courses"] if not _meets(course, fact, value)]
        misses += [f"{id_} meets {fact}" for id_ in unfit]
    return misses


def _meets(course: Mapping[str, Any], fact: str, value: Any) -> bool:
    if fact == "free":
        return bool(course["price"]) and course["price"]["amount"] == 0
    return any(offering[fact] == value for offering in course["offerings"])


def as_markdown(all_told: Sequence[tuple[Mapping[str, Any], Sequence[Told]]]) -> str:
    """The stories to be read."""
    lines = [
        "# Twelve learners",
        "",
        "Told to the tutor without a language model, over the sample catalogue (invented courses, marked so), on "
        f"{TOLD_ON.isoformat()}. `python -m eval.stories` writes this page; `tests/test_stories.py` holds each turn to "
        "what it should bring.",
    ]
    for story, told in all_told:
        lines += ["", f"## {story['title']}", "", f"{story['who']}（{_INITIATIVES[story['initiative']]}）"]
        for turn in told:
            lines += ["", f"**问：** {turn.says}", ""]
            lines += [f"> {line}".rstrip() for line in turn.answer["text"].strip().splitlines()]
            if turn.answer["courses"]:
                lines += ["", *(f"- **{course['title']}** {course['reason']}" for course in turn.answer["courses"])]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Tell all, and write them down."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        companion, state = storyteller(Path(folder))

        async def everything() -> list[tuple[Mapping[str, Any], Sequence[Told]]]:
            return [(story, await tell(story, companion)) for story in stories()]

        told = asyncio.run(everything())
        companion.index.close()
        state.close()
    (ROOT / "docs" / "stories.md").write_text(as_markdown(told), "utf-8")
    for story, turns in told:
        for turn in turns:
            if turn.misses:
                print(f"{story['id']}: {turn.says}: misses {', '.join(turn.misses)}")  # noqa: T201


if __name__ == "__main__":
    main()
