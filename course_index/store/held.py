"""The vectors of one generation in memory, every one compared with the question: roughly all, exactly the best."""

import threading
from collections.abc import Sequence

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from course_index.language import LANGUAGES
from course_index.store.legs import VectorSearch
from course_index.store.tokens import TokenRows, TokenStore, VectorRows

# The vectors of so many passages are held at most, 130 MB of e5's; of a model with longer ones the vectors of fewer.
# Above it Chroma's graph is searched.
MOST_HELD = 100_000
_MOST_NUMBERS = 384 * MOST_HELD
# Of all that 4 bits rank, so many times what is asked for are compared exactly, and so many more.
_EXACTLY_TIMES, _EXACTLY_MORE = 2, 60
# A vector is put in whole steps from -7 to 7, of one size for so many numbers in a row.
_STEPS, _ZERO, _BLOCK = 7, 8, 128
_PACKED_AT_ONCE = 5_000


class HeldVectors:
    """Unit vectors by id, in memory. Safe to use from many threads.

    Chroma's graph misses some of the nearest, of a few questions nearly all; this next to none, in less time.
    """

    def __init__(self, ids: Sequence[str], vectors: NDArray[np.float16], languages: Sequence[str]) -> None:
        """`vectors` has the shape (len(ids), dimension), `languages` is of each."""
        self._ids = list(ids)
        self._row_of = {id_: row for row, id_ in enumerate(self._ids)}
        self._vectors = vectors
        self._languages = list(languages)
        self.languages = frozenset(languages)
        self._coarse = _Coarse(vectors) if len(self._ids) else None

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """The ids of the `k` nearest with their cosines, best first."""
        if self._coarse is None:
            return []
        rows = self._coarse.near(vector, _EXACTLY_TIMES * k + _EXACTLY_MORE)
        cosines = self._exact(rows) @ vector
        best = np.argsort(-cosines, kind="stable")[:k]
        return [(self._ids[row], near) for row, near in zip(rows[best].tolist(), cosines[best].tolist(), strict=True)]

    def vectors(self, ids: Sequence[str]) -> VectorRows:
        """Those of `ids` that there are."""
        rows = [row for id_ in ids if (row := self._row_of.get(id_)) is not None]
        exact = self._exact(np.asarray(rows, np.intp))
        return VectorRows([self._ids[row] for row in rows], [self._languages[row] for row in rows], exact)

    def _exact(self, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        return self._vectors[rows].astype(np.float32)


class _Coarse:
    """Inner products with vectors of 4 bits, by onnxruntime. The time is that of reading them: a fifth of numpy's."""

    def __init__(self, vectors: NDArray[np.float16]) -> None:
        self._count, dimension = vectors.shape
        blocks = -(-dimension // _BLOCK)
        self._padding = blocks * _BLOCK - dimension
        packed, sizes = _in_steps(np.pad(vectors, ((0, 0), (0, self._padding))).reshape(self._count, blocks, _BLOCK))
        product = helper.make_node(
            "MatMulNBits",
            ["question", "vectors", "sizes"],
            ["products"],
            domain="com.microsoft",
            K=blocks * _BLOCK,
            N=self._count,
            bits=4,
            block_size=_BLOCK,
            accuracy_level=4,  # the question in 8 bits
        )
        graph = helper.make_graph(
            [product],
            "coarse",
            [helper.make_tensor_value_info("question", TensorProto.FLOAT, [1, blocks * _BLOCK])],
            [helper.make_tensor_value_info("products", TensorProto.FLOAT, [1, self._count])],
            [numpy_helper.from_array(packed, "vectors"), numpy_helper.from_array(sizes, "sizes")],
        )
        operators = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=operators, ir_version=9).SerializeToString()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # more would fight with the embedder's
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def near(self, vector: NDArray[np.float32], k: int) -> NDArray[np.intp]:
        """The rows of about the `k` nearest, in no order."""
        if k >= self._count:
            return np.arange(self._count)
        question = np.pad(vector, (0, self._padding)) if self._padding else vector
        (products,) = self._session.run(None, {"question": question[None, :]})
        return np.argpartition(products[0], -k)[-k:]


def _in_steps(vectors: NDArray[np.float16]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Two numbers a byte, the first in the lower half, shape (vectors, blocks, bytes), and the steps' size in each."""
    count, blocks, length = vectors.shape
    packed = np.empty((count, blocks, length // 2), np.uint8)
    sizes = np.empty((count, blocks), np.float32)
    for start in range(0, count, _PACKED_AT_ONCE):
        rows = slice(start, start + _PACKED_AT_ONCE)
        some = vectors[rows].astype(np.float32)
        sizes[rows] = np.maximum(np.abs(some).max(axis=2) / _STEPS, 1e-9)
        steps = (np.rint(some / sizes[rows][..., None]) + _ZERO).astype(np.uint8)
        packed[rows] = steps[..., 0::2] | steps[..., 1::2] << 4
    return packed, sizes.reshape(-1)


class HeldPassages:
    """What a search reads of the passages: their vectors in memory where they are few enough, else where they are kept.

    The vectors are read when they are first needed. Safe to use from many threads.
    """

    def __init__(self, store: TokenStore, leg: VectorSearch, most_numbers: int = _MOST_NUMBERS) -> None:
        self._store = store
        self._leg = leg
        self._most_numbers = most_numbers
        self._reading = threading.Lock()
        self._read = False
        self._vectors: HeldVectors | None = None

    @property
    def held(self) -> HeldVectors | None:
        """The vectors in memory; None where there are too many."""
        if not self._read:
            with self._reading:
                if not self._read:
                    self._vectors = self._few_enough()
                    self._read = True
        return self._vectors

    def _few_enough(self) -> HeldVectors | None:
        numbers = len(self._store) * self._store.dimension
        return HeldVectors(*self._store.everything()) if 0 < numbers <= self._most_numbers else None

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """The ids of the `k` nearest with their cosines, best first."""
        return (self.held or self._leg).search(vector, k)

    def vectors(self, ids: Sequence[str]) -> VectorRows:
        """The vectors of those of `ids` that are stored."""
        return (self.held or self._store).vectors(ids)

    @property
    def languages(self) -> frozenset[str]:
        """Those of the passages; all that are told apart where there are too many to know."""
        return self.held.languages if self.held else LANGUAGES

    def tokens(self, ids: Sequence[str]) -> TokenRows:
        """The tokens of those of `ids` that are stored."""
        return self._store.tokens(ids)
