"""How far a judge can be trusted: its grades beside those of people, on dialogues with human labels.

    python -m eval.agreement --data FILE --judge-url URL [--judge-model NAME] [--report FILE] [--limit N]

FILE is in the form of MRBench (BEA 2025): dialogues, each with replies of several tutors, each labelled Yes, To some
extent or No in four dimensions. A run that was broken off goes on where it was.
"""

import argparse
import asyncio
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from course_index.terminal import OnProgress, explained, progress_bars
from eval.errors import DataProblem, EvaluationProblem
from eval.judge import Judge
from eval.metrics import rounded

DIMENSIONS = ("Mistake_Identification", "Mistake_Location", "Providing_Guidance", "Actionability")
_LABELS = {"No": 0, "To some extent": 1, "Yes": 2}
_err = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A tutor's reply with what people said of it in one dimension."""

    id: str
    dimension: str
    conversation: str
    reply: str
    human: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement in one dimension. `strict` keeps three grades; `lenient` counts to some extent as yes.

    Kappas are Cohen's, `weighted` with linear weights. `majority` is the accuracy of always giving the commonest grade.
    `unparsed` replies of the judge had no grade, and count in none of the figures.
    """

    judged: int
    unparsed: int
    accuracy: float
    macro_f1: float
    kappa: float
    weighted: float
    lenient_accuracy: float
    lenient_f1: float
    majority: float


def read_labelled(path: Path) -> list[Labelled]:
    """Every reply of a file in every dimension. Raises DataProblem."""
    try:
        return list(_labelled(json.loads(path.read_text("utf-8"))))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataProblem(f"{path} is not in the form of MRBench ({type(error).__name__}: {error})") from error


def _labelled(dialogues: list[dict[str, Any]]) -> Iterator[Labelled]:
    for dialogue in dialogues:
        for tutor, said in dialogue["tutor_responses"].items():
            for dimension in DIMENSIONS:
                id_ = f"{dialogue['conversation_id']}/{tutor}/{dimension}"
                human = _LABELS[said["annotation"][dimension]]
                yield Labelled(id_, dimension, dialogue["conversation_history"], said["response"], human)


def agreement(pairs: Sequence[tuple[int, int | None]]) -> Agreement:
    """Of (human, judge) grades; a judge's None was not understood. Raises ValueError without a judged pair."""
    human = np.array([one for one, other in pairs if other is not None])
    judge = np.array([other for _, other in pairs if other is not None])
    if not len(human):
        raise ValueError("the judge was never understood")
    likes, judged_likes = human > 0, judge > 0
    return Agreement(
        judged=len(human),
        unparsed=len(pairs) - len(human),
        accuracy=float((human == judge).mean()),
        macro_f1=macro_f1(human, judge),
        kappa=kappa(human, judge, weighted=False),
        weighted=kappa(human, judge, weighted=True),
        lenient_accuracy=float((likes == judged_likes).mean()),
        lenient_f1=macro_f1(likes, judged_likes),
        majority=max(Counter(human.tolist()).values()) / len(human),
    )


def kappa(one: Any, other: Any, *, weighted: bool, grades: int = 3) -> float:
    """Cohen's kappa of two rows of grades, with linear weights or none; 1 is perfect, 0 is chance."""
    table = np.zeros((grades, grades))
    np.add.at(table, (one, other), 1)
    apart = np.abs(np.subtract.outer(np.arange(grades), np.arange(grades)))
    cost = apart if weighted else np.minimum(apart, 1)
    chance = np.outer(table.sum(1), table.sum(0)) / table.sum()
    expected = float((cost * chance).sum())
    return 1.0 - float((cost * table).sum()) / expected if expected else 1.0


def macro_f1(human: Any, judge: Any) -> float:
    """The mean F1 over the grades that either gave."""
    scores = []
    for grade in np.union1d(human, judge):
        both = float(((human == grade) & (judge == grade)).sum())
        scores.append(2 * both / float((human == grade).sum() + (judge == grade).sum()))
    return float(np.mean(scores))


async def judged(due: Sequence[Labelled], judge: Judge, report: Path, progress: OnProgress) -> dict[str, int | None]:
    """The judge's grades by id, those of an earlier run among them; each is kept at once. Raises SubjectUnreachable."""
    kept = [json.loads(line) for line in report.read_text("utf-8").split("\n") if line] if report.exists() else []
    grades: dict[str, int | None] = {row["id"]: row["grade"] for row in kept}
    report.parent.mkdir(parents=True, exist_ok=True)
    with report.open("a", encoding="utf-8") as file:
        for number, one in enumerate(due, 1):
            if one.id not in grades:
                verdict = await judge.tutor(one.dimension.lower(), one.conversation, one.reply)
                grades[one.id] = verdict.grade
                row = {"id": one.id, "human": one.human, "grade": verdict.grade, "text": verdict.text}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                file.flush()
            progress("judging", number, len(due))
    return grades


def main() -> None:
    """Judge, show a table, print one JSON object of figures last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--judge-url", required=True)
    parser.add_argument("--judge-model", default="local")
    parser.add_argument("--report", type=Path, default=Path(".data/evaluation/agreement.jsonl"))
    parser.add_argument("--limit", type=int, help="so many replies, spread over the file")
    arguments = parser.parse_args()
    with explained("eval.agreement", _err, EvaluationProblem, exit_code=1), progress_bars(_err) as progress:
        labelled = read_labelled(arguments.data)
        due = spread(labelled, arguments.limit)
        judge = Judge(arguments.judge_url, arguments.judge_model, os.environ.get("OPENAI_API_KEY", "none"))
        grades = asyncio.run(judged(due, judge, arguments.report, progress))
    by_dimension = {
        dimension: agreement([(one.human, grades[one.id]) for one in due if one.dimension == dimension])
        for dimension in DIMENSIONS
    }
    names = tuple(Agreement.__dataclass_fields__)
    table = Table(title=f"{arguments.judge_model} beside people")
    for heading in ("", *by_dimension):
        table.add_column(heading.replace("_", " "), justify="right" if heading else "left")
    for name in names:
        cells = (getattr(found, name) for found in by_dimension.values())
        table.add_row(name, *(f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in cells))
    _err.print(table)
    figures = {
        dimension: rounded({name: getattr(found, name) for name in names}) for dimension, found in by_dimension.items()
    }
    told = json.dumps({"judge": arguments.judge_model, "agreement": figures})
    agreement_file(arguments.report.parent, arguments.judge_model).write_text(told + "\n", "utf-8")
    sys.stdout.write(told + "\n")


def agreement_file(folder: Path, judge: str) -> Path:
    """Where a judge's agreement with people is kept, so that it can stand beside the judge's grades."""
    return folder / f"agreement-{re.sub(r'[^A-Za-z0-9.-]+', '-', judge)}.json"


def spread(labelled: Sequence[Labelled], limit: int | None) -> list[Labelled]:
    """Every n-th reply in all its dimensions, so that `limit` replies cover the file."""
    replies = len(labelled) // len(DIMENSIONS)
    step = max(1, replies // limit) if limit else 1
    size = len(DIMENSIONS)
    return [labelled[reply * size + at] for reply in range(0, replies, step)[:limit] for at in range(size)]


if __name__ == "__main__":
    main()
