"""What the index and the search need of an embedder."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Role = Literal["query", "passage"]


class Embedder(Protocol):
    """Turns texts into unit vectors. Safe to call from several threads."""

    @property
    def fingerprint(self) -> str:
        """Names weights, precision and prefixes; an index built with another fingerprint is refused."""
        ...

    @property
    def dimension(self) -> int:
        """How long a vector is."""
        ...

    def embed(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimension)."""
        ...


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text as a unit vector, and as one unit vector for each of its tokens.

    `vector` has the shape (dimension,) and `tokens` (tokens, token dimension); `stretches`, (tokens,), numbers the part
    of the text in which each token ends.
    """

    vector: NDArray[np.float32]
    tokens: NDArray[np.float32]
    stretches: NDArray[np.int64]


@runtime_checkable
class TokenEmbedder(Embedder, Protocol):
    """An embedder that also tells what it made of each token, for late interaction."""

    def encode(self, texts: Sequence[Sequence[str]], role: Role, languages: Sequence[str]) -> list[Encoded]:
        """Texts, each given in consecutive parts; token vectors are centred by role and language, `vector` is not."""
        ...


@runtime_checkable
class TwoRoleEmbedder(Embedder, Protocol):
    """An embedder that takes a text in both roles in less time than one after the other."""

    def embed_both(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors as queries and as passages, shape (2, len(texts), dimension)."""
        ...
