"""The space in which token vectors of multilingual-e5-small are compared: centred, turned and shortened.

All token vectors of e5 share one large direction a language: the mean of each (role, language) is taken away. Then the
96 principal directions are kept, the strongest a little weakened; all 384 rank hardly better
(docs/decisions/0004-late-interaction.md).
Means and directions come from the texts of the sample courses and of centring, all our own:

    python -m course_index.embedders.e5_tokens DATA_FOLDER
"""

import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from course_index.analyze import simplified
from course_index.centring import own_texts
from course_index.embedders.e5_weights import Floats
from course_index.embedders.embedder import Role
from course_index.language import EN, ZH, language_of

TOKEN_DIMENSION = 96
# Directions are scaled by their variance to the power of minus this; at 0 a few directions rule the cosine.
_WHITENING = 0.3
_FILE = "e5_tokens.npz"


@dataclass(frozen=True, slots=True)
class TokenSpace:
    """Means by `role.language`, each (384,), and the directions, (384, TOKEN_DIMENSION)."""

    means: dict[str, Floats]
    directions: Floats
    fingerprint: str

    def project(self, states: Floats, role: Role, language: str) -> Floats:
        """Outputs of the network, shape (tokens, 384), as unit vectors of this space."""
        projected = (states - self.means[f"{role}.{language}"]) @ self.directions
        return np.asarray(projected / np.maximum(np.linalg.norm(projected, axis=1, keepdims=True), 1e-9), np.float32)


def load_token_space() -> TokenSpace:
    """The space that ships."""
    resource = files("course_index.embedders") / _FILE
    content = resource.read_bytes()
    with resource.open("rb") as file, np.load(file) as stored:
        means = {name: stored[name].astype(np.float32) for name in stored.files if "." in name}
        directions = stored["directions"].astype(np.float32)
    return TokenSpace(means, directions, hashlib.sha256(content).hexdigest()[:12])


def learn_token_space(states: Callable[[Sequence[str], Role], list[Floats]]) -> dict[str, Floats]:
    """What the file holds; `states` takes texts to the network's outputs for each token, shape (tokens, 384)."""
    learned: dict[str, Floats] = {}
    covariance = np.zeros((384, 384), np.float32)
    for language in (ZH, EN):
        learned[f"query.{language}"] = np.concatenate(states(own_texts("query", language), "query")).mean(axis=0)
        passages = own_texts("passage", language) + [text for text in _lessons() if language_of(text) == language]
        tokens = np.concatenate(states(passages, "passage"))
        learned[f"passage.{language}"] = tokens.mean(axis=0)
        tokens -= learned[f"passage.{language}"]
        tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
        covariance += tokens.T @ tokens / np.float32(len(tokens))
    variances, directions = np.linalg.eigh(covariance)
    strongest = slice(None, -TOKEN_DIMENSION - 1, -1)
    scales = (variances[strongest] / variances[-1]) ** -_WHITENING
    learned["directions"] = (directions[:, strongest] * scales).astype(np.float16)
    return learned


def _lessons() -> list[str]:
    samples = Path(str(files("course_index"))) / "samples"
    return [path.read_text("utf-8") for path in sorted(samples.rglob("*.md"))]


def _main(data_folder: Path) -> None:
    from course_index.embedders.e5_onnx import OnnxE5

    engine = OnnxE5(data_folder)

    def states(texts: Sequence[str], role: Role) -> list[Floats]:
        found = []
        for text in texts:
            ((_, tokens, _),) = engine.states([[simplified(text)]], role)
            found.append(tokens)
        return found

    np.savez(Path(__file__).with_name(_FILE), **learn_token_space(states))  # type: ignore[arg-type]


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
