"""A run: what was asked of whom, with what came back, kept so that it can be taken up, scored and compared again."""

import asyncio
import hashlib
import json
import platform
import random
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course_index.terminal import OnProgress
from eval.case import FORMS, Case
from eval.errors import DataProblem, RunMismatch
from eval.reply import Passage, Record, Reply, from_wire, to_wire
from eval.score import Metric, Score, means
from eval.subjects.subject import Subject
from eval.suites import SUITES
from eval.suites.suite import Catalogue, NotAsked

# What must be the same for a run to be taken up again.
_SAME = ("about", "content", "cases", "seed", "limit", "repeat", "data")
_FORM = 1
# Beyond this share of failed conversations a suite's figures are those of the few that happened to get through.
FAILED_ALLOWED = 0.05


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be asked: the cases of each suite, so many times over."""

    cases: Mapping[str, Sequence[Case]]
    repeat: int = 1
    seed: int = 0
    limit: int | None = None
    data: str = "own"


class Run:
    """A run's folder: run.json, turns.jsonl (what came back), cases.jsonl (what was asked), catalogue.json."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def manifest(self) -> dict[str, Any]:
        """What the run was of. Raises DataProblem where there is no run."""
        try:
            manifest: dict[str, Any] = json.loads((self.folder / "run.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise DataProblem(f"{self.folder} holds no run; a run's folder has a run.json") from error
        if manifest.get("form") != _FORM:
            raise DataProblem(f"{self.folder} was kept by another version of companion-eval; run it again")
        return manifest

    def begin(self, about: Mapping[str, Any], plan: Plan, catalogue: Catalogue, content: str | None = None) -> None:
        """Write down what is run; or, where it was begun before, see that it is the same. Raises RunMismatch.

        `content` is the subject's.
        """
        manifest = {
            "form": _FORM,
            "about": dict(about),
            "content": content,
            **commit(),
            "cases": {suite: _fingerprint(cases) for suite, cases in plan.cases.items()},
            "seed": plan.seed,
            "limit": plan.limit,
            "repeat": plan.repeat,
            "data": plan.data,
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": f"{platform.machine()} {platform.system()}, Python {platform.python_version()}",
        }
        if (self.folder / "run.json").exists():
            before = self.manifest
            for name in _SAME:
                if before.get(name) != json.loads(json.dumps(manifest[name])):
                    raise RunMismatch(
                        f"{self.folder} was begun with another {name} ({before.get(name)}); "
                        "name another --run, or delete it"
                    )
            self._cut_torn_line()
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(self.folder / "catalogue.json", dict(catalogue))
        with (self.folder / "cases.jsonl").open("w", encoding="utf-8") as file:
            for suite, cases in plan.cases.items():
                for case in cases:
                    file.write(_line({"suite": suite, **case.model_dump(mode="json", exclude_defaults=True)}))
        _write(self.folder / "run.json", manifest)

    def ended(self, figures: Mapping[str, Any]) -> None:
        """The run is complete."""
        _write(self.folder / "figures.json", dict(figures))

    def keep(self, suite: str, record: Record) -> None:
        """Keep what a case drew, at once: a run that is broken off loses one case at most."""
        row: dict[str, Any] = {
            "suite": suite,
            "case": record.case,
            "repetition": record.repetition,
            "said": record.said,
            "turns": [to_wire(reply) for reply in record.replies],
            "passages": record.passages,
        }
        if record.found is not None:
            row["found"] = [[one.id, one.course_id, one.text] for one in record.found]
        self._append(row)

    def pass_over(self, suite: str, case: str, repetition: int, why: str) -> None:
        """Keep that a case could not be asked of this subject."""
        self._append({"suite": suite, "case": case, "repetition": repetition, "not_asked": why})

    def add_judgement(self, suite: str, case: str, repetition: int, figures: Mapping[str, float | None]) -> None:
        """Keep what a judge found; None where the judge could not be understood."""
        self._append({"suite": suite, "case": case, "repetition": repetition, "judged": dict(figures)}, "judged.jsonl")

    def keep_judge(self, judge: Mapping[str, Any]) -> None:
        """Keep who judged, and how that judge agrees with people where it was measured."""
        _write(self.folder / "judge.json", dict(judge))

    @property
    def judge(self) -> dict[str, Any] | None:
        """Who judged; None where nobody did."""
        path = self.folder / "judge.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else None

    def rows(self, name: str = "turns.jsonl") -> list[dict[str, Any]]:
        """The rows kept; a last line that was cut off by a kill is left aside. Raises DataProblem."""
        path = self.folder / name
        # Not splitlines: what was said may hold U+2028, which JSON leaves as it is.
        whole = path.read_text("utf-8").split("\n")[:-1] if path.exists() else []
        rows = []
        for number, line in enumerate(whole, 1):
            try:
                rows.append(json.loads(line))
            except ValueError as error:
                raise DataProblem(f"{path}, line {number}: this is no JSON ({error})") from error
        return rows

    def cases(self) -> dict[str, dict[str, Case]]:
        """The cases that were asked, by suite and id."""
        found: dict[str, dict[str, Case]] = {}
        for row in self.rows("cases.jsonl"):
            suite = row.pop("suite")
            case = FORMS[suite].model_validate(row)
            found.setdefault(suite, {})[case.id] = case
        return found

    @property
    def catalogue(self) -> dict[str, Any]:
        """The records that recommendations are held against."""
        catalogue: dict[str, Any] = json.loads((self.folder / "catalogue.json").read_text("utf-8"))
        return catalogue

    def _append(self, row: Mapping[str, Any], name: str = "turns.jsonl") -> None:
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(_line(row))

    def _cut_torn_line(self) -> None:
        """A run that was killed while it wrote ends in half a line."""
        for path in self.folder.glob("*.jsonl"):
            content = path.read_bytes()
            if not content.endswith(b"\n"):
                path.write_bytes(content[: content.rfind(b"\n") + 1])


@dataclass(slots=True)
class Spent:
    """What the subject's model read and wrote, in tokens, and what that cost where it tells."""

    tokens: int = 0
    cost: float = 0.0

    def add(self, replies: Iterable[Reply]) -> None:
        """Count these turns."""
        for usage in (reply.done.usage for reply in replies if reply.done):
            self.tokens += int(usage.get("prompt_tokens", 0) + usage.get("completion_tokens", 0))
            self.cost += usage.get("cost", 0.0)

    def __str__(self) -> str:
        if not self.tokens:
            return ""
        return f"{self.tokens:,} tokens" + (f", {self.cost:.4f}" if self.cost else "")


async def ask_all(subject: Subject, plan: Plan, run: Run, progress: OnProgress, at_once: int = 1) -> None:
    """Ask every case that the run has no reply to yet, so many at once: what failed is asked again.

    Raises SubjectUnreachable.
    """
    served = await subject.catalogue()
    done = {key for key, row in _latest(run).items() if "not_asked" in row or not _record(row).failed}
    for suite, cases in plan.cases.items():
        due = [(case, again) for again in range(plan.repeat) for case in cases]
        left = [(case, again) for case, again in due if (suite, case.id, again) not in done]
        await _ask_suite(suite, left, len(due), subject, served, run, progress, at_once)


async def _ask_suite(
    suite: str,
    left: Sequence[tuple[Case, int]],
    total: int,
    subject: Subject,
    served: Catalogue | None,
    run: Run,
    progress: OnProgress,
    at_once: int,
) -> None:
    waiting, asked, spent = iter(left), total - len(left), Spent()
    progress(suite, asked, total)

    async def ask_on() -> None:
        nonlocal asked
        for case, repetition in waiting:
            await _ask(suite, case, repetition, subject, served, run, spent)
            asked += 1
            progress(suite, asked, total, str(spent))

    await asyncio.gather(*(ask_on() for _ in range(at_once)))


async def _ask(
    suite: str, case: Case, repetition: int, subject: Subject, served: Catalogue | None, run: Run, spent: Spent
) -> None:
    missing = case.courses() - set(served) if served is not None else set()
    if missing:
        run.pass_over(suite, case.id, repetition, f"it does not serve {', '.join(sorted(missing))}")
        return
    try:
        record = await SUITES[suite].ask(case, subject, repetition)
    except NotAsked as error:
        run.pass_over(suite, case.id, repetition, str(error))
        return
    run.keep(suite, record)
    spent.add(record.replies)


@dataclass(frozen=True, slots=True)
class Result:
    """A run scored: for each suite its cases, records and scores, and the figures of all.

    `left` counts, by suite, what a run that was broken off has not come to. `failed` holds why conversations broke, by
    case and repetition: they have no record and no score, since silence is neither honest nor safe.
    """

    manifest: Mapping[str, Any]
    cases: Mapping[str, Mapping[str, Case]]
    records: Mapping[str, Sequence[Record]]
    scores: Mapping[str, Sequence[Score]]
    not_asked: Mapping[str, Mapping[str, str]]
    failed: Mapping[str, Mapping[tuple[str, int], str]]
    left: Mapping[str, int]
    figures: Mapping[str, Mapping[str, float]]
    spent: Spent
    folder: Path
    judge: Mapping[str, Any] | None = None

    @property
    def unfinished(self) -> str:
        """In words, what the run was broken off before; empty for a whole run."""
        left = ", ".join(f"{count} of {suite}" for suite, count in self.left.items() if count)
        return f"{self.folder} is unfinished: {left} not asked yet" if left else ""

    @property
    def void(self) -> list[str]:
        """The suites of which so much failed that their figures stand for nothing."""
        return [
            suite
            for suite, failed in self.failed.items()
            if len(failed) > FAILED_ALLOWED * (len(failed) + len(self.scores[suite]))
        ]


def scored(run: Run) -> Result:
    """Score what a run kept. The scores are made anew each time, so an old run can be read with new measures."""
    manifest, cases, catalogue = run.manifest, run.cases(), run.catalogue
    judged = {(row["suite"], row["case"], row["repetition"]): row["judged"] for row in run.rows("judged.jsonl")}
    records: dict[str, list[Record]] = {suite: [] for suite in cases}
    scores: dict[str, list[Score]] = {suite: [] for suite in cases}
    not_asked: dict[str, dict[str, str]] = {suite: {} for suite in cases}
    passed_over = dict.fromkeys(cases, 0)
    failed: dict[str, dict[tuple[str, int], str]] = {suite: {} for suite in cases}
    for row in _latest(run).values():
        suite, case = row["suite"], cases.get(row["suite"], {}).get(row["case"])
        if case is None:
            continue
        if "not_asked" in row:
            not_asked[suite][case.id] = row["not_asked"]
            passed_over[suite] += 1
            continue
        record = _record(row)
        if why := record.failed:
            failed[suite][case.id, record.repetition] = why
            continue
        score: Score = SUITES[suite].score(case, record, catalogue)
        verdicts = judged.get((suite, case.id, record.repetition), {})
        known = {name: value for name, value in verdicts.items() if value is not None}
        records[suite].append(record)
        scores[suite].append(Score(score.case, score.repetition, {**score.figures, **known}, score.failures))
    figures = {suite: _figures(suite, cases[suite], records[suite], scores[suite], catalogue) for suite in cases}
    left = {
        suite: len(of) * manifest["repeat"] - len(scores[suite]) - len(failed[suite]) - passed_over[suite]
        for suite, of in cases.items()
    }
    spent = Spent()
    for of in records.values():
        for record in of:
            spent.add(record.replies)
    return Result(manifest, cases, records, scores, not_asked, failed, left, figures, spent, run.folder, run.judge)


def _figures(
    suite: str, cases: Mapping[str, Case], records: Sequence[Record], scores: Sequence[Score], catalogue: Catalogue
) -> dict[str, float]:
    """The means, in the order of the suite's metrics, and what the suite sums up itself."""
    found = means(scores) | SUITES[suite].overall(
        list(cases.values()), {one.case: one for one in records}, {one.case: one for one in scores}, catalogue
    )
    return {metric.name: round(found[metric.name], 4) for metric in SUITES[suite].metrics if metric.name in found}


def metrics_of(suite: str) -> dict[str, Metric]:
    """A suite's metrics by name."""
    return {metric.name: metric for metric in SUITES[suite].metrics}


def sample(cases: Sequence[Case], limit: int | None, seed: int) -> list[Case]:
    """At most so many cases, drawn evenly over kinds and languages; the same for the same seed."""
    if limit is None or limit >= len(cases):
        return list(cases)
    dice = random.Random(seed)
    groups: dict[tuple[Any, ...], list[Case]] = {}
    for case in cases:
        kind = getattr(case, "kind", None) or getattr(case, "shape", None)
        groups.setdefault((kind, case.language), []).append(case)
    for group in groups.values():
        dice.shuffle(group)
    drawn: list[Case] = []
    while len(drawn) < limit:
        for group in sorted(groups.values(), key=lambda group: -len(group)):
            if group and len(drawn) < limit:
                drawn.append(group.pop())
    return drawn


def commit() -> dict[str, Any]:
    """The commit that runs, and whether files differ from it; unknown outside a checkout."""
    here = Path(__file__).parent

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(["git", *words], cwd=here, capture_output=True, text=True, timeout=10, check=True)
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no")
    return {"commit": git("rev-parse", "--short=12", "HEAD"), "changed": None if changed is None else bool(changed)}


def _latest(run: Run) -> dict[tuple[str, str, int], dict[str, Any]]:
    """The last row of each case and repetition: what failed once may have been asked again."""
    return {(row["suite"], row["case"], row["repetition"]): row for row in run.rows()}


def _record(row: Mapping[str, Any]) -> Record:
    found = [Passage(*one) for one in row["found"]] if "found" in row else None
    replies = [from_wire(turn) for turn in row["turns"]]
    return Record(row["case"], row["repetition"], row["said"], replies, found, row["passages"])


def _fingerprint(cases: Iterable[Case]) -> str:
    rows = "".join(_line(case.model_dump(mode="json")) for case in cases)
    return hashlib.sha256(rows.encode()).hexdigest()[:12]


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
