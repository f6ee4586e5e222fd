"""Reading speed by format beside the library's own bare parse, memory as the source grows, and what 1% changed costs.

`python -m bench.formats FOLDER [--grow 1 10 100] [--plot growth.png]`: FOLDER holds real files of the formats.
Every ratio is of the same run. What counts are ratios and the shape of the curve, not seconds.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from course_index.chunk import cut
from course_index.errors import SourceProblem
from course_index.sources.lesson_file import LessonFile
from course_index.sources.library import read_library

_MOST_FILES = 40
_ROUNDS = 3


def _bare_pdf(path: Path) -> None:
    import pypdfium2

    pdf = pypdfium2.PdfDocument(path)
    for page in pdf:
        page.get_textpage().get_text_range()
    pdf.close()


def _bare_docx(path: Path) -> None:
    import mammoth

    with path.open("rb") as file:
        mammoth.convert_to_html(file)


def _bare_pptx(path: Path) -> None:
    import pptx

    for slide in pptx.Presentation(str(path)).slides:
        for shape in slide.shapes:
            _ = shape.has_text_frame and shape.text_frame.text


def _bare_subtitles(path: Path) -> None:
    import pysubs2

    pysubs2.SSAFile.from_string(path.read_bytes().decode("utf-8-sig", "replace"))


def _bare_html(path: Path) -> None:
    from bs4 import BeautifulSoup

    BeautifulSoup(path.read_text("utf-8", "replace"), "lxml").get_text()


def _bare_markdown(path: Path) -> None:
    from markdown_it import MarkdownIt

    MarkdownIt("commonmark").enable("table").parse(path.read_text("utf-8", "replace"))


def _bare_epub(path: Path) -> None:
    import zipfile

    from bs4 import BeautifulSoup

    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(("html", "htm")):
                BeautifulSoup(archive.read(name), "lxml").get_text()


_BARE: dict[str, tuple[tuple[str, ...], Callable[[Path], None]]] = {
    "PDF (pypdfium2)": ((".pdf",), _bare_pdf),
    "DOCX (mammoth)": ((".docx",), _bare_docx),
    "PPTX (python-pptx)": ((".pptx",), _bare_pptx),
    "subtitles (pysubs2)": ((".srt", ".vtt", ".ass"), _bare_subtitles),
    "HTML (Beautiful Soup, lxml)": ((".html", ".htm"), _bare_html),
    "Markdown (markdown-it)": ((".md",), _bare_markdown),
    "EPUB (zipfile, lxml)": ((".epub",), _bare_epub),
}


def by_format(folder: Path) -> None:
    """MB a second of reading a lesson file, and of the bare parse; best of three rounds over the same files."""
    print(f"{'format':<32}{'files':>6}{'MB':>8}{'bare MB/s':>11}{'read MB/s':>11}{'ratio':>7}{'cut MB/s':>10}")
    for name, (suffixes, bare) in _BARE.items():
        files = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in suffixes and path.is_file()]
        sound = [path for path in files[: _MOST_FILES * 5] if _is_sound(path)][:_MOST_FILES]
        if not sound:
            continue
        size = sum(path.stat().st_size for path in sound) / 1e6
        parse = _best(lambda files=sound, parse=bare: [parse(path) for path in files])
        read = _best(lambda files=sound: [LessonFile(path, path.name).document() for path in files])
        documents = [LessonFile(path, path.name).document() for path in sound]
        cutting = _best(lambda documents=documents: [cut(document, document.title or "") for document in documents])
        print(
            f"{name:<32}{len(sound):>6}{size:>8.2f}{size / parse:>11.1f}{size / read:>11.1f}{read / parse:>7.1f}"
            f"{size / cutting:>10.1f}"
        )


def by_package(folder: Path) -> None:
    """MB a second of whole exports, unpacked or not, from the archive to the documents."""
    print(f"\n{'export':<44}{'MB':>8}{'lessons':>9}{'MB/s':>8}")
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".imscc", ".mbz", ".gz") or path.name == "scorm12.zip":
            started = time.perf_counter()
            library = read_library([path], {})
            lessons = 0
            for draft in library.drafts:
                for lesson in draft.lessons:
                    try:
                        lesson.document()
                        lessons += 1
                    except SourceProblem:
                        continue
            seconds = time.perf_counter() - started
            library.close()
            size = path.stat().st_size / 1e6
            print(f"{path.name[:42]:<44}{size:>8.2f}{lessons:>9}{size / seconds:>8.2f}")


def _is_sound(path: Path) -> bool:
    try:
        LessonFile(path, path.name).document()
    except SourceProblem:
        return False
    return True


def _best(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


# What one build does, in a process of its own, so that its peak of memory is its own.
_BUILD = """
import resource, sys, time
from pathlib import Path
from course_index.build import build_index
from course_index.embedders.e5_onnx import OnnxE5
from course_index.store.generations import IndexHome
embedder = OnnxE5(Path(sys.argv[3]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
started = time.perf_counter()
report = build_index([Path(sys.argv[1])], IndexHome(Path(sys.argv[2])), embedder, workers=2)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
seconds = time.perf_counter() - started
print(report.totals.passages, report.embedded, round(seconds, 2), round(before), round(after), round(child))
"""


@dataclass(frozen=True, slots=True)
class Grown:
    """What a build over so many lessons took, whole and after 1% of them changed; memory in MB."""

    lessons: int
    passages: float
    seconds: float
    megabytes_before: float
    megabytes_peak: float
    megabytes_of_a_reader: float
    seconds_changed: float


def growth(models: Path, sizes: list[int]) -> list[Grown]:
    """Peak memory and seconds of a build over 1, 10, 100 times the input, and of the next with 1% of it changed."""
    heads = (("lessons", 8), ("passages", 10), ("seconds", 9), ("MB before", 11), ("MB peak", 9), ("MB reader", 11))
    print("\n" + "".join(f"{head:>{width}}" for head, width in (*heads, ("1% changed", 12), ("share", 7))))
    dice, rows = random.Random(7), []
    for times in sizes:
        with tempfile.TemporaryDirectory() as folder:
            source, home = Path(folder, "kurs"), Path(folder, "data")
            source.mkdir()
            for number in range(20 * times):
                (source / f"{number}.md").write_text(_lesson(number, dice), "utf-8")
            whole = _built(source, home, models)
            for number in dice.sample(range(20 * times), max(1, 20 * times // 100)):
                (source / f"{number}.md").write_text(_lesson(number + 10**6, dice), "utf-8")
            changed = _built(source, home, models)
            one = Grown(20 * times, whole[0], *whole[2:6], changed[2])
            rows.append(one)
            print(
                f"{one.lessons:>8}{one.passages:>10.0f}{one.seconds:>9.1f}{one.megabytes_before:>11.0f}"
                f"{one.megabytes_peak:>9.0f}{one.megabytes_of_a_reader:>11.0f}{one.seconds_changed:>12.2f}"
                f"{one.seconds_changed / one.seconds:>7.1%}",
                flush=True,
            )
    return rows


def _plot(rows: list[Grown], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    sizes = [one.lessons for one in rows]
    figure, (memory, share) = pyplot.subplots(1, 2, figsize=(10, 4))
    memory.plot(sizes, [one.megabytes_peak for one in rows], "o-", label="the building process, peak")
    memory.plot(sizes, [one.megabytes_before for one in rows], ":", color="grey", label="with the embedder alone")
    memory.set(xscale="log", xlabel="lessons", ylabel="resident MB", title="Memory of a build")
    memory.set_ylim(0)
    memory.legend()
    share.plot(sizes, [100 * one.seconds_changed / one.seconds for one in rows], "o-")
    share.axhline(3, color="grey", linestyle=":", label="3 %")
    share.set(xscale="log", xlabel="lessons", ylabel="% of the whole build", title="A build after 1 % changed")
    share.set_ylim(0)
    share.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def _built(source: Path, home: Path, models: Path) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", _BUILD, str(source), str(home), str(models)],
        check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": "."},
    )  # fmt: skip
    return [float(one) for one in done.stdout.split()]


_WORDS = "快递 荔枝 养老 护理 叉车 电焊 直播 粤菜 消防 急救 水稻 法律 合同 工伤 保险 骑手 客服 财务 英语 摄影".split()


def _lesson(number: int, dice: random.Random) -> str:
    """About 500 tokens that no other lesson has."""
    lines = [f"# 第{number}课 {dice.choice(_WORDS)}与{dice.choice(_WORDS)}\n"]
    for part in range(4):
        said = "，".join(
            f"第{dice.randrange(10**6)}条讲{dice.choice(_WORDS)}和{dice.choice(_WORDS)}的做法" for _ in range(6)
        )
        lines.append(f"## {part}\n\n{said}。\n")
    return "\n".join(lines)


def main() -> None:
    """All three."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--grow", type=int, nargs="*", default=[1, 10, 100])
    parser.add_argument("--plot", type=Path, help="draw the growth; needs matplotlib")
    parser.add_argument("--models", type=Path, default=Path(".data/models"))
    wanted = parser.parse_args()
    by_format(wanted.folder)
    by_package(wanted.folder)
    rows = growth(wanted.models, wanted.grow)
    if wanted.plot:
        _plot(rows, wanted.plot)


if __name__ == "__main__":
    main()
