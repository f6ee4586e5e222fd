"""GET /: the demo portal page and its assets."""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

_FOLDER = Path(__file__).with_name("portal")
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def mount_portal(app: FastAPI) -> None:
    """Serve the page at / and what it needs below /portal."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def page() -> Response:
        return FileResponse(_FOLDER / "index.html", headers=_HEADERS)

    app.include_router(router)
    app.mount("/portal", StaticFiles(directory=_FOLDER), name="portal")
