"""How a search's cost grows with the library: time as a multiple of embedding the question alone, and memory.

    python -m bench.scale [--plot docs/scale.png] [--keep FOLDER] [SIZE...]

Vectors, tokens and words are synthetic (as many tokens a passage, and words as unevenly frequent, as in real lessons;
the tokens are the same in every 5,000 passages); the questions, the embedder and the stores are the real ones. A course
has 100 passages, a level and a city, by which the catalogue is filtered. Each size is searched in a process of its own,
three times over, and the run with the best ratio is printed: these machines are noisy. With --keep the libraries stay
in FOLDER, and are not written again.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from course_index.card import card_id
from course_index.centring import learn_centring
from course_index.course import Course, Lesson, Offering, Passage
from course_index.parts import make_embedder
from course_index.settings import IndexSettings
from course_index.store.generation import Generation
from course_index.store.generations import IndexHome
from course_index.store.legs import VectorLeg
from course_index.store.records import CourseFilter
from course_index.store.tokens import PassageVectors, TokenStore, in_bytes

_BATCH = 5_000
_LESSONS_OF, _PASSAGES_OF = 20, 100  # passages of a lesson, passages of a course
_TOKENS, _STRETCHES, _TOKEN_DIMENSION = 110, 6, 96
_QUESTIONS = (
    "快件丢了怎么赔", "老人血压高能不能吃柚子", "荔枝采后怎么保鲜", "二叉堆怎么插入元素", "上班路上出了车祸算工伤吗",
    "公司不签劳动合同怎么办", "点样申请学分认定", "叉车证要考哪些科目", "how does a hash table handle collisions",
    "宝宝发烧多少度要去医院", "粤剧的唱腔有哪些", "手机收到中奖短信是真的吗", "虾塘缺氧怎么抢救", "焊接时怎么防触电",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=[1_000, 10_000, 100_000])
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--search", type=Path, help=argparse.SUPPRESS)  # in the process of its own
    arguments = parser.parse_args()
    if arguments.search:
        print(json.dumps(_search(arguments.search)))
        return
    rows = []
    for size in arguments.sizes or [1_000, 10_000, 100_000]:
        with tempfile.TemporaryDirectory() as passing:
            folder = (arguments.keep or Path(passing)) / str(size)
            if not (folder / "index" / "CURRENT").exists():
                started = time.perf_counter()
                _build(folder, size)
                print(f"{size:>9,} passages written in {time.perf_counter() - started:.0f} s", file=sys.stderr)
            command = [sys.executable, "-m", "bench.scale", "--search", str(folder)]
            runs = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(3)]
        best = min(runs, key=lambda run: run["whole_ratio"])
        rows.append({"passages": size, **best})
        print(
            f"{size:>9,} passages: embedded in {best['whole_embed_ms']:.1f} ms, searched in {best['whole_ms']:.1f} ms"
            f" = {best['whole_ratio']:.2f} times; catalogue {best['catalogue_ratio']:.2f} times,"
            f" with filters {best['filtered_ratio']:.2f}; {best['rss_mb']:.0f} MB resident"
        )
    if arguments.plot:
        _plot(rows, arguments.plot)
    print(json.dumps(rows))


def _build(folder: Path, size: int) -> None:
    rng = np.random.default_rng(11)
    words = np.array([chr(0x4E00 + n) + chr(0x5E00 + 7 * n % 900) for n in range(8_000)])
    frequency = 1 / np.arange(1, len(words) + 1)
    frequency /= frequency.sum()
    home = IndexHome(folder)
    embedder = make_embedder(IndexSettings())
    # The same for every batch: only thirty passages' tokens are read in a search, and writing new ones takes an hour.
    tokens = in_bytes(_unit(rng.standard_normal((_BATCH * _TOKENS, _TOKEN_DIMENSION))))
    with home.writing(), home.draft() as draft:
        learn_centring(embedder).save(draft.folder)
        for start in range(0, size, _BATCH):
            numbers = range(start, min(size, start + _BATCH))
            texts = ["".join(row) for row in rng.choice(words, (len(numbers), 80), p=frequency)]
            courses = [_course(at, rng) for at in range(start, numbers.stop, _PASSAGES_OF)]
            _record(draft, numbers, texts, courses)
            vectors = _unit(rng.standard_normal((len(numbers), embedder.dimension)))
            _write(draft.passage_vectors, draft.passage_tokens, [_id(n) for n in numbers], vectors, tokens)
            draft.passage_terms.change([(_id(n), text) for n, text in zip(numbers, texts, strict=True)], [])
            cards = _unit(rng.standard_normal((len(courses), embedder.dimension)))
            _write(draft.course_vectors, draft.course_tokens, [card_id(course) for course in courses], cards, tokens)
            draft.course_terms.change(
                [(card_id(course), text) for course, text in zip(courses, texts, strict=False)], []
            )


def _id(number: int) -> str:
    return f"p{number:07}"


def _course(at: int, rng: np.random.Generator) -> Course:
    """The course whose first passage is number `at`, at a level and in a city."""
    city = Offering(f"o{at}", city=f"city {rng.integers(21)}")
    return Course(f"c{at:07}", f"course {at}", "made", level=int(rng.integers(1, 6)), offerings=(city,))


def _record(draft: Generation, numbers: range, texts: list[str], courses: list[Course]) -> None:
    for course in courses:
        draft.records.put_course(course, "made")
    lessons = []
    for at in range(0, len(numbers), _LESSONS_OF):
        course, name = courses[at // _PASSAGES_OF], f"lesson {numbers[at]}"
        passages = tuple(
            Passage(_id(number), course.id, name, n, text, (), "lesson", name, "zh", 160)
            for n, (number, text) in enumerate(
                zip(numbers[at : at + _LESSONS_OF], texts[at : at + _LESSONS_OF], strict=True)
            )
        )
        lessons.append(Lesson(name, course.id, at, name, "made", "", None, passages))
    draft.records.put_lessons(lessons)


def _write(
    leg: VectorLeg, store: TokenStore, ids: list[str], vectors: NDArray[np.float32], tokens: NDArray[np.int8]
) -> None:
    ends = np.linspace(0, _TOKENS, _STRETCHES + 1)[1:].astype(np.int32)
    leg.upsert(ids, vectors)
    store.put(
        (id_, PassageVectors("zh", vectors[n], tokens[n * _TOKENS : (n + 1) * _TOKENS], ends))
        for n, id_ in enumerate(ids)
    )


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _search(folder: Path) -> dict[str, float]:
    import psutil

    from retrieval.parts import make_wording
    from retrieval.search import Search
    from retrieval.settings import RetrievalSettings

    embedder = make_embedder(IndexSettings())
    search = Search(IndexHome(folder).open_current(), embedder, wording=make_wording(RetrievalSettings()))
    filtered = CourseFilter(level=3, city="city 7")
    work: dict[str, Callable[[str], object]] = {
        "whole": lambda question: search.passages(search.query(question), 8),
        "catalogue": lambda question: search.catalogue(search.query(question), CourseFilter(), 1, 20),
        "filtered": lambda question: search.catalogue(search.query(question), filtered, 1, 20),
    }
    found = {}
    for name, ask in work.items():
        for question in _QUESTIONS:  # what is read once
            ask(question)
        embed, took = [], []
        for question in _QUESTIONS * 12:  # one after the other, so that what else runs slows both
            embed.append(_milliseconds(lambda: embedder.embed([question], "query")))  # noqa: B023 - called at once
            took.append(_milliseconds(lambda: ask(question)))  # noqa: B023 - called at once
        found |= {
            f"{name}_embed_ms": float(np.median(embed)),
            f"{name}_ms": float(np.median(took)),
            f"{name}_p95_ms": float(np.percentile(took, 95)),
            f"{name}_ratio": float(np.median(took) / np.median(embed)),
        }
    return {**found, "rss_mb": psutil.Process().memory_info().rss / 2**20}


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1_000


def _plot(rows: list[dict[str, float]], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    sizes = [row["passages"] for row in rows]
    figure, (time_axes, memory_axes) = pyplot.subplots(1, 2, figsize=(11, 4.6))
    for name, label in (
        ("whole_ratio", "the eight best passages"),
        ("catalogue_ratio", "a page of the catalogue, with facets"),
        ("filtered_ratio", "the same with two filters"),
    ):
        time_axes.plot(sizes, [row[name] for row in rows], "o-", label=f"{label}, p50")
    time_axes.plot([10_000, 100_000], [1.5, 2.0], "v", color="black", label="what they are to stay below")
    time_axes.axhline(1, color="grey", linestyle=":", label="embedding the question alone")
    time_axes.set(xscale="log", xlabel="passages", ylabel="times the embedding of the question", title="Time")
    time_axes.set_ylim(0)
    time_axes.legend(loc="lower right", fontsize="small")
    memory_axes.plot(sizes, [row["rss_mb"] for row in rows], "o-")
    memory_axes.plot([100_000], [600], "v", color="black", label="what it is to stay below")
    memory_axes.set(xscale="log", xlabel="passages", ylabel="resident MB", title="Memory of the searching process")
    memory_axes.set_ylim(0)
    memory_axes.legend(loc="lower right", fontsize="small")
    figure.text(
        0.01, 0.01, "Synthetic passages (bench/scale.py), real questions, embedder and stores.", fontsize="small"
    )
    figure.tight_layout(rect=(0, 0.04, 1, 1))
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
