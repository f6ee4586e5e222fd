"""How often a question is answered that the library does not answer, and one refused that it does, by the threshold.

    python -m bench.honesty [--plot docs/honesty.png]

Asks the questions of eval/cases/answers-*.jsonl of the sample courses, those alone that stand by themselves and that no
office has to answer. The probability is that of retrieval/confidence.py; the line is the threshold that ships.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np

from course_index.build import build_index
from course_index.parts import make_embedder
from course_index.settings import IndexSettings
from course_index.store.generations import IndexHome
from eval.case import ANSWERABLE, AnswerCase
from eval.library import CASES, SAMPLES
from retrieval.confidence import ENOUGH, LOOKED_AT, confidence
from retrieval.parts import make_wording
from retrieval.search import Search
from retrieval.settings import RetrievalSettings

_SETS = ("a", "b", "c", "f", "h")
_MISSING = {"missing_detail": "right chapter answered", "missing_topic": "missing topic answered"}
_MISSING |= {"other_subject": "other subject answered"}
_STEPS = np.linspace(0, 1, 101)


def main() -> None:
    """Ask, print both rates at the threshold that ships, and draw them over all others."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        embedder = make_embedder(IndexSettings())
        home = IndexHome(Path(folder))
        build_index([SAMPLES], home, embedder)
        search = Search(home.open_current(), embedder, wording=make_wording(RetrievalSettings()))
        scored = {name: [(case.kind, _probability(search, case)) for case in _cases(name)] for name in _SETS}
        search.generation.close()
    rows = {name: _rates(scores) for name, scores in scored.items()}
    if arguments.plot:
        _plot(scored, arguments.plot)
    print(json.dumps(rows))


def _cases(name: str) -> list[AnswerCase]:
    lines = (CASES / f"answers-{name}.jsonl").read_text("utf-8").splitlines()
    cases = [AnswerCase.model_validate_json(line) for line in lines]
    return [case for case in cases if not case.before and case.kind in (*ANSWERABLE, *_MISSING)]


def _probability(search: Search, case: AnswerCase) -> float:
    query = search.query(case.question)
    hits = search.choice(query, LOOKED_AT)
    return confidence(query, hits, 0.0, search.answerability(query, hits)).probability or 0.0


def _rates(scores: list[tuple[str, float]]) -> dict[str, float]:
    there, missing = _parted(scores)
    return {
        "asked": len(scores),
        "false answers": round(float((missing >= ENOUGH).mean()), 3),
        "false refusals": round(float((there < ENOUGH).mean()), 3),
    }


def _parted(scores: list[tuple[str, float]]) -> tuple[np.ndarray, np.ndarray]:
    there = np.array([score for kind, score in scores if kind in ANSWERABLE])
    return there, np.array([score for kind, score in scores if kind not in ANSWERABLE])


def _plot(scored: dict[str, list[tuple[str, float]]], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(scored), figsize=(3 * len(scored), 4), sharey=True)
    for (name, scores), panel in zip(scored.items(), panels, strict=True):
        there, missing = _parted(scores)
        panel.plot(_STEPS, _percent_from(missing), color="tab:red", linewidth=2, label="false answers")
        panel.plot(_STEPS, 100 - _percent_from(there), color="tab:blue", linewidth=2, label="false refusals")
        for (kind, label), style in zip(_MISSING.items(), (":", "--", "-."), strict=True):
            of_kind = np.array([score for one, score in scores if one == kind])
            if len(of_kind):
                panel.plot(_STEPS, _percent_from(of_kind), style, color="tab:red", linewidth=1, label=label)
        panel.axvline(ENOUGH, color="grey", linewidth=1)
        panel.set(xlim=(0, 1), ylim=(0, 100), xlabel="least probability to answer")
        panel.set_title(f"answers-{name}, {len(scores)} questions", fontsize="medium")
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("% of its questions")
    lines, labels = panels[-1].get_legend_handles_labels()
    # Below the panels, where it covers no line.
    figure.legend(lines, labels, loc="lower center", ncols=len(labels), frameon=False)
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    figure.savefig(path, dpi=110)


def _percent_from(scores: np.ndarray) -> np.ndarray:
    return np.array([100 * (scores >= step).mean() for step in _STEPS])


if __name__ == "__main__":
    main()
