"""What each stage of retrieval adds, over the cases of the suite."""

import time
from collections.abc import Sequence
from statistics import fmean

import numpy as np

from companion.settings import CompanionSettings
from course_index.parts import make_embedder
from course_index.store.generations import IndexHome
from course_index.terminal import OnProgress
from eval.case import Case, RetrievalCase
from eval.metrics import rounded
from eval.reply import Passage, Record
from eval.score import by_figure
from eval.stages import STAGES, reading_together
from eval.suites.retrieval import score
from retrieval.parts import make_wording
from retrieval.search import Search


def ablated(settings: CompanionSettings, cases: Sequence[Case], progress: OnProgress) -> dict[str, dict[str, float]]:
    """The suite's figures by stage, over the index of the last evaluation; the last but one is what serves by default.

    `e5` stands on vectors that are not centred, which this index does not hold: it is left out.
    """
    embedder = make_embedder(settings, progress)
    generation = IndexHome(settings.data_dir / "evaluation").open_current()
    rows = {}
    try:
        reading = reading_together(settings, progress)
        search = Search(generation, embedder, wording=make_wording(settings), cross_encoder=reading)
        for name in STAGES:
            if name != "e5":
                rows[name] = _row(name, search, [case for case in cases if isinstance(case, RetrievalCase)], progress)
    finally:
        generation.close()
    return rows


def _row(name: str, search: Search, cases: Sequence[RetrievalCase], progress: OnProgress) -> dict[str, float]:
    scores, times = [], []
    for number, case in enumerate(cases, 1):
        started = time.perf_counter()
        found = [one.id for one in STAGES[name](search.query(case.question), search)]
        times.append((time.perf_counter() - started) * 1_000)
        texts = search.records.passages(found)
        passages = [Passage(id_, texts[id_].course_id, texts[id_].text) for id_ in found if id_ in texts]
        scores.append(score(case, Record(case.id, found=passages), {}))
        progress(f"stage {name}", number, len(cases))
    figures = {figure: fmean(values) for figure, values in by_figure(scores).items()}
    return rounded({**figures, "query_p50_ms": float(np.percentile(times, 50))})
