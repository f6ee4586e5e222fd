"""The HTTP door as a table of contents: create_app mounts the routers, main serves."""

import asyncio
import ipaddress
import logging
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
import uvicorn
from fastapi import APIRouter, FastAPI
from mcp.server import MCPServer
from pydantic import ValidationError
from starlette.middleware.cors import CORSMiddleware

from companion.admission import Admission
from companion.answer_cache import AnswerCache
from companion.behind import running_behind, write_down
from companion.build import (
    build,
    check_files,
    for_minors,
    make_alarm,
    make_identities,
    make_limits,
    make_pace,
    make_starting,
    make_state,
    make_tracing,
    state_closed,
    without_budget,
    without_model,
)
from companion.cli import explain
from companion.guidance.credits import RulesUnreadable
from companion.guidance.occupations import OccupationsUnreadable
from companion.http import problems
from companion.http.about import about_router, untold
from companion.http.access import Access
from companion.http.admin import admin_router
from companion.http.chat import chat_router
from companion.http.completions import completions_router
from companion.http.connections import STOPPING, BoundedConnection
from companion.http.conversations import conversations_router
from companion.http.courses import courses_router
from companion.http.credits import credits_router
from companion.http.description import DescribedAPI, operation_id
from companion.http.gate import Bounds, Gate, Methods
from companion.http.health import health_router
from companion.http.learners import learners_router
from companion.http.mcp_door import mcp_application, mcp_server
from companion.http.metrics import looked_up, metrics_router
from companion.http.operators import operators_router
from companion.http.opinions import opinions_router
from companion.http.pathways import pathways_router
from companion.http.portal import mount_portal
from companion.http.progress import progress_router
from companion.http.recommendations import recommendations_router
from companion.http.reports import reports_router
from companion.http.sessions import sessions_router
from companion.identity import Identities
from companion.limits import Limits
from companion.metering import Metered
from companion.reminding import Reminding
from companion.safety.moderation import ModerationUnreadable
from companion.settings import CompanionSettings
from companion.starting import StartersUnreadable
from companion.state.database import StateUnavailable
from companion.state.state import State
from companion.telemetry.alarm import Alarm
from companion.telemetry.logs import log_to_stderr, logging_config
from companion.telemetry.metrics import Metrics, share_figures
from companion.telemetry.observed import Observed
from companion.turn import Companion
from companion.turns import HURRIED_SECONDS, Turns
from companion.tutors import Tutors
from wechat.build import WechatDoor, make_wechat, make_wecom

if TYPE_CHECKING:
    from companion.telemetry.traces import Tracing

# A worker answers its supervisor once it has imported all this, which takes seconds on a busy machine. One that is held
# for hung is killed and begun anew: with uvicorn's 5 seconds for ever.
_WORKER_SECONDS = 60
log = logging.getLogger("companion")


@dataclass(frozen=True, slots=True)
class _Service:
    """The tutors with what stands between them and the doors."""

    settings: CompanionSettings
    state: State
    companion: Companion
    tutors: Tutors
    identities: Identities
    limits: Limits
    metrics: Metrics
    alarm: Alarm
    tracing: "Tracing | None"
    refresh: Callable[[], None]
    turns: Turns
    admission: Admission
    for_agents: Companion
    kept_answers: Sequence[AnswerCache]


def create_app(
    companion: Companion | None = None, settings: CompanionSettings | None = None, state: State | None = None
) -> FastAPI:
    """The service over one companion and its state, which are built from the settings where none are given."""
    settings = settings or CompanionSettings()
    state = state or make_state(settings)
    service = _around(companion or build(settings, state=state), settings, state)
    wechat = make_wechat(settings, state, service.turns, service.admission, service.limits, service.identities)
    wecom = make_wecom(settings, state, service.turns, service.admission, service.limits)
    tools = mcp_server(service.for_agents)
    tools_over_http = mcp_application(tools)
    # No /docs: that page fetches its scripts from a CDN. The description itself is at /openapi.json.
    app = DescribedAPI(
        title="Learning companion",
        version="0.1.0",
        lifespan=_lifespan(service, tools, wechat),
        openapi_url=None,  # DescribedAPI serves it
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
    )
    problems.install(app)
    # First, since routes are tried in order: WeChat delivers hundreds of messages a second, and waits for none.
    for router in (*(wechat.routers if wechat else ()), *((wecom,) if wecom else ()), *_routers(service)):
        app.include_router(router)
    app.router.routes.extend(tools_over_http.routes)
    mount_portal(app, service.companion)
    _guard(app, service)
    return app


def _around(companion: Companion, settings: CompanionSettings, state: State) -> _Service:
    tutors = Tutors(companion, for_minors(companion, settings), state.learners, settings.age_unknown)
    limits, metrics, alarm = make_limits(settings), Metrics(), make_alarm(settings)
    tracing, pace = make_tracing(settings), make_pace(settings)
    quoting = {tutor: without_budget(tutor, settings) for tutor in tutors.all}
    reminding = Reminding(Metered(tutors, quoting, limits).reply, state.learners, pace)
    for_agents = without_model(companion, settings)
    turns = Turns(
        reminding.reply,
        state.turn_log,
        settings.turn_grace_seconds,
        _longest_turn(settings),
        settings.turns_at_once,
        Observed(metrics, alarm, tracing).note,
        companion.writer.leave_model,  # all tutors that have one share it
    )
    return _Service(
        settings,
        state,
        companion,
        tutors,
        make_identities(settings),
        limits,
        metrics,
        alarm,
        tracing,
        looked_up(metrics, companion, alarm, turns),
        turns,
        Admission(state, settings.message_max_characters, settings.consent_version, pace),
        for_agents,
        [one.answers for one in (*tutors.all, *quoting.values(), for_agents)],
    )


def _routers(service: _Service) -> Iterator[APIRouter]:
    settings, state, turns, tutors = service.settings, service.state, service.turns, service.tutors
    companion = service.companion
    yield chat_router(turns, companion.remembering, service.admission)
    yield completions_router(turns, service.admission)
    yield conversations_router(companion.remembering, turns, tutors)
    yield courses_router(tutors, {tutor: make_starting(settings, tutor) for tutor in tutors.all})
    yield learners_router(state, turns, companion, service.kept_answers, settings.aigc_producer)
    yield opinions_router(state)
    yield recommendations_router(tutors)
    yield pathways_router(tutors, state.pathways)
    yield progress_router(companion.advising, state)
    yield credits_router(companion.advising, state)
    yield reports_router(companion.advising, state)
    yield operators_router(state)
    yield admin_router(companion, state, service.identities)
    yield about_router(settings)
    yield sessions_router(service.identities, settings.allowed_origins)
    yield health_router(tutors, service.alarm)
    yield metrics_router(service.metrics, service.refresh)


def _lifespan(
    service: _Service, tools: MCPServer, wechat: WechatDoor | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[dict[str, Any]]]:
    """What runs while the service does; at its end turns are waited for, and nothing that was said is lost."""
    state, turns = service.state, service.turns

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        begun: list[asyncio.Task[None]] = []

        def drain() -> None:
            if not begun:
                begun.append(asyncio.create_task(turns.drain(service.settings.drain_seconds)))

        async with running_behind(service.tutors, state, turns, service.refresh):
            async with tools.session_manager.run(), wechat.door.open() if wechat else nullcontext():
                yield {STOPPING: drain}
                drain()
            await begun[0]
            await turns.drain(0)  # who had begun to ask by then
        await service.companion.remembering.settle()
        if lost := await write_down(state, turns):
            log.warning("the database is not back: %d turns are in no conversation", lost)
        await service.limits.close()
        if service.tracing:
            await asyncio.to_thread(service.tracing.close)
        for tutor in service.tutors.all:
            tutor.index.close()
        state.close()

    return lifespan


def _guard(app: FastAPI, service: _Service) -> None:
    """What a request passes before it comes to a route: the last one added is the first one met."""
    app.add_middleware(Gate, identities=service.identities, limits=service.limits)
    app.add_middleware(Bounds, body_bytes=service.settings.body_max_bytes)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=service.settings.allowed_origins,
        allow_methods=["GET", "POST", "PATCH", "PUT", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID"],
        expose_headers=["RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID"],
    )
    app.add_middleware(Methods)
    app.add_middleware(Access, metrics=service.metrics)


def _longest_turn(settings: CompanionSettings) -> float:
    """Seconds: the model answers, what fails its check is rewritten, and before that the question may be restated."""
    return 2 * settings.llm_answer_seconds + 2 * settings.llm_first_token_seconds + 30


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(help="Processes; more than one need COMPANION_CHROMA_URL.")] = 1,
) -> None:
    """Serve the companion: the portal page at /, the API below /v1, its description at /openapi.json."""
    try:
        settings = CompanionSettings()
    except ValidationError as error:
        typer.echo(f"companion-serve: {explain(error)}", err=True)
        sys.exit(2)
    try:
        check_files(settings)
    except (OccupationsUnreadable, RulesUnreadable, StartersUnreadable, ModerationUnreadable) as error:
        typer.echo(f"companion-serve: {error}", err=True)
        sys.exit(2)
    log_to_stderr(settings.log_format)
    if unsafe := why_unsafe(settings, host) or why_alone(settings, workers):
        typer.echo(f"companion-serve: {unsafe}", err=True)
        sys.exit(2)
    if make_identities(settings).is_open:
        log.warning("no identities are set up: everybody on this machine may do everything, and nobody else anything")
    elif missing := untold(settings):
        log.warning("a public service should say who it is; not set: %s", ", ".join(missing))
    try:
        make_state(settings).close()  # each worker opens its own, and could only say so in a trace
    except (StateUnavailable, OSError) as error:
        typer.echo(f"companion-serve: {state_closed(settings, error)}", err=True)
        sys.exit(2)
    if workers > 1:
        share_figures(settings.data_dir / "figures")
    uvicorn.run(
        "api:create_app",
        factory=True,
        host=host,
        port=port,
        http=BoundedConnection,
        workers=workers,
        access_log=False,
        log_config=logging_config(settings.log_format),
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=settings.drain_seconds + HURRIED_SECONDS + 5,
        timeout_worker_healthcheck=_WORKER_SECONDS,
    )


def why_unsafe(settings: CompanionSettings, host: str) -> str | None:
    """Why the service must not be started so; None when it may."""
    if make_identities(settings).is_open and not _is_loopback(host):
        return (
            f"{host} can be reached from other machines, and nobody would have to say who they are. Set "
            "COMPANION_SESSION_SECRET (python -c 'import secrets; print(secrets.token_urlsafe(48))') and, for portal "
            "users, COMPANION_OIDC_ISSUER and COMPANION_OIDC_AUDIENCE; or listen on 127.0.0.1"
        )
    return None


def why_alone(settings: CompanionSettings, workers: int) -> str | None:
    """Why there may be no more than one process; None when there may be so many."""
    if workers > 1 and not settings.chroma_url:
        return (
            f"{workers} workers cannot share vectors in the data folder, which Chroma keeps for one process. Start a "
            "server (chroma run --path FOLDER --port 8001), set COMPANION_CHROMA_URL=http://127.0.0.1:8001 and run "
            "companion-index build PATH... once, which moves them there; or start one worker"
        )
    if workers > 1 and settings.minor_data_dir:
        return f"{workers} workers cannot share the courses for minors in {settings.minor_data_dir}; start one worker"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def main() -> None:
    """The console script."""
    typer.run(serve)


if __name__ == "__main__":
    main()
