import contextlib
import sqlite3
import threading
import time
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import inspect, text, update
from sqlalchemy.exc import DBAPIError

from companion.conversation import REMEMBERED, Conversation, Hinted, KeptCard, PastTurn, Quiz, Rest
from companion.events import PathStep, Source
from companion.guidance.book import Unmet
from companion.guidance.credits import Entry
from companion.guidance.profile import LearningEvent
from companion.guidance.progress import Practised
from companion.practice.questions import QuizQuestion
from companion.state.conversations import StoredConversations
from companion.state.database import StateUnavailable, flush_again, is_sqlite, migrate, open_database, wipe
from companion.state.reviews import Review
from companion.state.spending import StoredSpending
from companion.state.state import open_state
from companion.state.tables import complaints
from companion.state.turn_log import LoggedTurn
from companion.state.wechat_inbox import Arrival
from companion.state.wechat_people import Part, Quota
from companion.writing.usage import Usage

SOURCE = Source(1, "p1", "c1", "课", "第一课", "第一条", None, "原文。", "2026-09-01", True)
TURN = PastTurn(
    "t0",
    datetime.now(UTC),
    "那旧的呢",
    "旧电动车上牌",
    "question",
    "extracted",
    "课程里说。",
    ("p1",),
    usage=(("prompt_tokens", 5),),
)


@pytest.fixture
def engine(state):
    return state.engine


@pytest.fixture
def kept(engine):
    return StoredConversations(engine)


def test_the_cards_of_a_turn_come_back_with_it(kept):
    cards = (KeptCard("c1", "课里有相关内容。"), KeptCard("c2", "第 1 步", PathStep(1, 2, "open", None, None)))
    kept.add(Conversation("c"), replace(TURN, courses=cards), None)
    assert kept.whole("c")[0].courses == cards


def test_a_conversation_comes_back_as_it_was(kept):
    assert kept.load("c").turns == ()
    kept.add(Conversation("c"), TURN, Rest(("后半",), (SOURCE,), ai=True))
    loaded = kept.load("c")
    assert loaded.turns == (TURN,)
    assert loaded.pending == Rest(("后半",), (SOURCE,), ai=True)
    assert kept.load("other").turns == ()


@pytest.mark.parametrize(
    "pending",
    [
        None,
        Hinted("怎么赔", 2),
        Quiz(
            (QuizQuestion("q", "fill_in", "签收后____日内", ("三十",), "写出三十", "p1", "签收后三十日内提出。"),),
            (SOURCE,),
        ),
    ],
)
def test_whatever_is_pending_comes_back(kept, pending):
    kept.add(Conversation("c"), TURN, pending)
    assert kept.load("c").pending == pending


def test_the_latest_turns_are_remembered_word_by_word_and_all_can_be_read(kept):
    for number in range(REMEMBERED + 3):
        kept.add(Conversation("c"), replace(TURN, id=f"t{number}"), None)
    assert [turn.id for turn in kept.load("c").turns] == [f"t{number}" for number in range(3, REMEMBERED + 3)]
    assert kept.load("c").count == REMEMBERED + 3
    assert len(kept.whole("c")) == REMEMBERED + 3


def test_a_summary_says_how_many_turns_it_covers(kept):
    kept.add(Conversation("c"), TURN, None)
    kept.summarise("c", "问过上牌", 1)
    assert (kept.load("c").summary, kept.load("c").summarised) == ("问过上牌", 1)


def test_what_is_erased_is_not_in_the_files_any_more(state, kept, request, tmp_path):
    state.wechat_inbox.add([Arrival("k", "n", "anna", "sealed", "text", "", datetime.now(UTC))], Quota())
    (letter,) = state.wechat_inbox.claim(1)
    state.wechat_inbox.finish(letter, [Part("独一无二，没发完的")], "unsent")
    c = state.wechat_people.get("anna").conversation_id
    kept.add(Conversation(c), replace(TURN, message="独一无二的话语", reply="另一句独一无二"), None)
    state.book.note(Unmet("", c, "no_course", "独一无二的需要", "zh-Hans", turn_id=TURN.id))
    assert kept.forget(c)
    assert not kept.forget(c)
    wipe(state.engine)
    assert not files_with("独一无二", where_the_files_are(state.engine, request, tmp_path))


def test_what_is_erased_while_a_backup_reads_leaves_the_files_once_it_is_done(tmp_path):
    state = open_state(tmp_path / "state.db", conversation_days=30)
    state.conversations.add(Conversation("c", owner="anna"), replace(TURN, message="独一无二"), None)
    with sqlite3.connect(tmp_path / "state.db", isolation_level=None) as backup:
        backup.execute("BEGIN")
        backup.execute("SELECT count(*) FROM turns").fetchone()
        began = time.monotonic()
        state.learners.erase("anna")
        waited = time.monotonic() - began
        flush_again(state.engine)
        assert files_with("独一无二", tmp_path)  # the backup reads it still
        backup.execute("COMMIT")
    backup.close()
    flush_again(state.engine)
    assert not files_with("独一无二", tmp_path)
    assert waited < 4  # others wait for as long with what they write, and give up after five
    state.close()


def where_the_files_are(engine, request, tmp_path):
    # PostgreSQL's write-ahead log is left out: it holds what was written until it is overwritten (docs/operations.md).
    return tmp_path if is_sqlite(engine) else request.getfixturevalue("postgres").folder / "base"


def files_with(words, folder):
    return [file for file in folder.rglob("*") if file.is_file() and words.encode() in file.read_bytes()]


def test_conversations_older_than_their_days_are_swept(state, kept):
    kept.add(Conversation("old"), replace(TURN, asked_at=datetime.now(UTC) - timedelta(days=31)), None)
    kept.add(Conversation("new"), replace(TURN, id="t1"), None)
    assert state.sweep() == 1
    assert kept.load("old").turns == ()
    assert kept.load("new").turns != ()


def test_what_a_visitor_practised_goes_with_their_conversation_and_a_learners_stays(state, kept):
    long_ago = datetime.now(UTC) - timedelta(days=31)
    for owner in ("v-gone", "v-here", "l-anna"):
        state.reviews.put(owner, Review("p|1", "course", None, {}, long_ago))
        state.book.learning.add(owner, [LearningEvent("e", long_ago, "practised", "course")])
    kept.add(Conversation("c", owner="v-here"), TURN, None)
    assert state.sweep() == 2
    assert [len(state.reviews.due(owner, TURN.asked_at)) for owner in ("v-gone", "v-here", "l-anna")] == [0, 1, 1]


def test_what_is_pending_in_no_shape_of_this_version_costs_no_memory_of_the_turns(engine, kept, caplog):
    kept.add(Conversation("c"), TURN, Hinted("怎么赔", 2))
    with engine.begin() as connection:
        connection.execute(text('UPDATE conversations SET pending = \'{"kind": "later", "question": "独一无二"}\''))
    assert (kept.load("c").turns, kept.load("c").pending) == ((TURN,), None)
    assert "no shape of this version" in caplog.text
    assert "独一无二" not in caplog.text


def test_what_goes_wrong_in_the_database_is_told_without_the_learners_words(engine, kept):
    said = replace(TURN, message="独一无二")
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE turns"))
    with pytest.raises((StateUnavailable, DBAPIError)) as error:
        kept.add(Conversation("c"), said, None)
    told = "".join(traceback.format_exception(error.value))
    assert "INSERT INTO turns" in told
    assert said.message not in told


def test_turns_of_many_threads_are_all_kept(kept):
    def write(number):
        kept.add(Conversation("c"), replace(TURN, id=f"t{number}"), None)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept.whole("c")) == 12


def test_many_who_open_at_once_find_one_database(database):
    engines = []
    threads = [threading.Thread(target=lambda: engines.append(open_database(database))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(engines) == 4
    for engine in engines:
        engine.dispose()


def test_the_day_adds_up_over_workers(engine, database):
    other = open_database(database)
    StoredSpending(engine).add(Usage(100, 20, 0.5))
    StoredSpending(other).add(Usage(10, 5))
    assert StoredSpending(engine).tokens_today() == 135
    other.dispose()


def test_the_tables_can_be_taken_down_and_put_up_again(engine):
    migrate(engine, "base")
    assert "turns" not in inspect(engine).get_table_names()
    migrate(engine)
    assert "turns" in inspect(engine).get_table_names()


def test_what_the_version_before_kept_is_there_after_the_migration(database, state, kept):
    kept.add(Conversation("c"), TURN, None)
    migrate(state.engine, "0001")
    migrate(state.engine)
    assert kept.load("c").turns == (TURN,)
    assert kept.owner("c") == ""


def test_a_version_starts_on_tables_that_a_later_one_brought_up(database, state, kept, caplog):
    kept.add(Conversation("c"), TURN, None)
    with state.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    older = open_state(database, conversation_days=30)
    assert older.conversations.load("c").turns == (TURN,)
    older.close()
    assert "newer" in caplog.text


def test_a_conversation_takes_no_turn_of_another_learner(kept):
    kept.add(Conversation("c", owner="anna"), TURN, None)
    with pytest.raises(PermissionError):
        kept.add(Conversation("c", owner="bert"), replace(TURN, id="t1"), None)
    assert [outline.first_message for outline in kept.of("anna", 10)] == [TURN.message]
    assert kept.of("bert", 10) == []


def test_a_turn_that_is_kept_twice_is_there_once(kept):
    kept.add(Conversation("c"), TURN, None)
    kept.add(Conversation("c"), TURN, None)
    assert len(kept.whole("c")) == 1


LOGGED = LoggedTurn("t1", "anna", "c", "digest", (("turn", {"turn_id": "t1"}),))


def test_an_idempotency_key_belongs_to_the_first_turn_of_its_learner(state):
    assert state.turn_log.claim(LOGGED, "k") is None
    assert state.turn_log.claim(replace(LOGGED, turn_id="t2"), "k").turn_id == "t1"
    assert state.turn_log.claim(replace(LOGGED, turn_id="t3", owner="bert"), "k") is None


def test_of_many_who_come_at_once_with_one_key_one_gets_it(state):
    got = []
    threads = [
        threading.Thread(target=lambda n=n: got.append(state.turn_log.claim(replace(LOGGED, turn_id=f"t{n}"), "k")))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got.count(None) == 1
    assert len({turn.turn_id for turn in got if turn}) == 1


def test_a_turn_whose_process_died_gives_its_key_up_once_it_is_buried(state):
    state.turn_log.claim(LOGGED, "k")
    state.turn_log.bury(LOGGED, ("error", {"status": 503}))
    assert state.turn_log.read("t1").events[-1] == ("error", {"status": 503})
    assert state.turn_log.claim(replace(LOGGED, turn_id="t2"), "k") is None


@pytest.mark.parametrize(("end", "is_free"), [(("error", {"status": 503}), True), (("error", {"status": 409}), False)])
def test_a_turn_that_failed_gives_its_key_up_and_one_that_was_stopped_does_not(state, end, is_free):
    state.turn_log.claim(LOGGED, "k")
    state.turn_log.write(replace(LOGGED, events=(*LOGGED.events, end), ended=True))
    assert (state.turn_log.claim(replace(LOGGED, turn_id="t2"), "k") is None) == is_free


def test_a_process_that_answers_counts_up(state, database, monkeypatch):
    monkeypatch.setattr("companion.state.turn_log._BEAT_SECONDS", 0.0)
    state.turn_log.write(LOGGED)
    first = state.turn_log.read("t1").beat
    state.turn_log.write(LOGGED)
    assert state.turn_log.read("t1").beat == first + 1


def test_a_turn_grows_in_the_log_and_learns_that_it_shall_stop(state):
    assert not state.turn_log.write(LOGGED)
    state.turn_log.cancel("t1")
    assert state.turn_log.write(replace(LOGGED, events=(*LOGGED.events, ("done", {})), ended=True))
    assert state.turn_log.read("t1").events == (("turn", {"turn_id": "t1"}), ("done", {}))


def test_logged_turns_are_swept_after_their_minutes(state):
    state.turn_log.write(replace(LOGGED, ended=True))
    assert state.sweep() == 0
    grow_old(state, "begun_at")
    assert state.sweep() == 1
    assert state.turn_log.read("t1") is None


def test_a_logged_turn_that_never_ended_is_swept_a_day_later(state):
    state.turn_log.write(LOGGED)
    grow_old(state, "begun_at")
    assert state.sweep() == 0
    grow_old(state, "begun_at", hours=26)
    assert state.sweep() == 1


def grow_old(state, column, hours=2):
    with state.engine.begin() as connection:
        old = datetime.now(UTC) - timedelta(hours=hours)
        connection.execute(text(f"UPDATE turn_log SET {column} = :old"), {"old": old.replace(tzinfo=None)})


def test_thumbs_are_taken_for_turns_of_ones_own(state, kept):
    kept.add(Conversation("c", owner="anna"), TURN, None)
    assert state.feedback.give("anna", TURN.id, "up", (), "")
    assert state.feedback.give("anna", TURN.id, "down", ("wrong",), "不对")
    assert not state.feedback.give("bert", TURN.id, "down", (), "")
    (disliked,) = state.feedback.disliked(days=1)
    assert (disliked.message, disliked.reasons, disliked.comment) == (TURN.message, ("wrong",), "不对")


def test_a_complaint_is_kept_as_long_as_is_set_after_its_answer(state, database, request, tmp_path):
    tickets = {
        name: state.complaints.make("anna", kind, f"独一无二的{name}", None).ticket
        for name, kind in (("旧", "complaint"), ("新", "appeal"), ("没人答", "report"), ("还在等", "complaint"))
    }
    for name in ("旧", "新"):
        assert state.complaints.answer(tickets[name], "已更正")
    with state.engine.begin() as connection:
        for name, column, days in (
            ("旧", "answered_at", 1_096),
            ("新", "answered_at", 1_094),
            ("没人答", "due_at", 1_096),
        ):
            row = update(complaints).where(complaints.c.ticket == tickets[name])
            connection.execute(row.values({column: datetime.now(UTC) - timedelta(days=days)}))
    assert state.sweep() == 2
    assert {one.ticket for one in state.complaints.of("anna")} == {tickets["新"], tickets["还在等"]}
    wipe(state.engine)
    folder = where_the_files_are(state.engine, request, tmp_path)
    assert not files_with("独一无二的旧", folder)
    assert files_with("独一无二的新", folder)
    with contextlib.closing(open_state(database, 30, complaint_kept_days=1_000)) as strict:
        assert strict.sweep() == 1


def test_a_complaint_waits_until_it_is_answered_once(state):
    made = state.complaints.make("anna", "appeal", "为什么不回答", "t0")
    assert made.due_at - made.made_at == timedelta(days=15)
    assert [one.ticket for one in state.complaints.open()] == [made.ticket]
    assert state.complaints.answer(made.ticket, "已更正")
    assert not state.complaints.answer(made.ticket, "再答")
    assert state.complaints.open() == []
    assert state.complaints.of("anna")[0].answer == "已更正"


def test_a_complaint_is_found_by_the_code_that_is_read_out_unless_two_have_it(state, monkeypatch):
    numbers = iter(["3f2a9c1b-0000-4000-8000-000000000001", "77777777-1", "77777777-2"])
    monkeypatch.setattr("companion.state.complaints.uuid.uuid4", lambda: next(numbers))
    made, *twins = [state.complaints.make("anna", "complaint", "太慢", None) for _ in range(3)]
    assert state.complaints.answer("3F2A 9C1B", "已更正") == made.ticket
    assert state.complaints.answer("3f2a9c1b", "再答") is None
    assert state.complaints.answer("7777 7777", "哪一个") is None
    assert state.complaints.answer("%%%%%%%%", "都答") is None
    assert {one.ticket for one in state.complaints.open()} == {twin.ticket for twin in twins}


def test_the_audit_can_only_grow(state):
    for number in range(3):
        state.audit.record("operator", "answered", f"ticket {number}")
    for change in ("UPDATE audit SET what = 'x'", "DELETE FROM audit"):
        with pytest.raises(DBAPIError, match="append-only"), state.engine.begin() as connection:
            connection.execute(text(change))
    assert [row.what for row in state.audit.entries(after=1)] == ["ticket 1", "ticket 2"]
    assert state.audit.first_broken() is None


def test_a_change_behind_the_audits_back_shows(state):
    for number in range(3):
        state.audit.record("operator", "answered", f"ticket {number}")
    guards = (
        ["DROP TRIGGER audit_no_UPDATE"]
        if is_sqlite(state.engine)
        else ["ALTER TABLE audit DISABLE TRIGGER audit_guard"]
    )
    with state.engine.begin() as connection:
        for statement in [*guards, "UPDATE audit SET what = 'x' WHERE number = 2"]:
            connection.execute(text(statement))
    assert state.audit.first_broken() == 2


def test_many_write_the_audit_at_once_without_a_gap(state):
    threads = [threading.Thread(target=state.audit.record, args=("operator", "exported")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row.number for row in state.audit.entries()] == list(range(1, 9))
    assert state.audit.first_broken() is None


def test_what_a_learner_tells_is_kept_and_can_be_taken_back(state):
    state.learners.change("anna", {"age_band": "under_14", "consent_version": "2026-11"})
    known = state.learners.change("anna", {"consent_version": None})
    assert (known.age_band, known.consent_version, known.consented_at) == ("under_14", None, None)
    assert state.learners.get("nobody").age_band is None


def test_what_two_pages_of_a_learner_tell_at_once_is_all_kept(state):
    told = ({"city": "广州市"}, {"occupation": "电工"}, {"level": 3}, {"step_free": True})
    together = threading.Barrier(len(told))

    def tells(number):
        together.wait()
        state.book.profiles.change("anna", told[number], (f"level:{number}",))

    threads = [threading.Thread(target=tells, args=(number,)) for number in range(len(told))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = state.book.profiles.get("anna")
    assert (kept.profile.city, kept.profile.occupation, kept.profile.level) == ("广州市", "电工", 3)
    assert (kept.profile.step_free, len(kept.rejected), kept.personalised) == (True, len(told), True)


def test_a_learner_is_exported_and_erased_whole_and_nobody_else_is(state, kept, request, tmp_path):
    for owner in ("anna-zq7", "bert-zq7"):
        kept.add(Conversation(f"c-{owner}", owner=owner), replace(TURN, id=f"t-{owner}", message=f"{owner}的话"), None)
        state.feedback.give(owner, f"t-{owner}", "down", (), f"{owner}的意见")
        state.complaints.make(owner, "complaint", f"{owner}的投诉", None)
        state.learners.change(owner, {"age_band": "adult"})
        state.turn_log.write(LoggedTurn(f"t-{owner}", owner, f"c-{owner}", "d", (("text", {"text": f"{owner}的流"}),)))
        book = state.book
        book.profiles.change(owner, {"goals": [f"{owner}的目标"]}, (), True)
        book.practised(owner, f"t-{owner}", [Practised(f"{owner}|1", "course", right=True)])
        book.credits.put(owner, [Entry("e", Decimal(1), "2026-01-01", f"{owner}的学校", "课")])
        state.pathways.keep(owner, {"goal": f"{owner}的去处"}, ())
        book.note(Unmet(owner, owner, "no_course", f"{owner}的需要", "zh-Hans"))
        came = Arrival(f"k-{owner}", f"n-{owner}", owner, "sealed", "text", f"{owner}的微信", datetime.now(UTC))
        state.wechat_inbox.add([came], Quota())
    whole = state.learners.export("anna-zq7")
    assert {table: len(rows) for table, rows in whole.items()} == dict.fromkeys(whole, 1)
    assert "bert-zq7" not in str(whole)
    assert state.learners.erase("anna-zq7") == dict.fromkeys(
        (
            "feedback",
            "complaints",
            "turn_log",
            "turns",
            "conversations",
            "learner",
            "profiles",
            "learning_events",
            "reviews",
            "credit_entries",
            "pathways",
            "unmet_needs",
            "wechat_inbox",
            "wechat_people",
        ),
        1,
    )
    wipe(state.engine)
    folder = where_the_files_are(state.engine, request, tmp_path)
    assert not files_with("anna-zq7", folder)
    assert all(state.learners.export("bert-zq7").values())


def test_the_database_may_be_restarted_between_two_turns(postgres, postgres_url):
    state = open_state(postgres_url, conversation_days=30)
    state.conversations.add(Conversation("c"), TURN, None)
    postgres.stop()
    threading.Timer(0.3, postgres.start).start()
    state.conversations.add(Conversation("c"), replace(TURN, id="t1"), None)
    assert len(state.conversations.whole("c")) == 2
    state.close()


def test_a_database_that_is_gone_is_told_as_that(postgres, postgres_url):
    state = open_state(postgres_url, conversation_days=30)
    postgres.stop()
    try:
        with pytest.raises(StateUnavailable):
            state.conversations.load("c")
    finally:
        postgres.start()
        state.close()


def test_how_turns_went_is_told_by_day_and_together(state):
    now = datetime.now(UTC)
    turns = [
        replace(TURN, id="q1", asked_at=now, mode="extracted", grounded=True, seconds=0.1, passages=("p1", "p2")),
        replace(TURN, id="q2", asked_at=now, mode="generated", grounded=False, seconds=0.3, course_id="parcels"),
        replace(TURN, id="q3", asked_at=now, mode="catalogue", grounded=None, seconds=None, usage=(("cost", 0.5),)),
    ]
    for number, turn in enumerate(turns):
        state.conversations.add(Conversation(f"quality-{number}"), turn, None)
    told = state.quality.since(now - timedelta(hours=1))
    total = told["total"]
    assert total["mode"] == {"catalogue": 1, "extracted": 1, "generated": 1}
    assert (total["grounded"], total["seconds_p50"], total["cost"]) == (0.5, 0.2, 0.5)
    assert told["days"][now.date().isoformat()]["grounded"] == 0.5
    assert told["asked_on"] == {"parcels": 1}
    assert told["cited"] == {"p1": 1}
    assert state.conversations.whole("quality-1")[0].course_id == "parcels"
