"""Figures of rankings, from ir-measures."""

from collections.abc import Mapping

import ir_measures
from ir_measures import RR, R, Success, nDCG

# question -> entry -> score, best highest
Run = Mapping[str, Mapping[str, float]]
Relevant = Mapping[str, Mapping[str, int]]

_MEASURES = {
    "ndcg@10": nDCG @ 10,
    "recall@1": R @ 1,
    "recall@5": R @ 5,
    "recall@20": R @ 20,
    "mrr@10": RR @ 10,
    "hit@3": Success @ 3,
}


def ranking_figures(run: Run, relevant: Relevant) -> dict[str, float]:
    """Means over all questions of `relevant`, 0 to 1; a question that found nothing counts as 0.

    `hit@3` is the share of questions with a relevant entry among the first three.
    """
    found = {query: dict(run.get(query, {})) for query in relevant}
    sums = dict.fromkeys(_MEASURES, 0.0)
    names = {measure: name for name, measure in _MEASURES.items()}
    for figure in ir_measures.iter_calc(list(_MEASURES.values()), {q: dict(r) for q, r in relevant.items()}, found):
        sums[names[figure.measure]] += figure.value
    return {name: total / len(relevant) for name, total in sums.items()}


def rounded(figures: Mapping[str, float]) -> dict[str, float]:
    """Figures with four decimals."""
    return {name: round(value, 4) for name, value in figures.items()}
