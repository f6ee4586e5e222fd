"""Real conversations, written down: the scripts in conversations.jsonl, put to the companion turn by turn.

    python -m eval.transcripts FILE.md [--data DIR]

The companion is built from the environment, so COMPANION_LLM_BASE_URL decides whether a model takes part.
"""

import argparse
import asyncio
import json
import uuid
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from companion.build import build
from companion.events import CoursesFound, Done, Failed, SourcesFound, TextAdded
from companion.heard import Ask
from companion.settings import CompanionSettings
from companion.turn import Companion

SCRIPTS = Path(__file__).parent / "conversations.jsonl"


def main() -> None:
    """Hold every conversation and write them as one Markdown file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    parser.add_argument("--data", type=Path, default=Path(".data"))
    arguments = parser.parse_args()
    settings = CompanionSettings(data_dir=arguments.data)
    scripts = [json.loads(line) for line in SCRIPTS.read_text("utf-8").splitlines()]
    companion = build(settings)
    told = asyncio.run(_all(companion, scripts))
    companion.index.close()
    model = f"with the model `{settings.llm_model}`" if settings.llm_base_url else "without a model"
    said = "Written down by `python -m eval.transcripts`; what learners say is `eval/conversations.jsonl`."
    head = f"# Ten conversations, {model}\n\n{said}\n"
    arguments.target.write_text("\n".join([head, *told]), "utf-8")


async def _all(companion: Companion, scripts: list[dict[str, Any]]) -> list[str]:
    told = [
        await _conversation(companion, script) for script in track(scripts, "talking", console=Console(stderr=True))
    ]
    await companion.remembering.settle()
    return told


async def _conversation(companion: Companion, script: dict[str, Any]) -> str:
    id_ = str(uuid.uuid4())
    audience = None if script.get("audience") == "default" else script.get("audience")
    facts = ", ".join(
        f"{name} {script[name]}" for name in ("audience", "locale", "style", "course") if script.get(name)
    )
    lines = [f"## {script['title']}", "", f"*{facts}*", ""]
    for number, message in enumerate(script["turns"], 1):
        asked = Ask(
            message,
            conversation_id=id_,
            locale=script.get("locale"),
            audience=audience,
            style=script.get("style", "answer"),
            course_id=script.get("course"),
        )
        lines += [f"**{number}. {message}**", "", await _turn(companion, asked), ""]
    return "\n".join(lines)


async def _turn(companion: Companion, asked: Ask) -> str:
    text, cited, courses = "", "", ""
    async for event in companion.reply(asked):
        match event:
            case TextAdded():
                text += event.text
            case SourcesFound():
                sources = event.sources
            case CoursesFound():
                courses = "\n".join(f"- {card.title}: {card.reason}" for card in event.courses)
            case Failed():
                return f"{event.title}: {event.detail}"
            case Done():
                done = event
    if done.cited:
        cited = "; ".join(f"[{one.n}] {one.lesson_title} / {one.locator}" for one in sources if one.n in done.cited)
    label = f", labelled {done.aigc.notice}" if done.aigc else ""
    fallback = f", {done.fallback.reason}" if done.fallback else ""
    checked = f", {done.released} of {done.checked} sentences released" if done.checked else ""
    end = f"<sub>{done.mode}{fallback}{label}{checked}, {done.timing_ms['total'] / 1_000:.1f} s. {cited}</sub>"
    return "\n\n".join(part for part in (text.strip(), courses, end) if part)


if __name__ == "__main__":
    main()
