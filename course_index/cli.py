"""`companion-index`: course content in, and out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from course_index.build import RETIRED, NothingRead, build_index, move_source, remove_courses
from course_index.build_report import BuildReport, as_plain
from course_index.checking import check_as_html, check_as_plain, check_as_text, check_sources
from course_index.distributed import embedder_over_ray
from course_index.embedders.embedder import Embedder
from course_index.errors import IndexProblem, SourceProblem
from course_index.parts import index_home, make_embedder
from course_index.settings import IndexSettings
from course_index.sources.library import sources_at
from course_index.sources.package import Wishes
from course_index.sources.source import Source
from course_index.store.disk import disk_explained
from course_index.terminal import OnProgress, explained, progress_bars
from course_index.watching import keep_in_step

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Course content into the index, and out of it.",
)
# The report goes to standard output, what is under way to standard error.
_out, _err = Console(soft_wrap=True), Console(stderr=True)


_PATHS = typer.Argument(
    metavar="PATH...", help="Course folders, exports, catalogues, lessons, or a sources file (.toml)."
)
_WORKERS = typer.Option(min=1, max=64, help="How many processes read files.")
_NAME = typer.Option(help="What the source is called, if its path may change. For one PATH.")
_URL = typer.Option(help="The platform's address, for links into it.")
_RAY = typer.Option(metavar="ADDRESS", help="Embed on the Ray cluster at host:port, or on one of this machine: local.")
_HIDDEN = typer.Option("--hidden", help="Take in what the platform does not show to learners.")


@app.command()
def build(
    paths: Annotated[list[Path], _PATHS],
    rebuild: Annotated[bool, typer.Option(help="Embed everything anew, as after a change of embedder.")] = False,
    workers: Annotated[int, _WORKERS] = 2,
    name: Annotated[str | None, _NAME] = None,
    url: Annotated[str | None, _URL] = None,
    hidden: Annotated[bool, _HIDDEN] = False,
    ray: Annotated[str | None, _RAY] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Bring courses into the index. What is unchanged is not embedded again; what is gone is taken out."""
    with _explained(), progress_bars(_err) as progress:
        settings = IndexSettings()
        sources = _sources(paths, name, Wishes(url=url, hidden=hidden))
        with _embedder(settings, ray, progress) as embedder:
            nothing_read = False
            try:
                report = build_index(
                    sources, index_home(settings), embedder, rebuild=rebuild, workers=workers, progress=progress
                )
            except NothingRead as error:
                report, nothing_read = error.report, True
    if as_json:
        _out.print_json(data=as_plain(report))
    else:
        _print(report)
    if not report.totals.courses:
        raise typer.Exit(1)
    if nothing_read:
        _err.print("[red]companion-index:[/] nothing could be read; the index stays as it was")
        raise typer.Exit(2)


@contextmanager
def _explained() -> Iterator[None]:
    with explained("companion-index", _err, IndexProblem), disk_explained():
        yield


@contextmanager
def _embedder(settings: IndexSettings, ray: str | None, progress: OnProgress) -> Iterator[Embedder]:
    if ray is None:
        yield make_embedder(settings, progress)
        return
    with embedder_over_ray(settings, ray) as embedder:
        yield embedder


@app.command()
def watch(
    paths: Annotated[list[Path], _PATHS],
    workers: Annotated[int, _WORKERS] = 2,
    every: Annotated[float, typer.Option(help="Minutes between two looks at what cannot be watched, as feeds.")] = 60.0,
    url: Annotated[str | None, _URL] = None,
    hidden: Annotated[bool, _HIDDEN] = False,
) -> None:
    """Keep the index in step with its sources: build now, then whenever something changes. Ctrl-C ends."""
    with _explained():
        settings = IndexSettings()
        embedder = make_embedder(settings)
        home = index_home(settings)

        def build_once() -> None:
            sources = _sources(paths, None, Wishes(url=url, hidden=hidden))
            with disk_explained():
                _print(build_index(sources, home, embedder, workers=workers))

        keep_in_step(
            build_once, lambda: _watched(paths), every * 60, lambda problem: _err.print(f"[red]{escape(problem)}[/]")
        )


def _watched(paths: list[Path]) -> list[Path]:
    """The paths, and those that their sources files name, as far as they are there just now."""
    try:
        named = [source.path for source in sources_at([path for path in paths if path.exists()]) if source.path]
    except IndexProblem:  # a sources file that is being written: the next build says what is wrong
        named = []
    return [path for path in dict.fromkeys([*paths, *named]) if path.exists()]


@app.command()
def check(
    paths: Annotated[list[Path], _PATHS],
    workers: Annotated[int, _WORKERS] = 2,
    hidden: Annotated[bool, _HIDDEN] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the report as one page to this file.")] = None,
) -> None:
    """What a build would take in and what not, and what would make it easier to find. Nothing is indexed.

    Ends with 1 when something would be left out.
    """
    with _explained(), progress_bars(_err) as progress:
        checked = check_sources(_sources(paths, None, Wishes(hidden=hidden)), workers, progress)
        if html:
            _write(html, check_as_html(checked))
    if as_json:
        _out.print_json(data=check_as_plain(checked))
    elif html:
        _out.print(f"the report is in {html}", markup=False, highlight=False)
    else:
        _out.print(check_as_text(checked), markup=False, highlight=False)
    if not checked.sound:
        raise typer.Exit(1)


def _sources(paths: list[Path], name: str | None, wishes: Wishes) -> list[Source]:
    if name is not None and (len(paths) != 1 or paths[0].suffix == ".toml"):
        raise IndexProblem("--name is for one PATH; a sources file names its own")
    return [
        replace(source, name=name or source.name, wishes=wishes if source.wishes == Wishes() else source.wishes)
        for source in sources_at(paths)
    ]


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8", "replace")
    except OSError as error:
        raise IndexProblem(f"{path} cannot be written ({error.strerror}); name another file") from error


@app.command()
def status(
    courses: Annotated[bool, typer.Option(help="List the courses too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """What is in the index, and what it was built with."""
    with _explained():
        generation = index_home(IndexSettings()).open_current()
        counts, meta = generation.records.counts(), generation.records.meta()
        listed = generation.records.courses(generation.records.course_ids()) if courses else {}
        came_from = generation.records.sources()
        facts = {
            "generation": generation.name,
            "courses": counts.courses,
            "lessons": counts.lessons,
            "passages": counts.passages,
            "tokens": counts.tokens,
            **{name: value for name, value in meta.items() if name != RETIRED},
        }
        generation.close()
    if as_json:
        _out.print_json(
            data={
                **facts,
                **({"ids": {id_: c.title for id_, c in listed.items()}, "from": came_from} if courses else {}),
            }
        )
        return
    table = Table(show_header=False, box=None)
    for name, value in facts.items():
        table.add_row(name, str(value))
    _out.print(table)
    if listed:
        by_course = Table(
            Column("course", no_wrap=True), Column("title", overflow="fold"), Column("from", overflow="fold"), box=None
        )
        for id_, course in listed.items():
            by_course.add_row(id_, course.title, came_from[id_])
        _out.print(by_course)


@app.command()
def remove(ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Course ids.")]) -> None:
    """Take courses out of the index, with everything that belongs to them."""
    with _explained():
        remove_courses(ids, index_home(IndexSettings()))
    _out.print(f"removed {len(ids)} course{'s' * (len(ids) != 1)}")


@app.command()
def moved(
    old: Annotated[Path, typer.Argument(help="Where a file or folder with courses was.")],
    new: Annotated[Path, typer.Argument(help="Where it is now.")],
) -> None:
    """Tell that courses lie elsewhere now, so that the next build knows them again and they keep their ids."""
    with _explained():
        if not new.exists():
            raise SourceProblem(f"there is nothing at {new}; name the place to which {old} was moved")
        count = move_source(str(old.absolute()), str(new.resolve()), index_home(IndexSettings()))
    _out.print(f"moved {count} course{'s' * (count != 1)}")


def _print(report: BuildReport) -> None:
    if report.notices:
        _print_notices([("skipped" if one.skipped else "look", one.where, one.what) for one in report.notices])
    totals = report.totals
    _out.print(
        f"read {report.lessons_read} lessons ({report.lessons_unchanged} unchanged, {report.lessons_removed} gone) "
        f"of {report.courses} courses ({report.courses_removed} gone); embedded {report.embedded} texts"
        + (f" and took {report.taken_from_journal} from an unfinished build" if report.taken_from_journal else "")
    )
    _out.print(
        f"the index holds {totals.courses} courses, {totals.lessons} lessons, {totals.passages} passages "
        f"({totals.tokens:,} tokens); generation {report.generation}, {report.seconds:.1f} s"
    )


def _print_notices(rows: list[tuple[str, str, str]]) -> None:
    """A table for who looks; a line each for who searches a log, where a table would break paths apart."""
    title = "Left out, or to be looked at"
    if not _out.is_terminal:
        for line in (title, *(" - ".join(row) for row in rows)):
            _out.print(line, markup=False, highlight=False, soft_wrap=True)
        return
    table = Table(title=title, title_justify="left", show_lines=False)
    table.add_column("", no_wrap=True)
    table.add_column("what", overflow="fold")
    table.add_column("why, and what to do", overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    _out.print(table)


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
