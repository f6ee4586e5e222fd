"""Templates to pages, with the headers that keep what is not ours from running in them."""

from pathlib import Path
from typing import Any

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse

from companion.http.gate import caller_of

HERE = Path(__file__).parent
PAGES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "pages"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
PAGES.filters["picked"] = lambda row, names: [row[name] for name in names]
SAFE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_LINKS = (
    ("/admin", "概况"),
    ("/admin/needs", "没有课的需要"),
    ("/admin/courses", "课程维护"),
    ("/admin/feedback", "不满意的回答"),
    ("/admin/builds", "索引"),
)


def operator_page(template: str, request: Request, status: int = 200, **values: Any) -> HTMLResponse:
    """A page for operators: what it tells is kept nowhere on the way."""
    is_open = caller_of(request).kind == "open"
    page = PAGES.get_template(template).render(links=_LINKS, here=request.url.path, is_open=is_open, **values)
    return HTMLResponse(page, status, headers={**SAFE_HEADERS, "Cache-Control": "no-store"})
