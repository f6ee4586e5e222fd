"""Turns that learners did not like, as drafts of cases: a teacher completes them, nobody's words go in unread."""

import json
from pathlib import Path
from typing import Any

import httpx2

from course_index.analyze import simplified
from course_index.language import EN, language_of
from eval.address import without_login
from eval.errors import EvaluationProblem

_SECONDS = 30.0


def disliked(base_url: str, token: str | None, days: int) -> list[dict[str, Any]]:
    """The turns with a thumb down of a deployment. Raises EvaluationProblem."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"{base_url.rstrip('/')}/v1/operators/disliked"
    try:
        response = httpx2.get(url, params={"days": days}, headers=headers, timeout=_SECONDS).raise_for_status()
        return list(response.json()["turns"])
    except (httpx2.HTTPError, ValueError, KeyError) as error:
        told = without_login(f"{url} gave no disliked turns ({error}); an operator's token is needed")
        raise EvaluationProblem(told) from error


def draft(turn: dict[str, Any], number: int) -> dict[str, Any]:
    """A case of the suite `answers` as far as the turn tells it; what is to be filled in is empty, and lint says so."""
    reasons = ", ".join(turn["reasons"]) or "no reason given"
    return {
        "id": f"disliked-{number:03d}",
        "kind": "fact" if turn["mode"] in ("generated", "extracted") else "missing_topic",
        "question": turn["question"],
        "language": _language(turn["question"]),
        "gold": [],
        "facts": [],
        "note": f"{reasons}; {turn['comment']} | {turn['mode']}: {turn['reply'][:200]}",
    }


def _language(text: str) -> str:
    if language_of(text) == EN:
        return "en"
    return "zh-Hans" if simplified(text) == text else "zh-Hant"


def write_drafts(turns: list[dict[str, Any]], to: Path) -> None:
    """JSON lines, one a turn."""
    lines = (json.dumps(draft(turn, number), ensure_ascii=False) for number, turn in enumerate(turns, 1))
    to.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
