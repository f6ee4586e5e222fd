"""How fast indexing and retrieval are, as ratios to the embedder alone in the same run.

    python -m bench.speed [--passages 10000] [--texts 600]

Indexing is measured over generated lessons against `embed` alone on the very same texts, alternately. Retrieval is
measured over stored vectors (real ones of the lessons, then random unit vectors up to the number asked for; the terms
are real for all) against embedding the query alone.
"""

import argparse
import json
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from course_index.build import build_index
from course_index.embedders.embedder import Embedder, Role
from course_index.parts import make_embedder
from course_index.settings import IndexSettings
from course_index.store.generations import Generation, IndexHome
from retrieval.search import Search

_SUBJECTS = tuple("电动车 荔枝 血压 合同 方程 粤剧 醒狮 短视频 急救 蔬菜 冷库 卡尺 表格 英语 社保 消防 鱼塘".split())
_VERBS = tuple("检查 修剪 测量 登记 计算 练习 保存 清洗 记录 比较 更换 说明 运输 包装".split())
_ENDS = tuple("之前要先看清楚 以后写在本子上 的时候不要着急 需要两个人一起做 每天做一次就够 和平时不一样".split())
_QUERIES = [f"{subject}怎么{verb}" for subject in _SUBJECTS for verb in _VERBS[:5]]


class _Recording:
    """The embedder, which keeps the passages it was given and how long they took."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.fingerprint, self.dimension = embedder.fingerprint, embedder.dimension
        self.batches: list[list[str]] = []

    def embed(self, texts: list[str], role: Role) -> np.ndarray:
        if role == "passage":
            self.batches.append(list(texts))
        return self._embedder.embed(texts, role)


def _sentence(rng: random.Random) -> str:
    return f"{rng.choice(_SUBJECTS)}{rng.choice(_VERBS)}{rng.choice(_SUBJECTS)}{rng.choice(_ENDS)}。"


def _write_lessons(folder: Path, texts: int, rng: random.Random) -> None:
    folder.mkdir(parents=True)
    for number in range(texts // 4):
        sections = ("".join(_sentence(rng) for _ in range(12)) for _ in range(4))
        body = "\n\n".join(f"## 第{n}部分\n\n{section}" for n, section in enumerate(sections, 1))
        (folder / f"{number:05}.md").write_text(f"# 第{number}课\n\n{body}\n", "utf-8")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def indexing(embedder: Embedder, texts: int, folder: Path) -> dict[str, float]:
    """Passages a second of a whole build, and as a share of what the embedder alone does on the same batches."""
    _write_lessons(folder / "lessons", texts, random.Random(7))
    recording = _Recording(embedder)
    build_index([folder / "lessons"], IndexHome(folder / "warm"), recording)
    batches = recording.batches
    passages = sum(map(len, batches))
    ratios, rates = [], []
    for turn in range(3):
        alone = _seconds(lambda: [embedder.embed(batch, "passage") for batch in batches])
        home = IndexHome(folder / f"home{turn}")
        whole = _seconds(lambda home=home: build_index([folder / "lessons"], home, embedder))  # type: ignore[misc]
        ratios.append(alone / whole)
        rates.append(passages / whole)
        print(f"  indexing: {passages / whole:.0f} passages/s, {alone / whole:.2f} of the embedder alone", flush=True)
    return {
        "passages": passages,
        "passages_per_second": round(statistics.median(rates), 1),
        "ratio_to_embedder": round(statistics.median(ratios), 3),
    }


def _fill(generation: Generation, passages: int, dimension: int) -> None:
    """Copy what is stored under new ids, with random vectors, until there are `passages`."""
    rng = np.random.default_rng(7)
    lesson, *_ = generation.records.lessons(generation.records.course_ids()[0])
    ids = sorted(generation.records.passage_ids())
    texts = generation.records.passages(ids)
    missing = max(0, passages - len(ids))
    copies = [replace(texts[ids[n % len(ids)]], id=f"copy{n}", lesson_id="filler", ordinal=n) for n in range(missing)]
    generation.records.put_lessons([replace(lesson, id="filler", ordinal=9_999, passages=tuple(copies))])
    if copies:
        vectors = rng.standard_normal((missing, dimension)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        generation.passage_vectors.upsert([c.id for c in copies], vectors, [c.language for c in copies])
        generation.passage_terms.change([(c.id, c.text) for c in copies], [])


def retrieval(embedder: Embedder, passages: int, folder: Path) -> dict[str, float]:
    """Time of a whole retrieval at `passages`, as a ratio to embedding the query alone."""
    home = IndexHome(folder / "retrieval")
    build_index([folder / "lessons"], home, embedder)
    with home.draft() as draft:
        _fill(draft, passages, embedder.dimension)
    generation = home.open_current()
    search = Search(generation, embedder)
    for query in _QUERIES[:20]:
        search.passages(search.query(query))
    alone, whole = [], []
    for query in _QUERIES * 2:  # alternately, so that a noisy neighbour disturbs both
        alone.append(_seconds(lambda query=query: embedder.embed([query], "query")))  # type: ignore[misc]
        whole.append(_seconds(lambda query=query: search.passages(search.query(query))))  # type: ignore[misc]
    counted = generation.records.counts().passages
    generation.close()
    figures = {"passages": float(counted)}
    for name, share in (("p50", 50), ("p95", 95)):
        figures[f"embed_query_{name}_ms"] = round(float(np.percentile(alone, share)) * 1_000, 2)
        figures[f"retrieve_{name}_ms"] = round(float(np.percentile(whole, share)) * 1_000, 2)
        figures[f"ratio_{name}"] = round(float(np.percentile(whole, share) / np.percentile(alone, share)), 2)
    return figures


def main() -> None:
    """Print both, and one JSON object last."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--passages", type=int, default=10_000)
    arguments.add_argument("--texts", type=int, default=600)
    chosen = arguments.parse_args()
    embedder = make_embedder(IndexSettings())
    folder = Path(tempfile.mkdtemp(prefix="companion-bench-"))
    try:
        figures: dict[str, object] = {"indexing": indexing(embedder, chosen.texts, folder)}
        print(f"  retrieval over {chosen.passages} passages ...", flush=True)
        figures["retrieval"] = retrieval(embedder, chosen.passages, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
