"""A real Ray cluster of two nodes on the loopback interface, with one worker each."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from course_index import distributed
from course_index.build import build_index
from course_index.distributed import LOCAL, ClusterProblem, embedder_over_ray
from course_index.embedders.embedder import TokenEmbedder
from course_index.embedders.openai_compatible import EmbedderUnavailable
from course_index.settings import IndexSettings
from course_index.store.generations import IndexHome
from course_index.store.journal import VectorJournal
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
        cluster = Cluster(initialize_head=True, head_node_args=node)
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


def workers():
    """The processes that have done our tasks."""
    return [one for one in psutil.process_iter(["cmdline", "uids"]) if is_worker(one)]


def is_worker(process):
    title = " ".join(process.info["cmdline"] or ())
    return title.startswith("ray::") and ("_encoded" in title or "_embedded" in title)


class TestOverACluster(EmbedderContract):
    """Fans out what the embedder that ships does."""

    @pytest.fixture
    def engine(self, distributed_embedder):
        return distributed_embedder


@pytest.fixture
def long_course(tmp_path):
    """Some 120 passages: work for seconds."""
    folder = tmp_path / "long"
    folder.mkdir()
    for number in range(12):
        parts = (f"## 第{part}节\n\n" + f"第{number}课第{part}节的要点要记在心里。" * 25 for part in range(10))
        (folder / f"{number:02}.md").write_text(f"# 课{number}\n\n" + "\n\n".join(parts), "utf-8")
    return folder


def vectors_of(home):
    generation = home.open_current()
    ids = sorted(generation.passage_vectors.ids())
    vectors, tokens = generation.passage_vectors.get(ids), generation.passage_tokens.get(ids)
    generation.close()
    return ids, vectors, tokens


def test_the_index_is_the_one_that_is_built_without(distributed_embedder, library_home, tmp_path):
    home = IndexHome(tmp_path)
    build_index([LIBRARY], home, distributed_embedder)
    (ids, vectors, tokens), (ids_before, vectors_before, tokens_before) = vectors_of(home), vectors_of(library_home)
    assert isinstance(distributed_embedder, TokenEmbedder)
    assert ids == ids_before
    for id_ in ids:
        np.testing.assert_allclose(vectors[id_], vectors_before[id_], atol=1e-4)
        np.testing.assert_allclose(tokens[id_].tokens, tokens_before[id_].tokens, atol=1)
