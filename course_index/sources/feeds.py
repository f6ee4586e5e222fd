"""Platforms that list their courses themselves: OAI-PMH, Open edX's and Moodle's course interfaces."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2

from course_index.errors import SourceProblem
from course_index.sources.html import words_of
from course_index.sources.package import Wishes, course_id
from course_index.sources.source import Feed
from course_index.sources.xml import parse_xml, text_of

_SECONDS = 60.0
_TRIES = 3
_LONGEST_WAIT = 30.0
_MOST_PAGES = 10_000
_MOST_BYTES = 30_000_000

Json = dict[str, Any]


def feed_records(feed: Feed, wishes: Wishes) -> Iterator[Json]:
    """The courses that the platform lists, as unchecked records; what it does not state is absent.

    Raises SourceProblem when it cannot be asked, or answers what is no list: then nothing of it should be trusted:
    a list that ends early would look like courses deleted.
    """
    with httpx2.Client(timeout=_SECONDS, follow_redirects=False) as client:
        match feed.kind:
            case "oai-pmh":
                yield from _oai_pmh(client, feed, wishes)
            case "openedx":
                yield from _openedx(client, feed, wishes)
            case "moodle":
                yield from _moodle(client, feed, wishes)


def _ask(client: httpx2.Client, url: str, parameters: dict[str, str], token: str | None = None) -> bytes:
    """The body of an answer. A busy server is asked again after the time it names."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    for attempt in range(1, _TRIES + 1):
        try:
            answer = client.get(url, params=parameters or None, headers=headers)
        except httpx2.HTTPError as error:
            if attempt == _TRIES:
                host = urlsplit(url).netloc
                raise SourceProblem(f"{host} cannot be reached ({type(error).__name__}); check the url") from error
            time.sleep(min(2.0 ** (attempt - 1), _LONGEST_WAIT))
            continue
        if answer.status_code in (429, 502, 503, 504) and attempt < _TRIES:
            time.sleep(_wait(answer.headers.get("Retry-After"), attempt))
            continue
        return _body(answer, url)
    raise SourceProblem(f"{urlsplit(url).netloc} is too busy to answer; try again later")


def _body(answer: httpx2.Response, url: str) -> bytes:
    host = urlsplit(url).netloc
    if answer.status_code in (401, 403):
        raise SourceProblem(f"{host} refuses access ({answer.status_code}); check the token")
    if answer.is_redirect:
        raise SourceProblem(f"{host} answers from another address; set the url that it redirects to")
    if answer.status_code != 200:
        raise SourceProblem(f"{host} answers {answer.status_code}; check the url")
    if len(answer.content) > _MOST_BYTES:
        raise SourceProblem(
            f"{host} answers with more than {_MOST_BYTES / 1e6:.0f} MB at once; ask it for smaller pages"
        )
    return answer.content


def _wait(told: str | None, attempt: int) -> float:
    seconds = float(told) if told and re.fullmatch(r"\d{1,4}", told) else 2.0**attempt
    return min(seconds, _LONGEST_WAIT)


# -- OAI-PMH 2.0 -----------------------------------------------------------------------------------------------------


def _oai_pmh(client: httpx2.Client, feed: Feed, wishes: Wishes) -> Iterator[Json]:
    repository = text_of(_oai(client, feed, {"verb": "Identify"}), ".//repositoryName")
    parameters = {"verb": "ListRecords", "metadataPrefix": feed.prefix} | (
        {"set": feed.set_name} if feed.set_name else {}
    )
    seen: set[str] = set()
    for _ in range(_MOST_PAGES):
        answer = _oai(client, feed, parameters)
        for record in answer.iter("record"):
            header = record.find("header")
            if (
                header is not None
                and header.get("status") != "deleted"
                and (made := _dublin_core(record, repository, wishes))
            ):
                yield made
        token = text_of(answer, ".//resumptionToken")
        if not token:
            return
        if token in seen:
            raise SourceProblem(f"{feed.url} gives the same resumption token twice; tell whoever runs it")
        seen.add(token)
        parameters = {"verb": "ListRecords", "resumptionToken": token}
    raise SourceProblem(f"{feed.url} has more than {_MOST_PAGES:,} pages; ask for a set of it")


def _oai(client: httpx2.Client, feed: Feed, parameters: dict[str, str]) -> Any:
    root = parse_xml(_ask(client, feed.url, parameters, feed.token), urlsplit(feed.url).netloc)
    if root.tag != "OAI-PMH":
        raise SourceProblem(f"{feed.url} does not speak OAI-PMH; check the url")
    error = root.find("error")
    if error is not None and error.get("code") != "noRecordsMatch":
        raise SourceProblem(f"{feed.url} says {error.get('code')}; check set and prefix")
    return root


def _dublin_core(record: Any, repository: str, wishes: Wishes) -> Json | None:
    header, metadata = record.find("header"), record.find("metadata")
    if metadata is None:
        return None

    def said(tag: str) -> list[str]:
        return [words for one in metadata.iter(tag) if (words := words_of("".join(one.itertext())))]

    address = next((one for one in said("identifier") if one.startswith(("https://", "http://"))), None)
    return _stated(
        {
            "id": course_id(text_of(header, "identifier")),
            "title": next(iter(said("title")), None),
            "provider": wishes.provider or next(iter(said("publisher")), None) or repository,
            "summary": " ".join(said("description"))[:4_000],
            "subjects": said("subject")[:20],
            "language": next((_language(one) for one in said("language")), None),
            "url": address,
            "updated_at": text_of(header, "datestamp")[:10],
            "licence": next(iter(said("rights")), "")[:1_000],
        }
    )


def _language(code: str) -> str | None:
    known = {"chi": "zh", "zho": "zh", "eng": "en"}
    return known.get(code, code if re.fullmatch(r"[A-Za-z]{2}(-[A-Za-z0-9]{2,8})*", code) else None)


# -- Open edX --------------------------------------------------------------------------------------------------------


def _openedx(client: httpx2.Client, feed: Feed, wishes: Wishes) -> Iterator[Json]:
    base = feed.url.rstrip("/")
    url: str | None = f"{base}/api/courses/v1/courses/"
    parameters = {"page_size": "100"}
    for _ in range(_MOST_PAGES):
        assert url is not None
        page = _json(_ask(client, url, parameters, feed.token), base)
        results, pagination = page.get("results"), page.get("pagination") or {}
        if not isinstance(results, list):
            raise SourceProblem(f"{base} does not speak Open edX's course interface; check the url")
        yield from (
            _openedx_record(one, base, wishes) for one in results if isinstance(one, dict) and not one.get("hidden")
        )
        following = pagination.get("next") or page.get("next")
        if not following:
            return
        url, parameters = urljoin(url, str(following)), {}
        if urlsplit(url).netloc != urlsplit(base).netloc:
            raise SourceProblem(f"{base} sends to another host for its next page; set that host's url")
    raise SourceProblem(f"{base} has more than {_MOST_PAGES:,} pages; hand its courses over as a table or JSON lines")


def _openedx_record(course: Json, base: str, wishes: Wishes) -> Json:
    key = str(course.get("course_id") or course.get("id") or "")
    start, end = (str(course.get(name) or "")[:10] for name in ("start", "end"))
    dated = _stated({"id": key, "start": start, "end": end}) if start and not (end and end < start) else {}
    return _stated(
        {
            "id": course_id(key),
            "title": course.get("name"),
            "provider": wishes.provider or course.get("org"),
            "summary": words_of(str(course.get("short_description") or ""))[:4_000],
            "delivery": "online",
            "offerings": [dated] if dated else [],
            "url": f"{base}/courses/{key}/about",
        }
    )


# -- Moodle ----------------------------------------------------------------------------------------------------------


def _moodle(client: httpx2.Client, feed: Feed, wishes: Wishes) -> Iterator[Json]:
    base = feed.url.rstrip("/")
    parameters = {
        "wstoken": feed.token or "",
        "wsfunction": "core_course_get_courses_by_field",
        "moodlewsrestformat": "json",
    }
    answer = _json(_ask(client, f"{base}/webservice/rest/server.php", parameters), base)
    if "exception" in answer:
        raise SourceProblem(f"{base} says {answer.get('errorcode') or 'no'}; check the token and its functions")
    courses = answer.get("courses")
    if not isinstance(courses, list):
        raise SourceProblem(f"{base} does not speak Moodle's web services; check the url")
    site = _moodle_site(client, base, feed) if not wishes.provider else wishes.provider
    for course in courses:
        # Course 1 is Moodle's own front page.
        if isinstance(course, dict) and course.get("id") != 1 and course.get("visible", 1):
            yield _moodle_record(course, base, site)


def _moodle_site(client: httpx2.Client, base: str, feed: Feed) -> str:
    parameters = {
        "wstoken": feed.token or "",
        "wsfunction": "core_webservice_get_site_info",
        "moodlewsrestformat": "json",
    }
    return str(
        _json(_ask(client, f"{base}/webservice/rest/server.php", parameters), base).get("sitename")
        or urlsplit(base).netloc
    )


def _moodle_record(course: Json, base: str, provider: str) -> Json:
    start, end = _day(course.get("startdate")), _day(course.get("enddate"))
    dated = (
        _stated({"id": f"{course.get('id')}", "start": start, "end": end})
        if start and not (end and end < start)
        else {}
    )
    return _stated(
        {
            "id": course_id(f"{urlsplit(base).netloc}:{course.get('id')}"),
            "title": words_of(str(course.get("fullname") or course.get("displayname") or "")),
            "provider": provider,
            "summary": words_of(str(course.get("summary") or ""))[:4_000],
            "subjects": [words_of(str(course["categoryname"]))] if course.get("categoryname") else [],
            "language": _language(str(course.get("lang") or "").replace("_", "-")),
            "offerings": [dated] if dated else [],
            "url": f"{base}/course/view.php?id={course.get('id')}",
            "updated_at": _day(course.get("timemodified")),
        }
    )


def _day(seconds: Any) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat() if isinstance(seconds, int) and seconds > 0 else None


def _json(body: bytes, host: str) -> Json:
    import json

    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SourceProblem(f"{host} answers what is no JSON; check the url") from error
    if not isinstance(data, dict):
        raise SourceProblem(f"{host} answers another list than asked for; check the url")
    return data


def _stated(record: Json) -> Json:
    return {name: value for name, value in record.items() if value not in (None, "", [])}
