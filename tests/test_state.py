import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect

import companion.state.database as database
from companion.conversation import REMEMBERED, Conversation, Hinted, PastTurn, Quiz, Rest
from companion.events import Source
from companion.practice.questions import QuizQuestion
from companion.state.conversations import StoredConversations
from companion.state.database import open_database
from companion.state.spending import StoredSpending
from companion.usage import Usage

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
def engine(tmp_path):
    engine = open_database(tmp_path / "state.db")
    yield engine
    engine.dispose()


@pytest.fixture
def kept(engine):
    return StoredConversations(engine, days=30)


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


def test_what_is_erased_is_not_in_the_files_any_more(kept, tmp_path):
    kept.add(Conversation("c"), replace(TURN, message="独一无二的话语", reply="另一句独一无二"), None)
    assert kept.forget("c")
    assert not kept.forget("c")
    for file in tmp_path.iterdir():
        assert "独一无二".encode() not in file.read_bytes()


def test_conversations_older_than_their_days_are_erased_when_a_new_one_begins(kept):
    kept.add(Conversation("old"), replace(TURN, asked_at=datetime.now(UTC) - timedelta(days=31)), None)
    kept.add(Conversation("new"), replace(TURN, id="t1"), None)
    assert kept.load("old").turns == ()
    assert kept.load("new").turns != ()


def test_turns_of_many_threads_are_all_kept(kept):
    def write(number):
        kept.add(Conversation("c"), replace(TURN, id=f"t{number}"), None)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept.whole("c")) == 12


def test_two_who_open_at_once_find_one_database(tmp_path):
    engines = []
    threads = [threading.Thread(target=lambda: engines.append(open_database(tmp_path / "s.db"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(engines) == 4
    for engine in engines:
        engine.dispose()


def test_the_day_adds_up_over_workers(engine, tmp_path):
    other = open_database(tmp_path / "state.db")
    StoredSpending(engine).add(Usage(100, 20, 0.5))
    StoredSpending(other).add(Usage(10, 5))
    assert StoredSpending(engine).tokens_today() == 135
    other.dispose()


def test_the_tables_can_be_taken_down_and_put_up_again(engine):
    config = Config()
    config.set_main_option("script_location", str(database.__file__).removesuffix("database.py") + "migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert "turns" not in inspect(engine).get_table_names()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    assert "turns" in inspect(engine).get_table_names()
