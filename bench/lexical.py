"""The lexical leg in PostgreSQL beside tantivy: nDCG@10 and the time of a search over the same passages.

    python -m bench.lexical QUESTIONS.json FOLDER [PASSAGES]

QUESTIONS.json is in SQuAD's format (each paragraph is a passage, and answers its questions); text files of FOLDER are
cut into passages beside them until there are PASSAGES (10,000) of them.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import ir_measures
import numpy as np
from ir_measures import nDCG

from course_index.store.legs import LexicalLeg
from course_index.store.lexical import LexicalIndex
from course_index.store.postgresql import PostgresTerms
from retrieval.query import query_terms
from tests.servers import Postgres

_CHARACTERS = 400
_BATCH = 500
_ASKED = 1_000


def main() -> None:
    """Print one line a leg."""
    passages, questions = _read(Path(sys.argv[1]))
    most = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000
    for number, text in enumerate(_padding(Path(sys.argv[2]))):
        if len(passages) >= most:
            break
        passages[f"other-{number}"] = text
    print(f"{len(passages)} passages, {len(questions)} questions")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        _measure("tantivy", LexicalIndex(folder / "terms"), passages, questions)
        server = Postgres(folder / "postgres")
        terms = PostgresTerms(server.url.replace("postgresql://", "postgresql+psycopg://"))
        terms.make("bench_1")
        _measure("postgresql", terms.leg("bench_1", "passages"), passages, questions)
        terms.close()
        server.end()


def _measure(name: str, leg: LexicalLeg, passages: dict[str, str], questions: list[tuple[str, str]]) -> None:
    began = time.perf_counter()
    rows = list(passages.items())
    for start in range(0, len(rows), _BATCH):
        leg.change(rows[start : start + _BATCH], [])
    built = time.perf_counter() - began
    qrels, run, seconds = [], [], []
    for number, (question, passage) in enumerate(questions[:: max(1, len(questions) // _ASKED)]):
        asked = query_terms(question)
        began = time.perf_counter()
        found = leg.search(asked, 30)
        seconds.append(time.perf_counter() - began)
        qrels.append(ir_measures.Qrel(str(number), passage, 1))
        run += [ir_measures.ScoredDoc(str(number), id_, score) for id_, score in found]
    measured = ir_measures.calc_aggregate([nDCG @ 10], qrels, run)[nDCG @ 10]
    p50, p95, p99 = (1_000 * np.percentile(seconds, share) for share in (50, 95, 99))
    print(
        f"{name}: nDCG@10 {measured:.4f}, p50 {p50:.2f} ms, p95 {p95:.2f} ms, p99 {p99:.2f} ms, built in {built:.1f} s"
    )


def _read(file: Path) -> tuple[dict[str, str], list[tuple[str, str]]]:
    passages: dict[str, str] = {}
    questions = []
    for article in json.loads(file.read_text("utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            id_ = f"p{len(passages)}"
            passages[id_] = paragraph["context"]
            questions += [(asked["question"], id_) for asked in paragraph["qas"]]
    return passages, questions


def _padding(folder: Path) -> Iterator[str]:
    for file in sorted(folder.rglob("*")):
        if file.suffix in (".md", ".txt", ".html", ".json", ".jsonl"):
            text = file.read_text("utf-8", "replace")
            yield from (text[start : start + _CHARACTERS] for start in range(0, len(text), _CHARACTERS))


if __name__ == "__main__":
    main()
