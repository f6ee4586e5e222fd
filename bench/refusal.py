"""Whether it is told that nothing here answers: a set of reading comprehension, part of whose paragraphs are left out.

    python -m bench.refusal SET.json OTHER.json [--articles 200] [--plot docs/refusal.png]

A fifth of the articles is left out as a whole, and of the others a quarter of the paragraphs; the rest is indexed, each
paragraph under a heading. Questions on what is there are to be answered; those on a paragraph or an article that is
missing, and those of the other set, are not. Printed are areas under the curve and both rates at the threshold that
ships, for nearness alone and with what was learned of answers (docs/decisions/0013-answerability.md).
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_index.build import build_index
from course_index.parts import make_embedder
from course_index.settings import IndexSettings
from course_index.store.generations import IndexHome
from eval.collections.choose import read_collection
from eval.collections.collection import Collection
from retrieval.confidence import ENOUGH, LOOKED_AT, Confidence, confidence
from retrieval.parts import make_wording
from retrieval.search import Search
from retrieval.settings import RetrievalSettings

_KINDS = ("passage missing", "article missing", "other subject")
_ARTICLES_OUT, _PARAGRAPHS_OUT = 0.2, 0.25
_ASKED_EACH, _ASKED_OF_OTHER = 2, 200
# From here nearness alone was taken for an answer.
_NEAR_ENOUGH = 0.6


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and what of its subject the library has: `there` or one of the kinds."""

    question: str
    kind: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    chance = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        asked = _library(read_collection(arguments.set), arguments.articles, Path(folder) / "courses", chance)
        questions = list(read_collection(arguments.other).queries.values())
        asked += [
            Asked(question, "other subject")
            for question in chance.sample(questions, min(_ASKED_OF_OTHER, len(questions)))
        ]
        sure = _ask(Path(folder), asked)
    nearness = [(one.kind, known.on_subject or 0.0) for one, known in zip(asked, sure, strict=True)]
    learned = [(one.kind, known.probability or 0.0) for one, known in zip(asked, sure, strict=True)]
    rows = {"near": _row(nearness, _NEAR_ENOUGH), "learned": _row(learned, ENOUGH)}
    for name, row in rows.items():
        print(f"{name:8}", ", ".join(f"{figure} {value:.3f}" for figure, value in row.items()))
    if arguments.plot:
        _plot({"by nearness alone": nearness, "with what was learned": learned}, arguments.plot, arguments.set.stem)
    print(json.dumps({"set": arguments.set.stem, "asked": len(asked), **rows}))


def _library(collection: Collection, articles: int, folder: Path, chance: random.Random) -> list[Asked]:
    """Write a course of one lesson for each article that is kept, and give the questions on all of them."""
    questions_on: dict[str, list[str]] = {}
    for id_, entries in collection.relevant.items():
        for entry in entries:
            questions_on.setdefault(entry, []).append(collection.queries[id_])
    by_article: dict[str, list[tuple[str, str]]] = {}
    for entry in collection.corpus:
        by_article.setdefault(entry.title or entry.id, []).append((entry.id, entry.text))
    folder.mkdir()
    asked: list[Asked] = []
    for number, title in enumerate(chance.sample(sorted(by_article), min(articles, len(by_article)))):
        paragraphs, gone = by_article[title], chance.random() < _ARTICLES_OUT
        kept = []
        for id_, text in paragraphs:
            out = gone or (len(paragraphs) > 1 and chance.random() < _PARAGRAPHS_OUT)
            if not out:
                kept.append(text)
            kind = "there" if not out else "article missing" if gone else "passage missing"
            on_it = questions_on.get(id_, [])
            asked += [Asked(question, kind) for question in chance.sample(on_it, min(_ASKED_EACH, len(on_it)))]
        if kept:
            sections = "\n\n".join(f"## {title} {n}\n\n{text}" for n, text in enumerate(kept, 1))
            (folder / f"{number}.md").write_text(f"# {title}\n\n{sections}\n", "utf-8")
    return asked


def _ask(folder: Path, asked: Sequence[Asked]) -> list[Confidence]:
    embedder = make_embedder(IndexSettings())
    home = IndexHome(folder / "index")
    build_index([folder / "courses"], home, embedder)
    search = Search(home.open_current(), embedder, wording=make_wording(RetrievalSettings()))
    sure = []
    for number, one in enumerate(asked):
        if number % 100 == 0:
            print(f"asked {number} of {len(asked)}", file=sys.stderr)
        query = search.query(one.question)
        hits = search.choice(query, 4)
        bearing = search.answerability(query, hits[:LOOKED_AT])
        sure.append(confidence(query, hits, 0.0, bearing))  # closeness is looked at without late interaction alone
    search.generation.close()
    return sure


def _row(scores: Sequence[tuple[str, float]], enough: float) -> dict[str, float]:
    there = _of("there", scores)
    row = {"false refusals": float((there < enough).mean())}
    for kind in _KINDS:
        missing = _of(kind, scores)
        if len(missing):
            row[f"{kind}, AUROC"] = _area(there, missing)
            row[f"{kind}, false answers"] = float((missing >= enough).mean())
    return row


def _of(kind: str, scores: Sequence[tuple[str, float]]) -> np.ndarray:
    return np.array([score for one, score in scores if one == kind])


def _area(right: np.ndarray, wrong: np.ndarray) -> float:
    """How often what is there scores higher than what is not."""
    above = (right[:, None] > wrong[None]).mean()
    return float(above + (right[:, None] == wrong[None]).mean() / 2)


def _plot(ways: dict[str, list[tuple[str, float]]], path: Path, name: str) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, (rates, reliability) = pyplot.subplots(1, 2, figsize=(10, 4.2))
    for (way, scores), style in zip(ways.items(), ("--", "-"), strict=True):
        there = _of("there", scores)
        steps = np.concatenate(([0], np.unique(np.round([score for _, score in scores], 3)), [1.001]))
        for kind, colour in zip(_KINDS, ("tab:red", "tab:orange", "tab:blue"), strict=True):
            missing = _of(kind, scores)
            if len(missing):
                refused = [100 * (there < step).mean() for step in steps]
                answered = [100 * (missing >= step).mean() for step in steps]
                rates.plot(refused, answered, style, color=colour, label=f"{kind}, {way}")
        edges = np.linspace(0, 1, 6)
        values, right = np.array([score for _, score in scores]), np.array([kind == "there" for kind, _ in scores])
        bins = [(values >= low) & (values < high) for low, high in zip(edges[:-1], edges[1:] + 1e-9, strict=True)]
        points = [(values[part].mean(), right[part].mean()) for part in bins if part.any()]
        reliability.plot(*zip(*points, strict=True), f"o{style}", color="black", label=way)
    rates.set(
        xlim=(0, 40), ylim=(0, 80), xlabel="false refusals, % of what is there", ylabel="false answers, %", title=name
    )
    rates.legend(fontsize=7)
    reliability.plot([0, 1], [0, 1], ":", color="grey")
    reliability.set(xlabel="probability given", ylabel="share that the library answers", title="Reliability")
    reliability.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
