"""Platforms' own interfaces on loopback: OAI-PMH, Open edX's course list, Moodle's web services; with bad moods."""

import json
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.loopback import listening

_DC = "<record><header{status}><identifier>oai:lib:{n}</identifier><datestamp>2026-0{n}-01</datestamp></header>{body}</record>"
_BODY = (
    '<metadata><oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<dc:title>{title}</dc:title><dc:publisher>开放大学</dc:publisher><dc:subject>农业</dc:subject><dc:language>chi</dc:language>"
    "<dc:description>{said}</dc:description><dc:identifier>https://lib.example/{n}</dc:identifier></oai_dc:dc></metadata>"
)
TITLES = {1: "龙眼种植", 2: "删掉的课", 3: "水产养殖"}


class Platforms:
    """All three at one address. `mood` is "well", "busy" (503 once), "broken", "refusing", "looping" or "moved"."""

    def __init__(self) -> None:
        self.mood = "well"
        self.asked: list[str] = []
        platforms = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                platforms.asked.append(self.path)
                status, headers, body = platforms.answer(self.path, self.headers.get("Authorization"))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server, self.url = listening(Handler)

    def answer(self, path: str, authorization: str | None) -> tuple[int, dict[str, str], bytes]:
        if self.mood == "busy":
            self.mood = "well"
            return 503, {"Retry-After": "0"}, b""
        if self.mood == "broken":
            return 200, {}, b"<html>It works!</html>"
        if self.mood == "refusing":
            return 403, {}, b""
        if self.mood == "moved":
            return 302, {"Location": "https://elsewhere.example/"}, b""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        if path.startswith("/oai"):
            return 200, {}, self._oai(asked).encode()
        if path.startswith("/api/courses"):
            return 200, {}, json.dumps(self._openedx(asked)).encode()
        return 200, {}, json.dumps(self._moodle(asked)).encode()

    def _oai(self, asked: dict[str, str]) -> str:
        head = '<?xml version="1.0"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        if asked["verb"] == "Identify":
            return f"{head}<Identify><repositoryName>省图书馆</repositoryName></Identify></OAI-PMH>"
        if asked.get("set") == "nothing":
            return f'{head}<error code="noRecordsMatch"/></OAI-PMH>'
        if asked.get("set") == "wrong":
            return f'{head}<error code="badArgument"/></OAI-PMH>'
        first = int(asked.get("resumptionToken", "1"))
        status = ' status="deleted"' if first == 2 else ""
        body = "" if status else _BODY.format(n=first, title=TITLES[first], said=f"{TITLES[first]}的课程资料")
        following = first if self.mood == "looping" else first + 1
        token = f"<resumptionToken>{following}</resumptionToken>" if following <= 3 else "<resumptionToken/>"
        return f"{head}<ListRecords>{_DC.format(n=first, status=status, body=body)}{token}</ListRecords></OAI-PMH>"

    def _openedx(self, asked: dict[str, str]) -> dict[str, Any]:
        page = int(asked.get("page", "1"))
        courses = {
            1: [{"id": "course-v1:GD+A+1", "name": "短视频剪辑", "org": "GD", "short_description": "<p>手机剪辑</p>",
                 "start": "2027-01-05T00:00:00Z", "end": "2027-03-01T00:00:00Z", "hidden": False},
                {"id": "course-v1:GD+H+1", "name": "隐藏", "org": "GD", "hidden": True}],
            2: [{"id": "course-v1:GD+B+1", "name": "直播带货", "org": "GD", "short_description": None, "start": None}],
        }  # fmt: skip
        following = f"{self.url}/api/courses/v1/courses/?page=2" if page == 1 else None
        if self.mood == "looping":
            following = "https://elsewhere.example/api/courses/v1/courses/?page=2"
        return {"results": courses[page], "pagination": {"next": following, "count": 3}}

    def _moodle(self, asked: dict[str, str]) -> dict[str, Any]:
        if asked.get("wstoken") != "secret":
            return {"exception": "webservice_access_exception", "errorcode": "invalidtoken", "message": "no"}
        if asked["wsfunction"] == "core_webservice_get_site_info":
            return {"sitename": "社区学院"}
        return {
            "courses": [
                {"id": 1, "fullname": "首页", "visible": 1},
                {"id": 7, "fullname": "合唱入门", "summary": "<p>呼吸与发声</p>", "categoryname": "文化艺术", "lang": "zh_cn",
                 "startdate": 1767225600, "enddate": 0, "timemodified": 1767225600, "visible": 1},
                {"id": 8, "fullname": "没开的课", "visible": 0},
            ]
        }  # fmt: skip

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
