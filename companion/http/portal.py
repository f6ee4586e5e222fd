"""The portal's pages: the catalogue, a course, a lesson. They stand without scripts; the widget comes on top."""

import gzip
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from companion.browsing import course_page, whole_course, whole_lesson
from companion.guidance.sayings import audience_named
from companion.http.portal_words import PortalWords, initiative_named, language_named, portal_words
from companion.http.rendering import HERE, PAGES, SAFE_HEADERS
from companion.turn import Companion
from companion.words import Locale, locale_of
from course_index.errors import IndexProblem
from course_index.sources.schema_org import json_ld
from course_index.store.records import CourseFilter

_ASSETS = HERE / "assets"
# Other people's pages load these: they may be kept for an hour, and read by any origin.
_WIDGET_HEADERS = {
    "Cache-Control": "public, max-age=3600",
    "Access-Control-Allow-Origin": "*",
    "Vary": "Accept-Encoding",
}
_FILTERS = ("initiative", "audience", "level", "delivery", "city", "language", "provider")
_LONGEST_FACET = 12
# Course text is data: no HTML of its own, and links only where they say they lead.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "html_block", "html_inline"])


def mount_portal(app: FastAPI, companion: Companion) -> None:
    """A small portal over the library that serves, and what its pages load.

    The widget is at an address that other people's pages know, all else below /assets.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/widget.js")
    @router.get("/widget-math.js")
    async def widget(request: Request) -> Response:
        name = request.url.path.removeprefix("/")
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers = {**_WIDGET_HEADERS, "Content-Encoding": "gzip"}
            return Response(_packed(name), media_type="text/javascript", headers=headers)
        return FileResponse(_ASSETS / name, media_type="text/javascript", headers=_WIDGET_HEADERS)

    @router.get("/")
    async def catalogue(request: Request) -> Response:
        return await run_in_threadpool(_shown, _catalogue, request, companion)

    @router.get("/courses")
    @router.get("/lessons")
    async def folder(request: Request) -> Response:
        query = request.url.query
        return RedirectResponse(f"/?{query}" if query else "/", 308)

    @router.get("/courses/{course_id}")
    async def course(course_id: str, request: Request) -> Response:
        return await run_in_threadpool(_shown, _course, request, companion, course_id)

    @router.get("/lessons/{lesson_id:path}")
    async def lesson(lesson_id: str, request: Request) -> Response:
        return await run_in_threadpool(_shown, _lesson, request, companion, lesson_id)

    @router.get("/favicon.ico")
    async def icon() -> Response:
        return RedirectResponse("/assets/icon.svg", 301)

    app.include_router(router)
    app.mount("/assets", GZipMiddleware(StaticFiles(directory=_ASSETS)), name="assets")


@cache
def _packed(name: str) -> bytes:
    return gzip.compress((_ASSETS / name).read_bytes(), 9)


def _shown(page: Any, request: Request, companion: Companion, *ids: str) -> Response:
    """A page, or one that says why there is none."""
    try:
        found = page(request, companion, *ids)
    except IndexProblem as error:
        return _rendered("missing.html", request, status=503, why=str(error))
    return found or _rendered("missing.html", request, status=404, why=None)


def _catalogue(request: Request, companion: Companion) -> Response:
    asked = {name: value for name, value in request.query_params.items() if value}
    level = asked.get("level", "")
    wanted = CourseFilter(
        int(level) if level.isascii() and level.isdigit() and len(level) == 1 else None,
        *(asked.get(name) for name in ("audience", "city", "delivery", "provider", "language", "initiative")),
    )
    page = asked.get("page", "1")
    number = min(10_000, max(1, int(page))) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    q = asked.get("q", "")[:200]
    found = course_page(companion.index.search, q or None, wanted, "relevance" if q else "updated", number)
    if not q:  # to look around: what the page's reader can read comes first
        language = View(request).locale.split("-")[0]
        found["courses"].sort(key=lambda course: (course["language"] or language).split("-")[0] != language)
    chosen = {name: asked[name] for name in _FILTERS if name in asked}
    return _rendered("catalogue.html", request, found=found, q=q, chosen=chosen, facets=_facets(found, chosen))


def _facets(found: Mapping[str, Any], chosen: Mapping[str, str]) -> list[tuple[str, list[tuple[str, int]]]]:
    """By filter, what can be chosen and how many courses that would show; the most frequent first."""
    shown = []
    for name in _FILTERS:
        counts = found["facets"].get(name, {})
        ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_LONGEST_FACET]
        if name == "level":
            ordered.sort()
        if len(ordered) > 1 or name in chosen:
            shown.append((name, ordered))
    return shown


def _course(request: Request, companion: Companion, course_id: str) -> Response | None:
    search = companion.index.search
    found = whole_course(search, course_id)
    if found is None:
        return None
    record, told = found
    before = search.records.courses(list(record.prerequisites))
    return _rendered(
        "course.html",
        request,
        course=told,
        before=[(id_, before[id_].title if id_ in before else id_, id_ in before) for id_ in record.prerequisites],
        json_ld=json_ld(record),
    )


def _lesson(request: Request, companion: Companion, lesson_id: str) -> Response | None:
    found = whole_lesson(companion.index.search, lesson_id)
    if found is None:
        return None
    return _rendered("lesson.html", request, lesson=found, text=_html(found["text"]))


def _html(markdown: str) -> Markup:
    tokens = _MARKDOWN.parse(markdown)
    for token in tokens:
        if token.type.startswith("heading_"):  # below the page's own heading
            token.tag = f"h{min(6, int(token.tag[1:]) + 1)}"
        for child in token.children or ():
            if child.type == "link_open":
                child.attrs = {"href": str(child.attrs.get("href", "")), "rel": "noopener noreferrer nofollow"}
    # markdown-it escapes what it is given: HTML is off, and addresses that run something are no links.
    return Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # nosec B704


class View:
    """What every page needs: words in its language, and addresses that keep the language."""

    def __init__(self, request: Request) -> None:
        tag = request.query_params.get("lang") or request.headers.get("accept-language", "zh-CN").split(",")[0]
        self.locale: Locale = locale_of("", tag)
        self._fixed = request.query_params.get("lang")
        self._query = dict(request.query_params)
        self._path = request.url.path
        self.say: PortalWords = portal_words(self.locale)

    def url(self, path: str, **query: object) -> str:
        """An address on this portal, in the language that was chosen."""
        told = {name: str(value) for name, value in query.items() if value not in (None, "")}
        if self._fixed:
            told["lang"] = self._fixed
        return quote(path) + (f"?{urlencode(told)}" if told else "")

    def here(self, **changes: object) -> str:
        """This page with other parameters; None takes one away. Another choice begins at the first page."""
        told = {**self._query, **({} if "page" in changes or "lang" in changes else {"page": None}), **changes}
        query = {name: str(value) for name, value in told.items() if value not in (None, "")}
        return quote(self._path) + (f"?{urlencode(query)}" if query else "")

    def named(self, name: str, value: Any) -> str:
        """A value of a record in the page's language; the value itself where it is a name."""
        match name:
            case "audience":
                return self.say.everyone if value == "everyone" else audience_named(str(value), self.locale)
            case "initiative":
                return initiative_named(str(value), self.locale)
            case "language":
                return language_named(str(value), self.locale)
            case "delivery":
                return str(getattr(self.say, f"delivery_{value}", value))
            case "level":
                return self.say.level_of.format(value)
        return str(value)

    def cost(self, price: Mapping[str, Any]) -> str:
        """A price as one says it."""
        if not price["amount"]:
            return self.say.free
        currency = "元" if price["currency"] == "CNY" and self.locale != "en" else price["currency"]
        return f"{price['amount']:g}\u00a0{currency}"

    def listed(self, name: str, values: Sequence[Any]) -> str:
        """Several of them."""
        return ("、" if self.locale != "en" else ", ").join(self.named(name, value) for value in values)


def _rendered(template: str, request: Request, status: int = 200, **values: Any) -> HTMLResponse:
    view = View(request)
    page = PAGES.get_template(template).render(view=view, say=view.say, url=view.url, here=view.here, **values)
    return HTMLResponse(page, status, headers=SAFE_HEADERS)
