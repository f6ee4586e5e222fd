"""Any model of sentence-transformers, in this process: the optional extra `sentence-transformers`."""

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from course_index import sentence_transformers_model
from course_index.embedders.clean import clean
from course_index.embedders.embedder import Role
from course_index.embedders.prefixes import ByRole, prefixes_of

# What decides the vectors; a README beside it does not.
_MODEL_FILES = {".safetensors", ".bin", ".json", ".txt", ".model"}


class SentenceTransformersEmbedder:
    """A model by folder or hub name. Safe for several threads.

    What a text has beyond the model's longest input is cut off. Prefixes: those given, else those that the model
    brings, else those of the table.
    """

    def __init__(self, model: str, query_prefix: str | None, passage_prefix: str | None, threads: int) -> None:
        self._model = sentence_transformers_model.load("SentenceTransformer", model, "COMPANION_EMBEDDER_MODEL")
        import torch

        torch.set_num_threads(threads)
        own = self._model.prompts
        default = prefixes_of(model)
        self._prefixes = ByRole(
            own.get("query") or default.query if query_prefix is None else query_prefix,
            own.get("document") or own.get("passage") or default.passage if passage_prefix is None else passage_prefix,
        )
        name = Path(model).name + f"-{_digest(Path(model))}" if Path(model).is_dir() else model
        self._dimension = len(self._model.encode("热身 warm up", prompt=""))
        self._fingerprint = f"sentence-transformers {name} {self._dimension} {self._prefixes}"
        # Tokenizers change their own settings while they work, and each call takes every core.
        self._one_at_a_time = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """Names weights, dimension and prefixes; the folder may move."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """How long a vector is."""
        return self._dimension

    def embed(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimension)."""
        if not texts:
            return np.zeros((0, self._dimension), np.float32)
        with self._one_at_a_time:
            vectors = self._model.encode(
                [clean(text) for text in texts],
                # As an argument, not in the text: some models leave it out of the mean.
                prompt=self._prefixes.of(role),
                normalize_embeddings=True,
                show_progress_bar=False,
            )
        return np.asarray(vectors, np.float32)


def _digest(folder: Path) -> str:
    """Names the bytes of a model: another one put into the same folder makes other vectors."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in _MODEL_FILES:
            digest.update(str(path.relative_to(folder)).encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]
