import html
import json
import re

import pytest
from starlette.testclient import TestClient

from api import create_app
from companion.http.portal import _html
from companion.settings import CompanionSettings
from companion.writing.circuit import Circuit
from companion.writing.language_model import ModelUnavailable
from course_index.sources.schema_org import record_from_json_ld
from tests.scripted_model import ScriptedModel

LOST = "快件丢了谁来赔"


@pytest.fixture
def client(companion_with):
    with TestClient(create_app(companion_with(), CompanionSettings())) as client:
        yield client


def sse(response):
    messages = []
    for block in response.text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        messages.append((fields["event"], json.loads(fields["data"]), fields["id"]))
    return messages


def test_chat_answers_with_one_json_object(client):
    response = client.post("/v1/chat", json={"message": LOST})
    answer = response.json()
    assert response.headers["content-type"] == "application/json"
    assert (answer["mode"], answer["aigc"], answer["sources"][0]["locator"]) == ("extracted", None, "第一条")
    assert response.content.isascii()


def test_chat_streams_events_that_end_once(client):
    response = client.post("/v1/chat", json={"message": LOST}, headers={"Accept": "text/event-stream"})
    events = sse(response)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-accel-buffering"] == "no"
    assert [name for name, _, _ in events] == ["turn", "sources", "text", "done"]
    assert [id_ for _, _, id_ in events] == ["1", "2", "3", "4"]
    assert response.content.isascii()


def test_chat_gives_json_lines_on_request(client):
    response = client.post("/v1/chat", json={"message": LOST}, headers={"Accept": "application/x-ndjson"})
    lines = [json.loads(line) for line in response.text.splitlines()]
    assert [line["event"] for line in lines] == ["turn", "sources", "text", "done"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"message": 5}, 422),
        ({"message": "x", "unknown": "SECRET"}, 422),
        ({"message": "SECRET" * 1_000}, 413),
        ({"message": "x", "conversation_id": "../SECRET"}, 422),
        ({"message": "x", "style": "SECRET"}, 422),
    ],
)
def test_bad_requests_are_problems_that_echo_nothing(client, body, status):
    response = client.post("/v1/chat", json=body)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json().keys() == {"type", "title", "status", "detail"}
    assert "SECRET" not in response.text


def test_a_body_that_is_no_json_is_a_problem(client):
    response = client.post("/v1/chat", content=b"{SECRET", headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert "SECRET" not in response.text


def test_courses_are_listed_searched_filtered_and_counted(client):
    everything = client.get("/v1/courses").json()
    assert (everything["total"], everything["pages"], everything["facets"]["level"]) == (4, 1, {"2": 1, "3": 1})
    found = client.get("/v1/courses", params={"q": "醒狮"}).json()
    assert [course["course_id"] for course in found["courses"]] == ["lion-dance"]
    assert (
        client.get("/v1/courses", params={"city": "佛山市"}).json()["courses"][0]["offerings"][0]["step_free"] is True
    )
    assert client.get("/v1/courses", params={"level": 9}).status_code == 422


def test_a_catalogue_search_says_what_may_have_been_meant(client):
    assert client.get("/v1/courses", params={"q": "省狮"}).json()["did_you_mean"] == "醒狮"
    assert client.get("/v1/courses", params={"q": "醒狮"}).json()["did_you_mean"] is None
    assert client.get("/v1/courses").json()["did_you_mean"] is None


def test_courses_come_in_the_order_asked_for(client):
    def titles(**params):
        return [course["title"] for course in client.get("/v1/courses", params=params).json()["courses"]]

    assert titles(sort="hours")[:2] == ["快递服务规则", "数据结构入门"]
    assert titles(sort="updated")[0] == "快递服务规则"
    assert titles(sort="title") == titles() == ["Heaps in English", "快递服务规则", "数据结构入门", "醒狮体验班"]
    assert client.get("/v1/courses", params={"sort": "SECRET"}).status_code == 422
    assert "SECRET" not in client.get("/v1/courses", params={"sort": "SECRET"}).text


def test_typing_ahead_suggests_courses_lessons_subjects_and_skills(client):
    def offered(**params):
        return client.get("/v1/courses/suggest", params=params).json()["suggestions"]

    assert offered(q="醒") == [
        {"text": "醒狮", "kind": "subject"},
        {"text": "醒狮体验班", "kind": "course", "course_id": "lion-dance"},
    ]
    assert offered(q="kdfw") == [{"text": "快递服务规则", "kind": "course", "course_id": "parcels"}]
    assert offered(q="哈希")[0]["kind"] == "lesson"
    assert offered(q="lipei") == [{"text": "理赔", "kind": "skill"}]
    assert len(offered(q="h", limit=1)) == 1
    assert offered() == offered(q="") == []
    assert client.get("/v1/courses/suggest", params={"q": "x", "limit": 0}).status_code == 422


@pytest.mark.parametrize("door", ["/v1/courses", "/v1/courses/suggest"])
@pytest.mark.parametrize(
    "q", ["%00", "%ED%A0%80", "%F0%9F%98%80", "%E2%80%8F%E2%80%AE", "%25_'\"--", "%FF%FE", "a" * 60_000]
)
def test_whatever_is_typed_into_the_catalogue_is_no_error(client, door, q):
    assert client.get(f"{door}?q={q}").status_code == 200


def test_a_course_is_shown_with_its_lessons_and_as_json_ld(client):
    course = client.get("/v1/courses/parcels").json()
    assert (course["title"], course["sample"], course["lessons"][0]["title"]) == ("快递服务规则", True, "快件赔偿规则")
    response = client.get("/v1/courses/parcels", headers={"Accept": "application/ld+json"})
    assert response.headers["content-type"] == "application/ld+json"
    assert record_from_json_ld(response.json())["id"] == "parcels"
    assert client.get("/v1/courses/nope").json()["status"] == 404


def test_the_source_behind_a_citation_can_be_opened(client):
    source = client.post("/v1/chat", json={"message": LOST}).json()["sources"][0]
    passage = client.get(f"/v1/passages/{source['passage_id']}").json()
    assert source["quote"] in passage["text"]
    assert (passage["locator_kind"], passage["heading_path"], passage["as_of"]) == (
        "article",
        ["第一章 赔偿"],
        "2026-09-01",
    )
    assert client.get("/v1/passages/nope").status_code == 404


def test_health_says_that_it_lives_and_what_is_ready(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz").json()
    assert ready["index"]["ready"]
    assert ready["llm"] == {"configured": False, "state": "none"}


def test_readyz_tells_of_a_paused_model_and_stays_ready(companion_with):
    companion = companion_with(ScriptedModel(ModelUnavailable("llm_failed", "no reply from there")), Circuit(1, 60))
    with TestClient(create_app(companion, CompanionSettings())) as client:
        assert client.post("/v1/chat", json={"message": LOST}).json()["fallback"] == {"reason": "llm_failed"}
        response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["llm"] == {"configured": True, "state": "paused", "last_failure": "no reply from there"}


def test_without_an_index_it_lives_and_says_what_to_do(tmp_path, embedder, model_folder):
    from companion.build import build

    (tmp_path / "models").symlink_to(model_folder)
    settings = CompanionSettings(data_dir=tmp_path)
    with TestClient(create_app(build(settings, embedder), settings)) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
        response = client.post("/v1/chat", json={"message": LOST})
        assert response.status_code == 503
        assert "companion-index build" in response.json()["detail"]
        events = sse(client.post("/v1/chat", json={"message": LOST}, headers={"Accept": "text/event-stream"}))
        assert [name for name, _, _ in events] == ["turn", "error"]
        assert client.get("/v1/courses").status_code == 503


@pytest.mark.parametrize("path", ["/courses", "/lessons"])
def test_where_an_address_is_cut_short_all_courses_are(client, path):
    response = client.get(path, params={"audience": "courier", "lang": "en"}, follow_redirects=False)
    assert response.headers["location"] == "/?audience=courier&lang=en"
    assert client.get(path, follow_redirects=False).headers["location"] == "/"


@pytest.mark.parametrize("path", ["/", "/?q=快递&lang=en", "/courses/parcels", "/lessons/LESSON", "/courses/none"])
def test_the_portals_pages_are_whole_and_ask_nobody_else(client, path):
    (lesson, *_) = client.get("/v1/courses/parcels").json()["lessons"]
    page = client.get(path.replace("LESSON", lesson["lesson_id"]))
    assert page.status_code == (404 if path.endswith("none") else 200)
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assets = re.findall(r'(?:src|href)="(/(?:assets/|widget)[^"]+)"', page.text)
    assert {"/widget.js", "/assets/portal.css"} <= set(assets)
    for asset in assets:
        response = client.get(asset)
        assert response.status_code == 200
        assert not re.search(r"(?:src|href|url|import)\W{1,3}https?://", response.text)


def test_the_widget_is_one_small_file_for_any_page(client):
    packed = client.get("/widget.js", headers={"Origin": "https://portal.example"})
    assert packed.headers["access-control-allow-origin"] == "*"
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < 60_000
    plain = client.get("/widget.js", headers={"Accept-Encoding": "identity"})
    assert plain.content == packed.content
    assert client.get("/assets/charts.js").headers["content-encoding"] == "gzip"
    assert client.get("/assets/../portal.py").status_code == 404


def test_the_catalogue_page_filters_and_keeps_what_was_chosen(client):
    whole = client.get("/")
    total = client.get("/v1/courses").json()["total"]
    assert f"共 {total} 门课程" in whole.text
    one = client.get("/", params={"audience": "courier", "lang": "zh-Hant"})
    assert "門課程" in one.text
    links = [html.unescape(link) for link in re.findall(r'href="([^"]+)"', one.text)]
    assert any("lang=zh-Hant" in link and "audience" not in link for link in links)
    assert client.get("/", params={"level": "seven", "page": "-3", "q": "a" * 5_000}).status_code == 200
    assert "<script>" not in client.get("/", params={"q": "<script>alert(1)</script>"}).text


def test_a_lesson_page_shows_what_the_lesson_says_and_runs_none_of_it(client):
    (lesson, *_) = client.get("/v1/courses/parcels").json()["lessons"]
    page = client.get(f"/lessons/{lesson['lesson_id']}").text
    assert f'lesson="{lesson["lesson_id"]}"' in page
    assert lesson["title"] in page
    hostile = _html("<img src=x onerror=alert(1)>\n\n[a](javascript:alert(1)) ![b](https://x.example/b.png)\n\n# t")
    assert all(part not in hostile for part in ("<img", 'href="javascript', "<h1"))
    assert "<h2>t</h2>" in hostile


@pytest.mark.parametrize("asked", [{}, {"locale": "en"}, {"course_id": "parcels"}, {"audience": "courier"}])
def test_starting_questions_are_answered(client, asked):
    questions = client.get("/v1/starters", params=asked).json()["questions"]
    assert questions
    for question in questions[:2]:
        answer = client.post("/v1/chat", json={"message": question, "course_id": asked.get("course_id")}).json()
        assert answer["mode"] == "extracted", question
    assert client.get("/v1/starters", params={"course_id": "none"}).json()["questions"] == []


def test_the_description_is_there_and_no_page_that_fetches_its_viewer_from_elsewhere(client):
    assert client.get("/docs").status_code == 404
    assert client.get("/openapi.json").status_code == 200
