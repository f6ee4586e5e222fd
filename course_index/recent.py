"""What was computed lately, kept by digests of what it was computed from: learners' text is kept nowhere unasked."""

import hashlib
import threading
from collections import OrderedDict
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class Recent(Generic[_Value]):
    """The `most` values that were put or asked for last. Thread-safe."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[bytes, _Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, content: bytes) -> _Value | None:
        """What was computed from `content`, if it was lately."""
        key = _digest(content)
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, content: bytes, value: _Value) -> None:
        """Keep it, and let go of what was not asked for the longest."""
        with self._lock:
            self._values[_digest(content)] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()
