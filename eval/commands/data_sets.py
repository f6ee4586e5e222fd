"""The suites `retrieval` and `recommend` over data sets that others made."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Table

from companion.settings import CompanionSettings
from course_index.parts import make_embedder
from course_index.terminal import progress_bars
from eval.advice import evaluate_advice
from eval.collections.choose import read_collection
from eval.commands.terminal import console
from eval.metrics import rounded
from eval.stages import STAGES, TOGETHER, IndexingReport, StageReport, evaluate, reading_together, served_by
from retrieval.parts import make_wording


def evaluate_collection(data: Path, limit: int | None, report: Path | None, ablate: bool) -> None:
    """The suite `retrieval` over a public data set, indexed as it is."""
    with progress_bars(console) as progress:
        collection = read_collection(data, limit)
        for note in collection.notes:
            console.print(f"{collection.name}: {note}", soft_wrap=True, highlight=False, markup=False)
        settings = CompanionSettings()
        embedder, served = make_embedder(settings, progress), served_by(settings)
        cross_encoder = reading_together(settings, progress) if ablate or served == TOGETHER else None
        asked = list(STAGES) if ablate else [served]
        wording = make_wording(settings)
        indexing, stages = evaluate(collection, embedder, asked, progress, wording, cross_encoder)
    figures = _of_stages(collection, embedder.fingerprint, indexing, stages, served)
    console.print(_stage_table(stages))
    if report:
        _keep(report, collection, stages, figures)
    sys.stdout.write(json.dumps(figures) + "\n")


def evaluate_advice_data(data: Path, limit: int | None, report: Path | None) -> None:
    """The suite `recommend` over tables that others made, against popularity and plain catalogue search."""
    told: list[dict[str, Any]] = []
    with progress_bars(console) as progress:
        embedder = make_embedder(CompanionSettings(), progress)
        for one in evaluate_advice(data, embedder, limit, progress):
            table = Table(title=f"{one.data}; {one.questions} questions; percent")
            for heading in ("way", *one.ways[0].figures):
                table.add_column(heading, justify="left" if heading == "way" else "right")
            for way in one.ways:
                table.add_row(way.way, *(f"{100 * value:.1f}" for value in way.figures.values()))
            console.print(table)
            told.append(
                {"data": one.data, "questions": one.questions, **{way.way: dict(way.figures) for way in one.ways}}
            )
    figures = {"suite": "recommend", "sets": told, **told[0]["ours"]} if told else {"suite": "recommend", "sets": []}
    if report:
        report.mkdir(parents=True, exist_ok=True)
        (report / "recommend.json").write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")
    sys.stdout.write(json.dumps(figures, ensure_ascii=False) + "\n")


def _of_stages(
    collection: Any, embedder: str, indexing: IndexingReport, stages: list[StageReport], served: str
) -> dict[str, Any]:
    """The figures of what serves, and under `stages` those of each stage."""
    rows = {stage.stage: {**rounded(stage.figures), **_speed(stage)} for stage in stages}
    return {
        "suite": "retrieval",
        "data": collection.name,
        "embedder": embedder,
        "passages": indexing.passages,
        "questions": len(collection.queries),
        "notes": list(collection.notes),
        "passages_per_second": round(indexing.passages_per_second, 1),
        **rows[served],
        **({"stages": rows} if len(rows) > 1 else {}),
    }


def _speed(stage: StageReport) -> dict[str, float]:
    return {"query_p50_ms": round(stage.query_p50_ms, 2), "query_p95_ms": round(stage.query_p95_ms, 2)}


_SHOWN = ("ndcg@10", "recall@1", "hit@3", "recall@5", "recall@20", "mrr@10")


def _stage_table(stages: list[StageReport]) -> Table:
    # Nine columns have to fit into eighty signs, or their figures are cut.
    title = "percent of questions, or of what they could find; milliseconds a question"
    table = Table(title=title, box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("stage", *_SHOWN, "p50", "p95"):
        table.add_column(heading, no_wrap=True, justify="left" if heading == "stage" else "right")
    for stage in stages:
        figures = (f"{100 * stage.figures[name]:.1f}" for name in _SHOWN)
        table.add_row(stage.stage, *figures, f"{stage.query_p50_ms:.1f}", f"{stage.query_p95_ms:.1f}")
    return table


def _keep(folder: Path, collection: Any, stages: list[StageReport], figures: dict[str, Any]) -> None:
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
    console.print(f"kept in {target}")
