"""`companion-eval`: how good the tutor is, in figures."""

import json
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from course_index.errors import IndexProblem
from course_index.parts import make_embedder
from course_index.settings import IndexSettings
from course_index.terminal import explained, progress_bars
from eval.beir import Collection, read_beir
from eval.errors import DataProblem
from eval.retrieval import SERVED, STAGES, IndexingReport, StageReport, evaluate

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_err = Console(stderr=True)
_SHOWN = ("ndcg@10", "recall@1", "hit@3", "recall@5", "recall@20", "mrr@10")


class Suite(StrEnum):
    """What can be measured."""

    RETRIEVAL = "retrieval"


@app.command()
def run(
    suite: Annotated[Suite, typer.Argument(help="retrieval: does a search find the passages that answer?")],
    data: Annotated[
        Path,
        typer.Option(help="A BEIR-style folder: corpus.jsonl, queries.jsonl and qrels/test.tsv.", metavar="FOLDER"),
    ],
    limit: Annotated[int | None, typer.Option(min=1, help="Ask only the first so many questions.")] = None,
    ablate: Annotated[bool, typer.Option(help=f"Run the stages one by one: {', '.join(STAGES)}.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Where to keep the figures and what each question found.", metavar="DIR")
    ] = None,
) -> None:
    """Measure, show a table, and print one JSON object of figures as the last line of standard output."""
    assert suite is Suite.RETRIEVAL
    with explained("companion-eval", _err, DataProblem, IndexProblem, exit_code=1), progress_bars(_err) as progress:
        collection = read_beir(data, limit)
        embedder = make_embedder(IndexSettings(), progress)
        indexing, stages = evaluate(collection, embedder, list(STAGES) if ablate else [SERVED], progress)
    figures = _figures(collection, embedder.fingerprint, indexing, stages)
    _err.print(_table(stages))
    if report:
        _keep(report, collection, stages, figures)
    sys.stdout.write(json.dumps(figures) + "\n")


def _figures(
    collection: Collection, embedder: str, indexing: IndexingReport, stages: list[StageReport]
) -> dict[str, Any]:
    """The figures of what serves, and under `stages` those of each stage."""
    rows = {stage.stage: {**_rounded(stage.figures), **_speed(stage)} for stage in stages}
    return {
        "suite": "retrieval",
        "data": collection.name,
        "embedder": embedder,
        "passages": indexing.passages,
        "questions": len(collection.queries),
        "passages_per_second": round(indexing.passages_per_second, 1),
        **rows[SERVED],
        **({"stages": rows} if len(rows) > 1 else {}),
    }


def _speed(stage: StageReport) -> dict[str, float]:
    return {"query_p50_ms": round(stage.query_p50_ms, 2), "query_p95_ms": round(stage.query_p95_ms, 2)}


def _rounded(figures: Any) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures.items()}


def _table(stages: list[StageReport]) -> Table:
    table = Table(title="percent of questions, or of what they could find; milliseconds a question")
    for heading in ("stage", *_SHOWN, "p50", "p95"):
        table.add_column(heading, no_wrap=True, justify="left" if heading == "stage" else "right")
    for stage in stages:
        figures = (f"{100 * stage.figures[name]:.1f}" for name in _SHOWN)
        table.add_row(stage.stage, *figures, f"{stage.query_p50_ms:.1f}", f"{stage.query_p95_ms:.1f}")
    return table


def _keep(folder: Path, collection: Collection, stages: list[StageReport], figures: dict[str, Any]) -> None:
    """figures.json, and one line a question of what it found and should have found."""
    target = folder / f"retrieval-{collection.name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    target.mkdir(parents=True)
    (target / "figures.json").write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")
    for stage in stages:
        with (target / f"{stage.stage}.jsonl").open("w", encoding="utf-8") as file:
            for id_, found in stage.run.items():
                wanted = collection.relevant[id_]
                ranks = [rank for rank, entry in enumerate(found, 1) if entry in wanted]
                row = {
                    "_id": id_,
                    "text": collection.queries[id_],
                    "first_relevant_rank": min(ranks, default=None),
                    "wanted": list(wanted),
                    "found": found[:10],
                }
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    _err.print(f"kept in {target}")


def main() -> None:
    """The console script."""
    app()
