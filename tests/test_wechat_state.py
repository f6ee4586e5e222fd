"""The inbox over either kind of database: each message once, whoever dies."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text, update

from companion.conversation import Conversation, PastTurn
from companion.state.tables import wechat_inbox, wechat_people
from companion.state.wechat_inbox import Arrival, WechatInbox
from companion.state.wechat_people import Part, Quota
from companion.state.wechat_token import KeptToken

QUOTA = Quota()


@pytest.fixture
def inbox(state):
    return state.wechat_inbox


@pytest.fixture
def other(state):
    return WechatInbox(state.engine, "other")


def arrival(key, person="anna", kind="text", words="问题", nonce=None, came_at=None):
    return Arrival(key, nonce or f"nonce of {key}", person, "sealed", kind, words, came_at or datetime.now(UTC))


def test_what_is_delivered_again_is_kept_once(inbox):
    assert inbox.add([arrival("1"), arrival("1", nonce="n2"), arrival("2")], QUOTA) == ["new", "again", "new"]
    assert inbox.add([arrival("1"), arrival("3")], QUOTA) == ["again", "new"]
    assert inbox.waiting() == 3


def test_a_used_nonce_with_another_message_is_a_replay(inbox):
    inbox.add([arrival("1", nonce="n")], QUOTA)
    assert inbox.add([arrival("2", nonce="n"), arrival("3")], QUOTA) == ["replayed", "new"]
    assert inbox.add([arrival("4", nonce="m"), arrival("5", nonce="m")], QUOTA) == ["new", "replayed"]


def test_many_processes_that_are_told_the_same_keep_it_once_and_claim_it_once(state):
    inboxes = [WechatInbox(state.engine, f"w{number}") for number in range(6)]
    outcomes, claimed, start = [], [], threading.Barrier(6)

    def process(inbox):
        start.wait()
        outcomes.extend(inbox.add([arrival(str(n), person=f"p{n}", nonce=f"{n}{id(inbox)}") for n in range(20)], QUOTA))
        start.wait()
        while letters := inbox.claim(3):
            claimed.extend(letter.key for letter in letters)

    threads = [threading.Thread(target=process, args=(inbox,)) for inbox in inboxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes.count("new"), outcomes.count("again")) == (20, 100)
    assert sorted(claimed, key=int) == [str(n) for n in range(20)]


def test_messages_of_one_person_are_answered_one_after_the_other(inbox):
    inbox.add([arrival("1"), arrival("2"), arrival("3", person="bert")], QUOTA)
    first, third = inbox.claim(10)
    assert (first.key, third.key) == ("1", "3")
    assert inbox.claim(10) == []
    assert inbox.finish(first)
    assert [letter.key for letter in inbox.claim(10)] == ["2"]


def test_who_wants_no_more_is_heard_at_once_and_gets_no_more(inbox):
    inbox.add([arrival("1"), arrival("2"), arrival("3", kind="end")], QUOTA)
    first, end = inbox.claim(10)
    assert (first.key, end.key) == ("1", "3")
    inbox.drop_others(end)
    assert inbox.step(first, 0) == "lost"
    inbox.finish(end)
    assert inbox.claim(10) == []


def test_what_a_dead_process_had_is_taken_up_and_it_sends_no_more(inbox, other):
    inbox.add([arrival("1")], QUOTA)
    (letter,) = inbox.claim(1)
    inbox.say(letter, [Part("一"), Part("二")], answered=True)
    assert inbox.step(letter, 0) == "go"
    inbox.beat()
    (worker,) = other.beats()
    assert other.beats()[worker] == 1
    assert other.claim(1) == []
    assert other.take_from(worker) == 1
    (again,) = other.claim(1)
    assert (again.answer, again.sent, again.answered, again.tries) == ((Part("一"), Part("二")), 1, True, 2)
    assert inbox.step(letter, 1) == "lost"
    assert not inbox.finish(letter)
    assert other.step(again, 1) == "go"


def test_a_process_that_ends_leaves_what_it_had_to_the_others(inbox, other):
    inbox.add([arrival("1")], QUOTA)
    inbox.claim(1)
    assert inbox.leave() == 1
    assert len(other.claim(1)) == 1


def test_what_is_put_back_waits(inbox):
    inbox.add([arrival("1"), arrival("2")], QUOTA)
    (letter,) = inbox.claim(9)
    inbox.put_back(letter, 60)
    assert inbox.claim(9) == []
    inbox.put_back(letter, 0)  # it is nobody's now, so this changes nothing
    assert inbox.claim(9) == []


def test_five_messages_may_follow_one_and_the_next_counts_anew(inbox):
    inbox.add([arrival("1")], QUOTA)
    (letter,) = inbox.claim(1)
    assert [inbox.step(letter, number) for number in range(6)] == ["go"] * 5 + ["used_up"]
    inbox.add([arrival("2")], QUOTA)
    assert inbox.step(letter, 5) == "go"


def test_two_may_follow_who_came_in_and_none_after_a_minute(state, inbox):
    inbox.add([arrival("1", kind="entered")], QUOTA)
    (letter,) = inbox.claim(1)
    assert [inbox.step(letter, number) for number in range(3)] == ["go", "go", "used_up"]
    inbox.add([arrival("2", kind="entered")], QUOTA)
    with state.engine.begin() as connection:
        past = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(wechat_people).values(enter_until=past))
    assert inbox.step(letter, 2) == "used_up"


def test_what_was_counted_and_not_sent_is_given_back(state, inbox):
    inbox.add([arrival("1")], Quota(after_message=1))
    (letter,) = inbox.claim(1)
    assert inbox.step(letter, 0) == "go"
    state.wechat_people.give_back("anna")
    assert inbox.step(letter, 1) == "go"
    assert inbox.step(letter, 2) == "used_up"


def test_what_is_left_waits_for_the_next_message(state, inbox):
    inbox.add([arrival("1")], QUOTA)
    (letter,) = inbox.claim(1)
    inbox.finish(letter, [Part("后半", ai=True)], "unsent")
    person = state.wechat_people.get("anna")
    assert (person.parked, person.parked_why) == ((Part("后半", ai=True),), "unsent")
    inbox.add([arrival("2")], QUOTA)
    (second,) = inbox.claim(1)
    assert inbox.say(second, person.parked, answered=False, unparks=True)
    assert state.wechat_people.get("anna").parked == ()


def test_a_greeting_is_due_once_a_day(state, inbox):
    inbox.add([arrival("1", kind="entered")], QUOTA)
    assert [state.wechat_people.may_greet("anna", 24) for _ in range(2)] == [True, False]
    assert state.wechat_people.may_greet("anna", 0)


@pytest.mark.parametrize("has_told", [True, False])
def test_a_person_who_signs_in_is_that_learner_with_all_that_was_said(state, inbox, has_told):
    inbox.add([arrival("1"), arrival("2")], QUOTA)
    conversation = state.wechat_people.get("anna").conversation_id
    turn = PastTurn("t", datetime.now(UTC), "问", "问", "question", "extracted", "答")
    state.conversations.add(Conversation(conversation, owner="anna"), turn, None)
    state.learners.change("anna", {"age_band": "under_14", "consent_version": "1"})
    if has_told:
        state.learners.change("learner", {"consent_version": None})
    for owner in ("anna", "learner"):
        state.book.profiles.change(owner, {"goals": [owner]}, (), True)
    state.wechat_people.link("anna", "learner")
    assert state.wechat_people.get("anna").owner == "learner"
    assert state.conversations.owner(conversation) == "learner"
    assert state.book.kept("learner").profile.goals == ("learner",)
    told = state.learners.get("learner")
    assert (told.age_band, told.consent_version) == ("under_14", None if has_told else "1")
    assert not any(state.learners.export("anna").values())
    inbox.add([arrival("3")], QUOTA)
    assert {letter.owner for letter in inbox.claim(9)} == {"learner"}
    state.wechat_people.link("anna", "another")
    assert state.conversations.owner(conversation) == "learner"
    assert state.wechat_people.get("anna").conversation_id != conversation


def test_a_learner_is_erased_with_all_that_came_by_wechat(state, inbox):
    inbox.add([arrival("1"), arrival("2", person="bert")], QUOTA)
    (letter, _) = inbox.claim(9)
    assert len(state.learners.export("anna")["wechat_inbox"]) == 1
    erased = state.learners.erase("anna")
    assert (erased["wechat_inbox"], erased["wechat_people"]) == (1, 1)
    assert inbox.step(letter, 0) == "lost"
    assert not any(state.learners.export("anna").values())
    assert inbox.waiting() == 1


def test_what_is_done_keeps_no_words_and_goes_within_hours(state, inbox):
    old = datetime.now(UTC) - timedelta(hours=4)
    inbox.add([arrival("1", came_at=old), arrival("2"), arrival("3", person="bert", came_at=old)], QUOTA)
    letter = inbox.claim(1)[0]
    inbox.finish(letter)
    with state.engine.connect() as connection:
        row = connection.execute(wechat_inbox.select().where(wechat_inbox.c.key == "1")).one()
    assert (row.words, row.address, row.answer) == ("", "", [])
    state.sweep()
    assert inbox.add([arrival("1"), arrival("2"), arrival("3")], QUOTA) == ["new", "again", "again"]


def test_who_did_not_write_for_long_is_forgotten(state, inbox):
    inbox.add([arrival("1")], QUOTA)
    with state.engine.begin() as connection:
        connection.execute(update(wechat_people).values(touched_at=datetime.now(UTC) - timedelta(days=31)))
    state.sweep()
    assert state.wechat_people.get("anna") is None


def test_the_beat_of_who_answers_is_not_swept_away(state, inbox, other):
    inbox.add([arrival("1")], QUOTA)
    inbox.claim(1)
    inbox.beat()
    state.sweep()
    assert list(other.beats().values()) == [1]


def test_one_of_many_asks_for_the_next_token_and_a_bad_one_is_dropped(state):
    tokens = state.wechat_tokens
    assert [tokens.may_ask("wx1", 60) for _ in range(3)] == [True, False, False]
    tokens.keep("wx1", KeptToken("sealed", datetime.now(UTC) + timedelta(hours=2)))
    assert tokens.get("wx1").sealed == "sealed"
    assert tokens.may_ask("wx1", 0)
    tokens.drop("wx1", "another")
    assert tokens.get("wx1")
    tokens.drop("wx1", "sealed")
    assert tokens.get("wx1") is None


def test_the_tables_go_and_come_back(state):
    from companion.state.database import migrate

    migrate(state.engine, "0004")
    migrate(state.engine)
    with state.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM wechat_inbox")).scalar() == 0
