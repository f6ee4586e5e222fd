"""Patterns end at the marks that normalising leaves in the text they are sought in."""

import importlib
import inspect
import pkgutil
import re

import pytest

import companion
import retrieval
from companion.guidance.subject import cannot_use
from companion.patterns import Patterns, for_normalised
from companion.words import says_no_answer
from course_index.analyze import normalise

# Addresses, which are sought in text as it was written, hold commas.
OF_ADDRESSES = "companion.safety.untrusted"


def modules():
    for package in (companion, retrieval):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in found.name and found.name != OF_ADDRESSES:
                yield importlib.import_module(found.name)


def test_what_ends_at_a_wide_comma_ends_at_a_comma():
    runs_on = [
        f"{module.__name__}.{name}"
        for module in modules()
        for name, value in vars(module).items()
        if isinstance(value, re.Pattern) and isinstance(value.pattern, str)
        for excluded in re.findall(r"\[\^([^\]]*)\]", value.pattern)
        if "，" in excluded and "," not in excluded
    ]
    assert runs_on == []


def test_wide_marks_in_a_pattern_stand_for_what_normalising_makes_of_them():
    found = for_normalised("(?:^|[，。！？])扮演（角色）？$")
    assert all(found.search(normalise(f"你会演戏吗{mark}扮演（角色）？")) for mark in "，。！？")
    assert not found.search("扮演(角色)")


def test_patterns_that_are_kept_as_data_can_be_read_and_have_the_names_that_the_code_asks_for():
    kept = [
        (module, name, one) for module in modules() for name, one in vars(module).items() if isinstance(one, Patterns)
    ]
    assert kept
    for module, name, patterns in kept:
        assert all(isinstance(one, re.Pattern) for one in patterns.values()), module
        asked_for = set(re.findall(rf'\b{name}\["(\w+)"\]', inspect.getsource(module)))
        assert asked_for <= set(patterns), module


def test_a_pattern_is_made_of_parts_and_a_part_of_those_before_it(tmp_path):
    (tmp_path / "days.toml").write_text(
        "[part]\nday = '[一二三]'\nweekday = '周{day}'\n[on]\nanywhere = ['每{weekday}']\nwords = ['{month}']\n",
        "utf-8",
    )
    on = Patterns(tmp_path / "days.toml", month="may|june")["on"]
    assert on.search("每周二")
    assert on.search("in june")
    assert not on.search("每周四")
    assert not on.search("mayor")


@pytest.mark.parametrize(
    ("message", "alone"),
    [("我妈不会用微信", True), ("不会用微信，怎么办？", True), ("我不会用微信，哪里有课", False)],
)
def test_who_asks_something_besides_does_not_only_tell_of_a_trouble(message, alone):
    assert cannot_use(message) is alone


@pytest.mark.parametrize(
    ("sentence", "no_answer"),
    [
        ("资料里没有提到这一点。", True),
        ("The text does NOT mention it.", True),
        ("课程没有门槛，提供免费教材。", False),
    ],
)
def test_what_a_course_has_not_is_no_answer_that_a_model_did_not_find(sentence, no_answer):
    assert says_no_answer(sentence) is no_answer
