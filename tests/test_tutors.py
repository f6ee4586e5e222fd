"""Minors are answered and advised from the courses that the operator chose for them, and from no other."""

import asyncio

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from companion.settings import CompanionSettings
from companion.state.database import StateUnavailable
from companion.tutors import Tutors
from course_index.build import build_index
from course_index.parts import index_home
from course_index.settings import IndexSettings
from tests.test_service import bearer
from tests.test_turns import LOST

BIRDS = "白鹭站在水里不动，是在等小鱼游近。"


@pytest.fixture(scope="module")
def chosen(tmp_path_factory, embedder):
    """A data folder with the one course that is for minors."""
    folder = tmp_path_factory.mktemp("minors")
    course = folder / "birds"
    course.mkdir()
    (course / "01.md").write_text(f"# 白鹭\n\n## 它怎样捉鱼\n\n{BIRDS}\n")
    build_index([course], index_home(IndexSettings(data_dir=folder / "data")), embedder)
    return folder / "data"


def ages(client, provider):
    """Headers of one learner of each age, by age."""
    told = {"under_14": {"guardian_consent": True}, "14_to_17": {}, "adult": {}, None: {}}
    headers = {age: bearer(provider.token(f"learner-{age}")) for age in told}
    for age, more in told.items():
        client.patch("/v1/learners/me", json={"age_band": age} | more, headers=headers[age])
    return headers


def test_minors_see_the_courses_chosen_for_them_and_no_other(service, provider, chosen):
    with TestClient(service(minor_data_dir=chosen, minor_night="")) as client:
        headers = ages(client, provider)
        passages = {}
        for age in ("adult", None):
            answer = client.post("/v1/chat", json={"message": LOST}, headers=headers[age]).json()
            assert answer["mode"] == "extracted"
            passages[age] = answer["sources"][0]["passage_id"]
        for age in ("under_14", "14_to_17"):
            asked = {"headers": headers[age]}
            refused = client.post("/v1/chat", json={"message": LOST}, **asked).json()
            assert (refused["mode"], refused["sources"]) == ("catalogue", [])
            birds = client.post("/v1/chat", json={"message": "白鹭怎样捉鱼"}, **asked).json()
            assert BIRDS in birds["text"]
            seen = [
                *(course["course_id"] for course in client.get("/v1/courses", **asked).json()["courses"]),
                *(course["course_id"] for course in refused["courses"] + birds["courses"]),
                *(
                    course["course_id"]
                    for wish in ("想学观鸟", "")
                    for course in client.post("/v1/recommendations", json={"text": wish}, **asked).json()["courses"]
                ),
                *(
                    step["course_id"]
                    for step in client.post("/v1/pathways", json={"goal": "观鸟"}, **asked).json()["steps"]
                ),
            ]
            assert set(seen) == {"birds"}
            assert client.get(f"/v1/passages/{passages['adult']}", **asked).status_code == 404
            assert client.get("/v1/starters", **asked).json()["questions"] == ["它怎样捉鱼？"]
        assert "birds" not in client.get("/v1/courses", headers=headers["adult"]).text
        ready = client.get("/readyz", headers=headers["adult"]).json()
        assert (ready["minors"]["courses"], ready["index"]["courses"]) == (1, 4)


def test_who_tells_no_age_may_be_taken_for_a_minor(service, provider, chosen):
    with TestClient(service(minor_data_dir=chosen, age_unknown="minor", minor_night="")) as client:
        headers = ages(client, provider)
        modes = {age: client.post("/v1/chat", json={"message": LOST}, headers=headers[age]).json() for age in headers}
        assert {age: answer["mode"] for age, answer in modes.items()} == {
            "under_14": "catalogue",
            "14_to_17": "catalogue",
            "adult": "extracted",
            None: "catalogue",
        }
    with pytest.raises(ValidationError, match="AGE_UNKNOWN=minor needs"):
        CompanionSettings(age_unknown="minor")
    with pytest.raises(ValidationError, match="another folder"):
        CompanionSettings(data_dir=chosen, minor_data_dir=chosen)


def test_without_an_index_for_minors_they_are_told_so_and_shown_nothing_else(service, provider, tmp_path):
    with TestClient(service(minor_data_dir=tmp_path / "empty", minor_night="")) as client:
        headers = ages(client, provider)
        assert client.post("/v1/chat", json={"message": LOST}, headers=headers["adult"]).status_code == 200
        refused = client.post("/v1/chat", json={"message": LOST}, headers=headers["14_to_17"])
        assert refused.status_code == 503
        assert client.get("/readyz").json()["minors"]["ready"] is False


def test_while_ages_cannot_be_looked_up_everybody_is_taken_for_a_minor(companion_with):
    class Down:
        def get(self, _):
            raise StateUnavailable("down")

    everybody, minors = companion_with(), companion_with()
    tutors = Tutors(everybody, minors, Down())
    assert asyncio.run(tutors.of("anna")) is minors
    assert asyncio.run(tutors.of("")) is everybody
    assert asyncio.run(Tutors(everybody, None, Down()).of("anna")) is everybody
