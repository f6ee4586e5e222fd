import asyncio
import logging
import os

import pytest

from companion.safety.bounds import BUILT_IN, Bounds, Refusal
from companion.safety.moderation import KeywordModerator, Member, Moderators

RULE = '[[rule]]\nname = "{name}"\npatterns = ["{word}"]\nsides = ["input", "output"]\n'
RULE += 'zh = "不谈{word}"\nen = "No {word}"\n'


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Scripted:
    """A moderator that answers, fails or dawdles as it is told, and remembers what it was asked."""

    def __init__(self, outcome=None, seconds=0.0):
        self.outcome, self.seconds, self.asked = outcome, seconds, []

    async def check(self, text, locale, side):
        self.asked.append((text, locale, side))
        await asyncio.sleep(self.seconds)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


def check(moderator, text, locale="zh-Hans", side="input"):
    return asyncio.run(moderator.check(text, locale, side))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def words(tmp_path):
    path = tmp_path / "words.toml"
    path.write_text(RULE.format(name="local", word="榴莲"), "utf-8")
    return path


@pytest.fixture
def keywords(words, clock):
    return KeywordModerator(Bounds(BUILT_IN, "12356"), "12356", words, clock)


def replace(path, text, clock):
    """Writes the file, with a time of change of its own, and lets a second go by."""
    path.write_text(text, "utf-8")
    clock.now += 2
    os.utime(path, (clock.now, clock.now))


def test_the_built_in_rules_hold_with_and_without_a_file_of_the_operator(keywords):
    without = KeywordModerator(Bounds(BUILT_IN, "12356"), "12356")
    for moderator in (keywords, without):
        assert check(moderator, "我不想活了").rule == "crisis"
        assert check(moderator, "快件丢了谁来赔") is None
    assert check(without, "榴莲怎么吃") is None


def test_the_operators_rules_hold_on_the_sides_they_name(keywords):
    assert check(keywords, "榴莲怎么吃") == Refusal("local", "不谈榴莲")
    assert check(keywords, "榴槤怎麼吃", "zh-Hant") is None
    assert check(keywords, "榴蓮怎麼吃", "zh-Hant") == Refusal("local", "不談榴蓮")
    assert check(keywords, "榴莲是水果。", side="output") == Refusal("local", "不谈榴莲")
    assert check(keywords, "我不想活了", side="output") is None


def test_a_changed_file_is_read_within_a_second_or_two(keywords, words, clock):
    check(keywords, "榴莲")
    replace(words, RULE.format(name="local", word="臭豆腐"), clock)
    assert check(keywords, "榴莲") is None
    assert check(keywords, "臭豆腐").rule == "local"


def test_the_file_is_looked_at_once_a_second_at_most(keywords, words, clock):
    check(keywords, "榴莲")
    words.write_text(RULE.format(name="local", word="臭豆腐"), "utf-8")
    clock.now += 0.5
    assert check(keywords, "榴莲").rule == "local"
    clock.now += 0.6
    assert check(keywords, "榴莲") is None


@pytest.mark.parametrize("broken", ["[[rule]", RULE.format(name="x", word="("), "", "\udcff"])
def test_a_file_that_cannot_be_read_keeps_the_last_good_rules_and_is_logged_once(
    keywords, words, clock, caplog, broken
):
    check(keywords, "榴莲")
    words.write_bytes(broken.encode("utf-8", "surrogateescape"))
    clock.now += 2
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            clock.now += 2
            assert check(keywords, "榴莲").rule == "local"
            assert check(keywords, "我不想活了").rule == "crisis"
    assert len(caplog.records) == 1
    replace(words, RULE.format(name="local", word="臭豆腐"), clock)
    assert check(keywords, "臭豆腐").rule == "local"


def test_a_file_that_is_gone_is_logged_once_and_costs_no_turn(words, clock, caplog):
    words.unlink()
    moderator = KeywordModerator(Bounds(BUILT_IN, "12356"), "12356", words, clock)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            clock.now += 2
            assert check(moderator, "榴莲") is None
    assert len(caplog.records) == 1
    words.write_text(RULE.format(name="local", word="榴莲"), "utf-8")
    clock.now += 2
    assert check(moderator, "榴莲").rule == "local"


def test_the_first_refusal_of_a_chain_counts_and_nobody_is_asked_after_it():
    first, second, third = Scripted(), Scripted(Refusal("b", "不")), Scripted(Refusal("c", "不"))
    chain = Moderators([Member("a", first, 1), Member("b", second, 1), Member("c", third, 1)])
    assert check(chain, "话", side="output") == Refusal("b", "不")
    assert first.asked == second.asked == [("话", "zh-Hans", "output")]
    assert third.asked == []


@pytest.mark.parametrize("trouble", [Scripted(RuntimeError("x")), Scripted(Refusal("slow", "慢"), seconds=5)])
def test_a_moderator_in_trouble_is_passed_over_unless_it_is_required(trouble, caplog):
    last = Scripted(Refusal("last", "末"))
    secret = "我的秘密"
    assert check(Moderators([Member("a", trouble, 0.05), Member("b", last, 1)]), secret) == Refusal("last", "末")
    required = Moderators([Member("a", trouble, 0.05, required=True), Member("b", last, 1)])
    assert {check(required, secret, locale).rule for locale in ("zh-Hans", "zh-Hant", "en")} == {"unchecked"}
    assert len({check(required, secret, locale).reply for locale in ("zh-Hans", "zh-Hant", "en")}) == 3
    assert "moderator a did not answer" in caplog.text
    assert secret not in caplog.text


def test_a_turn_that_is_cancelled_is_cancelled():
    async def run():
        task = asyncio.create_task(Moderators([Member("a", Scripted(seconds=5), 10)]).check("话", "zh-Hans", "input"))
        await asyncio.sleep(0.01)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run())
