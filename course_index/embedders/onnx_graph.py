"""Graphs of onnxruntime that are converted once, on first use, into the data folder."""

from collections.abc import Callable
from pathlib import Path

import onnxruntime
from filelock import FileLock


def converted(
    graph: Path,
    threads: int,
    write: Callable[[Path], None],
    check: Callable[[onnxruntime.InferenceSession], None],
) -> onnxruntime.InferenceSession:
    """`graph`, opened; what `write` makes of it first, when it is not there yet.

    Only a whole graph that `check` does not refuse gets its name. Of two processes one writes and the other waits.
    """
    if not graph.exists():
        graph.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(graph.with_suffix(".lock")):
            if not graph.exists():
                partial = graph.with_suffix(".partial")
                write(partial)
                check(_opened(partial, threads))
                partial.replace(graph)
    return _opened(graph, threads)


def _opened(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # A spinning thread takes the core from the web server between two queries.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
