"""/openapi.json is true: what the service answers, on every route, is what it says there, and no more."""

import json
import re
from datetime import UTC, datetime

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from starlette.testclient import TestClient

from tests.conftest import OPERATOR, PAGE
from tests.scripted_model import ScriptedModel
from tests.test_service import GOOD, LOST, bearer
from tests.wechat_double import WeChat, settings

SSE, NDJSON, JSON = "text/event-stream", "application/x-ndjson", "application/json"
RULES = {
    "rules": [
        {
            **{"id": "bachelor", "title": "Bachelor", "clause": "4", "source": "Rules", "effective_from": "2020-01-01"},
            **{"rule": "target", "credits": 40, "at_least": {"5": 10}, "at_most": {"course": 30}},
        }
    ]
}


class Contract:
    """A description, held against real answers. Every object is closed: what is not told may not be there."""

    def __init__(self, told):
        self.told, self.seen = told, set()
        closed = json.loads(json.dumps(told), object_hook=_closed)
        resource = Resource.from_contents(closed, default_specification=DRAFT202012)
        self._registry = Registry().with_resource("openapi", resource)

    def operations(self):
        return {(method.upper(), path) for path, found in self.told["paths"].items() for method in found}

    def check(self, response):
        method, asked = response.request.method, response.request.url.path
        path = self._path(asked)
        statuses = self.told["paths"][path][method.lower()]["responses"]
        assert str(response.status_code) in statuses, f"{method} {asked}: {response.status_code} {response.text[:200]}"
        self.seen.add((method, path, response.status_code))
        content = statuses[str(response.status_code)].get("content", {})
        if not response.content:
            assert not content, f"{method} {asked} told nothing"
            return
        media = response.headers["content-type"].split(";")[0]
        assert media in content, f"{method} {asked}: {media}"
        where = ("paths", path, method.lower(), "responses", str(response.status_code), "content", media, "schema")
        for value in _values(response, media):
            self.validate(value, *where)

    def validate(self, value, *where):
        pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in where)
        schema = {"$ref": f"openapi#/{pointer.replace('{', '%7B').replace('}', '%7D')}"}
        checker = Draft202012Validator.FORMAT_CHECKER
        Draft202012Validator(schema, registry=self._registry, format_checker=checker).validate(value)

    def _path(self, asked):
        exact = [path for path in self.told["paths"] if path == asked]
        fitting = (path for path in self.told["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), asked))
        return exact[0] if exact else next(fitting)


def _closed(found):
    if found.get("type") == "object" and "properties" in found:
        return {"additionalProperties": False} | found
    return found


def _values(response, media):
    if media == SSE and "chat.completion.chunk" in response.text:
        return [json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: {")]
    if media == SSE:
        blocks = [
            dict(line.split(": ", 1) for line in block.splitlines()) for block in response.text.split("\n\n")[:-1]
        ]
        return [block | {"data": json.loads(block["data"])} for block in blocks]
    if media == NDJSON:
        return [json.loads(line) for line in response.text.splitlines()]
    return [response.json()] if media.endswith("json") else [response.text]


@pytest.fixture
def app(service, tmp_path):
    (rules := tmp_path / "rules.json").write_text(json.dumps(RULES), "utf-8")
    with WeChat() as double:
        double.codes = {"good": {"openid": "oANNA"}}
        yield service(ScriptedModel(GOOD), credit_rules=rules, **settings(double))


@pytest.fixture
def contract(app):
    return Contract(app.openapi())


@pytest.fixture
def ask(app, contract):
    """Asks, and holds each answer against the description."""
    with TestClient(app, raise_server_exceptions=False, headers={"Origin": PAGE}) as client:

        def asked(method, url, status=200, **more):
            response = client.request(method, url, **more)
            assert response.status_code == status, response.text
            contract.check(response)
            return response

        yield asked


def test_the_description_is_valid_openapi(app):
    from openapi_spec_validator import validate

    validate(app.openapi())


def test_it_is_served_to_everybody_and_in_ascii(app):
    with TestClient(app) as client:
        served = client.get("/openapi.json")
    assert served.json() == app.openapi()
    assert served.content.isascii()


def test_every_operation_says_what_it_is_for_and_who_may_ask(app):
    told = [found for operations in app.openapi()["paths"].values() for found in operations.values()]
    ids = [found["operationId"] for found in told]
    assert len(set(ids)) == len(ids)
    assert [found["operationId"] for found in told if " " not in found["summary"] or "security" not in found] == []
    assert {name for found in told for name in found["tags"]} == {tag["name"] for tag in app.openapi()["tags"]}


def test_no_answer_is_told_as_anything_at_all(app):
    loose = []
    for path, operations in app.openapi()["paths"].items():
        for method, found in operations.items():
            for status, response in found["responses"].items():
                loose += [(method, path, status, m) for m, c in response.get("content", {}).items() if not c["schema"]]
    assert loose == []


def test_every_route_answers_as_it_is_told(ask, contract, provider):
    anna, operator = bearer(provider.token("anna")), bearer(OPERATOR)
    visitor = bearer(ask("POST", "/v1/sessions", 201, json={}).json()["token"])
    _for_everybody(ask)
    turn = _chat(ask, anna)
    _completions(ask, anna)
    _own(ask, anna, turn)
    _guidance(ask, anna)
    _for_operators(ask, operator)
    _refused(ask, anna, visitor, turn)
    answered = {(method, path) for method, path, status in contract.seen if status < 300}
    assert contract.operations() - answered == set()


def _for_everybody(ask):
    for url in ("/healthz", "/readyz", "/v1/about", "/v1/starters", "/v1/courses", "/v1/courses?q=快件&sort=title"):
        ask("GET", url)
    assert ask("GET", "/v1/courses/suggest?q=快").json()["suggestions"]
    for course in ask("GET", "/v1/courses").json()["courses"]:
        ask("GET", f"/v1/courses/{course['course_id']}")
    ask("POST", "/v1/sessions/wechat", 201, json={"code": "good"})
    ask("GET", f"/v1/courses/{course['course_id']}", headers={"Accept": "application/ld+json"})


def _chat(ask, anna):
    told = ask("POST", "/v1/chat", json={"message": LOST}, headers=anna).json()
    for message, style in (
        (LOST, "quiz"),
        (LOST, "hint"),
        ("我想做快递员，怎么学", "answer"),
        ("有哪些免费的课", "answer"),
    ):
        for accept in (SSE, NDJSON, JSON):
            ask("POST", "/v1/chat", json={"message": message, "style": style}, headers=anna | {"Accept": accept})
    turn = told["turn_id"]
    for accept in (SSE, NDJSON, JSON):
        ask("GET", f"/v1/chat/turns/{turn}/events", headers=anna | {"Accept": accept})
    ask("DELETE", f"/v1/chat/turns/{turn}", 202, headers=anna)
    ask("GET", f"/v1/passages/{told['sources'][0]['passage_id']}", headers=anna)
    return told


def _completions(ask, anna):
    asked = {"model": "learning-companion", "messages": [{"role": "user", "content": LOST}]}
    ask("POST", "/v1/chat/completions", json=asked, headers=anna)
    ask("POST", "/v1/chat/completions", json=asked | {"stream": True}, headers=anna)
    usage = {"stream": True, "stream_options": {"include_usage": True}}
    ask("POST", "/v1/chat/completions", json=asked | usage, headers=anna)
    ask("GET", "/v1/models", headers=anna)
    ask("GET", "/v1/models/learning-companion", headers=anna)
    ask("GET", "/v1/models/other", 404, headers=anna)
    ask("POST", "/v1/chat/completions", 400, json=asked | {"n": 2}, headers=anna)
    ask("POST", "/v1/chat/completions", 404, json=asked | {"model": "other"}, headers=anna)
    ask("POST", "/v1/chat/completions", 413, content=b"x" * 300_000, headers=anna)
    ask("POST", "/v1/chat/completions", 400, content=b"\xff\xfe", headers=anna | {"Content-Type": JSON})


def _own(ask, anna, turn):
    ask("PATCH", "/v1/learners/me", json={"age_band": "adult", "profile": {"goals": ["快递员"]}}, headers=anna)
    for path in ("", "/credits", "/progress", "/reviews", "/export"):
        ask("GET", f"/v1/learners/me{path}", headers=anna)
    ask("POST", "/v1/feedback", 204, json={"turn_id": turn["turn_id"], "rating": "down"}, headers=anna)
    ask("POST", "/v1/complaints", 201, json={"kind": "report", "words": "不对"}, headers=anna)
    ask("GET", "/v1/complaints", headers=anna)
    ask("GET", "/v1/conversations", headers=anna)
    ask("GET", f"/v1/conversations/{turn['conversation_id']}", headers=anna)
    statement = {
        "id": "8e1e4a10-0000-4000-8000-00000000000{}",
        "actor": {"account": {"homePage": "https://portal.example", "name": "anna"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "timestamp": datetime.now(UTC).isoformat(),
    }
    told = ask("POST", "/v1/events", 422, json={"nothing": 1}, headers=anna).json()
    assert told["refused"]
    for number, course in enumerate(ask("GET", "/v1/courses").json()["courses"][:9]):
        of_course = {
            "id": statement["id"].format(number),
            "object": {"id": f"https://x.example/courses/{course['course_id']}"},
        }
        ask("POST", "/v1/events", json=statement | of_course, headers=anna)
    assert ask("GET", "/v1/learners/me/progress", headers=anna).json()["events"]
    ask("GET", "/v1/learners/me", headers=anna)


def _guidance(ask, anna):
    courses = ask("GET", "/v1/courses").json()["courses"]
    for wish in (
        {},
        {"text": "快件丢了"},
        {"text": "我想当养老护理员", "locale": "en"},
        {"text": "量子色动力学", "free": True},
    ):
        ask("POST", "/v1/recommendations", json=wish, headers=anna)
    for wish in ({}, {"text": "快递", "city": "广州"}, {"text": "空间站", "latitude": 23.1, "longitude": 113.3}):
        ask("POST", "/v1/offerings/search", json=wish, headers=anna)
    assert ask("GET", "/v1/occupations?q=快递员", headers=anna).json()["occupations"]
    assert ask("GET", "/v1/credit-rules", headers=anna).json()["rules"]
    for goal in ({"goal": "当宇航员"}, {"goal": "快递员", "hours_a_week": 3, "until": "2027-12-01"}, {"credits": 1}):
        ask("POST", "/v1/pathways", json=goal, headers=anna)
    kept = ask("POST", "/v1/pathways", json={"course_id": courses[0]["course_id"], "keep": True}, headers=anna).json()
    ask("POST", "/v1/pathways", json={"goal": "快递员"}, headers=anna | {"Accept": "image/svg+xml"})
    assert ask("GET", "/v1/pathways", headers=anna).json()["pathways"]
    ask("GET", f"/v1/pathways/{kept['pathway_id']}", headers=anna)
    ask("DELETE", f"/v1/pathways/{kept['pathway_id']}", 204, headers=anna)


def _for_operators(ask, operator):
    entry = {"id": "a1", "credits": "2.5", "earned_on": "2026-01-02", "source": "Bank", "title": "Course", "level": 5}
    ask("PUT", "/v1/operators/learners/x/credits", 204, json=[entry], headers=operator)
    ask("DELETE", "/v1/operators/learners/x/credits/a1", 204, headers=operator)
    ask("PUT", "/v1/operators/learners/x/credits", 422, json=[entry | {"earned_on": "2026-13-02"}], headers=operator)
    ask("POST", "/v1/operators/learners/x/events", json=[{}], headers=operator)
    ticket = ask("GET", "/v1/operators/complaints", headers=operator).json()["complaints"][0]["ticket"]
    ask("POST", f"/v1/operators/complaints/{ticket}/answer", 204, json={"words": "改好了"}, headers=operator)
    for path in ("operators/audit", "operators/disliked", "operators/complaints", "reports/quality", "reports/demand"):
        ask("GET", f"/v1/{path}", headers=operator)
    for form in ("csv", "html"):
        ask("GET", f"/v1/reports/demand?format={form}", headers=operator)
    ask("GET", "/metrics", headers=operator)


def _refused(ask, anna, visitor, turn):
    ask("POST", "/v1/sessions", 403, json={}, headers={"Origin": "https://elsewhere.example"})
    ask("POST", "/v1/sessions/wechat", 400, json={"code": "x"})
    ask("POST", "/v1/chat", 422, json={"message": 5}, headers=anna)
    ask("POST", "/v1/chat", 413, json={"message": "x" * 5_000}, headers=anna)
    ask("POST", "/v1/chat", 404, json={"message": LOST, "conversation_id": turn["conversation_id"]}, headers=visitor)
    ask("POST", "/v1/chat", 401, json={"message": LOST})
    ask("POST", "/v1/chat/completions", 401, json={})
    ask("POST", "/v1/events", 422, json=[], headers=anna)
    ask("GET", "/v1/courses/none", 404)
    ask("GET", "/v1/courses?level=9", 422)
    ask("GET", "/v1/learners/me", headers=visitor)
    ask("PATCH", "/v1/learners/me", 403, json={}, headers=visitor)
    ask("POST", "/v1/events", 403, json={"x": 1}, headers=visitor)
    ask("GET", "/v1/reports/quality", 403, headers=anna)
    ask("DELETE", "/v1/conversations/none", 204, headers=anna)
    ask("DELETE", "/v1/learners/me", headers=anna)
