"""The HTTP door as a table of contents: create_app mounts the routers, main serves."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError

from companion.build import build
from companion.cli import explain
from companion.http import problems
from companion.http.chat import chat_router
from companion.http.conversations import conversations_router
from companion.http.courses import courses_router
from companion.http.health import health_router
from companion.http.portal import mount_portal
from companion.settings import CompanionSettings
from companion.turn import Companion
from course_index.errors import IndexProblem

_LOOK_FOR_NEWER_INDEX_SECONDS = 1.0
log = logging.getLogger("companion")


def create_app(companion: Companion | None = None, settings: CompanionSettings | None = None) -> FastAPI:
    """The service over one companion, which is built from the settings where none is given."""
    settings = settings or CompanionSettings()
    companion = companion or build(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        following = asyncio.create_task(_follow_index(companion))
        yield
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        await companion.remembering.settle()
        companion.index.close()

    # No /docs: that page fetches its scripts from a CDN. The description itself is at /openapi.json.
    app = FastAPI(title="Learning companion", version="0.1.0", lifespan=lifespan, docs_url=None, redoc_url=None)
    problems.install(app)
    app.include_router(chat_router(companion, settings.message_max_characters))
    app.include_router(conversations_router(companion.remembering))
    app.include_router(courses_router(companion))
    app.include_router(health_router(companion))
    mount_portal(app)
    return app


async def _follow_index(companion: Companion) -> None:
    """Swap in each newer generation; what cannot be opened is said once, and the open one goes on serving."""
    said = None
    while True:
        try:
            if await asyncio.to_thread(companion.index.refresh):
                log.info("serving index generation %s", companion.index.generation)
            said = None
        except IndexProblem as error:
            if str(error) != said:
                log.warning("%s", error)
            said = str(error)
        await asyncio.sleep(_LOOK_FOR_NEWER_INDEX_SECONDS)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(help="Processes, each with the index opened for reading.")] = 1,
) -> None:
    """Serve the companion: the portal page at /, the API below /v1, its description at /openapi.json."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        CompanionSettings()
    except ValidationError as error:
        typer.echo(f"companion-serve: {explain(error)}", err=True)
        sys.exit(2)
    uvicorn.run("api:create_app", factory=True, host=host, port=port, workers=workers, access_log=False)


def main() -> None:
    """The console script."""
    typer.run(serve)


if __name__ == "__main__":
    main()
