"""SQLite connections of many threads, closed while they read: on a bare connection that is a segmentation fault."""

import sqlite3
import threading
from pathlib import Path

import pytest

from course_index.store.connections import Connections

_ROWS = 600
_IDS = [str(number) for number in range(_ROWS)]
_STATEMENT = "SELECT id, text FROM passages WHERE id IN"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "passages.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE passages (id TEXT PRIMARY KEY, text TEXT NOT NULL)")
        connection.executemany("INSERT INTO passages VALUES (?, ?)", [(id_, "文" * 1_000) for id_ in _IDS])
    connection.close()
    return path


def test_close_waits_for_whoever_reads_and_who_reads_later_opens_anew(path: Path) -> None:
    connections = Connections(path, finished=True)
    done = threading.Event()
    read: list[int] = []
    problems: list[Exception] = []

    def reading() -> None:
        while not done.is_set():
            try:
                read.append(len(connections.of(_IDS, _STATEMENT)))
            except Exception as error:
                problems.append(error)

    threads = [threading.Thread(target=reading) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(200):
        connections.close()
        done.wait(0.002)
    done.set()
    for thread in threads:
        thread.join()
    connections.close()
    assert problems == []
    assert set(read) == {_ROWS}


def test_a_thread_uses_one_connection_and_may_ask_while_it_reads(path: Path) -> None:
    connections = Connections(path)
    with connections.own() as outer:
        rows = outer.execute("SELECT id FROM passages")
        with connections.own() as inner:
            assert inner is outer
            assert inner.execute("SELECT COUNT(*) FROM passages").fetchone() == (_ROWS,)
        assert len(rows.fetchall()) == _ROWS
    connections.close()
