"""Hosts that share no disk: PostgreSQL and Chroma alone, each host with a data folder of its own."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import create_engine, text

from course_index.build import build_index
from course_index.errors import IndexLocked, PartUnavailable
from course_index.parts import index_home
from course_index.settings import IndexSettings
from course_index.store.generations import IndexHome
from course_index.store.servers import Servers
from course_index.store.shelf import Shelf
from retrieval.live import LiveIndex
from tests.conftest import LIBRARY, MODELS
from tests.servers import Served
from tests.streaming_llm import StreamingLLM
from tests.test_faults import COMMAND, ends, streaming
from tests.test_index_on_servers import collections
from tests.test_turns import LOST, events_of

PROJECT = Path(__file__).parent.parent


@pytest.fixture
def host(tmp_path, chroma, postgres_url):
    """Makes the index home of a host."""
    made = []

    def make(name, lexical="postgresql"):
        made.append(
            index_home(
                IndexSettings(
                    data_dir=tmp_path / name,
                    chroma_url=chroma.url,
                    database_url=postgres_url,
                    lexical=lexical,
                    index_shared=True,
                )
            )
        )
        return made[-1]

    yield make
    for home in made:
        home.close()


@pytest.fixture
def library(tmp_path):
    shutil.copytree(LIBRARY, tmp_path / "library")
    return tmp_path / "library"


def places(url):
    engine = create_engine(url)
    with engine.connect() as connection:
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'companion_index' AND tablename LIKE '%\\_texts'"
        found = sorted(connection.scalars(text(tables)))
        pieces = connection.scalar(text("SELECT count(*) FROM companion_index.pieces"))
    engine.dispose()
    return found, pieces


@pytest.mark.parametrize("lexical", ["postgresql", "tantivy"])
def test_what_one_host_builds_the_others_serve_and_follow(lexical, host, library, embedder):
    one, two = host("one", lexical), host("two", lexical)
    build_index([library], one, embedder)
    live = LiveIndex(two, embedder)
    assert live.search.passages(live.search.query(LOST), 1)[0].passage.locator.startswith("第一条")
    assert live.whole
    assert not live.refresh()
    (library / "extra.md").write_text("# 保鲜\n\n荔枝要放在冰箱里，用湿布盖好，可以多放三天。\n", "utf-8")
    build_index([library], one, embedder)
    assert live.refresh()
    assert live.search.passages(live.search.query("荔枝怎么保鲜"), 1)[0].lesson.title == "保鲜"
    live.close()


def test_any_host_may_build_on_what_another_built_and_embeds_only_what_is_new(host, library, embedder):
    build_index([library], host("one"), embedder)
    (library / "extra.md").write_text("# 保鲜\n\n荔枝要放在冰箱里，用湿布盖好，可以多放三天。\n", "utf-8")
    report = build_index([library], host("two"), embedder)
    assert (report.generation, 0 < report.embedded <= 3) == ("2", True)


def test_two_hosts_do_not_build_at_once(host):
    with host("one").writing(), pytest.raises(IndexLocked, match="another host"), host("two").writing():
        pass


def test_a_generation_stays_while_any_host_reads_it_and_then_goes_from_every_server(
    host, library, embedder, chroma, postgres_url
):
    one, two = host("one"), host("two")
    build_index([library], one, embedder)
    live = LiveIndex(two, embedder)
    live.refresh()
    on_chroma, (tables, _) = set(collections(chroma)), places(postgres_url)
    build_index([library], one, embedder)
    one.drop_unread()
    assert on_chroma <= set(collections(chroma))
    assert set(tables) < set(places(postgres_url)[0])
    live.close()
    one.drop_unread()
    own = {name for name in on_chroma if tables[0].split("_")[0] in name}
    assert not own & set(collections(chroma))
    left, pieces = places(postgres_url)
    assert not set(tables) & set(left)
    assert pieces > 0


def test_a_host_that_died_does_not_keep_a_generation_for_ever(tmp_path, library, embedder, postgres_url):
    def home(name):
        return IndexHome(tmp_path / name, Servers(shelf=Shelf(postgres_url, unread_after_seconds=1)))

    one, two = home("one"), home("two")
    build_index([library], one, embedder)
    live = LiveIndex(two, embedder)
    live.refresh()
    two.close = two.leave = lambda *_: None  # it loses its power: no word of it
    build_index([library], one, embedder)
    time.sleep(1.2)
    one.drop_unread()
    shelf = Shelf(postgres_url)
    assert (shelf.newest()[0], shelf.unread()) == ("2", [])
    with pytest.raises(PartUnavailable):
        shelf._piece(b"none")
    live.close()
    for each in (one, shelf):
        each.close()
    two._servers.close()


BUILD = """
import os, signal, sys
from pathlib import Path
from course_index.build import build_index
from course_index.embedders.e5_onnx import OnnxE5
from course_index.parts import index_home
from course_index.settings import IndexSettings
from course_index.store.shelf import Shelf
put, told = Shelf._put_piece, []
def dying(self, *args):
    told.append(put(self, *args))
    if len(told) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
Shelf._put_piece = dying
build_index([Path(sys.argv[1])], index_home(IndexSettings()), OnnxE5(Path(sys.argv[2])))
"""


def test_a_host_killed_while_it_publishes_has_published_nothing(
    host, library, embedder, tmp_path, chroma, postgres_url, model_folder
):
    one = host("one")
    build_index([library], one, embedder)
    settings = {
        "COMPANION_DATA_DIR": str(tmp_path / "three"),
        "COMPANION_CHROMA_URL": chroma.url,
        "COMPANION_DATABASE_URL": postgres_url.replace("+psycopg", ""),
        "COMPANION_LEXICAL": "postgresql",
        "COMPANION_INDEX_SHARED": "true",
    }
    killed = subprocess.run(
        [sys.executable, "-c", BUILD, str(library), str(model_folder)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **settings},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    two = LiveIndex(host("two"), embedder)
    two.refresh()
    assert two.generation == "1"
    assert build_index([library], one, embedder).generation == "2"
    assert two.refresh()
    assert two.search.passages(two.search.query(LOST), 1)
    two.close()


def test_a_host_goes_on_with_what_it_has_while_the_database_is_away(host, library, embedder, postgres):
    home = host("one")
    build_index([library], home, embedder)
    live = LiveIndex(home, embedder)
    live.refresh()
    postgres.stop()
    assert not live.refresh()
    assert "COMPANION_DATABASE_URL" in live.last_problem
    assert live.search.passages(live.search.query(LOST), 1)
    postgres.start()
    time.sleep(3.1)
    assert not live.refresh()
    assert live.last_problem is None
    live.close()


def test_two_hosts_serve_one_learner_over_servers_alone(tmp_path, chroma, redis, postgres_url, library):
    shared = {
        "chroma_url": chroma.url,
        "database_url": postgres_url.replace("+psycopg", ""),
        "redis_url": redis.url,
        "lexical": "postgresql",
        "index_shared": "true",
    }
    for name in ("one", "two", "builder"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "models").symlink_to(MODELS)
    told = {f"COMPANION_{setting.upper()}": value for setting, value in shared.items()}
    environment = {"COMPANION_DATA_DIR": str(tmp_path / "builder"), "PATH": "", "PYTHONPATH": str(PROJECT), **told}
    command = [sys.executable, "-m", "course_index.cli", "build", str(library)]
    subprocess.run(command, env=environment, cwd=PROJECT, check=True, capture_output=True)
    shutil.rmtree(tmp_path / "builder")  # nobody needs its disk
    with StreamingLLM(8, seconds=0.3) as llm:

        def host(name):
            settings = {"data_dir": tmp_path / name, "llm_base_url": llm.url, "llm_model": "m", **shared}
            return Served([*COMMAND, "--workers", "2"], settings, tmp_path)

        with host("one") as one, host("two") as two:
            with streaming(one.url) as response:
                turn_id = next(events_of(response.iter_lines()))[2]["turn_id"]
                path = f"{two.url}/v1/chat/turns/{turn_id}/events"
                with httpx2.stream("GET", path, headers={"Accept": "text/event-stream"}, timeout=30) as other:
                    elsewhere = list(events_of(other.iter_lines()))
            assert ends(elsewhere) == ["done"]
            chroma.kill()
            without = httpx2.post(f"{two.url}/v1/chat", json={"message": "骑车要戴头盔吗"}, timeout=30).json()
            chroma.start()
            assert (without["mode"], bool(without["sources"])) == ("extracted", True)
