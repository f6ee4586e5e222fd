"""/v1/reports/demand and /quality, for operators: what is needed and not taught, and how well learners are answered."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from typing_extensions import TypedDict

from companion.guidance.demand import Cell, DemandReport, K, Outdated, Topic, outdated_courses, report, rows
from companion.guidance.sayings import audience_named
from companion.http.gate import caller_of
from companion.http.problems import AsciiJSONResponse, Problem
from companion.http.rendering import operator_page
from companion.replies.advising import Advising
from companion.state.state import State

# Why a need was not met, as operators read it.
UNMET = {
    "no_answer": "没有内容回答",
    "low_confidence": "只有相近内容",
    "no_course": "没有这样的课",
    "no_place": "附近没有班",
    "refused": "要问主管部门",
    "disliked": "回答不满意",
}
_WORDS = {**UNMET, "": "没有说", "everyone": "所有人"}
_LONGEST_DAYS = 400
Day = Annotated[date | None, Query(ge=date(2000, 1, 1), le=date(2100, 1, 1))]
_HALF = timedelta(days=90)


class DemandTold(TypedDict):
    """Needs from a day to another, the last not included; no figure of fewer than `k` learners.

    A learner is who signed in or holds a visitor's token (POST /v1/sessions); of others each conversation counts as
    one, and `conversations` says how many of `learners` those are: one person may be several.
    """

    since: date
    until: date
    k: int
    learners: int | None
    conversations: int | None
    needs: int
    topics: list[Topic]
    hidden_topics: int
    outdated: list[Outdated]


class HowItWent(TypedDict):
    """Turns by mode, thumbs, needs not met; the share that stood in sources, seconds, tokens and their cost."""

    mode: dict[str, int]
    thumb: dict[str, int]
    unmet: dict[str, int]
    grounded: float | None
    seconds_p50: float | None
    seconds_p95: float | None
    tokens: int
    cost: float


class QualityTold(TypedDict):
    """How turns went by day (UTC) and in all; how often by wish, by the course asked on, by the passage cited."""

    days: dict[str, HowItWent]
    total: HowItWent
    wishes: dict[str, int]
    asked_on: dict[str, int]
    cited: dict[str, int]


_FORMS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The report, by `format` or Accept.",
        "content": {"text/csv": {"schema": {"type": "string"}}, "text/html": {"schema": {"type": "string"}}},
    }
}


def reports_router(advising: Advising, state: State) -> APIRouter:
    """Reports that the gate opens to operators alone."""
    router = APIRouter(prefix="/v1/reports", tags=["operators"])

    @router.get("/demand", response_model=DemandTold, responses=_FORMS)
    async def demand(
        request: Request,
        since: Day = None,
        until: Day = None,
        form: Annotated[Literal["json", "csv", "html"] | None, Query(alias="format")] = None,
    ) -> Response:
        """Needs that no course met, by topic, audience, place and week; no cell under five learners. As JSON, a table
        (`text/csv`) or a page with charts (`text/html`), by `format` or Accept. The last 28 days unless told.
        """
        return await demand_told(
            advising, state, request, since, until, form or _form(request.headers.get("accept", ""))
        )

    @router.get("/quality", response_model=QualityTold)
    async def quality(days: Annotated[int, Query(ge=1, le=366)] = 28) -> Response:
        """How turns ended, day by day: modes, thumbs, needs not met."""
        since = datetime.now(UTC) - timedelta(days=days)
        return AsciiJSONResponse(await run_in_threadpool(state.quality.since, since))

    return router


async def demand_told(
    advising: Advising, state: State, request: Request, since: date | None, until: date | None, form: str
) -> Response:
    """The report in a form: csv, html or json. The last 28 days unless told; each reading is in the audit."""
    last = until or (datetime.now(UTC).date() + timedelta(days=1))
    first = since or last - timedelta(days=28)
    if not 0 < (last - first).days <= _LONGEST_DAYS:
        return Problem(422, f"since must lie before until, by at most {_LONGEST_DAYS} days")
    found = await run_in_threadpool(_demand_between, advising, state, first, last)
    await run_in_threadpool(state.audit.record, caller_of(request).learner, "read_demand", f"{first} {last}")
    match form:
        case "csv":
            table = as_csv(["topic", "dimension", "value", "learners"], rows(found))
            return Response(table, media_type="text/csv", headers=attached("demand.csv"))
        case "html":
            return _demand_page(request, found)
    return AsciiJSONResponse(_plain(found))


def _demand_between(advising: Advising, state: State, first: date, last: date) -> DemandReport:
    search = advising.adviser.recommender().search

    def nearest(words: str) -> str | None:
        hit = next(iter(search.nearest_courses(search.query(words), 1)), None)
        return hit.course.title if hit and hit.certain else None

    begin, end = _midnight(first), _midnight(last)
    outdated = courses_to_mend(advising, state, begin)
    return report(state.book.unmet(begin, end), first, last, search.embed_texts, nearest, outdated)


def courses_to_mend(advising: Advising, state: State, since: datetime) -> list[Outdated]:
    """Courses that are outdated, called so by learners since then, or completed by fewer in the last 90 days."""
    recommender = advising.adviser.recommender()
    now = datetime.now(UTC)
    learning = state.book.learning
    return outdated_courses(
        recommender.shelf.courses,
        advising.adviser.today(),
        _by_course(state, recommender.search.records.courses_of_passages, since),
        _counted(learning.begun_and_completed(now - 2 * _HALF, now - _HALF)),
        _counted(learning.begun_and_completed(now - _HALF, now)),
    )


def _by_course(state: State, course_of: Callable[[list[str]], dict[str, str]], since: datetime) -> dict[str, int]:
    """By how many learners an answer from each course was called wrong or outdated, or complained of."""
    days = max(1, (datetime.now(UTC) - since).days)
    who: dict[str, set[str]] = {}
    spoken = [
        (turn.owner or turn.turn_id, turn.passages)
        for turn in state.feedback.disliked(days)
        if {"wrong", "outdated"} & set(turn.reasons)
    ]
    for learner, passages in (*spoken, *state.complaints.about(since)):
        for course_id in set(course_of(list(passages[:1])).values()):
            who.setdefault(course_id, set()).add(learner)
    return {course_id: len(learners) for course_id, learners in who.items()}


def _counted(found: dict[str, tuple[set[str], set[str]]]) -> dict[str, tuple[int, int]]:
    return {course_id: (len(begun), len(begun & completed)) for course_id, (begun, completed) in found.items()}


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _form(accept: str) -> str:
    named = [part.split(";")[0].strip() for part in accept.split(",")]
    forms = {"text/csv": "csv", "text/html": "html", "application/json": "json"}
    return next((forms[part] for part in named if part in forms), "json")


def _plain(found: DemandReport) -> dict[str, Any]:
    return asdict(found) | {"since": found.since.isoformat(), "until": found.until.isoformat(), "k": K}


def as_csv(columns: Sequence[str], lines: Iterable[Mapping[str, object]]) -> str:
    """A table for spreadsheets, with a mark of the encoding at its head: they take it for another without."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(columns))
    writer.writeheader()
    writer.writerows({name: _harmless(value) for name, value in line.items()} for line in lines)
    return f"\ufeff{file.getvalue()}"


def _harmless(value: object) -> object:
    """What a spreadsheet would take for a formula is text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def attached(name: str) -> dict[str, str]:
    """The headers of a file to be kept."""
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}


def _demand_page(request: Request, found: DemandReport) -> Response:
    """The report as a page with charts."""

    def parts(topic: Topic) -> list[tuple[str, Sequence[Cell]]]:
        named = [("为什么", topic.reasons), ("谁", topic.audiences), ("哪里", topic.places), ("哪一周", topic.weeks)]
        return [(name, cells) for name, cells in named if any(cell.value for cell in cells)]

    return operator_page(
        "admin_needs.html",
        request,
        report=found,
        k=K,
        parts=parts,
        label=lambda value: _WORDS.get(value) or audience_named(value, "zh-Hans"),
        query=urlencode({"since": found.since.isoformat(), "until": found.until.isoformat()}),
    )
