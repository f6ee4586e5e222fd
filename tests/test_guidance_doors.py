import uuid
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from companion.guidance.book import Unmet
from companion.guidance.credits import Entry
from tests.conftest import OPERATOR, PAGE

RULES = "companion/guidance/samples/credit-rules.json"


@pytest.fixture
def door(service, request):
    with TestClient(service(credit_rules=request.config.rootpath / RULES)) as client:
        yield client


@pytest.fixture
def state(service, door):
    return service.states[-1]


def user(provider, name="anna"):
    return {"Authorization": f"Bearer {provider.token(name)}"}


def visitor(door):
    token = door.post("/v1/sessions", headers={"Origin": PAGE}).json()["token"]
    return {"Authorization": f"Bearer {token}", "Origin": PAGE}


OPERATORS = {"Authorization": f"Bearer {OPERATOR}"}


def pseudonym(door, who):
    return door.get("/v1/learners/me", headers=who).json()["id"]


def statement(verb, course, **parts):
    return {
        "id": str(uuid.uuid4()),
        "actor": {"mbox": "mailto:anna@example.org"},
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
        "object": {"id": f"urn:course:{course}"},
        "timestamp": datetime.now(UTC).isoformat(),
        **parts,
    }


def test_a_recommendation_says_why_in_facts_and_names_only_courses_that_there_are(door, provider):
    found = door.post("/v1/recommendations", json={"text": "快递丢了怎么赔"}, headers=user(provider)).json()
    known = {one["course_id"]: one["title"] for one in door.get("/v1/courses").json()["courses"]}
    assert found["courses"][0]["course_id"] == "parcels"
    assert all(known[one["course_id"]] == one["title"] for one in found["courses"])
    assert found["courses"][0]["reason"]
    assert found["courses"][0]["why"][0]["weight"] > 0


@pytest.mark.parametrize(
    ("conditions", "ids"),
    [({"language": "en"}, {"heaps"}), ({"level": 3}, {"lists"}), ({"level": 7}, set()), ({"exclude": ["heaps"]}, None)],
)
def test_conditions_hold_of_every_course_offered(door, provider, conditions, ids):
    found = door.post("/v1/recommendations", json={"limit": 20, **conditions}, headers=user(provider)).json()
    offered = {one["course_id"] for one in found["courses"]}
    assert offered == ids if ids is not None else "heaps" not in offered
    if not offered:
        assert found["in_the_way"]["level"] > 0


def test_what_was_finished_is_not_offered_again_unless_nobody_is_to_be_known(door, provider):
    anna = user(provider)
    assert door.post("/v1/events", json=statement("completed", "parcels"), headers=anna).json()["stored"] == 1
    wish = {"text": "快递丢了怎么赔"}
    known = door.post("/v1/recommendations", json=wish, headers=anna).json()
    nobody = door.post("/v1/recommendations", json=wish | {"personalised": False}, headers=anna).json()
    assert "parcels" not in [one["course_id"] for one in known["courses"]]
    assert nobody["courses"][0]["course_id"] == "parcels"
    door.patch("/v1/learners/me", json={"personalised": False}, headers=anna)
    switched_off = door.post("/v1/recommendations", json=wish, headers=anna).json()
    assert switched_off["courses"][0]["course_id"] == "parcels"
    assert not switched_off["personalised"]


def test_a_learner_sees_corrects_and_takes_back_what_is_believed(door, provider):
    anna = user(provider)
    told = door.patch(
        "/v1/learners/me", json={"profile": {"goals": ["学编程"], "city": "佛山市", "hours_a_week": 4}}, headers=anna
    ).json()
    assert told["profile"]["city"] == "佛山市"
    assert door.patch("/v1/learners/me", json={"profile": {"city": None}}, headers=anna).json()["profile"] == {
        **told["profile"], "city": None,
    }  # fmt: skip
    door.post("/v1/events", json=statement("completed", "lists"), headers=anna)
    (belief,) = door.get("/v1/learners/me", headers=anna).json()["beliefs"]
    assert belief["id"] == "level:3"
    assert belief["evidence"]
    assert not door.patch("/v1/learners/me", json={"rejected": ["level:3"]}, headers=anna).json()["beliefs"]
    assert not door.get("/v1/learners/me", headers=anna).json()["beliefs"]


def test_nothing_is_kept_of_visitors_but_they_are_advised(door):
    someone = visitor(door)
    assert door.post("/v1/recommendations", json={"text": "学数据结构"}, headers=someone).status_code == 200
    assert door.post("/v1/events", json=statement("completed", "lists"), headers=someone).status_code == 403


def test_statements_that_cannot_be_kept_are_named(door, provider):
    answer = door.post("/v1/events", json=[{"id": "no"}, statement("completed", "none")], headers=user(provider))
    assert answer.status_code == 422
    assert [one["index"] for one in answer.json()["refused"]] == [0, 1]
    assert door.post("/v1/events", json=[], headers=user(provider)).status_code == 422


def test_a_pathway_is_planned_drawn_kept_and_planned_anew(door, provider):
    anna = user(provider)
    wish = {"course_id": "lists", "hours_a_week": 5, "start": "2026-12-01", "keep": True}
    way = door.post("/v1/pathways", json=wish, headers=anna).json()
    assert way["possible"]
    assert [step["course_id"] for step in way["steps"]] == ["lists"]
    assert way["ends"] >= "2026-12-10"
    own = f"/v1/pathways/{way['pathway_id']}"
    drawn = door.post("/v1/pathways", json=wish | {"personalised": False}, headers=anna | {"Accept": "image/svg+xml"})
    assert ET.fromstring(drawn.text).tag.endswith("svg")
    impersonal = drawn.headers["location"]
    assert door.get(own, headers=user(provider, "bert")).status_code == 404
    door.post("/v1/events", json=statement("failed", "lists"), headers=anna)
    assert door.get(own, headers=anna).json()["changed"]["again"] == ["lists"]
    later = statement("completed", "lists", timestamp=(datetime.now(UTC) + timedelta(seconds=5)).isoformat())
    door.post("/v1/events", json=later, headers=anna)
    again = door.get(own, headers=anna).json()
    assert again["steps"][0]["status"] == "done"
    assert again["changed"]["finished"] == ["lists"]
    assert door.get(impersonal, headers=anna).json()["steps"][0]["status"] == "open"
    assert len(door.get("/v1/pathways", headers=anna).json()["pathways"]) == 2
    assert door.delete(own, headers=anna).status_code == 204
    assert door.get(own, headers=anna).status_code == 404


def test_a_goal_that_cannot_be_reached_says_why(door, provider):
    anna = user(provider)
    assert door.post("/v1/pathways", json={}, headers=anna).status_code == 422
    assert door.post("/v1/pathways", json={"occupation_id": "none"}, headers=anna).status_code == 404
    way = door.post("/v1/pathways", json={"course_id": "none"}, headers=anna).json()
    assert not way["possible"]
    assert way["hindrances"][0]["obstacle"] == "no_course"
    level = door.post("/v1/pathways", json={"goal": "数据结构", "target_level": 7}, headers=anna).json()
    assert level["hindrances"][0]["obstacle"] == "no_level"


def test_occupations_are_found_by_what_people_call_them(door, provider):
    found = door.get("/v1/occupations", params={"q": "送快递的"}, headers=user(provider)).json()["occupations"]
    assert found[0]["title"] == "快递员"
    assert found[0]["sample"]


def test_credits_come_from_operators_and_are_counted_by_the_rules(door, provider, state):
    anna = user(provider)
    learner = pseudonym(door, anna)
    entries = [
        {"id": "e1", "credits": "1.5", "earned_on": "2026-05-01", "source": "学校", "title": "课", "level": 2},
        {"id": "e2", "credits": "0.1", "earned_on": "2026-06-01", "source": "学校", "title": "另一门"},
    ]
    assert door.put(f"/v1/operators/learners/{learner}/credits", json=entries, headers=anna).status_code == 403
    mistyped = entries[0] | {"credits": "15"}  # the last with an id counts
    put = [mistyped, *entries]
    assert door.put(f"/v1/operators/learners/{learner}/credits", json=put, headers=OPERATORS).status_code == 204
    held = door.get("/v1/learners/me/credits", params={"course_id": "parcels"}, headers=anna).json()
    assert held["total"] == "1.6"
    first = next(one for one in held["targets"] if one["rule"]["id"] == "sample-first-step")
    assert first["missing"] == "0.4"
    assert "示例规则" in held["text"]
    assert door.get("/v1/learners/me/credits", headers=user(provider, "bert")).json()["total"] == "0"
    assert door.delete(f"/v1/operators/learners/{learner}/credits/e1", headers=OPERATORS).status_code == 204
    assert door.get("/v1/learners/me/credits", headers=anna).json()["total"] == "0.1"
    assert {row.deed for row in state.audit.entries(0, 50)} >= {"awarded", "took_back"}


def test_with_no_rules_loaded_that_is_the_answer(service, provider):
    with TestClient(service()) as door:
        held = door.get("/v1/learners/me/credits", headers=user(provider)).json()
        assert not held["rules_loaded"]
        assert "没有载入学分规则" in held["text"]
        assert door.get("/v1/credit-rules", headers=user(provider)).json() == {"loaded": False, "rules": []}


def test_where_somebody_is_is_not_kept(door, provider, state):
    anna = user(provider)
    wish = {"text": "舞狮", "latitude": 23.456789, "longitude": 113.987654}
    answer = door.post("/v1/offerings/search", json=wish, headers=anna).json()
    assert answer["counted"]
    door.post("/v1/recommendations", json={**wish, "in_person": True}, headers=anna)
    kept = {"goal": "舞狮", "latitude": 23.456789, "longitude": 113.987654, "keep": True}
    door.post("/v1/pathways", json=kept, headers=anna)
    assert "23.456" not in str(state.learners.export(pseudonym(door, anna)))


def test_practice_is_scheduled_and_asked_again(door, provider, state):
    anna = user(provider)
    asked = door.post("/v1/chat", json={"message": "考考我快递丢失的赔偿"}, headers=anna).json()
    follow = {"conversation_id": asked["conversation_id"], "message": "不知道"}
    door.post("/v1/chat", json=follow, headers=anna)
    progress = door.get("/v1/learners/me/progress", headers=anna).json()
    assert progress["events"][0]["verb"] == "practised"
    assert door.get("/v1/learners/me/reviews", headers=anna).json()["due"] == []
    owner = pseudonym(door, anna)
    due = state.reviews.due(owner, datetime.now(UTC) + timedelta(days=1))
    assert due[0].course_id == "parcels"


def test_the_demand_report_is_for_operators_and_names_nobody(door, provider, state):
    words = ["想学电焊", "电焊去哪里学", "有没有教电焊的班", "学电焊要多久", "电焊培训有吗", "哪里可以学电焊"]
    for number, said in enumerate(words):
        state.book.note(Unmet("", f"who-{number}", "no_course", said, "zh-Hans", "worker", "佛山市"))
    state.book.note(Unmet("", "who-9", "no_course", "=SUM(A1)想学潜水", "zh-Hans"))
    assert door.get("/v1/reports/demand", headers=user(provider)).status_code == 403
    found = door.get("/v1/reports/demand", headers=OPERATORS).json()
    assert "电焊" in found["topics"][0]["terms"][0]
    assert found["topics"][0]["learners"] == found["topics"][0]["conversations"] == 6  # nobody signed in
    assert "潜水" not in str(found)
    page = door.get("/v1/reports/demand", headers=OPERATORS | {"Accept": "text/html"})
    assert "电焊" in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    table = door.get("/v1/reports/demand", params={"format": "csv"}, headers=OPERATORS).text
    assert table.startswith("\ufefftopic,dimension,value,learners")
    assert "佛山市,6" in table
    today = date.today()
    bad = door.get(
        "/v1/reports/demand", params={"since": today.isoformat(), "until": today.isoformat()}, headers=OPERATORS
    )
    assert bad.status_code == 422
    assert door.get("/v1/reports/demand", params={"until": "0001-01-05"}, headers=OPERATORS).status_code == 422
    quality = door.get("/v1/reports/quality", headers=OPERATORS).json()
    assert quality["total"]["unmet"]["no_course"] == 7


def test_a_title_that_no_record_has_is_said_to_be_missing(door, provider):
    answer = door.post(
        "/v1/chat", json={"message": "《量子焊接高级班》这门课还能报名吗"}, headers=user(provider)
    ).json()
    assert "没有找到《量子焊接高级班》这门课" in answer["text"]
    there = door.post("/v1/chat", json={"message": "《快递服务规则》这门课怎么样"}, headers=user(provider)).json()
    assert "没有找到《" not in there["text"]


def test_a_ledger_is_read_from_the_chat_by_whoever_owns_it(door, provider, state):
    from decimal import Decimal

    anna = user(provider)
    state.book.credits.put(pseudonym(door, anna), [Entry("e", Decimal("2.5"), "2026-01-05", "学校", "课")])
    answer = door.post("/v1/chat", json={"message": "我有几个学分"}, headers=anna).json()
    assert "2.5 学分" in answer["text"]
    assert answer["mode"] == "catalogue"
    bert = door.post("/v1/chat", json={"message": "我有几个学分"}, headers=user(provider, "bert")).json()
    assert "2.5" not in bert["text"]


def test_how_credits_convert_is_told_by_the_clause_where_rules_are_loaded_and_left_to_the_office_where_not(
    service, door, provider
):
    asked = {"message": "急救证能折算多少学分"}
    told = door.post("/v1/chat", json=asked, headers=user(provider)).json()
    assert told["mode"] == "catalogue"
    assert "零点五学分" in told["text"]
    assert "示例规则" in told["text"]
    with TestClient(service()) as without:
        declined = without.post("/v1/chat", json=asked, headers=user(provider)).json()
        assert declined["mode"] == "declined"
        assert "零点五" not in declined["text"]


def test_hard_facts_do_not_hide_a_course_behind_many_that_are_nearer(tmp_path, embedder):
    import json

    from companion.guidance.need import Need
    from companion.guidance.occupations import Occupations
    from companion.guidance.recommend import Recommender
    from companion.guidance.shelf import Shelf
    from companion.guidance.skills import SkillMap
    from course_index.build import build_index
    from course_index.store.generations import IndexHome
    from retrieval.live import LiveIndex

    folder = tmp_path / "catalogue"
    folder.mkdir()
    records = [
        {"id": f"c{n}", "title": f"电工基础第 {n} 期", "provider": "p", "language": "zh-Hans", "price": {"amount": 90}}
        for n in range(120)
    ]
    records.append(
        {"id": "free", "title": "电工与电路常识", "provider": "p", "language": "zh-Hans", "price": {"amount": 0}}
    )
    (folder / "courses.jsonl").write_text("\n".join(json.dumps(one) for one in records), "utf-8")
    home = IndexHome(tmp_path / "index")
    build_index([folder], home, embedder)
    live = LiveIndex(home, embedder)
    search = live.search
    courses = list(search.records.courses(search.records.course_ids()).values())
    embed = search.embed_plainly
    recommender = Recommender(search, Occupations([], embed), SkillMap(courses, embed), Shelf(courses))
    found = recommender.recommend(Need(text="电工基础", free=True), k=3)
    assert [one.course.id for one in found.courses] == ["free"]
    live.close()


def test_in_a_chat_too_anybodys_answer_is_one_option_away(door, provider):
    anna = user(provider)
    door.post("/v1/events", json=statement("completed", "parcels"), headers=anna)
    asked = {"message": "推荐几门快递的课"}
    known = door.post("/v1/chat", json=asked, headers=anna).json()
    nobody = door.post("/v1/chat", json=asked | {"personalised": False}, headers=anna).json()
    assert "parcels" not in [one["course_id"] for one in known["courses"]]
    assert nobody["courses"][0]["course_id"] == "parcels"


def test_facts_that_only_an_office_may_state_are_counted_as_needs(service, provider):
    with TestClient(service()) as door:
        door.post("/v1/chat", json={"message": "60个学分能换大专吗"}, headers=user(provider))
        unmet = door.get("/v1/reports/quality", headers=OPERATORS).json()["total"]["unmet"]
    assert unmet == {"refused": 1}


def test_what_is_told_to_one_learner_is_not_remembered_for_another(door, provider):
    anna = user(provider)
    for course in ("parcels", "lists"):
        door.post("/v1/events", json=statement("completed", course), headers=anna)
    told = [
        door.post("/v1/chat", json={"message": said}, headers=who).json()
        for said in ("我想学好链表和数组，怎么学", "家里快递老是丢，烦死了")
        for who in (anna, user(provider, "bert"))
    ]
    for first, second in zip(told[::2], told[1::2], strict=True):
        assert "已学完" not in second["text"]
        assert {one["course_id"] for one in first["courses"]}.isdisjoint({"parcels"})


def test_a_course_that_five_learners_complain_of_is_named_in_the_report(door, provider):
    asked = {"message": "快递丢了怎么赔"}
    for number in range(5):
        who = user(provider, f"learner-{number}")
        turn_id = door.post("/v1/chat", json=asked, headers=who).json()["turn_id"]
        before = door.get("/v1/reports/demand", headers=OPERATORS).json()["outdated"]
        assert "parcels" not in [one["course_id"] for one in before]
        if number % 2:
            thumb = {"turn_id": turn_id, "rating": "down", "reasons": ["outdated"]}
            assert door.post("/v1/feedback", json=thumb, headers=who).status_code == 204
        else:
            grievance = {"kind": "report", "words": "这是旧规定", "turn_id": turn_id}
            assert door.post("/v1/complaints", json=grievance, headers=who).status_code == 201
    outdated = {
        one["course_id"]: one["why"] for one in door.get("/v1/reports/demand", headers=OPERATORS).json()["outdated"]
    }
    assert outdated["parcels"] == ["5 位学习者说有错或过时"]


def test_what_somebody_else_says_of_a_learners_turn_counts_nothing(door, provider):
    anna = user(provider)
    turn_id = door.post("/v1/chat", json={"message": "链表和数组有什么不同"}, headers=anna).json()["turn_id"]
    for told in (turn_id, "no-such-turn"):
        for number in range(6):
            who = user(provider, f"stranger-{number}")
            grievance = {"kind": "report", "words": "这是旧规定", "turn_id": told}
            assert door.post("/v1/complaints", json=grievance, headers=who).status_code == 201
    outdated = door.get("/v1/reports/demand", headers=OPERATORS).json()["outdated"]
    assert "学习者" not in {one["course_id"]: one["why"] for one in outdated}.get("lists", [""])[0]


def test_classes_near_a_place_are_told_as_they_are_listed(door, provider):
    anna = user(provider)
    near = door.post("/v1/offerings/search", json={"text": "醒狮", "city": "广州市"}, headers=anna).json()
    assert near["total"] == 1
    assert "《醒狮体验班》" in near["text"]
    anything = door.post("/v1/offerings/search", json={"city": "广州市"}, headers=anna).json()
    assert "醒狮体验班" in [one["title"] for one in anything["offerings"]]
    assert not anything["counted"]
    far = door.post("/v1/offerings/search", json={"text": "醒狮", "city": "湛江市"}, headers=anna).json()
    assert far["offerings"] == []
    assert "湛江" in far["text"]
    # What only comes near is no class on it; a place and a condition hold wherever they are said.
    piano = door.post("/v1/offerings/search", json={"text": "小提琴", "city": "广州市"}, headers=anna).json()
    assert (piano["offerings"], piano["online"], piano["counted"]) == ([], [], True)
    said = door.post("/v1/offerings/search", json={"text": "湛江的醒狮班"}, headers=anna).json()
    assert (said["offerings"], said["counted"]) == ([], True)
    steps = door.post("/v1/offerings/search", json={"text": "坐轮椅能去的醒狮班"}, headers=anna).json()
    assert all(one["step_free"] for one in steps["offerings"])


@pytest.mark.parametrize(
    ("path", "wish", "said"),
    [
        ("/v1/offerings/search", {"district": "天河区"}, "city"),
        ("/v1/offerings/search", {"latitude": 23.1}, "longitude"),
        ("/v1/pathways", {"goal": "醒狮", "start": "2026-12-01", "until": "2026-11-01"}, "before `start`"),
        ("/v1/pathways", {"goal": "醒狮", "start": "9999-12-31", "hours_a_week": 1}, "2100"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_is_wrong(door, provider, path, wish, said):
    answer = door.post(path, json=wish, headers=user(provider))
    assert answer.status_code == 422
    assert said in answer.text


def test_half_a_character_is_no_error(door, provider):
    half = b'{"message": "\\ud800 \\u7535"}'
    answer = door.post("/v1/chat", content=half, headers={**user(provider), "Content-Type": "application/json"})
    assert answer.status_code == 200
    assert answer.json()["mode"]


def test_a_conversation_that_is_reopened_has_its_cards_and_the_quiz_that_is_on(door, provider):
    anna = user(provider)
    asked = door.post("/v1/chat", json={"message": "有没有快递的课"}, headers=anna).json()
    path = f"/v1/conversations/{asked['conversation_id']}"
    kept = door.get(path, headers=anna).json()
    assert asked["courses"]
    assert kept["turns"][0]["courses"] == asked["courses"]
    assert kept["quiz"] == []
    practice = {"message": "考考我快件赔偿", "conversation_id": asked["conversation_id"]}
    quiz = door.post("/v1/chat", json=practice, headers=anna).json()["quiz"]
    assert quiz
    kept = door.get(path, headers=anna).json()
    assert kept["quiz"] == quiz
    assert kept["turns"][1]["courses"] == []
