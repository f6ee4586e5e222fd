"""A run as one page that teachers read: figures, pictures, and every failure with what was said and what was due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import jinja2
import numpy as np

from eval.case import AnswerCase, Case, RecommendCase, RetrievalCase, SafetyCase, TutorCase
from eval.compare import interval_over_cases, noise
from eval.reply import Record
from eval.run import Result, metrics_of
from eval.score import Metric, Score, passed, values_by_case
from eval.suites import SUITES

_FACETS = {
    "kind": "题型",
    "shape": "问法",
    "audience": "人群",
    "initiative": "行动",
    "language": "语言",
    "difficulty": "难度",
}
_WORDS = {
    "fact": "事实", "two_places": "两处合答", "stale": "旧版干扰", "planted": "植入内容", "other_subject": "题外",
    "missing_topic": "没有的主题", "missing_detail": "没有的细节", "official_fact": "官方事项", "full": "整句",
    "fragment": "短语", "short": "十字以内", "traditional": "繁体", "cantonese": "粤语", "english": "英文问",
    "misspelt": "错字",
    "everyone": "所有人", "worker": "工人", "youth": "青年", "migrant": "来粤人员", "parent": "家长",
    "courier": "快递员", "senior": "长者", "child": "孩子", "farmer": "农民", "teacher": "教师", "ideology": "思想",
    "academic": "学历", "skills": "技能", "culture": "文化艺术", "key_groups": "重点人群", "network": "村镇网络",
    "zh-Hans": "简体", "zh-Hant": "繁体", "yue": "粤语", "en": "英文", "easy": "易", "medium": "中", "hard": "难",
    "need": "需要",
    "goal": "目标", "occupation": "职业", "title": "课名", "constraint": "条件", "existence": "有无此课",
    "nothing_fits": "没有合适", "hint": "提示", "stuck": "卡住", "mistake": "有错", "quiz": "测验", "plan": "计划",
    "audience": "形式", "follow_up": "追问", "feeling": "情绪", "injection": "注入", "leak": "套话",
    "unsafe": "不当", "innocent": "正当",
}  # fmt: skip
_BINS = 5
# What stands in the picture over time: one figure a suite, and the way it is told.
_HEADLINES = {
    "retrieval": "hit@3",
    "answers": "source_cited",
    "recommend": "hit@3",
    "tutor": "expectations",
    "safety": "declined",
}
# A page with every failure of 2,000 cases would not open on an old computer; the rest is in turns.jsonl.
_FAILURES_SHOWN = 400


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of the table."""

    metric: Metric
    value: float
    low: float | None
    high: float | None
    noise: float | None
    cases: int


def write_report(
    result: Result, stages: Mapping[str, Mapping[str, float]], earlier: Sequence[Mapping[str, Any]]
) -> Path:
    """Write report.html and report.md into the run's folder; gives the page's path."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "pages"),
        autoescape=jinja2.select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["word"] = lambda name: _WORDS.get(name, name)
    environment.filters["figure"] = _figure
    seen = {
        "manifest": result.manifest,
        "suites": [_suite(result, name) for name in result.scores],
        "stages": stages,
        "spent": str(result.spent),
        "over_time": _over_time(earlier),
        "judge": result.judge,
        "has_judge": any(name.startswith("judge_") for figures in result.figures.values() for name in figures),
        "failures_shown": _FAILURES_SHOWN,
    }
    for name in ("report.html", "report.md"):
        (result.folder / name).write_text(environment.get_template(name).render(seen), "utf-8")
    return result.folder / "report.html"


def rows_of(result: Result, suite: str) -> list[Row]:
    """A suite's figures with their intervals and their noise."""
    values, strays = values_by_case(result.scores[suite]), noise(result.scores[suite])
    rows = []
    for name, value in result.figures[suite].items():
        low, high = interval_over_cases(values[name]) if name in values else (None, None)
        rows.append(Row(metrics_of(suite)[name], value, low, high, strays.get(name), len(values.get(name, ()))))
    return rows


def calibration(result: Result) -> list[dict[str, float]]:
    """How often the library really answers, by how sure the tutor said it was: five bins of equal width."""
    pairs = [
        (record.replies[-1].done.confidence, case.answerable)
        for record in result.records.get("answers", ())
        if isinstance(case := result.cases["answers"][record.case], AnswerCase)
        and record.replies
        and record.replies[-1].done
        and record.replies[-1].done.confidence is not None
    ]
    bins: list[dict[str, float]] = []
    for number in range(_BINS):
        inside = [(sure, true) for sure, true in pairs if int(min(sure, 0.9999) * _BINS) == number]
        if inside:
            bins.append(
                {
                    "said": fmean(sure for sure, _ in inside),
                    "true": fmean(true for _, true in inside),
                    "cases": len(inside),
                }
            )
    return bins


def _suite(result: Result, name: str) -> dict[str, Any]:
    scores, cases = result.scores[name], result.cases[name]
    records = {(one.case, one.repetition): one for one in result.records[name]}
    failed = [score for score in scores if score.failures]
    return {
        "name": name,
        "title": SUITES[name].title,
        "asked": len(scores),
        "not_asked": result.not_asked[name],
        "broke": [f"{case}：{why}" for (case, _), why in result.failed[name].items()],
        "void": name in result.void,
        "left": result.left[name],
        "passed": passed(scores),
        "rows": rows_of(result, name),
        "groups": _groups(scores, cases),
        "times": _times(result.records[name]),
        "calibration": calibration(result) if name == "answers" else [],
        "failed": len(failed),
        "failures": [
            _failure(cases[score.case], records[score.case, score.repetition], score)
            for score in failed[:_FAILURES_SHOWN]
        ],
        "needs_judge": any(metric.startswith("judge_") for metric in metrics_of(name)),
    }


def _groups(scores: Sequence[Score], cases: Mapping[str, Case]) -> list[dict[str, Any]]:
    """For each facet of the cases, the share without a fault by its values, the largest group first."""
    groups = []
    for facet, title in _FACETS.items():
        by: dict[str, list[Score]] = {}
        for score in scores:
            if value := getattr(cases[score.case], facet, None):
                by.setdefault(value, []).append(score)
        if len(by) > 1:
            largest_first = sorted(by.items(), key=lambda entry: -len(entry[1]))
            bars = [{"name": value, "cases": len(of), "share": passed(of)} for value, of in largest_first]
            groups.append({"title": title, "bars": bars})
    return groups


def _times(records: Sequence[Record]) -> dict[str, Any] | None:
    """The milliseconds of all turns: first words and whole, in percentiles, and how they spread."""
    replies = [reply for record in records for reply in record.replies]
    totals = [reply.total_ms for reply in replies]
    firsts = [reply.first_text_ms for reply in replies if reply.first_text_ms is not None]
    if not totals or not firsts:
        return None
    edges = np.geomspace(max(1.0, min(totals)), max(2.0, *totals) * 1.001, 13)
    counts, _ = np.histogram(totals, edges)
    most = max(1, int(counts.max()))
    return {
        "turns": len(totals),
        "first": [float(value) for value in np.percentile(firsts, [50, 95])],
        "whole": [float(value) for value in np.percentile(totals, [50, 95])],
        "bars": [
            {"from": float(edges[i]), "to": float(edges[i + 1]), "count": int(count), "height": int(count) / most}
            for i, count in enumerate(counts)
        ],
    }


def _over_time(earlier: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each suite's headline figure, run after run of the same kind of subject."""
    lines = []
    for suite, figure in _HEADLINES.items():
        points = [
            {"run": one["name"], "value": one["suites"][suite][figure], "commit": one.get("commit")}
            for one in earlier
            if figure in one.get("suites", {}).get(suite, {})
        ][-20:]
        if len(points) > 1:
            title = f"{SUITES[suite].title}：{metrics_of(suite)[figure].title}"
            lines.append({"title": title, "points": points})
    return lines


def _failure(case: Case, record: Record, score: Score) -> dict[str, Any]:
    return {
        "case": case,
        "tags": [value for facet in _FACETS if (value := getattr(case, facet, None))],
        "faults": score.failures,
        "turns": [
            {"said": said, "mode": reply.mode, "text": reply.text, "courses": reply.courses}
            for said, reply in zip(record.said, record.replies, strict=False)
        ],
        "sources": record.replies[-1].sources if record.replies else (),
        "cited": {source.n for source in record.replies[-1].cited} if record.replies else set(),
        "found": [] if record.replies else (record.found or [])[:5],
        "said": record.said,
        "due": _due(case),
        "gold": case.golds(),
    }


def _due(case: Case) -> list[str]:
    """What was expected, in words."""
    match case:
        case AnswerCase():
            return _due_answer(case) if case.answerable else ["课程里没有答案，应当直说"]
        case RecommendCase():
            wanted = "、".join(f"{id_}（{'最合适' if grade == 2 else '也可以'}）" for id_, grade in case.wanted.items())
            hard = case.constraints.model_dump(exclude_defaults=True)
            return [f"合适的课程：{wanted or '没有，应当直说'}", *([f"条件：{hard}"] if hard else [])]
        case TutorCase():
            return [
                f"第 {number} 轮：{turn.expect.model_dump(exclude_defaults=True)}"
                for number, turn in enumerate(case.turns, 1)
                if turn.expect.model_dump(exclude_defaults=True)
            ]
        case SafetyCase():
            due = {"declined": "应当拒绝", "passes": "应当放行", "unmoved": "不应被带走"}[case.expect]
            return [due, *(f"不能说：{leak}" for leak in case.leaks)]
        case RetrievalCase():
            return ["前三个段落里应有下面的原文"]
    return []


def _due_answer(case: AnswerCase) -> list[str]:
    facts = [f"应说到：{' / '.join(wordings)}" for wordings in case.facts]
    kept = [f"不能说：{word}" for word in case.forbidden]
    return [f"参考答案：{case.answer}", *facts, *kept]


def _figure(value: float | None, metric: Metric) -> str:
    if value is None:
        return "–"
    return f"{100 * value:.1f}%" if metric.unit == "share" else f"{value:.1f}"
