"""The pages below /admin, for operators: what is asked, how it is answered, what is missing, what needs mending."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from companion.http.gate import PAGE_COOKIE, caller_of
from companion.http.rendering import operator_page
from companion.http.reports import UNMET, Day, as_csv, attached, courses_to_mend, demand_told
from companion.identity import Identities, KeysUnavailable, NotAdmitted
from companion.state.state import State
from companion.turn import Companion

_MODES = {"generated": "AI 写成", "extracted": "原文摘录", "catalogue": "只有目录", "declined": "不能回答"}
_WISHES = {
    "question": "内容提问",
    "courses": "找课",
    "pathway": "问路径",
    "credits": "问学分",
    "practice": "练习",
    "hint": "要提示",
    "plan": "学习计划",
    "again": "再说一遍",
    "more": "继续说",
    "smalltalk": "寒暄",
    "feedback": "评价",
    "end": "结束",
    "nothing": "没有内容",
}
_REASONS = {
    "wrong": "答错了",
    "incomplete": "不完整",
    "not_my_question": "答非所问",
    "outdated": "过时",
    "unclear": "看不懂",
    "unsafe": "不妥当",
    "no_course": "没有要的课",
}
_Days = Annotated[int, Query(ge=1, le=366)]


def admin_router(companion: Companion, state: State, identities: Identities) -> APIRouter:
    """Pages that the gate opens to operators alone, and the one where somebody says that they are one."""
    router = APIRouter(prefix="/admin", include_in_schema=False)
    advising = companion.advising

    @router.get("")
    async def overview(request: Request, days: _Days = 28) -> Response:
        found = await run_in_threadpool(_overview, companion, state, days)
        return operator_page("admin_overview.html", request, days=days, **found)

    @router.get("/overview.csv")
    async def overview_csv(days: _Days = 28) -> Response:
        found = await run_in_threadpool(_overview, companion, state, days)
        columns = list(found["daily"][0]) if found["daily"] else ["day"]
        return Response(as_csv(columns, found["daily"]), media_type="text/csv", headers=attached("overview.csv"))

    @router.get("/needs")
    async def needs(request: Request, since: Day = None, until: Day = None) -> Response:
        return await demand_told(advising, state, request, since, until, "html")

    @router.get("/needs.csv")
    async def needs_csv(request: Request, since: Day = None, until: Day = None) -> Response:
        return await demand_told(advising, state, request, since, until, "csv")

    @router.get("/courses")
    async def courses(request: Request) -> Response:
        return operator_page("admin_courses.html", request, courses=await run_in_threadpool(_to_mend, companion, state))

    @router.get("/courses.csv")
    async def courses_csv() -> Response:
        lines = [one | {"why": "；".join(one["why"])} for one in await run_in_threadpool(_to_mend, companion, state)]
        return Response(
            as_csv(["course_id", "title", "why"], lines), media_type="text/csv", headers=attached("courses.csv")
        )

    @router.get("/feedback")
    async def feedback(request: Request, days: _Days = 28) -> Response:
        """What learners disliked, with what was said before it. Who they are is not told, only who is the same."""
        await run_in_threadpool(state.audit.record, caller_of(request).learner, "read_feedback", f"{days} days")
        return operator_page(
            "admin_feedback.html", request, days=days, turns=await run_in_threadpool(_disliked, state, days)
        )

    @router.get("/builds")
    async def builds(request: Request) -> Response:
        latest = await run_in_threadpool(companion.index.builds)
        return operator_page("admin_builds.html", request, builds=latest[::-1], serving=companion.index.generation)

    _add_session(router, identities)
    return router


def _add_session(router: APIRouter, identities: Identities) -> None:
    """The page where one says that one is an operator, and the cookie that says so afterwards."""

    @router.get("/session")
    async def sign_in(request: Request) -> Response:
        return operator_page("admin_session.html", request, refused=False)

    @router.post("/session")
    async def signed_in(request: Request, token: Annotated[str, Form(max_length=8_000)]) -> Response:
        try:
            session = await identities.page_session(token.strip())
        except (NotAdmitted, KeysUnavailable):
            return operator_page("admin_session.html", request, status=401, refused=True)
        response = RedirectResponse("/admin", 303)
        response.set_cookie(
            PAGE_COOKIE,
            session.token,
            session.expires_in,
            path="/admin",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    @router.post("/session/end")
    async def signed_out() -> Response:
        response = RedirectResponse("/admin/session", 303)
        response.delete_cookie(PAGE_COOKIE, path="/admin")
        return response


def _overview(companion: Companion, state: State, days: int) -> dict[str, Any]:
    today = datetime.now(UTC).date()
    found = state.quality.since(datetime.combine(today - timedelta(days=days - 1), datetime.min.time(), UTC))
    daily = [_day(today - timedelta(days=back), found["days"]) for back in range(days - 1, -1, -1)]
    total = found["total"]
    course_of = companion.index.search.records.courses_of_passages(list(found["cited"]))
    cited: dict[str, int] = {}
    for passage_id, count in found["cited"].items():
        if course_id := course_of.get(passage_id):
            cited[course_id] = cited.get(course_id, 0) + count
    titles = companion.index.search.records.courses([*cited, *found["asked_on"]])

    def named(counted: Mapping[str, int]) -> list[tuple[str, int]]:
        ordered = sorted(counted.items(), key=lambda pair: -pair[1])[:12]
        return [(titles[id_].title if id_ in titles else id_, count) for id_, count in ordered]

    return {
        "daily": daily,
        "total": total,
        "turns": sum(total["mode"].values()),
        "modes": _MODES,
        "wishes": [(_WISHES.get(wish, wish), count) for wish, count in found["wishes"].items()],
        "unmet": sorted(
            ((UNMET.get(why, why), count) for why, count in total["unmet"].items()), key=lambda one: -one[1]
        ),
        "cited": named(cited),
        "asked_on": named(found["asked_on"]),
    }


def _day(day: date, days: Mapping[str, Any]) -> dict[str, Any]:
    told = days.get(day.isoformat(), {})
    modes = told.get("mode", {})
    return {
        "day": day.isoformat(),
        **{mode: modes.get(mode, 0) for mode in _MODES},
        "grounded": told.get("grounded"),
        "seconds_p50": told.get("seconds_p50"),
        "seconds_p95": told.get("seconds_p95"),
        "tokens": told.get("tokens", 0),
        "cost": told.get("cost", 0.0),
        "up": told.get("thumb", {}).get("up", 0),
        "down": told.get("thumb", {}).get("down", 0),
        "unmet": sum(told.get("unmet", {}).values()),
    }


def _to_mend(companion: Companion, state: State) -> list[dict[str, Any]]:
    """Courses that are stale, thin or complained of, with why."""
    since = datetime.now(UTC) - timedelta(days=28)
    why = {one.course_id: list(one.why) for one in courses_to_mend(companion.advising, state, since)}
    records = companion.index.search.records
    courses = records.courses(records.course_ids())
    with_lessons = {lesson.course_id for lesson in records.all_lessons()}
    for id_, course in courses.items():
        if not course.summary and id_ not in with_lessons:
            why.setdefault(id_, []).append("只有课名，没有简介也没有内容")
        elif course.summary is None and course.hours is None and course.level is None:
            why.setdefault(id_, []).append("没有写明简介、学时、级别")
    return [{"course_id": id_, "title": courses[id_].title if id_ in courses else id_, "why": why[id_]} for id_ in why]


def _disliked(state: State, days: int) -> list[dict[str, Any]]:
    return [
        {
            **asdict(turn),
            "reasons": [_REASONS.get(reason, reason) for reason in turn.reasons],
            "mode": _MODES.get(turn.mode, turn.mode),
            "who": turn.owner[:8],
            "day": turn.given_at.date().isoformat(),
            "before": state.feedback.said_before(turn.turn_id),
        }
        for turn in state.feedback.disliked(days, 200)
    ]
