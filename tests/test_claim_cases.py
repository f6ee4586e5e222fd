"""The claims point at real lessons, in equal shares of right and wrong."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parent.parent
CASES = PROJECT / "eval" / "cases"
COURSES = PROJECT / "course_index" / "samples" / "courses"


def read_cases(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CASES / name).read_text("utf-8").splitlines()]


def without_space(text: str) -> str:
    return "".join(text.split())


def stands_in(quote: str, lesson: Path) -> bool:
    return without_space(quote) in without_space(lesson.read_text("utf-8"))


def test_the_quote_of_every_claim_over_the_samples_stands_in_its_lesson() -> None:
    claims = [case for case in read_cases("claims.jsonl") if case["library"] == "samples"]
    assert [case["id"] for case in claims if not stands_in(case["quote"], COURSES / case["file"])] == []


def test_a_claim_has_a_fault_exactly_when_it_is_unsupported() -> None:
    assert all(case["supported"] == (case["fault"] is None) for case in read_cases("claims.jsonl"))


def test_no_passage_serves_both_tuning_and_test() -> None:
    halves: dict[str, set[tuple[str, str]]] = {"dev": set(), "test": set()}
    for case in read_cases("claims.jsonl"):
        halves[case["id"].split("-")[1]].add((case["file"], case["quote"]))
    assert not halves["dev"] & halves["test"]
    assert min(map(len, halves.values())) >= 100


@pytest.mark.parametrize("half", ["claim-dev-", "claim-test-"])
def test_half_of_the_claims_are_supported(half: str) -> None:
    shares = Counter(case["supported"] for case in read_cases("claims.jsonl") if case["id"].startswith(half))
    assert sum(shares.values()) >= 230
    assert abs(shares[True] - shares[False]) <= 10
