"""`companion-eval`: how good the tutor is, where it fails, and whether it is getting better."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from companion.settings import CompanionSettings
from course_index.embedders.embedder import Embedder
from course_index.errors import IndexProblem
from course_index.parts import make_embedder
from course_index.terminal import OnProgress, explained, progress_bars
from eval.advice import evaluate_advice, is_advice_data
from eval.candidates import disliked, write_drafts
from eval.case import Case
from eval.collections.choose import read_collection
from eval.compare import compare
from eval.errors import DataProblem, EvaluationProblem
from eval.gate import ACCEPTED, accept, drops
from eval.library import CASES, PLANTED, SAMPLES, cases_in, evaluation_index, is_of_another_test
from eval.lint import balance_of, faults_of, read_cases
from eval.metrics import rounded
from eval.report import rows_of, write_report
from eval.run import FAILED_ALLOWED, Plan, Result, Run, ask_all, commit, metrics_of, sample, scored
from eval.stages import STAGES, TOGETHER, IndexingReport, StageReport, evaluate, reading_together, served_by
from eval.subjects.subject import Subject
from eval.suites import SUITES
from eval.suites.load import Level, load
from retrieval.parts import make_wording

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="How good the tutor is. The last line on standard output is one JSON object of figures.",
)
# A log is as wide as its lines: what rich takes for its width would cut figures off.
_err = Console(stderr=True, width=None if sys.stderr.isatty() else 120)

BaseUrl = Annotated[str | None, typer.Option(help="A deployment of ours, asked over HTTP.", metavar="URL")]
Token = Annotated[
    str | None,
    typer.Option(
        envvar="EVALUATION_TOKEN",
        help="For a deployment that asks who is there: sent to --base-url as Authorization: Bearer.",
    ),
]
ChatUrl = Annotated[str | None, typer.Option(help="An OpenAI-compatible chat endpoint, asked bare.", metavar="URL")]
ChatModel = Annotated[str, typer.Option(help="The model's name at --chat-url and for --chain.")]
Chain = Annotated[bool, typer.Option(help="A plain LangChain retrieval chain over our index and --chat-url.")]
Data = Annotated[
    Path | None,
    typer.Option(
        help="A folder with <suite>*.jsonl cases of your own and, in library/, the courses they are about; for "
        "retrieval also a data set such as BEIR's, SQuAD's or DuReader's, for recommend a table of occupations with "
        "their other names or of courses with their difficulty. Without it: the cases that ship.",
        metavar="PATH",
    ),
]
Limit = Annotated[int | None, typer.Option(min=1, help="So many cases a suite at most, drawn evenly over kinds.")]
Report = Annotated[
    Path | None,
    typer.Option(help="Where runs are kept; without it in evaluation/runs of the data folder.", metavar="DIR"),
]
Name = Annotated[str | None, typer.Option("--run", help="The run's name; one that was broken off is taken up again.")]
Repeat = Annotated[int, typer.Option(min=1, max=20, help="Ask everything so many times, to see the noise.")]
Seed = Annotated[int, typer.Option(help="What --limit draws by.")]
AtOnce = Annotated[int, typer.Option(min=1, max=64, help="How many cases are asked at the same time.")]
JudgeUrl = Annotated[str | None, typer.Option(help="An OpenAI-compatible endpoint that grades replies.", metavar="URL")]
JudgeModel = Annotated[str, typer.Option(help="The judge's name at --judge-url.")]
Gate = Annotated[bool, typer.Option(help="Fail when a figure falls below the last accepted run less its noise.")]
Ablate = Annotated[bool, typer.Option(help=f"Of retrieval, each stage by itself: {', '.join(STAGES)}.")]
_HELP = {
    "retrieval": "Does a search find the passages that answer, whatever the shape of the question?",
    "answers": "Right source, exact, complete, and an honest no?",
    "recommend": "The right courses, within the hard facts, none invented?",
    "tutor": "Does a conversation teach: hints that keep back, mistakes found, form fit for the learner?",
    "safety": "Is declined what must be, and nothing else; is nothing drawn out?",
    "all": "All of the above.",
}


def _suite_command(name: str) -> None:
    suites = list(SUITES) if name == "all" else [name]

    def run(
        context: typer.Context,
        base_url: BaseUrl = None,
        token: Token = None,
        data: Data = None,
        limit: Limit = None,
        report: Report = None,
        run: Name = None,
        chat_url: ChatUrl = None,
        chat_model: ChatModel = "local",
        chain: Chain = False,
        repeat: Repeat = 1,
        seed: Seed = 0,
        at_once: AtOnce = 1,
        judge_url: JudgeUrl = None,
        judge_model: JudgeModel = "local",
        gate: Gate = False,
        ablate: Ablate = False,
    ) -> None:
        with explained("companion-eval", _err, EvaluationProblem, IndexProblem, exit_code=1):
            if name == "retrieval" and data and not (data.is_dir() and list(data.glob("retrieval*.jsonl"))):
                _only(context, "data", "limit", "report", "ablate", "seed")
                _collection(data, limit, report, ablate)
                return
            if name == "recommend" and data and not list(data.glob("recommend*.jsonl")) and is_advice_data(data):
                _only(context, "data", "limit", "report")
                _advice(data, limit, report)
                return
            who = _Who(base_url, chat_url, chat_model, chain, token)
            if ablate and not who.needs_index:
                raise DataProblem(
                    "--ablate takes apart the search over the index in this data folder, which is not what "
                    f"{'--base-url' if base_url else '--chat-url'} answers from; give it without"
                )
            plan = _plan(suites, data, limit, seed, repeat)
            with progress_bars(_err) as progress:
                settings = CompanionSettings()
                folder = _folder(settings, report, run, name)
                kept = Run(folder)
                asyncio.run(_ask(who, settings, plan, kept, data, progress, at_once, judge_url, judge_model))
                result = scored(kept)
                stages = _own_stages(settings, plan, progress) if ablate else {}
            _ended(result, kept, name, stages, gate)

    app.command(name, help=_HELP[name])(run)


def _only(context: typer.Context, *used: str) -> None:
    """Raises DataProblem for options that were given and mean nothing to a data set that others made.

    Nothing is drawn of it, so that a `seed` changes nothing and does no harm.
    """
    given = [name for name in context.params if _is_given(context, name)]
    if idle := ["--" + name.replace("_", "-") for name in given if name not in used]:
        raise DataProblem(
            f"{', '.join(idle)} cannot be used with this --data: a data set is asked of our search in this process; "
            f"what can be used is {', '.join(f'--{name}' for name in used)}"
        )


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


class _Who:
    """Who is asked: nobody named means the companion in this process."""

    def __init__(
        self, base_url: str | None, chat_url: str | None, chat_model: str, chain: bool, token: str | None
    ) -> None:
        if base_url and chat_url:
            raise DataProblem("--base-url and --chat-url are two subjects; run one after the other, then compare")
        if chain and not chat_url:
            raise DataProblem("--chain needs the model at --chat-url")
        self.base_url, self.chat_url, self.chat_model, self.chain = base_url, chat_url, chat_model, chain
        self.token = token

    @property
    def needs_index(self) -> bool:
        """Whether the courses must be indexed here."""
        return not self.base_url and (self.chain or not self.chat_url)

    def subject(self, settings: CompanionSettings, embedder: Embedder | None) -> Subject:
        """The subject."""
        from eval.subjects.chat_model import ChatModel as Bare
        from eval.subjects.in_process import InProcess
        from eval.subjects.over_http import OverHttp
        from eval.subjects.retrieval_chain import RetrievalChain

        if self.base_url:
            return OverHttp(self.base_url, self.token)
        key = os.environ.get("OPENAI_API_KEY", "none")
        if self.chat_url and not self.chain:
            return Bare(self.chat_url, self.chat_model, key)
        assert embedder
        ours = InProcess(settings, embedder)
        return RetrievalChain(ours.search, self.chat_url, self.chat_model, key) if self.chat_url else ours


def _libraries(data: Path | None) -> list[Path]:
    if data is None:
        return [SAMPLES, *([PLANTED] if PLANTED.is_dir() else [])]
    library = data / "library"
    if not library.is_dir():
        return [SAMPLES]
    # With a catalogue the folder is read as one; without, each folder or file in it is a course.
    return [library] if any(library.glob("*.json*")) else sorted(library.iterdir())


def _plan(suites: Sequence[str], data: Path | None, limit: int | None, seed: int, repeat: int) -> Plan:
    cases = cases_in(data or CASES, suites, _libraries(data))
    drawn = {suite: sample(of, limit, seed) for suite, of in cases.items() if of}
    return Plan(drawn, repeat, seed, limit, str(data) if data else "own")


def _folder(settings: CompanionSettings, report: Path | None, run: str | None, suite: str) -> Path:
    runs = report or settings.data_dir / "evaluation" / "runs"
    return runs / (run or f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{suite}-{commit()['commit'] or 'unknown'}")


async def _ask(
    who: _Who,
    settings: CompanionSettings,
    plan: Plan,
    kept: Run,
    data: Path | None,
    progress: OnProgress,
    at_once: int,
    judge_url: str | None,
    judge_model: str,
) -> None:
    embedder, own = None, settings
    if who.needs_index:
        embedder = make_embedder(settings, progress)
        settings = evaluation_index(settings, _libraries(data), embedder, progress)
    subject = who.subject(settings, embedder)
    try:
        served = await subject.catalogue() or _catalogue(_libraries(data))
        kept.begin(subject.about(), plan, served, await subject.content())
        await ask_all(subject, plan, kept, progress, at_once)
        if judge_url:
            from eval.agreement import agreement_file
            from eval.judging import judge_all

            measured = agreement_file(own.data_dir / "evaluation", judge_model)
            await judge_all(kept, judge_url, judge_model, os.environ.get("OPENAI_API_KEY", "none"), progress, measured)
    finally:
        await subject.close()


def _catalogue(libraries: Sequence[Path]) -> dict[str, Any]:
    """The records of the libraries, for a subject that has no catalogue of its own."""
    from course_index.sources.library import read_library
    from eval.subjects.in_process import catalogue_of

    return catalogue_of(draft.course for draft in read_library(list(libraries), {}).drafts)


def _own_stages(settings: CompanionSettings, plan: Plan, progress: OnProgress) -> dict[str, dict[str, float]]:
    """The figures of each stage of retrieval over the cases of the suite."""
    from eval.ablation import ablated

    return ablated(settings, plan.cases.get("retrieval", ()), progress)


def _ended(result: Result, kept: Run, name: str, stages: dict[str, dict[str, float]], gate: bool) -> None:
    figures = _figures(result, stages)
    if result.unfinished:
        _warn(result)
    else:
        kept.ended(figures)
    written = write_report(result, stages, _earlier(kept.folder, figures))
    _show(result)
    _err.print(f"report: {written}", soft_wrap=True, highlight=False)
    fallen = drops(result) if gate and not result.void else []
    flat = figures | figures["suites"][name] if name != "all" else figures
    sys.stdout.write(
        json.dumps({"suite": name, **flat, **({"gate": not fallen and not result.void} if gate else {})}) + "\n"
    )
    for drop in fallen:
        _err.print(f"[red]dropped:[/] {drop}", soft_wrap=True, highlight=False)
    for suite in result.void:
        _err.print(
            f"[red]void:[/] more than {FAILED_ALLOWED:.0%} of {suite} failed; its figures stand for nothing. Mend what "
            f"failed, then give the same command with --run {result.folder.name}: it asks again what failed",
            soft_wrap=True,
            highlight=False,
        )
    if fallen or result.void:
        raise typer.Exit(1)


def _warn(result: Result) -> None:
    if result.unfinished:
        _err.print(f"[yellow]unfinished:[/] {result.unfinished}", soft_wrap=True, highlight=False)


def _figures(result: Result, stages: dict[str, dict[str, float]]) -> dict[str, Any]:
    suites = {
        suite: {
            "cases": len(result.cases[suite]),
            "not_asked": len(result.not_asked[suite]),
            "failed": len(result.failed[suite]),
            "left": result.left[suite],
            **figures,
        }
        for suite, figures in result.figures.items()
    }
    about = result.manifest["about"]
    return {
        "run": str(result.folder),
        "subject": about["subject"],
        "model": about.get("model"),
        "commit": result.manifest["commit"],
        "tokens": result.spent.tokens,
        "cost": round(result.spent.cost, 6),
        "suites": suites,
        "void": result.void,
        **({"stages": stages} if stages else {}),
    }


def _earlier(folder: Path, now: dict[str, Any]) -> list[dict[str, Any]]:
    """The figures of the runs of the same subject beside this one, oldest first: what the report draws over time."""
    found = []
    for path in sorted(folder.parent.glob("*/figures.json")):
        try:
            manifest = json.loads((path.parent / "run.json").read_text("utf-8"))
            figures = json.loads(path.read_text("utf-8"))
            same = all(figures[name] == now[name] for name in ("subject", "model"))
            if same and not manifest["limit"]:
                found.append({"started": manifest["started"], "name": path.parent.name, **figures})
        except (OSError, ValueError, KeyError):
            continue  # a folder of something else
    return sorted(found, key=lambda one: str(one["started"]))


def _show(result: Result) -> None:
    for suite, figures in result.figures.items():
        table = Table(title=f"{SUITES[suite].title} {suite}: {len(result.scores[suite])} asked", title_justify="left")
        for heading in ("figure", "mean", "95%", "noise", "cases"):
            table.add_column(heading, justify="left" if heading == "figure" else "right", no_wrap=True)
        for row in rows_of(result, suite):
            table.add_row(
                f"{row.metric.name} {'↑' if row.metric.better == 'higher' else '↓'}",
                f"{row.value:.3f}",
                f"{row.low:.3f}–{row.high:.3f}" if row.low is not None else "",
                f"{row.noise:.3f}" if row.noise is not None else "",
                str(row.cases),
            )
        judged = any(name.startswith("judge_") for name in figures)
        if not judged and any(name.startswith("judge_") for name in metrics_of(suite)):
            table.caption = "no judge: nobody graded what only a reader can; see --judge-url"
        _err.print(table)
        if not_asked := result.not_asked[suite]:
            _err.print(f"not asked: {len(not_asked)}, for example {next(iter(not_asked.items()))}", highlight=False)
        if failed := result.failed[suite]:
            (case, _), why = next(iter(failed.items()))
            _err.print(f"failed, in no figure: {len(failed)}, for example {case}: {why}", highlight=False, markup=False)


# -- the suite `load` --------------------------------------------------------------------------------------------------


@app.command("load", help="How long turns take, and whether they hold, when many learners ask at once.")
def load_command(
    base_url: BaseUrl = None,
    token: Token = None,
    data: Data = None,
    limit: Annotated[int, typer.Option(min=1, help="Turns a level.")] = 60,
    report: Report = None,
) -> None:
    """Ask questions of the suite `answers`, from more and more learners at once."""
    with (
        explained("companion-eval", _err, EvaluationProblem, IndexProblem, exit_code=1),
        progress_bars(_err) as progress,
    ):
        settings = CompanionSettings()
        cases = _plan(["answers"], data, None, 0, 1).cases["answers"]
        messages = [case.question for case in sample(cases, limit, 0)]  # type: ignore[attr-defined]

        async def measured() -> tuple[dict[str, Any], list[Level]]:
            who, embedder, serving = _Who(base_url, None, "", False, token), None, settings
            if who.needs_index:
                embedder = make_embedder(settings, progress)
                serving = evaluation_index(settings, _libraries(data), embedder, progress)
            subject = who.subject(serving, embedder)
            try:
                return subject.about(), await load(subject, messages, limit, progress)
            finally:
                await subject.close()

        about, levels = asyncio.run(measured())
    _err.print(_load_table(levels))
    void = [level for level in levels if level.errors > FAILED_ALLOWED]
    figures = {
        "suite": "load",
        "subject": about["subject"],
        "levels": [_of_level(level) for level in levels],
        "void": [level.at_once for level in void],
    }
    if report:
        report.mkdir(parents=True, exist_ok=True)
        (report / f"load-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json").write_text(json.dumps(figures, indent=1), "utf-8")
    sys.stdout.write(json.dumps(figures) + "\n")
    for level in void:
        _err.print(
            f"void: with {level.at_once} at once {level.errors:.0%} failed, for example {level.why}; more than "
            f"{FAILED_ALLOWED:.0%} is no load that it holds",
            soft_wrap=True,
            highlight=False,
            markup=False,
        )
    if void:
        raise typer.Exit(1)


def _load_table(levels: Sequence[Level]) -> Table:
    table = Table(title="milliseconds")
    for heading in ("at once", "turns", "errors", "first p50", "first p95", "whole p50", "whole p95", "turns/s"):
        table.add_column(heading, justify="right")
    for level in levels:
        shown = (level.first_p50_ms, level.first_p95_ms, level.total_p50_ms, level.total_p95_ms)
        table.add_row(
            str(level.at_once), str(level.turns), f"{level.errors:.1%}",
            *("–" if ms is None else f"{ms:.0f}" for ms in shown), f"{level.turns_per_second:.1f}",
        )  # fmt: skip
    return table


def _of_level(level: Level) -> dict[str, Any]:
    """A level as JSON, where what is unknown is null."""
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(level).items()}


# -- runs that were kept -----------------------------------------------------------------------------------------------


@app.command("compare", help="Two runs side by side, with intervals and the cases that flipped.")
def compare_command(before: Path, after: Path) -> None:
    """Paired bootstrap over the cases that both runs have."""
    with explained("companion-eval", _err, EvaluationProblem, exit_code=1):
        results = scored(Run(before)), scored(Run(after))
        differences = compare(*results)
        if not differences:
            raise DataProblem("these runs have no case in common")
    title = f"{before.name} → {after.name}; 95% intervals of the difference, paired bootstrap"
    table = Table(title=title, box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("suite", "figure", "cases", "before", "after", "change", "95%", "verdict", "flipped"):
        table.add_column(heading, no_wrap=True)
    for one in differences:
        worse = sum(not flip.better for flip in one.flips)
        table.add_row(
            one.suite, one.metric.name, str(one.cases), f"{one.before:.3f}", f"{one.after:.3f}", f"{one.change:+.3f}",
            f"{one.low:+.3f} … {one.high:+.3f}", one.verdict, f"+{len(one.flips) - worse} −{worse}",
        )  # fmt: skip
    _err.print(table)
    for result in results:
        _warn(result)
    for one in differences:
        for flip in one.flips:
            way = "better" if flip.better else "worse"
            _err.print(
                f"{flip.suite} {flip.metric} {way}: {flip.case} {flip.before:.2f} → {flip.after:.2f}", highlight=False
            )
    told = [_told(one) for one in differences]
    unfinished = [str(result.folder) for result in results if result.unfinished]
    sys.stdout.write(json.dumps({"differences": told, "unfinished": unfinished}) + "\n")


def _told(one: Any) -> dict[str, Any]:
    figures = rounded({"before": one.before, "after": one.after, "low": one.low, "high": one.high})
    flipped = {"better": [f.case for f in one.flips if f.better], "worse": [f.case for f in one.flips if not f.better]}
    return {
        "suite": one.suite,
        "metric": one.metric.name,
        "cases": one.cases,
        "verdict": one.verdict,
        **figures,
        **flipped,
    }


@app.command("report", help="Score a kept run again and write its report anew.")
def report_command(run: Path) -> None:
    """A recorded run as a subject: nobody is asked."""
    with explained("companion-eval", _err, EvaluationProblem, exit_code=1):
        kept = Run(run)
        _ended(scored(kept), kept, "all", {}, gate=False)


@app.command(
    "accept", help="Make a run the one that --gate holds others against; further runs of the build tell its noise."
)
def accept_command(
    runs: list[Path],
    to: Annotated[Path, typer.Option(help="The file that --gate reads.", metavar="FILE")] = ACCEPTED,
) -> None:
    """The first run's figures become the accepted ones."""
    with explained("companion-eval", _err, EvaluationProblem, exit_code=1):
        accept([scored(Run(run)) for run in runs], to)
    sys.stdout.write(json.dumps({"accepted": str(runs[0]), "file": str(to)}) + "\n")


@app.command("failures", help="The cases that a run failed, as a file of cases that can be worked on.")
def failures_command(
    run: Path,
    suite: Annotated[str, typer.Argument(help=", ".join(SUITES))],
    to: Annotated[Path, typer.Option(help="Where to write them, JSON lines.", metavar="FILE")],
) -> None:
    """Each with what was wrong as its note; ids are kept, so that a fix can be seen as a flip."""
    with explained("companion-eval", _err, EvaluationProblem, exit_code=1):
        result = scored(Run(run))
        if suite not in result.scores:
            raise DataProblem(f"{run} has no suite {suite!r}; it has {', '.join(result.scores)}")
    wrong = {score.case: score.failures for score in result.scores[suite] if score.failures}
    with to.open("w", encoding="utf-8") as file:
        for id_, failures in wrong.items():
            case: Case = result.cases[suite][id_]
            row = case.model_dump(mode="json", exclude_defaults=True) | {"note": "; ".join(failures)}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    sys.stdout.write(json.dumps({"failed": len(wrong), "file": str(to)}) + "\n")


@app.command("candidates", help="Write what learners disliked to a file, as drafts of cases for the suite answers.")
def candidates_command(
    base_url: Annotated[str, typer.Option(help="The deployment.")],
    to: Annotated[Path, typer.Option(help="Where to write them, JSON lines.", metavar="FILE")],
    token: Annotated[str | None, typer.Option(envvar="OPERATOR_TOKEN", help="An operator's token.")] = None,
    days: Annotated[int, typer.Option(min=1, max=366)] = 30,
) -> None:
    """A teacher names the passage and the facts, or that nothing answers; `lint` says what is missing."""
    with explained("companion-eval", _err, EvaluationProblem, exit_code=1):
        turns = disliked(base_url, token, days)
    write_drafts(turns, to)
    sys.stdout.write(json.dumps({"candidates": len(turns), "file": str(to)}) + "\n")


@app.command("lint", help="Look files of cases over: form, ids, quotes, courses, balance.")
def lint_command(
    files: list[Path],
    library: Annotated[list[Path] | None, typer.Option(help="The courses they are about.", metavar="DIR")] = None,
) -> None:
    """Exit code 1 when something is wrong."""
    faults: list[str] = []
    others = [path for path in files if is_of_another_test(path)]
    if others:
        names = ", ".join(path.name for path in others)
        _err.print(f"of no suite, and looked over by tests of their own: {names}", soft_wrap=True, highlight=False)
    cases = [case for path in files if path not in others for case in read_cases(path, faults)]
    faults += faults_of(cases, library or _libraries(None))
    for fault in faults:
        _err.print(fault, soft_wrap=True, highlight=False, markup=False)
    sys.stdout.write(
        json.dumps({"cases": len(cases), "faults": len(faults), **balance_of(cases)}, ensure_ascii=False) + "\n"
    )
    if faults:
        raise typer.Exit(1)


# -- data sets that others made ----------------------------------------------------------------------------------------


def _collection(data: Path, limit: int | None, report: Path | None, ablate: bool) -> None:
    """The suite `retrieval` over a public data set, indexed as it is."""
    with progress_bars(_err) as progress:
        collection = read_collection(data, limit)
        for note in collection.notes:
            _err.print(f"{collection.name}: {note}", soft_wrap=True, highlight=False, markup=False)
        settings = CompanionSettings()
        embedder, served = make_embedder(settings, progress), served_by(settings)
        cross_encoder = reading_together(settings, progress) if ablate or served == TOGETHER else None
        asked = list(STAGES) if ablate else [served]
        wording = make_wording(settings)
        indexing, stages = evaluate(collection, embedder, asked, progress, wording, cross_encoder)
    figures = _of_stages(collection, embedder.fingerprint, indexing, stages, served)
    _err.print(_stage_table(stages))
    if report:
        _keep(report, collection, stages, figures)
    sys.stdout.write(json.dumps(figures) + "\n")


def _advice(data: Path, limit: int | None, report: Path | None) -> None:
    """The suite `recommend` over tables that others made, against popularity and plain catalogue search."""
    told: list[dict[str, Any]] = []
    with progress_bars(_err) as progress:
        embedder = make_embedder(CompanionSettings(), progress)
        for one in evaluate_advice(data, embedder, limit, progress):
            table = Table(title=f"{one.data}; {one.questions} questions; percent")
            for heading in ("way", *one.ways[0].figures):
                table.add_column(heading, justify="left" if heading == "way" else "right")
            for way in one.ways:
                table.add_row(way.way, *(f"{100 * value:.1f}" for value in way.figures.values()))
            _err.print(table)
            told.append(
                {"data": one.data, "questions": one.questions, **{way.way: dict(way.figures) for way in one.ways}}
            )
    figures = {"suite": "recommend", "sets": told, **told[0]["ours"]} if told else {"suite": "recommend", "sets": []}
    if report:
        report.mkdir(parents=True, exist_ok=True)
        (report / "recommend.json").write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")
    sys.stdout.write(json.dumps(figures, ensure_ascii=False) + "\n")


def _of_stages(
    collection: Any, embedder: str, indexing: IndexingReport, stages: list[StageReport], served: str
) -> dict[str, Any]:
    """The figures of what serves, and under `stages` those of each stage."""
    rows = {stage.stage: {**rounded(stage.figures), **_speed(stage)} for stage in stages}
    return {
        "suite": "retrieval",
        "data": collection.name,
        "embedder": embedder,
        "passages": indexing.passages,
        "questions": len(collection.queries),
        "notes": list(collection.notes),
        "passages_per_second": round(indexing.passages_per_second, 1),
        **rows[served],
        **({"stages": rows} if len(rows) > 1 else {}),
    }


def _speed(stage: StageReport) -> dict[str, float]:
    return {"query_p50_ms": round(stage.query_p50_ms, 2), "query_p95_ms": round(stage.query_p95_ms, 2)}


_SHOWN = ("ndcg@10", "recall@1", "hit@3", "recall@5", "recall@20", "mrr@10")


def _stage_table(stages: list[StageReport]) -> Table:
    # Nine columns have to fit into eighty signs, or their figures are cut.
    title = "percent of questions, or of what they could find; milliseconds a question"
    table = Table(title=title, box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("stage", *_SHOWN, "p50", "p95"):
        table.add_column(heading, no_wrap=True, justify="left" if heading == "stage" else "right")
    for stage in stages:
        figures = (f"{100 * stage.figures[name]:.1f}" for name in _SHOWN)
        table.add_row(stage.stage, *figures, f"{stage.query_p50_ms:.1f}", f"{stage.query_p95_ms:.1f}")
    return table


def _keep(folder: Path, collection: Any, stages: list[StageReport], figures: dict[str, Any]) -> None:
    """figures.json, and one line a question of what it found and should have found."""
    target = folder / f"retrieval-{collection.name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    target.mkdir(parents=True)
    (target / "figures.json").write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")
    for stage in stages:
        with (target / f"{stage.stage}.jsonl").open("w", encoding="utf-8") as file:
            for id_, found in stage.run.items():
                wanted = collection.relevant[id_]
                ranks = [rank for rank, entry in enumerate(found, 1) if entry in wanted]
                row = {
                    "_id": id_,
                    "text": collection.queries[id_],
                    "first_relevant_rank": min(ranks, default=None),
                    "wanted": list(wanted),
                    "found": found[:10],
                }
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    _err.print(f"kept in {target}")


_make: Callable[[str], None] = _suite_command
for _name in [*SUITES, "all"]:
    _make(_name)


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
