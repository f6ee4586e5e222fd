"""Who reads a generation: a lock on a file in its folder, shared by readers, which whoever would delete it asks for."""

import fcntl
import os
import weakref
from pathlib import Path


class Lease:
    """Says that a generation is being read, to whoever would throw it away; it ends with its process at the latest."""

    def __init__(self, folder: Path) -> None:
        descriptor = _open_lease(folder)
        self._close = weakref.finalize(self, os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_SH)

    def release(self) -> None:
        """Let go."""
        self._close()


def is_read(folder: Path) -> bool:
    """Whether anybody reads a generation, in whatever process."""
    descriptor = _open_lease(folder)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _open_lease(folder: Path) -> int:
    return os.open(folder / "lease", os.O_RDWR | os.O_CREAT, 0o644)
