"""How honest a turn is: questions that the library answers and questions that it does not, put to the companion.

    python -m eval.honesty [--cases FILE] [--data DIR] [--report DIR]

The index in the data folder must hold the sample courses and what else the cases name. The companion is built from the
environment, so COMPANION_LLM_BASE_URL decides whether a model takes part. Runs can be broken off and taken up again.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from companion.build import build
from companion.events import Done, Source, SourcesFound, TextAdded
from companion.settings import CompanionSettings
from companion.turn import Ask, Companion

CASES = Path(__file__).parent / "cases" / "honesty.jsonl"
_ANSWERED = ("generated", "extracted")
_err = Console(stderr=True)


def main() -> None:
    """Ask, keep each turn as a line of JSON, and print one JSON object of figures last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path, default=CASES)
    parser.add_argument("--data", type=Path, default=Path(".data"))
    parser.add_argument("--report", type=Path, required=True, help="the file that the turns are kept in, JSON lines")
    arguments = parser.parse_args()
    cases = [json.loads(line) for line in arguments.cases.read_text("utf-8").splitlines()]
    done = {row["id"] for row in _read(arguments.report)}
    companion = build(CompanionSettings(data_dir=arguments.data))
    asyncio.run(_ask_all(companion, [case for case in cases if case["id"] not in done], arguments.report))
    companion.index.close()
    sys.stdout.write(json.dumps(figures(_read(arguments.report)), ensure_ascii=False) + "\n")


def figures(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The rates of false answers and false refusals, and how often the right passage is among those cited."""
    answerable = [row for row in rows if row["answerable"]]
    others = [row for row in rows if not row["answerable"]]
    kinds = sorted({row["kind"] for row in others})
    answered = [row for row in answerable if row["mode"] in _ANSWERED]
    return {
        "questions": len(rows),
        "false_refusal": _share(row["mode"] not in _ANSWERED for row in answerable),
        "false_answer": _share(row["mode"] in _ANSWERED for row in others),
        **{
            f"false_answer_{kind}": _share(row["mode"] in _ANSWERED for row in others if row["kind"] == kind)
            for kind in kinds
        },
        "right_passage_cited": _share(row["right_cited"] for row in answered),
        "right_passage_shown": _share(row["right_shown"] for row in answerable),
        "modes": {mode: sum(row["mode"] == mode for row in rows) for mode in sorted({row["mode"] for row in rows})},
        "sentences_checked": sum(row["checked"] for row in rows),
        "sentences_released": sum(row["released"] for row in rows),
    }


async def _ask_all(companion: Companion, cases: Sequence[dict[str, Any]], report: Path) -> None:
    report.parent.mkdir(parents=True, exist_ok=True)
    with report.open("a", encoding="utf-8") as file:
        for case in track(cases, "asking", console=_err):
            file.write(json.dumps(await _turn(companion, case), ensure_ascii=False) + "\n")
            file.flush()
    await companion.remembering.settle()


async def _turn(companion: Companion, case: dict[str, Any]) -> dict[str, Any]:
    text, done = "", None
    sources: tuple[Source, ...] = ()
    async for event in companion.reply(Ask(case["message"])):
        match event:
            case TextAdded():
                text += event.text
            case SourcesFound():
                sources = event.sources
            case Done():
                done = event
    assert done
    cited = [source for source in sources if source.n in done.cited]
    return {
        **case,
        "mode": done.mode,
        "fallback": done.fallback.reason if done.fallback else None,
        "checked": done.checked,
        "released": done.released,
        "right_cited": any(_is_right(case, source) for source in cited),
        "right_shown": any(_is_right(case, source) for source in sources),
        "text": text,
        "sources": [f"[{source.n}] {source.lesson_title} / {source.locator}" for source in cited],
        "timing_ms": done.timing_ms,
    }


def _is_right(case: dict[str, Any], source: Source) -> bool:
    """Whether a source is the passage that the case names, by its article or by its course and heading."""
    if not case["answerable"] or source.course_id != case.get("course_id", source.course_id):
        return False
    place = case.get("article") or case.get("heading") or case["place"]
    return place.lower() in f"{source.locator} {source.lesson_title}".lower()


def _read(report: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in report.read_text("utf-8").splitlines()] if report.exists() else []


def _share(holds: Any) -> float | None:
    values = list(holds)
    return round(sum(values) / len(values), 3) if values else None


if __name__ == "__main__":
    main()
