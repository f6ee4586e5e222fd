"""Centring: the mean vector of a role and language is taken away before two vectors are compared.

The cosines of multilingual e5 all sit between .74 and .95 and are ruled by one direction a language. Without it a
Chinese question finds a Chinese passage on anything before the English passage that answers (nDCG 0.6 against 67.5 on
a mixed library). The means come from texts of our own over everyday subjects, not from the library that
is indexed: the mean of a library on one subject is that subject, and taking it away would take away the meaning.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from course_index.embedders.embedder import Embedder, Role
from course_index.language import EN, ZH

Vectors = NDArray[np.float32]


_LANGUAGES = (ZH, EN)
_FILE = "centring.npz"
# Of each embedder: whoever builds several indexes with one, as for adults and for minors, learns its means once.
_learned: WeakKeyDictionary[Embedder, "Centring"] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Centring:
    """A mean vector for each (role, language)."""

    means: dict[tuple[str, str], Vectors]

    def apply(self, vectors: Vectors, role: Role, languages: Sequence[str]) -> Vectors:
        """Unit vectors, shape as given, each without the mean of its role and its language."""
        if not len(vectors):
            return vectors
        centred = vectors - np.stack([self.means[role, language] for language in languages])
        return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True), dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Keep the means with the vectors they were taken from."""
        named: dict[str, Any] = {f"{role}.{language}": mean for (role, language), mean in self.means.items()}
        np.savez(folder / _FILE, **named)


def load_centring(folder: Path) -> Centring:
    """The means that the vectors in `folder` were centred with."""
    with np.load(folder / _FILE) as stored:
        return Centring({(name.split(".")[0], name.split(".")[1]): stored[name] for name in stored.files})


def learn_centring(embedder: Embedder) -> Centring:
    """The means of `embedder` over our own texts: some 190 short ones, a few seconds, the first time."""
    if embedder not in _learned:
        _learned[embedder] = Centring(
            {
                (role, language): embedder.embed(own_texts(role, language), role).mean(axis=0)
                for role in get_args(Role)
                for language in _LANGUAGES
            }
        )
    return _learned[embedder]


def no_centring(dimension: int) -> Centring:
    """Leaves unit vectors as they are: what centring is measured against."""
    return Centring(
        {(role, language): np.zeros(dimension, np.float32) for role in get_args(Role) for language in _LANGUAGES}
    )


def centring_fingerprint() -> str:
    """Changes when the texts do that the means are taken over."""
    joined = "\0".join("\n".join(own_texts(role, language)) for role in get_args(Role) for language in _LANGUAGES)
    return hashlib.sha256(joined.encode()).hexdigest()[:12]


def own_texts(role: str, language: str) -> list[str]:
    """Short texts of ours over everyday subjects, as they are asked (`query`) or taught (`passage`)."""
    text = (files("course_index") / "centring_texts" / f"{role}.{language}.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line.strip()]
