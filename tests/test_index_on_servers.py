"""Parts of the index on servers: the same as in a folder, and no answer lost when a server is."""

import threading
import time

import numpy as np
import pytest

from course_index.build import build_index
from course_index.errors import IndexMismatch, PartUnavailable
from course_index.parts import index_home
from course_index.settings import IndexSettings
from course_index.store import postgresql
from course_index.store.lexical import LexicalIndex
from course_index.store.postgresql import PostgresTerms
from course_index.store.vectors import VectorIndex, VectorServer, copy_vectors
from retrieval.live import LiveIndex
from tests.conftest import LIBRARY
from tests.servers import Chroma
from tests.test_turns import LOST


@pytest.fixture
def soon_again(monkeypatch):
    """A server that was away is asked again after a fifth of a second, not after three; the time to wait for that."""
    for store in ("vectors", "postgresql"):
        monkeypatch.setattr(f"course_index.store.{store}._LEFT_ALONE_SECONDS", 0.2)
    return 0.3


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


VECTORS = unit(np.random.default_rng(1).standard_normal((3_000, 16)))
IDS = [f"p{n}" for n in range(len(VECTORS))]


@pytest.fixture(params=["folder", "server"])
def vectors(request, tmp_path):
    """The collection of a generation in either place."""
    if request.param == "folder":
        index = VectorIndex(tmp_path)
        yield index.collection("passages")
        index.close()
        return
    server = VectorServer(request.getfixturevalue("chroma").url, 5)
    server.make("contract_1")
    yield server.index("contract_1").collection("passages")
    server.drop("contract_1")
    server.close()


def test_the_nearest_come_back_with_their_cosines_best_first(vectors):
    vectors.upsert(IDS, VECTORS)
    found = vectors.search(VECTORS[7], 5)
    cosines = VECTORS @ VECTORS[7]
    assert found[0][0] == "p7"
    np.testing.assert_allclose([cosine for _, cosine in found], np.sort(cosines)[::-1][:5], atol=1e-4)


def test_what_is_put_again_is_replaced_and_what_is_deleted_is_gone(vectors):
    vectors.upsert(["a", "b", "c"], VECTORS[:3])
    vectors.upsert(["a"], VECTORS[9:10])
    vectors.delete(["b"])
    vectors.delete([])
    assert vectors.ids() == {"a", "c"}
    assert [id_ for id_, _ in vectors.search(VECTORS[9], 1)] == ["a"]


def test_everything_can_be_read_and_put_elsewhere(vectors, tmp_path):
    vectors.upsert(IDS, VECTORS)
    other = VectorIndex(tmp_path / "other")
    copy_vectors(vectors, other.collection("passages"))
    read = other.collection("passages").everything()
    copied = {id_: row for ids, rows in read for id_, row in zip(ids, rows, strict=True)}
    other.close()
    np.testing.assert_allclose(np.stack([copied[id_] for id_ in IDS]), VECTORS, atol=1e-6)


@pytest.fixture
def own_chroma(tmp_path):
    """A server that a test may kill."""
    (tmp_path / "chroma").mkdir()
    server = Chroma(tmp_path / "chroma")
    yield server
    server.hang(False)
    server.kill()


def collections(server):
    import httpx2

    base = f"{server.url}/api/v2/tenants/default_tenant/databases/default_database/collections"
    return sorted(one["name"] for one in httpx2.get(base).raise_for_status().json())


@pytest.fixture
def home(tmp_path, own_chroma):
    home = index_home(IndexSettings(data_dir=tmp_path / "data", chroma_url=own_chroma.url))
    yield home
    home.close()


def test_a_generation_that_is_read_stays_on_the_server_and_goes_when_nobody_reads_it(home, own_chroma, embedder):
    build_index([LIBRARY], home, embedder)
    live = LiveIndex(home, embedder)
    live.refresh()
    first = set(collections(own_chroma))
    build_index([LIBRARY], home, embedder)
    assert first < set(collections(own_chroma))
    assert len(first) == 2
    live.close()
    home.drop_unread()
    assert not first & set(collections(own_chroma))


def test_what_a_broken_build_left_is_not_served_and_goes_with_the_next(home, own_chroma, embedder, tmp_path):
    build_index([LIBRARY], home, embedder)
    before = collections(own_chroma)
    with pytest.raises(ZeroDivisionError), home.writing(), home.draft():
        raise ZeroDivisionError
    assert (collections(own_chroma), home.current()) == (before, "1")
    build_index([LIBRARY], home, embedder)
    assert len(collections(own_chroma)) == 2


def test_without_its_server_a_build_ends_with_a_word_and_changes_nothing(home, own_chroma, embedder, soon_again):
    build_index([LIBRARY], home, embedder)
    own_chroma.kill()
    with pytest.raises(PartUnavailable, match="COMPANION_CHROMA_URL"):
        build_index([LIBRARY], home, embedder, rebuild=True)
    assert home.current() == "1"
    own_chroma.start()
    time.sleep(soon_again)
    live = LiveIndex(home, embedder)
    assert live.search.passages(live.search.query(LOST), 1)
    live.close()


def test_an_index_elsewhere_than_set_is_refused_and_the_next_build_moves_it(tmp_path, own_chroma, embedder):
    plain = index_home(IndexSettings(data_dir=tmp_path / "data"))
    build_index([LIBRARY], plain, embedder)
    served = index_home(IndexSettings(data_dir=tmp_path / "data", chroma_url=own_chroma.url))
    with pytest.raises(IndexMismatch, match="companion-index build PATH"):
        served.open_current()
    moved = build_index([LIBRARY], served, embedder)
    assert moved.embedded == 0
    with pytest.raises(IndexMismatch, match="COMPANION_CHROMA_URL"):
        plain.open_current()
    with pytest.raises(IndexMismatch, match="rebuild"):
        build_index([LIBRARY], plain, embedder)
    live = LiveIndex(served, embedder)
    assert live.search.passages(live.search.query(LOST), 1)[0].passage.locator.startswith("第一条")
    live.close()


@pytest.mark.parametrize("how", ["killed", "hanging"])
def test_a_server_that_is_gone_costs_no_turn_and_is_used_again_when_it_is_back(
    how, home, own_chroma, embedder, companion_with, monkeypatch
):
    from tests.test_turn import done, turn

    monkeypatch.setattr("course_index.store.vectors._LEFT_ALONE_SECONDS", 60)
    build_index([LIBRARY], home, embedder)
    live = LiveIndex(home, embedder)
    companion = companion_with(over=live)
    assert done(turn(companion, LOST)).mode == "extracted"
    companion.answers.clear()
    assert live.whole
    if how == "killed":
        own_chroma.kill()
    else:
        own_chroma.hang()
    assert done(turn(companion, LOST)).mode == "extracted"
    assert not live.whole
    server = live.search.generation.vectors._server
    left_alone = server._left_alone_until
    assert done(turn(companion, "骑车要戴头盔吗")).mode == "extracted"
    assert server._left_alone_until == left_alone > 0  # the second learner does not wait for it again
    if how == "killed":
        own_chroma.start()
    else:
        own_chroma.hang(False)
    server._left_alone_until = 0.0
    assert done(turn(companion, LOST)).mode == "extracted"  # not the answer of the bad minute, remembered
    assert live.whole
    live.close()


def test_learners_may_ask_all_the_while_that_the_server_is_killed_and_started(home, own_chroma, embedder, soon_again):
    build_index([LIBRARY], home, embedder)
    live = LiveIndex(home, embedder)
    stop, problems, answered = threading.Event(), [], []

    def ask():
        while not stop.wait(0.01):  # as learners do: all of a processor is the server's, to start with
            try:
                search = live.search
                answered.append(search.passages(search.query(LOST), 1)[0].passage.locator)
            except BaseException as error:
                problems.append(error)
                raise

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        own_chroma.kill()
        time.sleep(0.5)
        own_chroma.start()
        time.sleep(soon_again + 0.5)
    stop.set()
    for thread in threads:
        thread.join()
    assert not problems
    assert len(set(answered)) == 1
    assert live.whole
    live.close()


def test_terms_rank_in_postgresql_as_in_tantivy(tmp_path, postgres_url, monkeypatch):
    monkeypatch.setattr(postgresql, "_MOST_CANDIDATES", 10_000)
    rng = np.random.default_rng(4)
    # As in language, few words are everywhere and most are rare.
    words = [f"w{n}" for n in range(2_000)]
    often = 1 / np.arange(1, len(words) + 1)
    texts = [" ".join(rng.choice(words, rng.integers(5, 120), p=often / often.sum())) for _ in range(3_000)]
    rows = [(f"p{n}", written) for n, written in enumerate(texts)]
    tantivy, database = LexicalIndex(tmp_path), PostgresTerms(postgres_url)
    database.make("ranks_1")
    served = database.leg("ranks_1", "passages")
    for index in (tantivy, served):
        for start in range(0, len(rows), 500):
            index.change(rows[start : start + 500], [])
        index.change([("p7", "w1 w2")], ["p8"])
    for _ in range(40):
        asked = list(rng.choice(words, rng.integers(1, 12), p=often / often.sum()))
        added = list(rng.choice(words, 2))
        ours, theirs = served.search(asked, 10, added), dict(tantivy.search(asked, 200, added))
        # tantivy keeps a text's length in one byte, so that neighbours may change places.
        best = sorted(theirs.values(), reverse=True)[:10]
        assert [theirs[id_] for id_, _ in ours] == pytest.approx(best, rel=0.06)
        assert [score for _, score in ours] == pytest.approx([theirs[id_] for id_, _ in ours], rel=0.08)
        # The same for words that may be put in several ways, some of several terms, some that no text has.
        ways = [tuple(tuple(rng.choice(words, rng.integers(1, 3))) for _ in range(3)) for _ in asked[:4]]
        ways.append((("nowhere",), (asked[0], "nowhere")))
        ours, theirs = served.search_ways(ways, 10), dict(tantivy.search_ways(ways, 3_000))
        assert [theirs[id_] for id_, _ in ours] == pytest.approx(sorted(theirs.values(), reverse=True)[:10], rel=0.06)
        assert [score for _, score in ours] == pytest.approx([theirs[id_] for id_, _ in ours], rel=0.08)
        assert set(served.holding(asked[:3], 3_000)) == set(tantivy.holding(asked[:3], 3_000))
        assert served.rarity(asked) == pytest.approx(tantivy.rarity(asked), rel=0.05)  # it counts what was deleted
    assert served.ids() == tantivy.ids()
    database.close()


def test_a_database_that_restarts_costs_a_search_nothing(postgres, postgres_url, soon_again):
    database = PostgresTerms(postgres_url)
    database.make("restarts_1")
    index = database.leg("restarts_1", "passages")
    index.change([("a", "快件丢失赔偿")], [])
    postgres.stop()
    with pytest.raises(PartUnavailable, match="COMPANION_DATABASE_URL"):
        index.search(["快"], 1)
    postgres.start()
    time.sleep(soon_again)
    assert index.search(["快"], 1)[0][0] == "a"
    database.close()


def test_a_search_goes_on_by_vectors_alone_without_its_database(tmp_path, postgres, postgres_url, embedder, soon_again):
    settings = IndexSettings(data_dir=tmp_path / "data", lexical="postgresql", database_url=postgres_url)
    home = index_home(settings)
    build_index([LIBRARY], home, embedder)
    live = LiveIndex(home, embedder)
    search = live.search
    with_words = search.passages(search.query(LOST), 1)[0]
    postgres.stop()
    without = search.passages(search.query(LOST), 1)[0]
    assert not live.whole
    postgres.start()
    time.sleep(soon_again)
    assert (
        search.passages(search.query(LOST), 1)[0].ranked.lexical == with_words.ranked.lexical > without.ranked.lexical
    )
    assert live.whole
    live.close()
