import json
import re

import httpx2
import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api import create_app, why_unsafe
from companion.settings import CompanionSettings
from eval.cli import app as evaluation
from tests.conftest import OPERATOR, PAGE
from tests.scripted_model import ScriptedModel
from tests.servers import serving

LOST = "快件丢了谁来赔"
GOOD = "快件丢失的，保过价的，按寄件时约定的保价规则赔。[1]"
OPEN_TO_ALL = {
    ("GET", "/"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/v1/about"),
    ("GET", "/v1/courses"),
    ("GET", "/v1/courses/suggest"),
    ("GET", "/v1/courses/{course_id}"),
    ("GET", "/v1/starters"),
    ("POST", "/v1/sessions"),
    ("GET", "/courses"),
    ("GET", "/courses/{course_id}"),
    ("GET", "/lessons"),
    ("GET", "/lessons/{lesson_id:path}"),
    ("GET", "/widget.js"),
    ("GET", "/widget-math.js"),
    ("GET", "/favicon.ico"),
    ("GET", "/admin/session"),
    ("POST", "/admin/session"),
}
FOR_OPERATORS = ("/v1/operators", "/v1/reports", "/metrics", "/admin")


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def app(service):
    return service()


@pytest.fixture
def client(app):
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def anna(provider):
    return bearer(provider.token("anna"))


@pytest.fixture
def bert(provider):
    return bearer(provider.token("bert"))


def routes(app):
    found = [inner for outer in app.routes for inner in getattr(outer, "original_router", app.router).routes]
    return sorted({(method, route.path) for route in found if isinstance(route, APIRoute) for method in route.methods})


def filled(path, **ids):
    return re.sub(r"\{(\w+)(?::path)?\}", lambda found: ids.get(found[1], "x"), path)


def test_nobody_gets_in_but_where_it_is_open_to_all(app, client):
    found = routes(app)
    assert set(found) >= OPEN_TO_ALL
    assert len(found) > 20
    for method, path in found:
        body = {} if method in ("POST", "PATCH") else None
        response = client.request(method, filled(path), json=body, follow_redirects=False)
        if (method, path) in OPEN_TO_ALL:
            assert response.status_code not in (401, 500), (method, path)
        elif path.startswith("/admin"):  # a browser, which is shown where to sign in
            assert (response.status_code, response.headers["location"]) == (303, "/admin/session"), (method, path)
        else:
            assert (response.status_code, response.headers["www-authenticate"][:6]) == (401, "Bearer"), (method, path)


@pytest.mark.parametrize(
    "path", ["/v1/conversations/", "//v1/conversations", "/v1/courses/../conversations", "/METRICS"]
)
def test_no_spelling_of_a_path_gets_around_the_gate(client, anna, path):
    client.post("/v1/chat", json={"message": LOST, "conversation_id": "c-anna"}, headers=anna)
    response = client.get(path)
    assert response.status_code in (401, 404, 307)
    assert LOST not in response.text


def test_no_spelling_of_a_path_makes_an_operator_of_a_visitor(app, client):
    visitor = bearer(client.post("/v1/sessions", headers={"Origin": PAGE}).json()["token"])
    for method, path in routes(app):
        if path.startswith(FOR_OPERATORS) and (method, path) not in OPEN_TO_ALL:
            for spelt in ("%0A", "%0A/", "/%0A", "%0D", "%00"):
                response = client.request(method, filled(path) + spelt, json={}, headers=visitor)
                assert response.status_code in (403, 404), (method, path, spelt)


def test_a_learner_reaches_nothing_of_another_learners(app, client, anna, bert):
    turn = client.post("/v1/chat", json={"message": LOST, "conversation_id": "c-anna"}, headers=anna).json()
    client.post("/v1/feedback", json={"turn_id": turn["turn_id"], "rating": "down", "comment": "不对"}, headers=anna)
    client.post("/v1/complaints", json={"kind": "complaint", "words": "投诉一下"}, headers=anna)
    before = client.get("/v1/learners/me/export", headers=anna).json()
    for method, path in routes(app):
        body = {"turn_id": turn["turn_id"], "rating": "up"} if path == "/v1/feedback" else None
        body = {"message": "那旧的呢", "conversation_id": "c-anna"} if path == "/v1/chat" else body
        url = filled(path, turn_id=turn["turn_id"], conversation_id="c-anna")
        response = client.request(method, url, json=body, headers=bert)
        if path.startswith(FOR_OPERATORS) and (method, path) not in OPEN_TO_ALL:
            assert response.status_code == 403, (method, path)
        elif "{" in path and "course" not in path:
            assert response.status_code in (204, 404), (method, path)
        for word in (LOST, "不对", "投诉一下", turn["text"]):
            assert word not in response.text, (method, path)
    assert (
        client.post("/v1/chat", json=body or {"message": "x", "conversation_id": "c-anna"}, headers=bert).status_code
        == 404
    )
    after = client.get("/v1/learners/me/export", headers=anna).json()
    assert after == before


def test_an_operator_reads_what_is_for_operators_and_no_learners_conversation(app, client, anna):
    client.post("/v1/chat", json={"message": LOST, "conversation_id": "c-anna"}, headers=anna)
    operator = bearer(OPERATOR)
    for method, path in routes(app):
        if path.startswith(FOR_OPERATORS) and method == "GET":
            assert client.get(path, headers=operator).status_code == 200
    assert client.get("/v1/conversations/c-anna", headers=operator).status_code == 404


def test_an_operator_signs_in_to_the_pages_and_out_again(app, client, anna, bert):
    turn = client.post("/v1/chat", json={"message": LOST}, headers=anna).json()
    opinion = {"turn_id": turn["turn_id"], "rating": "down", "reasons": ["wrong"], "comment": "没有说到点子上"}
    client.post("/v1/feedback", json=opinion, headers=anna)
    assert client.post("/admin/session", data={"token": "guessed"}).status_code == 401
    learner = bert["Authorization"].removeprefix("Bearer ")
    assert client.post("/admin/session", data={"token": learner}).status_code == 401
    signed_in = client.post("/admin/session", data={"token": OPERATOR}, follow_redirects=False)
    kept = signed_in.headers["set-cookie"]
    assert all(mark in kept for mark in ("HttpOnly", "SameSite=strict", "Path=/admin"))
    assert OPERATOR not in kept
    pages = {path: client.get(path).text for path in ("/admin", "/admin/feedback", "/admin/courses", "/admin/builds")}
    assert "没有说到点子上" in pages["/admin/feedback"]
    assert LOST in pages["/admin/feedback"]
    assert all(word not in pages["/admin/feedback"] for word in ("anna", "没有意见"))
    assert client.get("/admin/overview.csv").text.startswith("\ufeffday,generated")
    # The cookie is for the pages: an API asks for a token.
    assert client.get("/v1/operators/audit").status_code == 401
    client.post("/admin/session/end")
    assert client.get("/admin", follow_redirects=False).headers["location"] == "/admin/session"
    ends, _, seal = kept.split("page.")[1].split(";")[0].partition(".")
    client.cookies.set("companion-operator", f"page.{int(ends) + 9}.{seal}", path="/admin")
    assert client.get("/admin", follow_redirects=False).status_code == 303


def test_a_complaint_gets_its_answer_and_leaves_its_trace(client, anna):
    operator = bearer(OPERATOR)
    words = "答案不对，我的电话是13800138000"
    ticket = client.post("/v1/complaints", json={"kind": "complaint", "words": words}, headers=anna).json()["ticket"]
    (waiting,) = client.get("/v1/operators/complaints", headers=operator).json()["complaints"]
    assert (waiting["ticket"], "13800138000" in waiting["words"]) == (ticket, False)
    assert (
        client.post(f"/v1/operators/complaints/{ticket}/answer", json={"words": "已改正"}, headers=operator).status_code
        == 204
    )
    assert client.get("/v1/complaints", headers=anna).json()["complaints"][0]["answer"] == "已改正"
    deeds = [entry["deed"] for entry in client.get("/v1/operators/audit", headers=operator).json()["entries"]]
    assert deeds == ["complained", "read_complaints", "answered"]


def test_thumbs_down_become_candidates_for_the_evaluation(client, anna):
    turn = client.post("/v1/chat", json={"message": LOST}, headers=anna).json()
    opinion = {"turn_id": turn["turn_id"], "rating": "down", "reasons": ["incomplete"], "comment": "没说多久"}
    assert client.post("/v1/feedback", json=opinion, headers=anna).status_code == 204
    (disliked,) = client.get("/v1/operators/disliked", headers=bearer(OPERATOR)).json()["turns"]
    assert (disliked["message"], disliked["reasons"]) == (LOST, ["incomplete"])
    (read,) = client.get("/v1/operators/audit", headers=bearer(OPERATOR)).json()["entries"]
    assert (read["who"], read["deed"]) == ("operator", "read_feedback")


def test_disliked_turns_of_a_deployment_are_written_as_drafts_that_lint_wants_completed(service, anna, tmp_path):
    drafts = tmp_path / "answers-disliked.jsonl"
    with serving(service()) as url:
        turn = httpx2.post(f"{url}/v1/chat", json={"message": LOST}, headers=anna).json()
        opinion = {"turn_id": turn["turn_id"], "rating": "down", "reasons": ["incomplete"], "comment": "没说多久"}
        httpx2.post(f"{url}/v1/feedback", json=opinion, headers=anna)
        wished = ["candidates", "--base-url", url, "--to", str(drafts)]
        assert CliRunner().invoke(evaluation, [*wished, "--token", "x"]).exit_code == 1
        assert CliRunner().invoke(evaluation, [*wished, "--token", OPERATOR]).exit_code == 0
    (draft,) = [json.loads(line) for line in drafts.read_text(encoding="utf-8").splitlines()]
    assert (draft["question"], draft["language"], draft["kind"]) == (LOST, "zh-Hans", "fact")
    assert "没说多久" in draft["note"]
    linted = CliRunner().invoke(evaluation, ["lint", str(drafts)])
    assert (linted.exit_code, "gold" in linted.output) == (1, True)


def test_a_visitor_gets_a_token_on_a_known_page_and_talks(client):
    session = client.post("/v1/sessions", headers={"Origin": PAGE})
    assert (session.status_code, session.headers["cache-control"]) == (201, "no-store")
    headers = bearer(session.json()["token"]) | {"Origin": PAGE}
    assert client.post("/v1/chat", json={"message": LOST}, headers=headers).json()["mode"] == "extracted"
    assert len(client.get("/v1/conversations", headers=headers).json()["conversations"]) == 1
    elsewhere = headers | {"Origin": "https://evil.example"}
    assert client.post("/v1/chat", json={"message": LOST}, headers=elsewhere).status_code == 401


def test_a_page_of_our_own_needs_no_entry_and_a_strange_one_gets_nothing(client):
    assert client.post("/v1/sessions", headers={"Origin": "http://testserver"}).status_code == 201
    assert client.post("/v1/sessions").status_code == 201
    assert client.post("/v1/sessions", headers={"Origin": "https://evil.example"}).status_code == 403
    for strange in ("null", "http://[", "http://testserver@evil.example"):
        assert client.post("/v1/sessions", headers={"Origin": strange}).status_code == 403


def test_a_browser_on_a_known_page_may_read_the_answer_and_on_another_not(client):
    preflight = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    assert (
        client.options("/v1/chat", headers=preflight | {"Origin": PAGE}).headers["access-control-allow-origin"] == PAGE
    )
    strange = client.options("/v1/chat", headers=preflight | {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in strange.headers


def test_too_many_turns_are_told_when_the_next_is_welcome(service, anna, bert):
    with TestClient(service(turns_a_minute=2)) as client:
        answers = [client.post("/v1/chat", json={"message": "你好"}, headers=anna) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert [answer.headers["ratelimit"].split(";")[1] for answer in answers] == ["r=1", "r=0", "r=0"]
        assert answers[0].headers["ratelimit-policy"] == '"turns";q=2;w=60'
        assert 1 <= int(answers[2].headers["retry-after"]) <= 60
        assert client.post("/v1/chat", json={"message": "你好"}, headers=bert).status_code == 200


def test_one_address_with_many_names_is_limited_too(service, provider):
    with TestClient(service(address_turns_a_minute=3)) as client:
        status = [
            client.post("/v1/chat", json={"message": "你好"}, headers=bearer(provider.token(f"user{n}"))).status_code
            for n in range(4)
        ]
    assert status == [200, 200, 200, 429]


def names_of_visitors(client, count):
    return [bearer(client.post("/v1/sessions", headers={"Origin": PAGE}).json()["token"]) for _ in range(count)]


def test_one_address_with_many_names_asks_for_no_more_of_anything_else(service):
    with TestClient(service(address_requests_a_minute=3)) as client:
        status = [client.get("/v1/conversations", headers=name).status_code for name in names_of_visitors(client, 4)]
    assert status == [200, 200, 200, 429]


def test_tools_are_no_way_around_the_turns_of_an_address(service):
    question = {"name": "quote_courses", "arguments": {"question": LOST}}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": question}
    accept = {"Accept": "application/json, text/event-stream"}
    with TestClient(service(address_turns_a_minute=3)) as client:
        names = names_of_visitors(client, 3)
        asked = [client.post("/v1/chat", json={"message": LOST}, headers=names[0])]
        asked += [client.post("/mcp", json=call, headers=name | accept) for name in names]
    assert [answer.status_code for answer in asked] == [200, 200, 200, 429]


def test_who_tries_tokens_is_slowed_down(service, anna):
    with TestClient(service(requests_a_minute=3)) as client:
        status = [client.get("/v1/conversations", headers=bearer(f"x.y.{n}")).status_code for n in range(5)]
        assert client.get("/v1/conversations", headers=anna).status_code == 200
    assert status == [401, 401, 401, 429, 429]


def test_a_learner_who_used_up_the_days_tokens_is_quoted_to(service, anna, bert):
    model = ScriptedModel(GOOD)
    with TestClient(service(model, learner_daily_tokens=100)) as client:
        first = client.post("/v1/chat", json={"message": LOST}, headers=anna).json()
        second = client.post("/v1/chat", json={"message": LOST}, headers=anna).json()
        other = client.post("/v1/chat", json={"message": LOST}, headers=bert).json()
    assert sum(first["usage"].values()) > 100
    assert (second["mode"], second["fallback"]) == ("extracted", {"reason": "llm_budget"})
    assert other["usage"]


def test_who_has_not_agreed_to_the_terms_is_asked_to(service, anna):
    with TestClient(service(consent_version="2026-11")) as client:
        assert "2026-11" in client.post("/v1/chat", json={"message": LOST}, headers=anna).json()["detail"]
        client.patch("/v1/learners/me", json={"consent_version": "2026-11"}, headers=anna)
        assert client.post("/v1/chat", json={"message": LOST}, headers=anna).status_code == 200
        client.patch("/v1/learners/me", json={"consent_version": None}, headers=anna)
        assert client.post("/v1/chat", json={"message": LOST}, headers=anna).status_code == 403
        page = {"Origin": PAGE}
        agreed = client.post("/v1/sessions", json={"consent_version": "2026-11"}, headers=page).json()["token"]
        silent = client.post("/v1/sessions", headers=page).json()["token"]
        assert client.post("/v1/chat", json={"message": LOST}, headers=bearer(agreed)).status_code == 200
        assert client.post("/v1/chat", json={"message": LOST}, headers=bearer(silent)).status_code == 403


def test_a_child_talks_with_a_guardians_consent(service, anna):
    with TestClient(service(minor_night="")) as client:  # else it would be refused at night, whenever the tests run
        client.patch("/v1/learners/me", json={"age_band": "under_14"}, headers=anna)
        assert "监护人" in client.post("/v1/chat", json={"message": LOST}, headers=anna).json()["detail"]
        client.patch("/v1/learners/me", json={"guardian_consent": True}, headers=anna)
        assert client.post("/v1/chat", json={"message": LOST}, headers=anna).status_code == 200


def test_a_learner_takes_everything_along_and_is_forgotten(client, anna, tmp_path):
    client.post("/v1/chat", json={"message": "独一无二的问题"}, headers=anna)
    export = client.get("/v1/learners/me/export", headers=anna)
    assert "attachment" in export.headers["content-disposition"]
    assert export.json()["turns"][0]["message"] == "独一无二的问题"
    learner = client.get("/v1/learners/me", headers=anna).json()["id"]
    receipt = client.delete("/v1/learners/me", headers=anna).json()
    assert receipt["erased"]["turns"] == 1
    assert not any(client.get("/v1/learners/me/export", headers=anna).json().values())
    for file in tmp_path.rglob("*"):
        for trace in ("独一无二的问题", learner):
            assert not file.is_file() or trace.encode() not in file.read_bytes(), file
    assert receipt["receipt"] in client.get("/v1/operators/audit", headers=bearer(OPERATOR)).text


def test_an_export_says_that_a_model_wrote_in_it(service, anna):
    with TestClient(service(ScriptedModel(GOOD))) as client:
        assert client.post("/v1/chat", json={"message": LOST}, headers=anna).json()["mode"] == "generated"
        label = client.get("/v1/learners/me/export", headers=anna).json()["AIGC"]
    assert label["Label"] == "1"
    assert all(isinstance(value, str) for value in label.values())


def test_visitors_cannot_leave_anything_in_the_register_of_learners(client):
    token = client.post("/v1/sessions", headers={"Origin": PAGE}).json()["token"]
    assert client.patch("/v1/learners/me", json={"age_band": "adult"}, headers=bearer(token)).status_code == 403


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "portal.example"])
def test_it_refuses_to_be_reached_by_others_while_nobody_has_to_say_who_they_are(host):
    assert "COMPANION_SESSION_SECRET" in why_unsafe(CompanionSettings(), host)
    assert why_unsafe(CompanionSettings(session_secret="s" * 48), host) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_on_this_machine_it_runs_open(host):
    assert why_unsafe(CompanionSettings(), host) is None


def test_an_open_service_behind_a_proxy_serves_no_other_machine(companion_with):
    with serving(create_app(companion_with(), CompanionSettings())) as url:
        assert httpx2.get(f"{url}/healthz").status_code == 200
        # uvicorn believes a proxy on this machine.
        forwarded = httpx2.get(f"{url}/v1/courses", headers={"X-Forwarded-For": "203.0.113.9"})
    assert (forwarded.status_code, "identities" in forwarded.json()["detail"]) == (403, True)


def test_bodies_that_are_too_large_are_not_read(service, anna):
    with TestClient(service(body_max_bytes=16_384)) as client:
        assert client.post("/v1/chat", content=b"x" * 20_000, headers=anna).status_code == 413

        def endless():
            for _ in range(10):
                yield b"x" * 4_000

        assert client.post("/v1/chat", content=endless(), headers=anna).status_code == 413


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"session_secret": "short"}, "at least 32"),
        ({"allowed_origins": "*"}, r"'\*' is no origin"),
        ({"allowed_origins": "https://portal.example/path"}, "/path' is no origin"),
        ({"oidc_issuer": "https://id.example"}, "OIDC_ISSUER and COMPANION_OIDC_AUDIENCE go together"),
        ({"oidc_issuer": "https://id.example", "oidc_audience": "companion"}, "needs COMPANION_SESSION_SECRET"),
        ({"oidc_algorithms": "none"}, "choose among RS256"),
        ({"oidc_algorithms": "HS256"}, "choose among RS256"),
        ({"database_url": "mysql://db/companion"}, "must begin with postgresql://"),
    ],
)
def test_settings_that_are_unsafe_or_half_are_refused_with_what_to_set(wrong, said):
    with pytest.raises(ValueError, match=said):
        CompanionSettings(**wrong)


def test_a_page_is_told_who_answers_and_nothing_is_made_up(service):
    with TestClient(service(operator_name="某开放大学", consent_version="2026-11")) as client:
        about = client.get("/v1/about").json()
    assert (about["operator"], about["consent_version"], about["model"]) == ("某开放大学", "2026-11", None)
    assert about["terms_url"] is about["hotline"] is None


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/widget.js", "/v1/courses", "/openapi.json"])
def test_head_says_what_get_would_without_its_body(client, path):
    told, got = client.head(path), client.get(path)
    assert told.status_code == got.status_code == 200
    assert told.headers["content-type"] == got.headers["content-type"]
    assert told.content == b""


def test_head_gets_no_further_than_get(client):
    assert client.head("/v1/conversations").status_code == 401
    assert client.head("/v1/chat").status_code in (401, 405)


def test_there_is_no_stream_to_listen_to_at_mcp(client):
    refused = client.get("/mcp")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
