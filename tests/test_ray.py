"""A real Ray cluster of two nodes on the loopback interface, with one worker each."""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from course_index import distributed
from course_index.build import build_index
from course_index.distributed import LOCAL, ClusterProblem, embedder_over_ray
from course_index.settings import IndexSettings
from course_index.store.generations import IndexHome
from tests.conftest import LIBRARY
from tests.embedder_contract import EmbedderContract

PROJECT = Path(__file__).parent.parent
ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


@pytest.fixture(scope="module")
def cluster():
    """Two nodes with a CPU each, and no connection of this process to them."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        # Nodes have our package from where it is tested.
        patch.setenv("PYTHONPATH", str(PROJECT))
        from ray.cluster_utils import Cluster

        node = {"num_cpus": 1, "object_store_memory": 100_000_000, "include_dashboard": False}
        # A node that is gone is missed within seconds.
        missed = {
            "health_check_initial_delay_ms": 0,
            "health_check_period_ms": 500,
            "health_check_failure_threshold": 2,
        }
        cluster = Cluster(initialize_head=True, head_node_args=node | {"_system_config": missed})
        cluster.second = cluster.add_node(**node)
        yield cluster
        cluster.shutdown()


@pytest.fixture(scope="module")
def settings(model_folder):
    # The folder that holds `models`.
    (models := model_folder.parent / "ray" / "models").parent.mkdir(parents=True, exist_ok=True)
    if not models.exists():
        models.symlink_to(model_folder)
    return IndexSettings(data_dir=models.parent, embedder_threads=1)


@pytest.fixture(scope="module")
def distributed_embedder(cluster, settings):
    with embedder_over_ray(settings, cluster.address) as embedder:
        yield embedder


class TestOverACluster(EmbedderContract):
    """Fans out what the embedder that ships does."""

    @pytest.fixture
    def engine(self, distributed_embedder):
        return distributed_embedder


def vectors_of(home):
    generation = home.open_current()
    ids = sorted(generation.passage_vectors.ids())
    vectors = {
        id_: row for page, rows in generation.passage_vectors.everything() for id_, row in zip(page, rows, strict=True)
    }
    tokens = generation.passage_tokens.get(ids)
    generation.close()
    return vectors, tokens


def test_the_index_is_the_one_that_is_built_without(distributed_embedder, library_home, tmp_path):
    home = IndexHome(tmp_path / "over ray")
    build_index([LIBRARY], home, distributed_embedder)
    (vectors, tokens), (vectors_without, tokens_without) = vectors_of(home), vectors_of(library_home)
    assert vectors.keys() == vectors_without.keys() == tokens.keys()
    for id_, vector in vectors_without.items():
        np.testing.assert_allclose(vectors[id_], vector, atol=1e-4)
        np.testing.assert_allclose(tokens[id_].tokens, tokens_without[id_].tokens, atol=1)
        np.testing.assert_array_equal(tokens[id_].ends, tokens_without[id_].ends)


def test_what_a_build_over_ray_left_unfinished_one_without_goes_on_with(
    distributed_embedder, embedder, tmp_path, monkeypatch
):
    monkeypatch.setattr("course_index.searchable._EMBED_BATCH", 4)

    def stop(stage, done, total):
        if stage == "embedding":
            raise InterruptedError

    home = IndexHome(tmp_path)
    with pytest.raises(InterruptedError):
        build_index([LIBRARY], home, distributed_embedder, progress=stop)
    assert build_index([LIBRARY], home, embedder).taken_from_journal == 4


def built(tmp_path, address, **settings):
    environment = os.environ | {"COMPANION_DATA_DIR": str(tmp_path), "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-m", "course_index.cli", "build", "--ray", address, str(LIBRARY)]
    return subprocess.run(command, env=environment | settings, capture_output=True, text=True, timeout=120, check=False)


def test_what_a_worker_cannot_do_is_said_as_without_a_cluster(cluster, distributed_embedder, tmp_path):
    ended = built(
        tmp_path,
        cluster.address,
        COMPANION_EMBEDDER="openai",
        COMPANION_EMBEDDER_MODEL="m",
        COMPANION_EMBEDDER_BASE_URL="http://127.0.0.1:1/v1",
        COMPANION_EMBEDDER_THREADS="1",
    )
    assert ended.returncode == 2
    assert "COMPANION_EMBEDDER_BASE_URL" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_where_no_cluster_is_that_is_said(tmp_path):
    ended = built(tmp_path, "127.0.0.1:1")
    assert ended.returncode == 2
    assert "There is no Ray cluster at 127.0.0.1:1" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_the_extra_what_to_install_is_said(monkeypatch, settings):
    monkeypatch.setitem(sys.modules, "ray", None)
    with (
        pytest.raises(ClusterProblem, match=r"pip install 'learning-companion\[ray\]'"),
        embedder_over_ray(settings, LOCAL),
    ):
        pass


def test_passwords_of_the_index_stay_with_the_builder(tmp_path):
    settings = IndexSettings(data_dir=tmp_path, lexical="postgresql", database_url="postgresql://u:hidden@127.0.0.1/db")
    assert b"hidden" in pickle.dumps(settings)
    assert b"hidden" not in pickle.dumps(distributed.for_workers(settings))


@pytest.fixture
def work(distributed_embedder, embedder):
    """Encodes for some seconds while `meanwhile` happens, and holds what comes out against what must."""

    def check(meanwhile):
        texts = [[f"第{number}课", "的要点要记在心里，不要忘记。" * 20] for number in range(40)]
        languages = ["zh"] * len(texts)
        with ThreadPoolExecutor(1) as apart:
            result = apart.submit(distributed_embedder.encode, texts, "passage", languages)
            meanwhile()
            assert not result.done()
            found = result.result(timeout=200)
        for one, without in zip(found, embedder.encode(texts, "passage", languages), strict=True):
            np.testing.assert_allclose(one.vector, without.vector, atol=1e-4)
            np.testing.assert_allclose(one.tokens, without.tokens, atol=1e-4)

    return check


def busy_worker(node):
    """The process of this node that encodes just now."""
    (raylet,) = node.all_processes["raylet"]
    for _ in range(2_000):
        for process in psutil.Process(raylet.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if "_encoded" in process.cmdline()[0]:
                    return process
        time.sleep(0.01)
    raise AssertionError("no worker became busy")


def test_a_killed_worker_costs_nothing_but_time(work, cluster):
    work(lambda: busy_worker(cluster.second).send_signal(signal.SIGKILL))


def test_a_lost_node_costs_nothing_but_time(work, cluster):
    def lose():
        busy_worker(cluster.second)
        cluster.remove_node(cluster.second, allow_graceful=False)

    work(lose)
