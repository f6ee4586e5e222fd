"""A build's texts embedded by the machines of a Ray cluster: the optional extra `ray`."""

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from course_index.embedders.embedder import Embedder, Encoded, Role, TokenEmbedder
from course_index.errors import IndexProblem
from course_index.parts import make_embedder
from course_index.settings import IN_A_FOLDER, IndexSettings

# The address that stands for a cluster of this machine alone, which lasts as long as the build.
LOCAL = "local"
# Half a second's work: little is lost with a node, and the last of 256 are not waited for.
_TEXTS_A_TASK = 8
# How often a task is done again whose worker or node died. What kills four workers would kill a fifth.
_RETRIES = 3
# A new node converts its weights first, some seconds; a cluster may have to start the node.
_SECONDS = 600.0
# Ray itself knocks at an address without end.
_SECONDS_TO_KNOCK = 5.0
# A batch's results take some 20 MB; left alone, Ray takes a third of the memory.
_LOCAL_STORE_BYTES = 200_000_000


class ClusterProblem(IndexProblem):
    """The cluster, or the library that reaches it, is not here or does not do its work."""


@contextmanager
def embedder_over_ray(settings: IndexSettings, address: str) -> Iterator[Embedder]:
    """An embedder whose work is done by the cluster at `address`, or by worker processes of this machine for LOCAL.

    Each worker takes COMPANION_EMBEDDER_THREADS of the cluster's CPUs and loads the embedder of `settings` once. Raises
    ClusterProblem, as does the embedder; and whatever the embedder of `settings` raises.
    """
    ray = _ray(address)
    _connect(ray, address, settings.embedder_threads)
    try:
        yield _ClusterEmbedder.of(_Cluster(ray, for_workers(settings)))
    finally:
        ray.shutdown()


def _ray(address: str) -> ModuleType:
    # Ray reads these when it is imported; workers of ours have them from us.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if address == LOCAL:
        # Called after the systems that have it by default: all sockets are on the loopback interface.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    try:
        import ray
    except ImportError as error:
        raise ClusterProblem("Ray is not installed: pip install 'learning-companion[ray]'") from error
    return ray


def _connect(ray: ModuleType, address: str, threads: int) -> None:
    own: dict[str, Any] = {
        "num_cpus": max(threads, os.cpu_count() or 1),
        "object_store_memory": _LOCAL_STORE_BYTES,
        "include_dashboard": False,
    }
    try:
        if address not in (LOCAL, "auto"):
            _knock(address)
        ray.init(address=address, log_to_driver=False, logging_level="error", **(own if address == LOCAL else {}))
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise ClusterProblem(
            f"There is no Ray cluster at {address} that lets this build in ({type(error).__name__}). Start it with "
            "`ray start` on its machines, run the build on one of them, and give the head's host:port; "
            f"--ray {LOCAL} needs none."
        ) from error


def _knock(address: str) -> None:
    host, _, port = address.rpartition(":")
    socket.create_connection((host, int(port)), _SECONDS_TO_KNOCK).close()


def for_workers(settings: IndexSettings) -> IndexSettings:
    """What an embedder needs of the settings: the index's servers and their passwords stay here."""
    return settings.model_copy(update={**IN_A_FOLDER, "database_url": None, "data_dir": settings.data_dir.absolute()})


class _Cluster:
    """Has functions called by workers: on whichever node has room, and again on another when a worker dies.

    Tasks, not actors: an actor whose node is lost waits for a place of its own, and its batch with it.
    """

    def __init__(self, ray: ModuleType, settings: IndexSettings) -> None:
        self._ray = ray
        self._settings = settings
        # In the cluster's store once, not in each task.
        self._told = ray.put(settings)

    def results(self, function: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> list[Any]:
        """What `function(settings, *call)` gives for each call, in order. Raises ClusterProblem, and what it raises."""
        task = self._ray.remote(num_cpus=self._settings.embedder_threads, max_retries=_RETRIES)(function)
        waiting = [task.remote(self._told, *call) for call in calls]
        return [self._result(one) for one in waiting]

    def _result(self, waiting: Any) -> Any:
        failures = self._ray.exceptions
        try:
            return self._ray.get(waiting, timeout=_SECONDS)
        except failures.GetTimeoutError as error:
            raise ClusterProblem(
                f"The Ray cluster did nothing for {_SECONDS / 60:.0f} minutes. `ray status` shows whether a node lives "
                f"that has {self._settings.embedder_threads} free CPUs (COMPANION_EMBEDDER_THREADS)."
            ) from error
        except failures.RayTaskError as error:
            if isinstance(error.cause, IndexProblem):
                raise error.cause from error
            raise ClusterProblem(
                f"A worker of the Ray cluster failed ({type(error.cause).__name__}). Install the same "
                "learning-companion on each node, with what its embedder needs; the logs of Ray on the nodes say more."
            ) from error
        except failures.RayError as error:
            raise ClusterProblem(
                f"The Ray cluster lost a batch {_RETRIES + 1} times ({type(error).__name__}). Look for nodes short of "
                "memory, then run the build again: it goes on where it stopped."
            ) from error


class _ClusterEmbedder:
    """The embedder of the settings, by vectors of texts. Safe for several threads."""

    def __init__(self, cluster: _Cluster, fingerprint: str, dimension: int) -> None:
        self._cluster = cluster
        self._fingerprint = fingerprint
        self._dimension = dimension

    @staticmethod
    def of(cluster: _Cluster) -> "_ClusterEmbedder":
        """Of the kind that a worker says it has."""
        ((fingerprint, dimension, tells_tokens),) = cluster.results(_described, [()])
        return (_ClusterTokenEmbedder if tells_tokens else _ClusterEmbedder)(cluster, fingerprint, dimension)

    @property
    def fingerprint(self) -> str:
        """The same as without a cluster, so an index may be built with it today and without tomorrow."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """How long a vector is."""
        return self._dimension

    def embed(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimension)."""
        calls = [(self._fingerprint, texts[some], role) for some in _portions(len(texts))]
        none = np.zeros((0, self._dimension), np.float32)
        return np.concatenate([none, *self._cluster.results(_embedded, calls)])


class _ClusterTokenEmbedder(_ClusterEmbedder):
    """The same for an embedder that also tells its tokens."""

    def encode(self, texts: Sequence[Sequence[str]], role: Role, languages: Sequence[str]) -> list[Encoded]:
        """As the embedder's own."""
        calls = [(self._fingerprint, texts[some], role, languages[some]) for some in _portions(len(texts))]
        return [one for portion in self._cluster.results(_encoded, calls) for one in portion]


def _portions(count: int) -> list[slice]:
    return [slice(start, start + _TEXTS_A_TASK) for start in range(0, count, _TEXTS_A_TASK)]


# -- what workers do -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _loaded(settings: IndexSettings) -> Embedder:
    return make_embedder(settings)


def _described(settings: IndexSettings) -> tuple[str, int, bool]:
    embedder = _loaded(settings)
    return embedder.fingerprint, embedder.dimension, isinstance(embedder, TokenEmbedder)


def _embedded(settings: IndexSettings, fingerprint: str, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
    return _same(settings, fingerprint).embed(texts, role)


def _encoded(
    settings: IndexSettings, fingerprint: str, texts: Sequence[Sequence[str]], role: Role, languages: Sequence[str]
) -> list[Encoded]:
    embedder = cast(TokenEmbedder, _same(settings, fingerprint))
    return embedder.encode(texts, role, languages)


def _same(settings: IndexSettings, fingerprint: str) -> Embedder:
    """This node's embedder. Raises ClusterProblem when it is another than the first node's."""
    embedder = _loaded(settings)
    if embedder.fingerprint != fingerprint:
        raise ClusterProblem(
            f"A node of the Ray cluster embeds with {embedder.fingerprint}, and another with {fingerprint}. Install "
            "the same learning-companion and the same model on each."
        )
    return embedder
