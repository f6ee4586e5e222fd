"""Run where a folder is a small disk of its own: builds an index on it while it is full, and tells what came of it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from course_index.build import build_index
from course_index.embedders.e5_onnx import OnnxE5
from course_index.errors import IndexProblem
from course_index.store.disk import disk_explained
from course_index.store.generations import IndexHome
from course_index.store.journal import Journalled, VectorJournal
from course_index.store.lexical import LexicalIndex
from course_index.store.vectors import VectorIndex

KILOBYTES = 1_024
TEXT = "快件丢了要先报案，再找快递公司。" * 300


class Disk:
    """The small disk, of which a file takes whatever is to be taken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, free: int = 0) -> None:
        """Leave so many bytes."""
        taken = 0
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while written := file.write(bytes(4 * KILOBYTES)):
                    taken += written
            except OSError:
                file.truncate(max(0, taken - free))

    def empty(self) -> None:
        """Free what was taken."""
        self._ballast.unlink()


def outcome(work: Callable[[], object]) -> str:
    """What the operator is told."""
    try:
        with disk_explained():
            work()
    except IndexProblem as problem:
        return str(problem)
    return "done"


def of_parts(disk: Disk) -> dict[str, str]:
    """What each part says when the disk is full."""
    vectors, terms = VectorIndex(disk.folder / "vectors"), LexicalIndex(disk.folder / "terms")
    journal, passages = VectorJournal(disk.folder / "journal.db"), vectors.collection("passages")
    row = Journalled(np.ones(384, np.float32), np.ones((900, 64), np.int8), np.ones(1, np.int32))
    rows = np.eye(500, dtype=np.float32)
    disk.fill()
    told = {
        "vectors": outcome(lambda: passages.upsert([str(number) for number in range(500)], rows)),
        "terms": outcome(lambda: terms.change([(str(number), f"{TEXT}{number}") for number in range(50)], [])),
        "journal": outcome(lambda: journal.put([("key", row)])),
    }
    vectors.close()  # no more than this is done with what failed: Chroma waits for itself when it is written to again
    told["opening"] = outcome(lambda: VectorIndex(disk.folder / "vectors"))
    return told


def of_builds(disk: Disk, library: Path, models: Path) -> list[dict[str, object]]:
    """What a build says while more and more of the disk is free, and what serves after it."""
    home, embedder, told = IndexHome(disk.folder), OnnxE5(models, threads=1), []
    build_index([library], home, embedder)
    for number in range(6):
        (library / f"{number}.md").write_text(f"# 第{number}课\n\n{number}{TEXT}\n", "utf-8")
    for free in (0, 1_300, 20_000):
        disk.fill(free * KILOBYTES)
        said = outcome(lambda: build_index([library], home, embedder))
        disk.empty()
        generation = home.open_current()
        told.append(
            {
                "free": free,
                "said": said,
                "generation": generation.name,
                "passages": generation.records.counts().passages,
                "vectors": len(generation.passage_vectors.ids()),
                "terms": len(generation.passage_terms.ids()),
            }
        )
        generation.close()
    return told


if __name__ == "__main__":
    what, *folders = sys.argv[1:]
    small = Disk(Path(folders[0]))
    json.dump(of_parts(small) if what == "parts" else of_builds(small, *map(Path, folders[1:])), sys.stdout)
