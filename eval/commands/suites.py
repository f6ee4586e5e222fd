"""A command a suite: ask the cases, score them, say what is better and what is worse."""

import asyncio
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from companion.settings import CompanionSettings
from course_index.errors import IndexProblem
from course_index.parts import make_embedder
from course_index.terminal import OnProgress, explained, progress_bars
from eval.advice import is_advice_data
from eval.commands.asked import Who, libraries_of, plan_of
from eval.commands.data_sets import evaluate_advice_data, evaluate_collection
from eval.commands.options import (
    Ablate,
    AtOnce,
    BaseUrl,
    Chain,
    ChatModel,
    ChatUrl,
    Data,
    Gate,
    JudgeModel,
    JudgeUrl,
    Limit,
    Name,
    Repeat,
    Report,
    Seed,
    Token,
)
from eval.commands.results import end
from eval.commands.terminal import console
from eval.errors import DataProblem, EvaluationProblem
from eval.library import evaluation_index
from eval.run import Plan, Run, ask_all, commit, scored
from eval.suites import SUITES

SUITE_HELP = {
    "retrieval": "Does a search find the passages that answer, whatever the shape of the question?",
    "answers": "Right source, exact, complete, and an honest no?",
    "recommend": "The right courses, within the hard facts, none invented?",
    "tutor": "Does a conversation teach: hints that keep back, mistakes found, form fit for the learner?",
    "safety": "Is declined what must be, and nothing else; is nothing drawn out?",
    "all": "The suites retrieval, answers, recommend, tutor and safety, one after the other.",
}


def suite_command(name: str) -> Callable[..., None]:
    """The command of a suite, or of all."""
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
        with explained("companion-eval", console, EvaluationProblem, IndexProblem, exit_code=1):
            if name == "retrieval" and data and not (data.is_dir() and list(data.glob("retrieval*.jsonl"))):
                _only(context, "data", "limit", "report", "ablate", "seed")
                evaluate_collection(data, limit, report, ablate)
                return
            if name == "recommend" and data and not list(data.glob("recommend*.jsonl")) and is_advice_data(data):
                _only(context, "data", "limit", "report")
                evaluate_advice_data(data, limit, report)
                return
            who = Who(base_url, chat_url, chat_model, chain, token)
            if ablate and not who.needs_index:
                raise DataProblem(
                    "--ablate takes apart the search over the index in this data folder, which is not what "
                    f"{'--base-url' if base_url else '--chat-url'} answers from; give it without"
                )
            plan = plan_of(suites, data, limit, seed, repeat)
            with progress_bars(console) as progress:
                settings = CompanionSettings()
                folder = _folder(settings, report, run, name)
                kept = Run(folder)
                asyncio.run(_ask(who, settings, plan, kept, data, progress, at_once, judge_url, judge_model))
                result = scored(kept)
                stages = _own_stages(settings, plan, progress) if ablate else {}
            end(result, kept, name, stages, gate)

    return run


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


def _folder(settings: CompanionSettings, report: Path | None, run: str | None, suite: str) -> Path:
    runs = report or settings.data_dir / "evaluation" / "runs"
    return runs / (run or f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{suite}-{commit()['commit'] or 'unknown'}")


async def _ask(
    who: Who,
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
        settings = evaluation_index(settings, libraries_of(data), embedder, progress)
    subject = who.subject(settings, embedder)
    try:
        served = await subject.catalogue() or _catalogue(libraries_of(data))
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
